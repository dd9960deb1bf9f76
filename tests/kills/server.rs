//! The server is killed, or told to end.

use std::time::Duration;

use croupier_game::hub88::simulator::Bet;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use super::{
    house::{LONG, LockedWallet, Outside, until},
    seat::{CENT, Op, Said},
    traffic::{Playing, all_settle, clients, during, lost, note, seed},
};
use crate::harness::Cluster;

#[tokio::test]
async fn money_34_a_killed_server_loses_nothing_it_answered_and_doubles_nothing() {
    let seed = seed();
    let mut rng = StdRng::seed_from_u64(seed);
    let house = Outside::of(Cluster::get().await.house().await);
    let mut server = house.serve().await;
    let mut clients = clients(&house, seed).await;
    let mut silences = 0;
    for _ in 0..5 {
        let (answers, moment) = (
            rng.random_range(5..60),
            Duration::from_micros(rng.random_range(0..20_000)),
        );
        let (played, ()) = during(clients, Playing::UntilNobodyIsThere, async |progress| {
            progress.answers(answers).await;
            sleep(moment).await;
            server.kill().await;
        })
        .await;
        clients = played;
        silences += lost(&clients).len();
        server = house.serve().await;
        all_settle(&house, &mut clients).await;
    }
    let said: usize = clients.iter().map(|client| client.said.len()).sum();
    note(format_args!("{said} requests, {silences} without an answer"));
    assert!(
        silences > 0 && said > 50,
        "the kills met no traffic: {silences} of {said}"
    );
    server.stop().await;
}

#[tokio::test]
async fn money_34_a_server_told_to_end_answers_whom_it_admitted_and_does_nothing_for_others() {
    let seed = seed();
    let mut rng = StdRng::seed_from_u64(seed);
    let house = Outside::of(Cluster::get().await.house().await);
    let mut server = house.serve().await;
    let mut clients = clients(&house, seed).await;
    // Several times: that somebody is between the wallet's commit and its answer is a matter of luck.
    for _ in 0..5 {
        let (answers, moment) = (
            rng.random_range(10..40),
            Duration::from_micros(rng.random_range(0..20_000)),
        );
        let (played, status) = during(clients, Playing::UntilNobodyIsThere, async |progress| {
            progress.answers(answers).await;
            sleep(moment).await;
            server.terminate();
            timeout(LONG, server.ended()).await.expect("it ends")
        })
        .await;
        clients = played;
        assert!(status.success(), "{status}");
        let silences = lost(&clients);
        assert_eq!(
            silences.len(),
            clients.len(),
            "each client plays until it finds nobody there"
        );
        let done: Vec<String> = house.rows("SELECT transaction_id FROM wallet_command").await;
        assert!(done.len() > 5, "what was done is not seen");
        for silence in silences {
            assert!(!done.contains(&silence), "{silence} was done and not answered");
        }
        server = house.serve().await;
        all_settle(&house, &mut clients).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn money_34_whoever_is_in_when_the_server_is_told_to_end_is_answered() {
    let mut house = Outside::of(Cluster::get().await.house().await);
    house.serving.settings.extend([
        ("CROUPIER_WALLET__LOCK_TIMEOUT_MS", "20000".to_owned()),
        ("CROUPIER_WALLET__DEADLINE_MS", "20000".to_owned()),
        ("CROUPIER_EDGE__TIMEOUT_MS", "30000".to_owned()),
    ]);
    let server = house.serve().await;
    let mut clients = clients(&house, 1).await;
    let seat = clients[0].seat.clone();
    assert_eq!(
        seat.say(&Op::Deposit {
            key: "float".to_owned(),
            cents: 5_000
        })
        .await,
        Said::Done(5_000)
    );

    // One has sent half of its body; one waits for its wallet's row.
    let address = house.serving.edge().trim_start_matches("http://").to_owned();
    let body = r#"{"account":"late.comer","password":"correct horse battery"}"#;
    let mut half = TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "POST /api/v1/players HTTP/1.1\r\nHost: aurora.localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    half.write_all(format!("{head}{}", &body[..10]).as_bytes())
        .await
        .unwrap();
    let mut lock = LockedWallet::of(&house, &seat).await;
    let bet = Op::Bet(Bet::new("waiting", CENT));
    let waiting = tokio::spawn({
        let (seat, bet) = (seat.clone(), bet.clone());
        async move { seat.say(&bet).await }
    });
    lock.until_awaited().await;

    server.terminate();
    until("nobody else is let in", async || {
        TcpStream::connect(&address).await.is_err()
    })
    .await;
    half.write_all(&body.as_bytes()[10..]).await.unwrap();
    let mut answer = String::new();
    timeout(LONG, half.read_to_string(&mut answer))
        .await
        .unwrap()
        .unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert!(!waiting.is_finished());
    lock.release().await;
    assert_eq!(waiting.await.unwrap(), Said::Done(4_999));
    let status = timeout(LONG, server.ended()).await.expect("it ends");
    assert!(status.success(), "{status}");

    let server = house.serve().await;
    clients[0].said.extend([
        (
            Op::Deposit {
                key: "float".to_owned(),
                cents: 5_000,
            },
            Said::Done(5_000),
        ),
        (bet, Said::Done(4_999)),
    ]);
    all_settle(&house, &mut clients).await;
    server.stop().await;
}

#[tokio::test]
async fn money_34_a_server_that_is_killed_between_the_charge_and_the_ledger_books_the_deposit_when_it_is_back()
 {
    let mut house = Outside::of(Cluster::get().await.house().await);
    house.serving.settings.extend([
        ("CROUPIER_WALLET__LOCK_TIMEOUT_MS", "20000".to_owned()),
        ("CROUPIER_WALLET__DEADLINE_MS", "20000".to_owned()),
        ("CROUPIER_PAYMENTS__FINISH_INTERVAL_MS", "100".to_owned()),
    ]);
    let server = house.serve().await;
    let clients = clients(&house, 1).await;
    let seat = clients[0].seat.clone();
    let deposit = |key: &str| Op::Deposit {
        key: key.to_owned(),
        cents: 5_000,
    };
    assert_eq!(seat.say(&deposit("float")).await, Said::Done(5_000));
    let mut lock = LockedWallet::of(&house, &seat).await;
    let waiting = tokio::spawn({
        let (seat, deposit) = (seat.clone(), deposit("late"));
        async move { seat.say(&deposit).await }
    });
    lock.until_awaited().await;
    let states = "SELECT state FROM wallet_request ORDER BY begun_at";
    assert_eq!(house.rows(states).await, ["credited", "charged"]);
    server.kill().await;
    lock.release().await;
    assert!(!matches!(waiting.await.unwrap(), Said::Done(_)));
    assert_eq!(house.rows(states).await, ["credited", "charged"]);
    // Nobody asks again.
    let server = house.serve().await;
    until("the deposit is booked", async || {
        house.rows(states).await == ["credited", "credited"]
    })
    .await;
    assert_eq!(seat.say(&deposit("late")).await, Said::Done(10_000));
    let booked = "SELECT transaction_id FROM wallet_ledger ORDER BY version";
    assert_eq!(house.rows(booked).await, ["float", "late"]);
    house.audit().await;
    server.stop().await;
}
