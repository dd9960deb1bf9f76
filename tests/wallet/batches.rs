//! Many commands in one transaction: what a batch costs, what spoils one, and who else writes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use croupier_brand::{BrandPool, Clock};
use croupier_wallet::{Command, LocalWallet, Neutral, Outcome, Verdict, Wallet, WalletError, WalletLimits};
use sqlx::{AssertSqlSafe, Executor, postgres::PgPoolOptions};
use time::OffsetDateTime;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{Till, available};
use crate::books;

/// One writer, so that what comes while it is busy is one batch.
const ALONE: WalletLimits = WalletLimits {
    shards: 1,
    group: 256,
    batch: 256,
    queue: 2_048,
    queue_per_brand: 2_048,
    lock_timeout_ms: 500,
    deadline_ms: 30_000,
    commit_timeout_ms: 30_000,
    attempts: 4,
    remembered: 1_000,
    seal_interval_ms: 0,
};

/// Another process: writers and connections of its own, over the same rows.
async fn another(till: &Till, url: &str, limits: WalletLimits, clock: Clock) -> LocalWallet {
    let pool = PgPoolOptions::new()
        .max_connections(u32::from(limits.shards) + 1)
        .test_before_acquire(false)
        .connect(url)
        .await
        .unwrap();
    LocalWallet::with_writers(
        till.house.brand_pool(4).await,
        BrandPool::new(pool),
        clock,
        limits,
    )
}

fn submit_all(
    till: &Till,
    wallet: &LocalWallet,
    commands: impl IntoIterator<Item = Command>,
) -> JoinSet<Result<Outcome, WalletError>> {
    let mut tasks = JoinSet::new();
    for command in commands {
        let (wallet, scope) = (wallet.clone(), till.scope.clone());
        tasks.spawn(async move { wallet.submit(&scope, command).await });
    }
    tasks
}

fn is_applied(outcome: &Outcome) -> bool {
    matches!(outcome.verdict(), Some(Verdict::Applied(_)))
}

/// A wire to PostgreSQL that counts round trips: how often the client speaks after the server did.
async fn counted(app_url: &str, trips: Arc<AtomicU64>) -> String {
    let (front, back) = app_url.split_once('@').unwrap();
    let (server, database) = back.split_once('/').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("{front}@{}/{database}", listener.local_addr().unwrap());
    let server = server.to_owned();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            let (trips, answered) = (Arc::clone(&trips), Arc::new(AtomicBool::new(true)));
            let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
                (client.into_split(), server.into_split());
            let heard = Arc::clone(&answered);
            tokio::spawn(async move {
                let mut bytes = vec![0; 65_536];
                while let Ok(length @ 1..) = from_server.read(&mut bytes).await {
                    heard.store(true, Ordering::SeqCst);
                    if to_client.write_all(&bytes[..length]).await.is_err() {
                        break;
                    }
                }
            });
            tokio::spawn(async move {
                let mut bytes = vec![0; 65_536];
                while let Ok(length @ 1..) = from_client.read(&mut bytes).await {
                    if answered.swap(false, Ordering::SeqCst) {
                        trips.fetch_add(1, Ordering::SeqCst);
                    }
                    if to_server.write_all(&bytes[..length]).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    url
}

#[tokio::test]
async fn a_batch_takes_the_trips_that_it_says_however_many_bets_it_has() {
    let till = Till::open().await;
    for (remembered, a_bet, a_win) in [(0, 2, 3), (1_000, 1, 1)] {
        let limits = WalletLimits { remembered, ..ALONE };
        takes_the_trips(&till, limits, a_bet, a_win).await;
    }
    books::audit(&till.house).await;
}

async fn takes_the_trips(till: &Till, limits: WalletLimits, a_bet: u64, a_win: u64) {
    let named = |id: &str| format!("{id} of {}", limits.remembered);
    let trips = Arc::new(AtomicU64::new(0));
    let url = counted(&till.house.local.app_url, Arc::clone(&trips)).await;
    let wallet = another(till, &url, limits, Clock::system()).await;
    let one = async |command: Command| {
        let before = trips.load(Ordering::SeqCst);
        let outcome = wallet.submit(&till.scope, command).await.unwrap();
        assert!(is_applied(&outcome), "{outcome:?}");
        trips.load(Ordering::SeqCst) - before
    };
    // Statements are prepared once a connection, which takes trips of its own.
    one(till.bet(&named("first"), 1)).await;
    one(till.win(&named("first win"), 1, &named("first"))).await;
    assert_eq!(one(till.bet(&named("b"), 1)).await, a_bet, "a bet");
    assert_eq!(one(till.win(&named("w"), 1, &named("b"))).await, a_win, "a win");

    let many = async |commands: Vec<Command>| {
        let before = trips.load(Ordering::SeqCst);
        let outcomes = submit_all(till, &wallet, commands).join_all().await;
        assert!(
            outcomes
                .iter()
                .all(|outcome| is_applied(outcome.as_ref().unwrap()))
        );
        trips.load(Ordering::SeqCst) - before
    };
    let bet = |at| named(&format!("many {at}"));
    let bets = (0..200).map(|at| till.bet(&bet(at), 1)).collect();
    let wins = (0..200).map(|at| till.win(&named(&format!("win {at}")), 1, &bet(at)));
    let wins = wins.collect();
    // The first may go alone, and the others come while it is under way.
    let taken = many(bets).await;
    assert!(
        taken.is_multiple_of(a_bet) && taken <= 4 * a_bet,
        "{taken} trips for 200 bets"
    );
    // A wallet is remembered with a few of its bets; the batch reads the others.
    let taken = many(wins).await;
    assert!(taken <= 4 * 3, "{taken} trips for 200 wins");
}

#[tokio::test]
async fn money_40_one_poisoned_command_of_200_fails_alone() {
    let till = Till::with(ALONE).await;
    till.house
        .owner
        .execute("ALTER TABLE wallet_command ADD CONSTRAINT poison CHECK (transaction_id <> 'poison')")
        .await
        .unwrap();
    let commands = (0..200).map(|at| {
        if at == 137 {
            till.bet("poison", 1)
        } else {
            till.bet(&format!("b{at}"), 1)
        }
    });
    let outcomes = submit_all(&till, &till.wallet, commands).join_all().await;
    let applied = outcomes
        .iter()
        .filter(|outcome| outcome.as_ref().is_ok_and(is_applied))
        .count();
    let failed = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(WalletError::Broken(_))))
        .count();
    assert_eq!((applied, failed), (199, 1));
    assert_eq!(till.balance().await, available(10_000 - 199));
    books::audit(&till.house).await;
}

#[tokio::test]
async fn money_40_a_win_whose_bet_cannot_be_changed_fails_alone() {
    let till = Till::with(ALONE).await;
    till.applied(till.bet("spoilt", 1)).await;
    let spoil = "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
                 CREATE TRIGGER spoil BEFORE UPDATE ON wallet_command FOR EACH ROW WHEN (OLD.transaction_id = 'spoilt')
                 EXECUTE FUNCTION spoil()";
    till.house.owner.execute(spoil).await.unwrap();
    let commands = (0..20).map(|at| match at {
        13 => till.win("w", 5, "spoilt"),
        _ => till.bet(&format!("b{at}"), 1),
    });
    let outcomes = submit_all(&till, &till.wallet, commands).join_all().await;
    let applied = outcomes
        .iter()
        .filter(|outcome| outcome.as_ref().is_ok_and(is_applied))
        .count();
    let failed = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(WalletError::Broken(_))))
        .count();
    assert_eq!((applied, failed), (19, 1), "{outcomes:?}");
    assert_eq!(till.balance().await, available(10_000 - 20));
    books::audit(&till.house).await;
}

#[tokio::test]
async fn money_38_a_write_that_comes_too_late_for_one_wallet_touches_no_bet_of_another() {
    let till = Till::with(ALONE).await;
    let other = till.another_process().await;
    let player = till.other("bela").await;
    let of_bela = |command: Command| Command { player, ..command };
    till.applied(till.bet("b", 1)).await;
    till.applied(of_bela(till.deposit("of another", 100))).await;
    // What is undone has counted all the same.
    let count = "CREATE SEQUENCE touched;
                 CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
                 'BEGIN PERFORM nextval(''touched''); RETURN NEW; END';
                 CREATE TRIGGER touch BEFORE UPDATE ON wallet_command FOR EACH ROW EXECUTE FUNCTION touch()";
    till.house.owner.execute(count).await.unwrap();
    let elsewhere = other.submit(&till.scope, of_bela(till.bet("elsewhere", 1))).await;
    assert!(is_applied(&elsewhere.unwrap()));
    // Both are queued before the writer runs, so they are one batch; it remembers both wallets, one of them wrongly.
    let (win, bet) = tokio::join!(
        till.submit(till.win("w", 5, "b")),
        till.submit(of_bela(till.bet("b2", 1)))
    );
    assert!(is_applied(&win) && is_applied(&bet), "{win:?} {bet:?}");
    let touched: i64 = sqlx::query_scalar("SELECT last_value FROM touched WHERE is_called")
        .fetch_one(&till.house.owner)
        .await
        .unwrap();
    assert_eq!(touched, 1);
    books::audit(&till.house).await;
}

#[tokio::test]
async fn money_38_two_writers_on_one_wallet_lose_and_double_nothing() {
    let till = Till::open().await;
    let url = till.house.local.app_url.clone();
    let limits = WalletLimits {
        attempts: 100,
        ..ALONE
    };
    let one = another(&till, &url, limits, Clock::system()).await;
    let other = another(&till, &url, limits, Clock::system()).await;
    // The same commands to both, in other orders: each is taken once, by whichever was faster.
    let bets: Vec<_> = (0..300).map(|at| till.bet(&format!("b{at}"), 7)).collect();
    let mut backwards = bets.clone();
    backwards.reverse();
    let (first, second) = (
        submit_all(&till, &one, bets).join_all(),
        submit_all(&till, &other, backwards).join_all(),
    );
    let (first, second) = tokio::join!(first, second);
    let all: Vec<_> = first.into_iter().chain(second).map(Result::unwrap).collect();
    assert!(all.iter().all(is_applied), "{all:?}");
    let decided = all.iter().filter(|outcome| !outcome.is_replay()).count();
    assert_eq!((all.len(), decided), (600, 300));
    assert_eq!(till.balance().await, available(10_000 - 2_100));
    books::audit(&till.house).await;
}

#[tokio::test]
async fn money_38_money_14_a_bet_at_one_writer_and_its_rollback_at_another_do_not_miss_each_other() {
    let till = Till::open().await;
    let url = till.house.local.app_url.clone();
    let one = another(&till, &url, ALONE, Clock::system()).await;
    let other = another(&till, &url, ALONE, Clock::system()).await;
    let mut came_late = 0;
    for turn in 0..60 {
        let (bet, of) = (format!("b{turn}"), format!("r{turn}"));
        let (bet, rollback) = (till.bet(&bet, 100), till.rollback(&of, &bet));
        let (bet, rollback) = tokio::join!(one.submit(&till.scope, bet), other.submit(&till.scope, rollback));
        match (bet.unwrap(), rollback.unwrap()) {
            (Outcome::Decided(Verdict::Applied(_)), Outcome::Decided(Verdict::Applied(_))) => {}
            (
                Outcome::Decided(Verdict::Neutralised {
                    why: Neutral::RolledBackBefore,
                    ..
                }),
                Outcome::Decided(Verdict::Neutralised {
                    why: Neutral::NotYetSeen,
                    ..
                }),
            ) => came_late += 1,
            other => panic!("{other:?}"),
        }
        assert_eq!(
            till.balance().await,
            available(10_000),
            "turn {turn}, {came_late} came late"
        );
    }
    books::audit(&till.house).await;
}

#[tokio::test]
async fn money_44_what_finds_no_place_is_refused_and_has_no_effect() {
    let till = Till::with(WalletLimits {
        queue: 40,
        queue_per_brand: 30,
        ..ALONE
    })
    .await;
    let bets: Vec<_> = (0..400).map(|at| till.bet(&format!("b{at}"), 1)).collect();
    let mut left = bets.clone();
    let (mut refused, mut rounds) = (0, 0);
    while !left.is_empty() {
        let outcomes = submit_each(&till, &left).await;
        let entries = till.count("wallet_ledger WHERE kind = 'bet'").await;
        let again: Vec<_> = left
            .iter()
            .zip(&outcomes)
            .filter(|(_, outcome)| **outcome == Outcome::Retryable)
            .map(|(command, _)| command.clone())
            .collect();
        assert_eq!(usize::try_from(entries).unwrap(), bets.len() - again.len());
        refused += again.len();
        left = again;
        rounds += 1;
        assert!(rounds < 400, "no end");
    }
    assert!(refused > 300, "only {refused} were refused: nothing was tried");
    assert_eq!(till.balance().await, available(9_600));
    books::audit(&till.house).await;
}

async fn submit_each(till: &Till, commands: &[Command]) -> Vec<Outcome> {
    let tasks = commands
        .iter()
        .map(|command| till.wallet.submit(&till.scope, command.clone()));
    let outcomes = futures_util::future::join_all(tasks).await;
    outcomes.into_iter().map(Result::unwrap).collect()
}

#[tokio::test]
async fn what_was_taken_is_decided_before_the_wallet_ends_and_nothing_is_taken_after() {
    let till = Till::open().await;
    let writers = PgPoolOptions::new()
        .max_connections(2)
        .connect(&till.house.local.app_url)
        .await
        .unwrap();
    let wallet = LocalWallet::with_writers(
        till.house.brand_pool(4).await,
        BrandPool::new(writers.clone()),
        Clock::system(),
        ALONE,
    );
    let bets = (0..100).map(|at| till.bet(&format!("b{at}"), 1));
    let mut tasks = submit_all(&till, &wallet, bets);
    // Some have their places.
    tokio::task::yield_now().await;
    wallet.drain().await;
    // It waits for every connection that somebody still has.
    tokio::time::timeout(Duration::from_secs(20), writers.close())
        .await
        .unwrap();
    let mut taken = 0;
    while let Some(outcome) = tasks.join_next().await {
        match outcome.unwrap().unwrap() {
            Outcome::Retryable => {}
            outcome => {
                assert!(is_applied(&outcome));
                taken += 1;
            }
        }
    }
    assert_eq!(till.count("wallet_ledger WHERE kind = 'bet'").await, taken);
    let late = wallet.submit(&till.scope, till.bet("late", 1)).await.unwrap();
    assert_eq!(late, Outcome::Retryable);
    books::audit(&till.house).await;
}

#[tokio::test]
async fn money_41_a_clock_that_goes_backward_changes_the_order_of_nothing() {
    let till = Till::open().await;
    let clock = Clock::manual(OffsetDateTime::now_utc() + time::Duration::hours(3));
    let url = till.house.local.app_url.clone();
    let wallet = another(&till, &url, ALONE, clock.clone()).await;
    let applied = async |command: Command| {
        let outcome = wallet.submit(&till.scope, command).await.unwrap();
        assert!(is_applied(&outcome), "{outcome:?}");
    };
    applied(till.bet("b1", 100)).await;
    clock.advance(time::Duration::days(-400));
    applied(till.win("w1", 250, "b1")).await;
    clock.advance(time::Duration::days(-1));
    applied(till.bet("b2", 50)).await;
    applied(till.rollback("r2", "b2")).await;
    assert!(
        wallet
            .submit(&till.scope, till.bet("b1", 100))
            .await
            .unwrap()
            .is_replay()
    );
    assert_eq!(till.balance().await, available(10_150));
    let history = till
        .wallet
        .entries(
            &till.scope,
            till.player,
            till.scope.currency(),
            None,
            croupier_wallet::page::PageLimit::default(),
        )
        .await
        .unwrap();
    let versions: Vec<_> = history.entries.iter().map(|entry| entry.version).collect();
    assert_eq!(versions, [5, 4, 3, 2, 1]);
    books::audit(&till.house).await;
}

#[tokio::test]
async fn money_45_a_schema_that_changes_under_load_stops_nothing_for_good() {
    let till = Till::open().await;
    let wallet = another(&till, &till.house.local.app_url.clone(), ALONE, Clock::system()).await;
    let done = Arc::new(AtomicBool::new(false));
    let players = {
        let (wallet, scope, done) = (wallet.clone(), till.scope.clone(), Arc::clone(&done));
        let bet = (0..4_000)
            .map(|at| till.bet(&format!("b{at}"), 1))
            .collect::<Vec<_>>();
        tokio::spawn(async move {
            let mut applied = 0;
            for command in bet {
                loop {
                    match wallet.submit(&scope, command.clone()).await.unwrap() {
                        Outcome::Retryable => tokio::time::sleep(Duration::from_millis(2)).await,
                        outcome => {
                            assert!(is_applied(&outcome));
                            break;
                        }
                    }
                }
                applied += 1;
                if done.load(Ordering::SeqCst) {
                    break;
                }
            }
            applied
        })
    };
    // What a later version's migrations do: columns, an index, a constraint that is proven later.
    for change in [
        "ALTER TABLE wallet_account ADD COLUMN planted_later bigint NOT NULL DEFAULT 0",
        "ALTER TABLE wallet_command ADD COLUMN planted_later text",
        "ALTER TABLE wallet_ledger ADD COLUMN planted_later text",
        "CREATE INDEX planted_later ON wallet_ledger (brand_id, round_id)",
        "ALTER TABLE wallet_account ADD CONSTRAINT planted CHECK (version >= 0) NOT VALID",
        "ALTER TABLE wallet_account VALIDATE CONSTRAINT planted",
        "ALTER TABLE wallet_account DROP COLUMN planted_later",
    ] {
        till.house
            .owner
            .execute(AssertSqlSafe(change.to_owned()))
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    croupier::migrate::run(&till.house.owner, Clock::system().now())
        .await
        .unwrap();
    done.store(true, Ordering::SeqCst);
    let applied: i64 = players.await.unwrap();
    assert!(applied > 0);
    assert_eq!(till.balance().await, available(10_000 - applied));
    books::audit(&till.house).await;
}
