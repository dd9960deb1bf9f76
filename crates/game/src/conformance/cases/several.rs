//! Several that are undone in one call.

use super::{Case, undone::given_back};
use crate::conformance::{Class, Kit, Point, Rule, Say, Step, Undoes};

pub(super) const CASES: &[Case] = &[
    Case {
        group: 7,
        name: "a bet and its win rolled back in one call",
        rule: Rule::Together,
        needs: &[],
        run: both,
    },
    Case {
        group: 7,
        name: "a bet and its win rolled back in one call, again",
        rule: Rule::Together,
        needs: &[],
        run: both_again,
    },
    Case {
        group: 7,
        name: "a bet and a win that was spent rolled back in one call",
        rule: Rule::Together,
        needs: &[],
        run: one_spent,
    },
    Case {
        group: 7,
        name: "a call whose rollback was applied before, with one that was not",
        rule: Rule::Together,
        needs: &[],
        run: one_more,
    },
];

/// Bet `b` and win `w` are undone.
fn bet_and_win(kit: &Kit<'_>, won: i64) -> Say {
    let win = Say::Rollback {
        id: kit.id("y"),
        of: kit.id("w"),
        round: kit.round("r"),
        undoes: Undoes::Win,
        amount: won,
    };
    Say::Together(vec![kit.undo("x", "b", 100), win])
}

fn both<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let undo = bet_and_win(kit, 250);
        kit.can_say(&undo)?;
        kit.done(&kit.bet("b", 100)).await?;
        kit.done(&kit.win("w", "b", 250)).await?;
        kit.judge(&undo, &[Class::Done], -150).await?;
        Ok(())
    })
}

fn both_again<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let undo = bet_and_win(kit, 250);
        kit.can_say(&undo)?;
        kit.done(&kit.bet("b", 100)).await?;
        kit.done(&kit.win("w", "b", 250)).await?;
        kit.done(&undo).await?;
        let wanted = kit.wants(Point::SecondRollback);
        kit.judge(&undo, wanted, 0).await?;
        Ok(())
    })
}

/// The win cannot be taken back, so the stake is not given back either.
fn one_spent<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let undo = bet_and_win(kit, 500);
        kit.can_say(&undo)?;
        kit.done(&kit.bet("b", 100)).await?;
        kit.done(&kit.win("w", "b", 500)).await?;
        let has = kit.balance().await?;
        // The round that was won is over.
        let all = Say::Bet {
            id: kit.id("all"),
            round: kit.round("r2"),
            amount: has,
        };
        kit.done(&all).await?;
        let wanted = kit.wants(Point::RollbackOfSpent);
        let judged = kit.judge(&undo, wanted, 0).await;
        // The player gets it all back, whatever was found: cases may have one player.
        let back = kit.done(&given_back(kit, "z", "all", has)).await;
        judged.and(back).map(drop)
    })
}

/// Where every rollback has an id of its own the new one is done; where the call has one id for all that it lists, that was
/// another list's.
fn one_more<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let first = Say::Together(vec![kit.undo("x", "b1", 100)]);
        let with_another = Say::Together(vec![kit.undo("x", "b1", 100), kit.undo("y", "b2", 100)]);
        kit.can_say(&with_another)?;
        kit.done(&kit.bet("b1", 100)).await?;
        kit.done(&kit.bet("b2", 100)).await?;
        kit.done(&first).await?;
        let (wanted, back) = if kit.driver.rollbacks_have_lists() {
            (kit.wants(Point::Conflict), 0)
        } else {
            (&[Class::Done][..], 100)
        };
        kit.judge(&with_another, wanted, back).await?;
        Ok(())
    })
}
