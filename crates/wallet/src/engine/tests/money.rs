//! The ledger's own rules: sums, versions, limits, buckets, holds.

use super::*;
use crate::{
    engine::{books::PlayKind, command::MAX_AMOUNT, outcome::Reason, policy::RollbackOfSpentWin},
    topology::Topology,
};

#[test]
fn money_01_every_kind_of_entry_sums_to_zero() {
    let mut house = House::with(1_000, 500);
    house.apply(deposit("d", 100));
    house.apply(bet("b", 1_200));
    house.apply(win("w", 3_000, Some("b")));
    house.apply(rollback("rw", "w"));
    house.apply(rollback("rb", "b"));
    let first = house.apply(hold("h1", 300));
    let second = house.apply(hold("h2", 300));
    house.apply(play("hs", Action::WithdrawSettle { hold: first }));
    house.apply(play("hr", Action::WithdrawRelease { hold: second }));
    let kinds: Vec<_> = house.journal.iter().map(|entry| entry.kind.as_str()).collect();
    let expected = [
        "deposit",
        "bet",
        "settle",
        "rollback",
        "rollback",
        "withdraw_hold",
        "withdraw_hold",
        "withdraw_settle",
        "withdraw_release",
    ];
    assert_eq!(kinds, expected);
    // Each entry was checked as it was made; here, that there was something to check.
    assert!(house.journal.iter().all(|entry| entry.postings.len() >= 2));
}

#[test]
fn money_02_a_wallet_is_the_fold_of_its_journal() {
    let mut house = House::default();
    house.apply(deposit("d", 1_000));
    house.apply(bet("b", 400));
    house.apply(win("w", 50, Some("b")));
    house.apply(hold("h", 200));
    let of_journal = folded(&house.journal);
    assert_eq!(of_journal[&(key(ANNA), "player:cash".to_owned())], 450);
    assert_eq!(of_journal[&(key(ANNA), "player:cash:held".to_owned())], 200);
    assert_eq!(house.balance(ANNA), sums(450, 200));
    assert_eq!(house.journal.last().unwrap().balance, 650);
}

#[test]
fn money_03_the_version_counts_the_entries() {
    let mut house = House::default();
    house.apply(deposit("d", 100));
    house.decide(bet("too much", 500));
    house.apply(bet("zero", 0));
    house.submit(deposit("d", 100));
    let versions: Vec<_> = house.journal.iter().map(|entry| entry.version).collect();
    assert_eq!(versions, [1, 2]);
    assert_eq!(house.books.accounts[&key(ANNA)].version, 2);
}

#[test]
fn money_06_a_wallet_at_its_limit_rejects_more_and_keeps_what_it_has() {
    let mut house = House::with(MAX_BALANCE - 10, 0);
    let over = house.decide(deposit("over", 11));
    assert!(matches!(
        over,
        Verdict::Rejected {
            reason: Reason::BalanceLimit,
            ..
        }
    ));
    house.apply(deposit("fits", 10));
    let over = house.decide(under(allow_win(), win("w", MAX_AMOUNT, None)));
    assert!(matches!(
        over,
        Verdict::Rejected {
            reason: Reason::BalanceLimit,
            ..
        }
    ));
    assert_eq!(house.balance(ANNA).total(), MAX_BALANCE);
    // What came in and had no room is not lost: the gateway has the money, the round was won.
    let out = house.apply(hold("out", MAX_AMOUNT));
    house.apply(play("paid", Action::WithdrawSettle { hold: out }));
    house.apply(deposit("over", 11));
    house.apply(bet("b", MAX_AMOUNT));
    house.apply(under(allow_win(), win("w", MAX_AMOUNT, None)));
}

#[test]
fn money_06_the_limit_is_of_the_whole_wallet() {
    let mut house = House::with(MAX_BALANCE - 100, 60);
    house.apply(hold("h", 30));
    house.apply(deposit("fits", 40));
    let over = house.decide(deposit("over", 1));
    assert!(matches!(
        over,
        Verdict::Rejected {
            reason: Reason::BalanceLimit,
            ..
        }
    ));
}

#[test]
fn money_06_books_beyond_every_limit_are_refused_and_never_wrap() {
    let mut house = House::with(i64::MAX, i64::MAX);
    assert!(matches!(
        house.decide(deposit("d", 1)),
        Verdict::Rejected {
            reason: Reason::BalanceLimit,
            ..
        }
    ));
    assert!(matches!(
        house.decide(bet("b", 1)),
        Verdict::Rejected {
            reason: Reason::BalanceLimit,
            ..
        }
    ));
    house.books.accounts.get_mut(&key(ANNA)).unwrap().version = i64::MAX;
    assert!(matches!(
        house.decide(bet("v", 0)),
        Verdict::Rejected {
            reason: Reason::BalanceLimit,
            ..
        }
    ));
}

#[test]
fn money_07_a_posting_stays_in_its_wallet() {
    let mut house = House::with(1_000, 0);
    let usd = Command {
        currency: Currency::parse("USD").unwrap(),
        ..bet("usd", 1)
    };
    assert!(matches!(
        house.decide(usd),
        Verdict::InsufficientFunds { usable: 0, .. }
    ));
    let elsewhere = Order {
        brand: BrandId::new(2).unwrap(),
        ..order(900, bet("b", 1))
    };
    let (outcomes, _) = fold(&mut house.books, &[elsewhere]);
    assert!(matches!(
        outcomes[0],
        Outcome::Decided(Verdict::InsufficientFunds { usable: 0, .. })
    ));
    assert_eq!(house.available(), (1_000, 0));
}

#[test]
fn money_08_a_rejection_leaves_balances_identical() {
    let mut house = House::with(100, 50);
    let before = house.books.accounts[&key(ANNA)].clone();
    house.decide(bet("b", 151));
    house.decide(hold("h", 101));
    house.decide(hold("h0", 0));
    house.decide(deposit("d0", 0));
    house.decide(play(
        "dd",
        Action::Deposit {
            amount: amount(10),
            payment: Payment::Declined,
        },
    ));
    house.decide(win("w", 10, None));
    house.decide(play(
        "hs",
        Action::WithdrawSettle {
            hold: EntryId(Uuid::from_u128(77)),
        },
    ));
    house.submit(bet("b", 1));
    assert_eq!(house.books.accounts[&key(ANNA)], before);
    assert!(house.journal.is_empty());
}

#[test]
fn money_21_parts_sum_to_the_stake_whatever_the_order_of_buckets() {
    let document = serde_json::json!({
        "buckets": [{"code": "cash", "withdrawable": true}, {"code": "bonus", "withdrawable": false}, {"code": "points", "withdrawable": false}],
        "bet_order": ["points", "cash", "bonus"], "win_to": "points", "deposit_to": "bonus",
    });
    let topology: Topology = serde_json::from_value(document).unwrap();
    for stake in [0, 1, 7, 8, 107, 108, 157] {
        let mut house = House::with(100, 50);
        // The wallet is older than the third bucket.
        house.books.topologies.insert(brand(), rules(1, topology.clone()));
        house.apply(under(allow_win(), win("w", 7, None)));
        house.apply(bet("b", stake));
        let bet = house.books.plays.values().find(|play| play.kind == PlayKind::Bet);
        let parts = bet.unwrap().parts.clone();
        assert_eq!(parts.iter().sum::<i64>(), stake);
        assert_eq!(
            parts,
            [(stake - 7).clamp(0, 100), (stake - 107).max(0), stake.min(7)],
            "stake {stake}"
        );
        house.apply(rollback("r", "b"));
        assert_eq!(
            house.books.accounts[&key(ANNA)].available,
            [100, 50, 7],
            "money_22"
        );
    }
}

#[test]
fn money_22_a_rollback_restores_the_original_buckets() {
    let mut house = House::with(100, 50);
    house.apply(bet("b", 120));
    assert_eq!(house.available(), (0, 30));
    house.apply(deposit("d", 500));
    house.apply(rollback("r", "b"));
    assert_eq!(house.available(), (600, 50));
}

#[test]
fn money_22_a_rollback_restores_them_under_a_later_topology_too() {
    let mut house = House::with(100, 50);
    house.apply(bet("b", 120));
    let document = serde_json::json!({
        "buckets": [{"code": "cash", "withdrawable": true}, {"code": "bonus", "withdrawable": true}, {"code": "points", "withdrawable": false}],
        "bet_order": ["points"], "win_to": "points", "deposit_to": "points",
    });
    house
        .books
        .topologies
        .insert(brand(), rules(1, serde_json::from_value(document).unwrap()));
    house.apply(rollback("r", "b"));
    assert_eq!(house.books.accounts[&key(ANNA)].available, [100, 50, 0]);
}

#[test]
fn money_28_a_balance_goes_negative_only_where_the_policy_allows_and_the_next_credit_repays() {
    let mut house = House::with(0, 70);
    house.apply(under(allow_win(), win("w", 100, None)));
    house.apply(bet("b", 150));
    let refused = house.decide(rollback("r", "w"));
    assert_eq!(
        refused,
        Verdict::InsufficientFunds {
            balance: sums(20, 0),
            usable: 0
        }
    );
    let negative = Policy {
        rollback_of_spent_win: RollbackOfSpentWin::DriveNegative,
        ..Policy::default()
    };
    house.apply(under(negative, rollback("r", "w")));
    assert_eq!(house.available(), (-100, 20));
    assert!(matches!(
        house.decide(hold("h", 1)),
        Verdict::InsufficientFunds { usable: 0, .. }
    ));
    assert!(matches!(
        house.decide(bet("b2", 21)),
        Verdict::InsufficientFunds { usable: 20, .. }
    ));
    house.apply(deposit("d", 130));
    assert_eq!(house.available(), (30, 20));
}

#[test]
fn money_28_a_wallet_that_owes_can_still_undo_a_win_of_nothing() {
    let mut house = House::with(0, 0);
    house.apply(under(allow_win(), win("w", 100, None)));
    house.apply(under(allow_win(), win("w0", 0, None)));
    house.apply(bet("b", 100));
    let negative = Policy {
        rollback_of_spent_win: RollbackOfSpentWin::DriveNegative,
        ..Policy::default()
    };
    house.apply(under(negative, rollback("r", "w")));
    house.apply(rollback("r0", "w0"));
    assert_eq!(house.available(), (-100, 0));
}

#[test]
fn money_28_the_refused_rollback_of_a_spent_win_is_not_final() {
    let mut house = House::with(10, 0);
    house.apply(under(allow_win(), win("w", 100, None)));
    house.apply(bet("b", 60));
    let recorded = house.books.recorded.len();
    assert!(matches!(
        house.decide(rollback("r", "w")),
        Verdict::InsufficientFunds { usable: 50, .. }
    ));
    assert_eq!(house.books.recorded.len(), recorded, "nothing is stored");
    house.apply(deposit("d", 50));
    house.apply(rollback("r", "w"));
    assert_eq!(house.available(), (0, 0));
}

#[test]
fn money_29_what_is_held_cannot_be_staked_nor_the_stake_held() {
    let mut house = House::with(100, 0);
    let withdrawal = house.apply(hold("h", 80));
    assert!(matches!(
        house.decide(bet("b", 21)),
        Verdict::InsufficientFunds { usable: 20, .. }
    ));
    house.apply(bet("b2", 20));
    assert!(matches!(
        house.decide(hold("h2", 1)),
        Verdict::InsufficientFunds { usable: 0, .. }
    ));
    house.apply(play("s", Action::WithdrawSettle { hold: withdrawal }));
    assert_eq!(house.balance(ANNA), Balance::default());
}

#[test]
fn money_29_only_withdrawable_buckets_are_held_and_a_release_restores_them() {
    let mut house = House::with(100, 900);
    let refused = house.decide(hold("h", 101));
    assert_eq!(
        refused,
        Verdict::InsufficientFunds {
            balance: sums(1_000, 0),
            usable: 100
        }
    );
    let withdrawal = house.apply(hold("h2", 100));
    assert_eq!(house.balance(ANNA), sums(900, 100));
    house.apply(play("r", Action::WithdrawRelease { hold: withdrawal }));
    assert_eq!(house.available(), (100, 900));
}

#[test]
fn money_29_a_hold_ends_once() {
    let mut house = House::with(100, 0);
    let withdrawal = house.apply(hold("h", 60));
    assert!(matches!(
        house.decide(of(BERT, play("s0", Action::WithdrawSettle { hold: withdrawal }))),
        Verdict::MissingReference { .. }
    ));
    house.apply(play("s", Action::WithdrawSettle { hold: withdrawal }));
    for (id, end) in [
        ("s2", Action::WithdrawSettle { hold: withdrawal }),
        ("r", Action::WithdrawRelease { hold: withdrawal }),
    ] {
        assert!(matches!(
            house.decide(play(id, end)),
            Verdict::AlreadySettled { .. }
        ));
    }
    assert_eq!(house.balance(ANNA), sums(40, 0));
}

fn allow_win() -> Policy {
    Policy {
        win_without_bet: crate::engine::policy::WinWithoutBet::Allow,
        ..Policy::default()
    }
}
