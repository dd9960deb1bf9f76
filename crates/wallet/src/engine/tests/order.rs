//! Repeats, conflicts and commands out of order.

use super::*;
use crate::engine::{
    outcome::{Neutral, Reason},
    policy::UnknownRollback,
};

#[test]
fn money_09_a_repeat_has_no_effect_and_the_first_outcome() {
    let mut house = House::with(100, 0);
    let first = house.decide(bet("b", 30));
    for _ in 0..5 {
        let again = house.submit(bet("b", 30));
        assert_eq!(
            again,
            Outcome::Replayed {
                verdict: first,
                balance: sums(70, 0)
            }
        );
    }
    assert_eq!(house.journal.len(), 1);
}

#[test]
fn money_10_an_id_that_says_something_else_is_a_conflict() {
    let mut house = House::with(100, 0);
    house.apply(bet("b", 30));
    let others = [
        bet("b", 31),
        of(BERT, bet("b", 30)),
        Command {
            currency: Currency::parse("USD").unwrap(),
            ..bet("b", 30)
        },
        win("b", 30, None),
        rollback("b", "b"),
        hold("b", 30),
        bet("b", 30).agreeing_on("reward", "x"),
        play(
            "b",
            Action::Bet {
                amount: amount(30),
                round: RoundId::new("other").unwrap(),
                game: GameId::new("game").unwrap(),
            },
        ),
        play(
            "b",
            Action::Bet {
                amount: amount(30),
                round: RoundId::new("round").unwrap(),
                game: GameId::new("other").unwrap(),
            },
        ),
    ];
    for other in others {
        assert!(
            matches!(house.submit(other.clone()), Outcome::Conflict { .. }),
            "{other:?}"
        );
    }
    assert_eq!(house.available(), (70, 0));
    // Another source's id is another id.
    house.apply(Command {
        source: Source::provider("other").unwrap(),
        ..bet("b", 30)
    });
}

#[test]
fn money_10_the_policy_and_the_gateways_answer_are_not_what_the_sender_said() {
    let mut house = House::with(100, 0);
    house.apply(deposit("d", 10));
    let declined = play(
        "d",
        Action::Deposit {
            amount: amount(10),
            payment: Payment::Declined,
        },
    );
    assert!(house.submit(declined).is_replay());
    let policy = Policy {
        unknown_rollback: UnknownRollback::Refuse,
        ..Policy::default()
    };
    assert!(house.submit(under(policy, deposit("d", 10))).is_replay());
}

#[test]
fn money_11_a_replay_carries_the_original_and_the_current_balance() {
    let mut house = House::with(100, 0);
    let first = house.decide(bet("b", 30));
    house.apply(deposit("d", 500));
    let Outcome::Replayed { verdict, balance } = house.submit(bet("b", 30)) else {
        panic!("a replay")
    };
    assert_eq!(
        (verdict, verdict.balance().available, balance.available),
        (first, 70, 570)
    );
}

#[test]
fn money_12_a_rejected_bet_stays_rejected_after_a_deposit() {
    let mut house = House::with(10, 0);
    let refused = house.decide(bet("b", 30));
    assert!(matches!(refused, Verdict::InsufficientFunds { .. }));
    house.apply(deposit("d", 500));
    assert_eq!(house.submit(bet("b", 30)).verdict(), Some(refused));
    house.apply(bet("b2", 30));
}

#[test]
fn money_12_a_declined_deposit_stays_declined() {
    let mut house = House::default();
    let declined = house.decide(play(
        "d",
        Action::Deposit {
            amount: amount(10),
            payment: Payment::Declined,
        },
    ));
    assert!(matches!(
        declined,
        Verdict::Rejected {
            reason: Reason::PaymentDeclined,
            ..
        }
    ));
    assert_eq!(house.submit(deposit("d", 10)).verdict(), Some(declined));
}

#[test]
fn money_13_a_rollback_before_its_bet_neutralises_the_bet() {
    let mut house = House::with(100, 0);
    assert!(matches!(
        house.decide(rollback("r", "b")),
        Verdict::Neutralised {
            why: Neutral::NotYetSeen,
            ..
        }
    ));
    let late = house.decide(bet("b", 30));
    assert!(matches!(
        late,
        Verdict::Neutralised {
            why: Neutral::RolledBackBefore,
            ..
        }
    ));
    assert_eq!(house.submit(bet("b", 30)).verdict(), Some(late), "and again");
    assert!(matches!(house.submit(bet("b", 31)), Outcome::Conflict { .. }));
    assert!(matches!(
        house.decide(rollback("r2", "b")),
        Verdict::Neutralised {
            why: Neutral::AlreadyReversed,
            ..
        }
    ));
    assert!(matches!(
        house.decide(win("w", 50, Some("b"))),
        Verdict::AlreadySettled { .. }
    ));
    assert_eq!(house.available(), (100, 0));
    // It waits for no other transaction.
    house.apply(bet("b2", 30));
}

#[test]
fn money_13_a_rollback_before_its_settle_neutralises_the_settle() {
    let mut house = House::with(100, 0);
    house.apply(bet("b", 30));
    house.decide(rollback("r", "w"));
    assert!(matches!(
        house.decide(win("w", 500, Some("b"))),
        Verdict::Neutralised {
            why: Neutral::RolledBackBefore,
            ..
        }
    ));
    house.apply(win("w2", 5, Some("b")));
    assert_eq!(house.available(), (75, 0));
}

#[test]
fn money_13_where_the_contract_refuses_unknown_rollbacks_the_bet_stands() {
    let mut house = House::with(100, 0);
    let policy = Policy {
        unknown_rollback: UnknownRollback::Refuse,
        ..Policy::default()
    };
    assert!(matches!(
        house.decide(under(policy, rollback("r", "b"))),
        Verdict::MissingReference { .. }
    ));
    house.apply(bet("b", 30));
    // The provider repeats a refused rollback until it succeeds: it must be able to.
    house.apply(under(policy, rollback("r", "b")));
    assert_eq!(house.available(), (100, 0));
    assert!(house.submit(under(policy, rollback("r", "b"))).is_replay());
}

#[test]
fn money_08_a_win_that_came_before_its_bet_is_paid_when_it_is_repeated() {
    let mut house = House::with(100, 0);
    for _ in 0..2 {
        assert!(matches!(
            house.decide(win("w", 50, Some("b"))),
            Verdict::MissingReference { .. }
        ));
    }
    house.apply(bet("b", 30));
    house.apply(win("w", 50, Some("b")));
    assert!(house.submit(win("w", 50, Some("b"))).is_replay());
    assert_eq!(house.available(), (120, 0));
}

#[test]
fn money_13_a_win_that_was_refused_and_rolled_back_is_not_paid_when_it_is_repeated() {
    let mut house = House::with(100, 0);
    house.decide(win("w", 50, Some("b")));
    assert!(matches!(
        house.decide(rollback("r", "w")),
        Verdict::Neutralised {
            why: Neutral::NotYetSeen,
            ..
        }
    ));
    house.apply(bet("b", 30));
    assert!(matches!(
        house.decide(win("w", 50, Some("b"))),
        Verdict::Neutralised {
            why: Neutral::RolledBackBefore,
            ..
        }
    ));
    assert_eq!(house.available(), (70, 0));
}

#[test]
fn money_14_rolled_back_twice_reversed_once() {
    let mut house = House::with(100, 0);
    house.apply(bet("b", 30));
    house.apply(rollback("r", "b"));
    assert!(house.submit(rollback("r", "b")).is_replay());
    for other in ["r2", "r3"] {
        assert!(matches!(
            house.decide(rollback(other, "b")),
            Verdict::Neutralised {
                why: Neutral::AlreadyReversed,
                ..
            }
        ));
    }
    assert_eq!((house.available(), house.journal.len()), ((100, 0), 2));
    assert!(
        house.submit(bet("b", 30)).is_replay(),
        "and the bet does not come back"
    );
    assert_eq!(house.available(), (100, 0));
}

#[test]
fn money_15_the_rollback_of_a_rejected_bet_succeeds_and_credits_nothing() {
    let mut house = House::with(10, 0);
    house.decide(bet("b", 30));
    assert!(matches!(
        house.decide(rollback("r", "b")),
        Verdict::Neutralised {
            why: Neutral::NeverApplied,
            ..
        }
    ));
    assert_eq!(house.available(), (10, 0));
}

#[test]
fn money_19_money_20_any_split_into_folds_gives_the_same() {
    let commands = [
        deposit("d", 1_000),
        bet("b", 300),
        bet("b", 300),
        bet("b", 301),
        rollback("r", "late"),
        bet("late", 10),
        win("w", 700, Some("b")),
        hold("h", 1_500),
        hold("h2", 400),
        rollback("r2", "b"),
        rollback("r3", "b"),
    ];
    let orders: Vec<_> = commands
        .into_iter()
        .enumerate()
        .map(|(at, command)| order(at as u128, command))
        .collect();
    let split = |size: usize| {
        let (mut books, mut outcomes, mut entries) = (Books::default(), Vec::new(), Vec::new());
        for chunk in orders.chunks(size) {
            let (some, writes) = fold(&mut books, chunk);
            outcomes.extend(some);
            entries.extend(writes.entries);
        }
        (books, outcomes, entries)
    };
    for size in 2..=orders.len() {
        assert_eq!(split(size), split(1), "folds of {size}");
    }
}

#[test]
fn a_zero_bet_and_a_zero_settle_are_entries_without_lines() {
    let mut house = House::default();
    house.apply(bet("b", 0));
    house.apply(win("w", 0, Some("b")));
    assert!(house.journal.iter().all(|entry| entry.postings.is_empty()));
    assert!(house.submit(bet("b", 0)).is_replay());
    assert!(house.submit(win("w", 0, Some("b"))).is_replay());
    house.apply(rollback("rw", "w"));
    house.apply(rollback("rb", "b"));
    assert!(matches!(
        house.decide(rollback("rb2", "b")),
        Verdict::Neutralised {
            why: Neutral::AlreadyReversed,
            ..
        }
    ));
}

#[test]
fn the_entry_of_a_rollback_is_of_the_round_it_undoes() {
    let mut house = House::with(100, 0);
    house.apply(bet("b", 30));
    house.apply(rollback("r", "b"));
    let entry = house.journal.last().unwrap();
    assert_eq!(entry.round, Some(RoundId::new("round").unwrap()));
    assert_eq!(entry.game, Some(GameId::new("game").unwrap()));
    assert_eq!((entry.reference.as_deref(), entry.amount), (Some("b"), 30));
}

#[test]
fn money_41_a_clock_that_goes_backward_changes_no_order_and_ends_no_grant_early() {
    let granted = |expires: i64| {
        play(
            "g",
            Action::Grant {
                kind: GrantKind::Bonus,
                amount: amount(50),
                bucket: None,
                wager: Amount::ZERO,
                convert_cap: None,
                expires_at: Some(OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(expires)),
            },
        )
    };
    let commands = |given: EntryId| {
        [
            granted(5),
            deposit("d", 100),
            bet("b", 60),
            win("w", 30, Some("b")),
            rollback("r", "w"),
            play("e", Action::Expire { grant: given }),
        ]
    };
    let run = |seconds: [i64; 6]| {
        let (mut books, mut journal, mut outcomes) = (Books::default(), Vec::new(), Vec::new());
        let orders = commands(EntryId(Uuid::from_u128(0))).into_iter().enumerate();
        for (number, command) in orders {
            let order = Order {
                at: OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(seconds[number]),
                ..order(number as u128, command)
            };
            let (some, writes) = fold(&mut books, std::slice::from_ref(&order));
            outcomes.extend(some);
            journal.extend(writes.entries);
        }
        (books, journal, outcomes)
    };
    let (books, forward, outcomes) = run([1, 2, 3, 4, 5, 6]);
    assert_eq!(outcomes[5].as_str(), "applied");
    assert_eq!(books.accounts[&key(ANNA)].available, [40, 0]);
    // From the second command on the clock is behind, and it never reaches the grant's time again.
    let (books, backward, outcomes) = run([6, 3, 2, 1, 0, 4]);
    assert_eq!(outcomes[5].verdict().map(rejected), Some(Reason::NotYetExpired));
    assert_eq!(books.accounts[&key(ANNA)].available, [40, 50]);
    let order = |journal: &[JournalEntry]| {
        let entries = journal.iter().take(5);
        entries
            .map(|entry| (entry.version, entry.kind, entry.balance))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        order(&forward),
        order(&backward),
        "the order is the version's, not the clock's"
    );
}
