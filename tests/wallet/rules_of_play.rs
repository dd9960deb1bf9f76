//! Grants, partial rollbacks, documents and the other rules of play over real PostgreSQL: what the tables keep is
//! what the engine decided.

use std::collections::HashMap;

use croupier_brand::Clock;
use croupier_wallet::{
    Action, Amount, BucketCode, Command, Correction, EntryId, GameId, GrantKind, Note, Outcome, Policy,
    Promotion, RollbackOfSpentWin, RoundId, TransactionId, Verdict, Wallet, WinWithoutBet,
    engine::{
        books::{Books, Order, Rules},
        fold,
    },
    topology::Topology,
};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Till;

pub(super) fn amount(minor: i64) -> Amount {
    Amount::new(minor).unwrap()
}

fn code(text: &str) -> BucketCode {
    BucketCode::new(text).unwrap()
}

pub(super) fn document(order: &[&str], spending: &str, win_to: &str) -> Value {
    json!({
        "buckets": [
            {"code": "cash", "withdrawable": true},
            {"code": "bonus", "withdrawable": false, "bonus": true},
            {"code": "coupon", "withdrawable": false},
        ],
        "bet_order": order, "spending": spending, "win_to": win_to, "deposit_to": "cash",
        "grant_to": {"bonus": "bonus", "coupon": "coupon"}, "negative_balance": true,
        "limits": {"EUR": {"max_bet": 50_000, "max_bet_with_bonus": 20_000}},
    })
}

impl Till {
    pub(super) async fn adopt(&self, document: &Value) {
        let topology: Topology = serde_json::from_value(document.clone()).unwrap();
        self.house.adopt(&self.scope, &topology).await.unwrap();
    }

    pub(super) fn grant(&self, transaction: &str, minor: i64, wager: i64, cap: Option<i64>) -> Command {
        self.command(
            transaction,
            Action::Grant {
                kind: GrantKind::Bonus,
                amount: amount(minor),
                bucket: None,
                wager: amount(wager),
                convert_cap: cap.map(amount),
                expires_at: None,
            },
        )
    }

    pub(super) fn partial(&self, transaction: &str, of: &str, minor: i64) -> Command {
        self.command(
            transaction,
            Action::Rollback {
                of: TransactionId::new(of).unwrap(),
                round: None,
                game: None,
                amount: Some(amount(minor)),
            },
        )
    }

    async fn buckets(&self) -> Vec<i64> {
        let currency = self.scope.currency();
        let holdings = self
            .wallet
            .balance(&self.scope, self.player, currency)
            .await
            .unwrap();
        holdings.buckets.iter().map(|bucket| bucket.available).collect()
    }

    async fn told(&self, command: Command) -> String {
        match self.submit(command).await {
            Outcome::Decided(Verdict::Rejected { reason, .. }) => reason.as_str().to_owned(),
            other => other.as_str().to_owned(),
        }
    }
}

#[tokio::test]
async fn money_23_money_25_money_26_a_grant_comes_as_far_as_its_bets_and_is_converted_once_and_capped() {
    let till = Till::open().await;
    till.adopt(&document(&["cash", "bonus"], "in_order", "bonus"))
        .await;
    let grant = EntryId(till.applied(till.grant("g", 5_000, 10_000, Some(7_000))).await);
    assert_eq!(till.buckets().await, [10_000, 5_000, 0]);
    till.applied(till.bet("b1", 6_000)).await;
    // A process that has just begun knows how far it has come.
    let other = till.another_process().await;
    let convert = |name: &str| till.command(name, Action::Convert { grant });
    let refused = other.submit(&till.scope, convert("c")).await.unwrap();
    assert_eq!(refused.as_str(), "rejected");
    let applied = other.submit(&till.scope, till.bet("b2", 5_000)).await.unwrap();
    assert_eq!(applied.as_str(), "applied");
    assert_eq!(till.buckets().await, [0, 4_000, 0]);
    // b2 had counted for the last 4 000; undone in part, 2 500 of it stand and count.
    till.applied(till.partial("p", "b2", 2_500)).await;
    assert_eq!(till.told(convert("c")).await, "wager_open");
    till.applied(till.win("w", 10_000, "b1")).await;
    till.applied(till.bet("b3", 2_500)).await;
    assert_eq!(till.buckets().await, [0, 14_000, 0]);
    till.applied(convert("c")).await;
    assert_eq!(
        till.buckets().await,
        [7_000, 0, 0],
        "capped, and the rest is the house's"
    );
    assert_eq!(till.told(convert("c")).await, "replayed");
    assert_eq!(till.told(convert("c2")).await, "already_settled");
    let forfeit = till.command("f", Action::Forfeit { grant });
    assert_eq!(
        other.submit(&till.scope, forfeit).await.unwrap().as_str(),
        "already_settled"
    );
    // What was staked from it goes back to its bucket all the same.
    till.applied(till.rollback("r3", "b3")).await;
    assert_eq!(till.buckets().await, [8_500, 1_000, 0]);
    assert_eq!(
        till.count("wallet_grant WHERE state = 'converted' AND ended_at IS NOT NULL")
            .await,
        1
    );
    assert_eq!(till.count("wallet_account WHERE grants IS NOT NULL").await, 0);
    till.house.audit().await;
}

#[tokio::test]
async fn money_16_partial_rollbacks_at_once_never_give_back_more_than_was_staked() {
    let till = Till::open().await;
    till.applied(till.bet("b", 10_000)).await;
    let parts = (0..20).map(|number| till.partial(&format!("p{number}"), "b", 700));
    let outcomes = till.together(parts).await;
    let applied = outcomes
        .iter()
        .filter(|outcome| outcome.as_str() == "applied")
        .count();
    let nothing_left = outcomes
        .iter()
        .filter(|outcome| outcome.as_str() == "neutralised")
        .count();
    assert_eq!(
        (applied, nothing_left),
        (15, 5),
        "14 whole ones and the 200 that were left"
    );
    assert_eq!(till.buckets().await[0], 10_000);
    assert_eq!(
        till.count("wallet_command WHERE state = 'rolled_back' AND reversed[1] = 10000")
            .await,
        1
    );
    till.house.audit().await;
}

#[tokio::test]
async fn money_27_a_round_keeps_the_document_it_began_with_in_a_new_process_too() {
    let till = Till::open().await;
    till.applied(till.bet("standard", 1_000)).await;
    till.adopt(&document(&["cash", "bonus"], "in_order", "coupon"))
        .await;
    till.applied(till.bet("b", 1_000)).await;
    till.adopt(&document(&["bonus", "cash"], "proportional", "bonus"))
        .await;
    let other = till.another_process().await;
    for (wallet, name, of) in [
        (&other, "w1", "b"),
        (&till.wallet, "w2", "standard"),
        (&other, "w3", "b"),
    ] {
        let won = wallet.submit(&till.scope, till.win(name, 700, of)).await.unwrap();
        assert_eq!(won.as_str(), "applied", "{name}");
    }
    assert_eq!(till.buckets().await, [8_700, 0, 1_400]);
    till.applied(till.bet("now", 100)).await;
    till.applied(till.win("w4", 5, "now")).await;
    assert_eq!(till.buckets().await, [8_600, 5, 1_400]);
    till.house.audit().await;
}

const STEPS: usize = 400;

/// A command of any kind; what it names is one of the earlier ones, mostly.
fn compose(till: &Till, rng: &mut StdRng, number: usize, past: &[Order]) -> Command {
    let minor = |rng: &mut StdRng| {
        amount(if rng.random_ratio(1, 12) {
            0
        } else {
            rng.random_range(1..900)
        })
    };
    let (round, game) = (RoundId::new("round").unwrap(), GameId::new("game").unwrap());
    let some = |rng: &mut StdRng, fits: fn(&Action) -> bool| {
        let fit: Vec<_> = past.iter().filter(|order| fits(&order.command.action)).collect();
        fit.choose(rng).copied().cloned()
    };
    let id = |order: Option<Order>| {
        order.map_or_else(
            || TransactionId::new("nobody's").unwrap(),
            |order| order.command.transaction_id,
        )
    };
    let entry = |order: Option<Order>| order.map_or(EntryId(Uuid::nil()), |order| order.entry);
    let bucket = |rng: &mut StdRng| code(["cash", "bonus", "coupon", "gold"].choose(rng).unwrap());
    let is_bet: fn(&Action) -> bool = |action| matches!(action, Action::Bet { .. });
    let is_grant: fn(&Action) -> bool = |action| matches!(action, Action::Grant { .. });
    let action = match rng.random_range(0..40) {
        0..10 => Action::Bet {
            amount: minor(rng),
            round,
            game,
        },
        10..12 => Action::Tip {
            amount: minor(rng),
            round: Some(round),
            game: None,
        },
        12..16 => Action::Settle {
            amount: minor(rng),
            round,
            game,
            bet: Some(id(some(rng, is_bet))),
        },
        16..18 => Action::JackpotWin {
            amount: minor(rng),
            round,
            game,
            bet: rng.random_bool(0.5).then(|| id(some(rng, is_bet))),
        },
        18 => Action::PromoWin {
            amount: minor(rng),
            promotion: Promotion::new("spring").unwrap(),
        },
        19..25 => Action::Rollback {
            of: id(some(rng, |action| action.kind().is_play())),
            round: None,
            game: None,
            amount: rng.random_bool(0.6).then(|| minor(rng)),
        },
        25..27 => Action::Transfer {
            amount: minor(rng),
            from: bucket(rng),
            to: bucket(rng),
        },
        27 => Action::Adjust {
            amount: Correction::new(rng.random_range(-300..300)).unwrap(),
            bucket: bucket(rng),
            note: Note::new("why").unwrap(),
        },
        28..32 => Action::Grant {
            kind: if rng.random() {
                GrantKind::Bonus
            } else {
                GrantKind::Coupon
            },
            amount: minor(rng),
            bucket: rng.random_ratio(1, 4).then(|| bucket(rng)),
            wager: amount(rng.random_range(0..600)),
            convert_cap: rng.random_bool(0.5).then(|| minor(rng)),
            // Long ago, or not for long: nothing here waits.
            expires_at: rng.random_bool(0.5).then(|| {
                let year = *[2020, 2200].choose(rng).unwrap();
                let day = time::Date::from_calendar_date(year, time::Month::January, 1).unwrap();
                day.midnight().assume_utc() + time::Duration::nanoseconds(123_456_789)
            }),
        },
        32..36 => Action::Convert {
            grant: entry(some(rng, is_grant)),
        },
        36 => Action::Forfeit {
            grant: entry(some(rng, is_grant)),
        },
        37..39 => Action::Expire {
            grant: entry(some(rng, is_grant)),
        },
        _ => Action::WithdrawHold { amount: minor(rng) },
    };
    let policy = Policy {
        win_without_bet: if rng.random() {
            WinWithoutBet::Allow
        } else {
            WinWithoutBet::Refuse
        },
        rollback_of_spent_win: if rng.random() {
            RollbackOfSpentWin::DriveNegative
        } else {
            RollbackOfSpentWin::Refuse
        },
        ..Policy::default()
    };
    let command = till.command(&format!("t{number}"), action).with_policy(policy);
    match past.choose(rng) {
        Some(earlier) if rng.random_ratio(1, 12) => earlier.command.clone(),
        Some(earlier) if rng.random_ratio(1, 20) => Command {
            transaction_id: earlier.command.transaction_id.clone(),
            ..command
        },
        _ => command,
    }
}

#[tokio::test]
async fn money_20_what_is_stored_between_commands_changes_none_of_their_outcomes() {
    let seed: u64 = rand::random();
    let mut rng = StdRng::seed_from_u64(seed);
    let till = Till::open().await;
    let documents = [
        document(&["cash", "bonus", "coupon"], "in_order", "bonus"),
        document(&["bonus", "coupon", "cash"], "proportional", "as_staked"),
        document(&["coupon", "cash"], "in_order", "cash"),
    ];
    // The same in memory, where nothing is ever read back.
    let mut books = Books::default();
    let float = Order {
        brand: till.scope.id(),
        entry: EntryId(Uuid::nil()),
        at: OffsetDateTime::UNIX_EPOCH,
        command: till.deposit("float", 10_000),
        group: None,
    };
    let _ = fold(&mut books, std::slice::from_ref(&float));
    let (mut past, mut tally) = (Vec::new(), HashMap::<&str, usize>::new());
    let mut processes = vec![till.wallet.clone()];
    for number in 0..STEPS {
        if number % (STEPS / documents.len()) == 0 && number / (STEPS / documents.len()) < documents.len() {
            let (version, document) = (
                number / (STEPS / documents.len()),
                &documents[number / (STEPS / documents.len())],
            );
            till.adopt(document).await;
            let rules = Rules {
                version: i32::try_from(version).unwrap() + 1,
                topology: std::sync::Arc::new(serde_json::from_value(document.clone()).unwrap()),
            };
            let former = books
                .topologies
                .insert(till.scope.id(), rules)
                .unwrap_or_default();
            books
                .former
                .insert((till.scope.id(), former.version), former.topology);
            processes.push(till.another_process().await);
        }
        let command = compose(&till, &mut rng, number, &past);
        let wallet = processes.choose(&mut rng).unwrap();
        let outcome = wallet.submit(&till.scope, command.clone()).await.unwrap();
        let given = outcome.verdict().and_then(|verdict| verdict.receipt());
        let order = Order {
            brand: till.scope.id(),
            entry: given.map_or(EntryId(Uuid::from_u128(number as u128 + 1)), |receipt| {
                receipt.entry
            }),
            at: Clock::system().now(),
            command,
            group: None,
        };
        let (expected, _) = fold(&mut books, std::slice::from_ref(&order));
        assert_eq!(
            expected,
            [outcome],
            "step {number} of seed {seed}: {:?}",
            order.command
        );
        *tally.entry(outcome.as_str()).or_default() += 1;
        past.push(order);
    }
    let account = books.accounts.values().next().unwrap();
    assert_eq!(till.buckets().await, account.available, "seed {seed}");
    assert!(
        tally["applied"] > STEPS / 4 && tally["rejected"] > 0,
        "seed {seed}: {tally:?}"
    );
    till.house.audit().await;
}
