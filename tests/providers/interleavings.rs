//! Rounds of every provider, told in any order, again, at once or only in part, against a reference model.
//!
//! The providers' own bytes go over HTTP to the whole server. What comes back is compared call by call with what
//! [`model`] says, and at the end every balance, the number of decisions and entries, and the books. All six providers
//! play at once, at two brands, under the same ids.
//!
//! `CROUPIER_INTERLEAVINGS=10000` is that many rounds of each provider; `CROUPIER_TEST_SEED` repeats a run's rounds (how
//! calls made at once meet is the machine's).

mod model;
mod schedule;
mod words;

use croupier_brand::Clock;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    time::Duration,
};

use croupier_game::{
    conformance::{Class, Driver, Hand, Heard, ProviderKey, Say, Seat as At},
    provider::{PROTOCOLS, Protocol},
};
use futures_util::future::join_all;
use model::{Due, Model, Seat};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use schedule::{Composer, Message, Step};
use words::Words;

use super::{every_call::issued, hand::HouseHand, key};
use crate::{
    books::{self, number},
    harness::House,
};

/// How many rounds of each provider are played where nobody says how many.
const USUAL: usize = 120;
/// Tables of each provider: three players, who play one round after another. In a long run there are more, so that more
/// is under way at a time.
const TABLES: usize = 3;
const MANY_TABLES: usize = 12;

/// What a run met, by provider: so that it is known to have met it.
type Met = BTreeMap<(&'static str, String), u64>;

/// Where three players sit at one provider's game.
struct Table<'h> {
    protocol: &'static Protocol,
    words: &'static Words,
    driver: Box<dyn Driver>,
    key: ProviderKey,
    http: reqwest::Client,
    base: String,
    seats: BTreeMap<Seat, At>,
    /// What may be, as far as the answers tell.
    may_be: Vec<Model>,
    /// The operator's ids of transactions.
    receipts: BTreeMap<(i64, String), String>,
    log: String,
    met: Met,
    _hand: HouseHand<'h>,
}

/// A call as it was answered.
struct Answer<'m> {
    message: &'m Message,
    heard: Heard,
}

impl<'h> Table<'h> {
    async fn open(house: &'h House, protocol: &'static Protocol, at: usize) -> Self {
        let hand = HouseHand::of(house, protocol, 3_000 + at);
        let seats = BTreeMap::from([
            (Seat::Alice, hand.seat("alice").await),
            (Seat::Bob, hand.seat("bob").await),
            (Seat::Abroad, hand.foreigner().await.unwrap()),
        ]);
        let words = Words::of(protocol.spec.name);
        Self {
            protocol,
            words,
            driver: protocol.driver(),
            key: key(house, protocol),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            base: format!("{}/callbacks/{}", house.edge, protocol.spec.name),
            seats,
            may_be: vec![Model::new(words, Seat::ALL.map(|seat| (seat, 10_000)))],
            receipts: BTreeMap::new(),
            log: String::new(),
            met: Met::new(),
            _hand: hand,
        }
    }

    fn knows(&self, say: &Say) -> bool {
        self.driver.phrase(&self.seats[&Seat::Alice], say).is_ok()
    }

    /// Says it once. None when the connection was lost on the way.
    async fn send(&self, message: &Message) -> Option<Heard> {
        let seat = &self.seats[&message.seat];
        let say = issued(&*self.driver, seat, &message.say);
        let phrased = self.driver.phrase(seat, &say).unwrap();
        let path = format!("/callbacks/{}", self.protocol.spec.name);
        let signed = self.driver.sign(&self.key, &path, phrased, Clock::system().now());
        let mut request = self
            .http
            .post(format!("{}{}", self.base, signed.path))
            .body(signed.body);
        for (name, value) in signed.headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await.ok()?;
        Some(self.driver.hear(status, &body, seat))
    }

    fn is_retry(&self, heard: &Heard) -> bool {
        heard.class == Class::Retry && self.words.retry.contains(&heard.code.as_str())
    }

    /// Says it until there is an answer that says something, and how often that took.
    async fn ask<'m>(&self, message: &'m Message) -> (Answer<'m>, usize) {
        for times in 1..100 {
            match self.send(message).await {
                Some(heard) if !self.is_retry(&heard) => return (Answer { message, heard }, times),
                // Nobody knows whether it was done: it is said again, as providers do.
                _ => {}
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("never answered: {message:?}");
    }

    /// Whether an answer is what is due.
    fn agrees(&self, answer: &Answer<'_>, due: &Due) -> bool {
        let (heard, say) = (&answer.heard, &answer.message.say);
        let told = heard.balance.is_none_or(|balance| balance == due.balance);
        let must_tell = due.saw.accepted() && self.done(heard) && (self.words.tells)(say);
        heard.code == self.words.code(say, due) && told && (heard.balance.is_some() || !must_tell)
    }

    fn done(&self, heard: &Heard) -> bool {
        matches!(heard.class, Class::Done)
    }

    /// Keeps of what may be that which the answers agree with, whatever their order was. `times` is how often each was
    /// said at the most.
    fn judge(&mut self, answers: &[Answer<'_>], times: usize) -> Result<(), String> {
        let mut still: Vec<Model> = Vec::new();
        let mut dues = Vec::new();
        for model in &self.may_be {
            for order in orders(answers.len()) {
                for said in 1..=times {
                    let mut next = model.clone();
                    let told: Vec<_> = order
                        .iter()
                        .map(|at| {
                            let Message { seat, say } = answers[*at].message;
                            (1..said).for_each(|_| {
                                next.hear(*seat, say);
                            });
                            (*at, next.hear(*seat, say))
                        })
                        .collect();
                    if told.iter().all(|(at, due)| self.agrees(&answers[*at], due)) {
                        for (at, due) in &told {
                            let kind = kind(&answers[*at].message.say);
                            let what =
                                format!("{kind} {:?}{}", due.saw, if due.again { " again" } else { "" });
                            *self.met.entry((self.words.name, what)).or_default() +=
                                u64::from(still.is_empty());
                        }
                        if !still.contains(&next) {
                            still.push(next);
                        }
                    }
                    dues.push(told);
                }
            }
        }
        for answer in answers {
            writeln!(
                self.log,
                "      {:?} {:?}",
                answer.heard.code, answer.heard.balance
            )
            .unwrap();
        }
        if still.is_empty() {
            dues.truncate(6);
            return Err(format!("and should have been one of {dues:#?}"));
        }
        self.may_be = still;
        answers.iter().try_for_each(|answer| self.same_receipt(answer))
    }

    /// A transaction has one id of the operator's, whenever it is told.
    fn same_receipt(&mut self, answer: &Answer<'_>) -> Result<(), String> {
        let Message { seat, say } = answer.message;
        let says: Vec<&Say> = match say {
            Say::Together(all) => all.iter().collect(),
            one => vec![one],
        };
        let told = &answer.heard.operator_ids;
        if told.len() != says.len() {
            return Ok(());
        }
        for (say, id) in says.into_iter().zip(told) {
            let key = (seat.brand(), (self.words.key)(*seat, say));
            let before = self.receipts.entry(key).or_insert_with(|| id.clone());
            if before != id {
                return Err(format!("was told as {id}, and before as {before}"));
            }
        }
        Ok(())
    }

    async fn step(&mut self, step: &Step, rng: &mut StdRng) -> Result<(), String> {
        writeln!(self.log, "    {step:?}").unwrap();
        match step {
            Step::Said(message) => {
                let (answer, times) = self.ask(message).await;
                self.judge(&[answer], times.min(2))
            }
            Step::AnswerLost(message) => {
                // Its provider goes on without it; what it would have heard is looked at all the same.
                let (answer, times) = self.ask(message).await;
                self.judge(&[answer], times.min(2))
            }
            Step::Cut(message) => {
                let patience = Duration::from_micros(rng.random_range(0..6_000));
                let _ = tokio::time::timeout(patience, self.send(message)).await;
                let (answer, _) = self.ask(message).await;
                self.judge(&[answer], 2)
            }
            Step::AtOnce(messages) => {
                let answers = join_all(messages.iter().map(|message| self.ask(message))).await;
                let times = answers.iter().map(|(_, times)| *times).max().unwrap_or(1);
                let answers: Vec<_> = answers.into_iter().map(|(answer, _)| answer).collect();
                self.judge(&answers, times.min(2))
            }
        }
    }

    /// A round, and what its player has then.
    async fn round(
        &mut self,
        prefix: &str,
        rng: &mut StdRng,
        before: &[Message],
    ) -> Result<Vec<Message>, String> {
        self.log.clear();
        let mut steps = Vec::new();
        let has = self.may_be[0].has(Seat::Alice);
        if has < 3_000 {
            let (id, round) = (format!("{prefix}gift"), format!("{prefix}g"));
            let say = Say::PromoWin {
                id,
                round,
                amount: 10_000,
            };
            steps.push(Step::Said(Message {
                seat: Seat::Alice,
                say,
            }));
        }
        let composer = Composer {
            prefix: prefix.to_owned(),
            has,
            together: self.knows(&Say::Together(vec![Say::Bet {
                id: "b".to_owned(),
                round: "r".to_owned(),
                amount: 1,
            }])),
            rng,
        };
        steps.extend(composer.compose(before));
        let known =
            |step: &Step, table: &Self| messages(step).iter().all(|message| table.knows(&message.say));
        steps.retain(|step| known(step, self));
        for step in &steps {
            self.step(step, rng).await?;
        }
        for seat in Seat::ALL {
            if seat == Seat::Alice || rng.random_ratio(1, 10) {
                let asks = Message {
                    seat,
                    say: Say::Balance,
                };
                self.step(&Step::Said(asks), rng).await?;
            }
        }
        // What came late of the round before is not said once more.
        let own = |message: &&Message| format!("{:?}", message.say).contains(&format!("\"{prefix}"));
        Ok(steps.iter().flat_map(messages).filter(own).cloned().collect())
    }

    /// `rounds` of them, each with what was said of the one before.
    async fn play(&mut self, seed: u64, at: usize, rounds: usize) -> Result<(), String> {
        let mut before = Vec::new();
        for number in 0..rounds {
            // The same at every provider, so that the same ids are said at all of them at once.
            let mut rng = StdRng::seed_from_u64(seed ^ ((at as u64) << 40) ^ number as u64);
            let prefix = |number: usize| format!("{at}-{number}-");
            let played = self.round(&prefix(number), &mut rng, &before).await;
            before = played.map_err(|fault| {
                format!(
                    "{}, table {at}, round {number} (CROUPIER_TEST_SEED={seed}):\n{}{fault}",
                    self.words.name, self.log
                )
            })?;
            let known = [prefix(number), prefix(number.saturating_sub(1))];
            let is_known = |id: &str| known.iter().any(|prefix| id.contains(prefix));
            for model in &mut self.may_be {
                model.forget(is_known);
            }
            self.receipts.retain(|(_, id), _| is_known(id));
        }
        for seat in Seat::ALL {
            let asks = Message {
                seat,
                say: Say::Balance,
            };
            self.log.clear();
            self.step(&Step::Said(asks), &mut StdRng::seed_from_u64(0))
                .await?;
        }
        Ok(())
    }
}

fn messages(step: &Step) -> &[Message] {
    match step {
        Step::Said(one) | Step::AnswerLost(one) | Step::Cut(one) => std::slice::from_ref(one),
        Step::AtOnce(all) => all,
    }
}

fn kind(say: &Say) -> &'static str {
    match say {
        Say::Open => "open",
        Say::Balance => "balance",
        Say::Bet { .. } => "bet",
        Say::FreeBet { .. } => "free bet",
        Say::OddBet { .. } => "odd bet",
        Say::OddWin { .. } => "odd win",
        Say::Win { .. } => "win",
        Say::PromoWin { .. } => "promotion",
        Say::Jackpot { .. } => "jackpot",
        Say::Rollback { .. } => "rollback",
        Say::Together(_) => "together",
        Say::EndRound { .. } => "end",
    }
}

/// Every order of so many, each once.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let with = |shorter: Vec<usize>| {
        (0..count).map(move |at| {
            let mut order = shorter.clone();
            order.insert(at, count - 1);
            order
        })
    };
    orders(count - 1).into_iter().flat_map(with).collect()
}

/// What of a provider's rounds a run must have met; a long one also what is rare.
fn must_meet(words: &Words, long: bool) -> BTreeSet<&'static str> {
    let mut all = BTreeSet::from([
        "bet Done",
        "bet Done again",
        "bet NoFunds",
        "bet Conflict",
        "bet LateBet",
        "win Done",
        "win Done again",
        "promotion Done",
        "rollback Done",
        "rollback Done again",
        "rollback NeverSeen",
    ]);
    if long {
        all.extend([
            "bet NoFunds again",
            "bet LateBet again",
            "win Conflict",
            "promotion Done again",
        ]);
        all.extend([
            "rollback NeverSeen again",
            "rollback NeverTaken",
            "rollback Conflict",
        ]);
    }
    if words.wins_name_bets {
        all.extend(["win NoReference", "win Settled"]);
    }
    let undoes_wins = !matches!(words.name, "pragmatic" | "evolution");
    if undoes_wins {
        all.extend(["rollback UndoneBefore"]);
        if long {
            all.extend(["rollback Irreversible", "win LateWin", "rollback NoFunds"]);
        }
    }
    match words.name {
        "evolution" => all.extend(["rollback Settled"]),
        "pragmatic" => all.extend(["end Done", "free bet Done"]),
        "softswiss" => all.extend(["end Done", "together Done", "together Conflict"]),
        "hub88" | "slotegrator" => all.extend(["free bet Done"]),
        _ => {}
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(
    clippy::print_stderr,
    reason = "shown where the test fails, to be tried again"
)]
async fn money_12_rounds_told_in_any_order_come_to_what_the_reference_model_says() {
    let many = std::env::var("CROUPIER_INTERLEAVINGS").map_or(USUAL, |many| many.parse::<usize>().unwrap());
    let seed =
        std::env::var("CROUPIER_TEST_SEED").map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    eprintln!("CROUPIER_TEST_SEED={seed}, {many} rounds of each provider");
    let house = House::open().await;
    let mut tables = Vec::new();
    let count = if many > USUAL { MANY_TABLES } else { TABLES };
    for at in 0..count {
        for protocol in &PROTOCOLS {
            tables.push((at, Table::open(&house, protocol, at).await));
        }
    }
    let rounds = many.div_ceil(count);
    let played = join_all(tables.iter_mut().map(|(at, table)| table.play(seed, *at, rounds))).await;
    let faults: Vec<_> = played.into_iter().filter_map(Result::err).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    books::audit(&house).await;

    let mut met = Met::new();
    for (_, table) in &tables {
        for (what, times) in &table.met {
            *met.entry(what.clone()).or_default() += times;
        }
    }
    for words in &words::ALL {
        // What was decided for ever, and what moved, is in the books, and nothing else of this provider's.
        for brand in [1, 2] {
            let of = |count: fn(&Model) -> &BTreeMap<i64, u64>| -> (u64, u64) {
                let tables = tables.iter().filter(|(_, table)| table.words == words);
                tables.fold((0, 0), |(least, most), (_, table)| {
                    let each = table
                        .may_be
                        .iter()
                        .map(|model| count(model).get(&brand).copied().unwrap_or(0));
                    let (low, high) = (each.clone().min().unwrap(), each.max().unwrap());
                    (least + low, most + high)
                })
            };
            let own = format!(
                "source = 'provider:{}' AND transaction_id NOT LIKE 'croupier:%'",
                words.name
            );
            for (table, (least, most)) in [
                ("wallet_command", of(|model| &model.kept)),
                ("wallet_ledger", of(|model| &model.moved)),
            ] {
                let there = number(
                    &house,
                    brand,
                    &format!("SELECT count(*) FROM {table} WHERE {own}"),
                )
                .await;
                let there = u64::try_from(there).unwrap();
                assert!(
                    (least..=most).contains(&there),
                    "{}, brand {brand}: {there} in {table}, not {least} to {most}",
                    words.name
                );
            }
        }
        let seen: BTreeSet<_> = met
            .keys()
            .filter(|(name, _)| *name == words.name)
            .map(|(_, what)| what.as_str())
            .collect();
        let missing: Vec<_> = must_meet(words, many > USUAL)
            .into_iter()
            .filter(|what| !seen.contains(what))
            .collect();
        assert!(
            missing.is_empty(),
            "{}: never met {missing:?}, but {seen:?}",
            words.name
        );
    }
    if many > USUAL {
        for ((name, what), times) in &met {
            eprintln!("{name:>12} {what:<28} {times}");
        }
    }
}
