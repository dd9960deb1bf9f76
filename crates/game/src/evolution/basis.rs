//! What stands behind the expectations: Evolution's words, and who says so. The same marks as in the module's documentation.

use crate::conformance::{Basis, Point, Rule, Source};
use Source::{OurDecision as O, PublicCode as I};

/// What is wanted where a case is about `rule`.
pub(super) fn basis(rule: Rule) -> Basis {
    let (sources, says): (&'static [Source], &'static str) = match rule {
        Rule::Of(Point::Repeat | Point::RepeatOfWin | Point::RepeatOfPromotion) => (
            &[I],
            "a debit again: BET_ALREADY_EXIST; a credit again: BET_ALREADY_SETTLED; a promotion again: OK; nothing moves",
        ),
        Rule::Of(Point::Conflict) => (&[O], "the same refId with other data: FINAL_ERROR_ACTION_FAILED"),
        Rule::Of(Point::ConflictOfWin) => (
            &[I, O],
            "a second credit of a bet, whatever it says: BET_ALREADY_SETTLED",
        ),
        Rule::Of(Point::LateBet) => (
            &[I],
            "a debit after its cancel: FINAL_ERROR_ACTION_FAILED, and nothing moves",
        ),
        Rule::Of(Point::UnknownRollback) => (&[I], "a cancel of the unknown: BET_DOES_NOT_EXIST, remembered"),
        Rule::Of(Point::SecondRollback) => (
            &[I],
            "a cancel again: BET_ALREADY_SETTLED or OK, and nothing moves",
        ),
        Rule::Of(Point::WinWithoutBet) => (&[I], "a credit of the unknown: BET_DOES_NOT_EXIST"),
        Rule::Of(Point::WinOfUndone) => (&[I], "a credit of a cancelled bet: BET_ALREADY_SETTLED"),
        Rule::Of(Point::RollbackOfSettled) => (&[I], "a cancel of a credited bet: BET_ALREADY_SETTLED"),
        Rule::Of(Point::RollbackOfSpent) => (&[I], "only bets are cancelled"),
        Rule::Of(Point::UnknownToken) => (
            &[I, O],
            "a sid that is not this player's: INVALID_SID, for credits too",
        ),
        Rule::Of(Point::UnknownPlayer) => (&[I], "no such player: INVALID_PARAMETER"),
        Rule::Of(Point::Expired) => (&[I, O], "a debit after the sid's time: INVALID_SID"),
        Rule::Of(Point::Disabled) => (&[I], "a player who is blocked: ACCOUNT_LOCKED"),
        Rule::Of(Point::UnknownGame) => (&[O], "a game that is not offered: FINAL_ERROR_ACTION_FAILED"),
        Rule::Of(Point::BrandClosed) => (&[O], "a brand that is closed: FINAL_ERROR_ACTION_FAILED"),
        Rule::Of(Point::ForeignCurrency) => {
            (&[I, O], "another currency than the player's: INVALID_PARAMETER")
        }
        Rule::Of(Point::OddAmount) => (
            &[I, O],
            "decimals of at most 6 digits, no finer than the currency, not negative: otherwise INVALID_PARAMETER, and nothing moves",
        ),
        Rule::Of(Point::Malformed) => (&[I], "a body that cannot be read: INVALID_PARAMETER"),
        Rule::Of(Point::Signature) => (
            &[I],
            "authToken in the query is the provider's: otherwise INVALID_TOKEN_ID, before anything is read",
        ),
        Rule::Of(Point::Limit) => (&[O], "a bet above the largest: FINAL_ERROR_ACTION_FAILED"),
        Rule::Opening => (&[I, O], "check shows the sid and is told one: OK, and again"),
        Rule::UnknownFields => (
            &[O],
            "what is not known is passed over, in the body and in the address",
        ),
        Rule::AtOnce => (
            &[I],
            "every bet is debited, credited or cancelled once, however many of a call come at once; different ones all count",
        ),
        Rule::BrandsApart => (&[O], "a refId is its brand's"),
        Rule::RefusalStays => (&[O], "what was refused under a refId stays refused"),
        Rule::Round => (
            &[I],
            "a round has any number of debits, each with one credit or cancel",
        ),
        Rule::Together => (&[I], "a call is one transaction"),
        Rule::LateSettle => (
            &[I],
            "credits, cancels and promotions are taken with a sid that is over, from players and games that were blocked since",
        ),
        Rule::OtherLaunch => (&[I, O], "any sid of the player's may tell a credit"),
        Rule::OwnDecision => (
            &[O],
            "who keeps out by their own decision bets no more; what was bet is settled then, and after they signed out",
        ),
        Rule::Stamps => (&[I], "a call says no time"),
        Rule::Promotion => (&[I], "a promotion's payout is paid once"),
        Rule::RoundEnd => (&[I], "every bet is credited or cancelled by itself"),
        Rule::Nothing => (&[I], "credits of 0: OK"),
        Rule::FreeRound => (&[I], "free rounds are told once they are played, in one sum"),
        Rule::OtherGame => (&[I, O], "the table may change within a sid"),
        Rule::Rollback => (
            &[I, O],
            "a cancel gives back the whole debit, to where it came from",
        ),
        Rule::LostAnswer => (
            &[I],
            "a debit whose answer did not arrive is cancelled; said again it is done once",
        ),
        Rule::Order => (
            &[I, O],
            "what comes in another order than it was made comes to the same in the end",
        ),
        Rule::NoFunds => (&[I, O], "INSUFFICIENT_FUNDS, with the balance there is"),
        Rule::Ids => (&[O], "refId is case-sensitive text, game.id any text"),
        Rule::Digits => (&[I], "amounts are decimals, exactly"),
        Rule::Foreign => (
            &[O],
            "a reference to another player's or brand's bet is one to nothing",
        ),
    };
    Basis::new(sources, says)
}
