//! The real batcher and the real engine on a simulated database, with a clock that is the simulation's: thousands of
//! schedules in which calls stall, connections and answers are lost, commits are done late or never, rows are held,
//! processes and the database are killed, and clients ask again, twice at once and elsewhere.
//!
//! A schedule is its seed: the same seed is the same schedule to the last call.

mod check;
mod clients;
mod database;
mod house;
mod process;
pub(super) mod time;
mod world;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use croupier_brand::{BrandCode, BrandId, Currency, token::PlayerId};
use futures_util::future::{Either, join_all, select};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use self::{
    clients::Client,
    database::Brand,
    house::House,
    world::{Weather, World},
};
use crate::{
    engine::{
        books::{AccountKey, Order, Rules},
        command::Command,
    },
    limits::WalletLimits,
    topology::Topology,
};

/// What is there before anything happens, and which commands the database cannot bear.
#[derive(Debug)]
struct Brands {
    all: Vec<Brand>,
    wallets: Vec<AccountKey>,
    codes: Vec<&'static str>,
    document: Value,
    topology: Arc<Topology>,
}

impl Brands {
    fn new() -> Self {
        let document = json!({
            "buckets": [
                {"code": "cash", "withdrawable": true},
                {"code": "bonus", "withdrawable": false, "bonus": true},
            ],
            "bet_order": ["cash", "bonus"], "win_to": "as_staked", "limits": {}, "negative_balance": false,
            "spending": "in_order", "deposit_to": "cash", "convert_to": "cash",
            "grant_to": {"bonus": "bonus", "coupon": "bonus"},
        });
        let all: Vec<_> = [(1, "aurora"), (2, "bonanza")]
            .into_iter()
            .map(|(id, code)| Brand {
                id: BrandId::new(id).unwrap(),
                code: BrandCode::parse(code).unwrap(),
            })
            .collect();
        let wallet = |brand: &Brand, player| AccountKey {
            brand: brand.id,
            player: PlayerId(Uuid::from_u128(player)),
            currency: Currency::parse("EUR").unwrap(),
        };
        Self {
            wallets: vec![wallet(&all[0], 1), wallet(&all[0], 2), wallet(&all[1], 1)],
            all,
            codes: vec!["cash", "bonus"],
            topology: Arc::new(serde_json::from_value(document.clone()).unwrap()),
            document,
        }
    }

    fn knows(&self, player: PlayerId) -> bool {
        self.wallets.iter().any(|wallet| wallet.player == player)
    }

    /// All versions say the same.
    fn rules(&self, version: i32) -> Rules {
        Rules {
            version,
            topology: Arc::clone(&self.topology),
        }
    }

    fn poisons(&self, order: &Order) -> bool {
        order.command.transaction_id.as_str().starts_with("poison-")
    }

    fn makes_panic(&self, order: &Order) -> bool {
        order.command.transaction_id.as_str().starts_with("panic-")
    }
}

/// What a schedule came to.
struct Ran {
    wrong: Vec<String>,
    tally: BTreeMap<&'static str, usize>,
    /// Of all that was written and told.
    digest: [u8; 32],
}

fn run(seed: u64) -> Ran {
    let runtime = time::runtime();
    let (world, brands) = (World::new(seed), Arc::new(Brands::new()));
    let ended = runtime.block_on(time::timeout(
        Duration::from_secs(24 * 3_600),
        schedule(seed, Arc::clone(&world), Arc::clone(&brands)),
    ));
    let mut state = world.now();
    if ended.is_err() {
        state.wrong.push("somebody waits for ever".to_owned());
    }
    let told: Vec<_> = state.told.clone();
    for outcome in told
        .iter()
        .flat_map(|told| told.answer.iter().flatten().flatten())
    {
        state.count(outcome.as_str());
    }
    let mut digest = Sha256::new();
    digest.update(format!("{:?}{:?}", state.journal, state.told));
    let ran = Ran {
        wrong: check::faults(&state, &brands),
        tally: state.tally.clone(),
        digest: digest.finalize().into(),
    };
    drop(state);
    ran
}

async fn schedule(seed: u64, world: Arc<World>, brands: Arc<Brands>) {
    let mut rng = StdRng::seed_from_u64(seed ^ 1);
    let limits = WalletLimits {
        shards: rng.random_range(1..=2),
        batch: if rng.random_bool(0.5) {
            256
        } else {
            rng.random_range(1..6)
        },
        queue: if rng.random_bool(0.7) {
            64
        } else {
            rng.random_range(2..6)
        },
        queue_per_brand: if rng.random_bool(0.7) {
            64
        } else {
            rng.random_range(2..4)
        },
        attempts: rng.random_range(1..=4),
        ..WalletLimits::default()
    };
    let house = Arc::new(House::new(world, brands, limits));
    let clients = rng.random_range(3..7);
    let playing = join_all((0..clients).map(|name| {
        let turns = rng.random_range(3..7);
        Client::new(&house, name, clients, rng.random()).play(turns)
    }));
    let keeping = std::pin::pin!(keep(&house, StdRng::seed_from_u64(rng.random())));
    // Who plays comes to an end; who looks after the processes does not.
    if let Either::Left(((), _)) = select(keeping, playing).await {
        unreachable!("the keeper goes on for ever");
    }
    calm(&house).await;
}

/// Starts anew what was killed, and now and then takes a process out of service in order.
async fn keep(house: &House, mut rng: StdRng) {
    loop {
        time::sleep(Duration::from_millis(rng.random_range(1..2_000))).await;
        let number = rng.random_range(0..2);
        if house.process(number).process.is_dead() {
            house.replace(number);
        } else if rng.random_bool(0.2) {
            house.world.now().document += 1;
        } else if rng.random_bool(0.1) {
            let old = house.replace(number);
            house.world.now().count("a process was drained");
            let drained = std::pin::pin!(old.batcher.drain());
            let death = std::pin::pin!(Arc::clone(&old.process).death());
            if let Either::Left(_) = select(drained, death).await {
                old.process.drained();
            }
        }
    }
}

/// Everything is well again: what anybody asked for is asked for once more, and twice, and has its answer.
async fn calm(house: &House) {
    house.world.now().weather = Weather::default();
    // Whatever is still on its way has time to arrive.
    time::sleep(Duration::from_secs(60)).await;
    for number in 0..2 {
        if house.process(number).process.is_dead() {
            house.replace(number);
        }
    }
    let asked: Vec<(BrandId, Vec<Command>)> = {
        let world = house.world.now();
        let mut asked = Vec::new();
        for told in &world.told {
            let commands = told.orders.iter().map(|order| order.command.clone());
            let one = (told.orders[0].brand, commands.collect());
            if !asked.contains(&one) {
                asked.push(one);
            }
        }
        asked
    };
    for round in 0..2 {
        for (at, (brand, commands)) in asked.iter().enumerate() {
            let brand = house.brands.all.iter().find(|known| known.id == *brand).unwrap();
            let patience = Duration::from_secs(60);
            // All that was to be decided is decided by the second time.
            let _ = house.ask(brand, commands, (at + round) % 2, patience, true).await;
        }
    }
    for number in 0..2 {
        let up = house.process(number);
        up.batcher.drain().await;
        up.process.drained();
        let refused = up.batcher.submit(&house.brands.all[0], Vec::new()).await;
        assert!(matches!(refused.as_deref(), Ok([])));
    }
}

/// The seed is printed; so is how to run it alone.
fn check(seed: u64) -> BTreeMap<&'static str, usize> {
    let ran = run(seed);
    assert!(
        ran.wrong.is_empty(),
        "WALLET_SCHEDULE_SEED={seed} runs this schedule alone. {} faults:\n{}",
        ran.wrong.len(),
        ran.wrong.iter().take(12).cloned().collect::<Vec<_>>().join("\n")
    );
    ran.tally
}

#[test]
fn money_34_money_36_money_37_money_38_money_20_any_schedule_of_faults_keeps_every_answer_and_doubles_none() {
    if let Ok(seed) = std::env::var("WALLET_SCHEDULE_SEED") {
        check(seed.parse().unwrap());
        return;
    }
    // A long run is one with more of them: WALLET_SCHEDULES=20000.
    let schedules: u64 = std::env::var("WALLET_SCHEDULES").map_or(1_500, |many| many.parse().unwrap());
    let first: u64 = rand::random::<u64>() >> 20;
    let mut tally = BTreeMap::<&str, usize>::new();
    for seed in first..first + schedules {
        for (what, times) in check(seed) {
            *tally.entry(what).or_default() += times;
        }
    }
    // A run in which something never happens proves nothing about it.
    let all = [
        "a call stalled",
        "a connection was lost",
        "a commit was done and not answered",
        "a commit was not answered and never done",
        "a commit was not answered and done later",
        "a commit was looked up",
        "a process was killed before its commit",
        "a process was killed during its commit",
        "a process was drained",
        "the database was killed",
        "a row was held too long",
        "whose rows are held was asked",
        "another writer was faster",
        "a batch was poisoned",
        "a batch was not read",
        "a bet was not read",
        "a document was newer",
        "applied",
        "neutralised",
        "missing_reference",
        "insufficient_funds",
        "rejected",
        "replayed",
        "conflict",
        "retryable",
    ];
    for what in all {
        assert!(
            tally
                .get(what)
                .is_some_and(|times| *times as u64 * 30 >= schedules),
            "{what}: {tally:?}"
        );
    }
    note(format_args!("{schedules} schedules from seed {first}: {tally:?}"));
}

/// Shown when the test fails, or asked for.
#[expect(clippy::print_stdout, reason = "what the test keeps for a failure")]
fn note(line: impl std::fmt::Display) {
    println!("{line}");
}

#[test]
fn a_schedule_is_its_seed() {
    for seed in 0..20 {
        assert_eq!(run(seed).digest, run(seed).digest, "seed {seed}");
    }
    assert_ne!(run(0).digest, run(1).digest);
}
