//! Groups: all or nothing.

use super::*;
use crate::engine::outcome::Neutral;

fn verdicts(outcomes: &[Outcome]) -> Vec<&'static str> {
    outcomes.iter().map(Outcome::as_str).collect()
}

fn refused(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Decided(Verdict::Rejected {
            reason: Reason::GroupRefused,
            ..
        })
    )
}

#[test]
fn a_win_of_a_group_never_pays_for_a_bet_of_it() {
    let mut house = House::with(10, 0);
    for commands in [
        vec![win("w", 500, Some("b")), bet("b", 30)],
        vec![bet("b2", 30), win("w2", 500, Some("b2"))],
        vec![deposit("d", 500), bet("b3", 30)],
    ] {
        let (stake, other) = if commands[0].action.is_debit() {
            (0, 1)
        } else {
            (1, 0)
        };
        let outcomes = house.group(commands);
        assert!(refused(outcomes[other]), "{outcomes:?}");
        assert_eq!(
            outcomes[stake],
            Outcome::Decided(Verdict::InsufficientFunds {
                balance: sums(10, 0),
                usable: 10
            })
        );
    }
    assert_eq!((house.available(), house.journal.len()), ((10, 0), 0));
}

#[test]
fn money_10_others_of_a_group_with_the_id_of_what_was_refused_conflict_wherever_they_stand() {
    let mut house = House::with(10, 0);
    let outcomes = house.group(vec![
        deposit("x", 5),
        bet("x", 30),
        deposit("y", 5),
        deposit("x", 7),
    ]);
    assert_eq!(
        verdicts(&outcomes),
        ["conflict", "insufficient_funds", "rejected", "conflict"]
    );
    assert!(refused(outcomes[2]));
    assert_eq!((house.available(), house.journal.len()), ((10, 0), 0));
}

#[test]
fn a_group_is_decided_stakes_first_and_told_in_its_own_order() {
    let mut house = House::with(100, 0);
    let outcomes = house.group(vec![
        win("w", 500, Some("b")),
        bet("b", 30),
        deposit("d", 1),
        bet("b2", 70),
    ]);
    assert_eq!(verdicts(&outcomes), ["applied"; 4]);
    let order: Vec<_> = house
        .journal
        .iter()
        .map(|entry| entry.key.transaction_id.as_str())
        .collect();
    assert_eq!(order, ["b", "b2", "w", "d"]);
    assert_eq!(outcomes[0].verdict().unwrap().balance(), sums(500, 0));
    assert_eq!(house.available(), (501, 0));
}

#[test]
fn one_refusal_undoes_everything_of_the_group() {
    let mut house = House::with(100, 0);
    let given = house.apply(grant("g", 10, 500));
    house.apply(bet("open", 10));
    let before = house.books.clone();
    let outcomes = house.group(vec![
        bet("b", 30),
        rollback("r", "open"),
        rollback("waits", "nobody's"),
        forfeit("f", given),
        hold("h", 20),
        grant("g2", 5, 5),
        win("w", 5, Some("unknown")),
    ]);
    assert!(matches!(
        outcomes[6],
        Outcome::Decided(Verdict::MissingReference { .. })
    ));
    assert!(
        outcomes[..6].iter().all(|outcome| refused(*outcome)),
        "{outcomes:?}"
    );
    assert_eq!(
        house.books, before,
        "nothing is stored of a refusal that is not final"
    );
    // Without the one that was refused, the same commands are free to be done.
    let outcomes = house.group(vec![bet("b", 30), rollback("r", "open"), forfeit("f", given)]);
    assert_eq!(verdicts(&outcomes), ["applied"; 3]);
}

#[test]
fn the_refusal_alone_is_stored_and_refuses_the_group_when_it_is_repeated() {
    let mut house = House::with(100, 0);
    let group = || vec![bet("b1", 60), bet("b2", 60), win("w", 500, Some("b1"))];
    let first = house.group(group());
    assert_eq!(
        first[1],
        Outcome::Decided(Verdict::InsufficientFunds {
            balance: sums(100, 0),
            usable: 40
        }),
        "the wallet as it is, and what the first bet would have left"
    );
    house.apply(deposit("d", 1_000));
    let again = house.group(group());
    assert!(
        refused(again[0]) && again[1].is_replay() && refused(again[2]),
        "{again:?}"
    );
    assert_eq!(house.available(), (1_100, 0));
    // Alone, the first was never decided.
    house.apply(bet("b1", 60));
}

#[test]
fn a_group_that_is_repeated_is_told_again_and_done_once() {
    let mut house = House::with(100, 0);
    let group = || vec![bet("b", 30), win("w", 50, Some("b"))];
    let first = house.group(group());
    let again = house.group(group());
    for (first, again) in first.iter().zip(&again) {
        assert!(again.is_replay() && again.verdict() == first.verdict());
    }
    assert_eq!((house.available(), house.journal.len()), ((120, 0), 2));
}

#[test]
fn what_was_decided_alone_counts_and_the_rest_is_decided_now() {
    let mut house = House::with(100, 0);
    house.apply(bet("b", 30));
    let outcomes = house.group(vec![bet("b", 30), bet("b2", 20), win("w", 50, Some("b"))]);
    assert_eq!(verdicts(&outcomes), ["replayed", "applied", "applied"]);
    assert_eq!(house.available(), (100, 0));
    // One that says something else refuses the group, and what was decided before stays so.
    let outcomes = house.group(vec![bet("b", 31), bet("b2", 20), bet("b3", 1)]);
    assert!(matches!(outcomes[0], Outcome::Conflict { .. }));
    assert!(outcomes[1].is_replay() && refused(outcomes[2]), "{outcomes:?}");
    assert_eq!(house.available(), (100, 0));
}

#[test]
fn two_commands_of_one_id_in_a_group_are_a_repeat_or_a_conflict() {
    let mut house = House::with(100, 0);
    let outcomes = house.group(vec![bet("b", 30), bet("b", 30)]);
    assert_eq!(verdicts(&outcomes), ["applied", "replayed"]);
    let outcomes = house.group(vec![bet("c", 30), bet("c", 31)]);
    assert!(
        refused(outcomes[0])
            && matches!(outcomes[1], Outcome::Conflict { balance } if balance == sums(70, 0))
    );
    house.apply(bet("c", 31));
}

#[test]
fn what_moves_nothing_refuses_nothing() {
    let mut house = House::with(100, 0);
    house.decide(rollback("r", "late"));
    let outcomes = house.group(vec![bet("late", 30), bet("b", 10)]);
    assert!(matches!(
        outcomes[0],
        Outcome::Decided(Verdict::Neutralised {
            why: Neutral::RolledBackBefore,
            ..
        })
    ));
    assert_eq!(house.available(), (90, 0));
}

#[test]
fn what_is_no_group_is_refused_and_not_stored() {
    let mut house = House::with(100, 0);
    let invalid = |outcomes: Vec<Outcome>| {
        outcomes
            .into_iter()
            .all(|outcome| outcome.verdict().map(rejected) == Some(Reason::InvalidGroup))
    };
    assert!(invalid(house.group(vec![bet("b", 1), of(BERT, bet("b2", 0))])));
    let many = |count: usize| {
        (0..count)
            .map(|number| bet(&format!("m{number}"), 1))
            .collect::<Vec<_>>()
    };
    assert!(house.books.recorded.is_empty());
    assert_eq!(verdicts(&house.group(many(90))), ["applied"; 90]);
    // A group of one is a command.
    assert_eq!(verdicts(&house.group(vec![bet("one", 1)])), ["applied"]);
}

#[test]
fn groups_that_follow_one_another_are_each_their_own() {
    let mut books = House::with(100, 0).books;
    let mut orders: Vec<_> = [
        bet("a", 60),
        bet("b", 60),
        bet("c", 60),
        bet("d", 40),
        bet("e", 1),
    ]
    .into_iter()
    .enumerate()
    .map(|(number, command)| order(number as u128, command))
    .collect();
    for (at, first) in [(0, 0), (1, 0), (2, 2), (3, 2)] {
        orders[at].group = Some(orders[first].entry);
    }
    let (outcomes, writes) = fold(&mut books, &orders);
    assert_eq!(
        verdicts(&outcomes),
        [
            "rejected",
            "insufficient_funds",
            "applied",
            "applied",
            "insufficient_funds"
        ]
    );
    assert_eq!((writes.entries.len(), writes.accounts[&key(ANNA)].0), (2, 0));
}
