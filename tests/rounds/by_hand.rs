//! `croupier rounds`, as an operator runs it.

use croupier_wallet::{Command, TransactionId, Wallet, rounds::RoundState};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sha2::{Digest, Sha256};
use time::Duration;

use super::{Floor, bet, verdict, win};
use crate::{cli::operator::operator, kills::house::until, wallet::available};

const ROUND: [&str; 8] = [
    "--brand",
    "aurora",
    "--provider",
    "test",
    "--player",
    "anna",
    "--round",
    "r",
];

fn with<'a>(words: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    ["rounds"].iter().chain(words).chain(more).copied().collect()
}

#[tokio::test]
async fn money_31_an_operator_lists_shows_and_resolves_a_round_and_it_is_written_down_who_and_why() {
    let floor = Floor::open().await;
    let (till, env) = (&floor.till, operator(floor.house()));
    till.applied(bet(till, "r", "b1", 700)).await;
    let list = ["rounds", "list", "--brand", "aurora"];
    let said = env.croupier(&list).await.well();
    assert_eq!(
        said.trim(),
        "0 rounds of aurora hang: bets without a result for 15m, made within 30d"
    );
    let list = ["rounds", "list", "--brand", "aurora", "--older-than", "0s"];
    let said = env.croupier(&list).await.well();
    assert!(
        said.contains("provider test  player anna  round r  bets 1  stake 7.00\n1 round of aurora hang"),
        "{said}"
    );
    let said = env
        .croupier(&[&list[..], &["--provider", "hub88"]].concat())
        .await
        .well();
    assert!(said.starts_with("0 rounds"), "{said}");

    let young = env.croupier(&with(&["resolve", "--as", "void"], &ROUND)).await;
    young.refused(&["is not 15m old", "--older-than"]);
    assert_eq!(till.balance().await, available(9_300));
    let reason = ["--older-than", "0s", "--reason", "the provider said so"];
    let resolve = with(&["resolve", "--as", "void"], &[&ROUND[..], &reason].concat());
    // Money is moved by the application's role; the owner does not stand in for it.
    let owners = env.with("DATABASE_URL", env.get("OWNER_DATABASE_URL"));
    owners
        .croupier(&resolve)
        .await
        .refused(&["connect as croupier_app"]);
    assert_eq!(till.balance().await, available(9_300));
    let said = env.croupier(&resolve).await.well();
    assert_eq!(said, "bet b1: its stake was given back\nround r is voided\n");
    let said = env.croupier(&resolve).await.well();
    assert_eq!(said, "no bet of it was without a result\nround r is voided\n");
    assert_eq!(till.balance().await, available(10_000));
    let said = env.croupier(&with(&["show"], &ROUND)).await.well();
    assert!(
        said.contains("cash -7.00")
            && said.contains("of b1")
            && said.trim().ends_with(
                "round is voided: staked 0.00, won 0.00; the wallet had 100.00 before and 100.00 after"
            ),
        "{said}"
    );

    env.croupier(&with(&["show"], &[&ROUND[..6], &["--round", "nothing"]].concat()))
        .await
        .refused(&["no round \"nothing\"", "croupier rounds list"]);
    let nobody = [
        "--brand",
        "aurora",
        "--provider",
        "test",
        "--player",
        "nobody",
        "--round",
        "r",
    ];
    env.croupier(&with(&["show"], &nobody))
        .await
        .refused(&["aurora has no player \"nobody\""]);
    env.croupier(&["rounds", "list", "--brand", "nowhere"])
        .await
        .refused(&["no brand", "croupier brand list"]);
    let audit = "operator_audit WHERE operator = 'olga' AND action = 'rounds resolve as void: r of anna at test: the provider said so'";
    assert_eq!(till.count(audit).await, 3);
    let looked = "operator_audit WHERE operator = 'olga' AND action IN ('rounds list', 'rounds show')";
    assert_eq!(till.count(looked).await, 6);
    floor.house().audit().await;
}

#[tokio::test]
async fn money_31_a_resolution_whose_id_is_taken_is_not_counted_and_it_is_said() {
    let floor = Floor::open().await;
    let (till, env) = (&floor.till, operator(floor.house()));
    till.applied(bet(till, "r", "b1", 700)).await;
    let mut digest = Sha256::new();
    for text in ["r", "b1"] {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    }
    let taken = format!("croupier:void:0:{}", hex::encode(digest.finalize()));
    // As no sender says it: from before such ids were the house's, or from a fault of ours.
    let squatter = Command {
        transaction_id: TransactionId::kept(&taken).unwrap(),
        ..bet(till, "other", "b2", 100)
    };
    till.applied(squatter).await;
    let resolve = ["resolve", "--as", "void", "--older-than", "0s"];
    let said = env.croupier(&with(&resolve, &ROUND)).await.well();
    assert_eq!(
        said,
        "bet b1: nothing: the id that this would have been done under was used for something else\nround r is interrupted\n"
    );
    assert_eq!(till.balance().await, available(9_200));
    let zero = ["resolve", "--as", "settle-zero", "--older-than", "0s"];
    let said = env.croupier(&with(&zero, &ROUND)).await.well();
    assert_eq!(said, "bet b1: it has a win of nothing\nround r is settled\n");
    floor.house().audit().await;
}

#[tokio::test]
async fn money_31_a_resolution_that_is_killed_midway_is_finished_by_the_next_and_nothing_is_done_twice() {
    const BETS: i64 = 40;
    let floor = Floor::open().await;
    let (till, env) = (&floor.till, operator(floor.house()));
    for at in 0..BETS {
        till.applied(bet(till, "r", &format!("b{at}"), 10 + at)).await;
    }
    let words = with(&["resolve", "--as", "void", "--older-than", "0s"], &ROUND);
    let given_back = "wallet_ledger WHERE kind = 'rollback'";
    let mut rng = StdRng::seed_from_u64(43);
    let mut midway = 0;
    for _ in 0..5 {
        let before = till.count(given_back).await;
        if before >= BETS - 8 {
            break;
        }
        let enough = before + rng.random_range(1..6);
        let mut process = env.command(&words).spawn().unwrap();
        until("some bets are given back", async || {
            till.count(given_back).await >= enough
        })
        .await;
        process.kill().await.unwrap();
        midway += usize::from((before + 1..BETS).contains(&till.count(given_back).await));
    }
    assert!(midway > 0, "no resolution was killed midway");
    let said = env.croupier(&words).await.well();
    assert!(said.ends_with("round r is voided\n"), "{said}");
    assert_eq!(till.count(given_back).await, BETS);
    assert_eq!(till.balance().await, available(10_000));
    assert_eq!(floor.record("r").await.state, RoundState::Voided);
    let late = till.submit(win(till, "r", "w", Some("b3"), 900)).await;
    assert_eq!(verdict(&late), "already_settled");
    floor.house().audit().await;
}

#[tokio::test]
async fn money_31_a_round_is_interrupted_until_its_provider_goes_on_and_then_resumed() {
    let floor = Floor::open().await;
    let (till, env) = (&floor.till, operator(floor.house()));
    let past = floor.in_the_past(Duration::hours(1)).await;
    let first = past
        .submit(floor.scope(), bet(till, "r", "b1", 700))
        .await
        .unwrap();
    assert_eq!(verdict(&first), "applied");
    let shown = async || env.croupier(&with(&["show"], &ROUND)).await.well();
    let said = shown().await;
    assert!(
        said.contains("round is interrupted: staked 7.00") && said.contains("interrupted from "),
        "{said}"
    );
    // In the same words as the list of those that hang.
    let listed = env
        .croupier(&["rounds", "list", "--brand", "aurora"])
        .await
        .well();
    assert!(listed.contains("round r  bets 1"), "{listed}");
    till.applied(bet(till, "r", "b2", 300)).await;
    let said = shown().await;
    assert!(
        said.contains("round is resumed: staked 10.00") && said.contains("resumed at "),
        "{said}"
    );
    for (win_id, of) in [("w1", "b1"), ("w2", "b2")] {
        till.applied(win(till, "r", win_id, Some(of), 0)).await;
    }
    let said = shown().await;
    assert!(
        said.contains("round is settled: ") && said.contains("resumed at "),
        "{said}"
    );
    // One that nobody left alone.
    till.applied(bet(till, "other", "o1", 100)).await;
    let said = env
        .croupier(&with(&["show"], &[&ROUND[..6], &["--round", "other"]].concat()))
        .await
        .well();
    assert!(
        said.contains("round is open: ") && !said.contains("interrupted"),
        "{said}"
    );
    floor.house().audit().await;
}
