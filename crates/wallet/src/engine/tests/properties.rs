//! Random commands of every kind: however they are cut into folds, they do the same, which is what the model
//! says, and the books hold.

use std::{cell::RefCell, collections::BTreeMap};

use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::json;

use super::{
    model::{Buckets, Model},
    *,
};
use crate::engine::{
    account::MAX_BALANCE,
    books::{PlayKind, PlayState},
    command::{Correction, MAX_AMOUNT},
    grants::{GrantState, MAX_OPEN_GRANTS},
    ids::{Note, Promotion},
    policy::{RollbackOfSettledBet, RollbackOfSpentWin, RollbackOfWin, UnknownRollback, WinWithoutBet},
};

const COMMANDS: usize = 60;

fn name() -> impl Strategy<Value = String> {
    (0..COMMANDS / 2).prop_map(|number| format!("t{number}"))
}

fn minor() -> impl Strategy<Value = i64> {
    prop_oneof![
        1 => Just(0),
        20 => 1..60_i64,
        1 => MAX_AMOUNT - 1..=MAX_AMOUNT,
    ]
}

fn bucket() -> impl Strategy<Value = BucketCode> {
    prop::sample::select(vec!["cash", "bonus", "coupon", "locked", "gold"]).prop_map(code)
}

fn action() -> impl Strategy<Value = Action> {
    let some = || minor().prop_map(amount);
    let round = || RoundId::new("round").unwrap();
    let game = || GameId::new("game").unwrap();
    let entry = || (0..COMMANDS as u128).prop_map(|number| EntryId(Uuid::from_u128(number)));
    let bet_of = || prop::option::weighted(0.8, name().prop_map(|name| id(&name)));
    let second = || {
        (0..COMMANDS as i64).prop_map(|second| OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(second))
    };
    prop_oneof![
        5 => some().prop_map(|amount| Action::Deposit { amount, payment: Payment::Approved }),
        1 => some().prop_map(|amount| Action::WithdrawHold { amount }),
        1 => entry().prop_map(|hold| Action::WithdrawRelease { hold }),
        1 => entry().prop_map(|hold| Action::WithdrawSettle { hold }),
        8 => some().prop_map(move |amount| Action::Bet { amount, round: round(), game: game() }),
        2 => some().prop_map(move |amount| Action::Tip { amount, round: None, game: None }),
        5 => (some(), bet_of()).prop_map(move |(amount, bet)| Action::Settle { amount, round: round(), game: game(), bet }),
        2 => (some(), bet_of()).prop_map(move |(amount, bet)| Action::JackpotWin { amount, round: round(), game: game(), bet }),
        1 => some().prop_map(|amount| Action::PromoWin { amount, promotion: Promotion::new("spring").unwrap() }),
        6 => (name(), prop::option::weighted(0.4, some()))
            .prop_map(|(of, amount)| Action::Rollback { of: id(&of), round: None, game: None, amount }),
        3 => (some(), bucket(), bucket()).prop_map(|(amount, from, to)| Action::Transfer { amount, from, to }),
        2 => (-60..60_i64, bucket()).prop_map(|(minor, bucket)| Action::Adjust {
            amount: Correction::new(minor).unwrap(), bucket, note: Note::new("why").unwrap(),
        }),
        5 => (any::<bool>(), some(), prop::option::weighted(0.3, bucket()), 0..60_i64, prop::option::of(0..40_i64), prop::option::of(second()))
            .prop_map(|(bonus, amount, bucket, wager, cap, expires_at)| Action::Grant {
                kind: if bonus { GrantKind::Bonus } else { GrantKind::Coupon },
                amount, bucket, wager: super::amount(wager), convert_cap: cap.map(super::amount), expires_at,
            }),
        4 => entry().prop_map(|grant| Action::Convert { grant }),
        1 => entry().prop_map(|grant| Action::Forfeit { grant }),
        2 => entry().prop_map(|grant| Action::Expire { grant }),
    ]
}

/// Any contract.
pub(super) fn policy() -> impl Strategy<Value = Policy> {
    let choices = (
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        prop::bool::weighted(0.8),
    );
    choices.prop_map(|(win, settled, unknown, spent, wins_too)| Policy {
        win_without_bet: if win {
            WinWithoutBet::Allow
        } else {
            WinWithoutBet::Refuse
        },
        rollback_of_settled_bet: if settled {
            RollbackOfSettledBet::Reverse
        } else {
            RollbackOfSettledBet::Refuse
        },
        unknown_rollback: if unknown {
            UnknownRollback::Tombstone
        } else {
            UnknownRollback::Refuse
        },
        rollback_of_spent_win: if spent {
            RollbackOfSpentWin::DriveNegative
        } else {
            RollbackOfSpentWin::Refuse
        },
        rollback_of_win: if wins_too {
            RollbackOfWin::Reverse
        } else {
            RollbackOfWin::Leave
        },
    })
}

/// Two versions of a document, and where in the commands the second is adopted.
fn documents() -> impl Strategy<Value = [serde_json::Value; 2]> {
    let document = || {
        let order = prop::sample::select(vec![
            json!(["cash", "bonus", "coupon"]),
            json!(["bonus", "cash"]),
            json!(["locked", "coupon", "bonus", "cash"]),
        ]);
        let win_to = prop::sample::select(vec!["cash", "bonus", "as_staked"]);
        let limits = prop::sample::select(vec![
            json!({}),
            json!({"EUR": {"max_bet": 50, "max_bet_with_bonus": 30}}),
        ]);
        (order, win_to, limits, any::<bool>(), any::<bool>()).prop_map(|(order, win_to, limits, proportional, owing)| {
            json!({
                "buckets": [
                    {"code": "cash", "withdrawable": true},
                    {"code": "bonus", "withdrawable": false, "bonus": true},
                    {"code": "coupon", "withdrawable": false},
                    {"code": "locked", "withdrawable": false},
                ],
                "bet_order": order, "win_to": win_to, "limits": limits, "negative_balance": owing,
                "spending": if proportional { "proportional" } else { "in_order" },
                "deposit_to": "cash", "convert_to": "cash", "grant_to": {"bonus": "bonus", "coupon": "coupon"},
            })
        })
    };
    [document(), document()]
}

#[derive(Clone, Debug)]
struct Case {
    orders: Vec<Order>,
    documents: [serde_json::Value; 2],
    adopted_at: usize,
    cuts: Vec<usize>,
}

fn case() -> impl Strategy<Value = Case> {
    let step = (
        action(),
        policy(),
        any::<prop::sample::Index>(),
        0..24_u8,
        any::<bool>(),
        0..8_u8,
    );
    let steps = prop::collection::vec(step, COMMANDS);
    (
        steps,
        documents(),
        0..COMMANDS,
        prop::collection::vec(1..12_usize, 1..6),
    )
        .prop_map(|(steps, documents, adopted_at, cuts)| {
            let mut orders: Vec<Order> = Vec::new();
            for (number, (action, policy, index, name, anna, follows)) in steps.into_iter().enumerate() {
                let earlier = |fits: fn(&Action) -> bool| {
                    let fit: Vec<_> = orders
                        .iter()
                        .filter(|order| fits(&order.command.action))
                        .collect();
                    (!fit.is_empty()).then(|| fit[index.index(fit.len())])
                };
                let command = match earlier(|_| true) {
                    // Again, or its id for something else.
                    Some(earlier) if name == 0 => earlier.command.clone(),
                    Some(earlier) if name == 1 => play(earlier.command.transaction_id.as_str(), action),
                    _ => {
                        let command = play(&format!("t{number}"), action);
                        // One in eight names what may not be there, or be the other player's.
                        let target = aim(&command.action).and_then(earlier).filter(|_| follows != 7);
                        match target {
                            Some(target) => aimed(command, target),
                            None => of(if anna { ANNA } else { BERT }, command),
                        }
                    }
                };
                let mut order = order(number as u128, command.with_policy(policy));
                let last = orders
                    .last()
                    .filter(|last| last.account() == order.account() || name == 2);
                order.group = match follows {
                    0..=2 if number != adopted_at => last.and_then(|last| last.group),
                    3 => Some(order.entry),
                    _ => None,
                };
                orders.push(order);
            }
            Case {
                orders,
                documents,
                adopted_at,
                cuts,
            }
        })
}

/// What an action refers to, if to anything.
fn aim(action: &Action) -> Option<fn(&Action) -> bool> {
    match action {
        Action::Settle { bet: Some(_), .. } | Action::JackpotWin { bet: Some(_), .. } => {
            Some(|action| matches!(action, Action::Bet { .. }))
        }
        Action::Rollback { .. } => Some(|action| action.kind().is_play()),
        Action::WithdrawSettle { .. } | Action::WithdrawRelease { .. } => {
            Some(|action| matches!(action, Action::WithdrawHold { .. }))
        }
        Action::Convert { .. } | Action::Forfeit { .. } | Action::Expire { .. } => {
            Some(|action| matches!(action, Action::Grant { .. }))
        }
        _ => None,
    }
}

fn aimed(mut command: Command, target: &Order) -> Command {
    match &mut command.action {
        Action::Settle { bet, .. } | Action::JackpotWin { bet, .. } => {
            *bet = Some(target.command.transaction_id.clone());
        }
        Action::Rollback { of, .. } => *of = target.command.transaction_id.clone(),
        Action::WithdrawSettle { hold: entry }
        | Action::WithdrawRelease { hold: entry }
        | Action::Convert { grant: entry }
        | Action::Forfeit { grant: entry }
        | Action::Expire { grant: entry } => *entry = target.entry,
        _ => {}
    }
    Command {
        player: target.command.player,
        ..command
    }
}

/// All of it in folds of the sizes of `cuts`, never within a group, with the second document adopted on the way.
fn run(case: &Case, cuts: &[usize]) -> (Books, Vec<Outcome>, Vec<JournalEntry>) {
    let mut house = House::default().under(case.documents[0].clone());
    let (mut outcomes, mut sizes) = (Vec::new(), cuts.iter().cycle());
    let (early, late) = case.orders.split_at(case.adopted_at);
    for (adopting, orders) in [(false, early), (true, late)] {
        if adopting {
            house.adopt(case.documents[1].clone());
        }
        let mut rest = orders;
        while !rest.is_empty() {
            let mut size = (*sizes.next().unwrap()).min(rest.len());
            while size < rest.len() && rest[size].group.is_some() && rest[size].group == rest[size - 1].group
            {
                size += 1;
            }
            let (batch, later) = rest.split_at(size);
            let (some, writes) = fold(&mut house.books, batch);
            assert_eq!(some.len(), batch.len());
            check_writes(&writes);
            outcomes.extend(some);
            house.journal.extend(writes.entries);
            rest = later;
        }
    }
    (house.books, outcomes, house.journal)
}

/// A wallet that is written is the sum of what it was and its entries, and its version has counted them.
fn check_writes(writes: &Writes) {
    for (key, (loaded_at, account)) in &writes.accounts {
        let entries = writes.entries.iter().filter(|entry| entry.account == *key);
        assert_eq!(
            account.version - loaded_at,
            i64::try_from(entries.count()).unwrap(),
            "money_03"
        );
        assert!(account.grants.len() <= MAX_OPEN_GRANTS);
        assert!(
            account
                .grants
                .iter()
                .all(|grant| (0..=grant.wager).contains(&grant.progress)),
            "money_23"
        );
        assert!(
            account.available.iter().all(|sum| sum.abs() <= MAX_BALANCE),
            "money_06"
        );
    }
    for entry in &writes.entries {
        assert!(
            writes.recorded.contains_key(&entry.key),
            "an entry has its decision"
        );
    }
}

fn check_books(books: &Books, journal: &[JournalEntry]) {
    journal.iter().for_each(check_entry);
    let sums = folded(journal);
    let codes = ["cash", "bonus", "coupon", "locked"];
    for (key, account) in &books.accounts {
        for (at, code) in codes.iter().enumerate() {
            let of_journal = |name: String| sums.get(&(*key, name)).copied().unwrap_or(0);
            assert_eq!(
                account.available[at],
                of_journal(format!("player:{code}")),
                "money_02"
            );
            assert_eq!(
                account.held[at],
                of_journal(format!("player:{code}:held")),
                "money_02"
            );
        }
    }
    for play in books.plays.values() {
        assert_eq!(play.parts.iter().sum::<i64>(), play.amount, "money_21");
        assert!(
            play.reversed
                .iter()
                .zip(&play.parts)
                .all(|(back, part)| (0..=*part).contains(back)),
            "money_16"
        );
        let back: i64 = play.reversed.iter().sum();
        if play.state == PlayState::RolledBack {
            assert!(play.reversed.is_empty() || back == play.amount, "money_16");
            assert_eq!(play.progress, None, "money_23");
        } else {
            assert!(play.amount == 0 || back < play.amount, "money_16");
        }
        let counts = play.progress.map_or(0, |(_, counts)| counts);
        assert!(
            counts <= play.amount - back && (counts == 0 || play.kind == PlayKind::Bet),
            "money_23"
        );
    }
    check_progress(books);
    check_rollbacks(books, journal);
    check_ends(books, journal);
}

/// An open grant has come as far as the bets that count for it.
fn check_progress(books: &Books) {
    let mut counted = BTreeMap::<EntryId, i64>::new();
    for (grant, counts) in books.plays.values().filter_map(|play| play.progress) {
        *counted.entry(grant).or_default() += counts;
    }
    for grant in books.accounts.values().flat_map(|account| &account.grants) {
        assert_eq!(
            grant.progress,
            counted.get(&grant.id).copied().unwrap_or(0),
            "money_23"
        );
    }
}

/// What rollbacks moved is, for each play, no more than it had, and all of it where it is undone.
fn check_rollbacks(books: &Books, journal: &[JournalEntry]) {
    let mut undone = HashMap::new();
    for entry in journal
        .iter()
        .filter(|entry| entry.kind == crate::engine::command::Kind::Rollback)
    {
        *undone
            .entry((entry.account, entry.reference.clone().unwrap()))
            .or_insert(0) += entry.amount;
    }
    for (key, play) in &books.plays {
        let back = undone
            .get(&(play.account, key.transaction_id.to_string()))
            .copied()
            .unwrap_or(0);
        if play.state == PlayState::RolledBack {
            assert_eq!(back, play.amount, "money_16, money_22");
        } else {
            assert_eq!(back, play.reversed.iter().sum::<i64>(), "money_16");
        }
    }
}

/// Each grant ended once, a converted one wagered and within its cap.
fn check_ends(books: &Books, journal: &[JournalEntry]) {
    use crate::engine::command::Kind;
    for ((_, id), grant) in &books.grants {
        let ends = journal.iter().filter(|entry| {
            entry.account == grant.account && entry.reference.as_deref() == Some(id.to_string().as_str())
        });
        let ends: Vec<_> = ends
            .filter(|entry| matches!(entry.kind, Kind::Convert | Kind::Forfeit | Kind::Expire))
            .collect();
        assert_eq!(ends.len(), 1, "money_26");
        if grant.state == GrantState::Converted {
            assert_eq!(grant.given.progress, grant.given.wager, "money_26");
            assert!(
                ends[0].amount <= grant.given.convert_cap.unwrap_or(MAX_BALANCE),
                "money_26"
            );
        }
        let open = books.accounts.values().flat_map(|account| &account.grants);
        assert!(open.into_iter().all(|open| open.id != *id), "money_26");
    }
}

#[test]
fn money_20_money_01_any_cut_of_any_commands_into_folds_gives_the_same_and_what_the_model_says() {
    let tally = RefCell::new(BTreeMap::<String, usize>::new());
    // A long run is one with more cases: WALLET_MODEL_CASES=17000 is a million commands.
    let cases = std::env::var("WALLET_MODEL_CASES").map_or(384, |cases| cases.parse().unwrap());
    let config = ProptestConfig {
        cases,
        ..ProptestConfig::with_source_file(file!())
    };
    let checked = TestRunner::new(config).run(&case(), |case| {
        let (books, outcomes, journal) = run(&case, &[1]);
        let (other_books, other_outcomes, other_journal) = run(&case, &case.cuts);
        prop_assert_eq!(&outcomes, &other_outcomes);
        prop_assert_eq!(&journal, &other_journal);
        prop_assert_eq!(&books, &other_books);
        check_books(&books, &journal);
        check_groups(&case.orders, &outcomes);
        check_model(&case, &books, &outcomes);
        for (order, outcome) in case.orders.iter().zip(&outcomes) {
            *tally.borrow_mut().entry(happened(order, *outcome)).or_default() += 1;
        }
        Ok(())
    });
    if let Err(fault) = checked {
        panic!("{fault}");
    }
    // A run in which something never happens proves nothing about it.
    let tally = tally.into_inner();
    assert!(tally.values().sum::<usize>() >= 20_000, "{tally:?}");
    let applied = crate::engine::command::Kind::ALL.map(|kind| format!("{} applied", kind.as_str()));
    let refused = [
        "too_many_grants",
        "wager_open",
        "not_yet_expired",
        "max_bet",
        "max_bet_with_bonus",
        "group_refused",
        "unknown_bucket",
        "not_for_grants",
        "same_bucket",
        "not_divisible",
    ];
    let others = refused.map(|reason| format!("rejected {reason}"));
    let seldom = ["withdraw_settle applied", "rejected too_many_grants"];
    for expected in applied.into_iter().chain(others) {
        let least = if seldom.contains(&expected.as_str()) {
            0
        } else {
            20
        };
        let count = tally.get(&expected).copied().unwrap_or(0);
        assert!(count >= least, "{expected}: {tally:?}");
    }
}

/// The model, to which every command is told one by one, says the same.
fn check_model(case: &Case, books: &Books, outcomes: &[Outcome]) {
    let mut model = Model::new(Buckets::of(&case.documents[0]));
    let mut expected = Vec::new();
    let (early, late) = case.orders.split_at(case.adopted_at);
    for (adopting, orders) in [(false, early), (true, late)] {
        if adopting {
            model.adopt(Buckets::of(&case.documents[1]));
        }
        for together in orders.chunk_by(|one, next| one.group.is_some() && one.group == next.group) {
            match together {
                [order] if order.group.is_none() => expected.push(model.submit(order)),
                group => expected.extend(model.submit_group(group)),
            }
        }
    }
    for ((order, expected), outcome) in case.orders.iter().zip(&expected).zip(outcomes) {
        assert_eq!(expected, outcome, "model and engine on {:?}", order.command);
    }
    for (key, account) in &books.accounts {
        for (at, code) in ["cash", "bonus", "coupon", "locked"].iter().enumerate() {
            let modelled = model.available(key.player, key.currency, code);
            assert_eq!(i128::from(account.available[at]), modelled, "{code}");
        }
    }
}

fn happened(order: &Order, outcome: Outcome) -> String {
    match outcome {
        Outcome::Decided(Verdict::Applied(_)) => format!("{} applied", order.command.action.kind().as_str()),
        Outcome::Decided(Verdict::Rejected { reason, .. }) => format!("rejected {}", reason.as_str()),
        other => other.as_str().to_owned(),
    }
}

/// Of a group with a refusal, nothing was decided now and accepted.
fn check_groups(orders: &[Order], outcomes: &[Outcome]) {
    let accepted = |outcome: &Outcome| {
        outcome
            .verdict()
            .is_some_and(|verdict| verdict.receipt().is_some())
    };
    let told: Vec<_> = orders.iter().zip(outcomes).collect();
    let groups = told.chunk_by(|(one, _), (next, _)| one.group.is_some() && one.group == next.group);
    for group in groups.filter(|group| group[0].0.group.is_some()) {
        if group.iter().any(|(_, outcome)| !accepted(outcome)) {
            assert!(
                group
                    .iter()
                    .all(|(_, outcome)| outcome.is_replay() || !accepted(outcome))
            );
        }
    }
}
