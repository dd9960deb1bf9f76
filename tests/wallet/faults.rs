//! Callers that hang up, connections that die, answers that never arrive, locks that are not had.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use croupier_brand::{BrandPool, Clock};
use croupier_wallet::{Balance, LocalWallet, Outcome, Verdict, Wallet, WalletLimits};
use sqlx::{AssertSqlSafe, Connection, Executor, Row, postgres::PgPoolOptions};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{Till, available};

#[tokio::test]
async fn money_36_a_caller_that_hangs_up_stops_nothing_and_finds_its_outcome() {
    let till = Till::open().await;
    for turn in 0..40_u64 {
        let command = till.bet(&format!("b{turn}"), 1);
        let submit = till.wallet.submit(&till.scope, command.clone());
        let _ = tokio::time::timeout(Duration::from_micros(turn * 60), submit).await;
        assert!(matches!(
            till.submit(command).await.verdict(),
            Some(Verdict::Applied(_))
        ));
    }
    assert_eq!(till.balance().await, available(9_960));
    till.house.audit().await;
}

#[tokio::test]
async fn money_37_connections_killed_at_any_moment_leave_every_command_applied_once() {
    let till = Till::open().await;
    let stop = Arc::new(tokio::sync::Notify::new());
    let killed = Arc::new(AtomicI64::new(0));
    let killer = tokio::spawn(kill_backends(
        till.house.local.app_url.clone(),
        Arc::clone(&stop),
        Arc::clone(&killed),
    ));
    let mut bets = 0;
    // A batch takes all that queued, so a few commands may be done before anything is killed: wave after wave,
    // until enough was.
    while killed.load(Ordering::Relaxed) < 12 {
        assert!(bets < 9_000, "nothing was killed, nothing was tried");
        let mut tasks = JoinSet::new();
        for _ in 0..60 {
            bets += 1;
            let (wallet, scope, command) = (
                till.wallet.clone(),
                till.scope.clone(),
                till.bet(&format!("b{bets}"), 1),
            );
            tasks.spawn(async move {
                for _ in 0..200 {
                    match wallet.submit(&scope, command.clone()).await.unwrap() {
                        Outcome::Retryable => tokio::time::sleep(Duration::from_millis(5)).await,
                        outcome => return outcome,
                    }
                }
                panic!("never decided");
            });
        }
        let outcomes = tasks.join_all().await;
        assert!(
            outcomes
                .iter()
                .all(|outcome| matches!(outcome.verdict(), Some(Verdict::Applied(_)))),
            "{outcomes:?}"
        );
    }
    stop.notify_one();
    killer.await.unwrap();
    assert_eq!(till.balance().await, available(10_000 - bets));
    till.house.audit().await;
}

/// Ends every other connection of the application now and again, and counts them.
async fn kill_backends(app_url: String, stop: Arc<tokio::sync::Notify>, killed: Arc<AtomicI64>) {
    let mut app = sqlx::PgConnection::connect(&app_url).await.unwrap();
    for pause in [8_u64, 20, 35, 50, 80, 130].into_iter().cycle() {
        tokio::select! {
            () = stop.notified() => break,
            () = tokio::time::sleep(Duration::from_millis(pause)) => {}
        }
        let kill = "SELECT count(pg_terminate_backend(pid)) AS n FROM pg_stat_activity
                     WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()";
        let ended = sqlx::query(kill)
            .fetch_one(&mut app)
            .await
            .unwrap()
            .get::<i64, _>("n");
        killed.fetch_add(ended, Ordering::Relaxed);
    }
}

/// What ends a write on the wire: the statement of a bet or win, in which it says that it is applied, and the COMMIT of
/// a withdrawal's hold, which is several statements.
const PLAY: &[u8] = b"applied";
const HOLD: &[u8] = b"COMMIT";

/// What the wire does to the next end of a write.
#[derive(Clone, Copy, PartialEq)]
enum Cut {
    Never,
    /// It never reaches the server.
    Before,
    /// The server's answer to it never arrives.
    After,
}

/// A wire to PostgreSQL that can be cut where a write ends. Gives the URL through it.
async fn cuttable(app_url: &str, cut: Arc<std::sync::Mutex<(Cut, &'static [u8])>>) -> String {
    let (front, back) = app_url.split_once('@').unwrap();
    let (server, database) = back.split_once('/').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("{front}@{}/{database}", listener.local_addr().unwrap());
    let server = server.to_owned();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(carry(client, server, Arc::clone(&cut)));
        }
    });
    url
}

async fn carry(client: TcpStream, server: TcpStream, cut: Arc<std::sync::Mutex<(Cut, &'static [u8])>>) {
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let back = tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let mut bytes = vec![0; 65_536];
    while let Ok(length @ 1..) = from_client.read(&mut bytes).await {
        let now = {
            let mut cut = cut.lock().unwrap();
            let end = cut.1;
            if bytes[..length].windows(end.len()).any(|window| window == end) {
                std::mem::replace(&mut cut.0, Cut::Never)
            } else {
                Cut::Never
            }
        };
        if now != Cut::Never {
            back.abort();
        }
        if now == Cut::Before || to_server.write_all(&bytes[..length]).await.is_err() {
            return;
        }
        if now == Cut::After {
            // Long enough for the server to commit, and nobody hears of it.
            tokio::time::sleep(Duration::from_millis(100)).await;
            return;
        }
    }
}

#[tokio::test]
async fn money_37_a_commit_whose_answer_is_lost_is_looked_up_and_never_run_again() {
    let till = Till::open().await;
    let cut = Arc::new(std::sync::Mutex::new((Cut::Never, PLAY)));
    let url = cuttable(&till.house.local.app_url, Arc::clone(&cut)).await;
    let pool = PgPoolOptions::new()
        .max_connections(4)
        .connect(&url)
        .await
        .unwrap();
    let wallet = LocalWallet::new(BrandPool::new(pool), Clock::system(), WalletLimits::default());
    let applied = |outcome: &Outcome| matches!(outcome, Outcome::Decided(Verdict::Applied(_)));
    for turn in 0..5 {
        let bet = |name: &str| till.bet(&format!("{name}{turn}"), 10);
        let win = |name: &str| till.win(&format!("{name} won{turn}"), 4, &format!("{name}{turn}"));
        let hold = |name: &str| till.hold(&format!("{name} held{turn}"), 3);
        for (end, lost, unheard) in [
            (PLAY, bet("lost"), bet("unheard")),
            (PLAY, win("lost"), win("unheard")),
            (HOLD, hold("lost"), hold("unheard")),
        ] {
            *cut.lock().unwrap() = (Cut::Before, end);
            assert_eq!(
                wallet.submit(&till.scope, lost.clone()).await.unwrap(),
                Outcome::Retryable
            );
            *cut.lock().unwrap() = (Cut::After, end);
            let outcome = wallet.submit(&till.scope, unheard.clone()).await.unwrap();
            assert!(applied(&outcome), "{outcome:?}");
            assert!(wallet.submit(&till.scope, unheard).await.unwrap().is_replay());
            assert!(applied(&wallet.submit(&till.scope, lost).await.unwrap()));
            assert!(cut.lock().unwrap().0 == Cut::Never, "both were cut");
        }
    }
    let held = Balance {
        held: 30,
        ..available(9_910)
    };
    assert_eq!(till.balance().await, held);
    till.house.audit().await;
}

#[tokio::test]
async fn money_39_a_wallet_that_stays_locked_is_retryable_in_time_and_stores_nothing() {
    let till = Till::with(WalletLimits {
        lock_timeout_ms: 150,
        ..WalletLimits::default()
    })
    .await;
    let mut lock = till.house.owner.begin().await.unwrap();
    lock.execute(AssertSqlSafe(format!(
        "SET LOCAL croupier.brand_ids = ',{},'",
        till.scope.id()
    )))
    .await
    .unwrap();
    let locked = lock
        .execute("SELECT * FROM wallet_account FOR UPDATE")
        .await
        .unwrap();
    assert_eq!(locked.rows_affected(), 1);
    let began = tokio::time::Instant::now();
    assert_eq!(till.submit(till.bet("b", 1)).await, Outcome::Retryable);
    let took = began.elapsed();
    assert!(
        took >= Duration::from_millis(150) && took < Duration::from_millis(1_500),
        "{took:?}"
    );
    lock.rollback().await.unwrap();
    assert_eq!(till.count("wallet_command").await, 1);
    till.applied(till.bet("b", 1)).await;
}
