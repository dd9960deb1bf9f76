//! What stands behind the expectations: Pragmatic Play's words, and who says so. The same marks as in the module's documentation.

use crate::conformance::{Basis, Point, Rule, Source};
use Source::{Digest as S, OurDecision as O, PublicCode as I};

/// What is wanted where a case is about `rule`.
pub(super) fn basis(rule: Rule) -> Basis {
    let (sources, says): (&'static [Source], &'static str) = match rule {
        Rule::Of(Point::Repeat | Point::RepeatOfWin | Point::RepeatOfPromotion) => (
            &[S, O],
            "the same reference: error 0, the first transactionId, the cash there is; nothing moves",
        ),
        Rule::Of(Point::Conflict | Point::ConflictOfWin) => (
            &[O],
            "the same reference with another amount, round, game or player: 120, after which the provider does not refund",
        ),
        Rule::Of(Point::LateBet) => (&[S, O], "a bet that comes after its refund moves nothing: 120"),
        Rule::Of(Point::UnknownRollback) => (
            &[S, O],
            "a refund of a bet that was never seen, or of what was won: error 0, and no money",
        ),
        Rule::Of(Point::SecondRollback) => (
            &[S],
            "a bet is refunded once; again it is error 0 and moves nothing",
        ),
        Rule::Of(Point::WinWithoutBet) => (
            &[S, I],
            "a result names its round and no bet, and is paid: error 0",
        ),
        Rule::Of(Point::WinOfUndone) => (&[S, O], "a result names no bet and is paid: error 0"),
        Rule::Of(Point::RollbackOfSettled) => (&[O], "the stake is given back: error 0"),
        Rule::Of(Point::RollbackOfSpent) => (&[S], "a win is never undone"),
        Rule::Of(Point::UnknownToken) => (&[S], "a token that was not issued, or to somebody else: 4"),
        Rule::Of(Point::UnknownPlayer) => (&[S], "no such player: 2"),
        Rule::Of(Point::Expired) => (&[S], "a bet after the token's time: 4"),
        Rule::Of(Point::Disabled) => (&[S], "a player who is blocked: 6"),
        Rule::Of(Point::UnknownGame) => (&[S], "a bet in a game that is disabled: 8"),
        Rule::Of(Point::BrandClosed) => (&[O], "a brand that is closed: 3"),
        Rule::Of(Point::ForeignCurrency) => (
            &[S, O],
            "promoWin alone names a currency: another than the player's is 7",
        ),
        Rule::Of(Point::OddAmount) => (
            &[S, O],
            "an amount that is negative, finer than the currency or no number: 7, and nothing moves",
        ),
        Rule::Of(Point::Malformed) => (&[S, O], "parameters that are missing: 7"),
        Rule::Of(Point::Signature) => (
            &[S, I],
            "hash is the MD5 of all parameters that came but itself, decoded and sorted, with the secret after them: otherwise 5, before anything is read",
        ),
        Rule::Of(Point::Limit) => (&[S], "a bet above the largest: 310"),
        Rule::Opening => (
            &[S, O],
            "authenticate shows the launch's token and is told whose it is: error 0, and again",
        ),
        Rule::UnknownFields => (
            &[S],
            "hash covers every parameter that came, known or not; new ones may come",
        ),
        Rule::AtOnce => (
            &[S, O],
            "every reference is done once, however many of it come at once; different ones all count",
        ),
        Rule::BrandsApart => (&[O], "a reference is its brand's"),
        Rule::RefusalStays => (&[O], "what was refused under a reference stays refused"),
        Rule::Round => (&[S, I], "a round has any number of bets, and a result"),
        Rule::Together => (&[S], "a call has one transaction of a round"),
        Rule::LateSettle => (
            &[S],
            "results and refunds are taken after the launch, the player's standing or the game ended",
        ),
        Rule::OtherLaunch => (&[S, O], "any token of the player's may tell a result"),
        Rule::OwnDecision => (
            &[O],
            "who keeps out by their own decision bets no more; what was bet is settled then, and after they signed out",
        ),
        Rule::Stamps => (
            &[S],
            "timestamp is a parameter like any other: results and refunds are said again for 24 h",
        ),
        Rule::Promotion => (
            &[S],
            "promoWin, jackpotWin and the prize that a result brings along are paid once under their references; they may come long after play",
        ),
        Rule::RoundEnd => (&[S], "endRound moves no money and may be repeated"),
        Rule::Nothing => (&[S], "bets and results of 0: error 0"),
        Rule::FreeRound => (&[S], "a bet with a bonusCode takes nothing"),
        Rule::OtherGame => (&[O], "the game may change within a launch"),
        Rule::Rollback => (
            &[S],
            "a refund gives back what its bet took, to where it came from",
        ),
        Rule::LostAnswer => (
            &[S],
            "a bet whose answer did not arrive is refunded; said again it is done once",
        ),
        Rule::Order => (
            &[S, O],
            "what comes in another order than it was made comes to the same in the end",
        ),
        Rule::NoFunds => (&[S, O], "error 1, with the cash there is"),
        Rule::Ids => (&[S], "reference is case-sensitive text"),
        Rule::Digits => (&[S, O], "amounts are decimals, exactly"),
        Rule::Foreign => (
            &[O],
            "a reference to another player's or brand's bet is one to nothing",
        ),
    };
    Basis::new(sources, says)
}
