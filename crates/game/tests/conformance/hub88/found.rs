//! Which cases find which fault in an operator that speaks Hub88.

use crate::{
    books::Fault::{self, *},
    faults::ROLLBACKS,
};

/// The fault, and every case that must find it.
pub const FOUND: &[(Fault, &[&str])] = &[
    (
        DoublesDuplicates,
        &[
            "a bet again",
            "a bet again after its win",
            "a bet eight times at once",
            "a bet that was taken, again after the player was blocked",
            "a promotion's win again",
            "a win again",
            "a win eight times at once",
            "very many bets, several at once",
        ],
    ),
    (
        RacesDuplicates,
        &["a bet eight times at once", "a win eight times at once"],
    ),
    (LosesUpdates, &["very many bets, several at once"]),
    (
        IgnoresSignatures,
        &[
            "a bet signed for another one",
            "a bet signed with another key",
            "a bet that is not signed",
            "a bet to which a field was added after it was signed",
            "a bet with one byte changed after it was signed",
            "a body that cannot be read and is not signed",
        ],
    ),
    (
        TakesAnySignature,
        &[
            "a bet signed for another one",
            "a bet signed with another key",
            "a bet to which a field was added after it was signed",
            "a bet with one byte changed after it was signed",
        ],
    ),
    (
        RefusesUnknownFields,
        &[
            "a bet that says something nobody knows",
            "a bet that says something with spaces and signs in it",
        ],
    ),
    (
        ReadsBeforeVerifying,
        &["a body that cannot be read and is not signed"],
    ),
    (
        KeyedByRound,
        &[
            "a bet whose id differs in case alone",
            "a bet's id in another game",
            "a bet's id in another round",
            "a bet's id of another player",
            "a bet's id with another amount",
            "a rollback after the launch ended",
            "a rollback eight times at once",
            "a rollback of a bet",
            "a rollback of a bet that was won",
            "a rollback of a bet whose answer was lost",
            "a rollback of a bet, and the same stake once more",
            "a rollback's id for another bet",
            "a win of a bet that was rolled back",
            "a win of another player's bet",
            "a win that overtook its bet",
            "a win without its bet",
            "a win's id for another bet",
            "a win's id with another amount",
            "the last of amounts that binary fractions do not hold",
            "very many bets, several at once",
        ],
    ),
    (ClampsAtNothing, &["a rollback of a win that was spent"]),
    (
        TakesNegatives,
        &["a bet of less than nothing", "a win of less than nothing"],
    ),
    (
        CutsOffPrecision,
        &["a bet finer than the currency", "a win finer than the currency"],
    ),
    (
        GivesBackTwice,
        &["a second rollback of the same bet under another id"],
    ),
    (NoTombstones, &["a bet that comes after its rollback"]),
    (
        RefusesUnknownRollbacks,
        &[
            "a bet that comes after its rollback",
            "a rollback of a bet that was never seen",
            "a rollback of a bet that was refused",
            "a rollback of another brand's bet",
            "a rollback of another player's bet",
        ],
    ),
    (
        ConflictsAreReplays,
        &[
            "a bet's id in another game",
            "a bet's id in another round",
            "a bet's id of another player",
            "a bet's id with another amount",
            "a rollback's id for another bet",
            "a win's id for another bet",
            "a win's id with another amount",
        ],
    ),
    (
        SettlingsAreReplays,
        &[
            "a rollback's id for another bet",
            "a win's id for another bet",
            "a win's id with another amount",
        ],
    ),
    (GamesAreNoMatter, &["a bet's id in another game"]),
    (
        TakesAnyWin,
        &[
            "a promotion's win in another currency",
            "a win finer than the currency",
            "a win in another currency",
            "a win of less than nothing",
        ],
    ),
    (Floats, &["the last of amounts that binary fractions do not hold"]),
    (TakesForeignReferences, &["a rollback of another player's bet"]),
    (
        WrongBalanceWithoutFunds,
        &[
            "a bet of more than there is",
            "a bet refused for funds, again after a deposit",
        ],
    ),
    (FailsOnMalformed, &["a signed body that is cut short"]),
    (
        ForgetsWithTheConnection,
        &[
            "a bet whose connection was cut, again",
            "a rollback of a bet whose connection was cut, and a bet after it",
        ],
    ),
    (
        ForgetsRefusals,
        &["a bet refused for funds, again after a deposit"],
    ),
    (IgnoresCase, &["a bet whose id differs in case alone"]),
    (
        TakesAnyCurrency,
        &[
            "a bet in another currency",
            "a promotion's win in another currency",
            "a win in another currency",
        ],
    ),
    (
        RefusesLateWins,
        &[
            "a rollback after the launch ended",
            "a win after the launch ended",
        ],
    ),
    (RefusesWinsOfBlocked, &["a win of a player who is blocked since"]),
    (TakesBetsOfBlocked, &["a bet of a player who is blocked"]),
    (BrandsMeet, &["the same bet id at another brand"]),
    (
        RoundsAreNumbers,
        &["a bet in a round whose number is beyond 64 bits"],
    ),
    (RefusesNothing, &["a bet of nothing"]),
    (
        GivesBackHalf,
        &[
            "a rollback after the launch ended",
            "a rollback eight times at once",
            "a rollback of a bet",
            "a rollback of a bet that was won",
            "a rollback of a bet whose answer was lost",
            "a rollback of a bet, and the same stake once more",
        ],
    ),
    (
        PaysWinsWithoutBets,
        &[
            "a win of another player's bet",
            "a win that overtook its bet",
            "a win without its bet",
        ],
    ),
    (PaysWinsOfUndone, &["a win of a bet that was rolled back"]),
    (
        TakesAnyToken,
        &[
            "a bet with another brand's token",
            "a bet with another player's token",
        ],
    ),
    (ChargesFreeBets, &["a free round's bet"]),
    (
        TellsBalanceBefore,
        &[
            "a bet in a round whose number is beyond 64 bits",
            "a bet in another game of the same launch",
            "a bet that says something nobody knows",
            "a bet that says something with spaces and signs in it",
            "a bet whose id differs in case alone",
            "a promotion's win",
            "a rollback after the launch ended",
            "a rollback of a bet",
            "a rollback of a bet that was won",
            "a rollback of a bet whose answer was lost",
            "a rollback of a bet, and the same stake once more",
            "a second win after the round was over",
            "a win after the launch ended",
            "a win of a player who is blocked since",
            "a win that overtook its bet",
            "the last of amounts that binary fractions do not hold",
            "the same bet id at another brand",
            "the second win of a round of three bets",
        ],
    ),
    (
        RepeatsTellNow,
        &["a bet again after its win", "very many bets, several at once"],
    ),
    (
        NoBalanceWithoutFunds,
        &[
            "a bet of more than there is",
            "a bet refused for funds, again after a deposit",
            "a rollback of a bet that was refused",
            "a rollback of a win that was spent",
        ],
    ),
    (
        AnswersAnother,
        &[
            "a bet again after its win",
            "a promotion's win",
            "a promotion's win again",
            "a rollback of a bet that was won",
            "a rollback of a win that was spent",
            "a second win after the round was over",
            "a win after the launch ended",
            "a win again",
            "a win eight times at once",
            "a win of a bet that was rolled back",
            "a win of a player who is blocked since",
            "a win of another player's bet",
            "a win of nothing",
            "a win that overtook its bet",
            "a win without its bet",
            "a win's id for another bet",
            "a win's id with another amount",
            "the last of amounts that binary fractions do not hold",
            "the second win of a round of three bets",
        ],
    ),
    (AnswersNobody, ROLLBACKS),
];
