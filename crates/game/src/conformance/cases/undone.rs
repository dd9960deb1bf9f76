//! What is undone, in whatever order.

use super::Case;
use crate::conformance::{Class, Kit, Point, Say, Step, Stop, Undoes, expect};

pub(super) const CASES: &[Case] = &[
    Case {
        group: 11,
        name: "a rollback of a bet",
        run: plain,
    },
    Case {
        group: 11,
        name: "a rollback again",
        run: again,
    },
    Case {
        group: 11,
        name: "a second rollback of the same bet under another id",
        run: second,
    },
    Case {
        group: 11,
        name: "a rollback of a bet that was never seen",
        run: unknown,
    },
    Case {
        group: 11,
        name: "a bet that comes after its rollback",
        run: late_bet,
    },
    Case {
        group: 11,
        name: "a rollback of a bet that was refused",
        run: of_refused,
    },
    Case {
        group: 12,
        name: "a rollback of a win that was spent",
        run: spent_win,
    },
    Case {
        group: 13,
        name: "a rollback of a bet that was won",
        run: after_win,
    },
    Case {
        group: 13,
        name: "a win of a bet that was rolled back",
        run: win_of_undone,
    },
    Case {
        group: 16,
        name: "a rollback of a bet whose answer was lost",
        run: lost_answer,
    },
    Case {
        group: 19,
        name: "a rollback of a bet that was part the player's own, part bonus",
        run: split,
    },
    Case {
        group: 19,
        name: "a rollback of a bet, and the same stake once more",
        run: whole_again,
    },
];

fn plain<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        kit.done(&kit.bet("b", 100)).await?;
        kit.judge(&kit.undo("x", "b", 100), &[Class::Done], 100).await?;
        Ok(())
    })
}

fn again<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        kit.done(&kit.bet("b", 100)).await?;
        let undo = kit.undo("x", "b", 100);
        kit.done(&undo).await?;
        let wanted = kit.wants(Point::SecondRollback);
        kit.judge(&undo, wanted, 0).await?;
        Ok(())
    })
}

fn second<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        if !kit.driver.rollbacks_have_ids() {
            return Err(Stop::NotSaid("a rollback has no id of its own"));
        }
        kit.done(&kit.bet("b", 100)).await?;
        kit.done(&kit.undo("x1", "b", 100)).await?;
        let wanted = kit.wants(Point::SecondRollback);
        kit.judge(&kit.undo("x2", "b", 100), wanted, 0).await?;
        Ok(())
    })
}

fn unknown<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let wanted = kit.wants(Point::UnknownRollback);
        kit.judge(&kit.undo("x", "never", 100), wanted, 0).await?;
        Ok(())
    })
}

fn late_bet<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let told = kit.say(&kit.undo("x", "b", 100)).await?;
        expect(&told, kit.wants(Point::UnknownRollback))?;
        let wanted = kit.wants(Point::LateBet);
        kit.judge(&kit.bet("b", 100), wanted, 0).await?;
        Ok(())
    })
}

fn of_refused<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let has = kit.balance().await?;
        expect(&kit.say(&kit.bet("b", has + 1)).await?, &[Class::NoFunds])?;
        let wanted = kit.wants(Point::UnknownRollback);
        kit.judge(&kit.undo("x", "b", has + 1), wanted, 0).await?;
        Ok(())
    })
}

fn spent_win<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        kit.done(&kit.bet("b1", 100)).await?;
        kit.done(&kit.win("w", "b1", 500)).await?;
        let has = kit.balance().await?;
        let all = Say::Bet {
            id: kit.id("b2"),
            round: kit.id("r2"),
            amount: has,
        };
        kit.done(&all).await?;
        let undo = Say::Rollback {
            id: kit.id("x"),
            of: kit.id("w"),
            round: kit.id("r"),
            undoes: Undoes::Win,
            amount: 500,
        };
        let wanted = kit.wants(Point::RollbackOfSpent);
        // What can be staked is nothing, whether or not the wallet owes.
        kit.judge(&undo, wanted, 0).await?;
        Ok(())
    })
}

fn after_win<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        kit.done(&kit.bet("b", 100)).await?;
        kit.done(&kit.win("w", "b", 250)).await?;
        let wanted = kit.wants(Point::RollbackOfSettled);
        let back = if wanted.contains(&Class::Done) { 100 } else { 0 };
        kit.judge(&kit.undo("x", "b", 100), wanted, back).await?;
        Ok(())
    })
}

fn win_of_undone<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        kit.done(&kit.bet("b", 100)).await?;
        kit.done(&kit.undo("x", "b", 100)).await?;
        let wanted = kit.wants(Point::WinOfUndone);
        let paid = if wanted.contains(&Class::Done) { 250 } else { 0 };
        kit.judge(&kit.win("w", "b", 250), wanted, paid).await?;
        Ok(())
    })
}

fn lost_answer<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let before = kit.balance().await?;
        // The bet arrives; what is answered is not heard.
        let _unheard = kit.say(&kit.bet("b", 100)).await?;
        kit.judge(&kit.undo("x", "b", 100), &[Class::Done], 100).await?;
        kit.has(before).await
    })
}

fn whole_again<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let has = kit.balance().await?;
        kit.done(&kit.bet("b1", has)).await?;
        kit.done(&kit.undo("x", "b1", has)).await?;
        kit.judge(&kit.bet("b2", has), &[Class::Done], -has).await?;
        Ok(())
    })
}

fn split<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let seat = kit.seat.clone();
        let own = kit.balance().await?;
        kit.hand.grant(&seat, 5_000).await?;
        let before = kit.hand.buckets(&seat).await?;
        kit.done(&kit.bet("b", own + 2_000)).await?;
        let staked = kit.hand.buckets(&seat).await?;
        if staked
            .iter()
            .zip(&before)
            .filter(|(now, then)| now < then)
            .count()
            < 2
        {
            return Err(Stop::Failed(format!(
                "the stake came from one bucket: {before:?}, {staked:?}"
            )));
        }
        kit.judge(&kit.undo("x", "b", own + 2_000), &[Class::Done], own + 2_000)
            .await?;
        match kit.hand.buckets(&seat).await? {
            after if after == before => Ok(()),
            after => Err(Stop::Failed(format!(
                "the buckets were {before:?} and are {after:?}"
            ))),
        }
    })
}
