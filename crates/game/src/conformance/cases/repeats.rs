//! The same again, and the same id with something else.

use super::Case;
use crate::conformance::{Class, Kit, Point, Say, Step, Stop, expect};

pub(super) const CASES: &[Case] = &[
    Case {
        group: 2,
        name: "a bet again",
        run: bet_again,
    },
    Case {
        group: 2,
        name: "a win again",
        run: win_again,
    },
    Case {
        group: 2,
        name: "a bet's id with another amount",
        run: other_amount,
    },
    Case {
        group: 2,
        name: "a bet's id in another round",
        run: other_round,
    },
    Case {
        group: 2,
        name: "a bet's id of another player",
        run: other_player,
    },
    Case {
        group: 3,
        name: "a bet eight times at once",
        run: at_once,
    },
    Case {
        group: 4,
        name: "the same bet id at another brand",
        run: other_brand,
    },
    Case {
        group: 5,
        name: "a bet refused for funds, again after a deposit",
        run: stays_refused,
    },
];

fn bet_again<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let bet = kit.bet("b", 100);
        let first = kit.done(&bet).await?;
        let wanted = kit.wants(Point::Repeat);
        let again = kit.judge(&bet, wanted, 0).await?;
        if again.operator_ids == first.operator_ids {
            Ok(())
        } else {
            Err(Stop::Failed(format!(
                "the operator's id was {:?} and is {:?}",
                first.operator_ids, again.operator_ids
            )))
        }
    })
}

fn win_again<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let (bet, win) = (kit.bet("b", 100), kit.win("w", "b", 250));
        kit.done(&bet).await?;
        kit.done(&win).await?;
        let wanted = kit.wants(Point::Repeat);
        kit.judge(&win, wanted, 0).await?;
        Ok(())
    })
}

fn other_amount<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        kit.done(&kit.bet("b", 100)).await?;
        let wanted = kit.wants(Point::Conflict);
        kit.judge(&kit.bet("b", 200), wanted, 0).await?;
        Ok(())
    })
}

fn other_round<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        kit.done(&kit.bet("b", 100)).await?;
        let other = Say::Bet {
            id: kit.id("b"),
            round: kit.id("another-round"),
            amount: 100,
        };
        let wanted = kit.wants(Point::Conflict);
        kit.judge(&other, wanted, 0).await?;
        Ok(())
    })
}

fn other_player<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let bet = kit.bet("b", 100);
        let other = kit.hand.another().await?;
        expect(&kit.say_from(&other, &bet).await?, &[Class::Done])?;
        let wanted = kit.wants(Point::Conflict);
        kit.judge(&bet, wanted, 0).await?;
        Ok(())
    })
}

fn at_once<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let (bet, before) = (kit.bet("b", 100), kit.balance().await?);
        for heard in kit.say_at_once(8, &bet).await? {
            // One that finds the first still under way may be told to come again.
            let told = [kit.wants(Point::Repeat), &[Class::Done, Class::Retry]].concat();
            expect(&heard, &told)?;
        }
        kit.has(before - 100).await?;
        let wanted = kit.wants(Point::Repeat);
        kit.judge(&bet, wanted, 0).await?;
        Ok(())
    })
}

fn other_brand<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let bet = kit.bet("b", 100);
        let foreigner = kit.hand.foreigner().await?;
        expect(&kit.say_from(&foreigner, &bet).await?, &[Class::Done])?;
        let theirs = kit.balance_of(&foreigner).await?;
        kit.judge(&bet, &[Class::Done], -100).await?;
        let undo = kit.undo("x", "b", 100);
        kit.done(&undo).await?;
        match kit.balance_of(&foreigner).await? {
            same if same == theirs => Ok(()),
            other => Err(Stop::Failed(format!(
                "another brand's player had {theirs} and has {other}"
            ))),
        }
    })
}

fn stays_refused<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let has = kit.balance().await?;
        let bet = kit.bet("b", has + 100);
        expect(&kit.say(&bet).await?, &[Class::NoFunds])?;
        let seat = kit.seat.clone();
        kit.hand.deposit(&seat, 1_000).await?;
        kit.judge(&bet, &[Class::NoFunds], 0).await?;
        Ok(())
    })
}
