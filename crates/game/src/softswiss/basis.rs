//! What stands behind the expectations: SOFTSWISS's words, and who says so. The same marks as in the module's documentation.

use crate::conformance::{Basis, Point, Rule, Source};
use Source::{OurDecision as O, PublicCode as I, Unverified as U};

/// What is wanted where a case is about `rule`.
pub(super) fn basis(rule: Rule) -> Basis {
    let (sources, says): (&'static [Source], &'static str) = match rule {
        Rule::Of(Point::Repeat | Point::RepeatOfWin | Point::RepeatOfPromotion) => (
            &[I],
            "the same action_id: 200 with its first tx_id and the balance there is; nothing moves",
        ),
        Rule::Of(Point::Conflict | Point::ConflictOfWin) => {
            (&[U], "the same action_id with other data: 412 with code 155")
        }
        Rule::Of(Point::LateBet) => (
            &[I],
            "an action whose rollback came first: 200 with a tx_id, and no money",
        ),
        Rule::Of(Point::UnknownRollback) => (&[I], "a rollback before its original: 200, remembered"),
        Rule::Of(Point::SecondRollback) => (
            &[I],
            "an action is undone once; a rollback again is 200 and moves nothing",
        ),
        Rule::Of(Point::WinWithoutBet) | Rule::Of(Point::WinOfUndone) => {
            (&[I], "a win names no bet and is paid: 200")
        }
        Rule::Of(Point::RollbackOfSettled) => (&[O], "the stake is given back: 200"),
        Rule::Of(Point::RollbackOfSpent) => (
            &[O],
            "a win that was spent cannot be taken back: 412 with code 100, and the balance is not cut off at nothing",
        ),
        Rule::Of(Point::UnknownToken) => (&[U], "calls show no token of the operator's"),
        Rule::Of(Point::UnknownPlayer) => (&[I], "no such player: 412 with code 101"),
        Rule::Of(Point::Expired) => (&[U], "a launch that is over: 412 with code 101"),
        Rule::Of(Point::Disabled) => (&[I], "a player who is blocked: 412 with code 110"),
        Rule::Of(Point::UnknownGame) => (&[I], "a game that is not offered: 412 with code 107"),
        Rule::Of(Point::BrandClosed) => (&[U], "a brand that is closed: 412 with code 110"),
        Rule::Of(Point::ForeignCurrency) => (&[I], "another currency than the player's: 412 with code 154"),
        Rule::Of(Point::OddAmount) => (
            &[I, O],
            "amounts are whole minor units: otherwise 400, and nothing moves",
        ),
        Rule::Of(Point::Malformed) => (&[I], "a body that cannot be read: 400"),
        Rule::Of(Point::Signature) => (
            &[I],
            "hexadecimal HMAC-SHA256 of the raw body in X-REQUEST-SIGN: otherwise 403, before anything is read",
        ),
        Rule::Of(Point::Limit) => (&[I], "a bet above the largest: 412 with code 106"),
        Rule::Opening => (&[O], "nothing is said when a player sits down"),
        Rule::UnknownFields => (
            &[O],
            "fields that are not known are passed over; the signature covers the body as it is",
        ),
        Rule::AtOnce => (
            &[I, O],
            "every action_id is done once, however many of it come at once; different ones all count",
        ),
        Rule::BrandsApart => (&[O], "an action_id is its brand's"),
        Rule::RefusalStays => (&[O], "what was refused under an id stays refused"),
        Rule::Round => (
            &[I],
            "a round has any number of bets and wins, each under its own action_id",
        ),
        Rule::Together => (
            &[I, O],
            "a call's actions stand or fall together; one that was done before has its tx_id while the others are still done, rollbacks too; no win of a call pays for its bet",
        ),
        Rule::LateSettle => (
            &[I],
            "wins and rollbacks are taken after the launch, the player's standing or the game ended",
        ),
        Rule::OtherLaunch => (&[I], "session_id says nothing about which round it is"),
        Rule::OwnDecision => (
            &[O],
            "who keeps out by their own decision bets no more; what was bet is settled then, and after they signed out",
        ),
        Rule::Stamps => (&[I], "a signature covers the body and says no time"),
        Rule::Promotion => (&[I, O], "what free spins won is paid once, at their last status"),
        Rule::RoundEnd => (
            &[I, O],
            "a call with no actions that says finished ends the round: 200, and again",
        ),
        Rule::Nothing => (&[I], "bets and wins of 0: 200"),
        Rule::FreeRound => (&[I], "free spins are told once they are played, in one sum"),
        Rule::OtherGame => (&[O], "the game may change within a launch"),
        Rule::Rollback => (
            &[I],
            "a rollback gives back what its original took, to where it came from",
        ),
        Rule::LostAnswer => (
            &[I],
            "an action whose answer did not arrive is rolled back; said again it is done once",
        ),
        Rule::Order => (
            &[I],
            "what comes in another order than it was made comes to the same in the end",
        ),
        Rule::NoFunds => (&[I], "412 with code 100, and the balance there is"),
        Rule::Ids => (&[O], "action_id is case-sensitive text, game_id any text"),
        Rule::Digits => (&[I], "amounts are whole minor units, exactly"),
        Rule::Foreign => (
            &[O],
            "a reference to another player's or brand's action is one to nothing",
        ),
    };
    Basis::new(sources, says)
}
