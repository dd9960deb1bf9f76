//! What stands behind the expectations: Spribe's words, and who says so. The same marks as in the module's documentation.

use crate::conformance::{Basis, Point, Rule, Source};
use Source::{OurDecision as O, PublicCode as I, Unverified as U};

/// What is wanted where a case is about `rule`.
pub(super) fn basis(rule: Rule) -> Basis {
    let (sources, says): (&'static [Source], &'static str) = match rule {
        Rule::Of(Point::Repeat | Point::RepeatOfWin | Point::RepeatOfPromotion) => (
            &[I],
            "the same provider_tx_id: 409 with the first answer's id and balances; nothing moves",
        ),
        Rule::Of(Point::Conflict | Point::ConflictOfWin) => {
            (&[O], "the same provider_tx_id with other data: 405")
        }
        Rule::Of(Point::LateBet) => (&[O], "a bet that comes after its rollback moves nothing: 405"),
        Rule::Of(Point::UnknownRollback) => (&[I], "a rollback of the unknown: 408, remembered"),
        Rule::Of(Point::SecondRollback) => {
            (&[I, O], "a bet is given back once: 200 or 409, and nothing moves")
        }
        Rule::Of(Point::WinWithoutBet) => (&[I], "a deposit whose withdrawal is unknown: 408"),
        Rule::Of(Point::WinOfUndone) => (&[O], "a deposit whose withdrawal was rolled back: 408"),
        Rule::Of(Point::RollbackOfSettled) => (&[O], "the stake is given back: 200"),
        Rule::Of(Point::RollbackOfSpent) => (
            &[I],
            "a win that was spent cannot be taken back: 402, and the balance is not cut off at nothing",
        ),
        Rule::Of(Point::UnknownToken) => (&[I], "calls show no token of the operator's but in auth: 401"),
        Rule::Of(Point::UnknownPlayer) => (&[I], "no such player: 401"),
        Rule::Of(Point::Expired) => (&[I], "a launch that is over: 403"),
        Rule::Of(Point::Disabled) => (&[I, O], "a player who is blocked: 405"),
        Rule::Of(Point::UnknownGame) => (&[I, O], "a game that is not offered: 405"),
        Rule::Of(Point::BrandClosed) => (&[O], "a brand that is closed: 405"),
        Rule::Of(Point::ForeignCurrency) => (&[I, O], "another currency than the player's: 405"),
        Rule::Of(Point::OddAmount) => (
            &[I, O],
            "amounts are whole thousandths of the currency: otherwise 405, and nothing moves",
        ),
        Rule::Of(Point::Malformed) => (&[I, O], "a body that cannot be read: 405"),
        Rule::Of(Point::Signature) => (
            &[I],
            "hexadecimal HMAC-SHA256 of time, path with query and raw body in X-Spribe-Client-Signature: otherwise 413, before anything is read",
        ),
        Rule::Of(Point::Limit) => (&[O], "a bet above the largest: 405"),
        Rule::Opening => (
            &[I, O, U],
            "auth shows the launch's token and is told the player and what there is: 200, and again",
        ),
        Rule::UnknownFields => (
            &[O],
            "what is not known is passed over, in the body and in the address; the signature covers both as they are",
        ),
        Rule::AtOnce => (
            &[I, O],
            "every provider_tx_id is done once, however many of it come at once; different ones all count",
        ),
        Rule::BrandsApart => (&[O], "a provider_tx_id is its brand's"),
        Rule::RefusalStays => (&[O], "what was refused under an id stays refused"),
        Rule::Round => (
            &[I, O],
            "a round has any number of withdrawals and deposits, each under its own provider_tx_id",
        ),
        Rule::Together => (&[I], "a call is one transaction"),
        Rule::LateSettle => (
            &[I, O],
            "deposits and rollbacks are taken after the launch, the player's standing or the game ended",
        ),
        Rule::OtherLaunch => (&[O], "session_token says nothing about which round it is"),
        Rule::OwnDecision => (
            &[O],
            "who keeps out by their own decision bets no more; what was bet is settled then, and after they signed out",
        ),
        Rule::Stamps => (
            &[I, O],
            "a time that was signed long ago is taken: deposits and rollbacks are said again for a day",
        ),
        Rule::Promotion => (
            &[I],
            "a deposit of a free bet or prize has no withdrawal and is paid once",
        ),
        Rule::RoundEnd => (&[I], "a round's end is not told"),
        Rule::Nothing => (&[O], "amounts of 0: 200"),
        Rule::FreeRound => (&[I], "of a free bet only what it wins is told"),
        Rule::OtherGame => (&[O], "the game may change within a launch"),
        Rule::Rollback => (
            &[I, O],
            "a rollback gives back what its withdrawal took, to where it came from",
        ),
        Rule::LostAnswer => (
            &[I],
            "a withdrawal whose answer did not arrive is rolled back; said again it is done once",
        ),
        Rule::Order => (
            &[I, O],
            "what comes in another order than it was made comes to the same in the end",
        ),
        Rule::NoFunds => (&[I, O], "402, with what the player has"),
        Rule::Ids => (&[O], "provider_tx_id is case-sensitive text, action_id any text"),
        Rule::Digits => (&[I], "amounts are whole thousandths, exactly"),
        Rule::Foreign => (
            &[O],
            "a reference to another player's or brand's transaction is one to nothing",
        ),
    };
    Basis::new(sources, says)
}
