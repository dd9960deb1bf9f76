//! `croupier conformance`, ended with Ctrl-C: nothing of it stays open, what was changed is put back, and the report tells
//! what was run.

use std::{process::Stdio, time::Duration};

use axum::{Router, body::Bytes, http::Uri};
use croupier_game::{
    conformance::{Hand, Seat, cases},
    provider::Protocol,
};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    net::TcpListener,
    process::{Child, Command},
    sync::mpsc,
    time::timeout,
};

use super::{conformance::against, hand::HouseHand};
use crate::{
    books::{self, sql},
    cli::process::{Env, TempDir},
    harness::{House, LONG},
};

/// What would last for ever, if nothing ended it.
const FOR_EVER: &str = "600";

async fn interrupt(child: &Child) {
    let process = child.id().unwrap().to_string();
    let sent = Command::new("kill")
        .args(["-INT", &process])
        .status()
        .await
        .unwrap();
    assert!(sent.success());
}

/// How it ended, and what it said on its way.
async fn ended(mut child: Child) -> (Option<i32>, String) {
    let mut told = String::new();
    let mut err = child.stderr.take().unwrap();
    let status = timeout(LONG, child.wait()).await.expect("it ends").unwrap();
    err.read_to_string(&mut told).await.unwrap();
    (status.code(), told)
}

fn read(file: &str) -> Value {
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

fn start(target: &str, key: &str, seat: &Seat, protocol: &str, more: &[&str]) -> Child {
    let mut arguments = against((protocol, target, key), [&seat.user, &seat.token, &seat.game]);
    arguments.extend(more);
    let mut command = Env::default().command(&arguments);
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// How many bets of the player's were taken, and how many of those nothing settled.
async fn bets(house: &House) -> (i64, i64) {
    let rows = sql(
        house,
        1,
        "SELECT count(*) FILTER (WHERE kind = 'bet') AS bets,
                count(*) FILTER (WHERE kind = 'bet') - count(*) FILTER (WHERE kind = 'rollback') AS open
           FROM wallet_command WHERE verdict = 'applied' AND source LIKE 'provider:%'",
    )
    .await;
    (sqlx::Row::get(&rows[0], "bets"), sqlx::Row::get(&rows[0], "open"))
}

#[tokio::test]
async fn a_run_that_is_ended_in_the_middle_of_a_case_rolls_its_bets_back() {
    let house = House::open().await;
    let dir = TempDir::new();
    let report = dir.text("report.json");
    for name in ["hub88", "evolution"] {
        let protocol = Protocol::named(name).unwrap();
        let hand = HouseHand::of(&house, protocol, 0);
        let seat = hand.seat("player").await;
        hand.deposit(&seat, 10_000).await.unwrap();
        let key = house.local.provider_signs_with(protocol);
        let target = format!("{}/callbacks/{name}", house.edge);
        let (before, _) = bets(&house).await;
        let more = [
            "--only",
            "very many bets",
            "--bets",
            "10000",
            "--at-once",
            "2",
            "--wind-up",
            "20",
            "--report",
            &report,
        ];
        let run = start(&target, key.to_str().unwrap(), &seat, name, &more);
        while bets(&house).await.0 < before + 10 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        interrupt(&run).await;
        let (code, err) = ended(run).await;
        assert_eq!(code, Some(130), "{err}");
        assert!(
            err.contains("ended early: 1 cases were not run to their end"),
            "{err}"
        );
        let (report, (_, open)) = (read(&report), bets(&house).await);
        let case = report["cases"]
            .as_array()
            .unwrap()
            .iter()
            .find(|case| case["verdict"] != "not_run" || case["why"] != "left out");
        let why = case.unwrap()["why"].as_str().unwrap();
        assert!(
            why.starts_with("the run was ended early, in the middle of it; open bets were rolled back: "),
            "{why}"
        );
        assert_eq!(open, 0, "{name}: {why}");
    }
    books::audit(&house).await;
}

#[tokio::test]
async fn a_run_that_is_ended_between_cases_says_which_were_not_run() {
    let house = House::open().await;
    let dir = TempDir::new();
    let protocol = Protocol::named("spribe").unwrap();
    let hand = HouseHand::of(&house, protocol, 0);
    let seat = hand.seat("player").await;
    hand.deposit(&seat, 100).await.unwrap();
    let key = house.local.provider_signs_with(protocol);
    let target = format!("{}/callbacks/spribe", house.edge);
    let (json, html, xml) = (dir.text("r.json"), dir.text("r.html"), dir.text("r.xml"));
    let reports = ["--report", &json, "--report", &html, "--report", &xml];
    let mut run = start(&target, key.to_str().unwrap(), &seat, "spribe", &reports);
    let mut lines = BufReader::new(run.stdout.take().unwrap()).lines();
    while !lines.next_line().await.unwrap().unwrap().contains('✓') {}
    interrupt(&run).await;
    let rest = tokio::spawn(async move {
        let mut all = String::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            all.push_str(&line);
        }
        all
    });
    let (code, err) = ended(run).await;
    assert_eq!(code, Some(130), "{err}");
    let (out, report) = (rest.await.unwrap(), read(&json));
    let cases = report["cases"].as_array().unwrap();
    assert_eq!(cases.len(), cases::all().len());
    let of = |verdict: &str, why: &str| {
        let those = cases
            .iter()
            .filter(|case| case["verdict"] == verdict && case["why"].as_str().unwrap_or("") == why);
        those.count()
    };
    let (held, left) = (of("held", ""), of("not_run", "the run was ended early"));
    assert!(held >= 1 && left >= 1, "{held} {left}: {err}");
    assert_eq!(of("failed", ""), 0);
    for file in [&html, &xml] {
        assert!(
            std::fs::read_to_string(file)
                .unwrap()
                .contains("the run was ended early"),
            "{file}"
        );
    }
    assert!(
        out.contains("not run, ") && err.contains("cases were not run to their end"),
        "{out} {err}"
    );
    books::audit(&house).await;
}

/// A wallet that tells balances, and of everything else that it came, and no more.
async fn silent() -> (String, mpsc::UnboundedReceiver<String>) {
    let (tell, told) = mpsc::unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("http://{}/wallet", listener.local_addr().unwrap());
    let router = Router::new().fallback(move |uri: Uri, asked: Bytes| async move {
        let path = uri.path().to_owned();
        let asked: Value = serde_json::from_slice(&asked).unwrap();
        if !path.ends_with("/check") && !path.ends_with("/balance") {
            tell.send(path).unwrap();
            std::future::pending::<()>().await;
        }
        format!(
            r#"{{"status":"OK","balance":500.00,"bonus":0,"uuid":{}}}"#,
            asked["uuid"]
        )
    });
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (target, told)
}

#[tokio::test]
async fn what_a_case_changed_is_put_back_and_a_second_interruption_leaves_everything() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new();
    let (key, hand, report) = (dir.text("secret"), dir.text("hand"), dir.text("report.json"));
    std::fs::write(&key, "a-secret-of-both-sides").unwrap();
    std::fs::write(&hand, "#!/bin/sh\necho \"$1\" >> \"$0.log\"\n").unwrap();
    std::fs::set_permissions(&hand, std::fs::Permissions::from_mode(0o700)).unwrap();
    let seat = Seat {
        user: "alice".to_owned(),
        token: "t".to_owned(),
        game: "g".to_owned(),
        currency: "EUR".to_owned(),
    };
    let blocked = [
        "--only",
        "a bet of a player who is blocked",
        "--hand",
        &hand,
        "--patience",
        FOR_EVER,
    ];
    let log = || std::fs::read_to_string(format!("{hand}.log")).unwrap_or_default();

    let (target, mut told) = silent().await;
    let more = [&blocked[..], &["--wind-up", "0", "--report", &report]].concat();
    let run = start(&target, &key, &seat, "evolution", &more);
    assert!(told.recv().await.unwrap().ends_with("/debit"));
    interrupt(&run).await;
    let (code, err) = ended(run).await;
    assert_eq!((code, log().as_str()), (Some(130), "block\nrestore\n"), "{err}");
    let report = read(&report).to_string();
    assert!(
        report.contains("of its open bets not all of 1 were rolled back within 0 s"),
        "{report}"
    );

    // This one would wait for the bet's answer.
    let more = [&blocked[..], &["--wind-up", FOR_EVER]].concat();
    let run = start(&target, &key, &seat, "evolution", &more);
    // The first run's rollback may have been sent before its time was over.
    while !told.recv().await.unwrap().ends_with("/debit") {}
    interrupt(&run).await;
    // Until it has heard the first, the second may be the same one.
    let mut run = run;
    let mut err = BufReader::new(run.stderr.take().unwrap()).lines();
    while !err.next_line().await.unwrap().unwrap().contains("Ctrl-C again") {}
    interrupt(&run).await;
    let status = timeout(LONG, run.wait()).await.expect("it ends").unwrap();
    let last = err.next_line().await.unwrap().unwrap();
    assert_eq!(status.code(), Some(130), "{last}");
    assert!(last.contains("ended at once"), "{last}");
    assert_eq!(log(), "block\nrestore\nblock\n");
}
