//! Transfers and corrections.

use super::*;
use crate::engine::{
    account::MAX_BALANCE,
    command::{Correction, MAX_AMOUNT},
    ids::Note,
};

fn transfer(transaction_id: &str, minor: i64, from: &str, to: &str) -> Command {
    play(
        transaction_id,
        Action::Transfer {
            amount: amount(minor),
            from: code(from),
            to: code(to),
        },
    )
}

fn adjust(transaction_id: &str, minor: i64, bucket: &str) -> Command {
    play(
        transaction_id,
        Action::Adjust {
            amount: Correction::new(minor).unwrap(),
            bucket: code(bucket),
            note: Note::new("ticket 7").unwrap(),
        },
    )
}

/// The standard document, with a brand's leave to go below zero.
fn owing() -> serde_json::Value {
    let mut document = serde_json::to_value(&*Topology::standard()).unwrap();
    document["negative_balance"] = true.into();
    document
}

#[test]
fn a_transfer_moves_money_between_the_buckets_of_one_wallet() {
    let mut house = House::with(100, 50);
    house.apply(transfer("t", 30, "bonus", "cash"));
    assert_eq!(house.available(), (130, 20));
    let entry = house.journal.last().unwrap();
    assert!(
        entry
            .postings
            .iter()
            .all(|line| line.account.starts_with("player:"))
    );
    assert_eq!((entry.amount, entry.balance), (30, 150));
    assert!(house.submit(transfer("t", 30, "bonus", "cash")).is_replay());
    assert!(matches!(
        house.submit(transfer("t", 30, "cash", "bonus")),
        Outcome::Conflict { .. }
    ));
    assert!(matches!(
        house.decide(transfer("t2", 21, "bonus", "cash")),
        Verdict::InsufficientFunds { usable: 20, .. }
    ));
    assert_eq!(
        rejected(house.decide(transfer("t3", 1, "bonus", "gold"))),
        Reason::UnknownBucket
    );
    assert_eq!(
        rejected(house.decide(transfer("t4", 1, "gold", "cash"))),
        Reason::UnknownBucket
    );
    assert_eq!(
        rejected(house.decide(transfer("t5", 1, "cash", "cash"))),
        Reason::SameBucket
    );
    assert_eq!(
        rejected(house.decide(transfer("t6", 0, "cash", "bonus"))),
        Reason::ZeroAmount
    );
    let below = House::with(100, -5).decide(transfer("t7", 1, "bonus", "cash"));
    assert!(matches!(below, Verdict::InsufficientFunds { usable: 0, .. }));
}

#[test]
fn a_correction_is_the_houses_and_says_why() {
    let mut house = House::with(100, 0);
    house.apply(adjust("a", 30, "bonus"));
    house.apply(adjust("b", -20, "cash"));
    assert_eq!(house.available(), (80, 30));
    let entry = house.journal.last().unwrap();
    assert_eq!((entry.amount, entry.reference.as_deref()), (20, Some("ticket 7")));
    assert_eq!(entry.postings.last().unwrap().account, "house:adjustments");
    assert_eq!(rejected(house.decide(adjust("c", 0, "cash"))), Reason::ZeroAmount);
    assert_eq!(
        rejected(house.decide(adjust("d", 1, "gold"))),
        Reason::UnknownBucket
    );
    assert_eq!(rejected(house.decide(rollback("r", "a"))), Reason::NotReversible);
}

#[test]
fn money_28_a_correction_goes_below_zero_only_where_the_document_says_so_and_credits_repay() {
    let mut house = House::with(10, 50);
    assert!(matches!(
        house.decide(adjust("a", -11, "cash")),
        Verdict::InsufficientFunds { usable: 10, .. }
    ));
    house.adopt(owing());
    house.apply(adjust("b", -100, "cash"));
    assert_eq!(
        (house.available(), house.balance(ANNA).stakeable),
        ((-90, 50), 50)
    );
    // What is owed is nobody's to stake or withdraw, and the other bucket does not pay for it.
    assert!(matches!(
        house.decide(bet("b1", 51)),
        Verdict::InsufficientFunds { usable: 50, .. }
    ));
    assert!(matches!(
        house.decide(hold("h", 1)),
        Verdict::InsufficientFunds { usable: 0, .. }
    ));
    house.apply(deposit("d", 60));
    assert_eq!(house.available(), (-30, 50));
    house.apply(transfer("t", 40, "bonus", "cash"));
    assert_eq!(house.available(), (10, 10));
    // When the brand takes its leave back, what is owed stays owed and grows no more.
    house.apply(adjust("c", -30, "cash"));
    house.adopt(serde_json::to_value(&*Topology::standard()).unwrap());
    assert!(matches!(
        house.decide(adjust("e", -1, "cash")),
        Verdict::InsufficientFunds { usable: 0, .. }
    ));
    house.apply(adjust("f", 5, "cash"));
    assert_eq!(house.available(), (-15, 10));
}

#[test]
fn money_28_the_rollback_of_a_spent_win_may_owe_where_the_document_says_so() {
    let mut house = House::with(10, 0);
    house.apply(bet("b", 10));
    house.apply(win("w", 100, Some("b")));
    house.apply(bet("spent", 95));
    assert!(matches!(
        house.decide(rollback("r", "w")),
        Verdict::InsufficientFunds { usable: 5, .. }
    ));
    house.adopt(owing());
    house.apply(rollback("r", "w"));
    assert_eq!(house.available(), (-95, 0));
}

#[test]
fn money_06_corrections_end_at_the_wallets_limits() {
    let mut house = House::default().under(owing());
    let times = MAX_BALANCE / MAX_AMOUNT;
    for number in 0..times {
        house.apply(adjust(&format!("a{number}"), -MAX_AMOUNT, "cash"));
    }
    assert_eq!(
        rejected(house.decide(adjust("over", -MAX_AMOUNT, "cash"))),
        Reason::BalanceLimit
    );
    house.apply(adjust("to the edge", -(MAX_BALANCE - times * MAX_AMOUNT), "cash"));
    assert_eq!(house.available(), (-MAX_BALANCE, 0));
    // The wallet as a whole is at its limit too, not only the bucket.
    assert_eq!(
        rejected(house.decide(adjust("bonus", -1, "bonus"))),
        Reason::BalanceLimit
    );
    // A refusal for want of room is not stored: the same command may come again.
    house.apply(adjust("room", 1, "cash"));
    house.apply(adjust("bonus", -1, "bonus"));
}
