//! Every fault that is planted is found, and the report names where; without one, nothing is.

use std::collections::BTreeSet;

use croupier_game::conformance::{Verdict, cases::Case, report::Report};

use crate::{
    answers::IN_ANSWERS,
    books::Fault::{self, *},
    operator::Operator,
};

fn failed(report: &Report) -> BTreeSet<&'static str> {
    let failed = report
        .cases
        .iter()
        .filter(|ended| matches!(ended.verdict, Verdict::Failed(_)));
    failed.map(|ended| ended.case.name).collect()
}

fn all(_: &Case) -> bool {
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_without_a_fault_passes_whether_its_cases_have_players_of_their_own_or_one() {
    for name in ["hub88", "softswiss"] {
        for one_player in [false, true] {
            let operator = Operator::open_as(name, None, one_player, None).await;
            let report = operator.play(&all).await;
            let wrong: Vec<_> = report
                .cases
                .iter()
                .filter(|ended| matches!(ended.verdict, Verdict::Failed(_)))
                .collect();
            assert!(
                report.held() && wrong.is_empty(),
                "{name} {one_player}: {wrong:#?}"
            );
            // What is not run says what it needs, and was not begun.
            for ended in &report.cases {
                if let Verdict::NotRun(why) = &ended.verdict {
                    assert!(why.starts_with("needs what this operator has not: "), "{why}");
                    assert!(
                        ended.exchanges.is_empty(),
                        "{:?} needed {why} and was begun",
                        ended.case
                    );
                }
            }
            assert!(
                report.counts().held >= if one_player { 45 } else { 55 },
                "{name}: {:?}",
                report.counts()
            );
        }
    }
}

/// What depends on who comes first: these may find other faults, too.
const OF_THE_MOMENT: [&str; 5] = [
    "a bet eight times at once",
    "bets and their rollbacks at once, and a bet after them",
    "a bet whose connection was cut, again",
    "a rollback of a bet whose connection was cut, and a bet after it",
    "very many bets, several at once",
];

/// The fault, the protocol, and every case that must find it.
const PLANTED: &[(Fault, &str, &[&str])] = &[
    (
        DoublesDuplicates,
        "hub88",
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
        "hub88",
        &["a bet eight times at once", "a win eight times at once"],
    ),
    (LosesUpdates, "hub88", &["very many bets, several at once"]),
    (
        IgnoresSignatures,
        "hub88",
        &[
            "a bet signed for another one",
            "a bet signed with another key",
            "a bet that is not signed",
            "a bet with one byte changed after it was signed",
            "a body that cannot be read and is not signed",
        ],
    ),
    (
        TakesAnySignature,
        "hub88",
        &[
            "a bet signed for another one",
            "a bet signed with another key",
            "a bet with one byte changed after it was signed",
        ],
    ),
    (
        RefusesUnknownFields,
        "hub88",
        &["a bet that says something nobody knows"],
    ),
    (
        ReadsBeforeVerifying,
        "hub88",
        &["a body that cannot be read and is not signed"],
    ),
    (
        KeyedByRound,
        "hub88",
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
    (ClampsAtNothing, "hub88", &["a rollback of a win that was spent"]),
    (
        TakesNegatives,
        "hub88",
        &["a bet of less than nothing", "a win of less than nothing"],
    ),
    (
        CutsOffPrecision,
        "hub88",
        &["a bet finer than the currency", "a win finer than the currency"],
    ),
    (
        GivesBackTwice,
        "hub88",
        &["a second rollback of the same bet under another id"],
    ),
    (NoTombstones, "hub88", &["a bet that comes after its rollback"]),
    (
        ConflictsAreReplays,
        "hub88",
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
        "hub88",
        &[
            "a rollback's id for another bet",
            "a win's id for another bet",
            "a win's id with another amount",
        ],
    ),
    (GamesAreNoMatter, "hub88", &["a bet's id in another game"]),
    (
        TakesAnyWin,
        "hub88",
        &[
            "a win finer than the currency",
            "a win in another currency",
            "a win of less than nothing",
        ],
    ),
    (
        Floats,
        "hub88",
        &["the last of amounts that binary fractions do not hold"],
    ),
    (
        TakesForeignReferences,
        "hub88",
        &["a rollback of another player's bet"],
    ),
    (
        WrongBalanceWithoutFunds,
        "hub88",
        &[
            "a bet of more than there is",
            "a bet refused for funds, again after a deposit",
        ],
    ),
    (FailsOnMalformed, "hub88", &["a signed body that is cut short"]),
    (
        ForgetsWithTheConnection,
        "hub88",
        &[
            "a bet whose connection was cut, again",
            "a rollback of a bet whose connection was cut, and a bet after it",
        ],
    ),
    (
        ForgetsRefusals,
        "hub88",
        &["a bet refused for funds, again after a deposit"],
    ),
    (IgnoresCase, "hub88", &["a bet whose id differs in case alone"]),
    (
        TakesAnyCurrency,
        "hub88",
        &["a bet in another currency", "a win in another currency"],
    ),
    (
        RefusesLateWins,
        "hub88",
        &[
            "a rollback after the launch ended",
            "a win after the launch ended",
        ],
    ),
    (
        RefusesWinsOfBlocked,
        "hub88",
        &["a win of a player who is blocked since"],
    ),
    (TakesBetsOfBlocked, "hub88", &["a bet of a player who is blocked"]),
    (BrandsMeet, "hub88", &["the same bet id at another brand"]),
    (
        RoundsAreNumbers,
        "hub88",
        &["a bet in a round whose number is beyond 64 bits"],
    ),
    (RefusesNothing, "hub88", &["a bet of nothing"]),
    (
        GivesBackHalf,
        "hub88",
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
        "hub88",
        &[
            "a win of another player's bet",
            "a win that overtook its bet",
            "a win without its bet",
        ],
    ),
    (
        PaysWinsOfUndone,
        "hub88",
        &["a win of a bet that was rolled back"],
    ),
    (
        TakesAnyToken,
        "hub88",
        &[
            "a bet with another brand's token",
            "a bet with another player's token",
        ],
    ),
    (ChargesFreeBets, "hub88", &["a free round's bet"]),
    (
        DoublesDuplicates,
        "softswiss",
        &[
            "a bet again",
            "a bet again after its win",
            "a bet eight times at once",
            "a bet that was taken, again after the player was blocked",
            "a call whose bet was applied before, with a win that was not",
            "a promotion's win again",
            "a rollback again",
            "a rollback eight times at once",
            "a win again",
            "a win eight times at once",
            "very many bets, several at once",
        ],
    ),
    (
        RacesDuplicates,
        "softswiss",
        &[
            "a bet eight times at once",
            "a rollback eight times at once",
            "a win eight times at once",
        ],
    ),
    (LosesUpdates, "softswiss", &["very many bets, several at once"]),
    (
        IgnoresSignatures,
        "softswiss",
        &[
            "a bet signed for another one",
            "a bet signed with another key",
            "a bet that is not signed",
            "a bet with one byte changed after it was signed",
            "a body that cannot be read and is not signed",
        ],
    ),
    (
        TakesAnySignature,
        "softswiss",
        &[
            "a bet signed for another one",
            "a bet signed with another key",
            "a bet with one byte changed after it was signed",
        ],
    ),
    (
        RefusesUnknownFields,
        "softswiss",
        &["a bet that says something nobody knows"],
    ),
    (
        ReadsBeforeVerifying,
        "softswiss",
        &[
            "a bet with one byte changed after it was signed",
            "a body that cannot be read and is not signed",
        ],
    ),
    (
        KeyedByRound,
        "softswiss",
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
            "a win's id with another amount",
            "the last of amounts that binary fractions do not hold",
            "very many bets, several at once",
        ],
    ),
    (
        ClampsAtNothing,
        "softswiss",
        &["a rollback of a win that was spent"],
    ),
    (
        TakesNegatives,
        "softswiss",
        &["a bet of less than nothing", "a win of less than nothing"],
    ),
    (
        CutsOffPrecision,
        "softswiss",
        &["a bet finer than the currency", "a win finer than the currency"],
    ),
    (
        GivesBackTwice,
        "softswiss",
        &["a second rollback of the same bet under another id"],
    ),
    (
        NoTombstones,
        "softswiss",
        &["a bet that comes after its rollback"],
    ),
    (
        ConflictsAreReplays,
        "softswiss",
        &[
            "a bet's id in another game",
            "a bet's id in another round",
            "a bet's id of another player",
            "a bet's id with another amount",
            "a rollback's id for another bet",
            "a win's id with another amount",
        ],
    ),
    (
        SettlingsAreReplays,
        "softswiss",
        &[
            "a rollback's id for another bet",
            "a win's id with another amount",
        ],
    ),
    (GamesAreNoMatter, "softswiss", &["a bet's id in another game"]),
    (
        TakesAnyWin,
        "softswiss",
        &[
            "a win finer than the currency",
            "a win in another currency",
            "a win of less than nothing",
        ],
    ),
    (
        Floats,
        "softswiss",
        &["the last of amounts that binary fractions do not hold"],
    ),
    (
        TakesForeignReferences,
        "softswiss",
        &["a rollback of another player's bet"],
    ),
    (
        WrongBalanceWithoutFunds,
        "softswiss",
        &[
            "a bet beyond the balance and its win in one call",
            "a bet of more than there is",
            "a bet refused for funds, again after a deposit",
        ],
    ),
    (
        FailsOnMalformed,
        "softswiss",
        &[
            "a bet finer than the currency",
            "a bet of a word",
            "a bet of less than nothing",
            "a bet of more than 64 bits hold",
            "a signed body that is cut short",
            "a win finer than the currency",
            "a win of less than nothing",
        ],
    ),
    (
        ForgetsWithTheConnection,
        "softswiss",
        &[
            "a bet whose connection was cut, again",
            "a rollback of a bet whose connection was cut, and a bet after it",
        ],
    ),
    (
        ForgetsRefusals,
        "softswiss",
        &["a bet refused for funds, again after a deposit"],
    ),
    (
        IgnoresCase,
        "softswiss",
        &["a bet whose id differs in case alone"],
    ),
    (
        TakesAnyCurrency,
        "softswiss",
        &["a bet in another currency", "a win in another currency"],
    ),
    (
        RefusesLateWins,
        "softswiss",
        &[
            "a rollback after the launch ended",
            "a win after the launch ended",
        ],
    ),
    (
        RefusesWinsOfBlocked,
        "softswiss",
        &["a win of a player who is blocked since"],
    ),
    (
        TakesBetsOfBlocked,
        "softswiss",
        &["a bet of a player who is blocked"],
    ),
    (BrandsMeet, "softswiss", &["the same bet id at another brand"]),
    (
        RoundsAreNumbers,
        "softswiss",
        &["a bet in a round whose number is beyond 64 bits"],
    ),
    (RefusesNothing, "softswiss", &["a bet of nothing"]),
    (
        GivesBackHalf,
        "softswiss",
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
        NewIdsForRepeats,
        "softswiss",
        &[
            "a bet again",
            "a bet again after its win",
            "a bet eight times at once",
            "a bet that was taken, again after the player was blocked",
            "a call whose bet was applied before, with a win that was not",
            "a rollback again",
            "a rollback eight times at once",
            "a win again",
            "a win eight times at once",
            "very many bets, several at once",
        ],
    ),
    (
        WinsFundBets,
        "softswiss",
        &["a bet beyond the balance and its win in one call"],
    ),
    (
        HalfOfACall,
        "softswiss",
        &["a bet beyond the balance and its win in one call"],
    ),
    (
        CallsAreRepeats,
        "softswiss",
        &["a call whose bet was applied before, with a win that was not"],
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_that_is_planted_is_found_where_it_is() {
    let mut running = tokio::task::JoinSet::new();
    let mut left = PLANTED.iter().chain(IN_ANSWERS);
    let mut wrong = Vec::new();
    loop {
        while running.len() < 8
            && let Some((fault, name, expected)) = left.next()
        {
            running.spawn(async move {
                let operator = Operator::open(name, Some(*fault)).await;
                let report = operator.play(&all).await;
                let (found, expected) = (failed(&report), expected.iter().copied().collect::<BTreeSet<_>>());
                let beside = found
                    .difference(&expected)
                    .all(|name| OF_THE_MOMENT.contains(name));
                let right = !expected.is_empty() && expected.is_subset(&found) && beside;
                (!right || report.held()).then(|| format!("{fault:?} at {name}: {found:#?}"))
            });
        }
        match running.join_next().await {
            Some(ended) => wrong.extend(ended.unwrap()),
            None => break,
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_fault_is_planted_somewhere() {
    let planted: Vec<_> = PLANTED
        .iter()
        .chain(IN_ANSWERS)
        .map(|(fault, _, _)| *fault)
        .collect();
    for fault in Fault::ALL {
        assert!(planted.contains(&fault), "{fault:?}");
    }
}
