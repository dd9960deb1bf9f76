//! How stakes and wins are split over buckets, and partial rollbacks.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::engine::{
    account::Account,
    books::PlayState,
    command::MAX_AMOUNT,
    outcome::Neutral,
    policy::RollbackOfSettledBet,
    spend::{as_staked, last_spent_first, stake},
};

const ORDERS: [&str; 3] = ["cash", "bonus", "points"];

fn document(order: &[&str], spending: &str, win_to: &str) -> serde_json::Value {
    json!({
        "buckets": [
            {"code": "cash", "withdrawable": true},
            {"code": "bonus", "withdrawable": false, "bonus": true},
            {"code": "points", "withdrawable": false},
        ],
        "bet_order": order, "spending": spending, "win_to": win_to, "deposit_to": "cash",
        "grant_to": {"bonus": "bonus"},
    })
}

/// Three buckets with these sums.
fn house(sums: [i64; 3], order: &[&str], spending: &str, win_to: &str) -> House {
    let mut house = House::with(0, 0).under(document(order, spending, win_to));
    let account = house.books.accounts.get_mut(&key(ANNA)).unwrap();
    *account = Account {
        available: sums.to_vec(),
        held: vec![0; 3],
        ..Account::default()
    };
    house
}

fn parts_of(house: &House, name: &str) -> Vec<i64> {
    let play = house
        .books
        .plays
        .iter()
        .find(|(key, _)| key.transaction_id == id(name));
    play.unwrap().1.parts.clone()
}

fn buckets(house: &House) -> [i64; 3] {
    [house.bucket(0), house.bucket(1), house.bucket(2)]
}

#[test]
fn money_21_a_proportional_stake_rounds_down_and_the_first_buckets_give_the_rest() {
    for (sums, minor, parts) in [
        ([50, 30, 20], 10, [5, 3, 2]),
        ([50, 30, 20], 11, [6, 3, 2]),
        ([1, 1, 1], 2, [1, 1, 0]),
        ([1, 1, 1], 3, [1, 1, 1]),
        ([0, 7, -9], 5, [0, 5, 0]),
        ([100, 0, 1], 1, [1, 0, 0]),
        ([0, 2, 1], 1, [0, 1, 0]),
        ([-5, 2, 1], 2, [0, 2, 0]),
        ([5, 5, 5], 0, [0, 0, 0]),
    ] {
        let mut house = house(sums, &ORDERS, "proportional", "cash");
        house.apply(bet("b", minor));
        assert_eq!(parts_of(&house, "b"), parts, "{minor} of {sums:?}");
    }
    // The order says which are first; a bucket left out gives nothing.
    let mut house = house([50, 50, 50], &["points", "cash"], "proportional", "cash");
    house.apply(bet("b", 5));
    assert_eq!(parts_of(&house, "b"), [2, 0, 3]);
    assert!(matches!(
        house.decide(bet("more", 96)),
        Verdict::InsufficientFunds { usable: 95, .. }
    ));
    assert_eq!(house.balance(ANNA).stakeable, 95);
}

#[test]
fn money_21_a_win_is_split_like_its_stake() {
    let mut house = house(
        [60, 30, 10],
        &["points", "bonus", "cash"],
        "in_order",
        "as_staked",
    );
    house.apply(bet("b", 15));
    assert_eq!(parts_of(&house, "b"), [0, 5, 10]);
    house.apply(win("w", 100, Some("b")));
    assert_eq!(
        parts_of(&house, "w"),
        [0, 33, 67],
        "what is over goes to the first staked bucket"
    );
    // The win's rollback takes it from where it went.
    house.apply(rollback("r", "w"));
    assert_eq!(buckets(&house), [60, 25, 0]);
    // A partial rollback does not change how a win is split.
    house.apply(partial("p", "b", 5));
    assert_eq!(buckets(&house), [60, 30, 0], "the last spent bucket first");
    house.apply(win("w2", 100, Some("b")));
    assert_eq!(parts_of(&house, "w2"), [0, 33, 67]);
    // Of nothing, and of no bet, there is nothing to split by.
    house.apply(bet("zero", 0));
    house.apply(win("w3", 9, Some("zero")));
    assert_eq!(parts_of(&house, "w3"), [9, 0, 0]);
    let allow = Policy {
        win_without_bet: crate::engine::policy::WinWithoutBet::Allow,
        ..Policy::default()
    };
    house.apply(under(allow, win("w4", 9, None)));
    assert_eq!(parts_of(&house, "w4"), [9, 0, 0]);
}

#[test]
fn money_16_partial_then_excess_reversal_is_capped() {
    let mut house = house([60, 30, 10], &ORDERS, "in_order", "cash");
    house.apply(bet("b", 95));
    assert_eq!(buckets(&house), [0, 0, 5]);
    house.apply(partial("p1", "b", 20));
    assert_eq!(buckets(&house), [0, 15, 10], "points first, then bonus");
    assert!(house.submit(partial("p1", "b", 20)).is_replay());
    assert!(matches!(
        house.submit(partial("p1", "b", 21)),
        Outcome::Conflict { .. }
    ));
    assert!(matches!(
        house.submit(rollback("p1", "b")),
        Outcome::Conflict { .. }
    ));
    house.apply(partial("p2", "b", 70));
    assert_eq!(buckets(&house), [55, 30, 10]);
    // Five are left, whatever is asked for.
    house.apply(partial("p3", "b", 1_000));
    let entry = house.journal.last().unwrap();
    assert_eq!((entry.amount, entry.reference.as_deref()), (5, Some("b")));
    assert_eq!(buckets(&house), [60, 30, 10]);
    assert!(
        house
            .books
            .plays
            .values()
            .all(|play| play.state == PlayState::RolledBack)
    );
    for again in [partial("p4", "b", 1), rollback("r", "b")] {
        assert!(matches!(
            house.decide(again),
            Verdict::Neutralised {
                why: Neutral::AlreadyReversed,
                ..
            }
        ));
    }
    assert!(matches!(
        house.decide(win("w", 5, Some("b"))),
        Verdict::AlreadySettled { .. }
    ));
    assert_eq!(buckets(&house), [60, 30, 10]);
}

#[test]
fn money_16_a_whole_rollback_after_a_part_gives_back_what_is_left() {
    let mut house = house([60, 30, 10], &["bonus", "cash"], "proportional", "cash");
    house.apply(bet("b", 45));
    let staked = buckets(&house);
    assert_eq!(staked, [30, 15, 10]);
    house.apply(partial("p", "b", 31));
    assert_eq!(buckets(&house), [60, 16, 10], "cash was spent last");
    house.apply(rollback("r", "b"));
    assert_eq!(buckets(&house), [60, 30, 10]);
    assert_eq!(house.journal.last().unwrap().amount, 14);
}

#[test]
fn money_16_only_what_is_there_can_be_undone_in_parts() {
    let mut house = house([60, 30, 10], &ORDERS, "in_order", "cash");
    assert_eq!(
        rejected(house.decide(partial("zero", "b", 0))),
        Reason::ZeroAmount
    );
    // To remember a part would neutralise the whole bet when it comes.
    for _ in 0..2 {
        assert!(matches!(
            house.decide(partial("early", "b", 5)),
            Verdict::MissingReference { .. }
        ));
    }
    house.apply(bet("b", 50));
    house.apply(partial("early", "b", 5));
    house.apply(win("w", 7, Some("b")));
    assert_eq!(
        rejected(house.decide(partial("of a win", "w", 5))),
        Reason::NotDivisible
    );
    let refuse = Policy {
        rollback_of_settled_bet: RollbackOfSettledBet::Refuse,
        ..Policy::default()
    };
    assert!(matches!(
        house.decide(under(refuse, partial("settled", "b", 5))),
        Verdict::AlreadySettled { .. }
    ));
    house.apply(partial("settled too", "b", 5));
    assert!(
        house
            .books
            .plays
            .values()
            .any(|play| play.state == PlayState::Settled),
        "the win still stands on what is left"
    );
    house.apply(bet("nothing", 0));
    assert!(matches!(
        house.decide(partial("of nothing", "nothing", 5)),
        Verdict::Neutralised {
            why: Neutral::AlreadyReversed,
            ..
        }
    ));
    house.decide(bet("refused", 5_000));
    assert!(matches!(
        house.decide(partial("of refused", "refused", 5)),
        Verdict::Neutralised {
            why: Neutral::NeverApplied,
            ..
        }
    ));
}

#[test]
fn money_27_a_round_keeps_the_document_it_began_with() {
    let mut house = house([60, 30, 10], &ORDERS, "in_order", "points");
    house.apply(bet("b", 65));
    // Now wins go to bonus, and points are spent first.
    house.adopt(document(&["points", "bonus", "cash"], "in_order", "bonus"));
    house.apply(win("w", 7, Some("b")));
    assert_eq!(
        parts_of(&house, "w"),
        [0, 0, 7],
        "where they went when the bet was made"
    );
    house.apply(play(
        "j",
        Action::JackpotWin {
            amount: amount(9),
            round: RoundId::new("round").unwrap(),
            game: GameId::new("game").unwrap(),
            bet: Some(id("b")),
        },
    ));
    assert_eq!(parts_of(&house, "j"), [0, 0, 9]);
    house.apply(partial("p", "b", 10));
    assert_eq!(
        buckets(&house),
        [5, 30, 26],
        "the last spent bucket of its own order first"
    );
    house.apply(bet("b2", 27));
    assert_eq!(parts_of(&house, "b2"), [0, 1, 26]);
    house.apply(win("w2", 7, Some("b2")));
    assert_eq!(parts_of(&house, "w2"), [0, 7, 0]);
    // Twice changed, and each round still has its own.
    house.adopt(document(&["cash"], "proportional", "as_staked"));
    house.apply(win("w3", 1, Some("b")));
    house.apply(win("w4", 1, Some("b2")));
    assert_eq!(
        (parts_of(&house, "w3"), parts_of(&house, "w4")),
        (vec![0, 0, 1], vec![0, 1, 0])
    );
}

#[test]
fn money_27_a_bet_of_a_brand_that_had_not_chosen_keeps_the_standard_document() {
    let mut house = House::with(100, 0);
    house.apply(bet("b", 50));
    house.adopt(document(&ORDERS, "in_order", "points"));
    house.books.former.clear();
    house.apply(win("w", 7, Some("b")));
    assert_eq!(parts_of(&house, "w"), [7, 0, 0]);
}

#[test]
fn money_27_a_version_that_cannot_be_read_pays_nothing_on_a_guess() {
    let mut house = house([60, 30, 10], &ORDERS, "in_order", "points");
    house.apply(bet("b", 65));
    house.adopt(document(&ORDERS, "in_order", "bonus"));
    let former = std::mem::take(&mut house.books.former);
    for command in [win("w", 7, Some("b")), partial("p", "b", 5)] {
        assert!(matches!(house.decide(command), Verdict::MissingReference { .. }));
    }
    house.books.former = former;
    house.apply(win("w", 7, Some("b")));
    house.apply(partial("p", "b", 5));
}

proptest! {
    #[test]
    fn money_21_parts_are_exactly_the_stake_and_no_more_than_there_is(
        sums in prop::array::uniform3(prop_oneof![-50..50_i64, 0..=9_007_199_254_740_991_i64]),
        minor in prop_oneof![0..200_i64, 0..=MAX_AMOUNT],
        proportional: bool,
    ) {
        let spending = if proportional { "proportional" } else { "in_order" };
        let topology: Topology = serde_json::from_value(document(&["points", "cash", "bonus"], spending, "cash")).unwrap();
        let account = Account { available: sums.to_vec(), held: vec![0; 3], ..Account::default() };
        let usable: i64 = sums.iter().map(|sum| (*sum).max(0)).sum();
        match stake(&account, &topology, minor) {
            None => prop_assert!(minor > usable),
            Some(parts) => {
                prop_assert_eq!(parts.iter().sum::<i64>(), minor);
                for (part, sum) in parts.iter().zip(&sums) {
                    prop_assert!((0..=(*sum).max(0)).contains(part), "{:?} of {:?}", parts, sums);
                    if proportional && usable > 0 {
                        let exact = i128::from(minor) * i128::from((*sum).max(0)) / i128::from(usable);
                        prop_assert!((exact..=exact + 1).contains(&i128::from(*part)));
                    }
                }
            }
        }
    }

    #[test]
    fn money_21_a_wins_parts_are_exactly_the_win(
        staked in prop::array::uniform3(0..=MAX_AMOUNT),
        minor in 0..=MAX_AMOUNT,
    ) {
        let split = as_staked(&staked, &[2, 0, 1], minor);
        prop_assert_eq!(split.is_none(), staked == [0, 0, 0]);
        if let Some(parts) = split {
            prop_assert_eq!(parts.iter().sum::<i64>(), minor);
            for (part, staked) in parts.iter().zip(&staked) {
                prop_assert!(*part >= 0 && (*staked > 0 || *part == 0));
            }
        }
    }

    #[test]
    fn money_16_parts_given_back_never_exceed_what_was_taken(
        parts in prop::array::uniform3(0..=MAX_AMOUNT / 3),
        asked in prop::collection::vec(0..=MAX_AMOUNT, 1..6),
    ) {
        let mut left = parts.to_vec();
        for asked in asked {
            let back = last_spent_first(&left, &[2, 0, 1], asked);
            let standing: i64 = left.iter().sum();
            prop_assert_eq!(back.iter().sum::<i64>(), asked.min(standing));
            for (left, back) in left.iter_mut().zip(&back) {
                *left -= back;
                prop_assert!(*left >= 0 && *back >= 0);
            }
            // Nothing of a bucket that was spent earlier while a later one still has some.
            if back[2] > 0 { prop_assert_eq!(left[0] + left[1], 0); }
            if back[0] > 0 { prop_assert_eq!(left[1], 0); }
        }
    }
}
