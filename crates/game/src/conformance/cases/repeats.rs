//! The same again, and the same id with something else.

use super::Case;
use crate::conformance::{Class, Kit, Need, Point, Rule, Say, Step, Stop};

pub(super) const CASES: &[Case] = &[
    Case {
        group: 2,
        name: "a bet again",
        rule: Rule::Of(Point::Repeat),
        needs: &[],
        run: bet_again,
    },
    Case {
        group: 2,
        name: "a bet again after its win",
        rule: Rule::Of(Point::Repeat),
        needs: &[],
        run: won_again,
    },
    Case {
        group: 2,
        name: "a win again",
        rule: Rule::Of(Point::RepeatOfWin),
        needs: &[],
        run: win_again,
    },
    Case {
        group: 2,
        name: "a bet's id with another amount",
        rule: Rule::Of(Point::Conflict),
        needs: &[],
        run: other_amount,
    },
    Case {
        group: 2,
        name: "a bet's id in another round",
        rule: Rule::Of(Point::Conflict),
        needs: &[],
        run: other_round,
    },
    Case {
        group: 2,
        name: "a bet's id of another player",
        rule: Rule::Of(Point::Conflict),
        needs: &[Need::SecondPlayer],
        run: other_player,
    },
    Case {
        group: 2,
        name: "a bet's id in another game",
        rule: Rule::Of(Point::Conflict),
        needs: &[Need::OtherGame],
        run: other_game,
    },
    Case {
        group: 2,
        name: "a win's id with another amount",
        rule: Rule::Of(Point::ConflictOfWin),
        needs: &[],
        run: other_win,
    },
    Case {
        group: 2,
        name: "a win's id for another bet",
        rule: Rule::Of(Point::ConflictOfWin),
        needs: &[],
        run: win_of_other,
    },
    Case {
        group: 2,
        name: "a second win of a bet under another id",
        rule: Rule::Of(Point::ConflictOfWin),
        needs: &[],
        run: won_twice,
    },
    Case {
        group: 2,
        name: "a rollback's id for another bet",
        rule: Rule::Of(Point::Conflict),
        needs: &[],
        run: undo_other,
    },
    Case {
        group: 3,
        name: "a bet eight times at once",
        rule: Rule::AtOnce,
        needs: &[],
        run: at_once,
    },
    Case {
        group: 3,
        name: "a win eight times at once",
        rule: Rule::AtOnce,
        needs: &[],
        run: win_at_once,
    },
    Case {
        group: 3,
        name: "a rollback eight times at once",
        rule: Rule::AtOnce,
        needs: &[],
        run: undo_at_once,
    },
    Case {
        group: 3,
        name: "very many bets, several at once",
        rule: Rule::AtOnce,
        needs: &[],
        run: many,
    },
    Case {
        group: 4,
        name: "the same bet id at another brand",
        rule: Rule::BrandsApart,
        needs: &[Need::OtherBrand],
        run: other_brand,
    },
    Case {
        group: 5,
        name: "a bet refused for funds, again after a deposit",
        rule: Rule::RefusalStays,
        needs: &[Need::Deposit],
        run: stays_refused,
    },
];

fn bet_again<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let bet = kit.bet("b", 100);
        kit.done(&bet).await?;
        let wanted = kit.wants(Point::Repeat);
        kit.judge(&bet, wanted, 0).await?;
        Ok(())
    })
}

/// The first answer's balance is not that of now: whoever tells one for the other is found.
fn won_again<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let bet = kit.bet("b", 100);
        kit.done(&bet).await?;
        kit.done(&kit.win("w", "b", 250)).await?;
        let wanted = kit.wants(Point::Repeat);
        kit.judge(&bet, wanted, 0).await?;
        Ok(())
    })
}

fn win_again<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let (bet, win) = (kit.bet("b", 100), kit.win("w", "b", 250));
        kit.done(&bet).await?;
        kit.done(&win).await?;
        let wanted = kit.wants(Point::RepeatOfWin);
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
            round: kit.round("another-round"),
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
        kit.must_from(&other, &bet, &[Class::Done]).await?;
        let wanted = kit.wants(Point::Conflict);
        kit.judge(&bet, wanted, 0).await?;
        Ok(())
    })
}

fn other_game<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let (mut seat, bet) = (kit.seat.clone(), kit.bet("b", 100));
        seat.game = kit.hand.other_game(&seat).await?;
        kit.done(&bet).await?;
        let wanted = kit.wants(Point::Conflict);
        kit.judge_from(&seat, &bet, wanted, 0).await?;
        Ok(())
    })
}

fn other_win<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        kit.done(&kit.bet("b", 100)).await?;
        kit.done(&kit.win("w", "b", 250)).await?;
        let wanted = kit.wants(Point::ConflictOfWin);
        kit.judge(&kit.win("w", "b", 300), wanted, 0).await?;
        Ok(())
    })
}

fn win_of_other<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        if !kit.driver.wins_name_bets() {
            return Err(Stop::NotSaid("a win names no bet"));
        }
        if kit.driver.bets_are_won_once() {
            return Err(Stop::NotSaid("a win is known by its bet"));
        }
        kit.done(&kit.bet("b1", 100)).await?;
        kit.done(&kit.bet("b2", 100)).await?;
        kit.done(&kit.win("w", "b1", 250)).await?;
        let wanted = kit.wants(Point::ConflictOfWin);
        kit.judge(&kit.win("w", "b2", 250), wanted, 0).await?;
        Ok(())
    })
}

/// A bet is won once, and whoever knows its win by the win's own id pays it again.
fn won_twice<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        if !kit.driver.bets_are_won_once() {
            return Err(Stop::NotSaid("a bet may have several wins"));
        }
        kit.done(&kit.bet("b", 100)).await?;
        kit.done(&kit.win("w1", "b", 250)).await?;
        let wanted = kit.wants(Point::ConflictOfWin);
        kit.judge(&kit.win("w2", "b", 250), wanted, 0).await?;
        Ok(())
    })
}

/// The second bet stays taken: nobody may take what is answered for its rollback.
fn undo_other<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        if !kit.driver.rollbacks_have_ids() {
            return Err(Stop::NotSaid("a rollback has no id of its own"));
        }
        let (undo, other) = (kit.undo("x", "b1", 100), kit.undo("x", "b2", 100));
        if kit.driver.ids(&undo) != kit.driver.ids(&other) {
            return Err(Stop::NotSaid("a rollback is known by what it undoes"));
        }
        kit.done(&kit.bet("b1", 100)).await?;
        kit.done(&kit.bet("b2", 100)).await?;
        kit.done(&undo).await?;
        let wanted = kit.wants(Point::Conflict);
        kit.judge(&other, wanted, 0).await?;
        Ok(())
    })
}

/// What one of several at once is told. One that finds the first still under way may be told to come again.
fn repeats(kit: &Kit<'_>, point: Point) -> Vec<Class> {
    [kit.wants(point), &[Class::Done, Class::Retry]].concat()
}

fn at_once<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let (bet, before) = (kit.bet("b", 100), kit.balance().await?);
        kit.must_at_once(8, &bet, &repeats(kit, Point::Repeat)).await?;
        kit.has(before - 100).await?;
        let wanted = kit.wants(Point::Repeat);
        kit.judge(&bet, wanted, 0).await?;
        Ok(())
    })
}

fn win_at_once<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let (bet, win) = (kit.bet("b", 100), kit.win("w", "b", 250));
        kit.done(&bet).await?;
        let before = kit.balance().await?;
        kit.must_at_once(8, &win, &repeats(kit, Point::RepeatOfWin))
            .await?;
        kit.has(before + 250).await?;
        let wanted = kit.wants(Point::RepeatOfWin);
        kit.judge(&win, wanted, 0).await?;
        Ok(())
    })
}

fn undo_at_once<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let (bet, undo) = (kit.bet("b", 100), kit.undo("x", "b", 100));
        kit.done(&bet).await?;
        let before = kit.balance().await?;
        let wanted = repeats(kit, Point::SecondRollback);
        kit.must_at_once(8, &undo, &wanted).await?;
        kit.has(before + 100).await?;
        let wanted = kit.wants(Point::SecondRollback);
        kit.judge(&undo, wanted, 0).await?;
        Ok(())
    })
}

/// Different bets, each of the smallest amount there is: a wallet that reads, reckons and writes loses some of them.
fn many<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let manner = kit.manner().clone();
        let bets: Vec<Say> = (0..manner.bets).map(|at| kit.bet(&format!("b{at}"), 1)).collect();
        let before = kit.balance().await?;
        let took = kit.all_must(&bets, manner.at_once, &[Class::Done]).await?;
        let millis = |of: usize| took.get(took.len() * of / 100).map_or(0, |took| took.as_millis());
        kit.note(format!(
            "{} bets, {} at once: half were answered within {} ms, 95 of 100 within {} ms, the slowest in {} ms",
            took.len(),
            manner.at_once,
            millis(50),
            millis(95),
            took.last().map_or(0, std::time::Duration::as_millis),
        ));
        kit.has(before - i64::try_from(bets.len()).unwrap_or(0)).await?;
        let last = kit.bet("b0", 1);
        let wanted = kit.wants(Point::Repeat);
        kit.judge(&last, wanted, 0).await?;
        Ok(())
    })
}

fn other_brand<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let bet = kit.bet("b", 100);
        let foreigner = kit.hand.foreigner().await?;
        kit.must_from(&foreigner, &bet, &[Class::Done]).await?;
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
        kit.must(&bet, &[Class::NoFunds]).await?;
        let seat = kit.seat.clone();
        kit.hand.deposit(&seat, 1_000).await?;
        kit.judge(&bet, &[Class::NoFunds], 0).await?;
        Ok(())
    })
}
