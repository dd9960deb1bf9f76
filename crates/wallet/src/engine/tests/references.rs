//! Settles and rollbacks, and what they refer to.

use super::*;
use crate::engine::{
    books::PlayState,
    outcome::{Neutral, Reason},
    policy::{RollbackOfSettledBet, RollbackOfWin, WinWithoutBet},
};

fn allow() -> Policy {
    Policy {
        win_without_bet: WinWithoutBet::Allow,
        ..Policy::default()
    }
}

fn refuse_settled() -> Policy {
    Policy {
        rollback_of_settled_bet: RollbackOfSettledBet::Refuse,
        ..Policy::default()
    }
}

#[test]
fn a_win_without_a_bet_is_as_the_policy_says() {
    let mut house = House::default();
    for (name, bet) in [("w1", None), ("w2", Some("unknown"))] {
        assert!(matches!(
            house.decide(win(name, 10, bet)),
            Verdict::MissingReference { .. }
        ));
        house.apply(under(allow(), win(name, 10, bet)));
        assert!(house.submit(win(name, 10, bet)).is_replay());
    }
    assert_eq!(house.available(), (20, 0));
}

#[test]
fn no_policy_pays_a_win_on_a_bet_that_was_refused() {
    let mut house = House::default();
    house.decide(bet("b", 30));
    assert!(matches!(
        house.decide(under(allow(), win("w", 500, Some("b")))),
        Verdict::MissingReference { .. }
    ));
}

#[test]
fn several_wins_may_stand_on_one_bet() {
    let mut house = House::with(100, 0);
    house.apply(bet("b", 30));
    house.apply(win("w1", 5, Some("b")));
    house.apply(win("w2", 7, Some("b")));
    assert_eq!(house.available(), (82, 0));
}

#[test]
fn money_17_a_rollback_after_the_win_by_both_contracts() {
    let mut house = House::with(100, 0);
    house.apply(bet("b", 30));
    house.apply(win("w", 50, Some("b")));
    assert!(matches!(
        house.decide(under(refuse_settled(), rollback("r", "b"))),
        Verdict::AlreadySettled { .. }
    ));
    house.apply(rollback("r2", "b"));
    assert_eq!(
        house.available(),
        (150, 0),
        "the stake comes back, the win stands until it is rolled back itself"
    );
    house.apply(rollback("r3", "w"));
    assert_eq!(house.available(), (100, 0));
    assert!(
        matches!(
            house.decide(win("w2", 50, Some("b"))),
            Verdict::AlreadySettled { .. }
        ),
        "no credit after cancel"
    );
}

#[test]
fn money_17_a_refund_that_names_a_win_leaves_it_where_stakes_alone_are_given_back() {
    let stakes_alone = Policy {
        rollback_of_win: RollbackOfWin::Leave,
        ..Policy::default()
    };
    let mut house = House::with(100, 0);
    house.apply(bet("b", 30));
    house.apply(win("w", 50, Some("b")));
    for name in ["r1", "r2"] {
        assert!(matches!(
            house.decide(under(stakes_alone, rollback(name, "w"))),
            Verdict::Neutralised {
                why: Neutral::WinStands,
                ..
            }
        ));
    }
    assert_eq!(house.available(), (120, 0));
    house.apply(under(stakes_alone, rollback("r3", "b")));
    assert_eq!(house.available(), (150, 0));
    house.apply(rollback("r4", "w"));
    assert_eq!(house.available(), (100, 0), "a rollback takes it back still");
}

#[test]
fn money_17_a_bet_whose_settles_were_all_rolled_back_is_open_again() {
    let mut house = House::with(100, 0);
    house.apply(bet("b", 30));
    house.apply(win("w1", 50, Some("b")));
    house.apply(win("w2", 50, Some("b")));
    house.apply(rollback("r1", "w1"));
    assert!(matches!(
        house.decide(under(refuse_settled(), rollback("rb", "b"))),
        Verdict::AlreadySettled { .. }
    ));
    house.apply(rollback("r2", "w2"));
    house.apply(under(refuse_settled(), rollback("rb2", "b")));
    assert_eq!(house.available(), (100, 0));
    assert!(
        house
            .books
            .plays
            .values()
            .all(|play| play.state == PlayState::RolledBack)
    );
}

#[test]
fn another_players_bet_does_not_exist() {
    let mut house = House::with(100, 0);
    house.apply(bet("b", 30));
    assert!(matches!(
        house.decide(of(BERT, win("w", 50, Some("b")))),
        Verdict::MissingReference { .. }
    ));
    let mine = house.decide(of(BERT, rollback("r", "b")));
    let nobodys = house.decide(of(BERT, rollback("r2", "nobody's")));
    let why = |verdict| match verdict {
        Verdict::Neutralised { why, .. } => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        why(mine),
        why(nobodys),
        "and the answer does not tell that it exists"
    );
    assert_eq!(
        (house.available(), house.balance(BERT)),
        ((70, 0), Balance::default())
    );
    house.apply(rollback("r3", "b"));
}

#[test]
fn another_currencys_bet_does_not_exist() {
    let mut house = House::with(100, 0);
    house.apply(bet("b", 30));
    let usd = |command: Command| Command {
        currency: Currency::parse("USD").unwrap(),
        ..command
    };
    assert!(matches!(
        house.decide(usd(win("w", 50, Some("b")))),
        Verdict::MissingReference { .. }
    ));
    assert!(matches!(
        house.decide(usd(rollback("r", "b"))),
        Verdict::Neutralised {
            why: Neutral::NotYetSeen,
            ..
        }
    ));
    assert_eq!(house.available(), (70, 0));
}

#[test]
fn another_sources_bet_does_not_exist() {
    let mut house = House::with(100, 0);
    house.apply(bet("b", 30));
    let other = |command: Command| Command {
        source: Source::provider("other").unwrap(),
        ..command
    };
    assert!(matches!(
        house.decide(other(win("w", 50, Some("b")))),
        Verdict::MissingReference { .. }
    ));
    assert!(matches!(
        house.decide(other(rollback("r", "b"))),
        Verdict::Neutralised {
            why: Neutral::NotYetSeen,
            ..
        }
    ));
    assert_eq!(house.available(), (70, 0));
}

#[test]
fn another_players_tombstone_neutralises_nothing_of_ours() {
    let mut house = House::with(100, 0);
    house.decide(of(BERT, rollback("r", "b")));
    house.apply(bet("b", 30));
    assert_eq!(house.available(), (70, 0));
}

#[test]
fn only_plays_can_be_rolled_back() {
    let mut house = House::with(100, 0);
    house.apply(deposit("d", 10));
    house.apply(hold("h", 10));
    house.apply(bet("b", 5));
    house.apply(rollback("r", "b"));
    for (name, of) in [("r1", "d"), ("r2", "h"), ("r3", "r")] {
        assert!(matches!(
            house.decide(rollback(name, of)),
            Verdict::Rejected {
                reason: Reason::NotReversible,
                ..
            }
        ));
    }
    assert_eq!(house.balance(ANNA).total(), 110);
}

#[test]
fn no_rollback_undoes_another_in_either_order() {
    let mut house = House::with(100, 0);
    house.apply(bet("b1", 30));
    house.apply(rollback("r1", "b1"));
    house.decide(rollback("of r1", "r1"));
    house.apply(bet("b2", 30));
    house.decide(rollback("of r2", "r2"));
    house.apply(rollback("r2", "b2"));
    assert_eq!(house.available(), (100, 0));
}

#[test]
fn a_win_is_credited_where_the_reference_is_not_a_bet_only_if_the_policy_allows() {
    let mut house = House::with(100, 0);
    house.apply(deposit("d", 10));
    assert!(matches!(
        house.decide(win("w", 5, Some("d"))),
        Verdict::MissingReference { .. }
    ));
    house.apply(under(allow(), win("w2", 5, Some("d"))));
}
