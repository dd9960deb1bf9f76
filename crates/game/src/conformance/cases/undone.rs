//! What is undone, in whatever order.

use std::time::Duration;

use super::Case;
use crate::conformance::{Class, HangUp, Kit, Need, Point, Rule, Say, Step, Stop, Undoes};

/// How often something is said or asked until it is as it must be.
const TRIES: usize = 20;
/// How long between two of them.
const PAUSE: Duration = Duration::from_millis(50);

pub(super) const CASES: &[Case] = &[
    Case {
        group: 11,
        name: "a rollback of a bet",
        rule: Rule::Rollback,
        needs: &[],
        run: plain,
    },
    Case {
        group: 11,
        name: "a rollback again",
        rule: Rule::Of(Point::SecondRollback),
        needs: &[],
        run: again,
    },
    Case {
        group: 11,
        name: "a second rollback of the same bet under another id",
        rule: Rule::Of(Point::SecondRollback),
        needs: &[],
        run: second,
    },
    Case {
        group: 11,
        name: "a rollback of a bet that was never seen",
        rule: Rule::Of(Point::UnknownRollback),
        needs: &[],
        run: unknown,
    },
    Case {
        group: 11,
        name: "a bet that comes after its rollback",
        rule: Rule::Of(Point::LateBet),
        needs: &[],
        run: late_bet,
    },
    Case {
        group: 11,
        name: "a rollback of a bet that was refused",
        rule: Rule::Of(Point::UnknownRollback),
        needs: &[],
        run: of_refused,
    },
    Case {
        group: 11,
        name: "bets and their rollbacks at once, and a bet after them",
        rule: Rule::Order,
        needs: &[],
        run: both_at_once,
    },
    Case {
        group: 11,
        name: "a refund that names a win",
        rule: Rule::Of(Point::UnknownRollback),
        needs: &[],
        run: refunded_win,
    },
    Case {
        group: 12,
        name: "a rollback of a win that was spent",
        rule: Rule::Of(Point::RollbackOfSpent),
        needs: &[],
        run: spent_win,
    },
    Case {
        group: 13,
        name: "a rollback of a bet that was won",
        rule: Rule::Of(Point::RollbackOfSettled),
        needs: &[],
        run: after_win,
    },
    Case {
        group: 13,
        name: "a win of a bet that was rolled back",
        rule: Rule::Of(Point::WinOfUndone),
        needs: &[],
        run: win_of_undone,
    },
    Case {
        group: 16,
        name: "a rollback of a bet whose answer was lost",
        rule: Rule::LostAnswer,
        needs: &[],
        run: lost_answer,
    },
    Case {
        group: 16,
        name: "a bet whose connection was cut, again",
        rule: Rule::LostAnswer,
        needs: &[],
        run: cut_again,
    },
    Case {
        group: 16,
        name: "a rollback of a bet whose connection was cut, and a bet after it",
        rule: Rule::LostAnswer,
        needs: &[],
        run: cut_undone,
    },
    Case {
        group: 19,
        name: "a rollback of a bet that was part the player's own, part bonus",
        rule: Rule::Rollback,
        needs: &[Need::Bonus],
        run: split,
    },
    Case {
        group: 19,
        name: "a rollback of a bet, and the same stake once more",
        rule: Rule::Rollback,
        needs: &[],
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
        let wanted = kit.wants(Point::UnknownRollback);
        kit.must(&kit.undo("x", "b", 100), wanted).await?;
        let wanted = kit.wants(Point::LateBet);
        kit.judge(&kit.bet("b", 100), wanted, 0).await?;
        Ok(())
    })
}

fn of_refused<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let has = kit.balance().await?;
        kit.must(&kit.bet("b", has + 1), &[Class::NoFunds]).await?;
        let wanted = kit.wants(Point::UnknownRollback);
        kit.judge(&kit.undo("x", "b", has + 1), wanted, 0).await?;
        Ok(())
    })
}

/// There is no such bet, so nothing is given back, and nothing is taken.
fn refunded_win<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        if !kit.driver.refunds_are_of_bets() {
            return Err(Stop::NotSaid("a rollback undoes whatever it names"));
        }
        kit.done(&kit.bet("b", 100)).await?;
        kit.done(&kit.win("w", "b", 250)).await?;
        let wanted = kit.wants(Point::UnknownRollback);
        kit.judge(&kit.undo("x", "w", 250), wanted, 0).await?;
        Ok(())
    })
}

fn spent_win<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let undo = Say::Rollback {
            id: kit.id("x"),
            of: kit.id("w"),
            round: kit.round("r"),
            undoes: Undoes::Win,
            amount: 500,
        };
        kit.can_say(&undo)?;
        kit.done(&kit.bet("b1", 100)).await?;
        kit.done(&kit.win("w", "b1", 500)).await?;
        let has = kit.balance().await?;
        let all = Say::Bet {
            id: kit.id("b2"),
            round: kit.round("r2"),
            amount: has,
        };
        kit.done(&all).await?;
        let wanted = kit.wants(Point::RollbackOfSpent);
        // What can be staked is nothing, whether or not the wallet owes.
        let judged = kit.judge(&undo, wanted, 0).await;
        // The player gets it all back, whatever was found: cases may have one player.
        let back = kit.done(&given_back(kit, "x2", "b2", has)).await;
        judged.and(back).map(drop)
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
        let bet = kit.bet("b", 100);
        kit.send_and_hang_up(&bet, HangUp::Unread).await?;
        kit.judge(&kit.undo("x", "b", 100), &[Class::Done], 100).await?;
        kit.has(before).await
    })
}

/// When connections are cut: as soon as the call is sent, and while it may be under way.
const CUTS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(3),
    Duration::from_millis(12),
    Duration::from_millis(50),
];

/// Nobody knows whether a bet was taken when the connection went. Said again, it was taken once.
fn cut_again<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let mut has = kit.balance().await?;
        let told = [kit.wants(Point::Repeat), &[Class::Done]].concat();
        for (at, pause) in CUTS.into_iter().enumerate() {
            let bet = kit.bet(&format!("b{at}"), 100);
            kit.send_and_hang_up(&bet, HangUp::After(pause)).await?;
            until_said(kit, &bet, &told).await?;
            has -= 100;
            settles(kit, has).await?;
        }
        let wanted = kit.wants(Point::Repeat);
        kit.judge(&kit.bet("b0", 100), wanted, 0).await?;
        Ok(())
    })
}

/// Whether the rollback finds the bet or comes before it: in the end nothing was taken.
fn cut_undone<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let before = kit.balance().await?;
        let told = [kit.wants(Point::UnknownRollback), &[Class::Done]].concat();
        for (at, pause) in CUTS.into_iter().enumerate() {
            let (bet, undo) = (format!("b{at}"), format!("x{at}"));
            kit.send_and_hang_up(&kit.bet(&bet, 100), HangUp::After(pause))
                .await?;
            until_said(kit, &kit.undo(&undo, &bet, 100), &told).await?;
            settles(kit, before).await?;
        }
        kit.judge(&kit.bet("b", 100), &[Class::Done], -100).await?;
        Ok(())
    })
}

/// A bet and its rollback, at once: whichever comes first, in the end nothing was taken.
fn both_at_once<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let before = kit.balance().await?;
        let told = [
            kit.wants(Point::UnknownRollback),
            kit.wants(Point::LateBet),
            &[Class::Done, Class::Retry],
        ]
        .concat();
        for at in 0..8 {
            let (bet, undo) = (format!("b{at}"), format!("x{at}"));
            let both = [kit.bet(&bet, 100), kit.undo(&undo, &bet, 100)];
            kit.all_must(&both, 2, &told).await?;
            // Whatever was told to come again does.
            let wanted = [
                kit.wants(Point::UnknownRollback),
                kit.wants(Point::SecondRollback),
                &[Class::Done],
            ];
            until_said(kit, &kit.undo(&undo, &bet, 100), &wanted.concat()).await?;
        }
        settles(kit, before).await?;
        kit.judge(&kit.bet("b", 100), &[Class::Done], -100).await?;
        Ok(())
    })
}

/// Says it as a provider does whose answer is outstanding: until it has one that is no request to come again.
async fn until_said(kit: &mut Kit<'_>, say: &Say, wanted: &[Class]) -> Result<(), Stop> {
    for _ in 0..TRIES {
        let heard = kit.say(say).await?;
        if wanted.contains(&heard.class) {
            return Ok(());
        }
        if heard.class != Class::Retry {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    kit.must(say, wanted).await.map(drop)
}

/// What is still under way when a connection goes comes to its end: then the balance is this and stays so.
async fn settles(kit: &mut Kit<'_>, wanted: i64) -> Result<(), Stop> {
    let mut right = 0;
    for _ in 0..TRIES {
        right = if kit.balance().await? == wanted {
            right + 1
        } else {
            0
        };
        if right == 3 {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    kit.has(wanted).await
}

fn whole_again<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let has = kit.balance().await?;
        kit.done(&kit.bet("b1", has)).await?;
        kit.done(&kit.undo("x", "b1", has)).await?;
        let judged = kit.judge(&kit.bet("b2", has), &[Class::Done], -has).await;
        let back = kit.done(&kit.undo("x2", "b2", has)).await;
        judged.and(back).map(drop)
    })
}

/// A rollback of a bet in round `r2`.
/// A rollback of a bet of another round than the case's own.
pub(super) fn given_back(kit: &Kit<'_>, id: &str, of: &str, amount: i64) -> Say {
    Say::Rollback {
        id: kit.id(id),
        of: kit.id(of),
        round: kit.round("r2"),
        undoes: Undoes::Bet,
        amount,
    }
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
