//! Hundreds of random callbacks of several players at both brands, out of order, repeated, at once.
//!
//! What the players then have must follow from what the provider was told, and from nothing else: a
//! bet that was told OK is taken unless a rollback of it was told OK too, and so with wins.
//! `CROUPIER_TEST_SEED` repeats a storm's calls; how they meet is the machine's.

use std::collections::{BTreeMap, HashSet, VecDeque};

use croupier_game::hub88::{
    Status,
    simulator::{Bet, Launch, Rollback, Win},
};
use futures_util::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use sqlx::Row;
use tokio::sync::Mutex;

use super::{audit, number, sql};
use crate::harness::{EUR, Guest, House};

const CALLS: usize = 500;
/// How many calls are under way at a time, and how far one may be displaced.
const WORKERS: usize = 16;
const DISORDER: usize = 12;

/// A player at a game. Two play at each brand, and alice's account is the same at both.
struct Seat {
    brand: i64,
    guest: Guest,
    launch: Launch,
    deposited: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Deed {
    Bet { amount: i64 },
    Win { of: String, amount: i64 },
    Rollback { of: String },
}

/// A call as it is composed. Amounts are minor units.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Call {
    seat: usize,
    id: String,
    round: String,
    deed: Deed,
}

type Told = (Status, Option<i64>);

impl Call {
    async fn send(&self, house: &House, seats: &[Seat]) -> Told {
        let launch = &seats[self.seat].launch;
        let (transaction, round) = (self.id.clone(), self.round.clone());
        for _ in 0..100 {
            let (transaction, round) = (transaction.clone(), round.clone());
            let reply = match &self.deed {
                Deed::Bet { amount } => {
                    let bet = Bet {
                        transaction,
                        round,
                        amount: amount * EUR / 100,
                        is_free: false,
                    };
                    house.provider.bet(launch, &bet).await
                }
                Deed::Win { of, amount } => {
                    let reference = Some(of.clone());
                    let win = Win {
                        transaction,
                        reference,
                        round,
                        amount: amount * EUR / 100,
                        is_supplier_promo: false,
                    };
                    house.provider.win(launch, &win).await
                }
                Deed::Rollback { of } => {
                    house
                        .provider
                        .rollback(
                            launch,
                            &Rollback {
                                transaction,
                                reference: of.clone(),
                                round,
                            },
                        )
                        .await
                }
            };
            let reply = reply.unwrap();
            assert_eq!(reply.http_status, 200, "{self:?}: {reply:?}");
            match reply.status.unwrap() {
                // What a provider does when the answer is no answer.
                Status::Unknown => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
                status => return (status, reply.balance),
            }
        }
        panic!("never decided: {self:?}");
    }
}

/// Composes a storm. Ids are small numbers, so that they meet: across players, brands and kinds.
fn compose(rng: &mut StdRng, seats: usize) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut next = 0;
    while calls.len() < CALLS {
        let seat = rng.random_range(0..seats);
        let mine: Vec<&Call> = calls.iter().filter(|call| call.seat == seat).collect();
        let some = |rng: &mut StdRng, of: &[&Call]| {
            of.get(rng.random_range(0..of.len().max(1)))
                .map(|call| call.id.clone())
        };
        let bets: Vec<&Call> = mine
            .iter()
            .copied()
            .filter(|call| matches!(call.deed, Deed::Bet { .. }))
            .collect();
        let anyones: Vec<&Call> = calls.iter().collect();
        next += 1;
        let fresh = format!("t{next}");
        let (id, deed) = match rng.random_range(0..100) {
            0..40 => (
                fresh,
                Deed::Bet {
                    amount: rng.random_range(0..4_000),
                },
            ),
            // More than anybody has.
            40..43 => (fresh, Deed::Bet { amount: 10_000_000 }),
            43..63 => match some(rng, &bets) {
                Some(of) => (
                    fresh,
                    Deed::Win {
                        of,
                        amount: rng.random_range(0..6_000),
                    },
                ),
                None => continue,
            },
            63..74 => match some(rng, &mine) {
                Some(of) => (fresh, Deed::Rollback { of }),
                None => continue,
            },
            // Of what has not come yet, or of another player's.
            74..77 => (
                fresh,
                Deed::Rollback {
                    of: format!("t{}", next + 3),
                },
            ),
            77..80 => match some(rng, &anyones) {
                Some(of) if rng.random() => (fresh, Deed::Rollback { of }),
                Some(of) => (fresh, Deed::Win { of, amount: 100 }),
                None => continue,
            },
            // An id that was used, for something else perhaps.
            80..85 => match some(rng, &anyones) {
                Some(id) => (
                    id,
                    Deed::Bet {
                        amount: rng.random_range(0..4_000),
                    },
                ),
                None => continue,
            },
            // The same again.
            _ => match anyones.get(rng.random_range(0..anyones.len().max(1))) {
                Some(call) => {
                    let again = (*call).clone();
                    calls.push(again);
                    continue;
                }
                None => continue,
            },
        };
        let round = format!("round-{}", next % 9);
        calls.push(Call {
            seat,
            id,
            round,
            deed,
        });
    }
    for window in calls.chunks_mut(DISORDER) {
        window.shuffle(rng);
    }
    calls
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(
    clippy::print_stderr,
    reason = "shown where the test fails, to be tried again"
)]
async fn money_02_after_a_storm_of_callbacks_the_books_are_what_the_provider_was_told() {
    let house = House::open().await;
    let mut seats = Vec::new();
    for (brand, casino, account, euros) in [
        (1, &house.aurora, "alice", 300),
        (1, &house.aurora, "bob", 150),
        (2, &house.bonanza, "alice", 200),
        (2, &house.bonanza, "carol", 50),
    ] {
        let (guest, launch) = house.player(casino, account, &format!("{euros}.00")).await;
        seats.push(Seat {
            brand,
            guest,
            launch,
            deposited: euros * 100,
        });
    }
    let seed =
        std::env::var("CROUPIER_TEST_SEED").map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    eprintln!("CROUPIER_TEST_SEED={seed}");
    let calls = compose(&mut StdRng::seed_from_u64(seed), seats.len());

    let (queue, heard) = (
        Mutex::new(VecDeque::from(calls.clone())),
        Mutex::new(BTreeMap::<Call, Vec<Told>>::new()),
    );
    join_all((0..WORKERS).map(async |_| {
        loop {
            let Some(call) = queue.lock().await.pop_front() else {
                return;
            };
            let told = call.send(&house, &seats).await;
            heard.lock().await.entry(call).or_default().push(told);
        }
    }))
    .await;
    audit(&house).await;
    let mut heard = heard.into_inner();

    // What was answered is answered so for ever.
    for (call, replies) in &mut heard {
        replies.push(call.send(&house, &seats).await);
        // A refusal that says "not now" to what is owed: a win before its bet, a rollback of a spent win.
        let tries_again = |told: &Told| match call.deed {
            Deed::Bet { .. } => false,
            Deed::Win { .. } => told.0 == Status::TransactionDoesNotExist,
            Deed::Rollback { .. } => {
                matches!(told.0, Status::TransactionDoesNotExist | Status::NotEnoughMoney)
            }
        };
        let mut lasting = replies.iter().filter(|told| !tries_again(told));
        if let Some(first) = lasting.next() {
            let same = |told: &Told| told.0 == first.0 && (told.0 != Status::Ok || told.1 == first.1);
            assert!(lasting.all(same), "seed {seed}: {call:?} was told {replies:?}");
        }
    }
    audit(&house).await;

    let accepted = |call: &Call| heard[call].iter().find(|told| told.0 == Status::Ok);
    let undone: HashSet<_> = heard
        .keys()
        .filter(|call| accepted(call).is_some())
        .filter_map(|call| match &call.deed {
            Deed::Rollback { of } => Some((call.seat, of.clone())),
            Deed::Bet { .. } | Deed::Win { .. } => None,
        })
        .collect();
    let stands = |call: &&Call| accepted(call).is_some() && !undone.contains(&(call.seat, call.id.clone()));
    let change = |call: &Call| match call.deed {
        Deed::Bet { amount } => -amount,
        Deed::Win { amount, .. } => amount,
        Deed::Rollback { .. } => 0,
    };
    for (at, seat) in seats.iter().enumerate() {
        let played: i64 = heard
            .keys()
            .filter(|call| call.seat == at)
            .filter(stands)
            .map(change)
            .sum();
        let expected = seat.deposited + played;
        let total = seat.guest.total().await;
        assert_eq!(
            total,
            format!("{}.{:02}", expected / 100, expected % 100),
            "seed {seed}: seat {at}"
        );
    }
    for brand in [1, 2] {
        let of_brand = |call: &&Call| seats[call.seat].brand == brand;
        let played: i64 = heard.keys().filter(of_brand).filter(stands).map(change).sum();
        let house_has = |account: &str| {
            format!("SELECT sum(amount)::bigint FROM wallet_posting WHERE account = 'house:{account}'")
        };
        assert_eq!(
            number(&house, brand, &house_has("gaming")).await,
            -played,
            "seed {seed}: brand {brand}"
        );
        let deposited: i64 = seats
            .iter()
            .filter(|seat| seat.brand == brand)
            .map(|seat| seat.deposited)
            .sum();
        assert_eq!(
            number(&house, brand, &house_has("payments")).await,
            -deposited,
            "seed {seed}: brand {brand}"
        );

        // Every entry was told to whom it concerns, with the balance it left.
        let entries = "SELECT transaction_id, player_id::text AS player, kind, balance FROM wallet_ledger WHERE source = 'provider:hub88'";
        let entries = sql(&house, brand, entries).await;
        for entry in &entries {
            let (id, player, kind): (String, String, String) = (
                entry.get("transaction_id"),
                entry.get("player"),
                entry.get("kind"),
            );
            let told: Vec<_> = heard
                .keys()
                .filter(of_brand)
                .filter(|call| {
                    call.id == id && seats[call.seat].guest.id == player && name(&call.deed) == kind
                })
                .filter_map(accepted)
                .collect();
            let balance = entry.get::<i64, _>("balance") * EUR / 100;
            assert_eq!(
                told,
                [&(Status::Ok, Some(balance))],
                "seed {seed}: brand {brand}, {kind} {id}"
            );
        }
        let taken = heard
            .keys()
            .filter(of_brand)
            .filter(|call| name(&call.deed) == "bet" && accepted(call).is_some())
            .count();
        assert_eq!(
            entries
                .iter()
                .filter(|entry| entry.get::<&str, _>("kind") == "bet")
                .count(),
            taken,
            "seed {seed}: brand {brand}"
        );
    }

    // The storm was one.
    let told: Vec<_> = heard
        .iter()
        .flat_map(|(call, replies)| replies.iter().map(move |told| (name(&call.deed), told.0)))
        .collect();
    for (kind, status) in [
        ("bet", Status::Ok),
        ("bet", Status::NotEnoughMoney),
        ("bet", Status::DuplicateTransaction),
        ("settle", Status::Ok),
        ("settle", Status::TransactionDoesNotExist),
        ("rollback", Status::Ok),
    ] {
        let times = told.iter().filter(|told| **told == (kind, status)).count();
        assert!(
            times > 2,
            "seed {seed}: {kind} was told {status:?} only {times} times"
        );
    }
    assert!(
        heard.values().filter(|replies| replies.len() > 2).count() > 10,
        "seed {seed}: repeats"
    );
}

/// The journal's name for it.
fn name(deed: &Deed) -> &'static str {
    match deed {
        Deed::Bet { .. } => "bet",
        Deed::Win { .. } => "settle",
        Deed::Rollback { .. } => "rollback",
    }
}
