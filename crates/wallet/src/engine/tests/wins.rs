//! Tips, jackpots and promotions' wins.

use super::*;
use crate::engine::{
    books::PlayState,
    ids::Promotion,
    outcome::Neutral,
    policy::{RollbackOfSettledBet, WinWithoutBet},
};

fn tip(transaction_id: &str, minor: i64) -> Command {
    let action = Action::Tip {
        amount: amount(minor),
        round: RoundId::new("round").ok(),
        game: None,
    };
    play(transaction_id, action)
}

fn jackpot(transaction_id: &str, minor: i64, bet: Option<&str>) -> Command {
    let action = Action::JackpotWin {
        amount: amount(minor),
        round: RoundId::new("round").unwrap(),
        game: GameId::new("game").unwrap(),
        bet: bet.map(id),
    };
    play(transaction_id, action)
}

fn promotion(transaction_id: &str, minor: i64) -> Command {
    let action = Action::PromoWin {
        amount: amount(minor),
        promotion: Promotion::new("spring").unwrap(),
    };
    play(transaction_id, action)
}

fn house_line(house: &House) -> (String, i64) {
    let line = house.journal.last().unwrap().postings.last().unwrap();
    (line.account.clone(), line.amount)
}

#[test]
fn a_tip_is_taken_like_a_stake_and_given_back_like_one() {
    let mut house = House::with(100, 50);
    house.apply(grant("g", 10, 500));
    house.apply(tip("t", 120));
    assert_eq!(
        (house.available(), house_line(&house)),
        ((0, 40), ("house:tips".to_owned(), 120))
    );
    assert_eq!(house.progress(), [0], "it counts for no wager");
    house.apply(partial("p", "t", 30));
    assert_eq!(
        (house.available(), house_line(&house)),
        ((10, 60), ("house:tips".to_owned(), -30))
    );
    house.apply(rollback("r", "t"));
    assert_eq!(house.available(), (100, 60));
    assert!(matches!(
        house.decide(tip("too much", 161)),
        Verdict::InsufficientFunds { usable: 160, .. }
    ));
    assert_eq!(rejected(house.decide(tip("zero", 0))), Reason::ZeroAmount);
    // A rollback that came first neutralises it.
    house.decide(rollback("r2", "late"));
    assert!(matches!(
        house.decide(tip("late", 5)),
        Verdict::Neutralised {
            why: Neutral::RolledBackBefore,
            ..
        }
    ));
    assert_eq!(house.available(), (100, 60));
}

#[test]
fn no_win_stands_on_a_tip() {
    let mut house = House::with(100, 0);
    house.apply(tip("t", 10));
    assert!(matches!(
        house.decide(win("w", 5, Some("t"))),
        Verdict::MissingReference { .. }
    ));
    assert!(matches!(
        house.decide(jackpot("j", 5, Some("t"))),
        Verdict::MissingReference { .. }
    ));
}

#[test]
fn a_jackpot_needs_no_bet_and_stands_on_the_one_it_names() {
    let mut house = House::with(100, 0);
    house.apply(jackpot("j", 1_000, None));
    assert_eq!(
        (house.available(), house_line(&house)),
        ((1_100, 0), ("house:jackpot".to_owned(), -1_000))
    );
    // What it names may be on its way.
    assert!(matches!(
        house.decide(jackpot("j2", 10, Some("b"))),
        Verdict::MissingReference { .. }
    ));
    house.apply(bet("b", 30));
    house.apply(jackpot("j2", 10, Some("b")));
    let refuse = Policy {
        rollback_of_settled_bet: RollbackOfSettledBet::Refuse,
        ..Policy::default()
    };
    assert!(matches!(
        house.decide(under(refuse, rollback("rb", "b"))),
        Verdict::AlreadySettled { .. }
    ));
    house.apply(rollback("rj", "j2"));
    assert_eq!(house_line(&house), ("house:jackpot".to_owned(), 10));
    house.apply(under(refuse, rollback("rb2", "b")));
    assert!(matches!(
        house.decide(jackpot("j3", 10, Some("b"))),
        Verdict::AlreadySettled { .. }
    ));
    let allow = Policy {
        win_without_bet: WinWithoutBet::Allow,
        ..Policy::default()
    };
    house.apply(under(allow, jackpot("j4", 10, Some("nobody's"))));
    house.decide(rollback("before", "j5"));
    assert!(matches!(
        house.decide(jackpot("j5", 10, None)),
        Verdict::Neutralised { .. }
    ));
    assert_eq!(house.available(), (1_110, 0));
}

#[test]
fn money_17_a_bet_with_a_win_and_a_jackpot_is_open_again_when_both_are_undone() {
    let mut house = House::with(100, 0);
    house.apply(bet("b", 30));
    house.apply(win("w", 5, Some("b")));
    house.apply(jackpot("j", 5, Some("b")));
    house.apply(rollback("rw", "w"));
    let bet_state = |house: &House| {
        let mut plays = house.books.plays.iter();
        plays
            .find(|(key, _)| key.transaction_id == id("b"))
            .unwrap()
            .1
            .state
    };
    assert_eq!(bet_state(&house), PlayState::Settled);
    house.apply(rollback("rj", "j"));
    assert_eq!(bet_state(&house), PlayState::Open);
}

#[test]
fn a_promotions_win_names_its_promotion_and_is_undone_as_a_win() {
    let mut house = House::with(0, 0);
    house.apply(promotion("p", 70));
    assert_eq!(
        (house.available(), house_line(&house)),
        ((70, 0), ("house:promotions".to_owned(), -70))
    );
    let entry = house.journal.last().unwrap();
    assert_eq!(
        (entry.reference.as_deref(), entry.round.as_ref()),
        (Some("spring"), None)
    );
    assert!(house.submit(promotion("p", 70)).is_replay());
    house.apply(bet("b", 60));
    assert!(matches!(
        house.decide(rollback("r", "p")),
        Verdict::InsufficientFunds { usable: 10, .. }
    ));
    house.apply(deposit("d", 60));
    house.apply(rollback("r", "p"));
    assert_eq!(
        (house.available(), house_line(&house)),
        ((0, 0), ("house:promotions".to_owned(), 70))
    );
    assert!(matches!(
        house.decide(rollback("r2", "p")),
        Verdict::Neutralised {
            why: Neutral::AlreadyReversed,
            ..
        }
    ));
}
