//! References to what is somebody else's.

use super::Case;
use crate::conformance::{Class, Kit, Need, Point, Rule, Step, Stop};

pub(super) const CASES: &[Case] = &[
    Case {
        group: 15,
        name: "a rollback of another player's bet",
        rule: Rule::Foreign,
        needs: &[Need::SecondPlayer],
        run: undo_others,
    },
    Case {
        group: 15,
        name: "a win of another player's bet",
        rule: Rule::Foreign,
        needs: &[Need::SecondPlayer],
        run: win_others,
    },
    Case {
        group: 15,
        name: "a rollback of another brand's bet",
        rule: Rule::Foreign,
        needs: &[Need::OtherBrand],
        run: undo_foreign,
    },
];

fn undo_others<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let other = kit.hand.another().await?;
        untouched(kit, other).await
    })
}

fn undo_foreign<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let foreigner = kit.hand.foreigner().await?;
        untouched(kit, foreigner).await
    })
}

async fn untouched(kit: &mut Kit<'_>, other: crate::conformance::Seat) -> Result<(), Stop> {
    kit.must_from(&other, &kit.bet("b", 100), &[Class::Done]).await?;
    let theirs = kit.balance_of(&other).await?;
    let wanted = kit.wants(Point::UnknownRollback);
    kit.judge(&kit.undo("x", "b", 100), wanted, 0).await?;
    match kit.balance_of(&other).await? {
        same if same == theirs => Ok(()),
        now => Err(Stop::Failed(format!("somebody else had {theirs} and has {now}"))),
    }
}

fn win_others<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        if !kit.driver.wins_name_bets() {
            return Err(Stop::NotSaid("a win names no bet"));
        }
        let other = kit.hand.another().await?;
        kit.must_from(&other, &kit.bet("b", 100), &[Class::Done]).await?;
        let wanted = kit.wants(Point::WinWithoutBet);
        kit.judge(&kit.win("w", "b", 250), wanted, 0).await?;
        Ok(())
    })
}
