//! Clients who deposit, bet, win and take back at random and remember every answer; and what must hold of those
//! answers once whatever was killed is back.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use croupier::local::BRANDS;
use croupier_game::hub88::simulator::{Bet, Rollback, Win};
use futures_util::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::{sync::watch, time::sleep};

use super::{
    house::{Outside, until},
    journal::journal_agrees,
    seat::{CENT, Op, Said, Seat},
};

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

/// When the clients stop.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Playing {
    /// When they are told to; what is put off or not answered is passed over.
    UntilTold,
    /// When they are told to; and now and then they ask again what they have asked before, answered or not.
    Repeating,
    /// When no answer comes, whatever they are told and however often they are put off: a busy server
    /// puts off, and only one that is gone says nothing. So every one of them finds it gone.
    UntilNobodyIsThere,
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

    /// One thing after another.
    async fn play(&mut self, stop: watch::Receiver<bool>, progress: &Progress, playing: Playing) {
        while playing == Playing::UntilNobodyIsThere || !*stop.borrow() {
            if playing == Playing::Repeating && self.said.len() > self.settled && self.rng.random_bool(0.15) {
                self.repeat(progress).await;
                continue;
            }
            let op = self.next();
            let said = self.seat.say(&op).await;
            if let (Op::Bet(bet), Said::Done(_)) = (&op, &said) {
                self.open.push(bet.clone());
            }
            let nobody = matches!(said, Said::Nothing(_));
            let lost = nobody || matches!(said, Said::Later(_));
            let counter = if lost { &progress.lost } else { &progress.answered };
            counter.fetch_add(1, Ordering::SeqCst);
            self.said.push((op, said));
            if nobody && playing == Playing::UntilNobodyIsThere {
                return;
            }
            if lost {
                // Down: others need the processor to bring it up again.
                sleep(Duration::from_millis(20)).await;
            }
        }
    }

    /// Asks again what was asked since the last settlement. What was answered is answered the same.
    async fn repeat(&mut self, progress: &Progress) {
        let at = self.rng.random_range(self.settled..self.said.len());
        let op = self.said[at].0.clone();
        let now = self.seat.say(&op).await;
        if matches!(now, Said::Later(_) | Said::Nothing(_)) {
            progress.lost.fetch_add(1, Ordering::SeqCst);
            sleep(Duration::from_millis(20)).await;
            return;
        }
        progress.answered.fetch_add(1, Ordering::SeqCst);
        if matches!(self.said[at].1, Said::Done(_) | Said::Refused(_)) {
            assert_eq!(now, self.said[at].1, "another answer to {op:?}");
            return;
        }
        if let (Op::Bet(bet), Said::Done(_)) = (&op, &now) {
            self.open.push(bet.clone());
        }
        self.said[at].1 = now;
    }

    /// Asks for the deposits again that had no answer. The house books what was charged by itself after a while
    /// (`payments.finish_interval_ms`), so until they are answered money may come whatever else is asked.
    async fn finish_deposits(&mut self) {
        for at in self.settled..self.said.len() {
            let (op, said) = self.said[at].clone();
            if matches!(op, Op::Deposit { .. }) && matches!(said, Said::Later(_) | Said::Nothing(_)) {
                self.said[at].1 = self.seat.insist(&op).await;
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
    seated(seats, seed)
}

fn seated(seats: Vec<Seat>, seed: u64) -> Vec<Client> {
    seats
        .into_iter()
        .zip(0..)
        .map(|(seat, at)| Client::new(seat, seed.wrapping_add(at)))
        .collect()
}

/// Sixteen clients at six wallets of each of two brands; in each brand two wallets have two clients at a time.
pub async fn crowd(house: &Outside, seed: u64) -> Vec<Client> {
    let [aurora, bonanza] = BRANDS;
    let mut seats = Vec::new();
    for (brand, casino) in [(aurora, &house.aurora), (bonanza, &house.bonanza)] {
        for number in 0..6 {
            let seat = Seat::take(brand, casino, &house.provider, &format!("player{number}")).await;
            if number < 2 {
                seats.push(seat.clone());
            }
            seats.push(seat);
        }
    }
    seated(seats, seed)
}

/// How many movements were acknowledged, over all.
pub fn done(clients: &[Client]) -> usize {
    let said = clients.iter().flat_map(|client| &client.said);
    said.filter(|(_, said)| matches!(said, Said::Done(_))).count()
}

/// How many were put off or got no answer since the last settlement.
pub fn put_off_or_lost(clients: &[Client]) -> usize {
    put_off(clients) + lost(clients).len()
}

/// Settles everything that was said and fails unless journal, wallets and books agree with it.
pub async fn all_settle(house: &Outside, clients: &mut [Client]) {
    // Wallets at once; the clients of one wallet after one another, since each watches what is in it.
    let mut wallets: BTreeMap<uuid::Uuid, Vec<&mut Client>> = BTreeMap::new();
    for client in &mut *clients {
        wallets.entry(client.seat.id).or_default().push(client);
    }
    join_all(wallets.into_values().map(async |mut clients| {
        for client in &mut clients {
            client.finish_deposits().await;
        }
        for client in clients {
            client.settle().await;
        }
    }))
    .await;
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

/// How far the clients have come. What is done to them waits for this and not for a time: machines differ.
#[derive(Default)]
pub struct Progress {
    answered: AtomicUsize,
    lost: AtomicUsize,
}

impl Progress {
    /// Returns after so many more answers.
    pub async fn answers(&self, more: usize) {
        let wanted = self.answered.load(Ordering::SeqCst) + more;
        until("the clients get answers", async || {
            self.answered.load(Ordering::SeqCst) >= wanted
        })
        .await;
    }

    /// Returns when somebody was put off or got no answer.
    pub async fn somebody_is_put_off(&self) {
        until("somebody gets no answer", async || {
            self.lost.load(Ordering::SeqCst) > 0
        })
        .await;
    }
}

/// Runs the clients at once for as long as `meanwhile` takes.
pub async fn during<T>(
    clients: Vec<Client>,
    playing: Playing,
    meanwhile: impl AsyncFnOnce(&Progress) -> T,
) -> (Vec<Client>, T) {
    let (stop, stopped) = watch::channel(false);
    let progress = Arc::new(Progress::default());
    let at_it: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            let (stopped, progress) = (stopped.clone(), Arc::clone(&progress));
            tokio::spawn(async move {
                client.play(stopped, &progress, playing).await;
                client
            })
        })
        .collect();
    let done = meanwhile(&progress).await;
    stop.send_replace(true);
    let mut clients = Vec::new();
    for client in at_it {
        clients.push(client.await.unwrap());
    }
    (clients, done)
}
