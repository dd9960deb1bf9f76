//! What stands behind the expectations: Hub88's words, and who says so. The same marks as in the module's documentation.

use crate::conformance::{Basis, Point, Rule, Source};
use Source::{Documentation as P, OurDecision as O, PublicCode as I};

/// What is wanted where a case is about `rule`.
pub(super) fn basis(rule: Rule) -> Basis {
    let (sources, says): (&'static [Source], &'static str) = match rule {
        Rule::Of(Point::Repeat | Point::RepeatOfWin | Point::RepeatOfPromotion) => (
            &[P],
            "the same transaction_uuid with the same data: the same answer, RS_OK and the first balance, and nothing moves",
        ),
        Rule::Of(Point::Conflict | Point::ConflictOfWin) => (
            &[P],
            "the same transaction_uuid with another reference, amount, currency, round, user or game: RS_ERROR_DUPLICATE_TRANSACTION",
        ),
        Rule::Of(Point::LateBet) => (
            &[O],
            "a bet that comes after its rollback moves nothing and is answered RS_ERROR_TRANSACTION_DOES_NOT_EXIST: RS_OK would say that a stake was taken",
        ),
        Rule::Of(Point::UnknownRollback) => (&[I, O], "a rollback of what is not found: RS_OK, remembered"),
        Rule::Of(Point::SecondRollback) => (
            &[P, O],
            "a bet is given back once; another rollback of it is RS_OK and moves nothing",
        ),
        Rule::Of(Point::WinWithoutBet) => (
            &[P],
            "a win whose bet is unknown: RS_ERROR_TRANSACTION_DOES_NOT_EXIST",
        ),
        Rule::Of(Point::WinOfUndone) => (
            &[P, O],
            "a win whose bet was rolled back: RS_ERROR_TRANSACTION_DOES_NOT_EXIST",
        ),
        Rule::Of(Point::RollbackOfSettled) => (
            &[O],
            "a rollback of a bet that was won gives the stake back: RS_OK",
        ),
        Rule::Of(Point::RollbackOfSpent) => (
            &[O],
            "a win that was spent cannot be taken back: RS_ERROR_NOT_ENOUGH_MONEY, and the balance is not cut off at nothing",
        ),
        Rule::Of(Point::UnknownToken) => (
            &[P],
            "a token that was not issued, or to somebody else: RS_ERROR_INVALID_TOKEN, for wins too",
        ),
        Rule::Of(Point::UnknownPlayer) => (&[O], "the protocol has no status for it: RS_ERROR_INVALID_TOKEN"),
        Rule::Of(Point::Expired) => (&[P], "a bet after the token's time: RS_ERROR_TOKEN_EXPIRED"),
        Rule::Of(Point::Disabled) => (&[P], "a bet of a player who is blocked: RS_ERROR_USER_DISABLED"),
        Rule::Of(Point::UnknownGame) => (&[P], "a bet in a game that is not offered: RS_ERROR_INVALID_GAME"),
        Rule::Of(Point::BrandClosed) => (
            &[P, O],
            "a bet at a brand that is closed: RS_ERROR_INVALID_PARTNER",
        ),
        Rule::Of(Point::ForeignCurrency) => (
            &[P],
            "another currency than the player's: RS_ERROR_WRONG_CURRENCY",
        ),
        Rule::Of(Point::OddAmount) => (
            &[P, O],
            "amounts are int64 hundred-thousandths: a negative one or one finer than the currency is RS_ERROR_WRONG_SYNTAX, what is no int64 RS_ERROR_WRONG_TYPES; nothing moves",
        ),
        Rule::Of(Point::Malformed) => (&[P], "a body that cannot be read: RS_ERROR_WRONG_SYNTAX"),
        Rule::Of(Point::Signature) => (
            &[P],
            "RSA-SHA256 over the raw body, verified before anything is read: otherwise RS_ERROR_INVALID_SIGNATURE",
        ),
        Rule::Of(Point::Limit) => (&[P], "a bet above the largest: RS_ERROR_LIMIT_REACHED"),
        Rule::Opening => (&[O], "nothing is said when a player sits down"),
        Rule::UnknownFields => (
            &[O],
            "fields that are not known are passed over; the signature covers the body as it is",
        ),
        Rule::AtOnce => (
            &[P, O],
            "every transaction_uuid is done once, however many of it come at once (idempotency); different ones all count",
        ),
        Rule::BrandsApart => (&[O], "a transaction_uuid is its brand's"),
        Rule::RefusalStays => (
            &[O],
            "what was refused under an id stays refused: the provider uses a new one",
        ),
        Rule::Round => (
            &[P, O],
            "a round has any number of bets and wins, each under its own transaction_uuid",
        ),
        Rule::Together => (&[O], "a call is one transaction"),
        Rule::LateSettle => (
            &[P],
            "a token's expiry is not asked of wins and rollbacks, and they are taken from players and games that were blocked since",
        ),
        Rule::OtherLaunch => (
            &[O],
            "any launch of the player's may tell a win; its token must be one that was issued",
        ),
        Rule::OwnDecision => (
            &[O],
            "who keeps out by their own decision bets no more; what was bet is settled then, and after they signed out",
        ),
        Rule::Stamps => (&[P], "a signature covers the body and says no time"),
        Rule::Promotion => (
            &[P],
            "a supplier's promotional win needs no reference and is paid once",
        ),
        Rule::RoundEnd => (&[P], "a round ends with a bet or win that says round_closed"),
        Rule::Nothing => (&[P], "bets and wins of 0 are RS_OK"),
        Rule::FreeRound => (&[P, O], "a free bet takes nothing"),
        Rule::OtherGame => (
            &[P],
            "game_code may change within a launch to another game of the brand (live lobbies)",
        ),
        Rule::Rollback => (
            &[P, O],
            "a rollback gives back what its bet took, to where it came from",
        ),
        Rule::LostAnswer => (
            &[P],
            "a bet whose answer did not arrive is rolled back; said again it is done once",
        ),
        Rule::Order => (
            &[P, O],
            "what comes in another order than it was made comes to the same in the end",
        ),
        Rule::NoFunds => (&[P], "RS_ERROR_NOT_ENOUGH_MONEY, with the balance there is"),
        Rule::Ids => (&[O], "transaction_uuid is case-sensitive text, round any text"),
        Rule::Digits => (&[P], "3.56 is 356000, exactly: amounts are no floats"),
        Rule::Foreign => (
            &[O],
            "a reference to another player's or brand's transaction is one to nothing",
        ),
    };
    Basis::new(sources, says)
}
