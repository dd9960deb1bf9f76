//! What stands behind the expectations: Slotegrator's words, and who says so. The same marks as in the module's documentation.

use crate::conformance::{Basis, Point, Rule, Source};
use Source::{Digest as S, OurDecision as O, PublicCode as I, Unverified as U};

/// What is wanted where a case is about `rule`.
pub(super) fn basis(rule: Rule) -> Basis {
    let (sources, says): (&'static [Source], &'static str) = match rule {
        Rule::Of(Point::Repeat | Point::RepeatOfWin | Point::RepeatOfPromotion) => (
            &[I],
            "the same transaction_id: the first transaction_id of the operator's and the balance there is; nothing moves",
        ),
        Rule::Of(Point::Conflict | Point::ConflictOfWin) => {
            (&[O, U], "the same transaction_id with other data: INTERNAL_ERROR")
        }
        Rule::Of(Point::LateBet) => (
            &[I],
            "a bet that comes after its refund succeeds and moves nothing",
        ),
        Rule::Of(Point::UnknownRollback) => (
            &[S, I],
            "a refund of a bet that was never seen succeeds and is remembered; one that names a win succeeds, and the win stands",
        ),
        Rule::Of(Point::SecondRollback) => (
            &[I],
            "a bet is given back once, whatever the refund's transaction_id; again it succeeds and moves nothing",
        ),
        Rule::Of(Point::WinWithoutBet) => (&[O], "a win names its round and no bet, and is paid"),
        Rule::Of(Point::WinOfUndone) => (&[O], "a win names no bet and is paid"),
        Rule::Of(Point::RollbackOfSettled) => (&[O], "the stake is given back"),
        Rule::Of(Point::RollbackOfSpent) => (
            &[O],
            "a win that was spent cannot be taken back: INSUFFICIENT_FUNDS, and the balance is not cut off at nothing",
        ),
        Rule::Of(Point::UnknownToken) => (
            &[I, O],
            "a session that was not opened, or by somebody else: INTERNAL_ERROR",
        ),
        Rule::Of(Point::UnknownPlayer) => (&[I], "no such player: INTERNAL_ERROR"),
        Rule::Of(Point::Expired) => (&[I, O], "a session that is over: INTERNAL_ERROR"),
        Rule::Of(Point::Disabled) => (&[I], "a player who is blocked: INTERNAL_ERROR"),
        Rule::Of(Point::UnknownGame) => (&[I], "a game that is not offered: INTERNAL_ERROR"),
        Rule::Of(Point::BrandClosed) => (&[O], "a brand that is closed: INTERNAL_ERROR"),
        Rule::Of(Point::ForeignCurrency) => (&[I], "another currency than the session's: INTERNAL_ERROR"),
        Rule::Of(Point::OddAmount) => (
            &[I, O],
            "an amount that is negative, finer than the currency or no number: INTERNAL_ERROR, and nothing moves",
        ),
        Rule::Of(Point::Malformed) => (&[I], "parameters that are missing: INTERNAL_ERROR"),
        Rule::Of(Point::Signature) => (
            &[S, I],
            "hexadecimal HMAC-SHA1 of all parameters that came and of the headers, sorted, as http_build_query writes them, in X-Sign: otherwise INTERNAL_ERROR that says so in words, before anything is read",
        ),
        Rule::Of(Point::Limit) => (&[O], "a bet above the largest: INTERNAL_ERROR"),
        Rule::Opening => (&[O], "nothing is said when a player sits down"),
        Rule::UnknownFields => (&[S, I], "X-Sign covers every parameter that came, known or not"),
        Rule::AtOnce => (
            &[I, O],
            "every transaction_id is done once, however many of it come at once; different ones all count",
        ),
        Rule::BrandsApart => (&[O], "a transaction_id is its brand's"),
        Rule::RefusalStays => (&[O], "what was refused under an id stays refused"),
        Rule::Round => (
            &[I],
            "a round has any number of bets and wins, each under its own transaction_id",
        ),
        Rule::Together => (
            &[S, I, O],
            "a rollback undoes all that it lists, or nothing; again it is told what it was told; its transaction_id with another list: INTERNAL_ERROR",
        ),
        Rule::LateSettle => (
            &[I, O],
            "wins, refunds and rollbacks are taken after the session, the player's standing or the game ended",
        ),
        Rule::OtherLaunch => (
            &[S],
            "session_id may differ between the bet and the win of a round",
        ),
        Rule::OwnDecision => (
            &[O],
            "who keeps out by their own decision bets no more; what was bet is settled then, and after they signed out",
        ),
        Rule::Stamps => (
            &[O, U],
            "an X-Timestamp of long ago: some operators allow 30 seconds, and whether a retry is signed again nobody says",
        ),
        Rule::Promotion => (&[I, U], "a win of free spins, or of a jackpot, is paid once"),
        Rule::RoundEnd => (&[I], "a round ends with a bet or win that says finished"),
        Rule::Nothing => (&[I, O], "bets and wins of 0 succeed"),
        Rule::FreeRound => (&[O, U], "a bet of type freespin takes nothing"),
        Rule::OtherGame => (&[O], "the game may change within a session"),
        Rule::Rollback => (
            &[S, I],
            "a refund gives back what its bet took, to where it came from",
        ),
        Rule::LostAnswer => (
            &[S, I],
            "a bet whose answer did not arrive is refunded; said again it is done once",
        ),
        Rule::Order => (
            &[I, O],
            "what comes in another order than it was made comes to the same in the end",
        ),
        Rule::NoFunds => (&[S, I], "INSUFFICIENT_FUNDS"),
        Rule::Ids => (&[O], "transaction_id is case-sensitive text, round_id any text"),
        Rule::Digits => (&[I], "amounts are decimals, exactly"),
        Rule::Foreign => (
            &[O],
            "a reference to another player's or brand's transaction is one to nothing",
        ),
    };
    Basis::new(sources, says)
}
