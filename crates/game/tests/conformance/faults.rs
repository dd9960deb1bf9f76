//! Every fault that is planted is found, and the report names where; without one, nothing is.

use std::collections::BTreeSet;

use croupier_game::conformance::{
    Verdict,
    cases::{self, Case},
    report::Report,
};

use crate::{
    fault::Fault,
    operator::{LACKS, Operator, TONGUES, Tongue},
};

fn failed(report: &Report) -> BTreeSet<&'static str> {
    let failed = report
        .cases
        .iter()
        .filter(|ended| matches!(ended.verdict, Verdict::Failed(_)));
    failed.map(|ended| ended.case.name).collect()
}

fn not_said(report: &Report) -> BTreeSet<&'static str> {
    let not_said = report
        .cases
        .iter()
        .filter(|ended| matches!(ended.verdict, Verdict::NotSaid(_)));
    not_said.map(|ended| ended.case.name).collect()
}

fn all(_: &Case) -> bool {
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_without_a_fault_passes_whether_its_cases_have_players_of_their_own_or_one() {
    for Tongue { name, .. } in TONGUES {
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

/// Every case that a rollback is answered in, where the protocol has such messages.
pub const ROLLBACKS: &[&str] = &[
    "a bet and a win that was spent rolled back in one call",
    "a bet and its win rolled back in one call",
    "a bet and its win rolled back in one call, again",
    "a bet that comes after its rollback",
    "a call whose rollback was applied before, with one that was not",
    "a rollback after the launch ended",
    "a rollback again",
    "a rollback eight times at once",
    "a rollback of a bet",
    "a rollback of a bet that was never seen",
    "a rollback of a bet that was refused",
    "a rollback of a bet that was won",
    "a rollback of a bet whose answer was lost",
    "a rollback of a bet, and the same stake once more",
    "a rollback of a player who is blocked since",
    "a rollback of a win that was spent",
    "a rollback of another brand's bet",
    "a rollback of another player's bet",
    "a refund that names a win",
    "a rollback that was signed a day ago",
    "a rollback's id for another bet",
    "a second rollback of the same bet under another id",
    "a win of a bet that was rolled back",
    "the same bet id at another brand",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_that_is_planted_is_found_where_it_is() {
    let mut running = tokio::task::JoinSet::new();
    let mut left = TONGUES
        .into_iter()
        .flat_map(|tongue| tongue.found.iter().map(|found| (tongue.name, found)));
    let mut wrong = Vec::new();
    loop {
        while running.len() < 8
            && let Some((name, (fault, expected))) = left.next()
        {
            running.spawn(async move {
                let operator = Operator::open(name, Some(*fault)).await;
                let report = operator.play(&all).await;
                // That list is of all protocols; what another expects must be said.
                let said = |name: &&str| !ROLLBACKS.contains(name) || !not_said(&report).contains(name);
                let expected: BTreeSet<_> = expected.iter().copied().filter(said).collect();
                let found = failed(&report);
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

/// What proves every call otherwise, and is wrong with the first answer: no case is begun.
const AT_THE_DOOR: [(&str, Fault); 3] = [
    ("slotegrator", Fault::SignsNoHeaders),
    ("slotegrator", Fault::SortsNothing),
    ("pragmatic", Fault::SortsNothing),
];

#[tokio::test]
async fn a_fault_that_is_in_every_call_is_found_as_the_player_sits_down() {
    for (name, fault) in AT_THE_DOOR {
        let operator = Operator::open(name, Some(fault)).await;
        let base = format!("http://{}/wallet", operator.address());
        let sat = operator.play_at(&base, Vec::new(), &all).await;
        let why = sat.map(drop).unwrap_err();
        assert!(why.contains("bad_signature"), "{fault:?} at {name}: {why}");
    }
}

#[test]
fn every_fault_is_planted_somewhere() {
    let found = TONGUES.iter().flat_map(|tongue| tongue.found);
    let found = found.map(|(fault, _)| *fault);
    let planted: Vec<_> = found.chain(AT_THE_DOOR.map(|(_, fault)| fault)).collect();
    for fault in Fault::ALL {
        assert!(planted.contains(fault), "{fault:?}");
    }
}

/// One that finds none might judge nothing. Whatever is refused finds one that refuses in HTTP's words.
#[test]
fn every_case_that_is_played_finds_a_fault() {
    let all = TONGUES.iter().flat_map(|tongue| tongue.found);
    let telling = all.filter(|(fault, _)| *fault != Fault::RefusesWithStatus);
    let finding: BTreeSet<_> = telling.flat_map(|(_, cases)| *cases).copied().collect();
    for case in cases::all() {
        let played = !case.needs.iter().any(|need| LACKS.contains(need));
        if played && !OF_THE_MOMENT.contains(&case.name) {
            assert!(finding.contains(case.name), "{case:?}");
        }
    }
}
