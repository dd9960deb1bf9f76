//! Random commands against the engine and the model: repeats, reordered and cross-referenced ones,
//! by two players in two currencies from two sources, folded in batches of any size.

use std::{cell::RefCell, collections::BTreeMap};

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::json;

use super::{
    model::{Buckets, Model},
    properties::policy,
    *,
};
use crate::engine::{
    account::Account,
    chain::{Link, link},
    command::MAX_AMOUNT,
    policy::RollbackOfSpentWin,
};

const CASES: u32 = 256;
const COMMANDS: usize = 120;

#[derive(Clone, Debug)]
enum Step {
    /// A command under an id of its own, perhaps aimed at an earlier one.
    New(Command, Option<Aim>),
    /// An earlier command again, perhaps under another policy.
    Again(prop::sample::Index, Option<Policy>),
    /// An earlier command's id for another command.
    Reused(prop::sample::Index, Command),
}

/// What a settle, a rollback or the end of a hold refers to: one of the earlier bets, plays or holds.
/// Without an aim it refers to any id, come or to come.
#[derive(Clone, Debug)]
struct Aim {
    at: prop::sample::Index,
    /// From the same wallet and source; otherwise from wherever the command came from.
    at_home: bool,
}

#[derive(Clone, Debug)]
struct Case {
    buckets: Buckets,
    steps: Vec<Step>,
    batches: Vec<usize>,
}

#[test]
fn money_20_the_engine_agrees_with_an_independent_model() {
    let tally = RefCell::new(BTreeMap::<&str, usize>::new());
    let config = Config {
        cases: CASES,
        ..Config::with_source_file(file!())
    };
    let run = TestRunner::new(config).run(&case(), |case| {
        for outcome in agree(&case) {
            *tally.borrow_mut().entry(outcome.as_str()).or_default() += 1;
        }
        Ok(())
    });
    if let Err(fault) = run {
        panic!("{fault}");
    }
    let tally = tally.into_inner();
    assert!(tally.values().sum::<usize>() >= 20_000, "{tally:?}");
    // A run in which something never happens proves nothing about it.
    let all = [
        "applied",
        "neutralised",
        "missing_reference",
        "already_settled",
        "insufficient_funds",
        "rejected",
        "replayed",
        "conflict",
    ];
    for outcome in all {
        assert!(
            tally.get(outcome).is_some_and(|count| *count >= 100),
            "{outcome}: {tally:?}"
        );
    }
}

fn agree(case: &Case) -> Vec<Outcome> {
    let orders = orders(&case.steps);
    let mut model = Model::new(case.buckets.clone());
    let expected: Vec<_> = orders.iter().map(|order| model.submit(order)).collect();

    let mut books = Books::default();
    books
        .topologies
        .insert(brand(), rules(1, topology(&case.buckets)));
    let (mut outcomes, mut journal, mut rest) = (Vec::new(), Vec::new(), &orders[..]);
    let mut sizes = case.batches.iter().cycle();
    while !rest.is_empty() {
        let (batch, later) = rest.split_at(sizes.next().unwrap_or(&1).min(&rest.len()).to_owned());
        let (some, writes) = fold(&mut books, batch);
        for (key, (loaded_at, account)) in &writes.accounts {
            let count = writes
                .entries
                .iter()
                .filter(|entry| entry.account == *key)
                .count();
            assert_eq!(i64::try_from(count), Ok(account.version - loaded_at), "money_03");
        }
        outcomes.extend(some);
        journal.extend(writes.entries);
        rest = later;
    }
    for ((order, expected), outcome) in orders.iter().zip(&expected).zip(&outcomes) {
        assert_eq!(expected, outcome, "model and engine on {:?}", order.command);
    }
    journal.iter().for_each(check_entry);
    check_wallets(case, &books, &journal, &model);
    outcomes
}

/// Engine, model and journal hold the same money; below zero only where a policy could have it so.
fn check_wallets(case: &Case, books: &Books, journal: &[JournalEntry], model: &Model) {
    let sums = folded(journal);
    for (key, account) in &books.accounts {
        let Account {
            version,
            available,
            held,
            grants: _,
            limits: _,
            chain,
        } = account;
        let mut last = Link::default();
        for entry in journal.iter().filter(|entry| entry.account == *key) {
            assert_eq!(entry.hash, link(&last, entry), "{key:?}");
            last = entry.hash;
        }
        assert_eq!(*chain, last, "{key:?}");
        for (at, code) in case.buckets.codes.iter().enumerate() {
            let of_journal = |name: String| i128::from(sums.get(&(*key, name)).copied().unwrap_or(0));
            let (engine, modelled) = (
                i128::from(available[at]),
                model.available(key.player, key.currency, code),
            );
            assert_eq!(engine, modelled, "{code} of {key:?}");
            assert_eq!(
                engine,
                of_journal(format!("player:{code}")),
                "money_02: {code} of {key:?}"
            );
            let (engine, modelled) = (i128::from(held[at]), model.held(key.player, key.currency, code));
            assert_eq!(engine, modelled, "{code} held of {key:?}");
            assert_eq!(
                engine,
                of_journal(format!("player:{code}:held")),
                "money_02: {code} held of {key:?}"
            );
            assert!(held[at] >= 0);
        }
        let may_be_negative = case.steps.iter().any(Step::drives_negative);
        assert!(
            may_be_negative || available.iter().all(|part| *part >= 0),
            "{account:?}"
        );
        let entries = journal.iter().filter(|entry| entry.account == *key);
        assert!(
            entries.map(|entry| entry.version).eq(1..=*version),
            "money_03: versions without gaps"
        );
    }
}

impl Step {
    fn drives_negative(&self) -> bool {
        let policy = match self {
            Self::New(command, _) | Self::Reused(_, command) => command.policy,
            Self::Again(_, policy) => policy.unwrap_or_default(),
        };
        policy.rollback_of_spent_win == RollbackOfSpentWin::DriveNegative
    }
}

fn orders(steps: &[Step]) -> Vec<Order> {
    let mut orders: Vec<Order> = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let earlier = |at: &prop::sample::Index| {
            (!orders.is_empty()).then(|| orders[at.index(orders.len())].command.clone())
        };
        let command = match step {
            Step::New(command, aim) => {
                let command = Command {
                    transaction_id: id(&format!("t{number}")),
                    ..command.clone()
                };
                match aim {
                    Some(aim) => aimed(command, aim, &orders),
                    None => command,
                }
            }
            Step::Again(at, policy) => match earlier(at) {
                Some(earlier) => Command {
                    policy: policy.unwrap_or(earlier.policy),
                    ..earlier
                },
                None => bet("t0", 0),
            },
            Step::Reused(at, command) => match earlier(at) {
                Some(earlier) => Command {
                    source: earlier.source,
                    transaction_id: earlier.transaction_id,
                    ..command.clone()
                },
                None => command.clone(),
            },
        };
        orders.push(order(number as u128, command));
    }
    orders
}

fn aimed(mut command: Command, aim: &Aim, orders: &[Order]) -> Command {
    let fits: fn(&Action) -> bool = match command.action {
        Action::Settle { .. } => |action| matches!(action, Action::Bet { .. }),
        Action::Rollback { .. } => |action| matches!(action, Action::Bet { .. } | Action::Settle { .. }),
        Action::WithdrawSettle { .. } | Action::WithdrawRelease { .. } => {
            |action| matches!(action, Action::WithdrawHold { .. })
        }
        _ => return command,
    };
    let targets: Vec<_> = orders
        .iter()
        .filter(|order| fits(&order.command.action))
        .collect();
    if targets.is_empty() {
        return command;
    }
    let target = targets[aim.at.index(targets.len())];
    match &mut command.action {
        Action::Settle { bet, .. } => *bet = Some(target.command.transaction_id.clone()),
        Action::Rollback { of, .. } => *of = target.command.transaction_id.clone(),
        Action::WithdrawSettle { hold } | Action::WithdrawRelease { hold } => *hold = target.entry,
        _ => {}
    }
    if aim.at_home {
        let Command {
            player,
            currency,
            source,
            ..
        } = target.command.clone();
        command = Command {
            player,
            currency,
            source,
            ..command
        };
    }
    command
}

fn case() -> impl Strategy<Value = Case> {
    let steps = prop::collection::vec(step(), COMMANDS);
    let batches = prop::collection::vec(1..=COMMANDS, 1..8);
    (buckets(), steps, batches).prop_map(|(buckets, steps, batches)| Case {
        buckets,
        steps,
        batches,
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (command(), prop::option::weighted(0.75, aim())).prop_map(|(command, aim)| Step::New(command, aim)),
        2 => (any::<prop::sample::Index>(), prop::option::of(policy())).prop_map(|(at, policy)| Step::Again(at, policy)),
        1 => (any::<prop::sample::Index>(), command()).prop_map(|(at, command)| Step::Reused(at, command)),
    ]
}

fn aim() -> impl Strategy<Value = Aim> {
    (any::<prop::sample::Index>(), prop::bool::weighted(0.9)).prop_map(|(at, at_home)| Aim { at, at_home })
}

fn command() -> impl Strategy<Value = Command> {
    let player = prop_oneof![6 => Just(ANNA), 1 => Just(BERT)];
    let currency = prop_oneof![12 => Just("EUR"), 1 => Just("USD")];
    let source = prop_oneof![8 => Just("one"), 1 => Just("two")];
    (player, currency, source, transaction(), action(), policy()).prop_map(
        |(player, currency, source, name, action, policy)| {
            let player = PlayerId(Uuid::from_u128(player));
            let currency = Currency::parse(currency).unwrap();
            Command::new(player, currency, Source::provider(source).unwrap(), name, action)
                .with_policy(policy)
        },
    )
}

fn transaction() -> impl Strategy<Value = TransactionId> {
    (0..COMMANDS).prop_map(|number| id(&format!("t{number}")))
}

fn some_amount() -> impl Strategy<Value = Amount> {
    prop_oneof![
        2 => Just(0),
        20 => 1..200_i64,
        1 => Just(MAX_AMOUNT),
        1 => MAX_AMOUNT - 100..=MAX_AMOUNT,
    ]
    .prop_map(amount)
}

fn round() -> impl Strategy<Value = RoundId> {
    (0..3).prop_map(|number| RoundId::new(&format!("r{number}")).unwrap())
}

fn game() -> impl Strategy<Value = GameId> {
    (0..2).prop_map(|number| GameId::new(&format!("g{number}")).unwrap())
}

fn action() -> impl Strategy<Value = Action> {
    let payment = prop_oneof![9 => Just(Payment::Approved), 1 => Just(Payment::Declined)];
    let hold = || (0..COMMANDS as u128).prop_map(|number| EntryId(Uuid::from_u128(number)));
    prop_oneof![
        4 => (some_amount(), payment).prop_map(|(amount, payment)| Action::Deposit { amount, payment }),
        2 => some_amount().prop_map(|amount| Action::WithdrawHold { amount }),
        2 => hold().prop_map(|hold| Action::WithdrawSettle { hold }),
        2 => hold().prop_map(|hold| Action::WithdrawRelease { hold }),
        6 => (some_amount(), round(), game()).prop_map(|(amount, round, game)| Action::Bet { amount, round, game }),
        6 => (some_amount(), round(), game(), prop::option::weighted(0.8, transaction()))
            .prop_map(|(amount, round, game, bet)| Action::Settle { amount, round, game, bet }),
        6 => (transaction(), prop::option::of(round()), prop::option::of(game()))
            .prop_map(|(of, round, game)| Action::Rollback { of, round, game, amount: None }),
    ]
}

/// The standard buckets, and two that use every bucket for something.
fn buckets() -> impl Strategy<Value = Buckets> {
    let standard = Buckets {
        codes: vec!["cash", "bonus"],
        withdrawable: vec!["cash"],
        bet_order: vec!["cash", "bonus"],
        win_to: "cash",
        deposit_to: "cash",
        ..Buckets::default()
    };
    let crossed = Buckets {
        bet_order: vec!["bonus", "cash"],
        win_to: "bonus",
        ..standard.clone()
    };
    let three = Buckets {
        codes: vec!["cash", "bonus", "points"],
        withdrawable: vec!["cash", "points"],
        bet_order: vec!["points", "cash"],
        win_to: "points",
        deposit_to: "cash",
        ..Buckets::default()
    };
    prop::sample::select(vec![standard, crossed, three])
}

fn topology(buckets: &Buckets) -> Topology {
    let rows = buckets
        .codes
        .iter()
        .map(|code| json!({"code": code, "withdrawable": buckets.withdrawable.contains(code)}));
    let document = json!({
        "buckets": rows.collect::<Vec<_>>(),
        "bet_order": buckets.bet_order,
        "win_to": buckets.win_to,
        "deposit_to": buckets.deposit_to,
    });
    serde_json::from_value(document).unwrap()
}
