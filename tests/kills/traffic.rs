//! Clients who deposit, bet, win and take back at random and remember every answer; and what must hold of those
//! answers and of the journal once whatever was killed is back.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use croupier::{
    demo::client::Casino,
    local::{BRANDS, SeedBrand},
};
use croupier_game::hub88::{
    Status,
    simulator::{Bet, Launch, Reply, Rollback, Simulator, SimulatorError, Win},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::json;
use sqlx::PgPool;
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};

use super::house::{LONG, Outside};

/// Hub88's hundred-thousandths in a cent.
pub const CENT: i64 = 1_000;
/// Shown when the test fails.
#[expect(clippy::print_stdout, reason = "what the test harness keeps for a failure")]
pub fn note(line: impl std::fmt::Display) {
    println!("{line}");
}

/// The seed of a test's randomness, printed so that a failure can be tried again.
pub fn seed() -> u64 {
    let seed = std::env::var("CROUPIER_TEST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(rand::random);
    note(format_args!("CROUPIER_TEST_SEED={seed}"));
    seed
}

/// What a client asks for. Amounts are cents.
#[derive(Clone, Debug)]
pub enum Op {
    Deposit { key: String, cents: i64 },
    Bet(Bet),
    Win(Win),
    Rollback(Rollback),
}

impl Op {
    pub fn transaction(&self) -> &str {
        match self {
            Self::Deposit { key, .. } => key,
            Self::Bet(bet) => &bet.transaction,
            Self::Win(win) => &win.transaction,
            Self::Rollback(rollback) => &rollback.transaction,
        }
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is done, and the balance was this then, in cents.
    Done(i64),
    /// It will never be done, for this reason.
    Refused(String),
    /// Not now: ask again.
    Later(String),
    /// No answer came, or only a part of one.
    Nothing(String),
}

/// A player of one brand with a game open.
#[derive(Clone)]
pub struct Seat {
    pub brand: SeedBrand,
    casino: Casino,
    token: String,
    pub id: uuid::Uuid,
    launch: Launch,
    provider: Arc<Simulator>,
}

impl Seat {
    pub async fn take(brand: SeedBrand, casino: &Casino, provider: &Arc<Simulator>, account: &str) -> Self {
        let signed_up = casino.sign_up(account, "correct horse battery").await.unwrap();
        assert_eq!(signed_up.status, 201, "{signed_up:?}");
        let session = casino.sign_in(account, "correct horse battery").await.unwrap();
        let token = session.text("access_token").to_owned();
        let launch = casino
            .post("/api/v1/games/northern-lights/sessions", Some(&token), &json!({}))
            .await
            .unwrap();
        assert_eq!(launch.status, 201, "{launch:?}");
        Self {
            brand,
            casino: casino.clone(),
            id: signed_up.text("player_id").parse().unwrap(),
            launch: Launch {
                user: launch.text("provider_account").to_owned(),
                token: launch.text("token").to_owned(),
                game_code: "clt_northernlights".to_owned(),
                currency: "EUR".to_owned(),
            },
            token,
            provider: Arc::clone(provider),
        }
    }

    pub async fn say(&self, op: &Op) -> Said {
        let said = async {
            match op {
                Op::Deposit { key, cents } => {
                    let amount = format!("{}.{:02}", cents / 100, cents % 100);
                    match self
                        .casino
                        .move_money("deposits", &self.token, key, &amount)
                        .await
                    {
                        Ok(answer) if answer.status == 201 => Said::Done(in_cents(answer.text("balance"))),
                        Ok(answer) if answer.status.is_client_error() => {
                            Said::Refused(answer.code().to_owned())
                        }
                        Ok(answer) => Said::Later(answer.code().to_owned()),
                        Err(fault) => Said::Nothing(fault.to_string()),
                    }
                }
                Op::Bet(bet) => heard(self.provider.bet(&self.launch, bet).await),
                Op::Win(win) => heard(self.provider.win(&self.launch, win).await),
                Op::Rollback(rollback) => heard(self.provider.rollback(&self.launch, rollback).await),
            }
        };
        timeout(LONG, said)
            .await
            .expect("the server always answers or hangs up")
    }

    /// Who the casino says the token is: the status and the problem's code.
    pub async fn me(&self, casino: &Casino) -> (u16, String) {
        let me = casino.get("/api/v1/me", Some(&self.token)).await.unwrap();
        (
            me.status.as_u16(),
            if me.status == 200 {
                String::new()
            } else {
                me.code().to_owned()
            },
        )
    }

    pub async fn sign_out(&self) {
        let answer = self
            .casino
            .send(
                self.casino
                    .request(http::Method::DELETE, "/api/v1/sessions/current")
                    .bearer_auth(&self.token),
            )
            .await
            .unwrap();
        assert_eq!(answer.status, 204, "{answer:?}");
    }

    /// What the wallet holds, in cents.
    pub async fn total(&self) -> i64 {
        let wallet = self
            .casino
            .get("/api/v1/wallet", Some(&self.token))
            .await
            .unwrap();
        assert_eq!(wallet.status, 200, "{wallet:?}");
        in_cents(wallet.text("total"))
    }

    /// Says it until there is an answer that stays.
    async fn insist(&self, op: &Op) -> Said {
        let deadline = Instant::now() + LONG;
        loop {
            match self.say(op).await {
                Said::Later(_) | Said::Nothing(_) if Instant::now() < deadline => {
                    sleep(Duration::from_millis(50)).await
                }
                said => return said,
            }
        }
    }
}

fn heard(reply: Result<Reply, SimulatorError>) -> Said {
    match reply {
        Ok(Reply {
            status: Some(Status::Ok),
            balance: Some(balance),
            ..
        }) => Said::Done(balance / CENT),
        Ok(Reply {
            status: Some(Status::Unknown) | None,
            raw,
            ..
        }) => Said::Later(raw),
        Ok(reply) => Said::Refused(format!("{:?}", reply.status)),
        Err(fault) => Said::Nothing(fault.to_string()),
    }
}

fn in_cents(amount: &str) -> i64 {
    amount
        .replace('.', "")
        .parse()
        .unwrap_or_else(|_| panic!("{amount:?} is no amount"))
}

/// Somebody at a seat, and all that was said there.
pub struct Client {
    pub seat: Seat,
    pub said: Vec<(Op, Said)>,
    /// How many of them have been gone over.
    settled: usize,
    /// Bets that were taken, and neither won nor taken back yet.
    open: Vec<Bet>,
    rng: StdRng,
    round: usize,
}

impl Client {
    fn new(seat: Seat, seed: u64) -> Self {
        Self {
            seat,
            said: Vec::new(),
            settled: 0,
            open: Vec::new(),
            rng: StdRng::seed_from_u64(seed),
            round: 0,
        }
    }

    fn next(&mut self) -> Op {
        let dice = self.rng.random_range(0..100);
        if self.said.is_empty() || dice < 15 {
            return Op::Deposit {
                key: uuid::Uuid::new_v4().to_string(),
                cents: self.rng.random_range(500..5_000),
            };
        }
        if dice < 55 || self.open.is_empty() {
            self.round += 1;
            // Now and then more than the wallet has.
            let most = if dice % 10 == 0 { 100_000 } else { 700 };
            return Op::Bet(Bet::new(
                &format!("round-{}", self.round),
                self.rng.random_range(1..most) * CENT,
            ));
        }
        let bet = self.open.swap_remove(self.rng.random_range(0..self.open.len()));
        if dice < 80 {
            Op::Win(Win::of(&bet, self.rng.random_range(0..900) * CENT))
        } else {
            Op::Rollback(Rollback::of(&bet.transaction, &bet.round))
        }
    }

    /// One thing after another until told to stop, or, `to_the_first_silence`, until an answer does not come.
    async fn play(&mut self, stop: watch::Receiver<bool>, to_the_first_silence: bool) {
        while !*stop.borrow() {
            let op = self.next();
            let said = self.seat.say(&op).await;
            if let (Op::Bet(bet), Said::Done(_)) = (&op, &said) {
                self.open.push(bet.clone());
            }
            let lost = matches!(said, Said::Later(_) | Said::Nothing(_));
            self.said.push((op, said));
            if lost && to_the_first_silence {
                return;
            }
            if lost {
                // Down: others need the processor to bring it up again.
                sleep(Duration::from_millis(20)).await;
            }
        }
    }

    /// Goes over what was said since the last time, with everything up again: what was answered is answered the same
    /// and moves nothing; what was not is settled now, for good.
    async fn settle(&mut self) {
        let before = self.seat.total().await;
        for (op, said) in &self.said[self.settled..] {
            if matches!(said, Said::Done(_) | Said::Refused(_)) {
                assert_eq!(&self.seat.insist(op).await, said, "another answer to {op:?}");
            }
        }
        assert_eq!(
            self.seat.total().await,
            before,
            "repeating what was answered moved money"
        );
        for at in self.settled..self.said.len() {
            let (op, said) = self.said[at].clone();
            if matches!(said, Said::Done(_) | Said::Refused(_)) {
                continue;
            }
            // What a provider does about a bet it had no answer to: it asks again, or takes it back.
            if let Op::Bet(bet) = &op
                && self.rng.random_bool(0.5)
            {
                let back = Op::Rollback(Rollback::of(&bet.transaction, &bet.round));
                let said = self.seat.insist(&back).await;
                assert!(
                    matches!(said, Said::Done(_)),
                    "a rollback is always taken: {said:?}"
                );
                self.said.push((back, said));
            }
            let now = self.seat.insist(&op).await;
            assert!(
                matches!(now, Said::Done(_) | Said::Refused(_)),
                "{op:?} is still not answered: {now:?}"
            );
            let total = self.seat.total().await;
            assert_eq!(
                (self.seat.insist(&op).await, self.seat.total().await),
                (now.clone(), total),
                "the third time is not the second: {op:?}"
            );
            self.said[at].1 = now;
        }
        self.settled = self.said.len();
        self.open.clear();
    }
}

/// Fails unless the journal of each wallet is exactly what its clients were told.
async fn journal_agrees(owner: &PgPool, clients: &[Client]) {
    let mut wallets: BTreeMap<uuid::Uuid, Vec<&Client>> = BTreeMap::new();
    for client in clients {
        wallets.entry(client.seat.id).or_default().push(client);
    }
    for (player, clients) in wallets {
        let seat = &clients[0].seat;
        let mut journal = journal_of(owner, seat.brand.id, player).await;
        let said: Vec<_> = clients.iter().flat_map(|client| &client.said).collect();
        let (mut bets, mut total) = (HashMap::new(), 0);
        for (op, said) in said.iter().filter(|(op, _)| !matches!(op, Op::Rollback(_))) {
            let (kind, amount, sign) = match op {
                Op::Deposit { cents, .. } => ("deposit", *cents, 1),
                Op::Bet(bet) => ("bet", bet.amount / CENT, -1),
                Op::Win(win) => ("settle", win.amount / CENT, 1),
                Op::Rollback(_) => continue,
            };
            let entry = journal.remove(op.transaction());
            match said {
                Said::Done(_) => {
                    assert_eq!(
                        entry,
                        Some(vec![(kind.to_owned(), amount, None)]),
                        "{op:?} was done"
                    );
                    total += sign * amount;
                    if kind == "bet" {
                        bets.insert(op.transaction(), amount);
                    }
                }
                said => assert_eq!(entry, None, "{op:?} was not done: {said:?}"),
            }
        }
        for (op, said) in &said {
            let Op::Rollback(rollback) = op else { continue };
            assert!(matches!(said, Said::Done(_)), "{op:?}: {said:?}");
            let entry = journal.remove(op.transaction());
            // It has an entry only where the bet has one.
            match bets.remove(rollback.reference.as_str()) {
                Some(amount) => {
                    assert_eq!(
                        entry,
                        Some(vec![(
                            "rollback".to_owned(),
                            amount,
                            Some(rollback.reference.clone())
                        )]),
                        "{op:?}"
                    );
                    total += amount;
                }
                None => assert_eq!(entry, None, "{op:?} had nothing to take back"),
            }
        }
        assert!(journal.is_empty(), "entries nobody was told of: {journal:?}");
        assert_eq!(seat.total().await, total, "the wallet of {}", seat.launch.user);
    }
}

type Entry = (String, i64, Option<String>);

/// By transaction id; of the bet or win alone, `reference` says nothing new.
async fn journal_of(owner: &PgPool, brand: i64, player: uuid::Uuid) -> BTreeMap<String, Vec<Entry>> {
    let mut tx = owner
        .begin_with(sqlx::AssertSqlSafe(format!(
            "BEGIN; SET LOCAL croupier.brand_ids = ',{brand},'"
        )))
        .await
        .unwrap();
    let rows: Vec<(String, String, i64, Option<String>)> =
        sqlx::query_as("SELECT transaction_id, kind, amount, CASE WHEN kind = 'rollback' THEN reference_id END FROM wallet_ledger WHERE player_id = $1")
            .bind(player)
            .fetch_all(&mut *tx)
            .await
            .unwrap();
    let mut journal: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for (transaction, kind, amount, reference) in rows {
        journal
            .entry(transaction)
            .or_default()
            .push((kind, amount, reference));
    }
    journal
}

/// Six clients in two brands; the first and the last play from one wallet at the same time.
pub async fn clients(house: &Outside, seed: u64) -> Vec<Client> {
    let [aurora, bonanza] = BRANDS;
    let mut seats = Vec::new();
    for (brand, casino, account) in [
        (aurora, &house.aurora, "alice"),
        (aurora, &house.aurora, "adam"),
        (aurora, &house.aurora, "anna"),
        (bonanza, &house.bonanza, "alice"),
        (bonanza, &house.bonanza, "bob"),
    ] {
        seats.push(Seat::take(brand, casino, &house.provider, account).await);
    }
    seats.push(seats[0].clone());
    seats
        .into_iter()
        .zip(0..)
        .map(|(seat, at)| Client::new(seat, seed.wrapping_add(at)))
        .collect()
}

/// Settles everything that was said and fails unless journal, wallets and books agree with it.
pub async fn all_settle(house: &Outside, clients: &mut [Client]) {
    for client in &mut *clients {
        client.settle().await;
    }
    journal_agrees(&house.owner, clients).await;
    house.audit().await;
}

/// The transactions that got no answer since the last settlement.
pub fn lost(clients: &[Client]) -> Vec<String> {
    unsettled(clients)
        .filter(|(_, said)| matches!(said, Said::Nothing(_)))
        .map(|(op, _)| op.transaction().to_owned())
        .collect()
}

/// How many were put off since the last settlement.
pub fn put_off(clients: &[Client]) -> usize {
    unsettled(clients)
        .filter(|(_, said)| matches!(said, Said::Later(_)))
        .count()
}

fn unsettled(clients: &[Client]) -> impl Iterator<Item = &(Op, Said)> {
    clients.iter().flat_map(|client| &client.said[client.settled..])
}

/// Runs the clients at once for as long as `meanwhile` takes.
pub async fn during<T>(
    clients: Vec<Client>,
    to_the_first_silence: bool,
    meanwhile: impl Future<Output = T>,
) -> (Vec<Client>, T) {
    let (stop, stopped) = watch::channel(false);
    let playing: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            let stopped = stopped.clone();
            tokio::spawn(async move {
                client.play(stopped, to_the_first_silence).await;
                client
            })
        })
        .collect();
    let done = meanwhile.await;
    stop.send_replace(true);
    let mut clients = Vec::new();
    for client in playing {
        clients.push(client.await.unwrap());
    }
    (clients, done)
}
