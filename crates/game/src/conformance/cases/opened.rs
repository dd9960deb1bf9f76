//! Who sits down, where a protocol has that told.

use super::{Case, standing::forged};
use crate::conformance::{Class, Kit, Point, Rule, Say, Seat, Step};

pub(super) const CASES: &[Case] = &[
    Case {
        group: 9,
        name: "a player who sits down",
        rule: Rule::Opening,
        needs: &[],
        run: with_their_token,
    },
    Case {
        group: 9,
        name: "a player who sits down with a token that was never issued",
        rule: Rule::Of(Point::UnknownToken),
        needs: &[],
        run: with_none,
    },
];

/// And again: a window may be loaded anew.
fn with_their_token<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        kit.done(&Say::Open).await?;
        kit.judge(&Say::Open, &[Class::Done], 0).await?;
        Ok(())
    })
}

/// Where no other call shows a token, this is where it is looked at.
fn with_none<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let seat = Seat {
            token: forged(&kit.seat.token),
            ..kit.seat.clone()
        };
        let wanted = kit.wants(Point::UnknownToken);
        kit.judge_from(&seat, &Say::Open, wanted, 0).await?;
        Ok(())
    })
}
