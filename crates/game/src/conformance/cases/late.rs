//! Wins and rollbacks that come when the launch, the player's standing, the game, the brand or the day is another.

use std::time::Duration;

use super::{Case, rounds::given};
use crate::conformance::{Class, Hand, Kit, Need, Rule, Say, Seat, Step, Stop};

pub(super) const CASES: &[Case] = &[
    Case {
        group: 8,
        name: "a win after the launch ended",
        rule: Rule::LateSettle,
        needs: &[Need::EndLaunch],
        run: win_expired,
    },
    Case {
        group: 8,
        name: "a rollback after the launch ended",
        rule: Rule::LateSettle,
        needs: &[Need::EndLaunch],
        run: undo_expired,
    },
    Case {
        group: 8,
        name: "a promotion's win after the launch ended",
        rule: Rule::LateSettle,
        needs: &[Need::EndLaunch, Need::IssuedSpins],
        run: promo_expired,
    },
    Case {
        group: 8,
        name: "a win of a player who is blocked since",
        rule: Rule::LateSettle,
        needs: &[Need::Block],
        run: win_blocked,
    },
    Case {
        group: 8,
        name: "a rollback of a player who is blocked since",
        rule: Rule::LateSettle,
        needs: &[Need::Block],
        run: undo_blocked,
    },
    Case {
        group: 8,
        name: "a win of a player who keeps out since, by their own decision",
        rule: Rule::OwnDecision,
        needs: &[Need::Exclude],
        run: win_excluded,
    },
    Case {
        group: 8,
        name: "a win of a player who signed out since",
        rule: Rule::OwnDecision,
        needs: &[Need::SignOut],
        run: win_signed_out,
    },
    Case {
        group: 8,
        name: "a win in a game that was taken off since",
        rule: Rule::LateSettle,
        needs: &[Need::WithdrawGame],
        run: win_withdrawn,
    },
    Case {
        group: 8,
        name: "a win at a brand that closed since",
        rule: Rule::LateSettle,
        needs: &[Need::CloseBrand],
        run: win_closed,
    },
    Case {
        group: 13,
        name: "a win that another launch of the player's tells",
        rule: Rule::OtherLaunch,
        needs: &[Need::AnotherLaunch],
        run: win_elsewhere,
    },
    Case {
        group: 18,
        name: "a win that was signed a day ago",
        rule: Rule::Stamps,
        needs: &[],
        run: win_of_yesterday,
    },
    Case {
        group: 18,
        name: "a rollback that was signed a day ago",
        rule: Rule::Stamps,
        needs: &[],
        run: undo_of_yesterday,
    },
];

/// What only the operator can do, to whoever sits there.
type Change = for<'h> fn(&'h dyn Hand, &'h Seat) -> Step<'h, ()>;

/// A bet is taken, something changes, and what the bet came to is said.
fn after<'k>(kit: &'k mut Kit<'_>, change: Change, say: Say, gives: i64) -> Step<'k, ()> {
    Box::pin(async move {
        kit.done(&kit.bet("b", 100)).await?;
        let seat = kit.seat.clone();
        change(kit.hand, &seat).await?;
        kit.judge(&say, &[Class::Done], gives).await?;
        Ok(())
    })
}

fn win_expired<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    let win = kit.win("w", "b", 250);
    after(kit, |hand, seat| hand.end_launch(seat), win, 250)
}

fn undo_expired<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    let undo = kit.undo("x", "b", 100);
    after(kit, |hand, seat| hand.end_launch(seat), undo, 100)
}

fn win_blocked<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    let win = kit.win("w", "b", 250);
    after(kit, |hand, seat| hand.block(seat), win, 250)
}

fn undo_blocked<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    let undo = kit.undo("x", "b", 100);
    after(kit, |hand, seat| hand.block(seat), undo, 100)
}

fn win_excluded<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    let win = kit.win("w", "b", 250);
    after(kit, |hand, seat| hand.exclude(seat), win, 250)
}

fn win_signed_out<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    let win = kit.win("w", "b", 250);
    after(kit, |hand, seat| hand.sign_out(seat), win, 250)
}

fn win_withdrawn<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    let win = kit.win("w", "b", 250);
    after(kit, |hand, seat| hand.withdraw_game(seat), win, 250)
}

fn win_closed<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    let win = kit.win("w", "b", 250);
    after(kit, |hand, seat| hand.close_brand(seat), win, 250)
}

fn promo_expired<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let seat = kit.seat.clone();
        kit.hand.end_launch(&seat).await?;
        let given = given(kit).await?;
        kit.judge(&given, &[Class::Done], 300).await?;
        Ok(())
    })
}

fn win_elsewhere<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        kit.done(&kit.bet("b", 100)).await?;
        let seat = kit.seat.clone();
        let token = kit.hand.another_launch(&seat).await?;
        let elsewhere = Seat { token, ..seat };
        kit.sit_down(&elsewhere).await?;
        kit.judge_from(&elsewhere, &kit.win("w", "b", 250), &[Class::Done], 250)
            .await?;
        Ok(())
    })
}

/// How long providers go on saying what was not answered.
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn of_yesterday(kit: &mut Kit<'_>, say: Say, gives: i64) -> Result<(), Stop> {
    kit.driver.outlives_its_time().map_err(Stop::NotSaid)?;
    kit.done(&kit.bet("b", 100)).await?;
    let seat = kit.seat.clone();
    let message = kit.signed_before(A_DAY, &seat, &say)?;
    kit.judge_message((&seat, &say), message, &[Class::Done], gives)
        .await?;
    Ok(())
}

fn win_of_yesterday<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move { of_yesterday(kit, kit.win("w", "b", 250), 250).await })
}

fn undo_of_yesterday<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move { of_yesterday(kit, kit.undo("x", "b", 100), 100).await })
}
