//! Every fault that is planted is found, and the report names where; without one, nothing is.

use std::collections::BTreeSet;

use croupier_game::conformance::{
    Verdict,
    cases::{self, Case},
    report::Report,
};

use crate::{
    fault::Fault,
    found,
    operator::{LACKS, Operator, TONGUES, Tongue},
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
            // A driver that says less than its protocol would let every fault pass that those cases find.
            for ended in &report.cases {
                let silent = matches!(ended.verdict, Verdict::NotSaid(_));
                let name_of = ended.case.name;
                let played = silent || !matches!(ended.verdict, Verdict::NotRun(_));
                assert!(
                    !played || silent == found::is_silent(name, name_of),
                    "{name}: {name_of}"
                );
            }
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_that_is_planted_is_found_where_it_is() {
    let mut running = tokio::task::JoinSet::new();
    let mut left = found::all().flat_map(|found| found.at.iter().map(move |name| (*name, found)));
    let mut wrong = Vec::new();
    loop {
        while running.len() < 8
            && let Some((name, planted)) = left.next()
        {
            running.spawn(async move {
                let operator = Operator::open(name, Some(planted.fault)).await;
                let report = operator.play(&all).await;
                let (found, expected) = (failed(&report), found::by(planted, name));
                let beside = found
                    .difference(&expected)
                    .all(|name| OF_THE_MOMENT.contains(name));
                let right = !expected.is_empty() && expected.is_subset(&found) && beside;
                (!right || report.held()).then(|| format!("{:?} at {name}: {found:#?}", planted.fault))
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
    let planted = found::all().map(|found| found.fault);
    let planted: Vec<_> = planted.chain(AT_THE_DOOR.map(|(_, fault)| fault)).collect();
    for fault in Fault::ALL {
        assert!(planted.contains(fault), "{fault:?}");
    }
}

/// One that finds none might judge nothing. Whatever is refused finds one that refuses in HTTP's words.
#[test]
fn every_case_that_is_played_finds_a_fault() {
    let telling = found::all().filter(|found| found.fault != Fault::RefusesWithStatus);
    let finding = telling.flat_map(|found| found.at.iter().flat_map(|name| found::by(found, name)));
    let finding: BTreeSet<_> = finding.collect();
    for case in cases::all() {
        let played = !case.needs.iter().any(|need| LACKS.contains(need));
        if played && !OF_THE_MOMENT.contains(&case.name) {
            assert!(finding.contains(case.name), "{case:?}");
        }
    }
}
