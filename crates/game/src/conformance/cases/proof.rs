//! Whether a call is the provider's.

use super::Case;
use crate::conformance::{Class, Kit, Point, Rule, Step, Stop};

pub(super) const CASES: &[Case] = &[
    Case {
        group: 1,
        name: "a bet with one byte changed after it was signed",
        rule: Rule::Of(Point::Signature),
        needs: &[],
        run: changed,
    },
    Case {
        group: 1,
        name: "a bet that is not signed",
        rule: Rule::Of(Point::Signature),
        needs: &[],
        run: unsigned,
    },
    Case {
        group: 1,
        name: "a bet signed for another one",
        rule: Rule::Of(Point::Signature),
        needs: &[],
        run: borrowed,
    },
    Case {
        group: 1,
        name: "a bet signed with another key",
        rule: Rule::Of(Point::Signature),
        needs: &[],
        run: another_key,
    },
    Case {
        group: 1,
        name: "a bet that says something nobody knows",
        rule: Rule::UnknownFields,
        needs: &[],
        run: unknown_field,
    },
    Case {
        group: 1,
        name: "a bet whose address says something nobody knows",
        rule: Rule::UnknownFields,
        needs: &[],
        run: longer_address,
    },
    Case {
        group: 1,
        name: "a bet that says something with spaces and signs in it",
        rule: Rule::UnknownFields,
        needs: &[],
        run: escaped,
    },
    Case {
        group: 1,
        name: "a bet to which a field was added after it was signed",
        rule: Rule::Of(Point::Signature),
        needs: &[],
        run: added,
    },
    Case {
        group: 1,
        name: "a body that cannot be read and is not signed",
        rule: Rule::Of(Point::Signature),
        needs: &[],
        run: unread,
    },
];

fn changed<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        if !kit.driver.signs_bodies() {
            return Err(Stop::NotSaid("what proves a call does not cover its body"));
        }
        let (seat, bet) = (kit.seat.clone(), kit.bet("b", 100));
        let mut message = kit.signed(&seat, &bet)?;
        let at = message.body.len() / 2;
        match message.body.get_mut(at) {
            Some(byte) => *byte ^= 1,
            None => return Err(Stop::NotSaid("a call has no body")),
        }
        let wanted = kit.wants(Point::Signature);
        kit.judge_message((&seat, &bet), message, wanted, 0).await?;
        Ok(())
    })
}

fn unsigned<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let (seat, bet) = (kit.seat.clone(), kit.bet("b", 100));
        let message = kit.driver.phrase(&seat, &bet).map_err(Stop::NotSaid)?;
        let wanted = kit.wants(Point::Signature);
        kit.judge_message((&seat, &bet), message, wanted, 0).await?;
        Ok(())
    })
}

fn borrowed<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let (seat, bet) = (kit.seat.clone(), kit.bet("b", 100));
        let other = kit.bet("other", 1_000);
        let mut message = kit.signed(&seat, &bet)?;
        let signed = kit.signed(&seat, &other)?;
        if message.headers == signed.headers {
            return Err(Stop::NotSaid("the signature is not in the headers"));
        }
        message.headers = signed.headers;
        let wanted = kit.wants(Point::Signature);
        kit.judge_message((&seat, &bet), message, wanted, 0).await?;
        Ok(())
    })
}

/// A key of the provider's kind that is nobody's.
fn another_key<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let (seat, bet) = (kit.seat.clone(), kit.bet("b", 100));
        let message = kit.driver.phrase(&seat, &bet).map_err(Stop::NotSaid)?;
        let message = kit.sign_with_another(message)?;
        let wanted = kit.wants(Point::Signature);
        kit.judge_message((&seat, &bet), message, wanted, 0).await?;
        Ok(())
    })
}

/// Protocols grow. What is added is signed with the rest, and is no reason to refuse a call.
fn unknown_field<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let (seat, bet) = (kit.seat.clone(), kit.bet("b", 100));
        let message = kit.driver.phrase(&seat, &bet).map_err(Stop::NotSaid)?;
        let message = kit.sign(message.with_field("knownToNobody", "new"));
        kit.judge_message((&seat, &bet), message, &[Class::Done], -100)
            .await?;
        Ok(())
    })
}

/// The same of an address, where that is signed or has the proof in it: it is taken as it came.
fn longer_address<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        if !kit.driver.proves_in_addresses() {
            return Err(Stop::NotSaid(
                "what proves a call has nothing to do with its address",
            ));
        }
        let (seat, bet) = (kit.seat.clone(), kit.bet("b", 100));
        let mut message = kit.driver.phrase(&seat, &bet).map_err(Stop::NotSaid)?;
        message.path.push_str("?knownToNobody=new");
        let message = kit.sign(message);
        kit.judge_message((&seat, &bet), message, &[Class::Done], -100)
            .await?;
        Ok(())
    })
}

/// What is written in more than one way, in forms above all, is proven as the protocol writes it.
fn escaped<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let (seat, bet) = (kit.seat.clone(), kit.bet("b", 100));
        let message = kit.driver.phrase(&seat, &bet).map_err(Stop::NotSaid)?;
        let message = kit.sign(message.with_field("knownToNobody", "what is new: 1/2"));
        kit.judge_message((&seat, &bet), message, &[Class::Done], -100)
            .await?;
        Ok(())
    })
}

/// Whoever proves no more than it knows takes what anybody adds.
fn added<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        if !kit.driver.signs_bodies() {
            return Err(Stop::NotSaid("what proves a call does not cover its body"));
        }
        let (seat, bet) = (kit.seat.clone(), kit.bet("b", 100));
        let message = kit.signed(&seat, &bet)?.with_field("knownToNobody", "new");
        let wanted = kit.wants(Point::Signature);
        kit.judge_message((&seat, &bet), message, wanted, 0).await?;
        Ok(())
    })
}

/// Whoever reads before it verifies says what is wrong with the body.
fn unread<'k>(kit: &'k mut Kit<'_>) -> Step<'k, ()> {
    Box::pin(async move {
        let (seat, bet) = (kit.seat.clone(), kit.bet("b", 100));
        let mut message = kit.driver.phrase(&seat, &bet).map_err(Stop::NotSaid)?;
        message.body.truncate(message.body.len() / 2);
        let wanted = kit.wants(Point::Signature);
        kit.judge_message((&seat, &bet), message, wanted, 0).await?;
        Ok(())
    })
}
