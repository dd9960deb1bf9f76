//! The wallet over real PostgreSQL, as the application's role: what only a database can get wrong.

use std::{collections::HashSet, sync::Arc, time::Duration};

use croupier_brand::{BrandScope, Clock, Currency, global, token::PlayerId};
use croupier_wallet::{
    Action, Amount, Balance, Command, GameId, LocalWallet, Outcome, Payment, Reason, RoundId, Source,
    TransactionId, Verdict, Wallet, WalletLimits, page::PageLimit,
};
use sqlx::{AssertSqlSafe, Connection, Executor, Row, postgres::PgPoolOptions};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use uuid::Uuid;

use crate::harness::House;

/// A house with its wallet in our hands, and one player with 100.00.
struct Till {
    house: House,
    wallet: LocalWallet,
    scope: BrandScope,
    player: PlayerId,
}

impl Till {
    async fn open() -> Self {
        Self::with(WalletLimits::default()).await
    }

    async fn with(limits: WalletLimits) -> Self {
        let house = House::open().await;
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .connect(&house.local.app_url)
            .await
            .unwrap();
        let brand = Arc::new(global::all_brands(&house.owner).await.unwrap().remove(0));
        let scope = BrandScope::for_operator(&pool, brand, "test", "try the wallet", &Clock::system())
            .await
            .unwrap();
        let wallet = LocalWallet::new(pool, Clock::system(), limits);
        let guest = house.guest(&house.aurora, "anna").await;
        let till = Self {
            wallet,
            scope,
            player: player(&guest.id),
            house,
        };
        till.applied(till.deposit("float", 10_000)).await;
        till
    }

    async fn other(&self, account: &str) -> PlayerId {
        player(&self.house.guest(&self.house.aurora, account).await.id)
    }

    fn command(&self, transaction: &str, action: Action) -> Command {
        let source = Source::provider("test").unwrap();
        Command::new(
            self.player,
            self.scope.currency(),
            source,
            TransactionId::new(transaction).unwrap(),
            action,
        )
    }

    fn deposit(&self, transaction: &str, minor: i64) -> Command {
        self.command(
            transaction,
            Action::Deposit {
                amount: Amount::new(minor).unwrap(),
                payment: Payment::Approved,
            },
        )
    }

    fn bet(&self, transaction: &str, minor: i64) -> Command {
        let (round, game) = (RoundId::new("round").unwrap(), GameId::new("game").unwrap());
        self.command(
            transaction,
            Action::Bet {
                amount: Amount::new(minor).unwrap(),
                round,
                game,
            },
        )
    }

    fn win(&self, transaction: &str, minor: i64, bet: &str) -> Command {
        let (round, game) = (RoundId::new("round").unwrap(), GameId::new("game").unwrap());
        let bet = Some(TransactionId::new(bet).unwrap());
        self.command(
            transaction,
            Action::Settle {
                amount: Amount::new(minor).unwrap(),
                round,
                game,
                bet,
            },
        )
    }

    fn rollback(&self, transaction: &str, of: &str) -> Command {
        self.command(
            transaction,
            Action::Rollback {
                of: TransactionId::new(of).unwrap(),
                round: None,
                game: None,
            },
        )
    }

    fn hold(&self, transaction: &str, minor: i64) -> Command {
        self.command(
            transaction,
            Action::WithdrawHold {
                amount: Amount::new(minor).unwrap(),
            },
        )
    }

    async fn submit(&self, command: Command) -> Outcome {
        self.wallet.submit(&self.scope, command).await.unwrap()
    }

    async fn applied(&self, command: Command) -> Uuid {
        match self.submit(command).await {
            Outcome::Decided(Verdict::Applied(receipt)) => receipt.entry.0,
            other => panic!("{other:?}"),
        }
    }

    /// All of them at once, each on a task of its own.
    async fn together(&self, commands: impl IntoIterator<Item = Command>) -> Vec<Outcome> {
        let mut tasks = JoinSet::new();
        for command in commands {
            let (wallet, scope) = (self.wallet.clone(), self.scope.clone());
            tasks.spawn(async move { wallet.submit(&scope, command).await.unwrap() });
        }
        tasks.join_all().await
    }

    async fn balance(&self) -> Balance {
        self.wallet
            .balance(&self.scope, self.player, self.scope.currency())
            .await
            .unwrap()
            .balance()
    }

    async fn count(&self, from: &str) -> i64 {
        let mut owner = self.house.owner.acquire().await.unwrap();
        owner
            .execute(AssertSqlSafe(format!(
                "SELECT set_config('croupier.brand_ids', ',{},', false)",
                self.scope.id()
            )))
            .await
            .unwrap();
        sqlx::query(AssertSqlSafe(format!("SELECT count(*) AS n FROM {from}")))
            .fetch_one(&mut *owner)
            .await
            .unwrap()
            .get("n")
    }
}

fn player(id: &str) -> PlayerId {
    PlayerId(id.parse().unwrap())
}

fn available(minor: i64) -> Balance {
    Balance {
        available: minor,
        held: 0,
    }
}

#[tokio::test]
async fn money_01_money_02_money_03_the_books_hold_after_every_kind_of_command() {
    let till = Till::open().await;
    till.applied(till.bet("b1", 3_000)).await;
    till.applied(till.win("w1", 500, "b1")).await;
    till.applied(till.win("w2", 0, "b1")).await;
    till.applied(till.rollback("r1", "w1")).await;
    till.applied(till.bet("b2", 1_000)).await;
    till.applied(till.rollback("r2", "b2")).await;
    let paid = till.applied(till.hold("h1", 2_000)).await;
    let kept = till.applied(till.hold("h2", 2_000)).await;
    till.applied(till.command(
        "s1",
        Action::WithdrawSettle {
            hold: croupier_wallet::EntryId(paid),
        },
    ))
    .await;
    till.applied(till.command(
        "s2",
        Action::WithdrawRelease {
            hold: croupier_wallet::EntryId(kept),
        },
    ))
    .await;
    assert!(matches!(
        till.submit(till.command(
            "s3",
            Action::WithdrawSettle {
                hold: croupier_wallet::EntryId(kept)
            }
        ))
        .await,
        Outcome::Decided(Verdict::AlreadySettled { .. })
    ));
    assert_eq!(till.balance().await, available(5_000));
    assert_eq!(till.count("wallet_ledger").await, 11);
    assert_eq!(
        till.count("wallet_bet_authorization WHERE state = 'settled' AND settles = 1")
            .await,
        1
    );
    assert_eq!(
        till.count("wallet_account WHERE version <> (SELECT count(*) FROM wallet_ledger)")
            .await,
        0
    );
    till.house.audit().await;
}

#[tokio::test]
async fn money_05_the_application_cannot_change_what_was_written() {
    let till = Till::open().await;
    let app = PgPoolOptions::new()
        .max_connections(1)
        .connect(&till.house.local.app_url)
        .await
        .unwrap();
    let mut app = app.acquire().await.unwrap();
    app.execute(AssertSqlSafe(format!(
        "SET croupier.brand_ids = ',{},'",
        till.scope.id()
    )))
    .await
    .unwrap();
    for statement in [
        "UPDATE wallet_ledger SET amount = 1",
        "DELETE FROM wallet_ledger",
        "TRUNCATE wallet_ledger",
        "UPDATE wallet_idempotency SET at = now()",
        "DELETE FROM wallet_idempotency",
        "DELETE FROM wallet_account",
        "UPDATE wallet_tombstone SET at = now()",
        "DELETE FROM wallet_tombstone",
    ] {
        let fault = app.execute(statement).await.unwrap_err();
        assert_eq!(
            fault.as_database_error().unwrap().code().as_deref(),
            Some("42501"),
            "{statement}"
        );
    }
}

#[tokio::test]
async fn money_07_a_foreign_currency_and_an_unknown_player_get_no_wallet() {
    let till = Till::open().await;
    let usd = Command {
        currency: Currency::parse("USD").unwrap(),
        ..till.deposit("usd", 100)
    };
    let nobody = Command {
        player: PlayerId(Uuid::from_u128(7)),
        ..till.deposit("nobody", 100)
    };
    for (command, expected) in [(usd, Reason::ForeignCurrency), (nobody, Reason::UnknownPlayer)] {
        let outcome = till.submit(command).await;
        assert!(
            matches!(outcome, Outcome::Decided(Verdict::Rejected { reason, .. }) if reason == expected),
            "{outcome:?}"
        );
    }
    assert_eq!(till.count("wallet_account").await, 1);
    assert_eq!(till.count("wallet_idempotency").await, 1);
}

#[tokio::test]
async fn money_09_concurrent_duplicates_have_one_effect_and_one_outcome() {
    let till = Till::open().await;
    let outcomes = till.together((0..24).map(|_| till.bet("b", 700))).await;
    let verdicts: HashSet<_> = outcomes
        .iter()
        .map(|outcome| format!("{:?}", outcome.verdict().unwrap()))
        .collect();
    assert_eq!(verdicts.len(), 1, "{verdicts:?}");
    assert_eq!(outcomes.iter().filter(|outcome| !outcome.is_replay()).count(), 1);
    assert_eq!(till.balance().await, available(9_300));
}

#[tokio::test]
async fn money_09_a_players_first_commands_may_come_together() {
    let till = Till::open().await;
    for turn in 0..5 {
        let bert = till.other(&format!("bert{turn}")).await;
        let deposits = (0..8).map(|at| Command {
            player: bert,
            ..till.deposit(&format!("d{turn}-{at}"), 100)
        });
        let outcomes = till.together(deposits).await;
        assert!(
            outcomes
                .iter()
                .all(|outcome| matches!(outcome, Outcome::Decided(Verdict::Applied(_)))),
            "{outcomes:?}"
        );
        let balance = till
            .wallet
            .balance(&till.scope, bert, till.scope.currency())
            .await
            .unwrap()
            .balance();
        assert_eq!(balance, available(800));
    }
}

#[tokio::test]
async fn money_10_one_id_for_two_players_is_one_bet_and_one_conflict() {
    let till = Till::open().await;
    let bert = till.other("bert").await;
    till.applied(Command {
        player: bert,
        ..till.deposit("float2", 10_000)
    })
    .await;
    for turn in 0..20 {
        let mine = till.bet(&format!("b{turn}"), 100);
        let yours = Command {
            player: bert,
            ..mine.clone()
        };
        let outcomes = till.together([mine, yours]).await;
        let conflicts = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Outcome::Conflict { .. }))
            .count();
        let applied = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Outcome::Decided(Verdict::Applied(_))))
            .count();
        assert_eq!((conflicts, applied), (1, 1), "{outcomes:?}");
    }
    till.house.audit().await;
}

#[tokio::test]
async fn money_12_a_stored_refusal_is_repeated_as_it_was() {
    let till = Till::open().await;
    let refused = till.submit(till.bet("b", 10_001)).await;
    assert!(matches!(
        refused,
        Outcome::Decided(Verdict::InsufficientFunds { usable: 10_000, .. })
    ));
    till.applied(till.deposit("more", 50_000)).await;
    let again = till.submit(till.bet("b", 10_001)).await;
    assert_eq!(
        again,
        Outcome::Replayed {
            verdict: refused.verdict().unwrap(),
            balance: available(60_000)
        }
    );
    assert!(matches!(
        till.submit(till.bet("b", 10_002)).await,
        Outcome::Conflict { .. }
    ));
}

#[tokio::test]
async fn money_13_money_14_a_bet_racing_its_rollbacks_is_reversed_once_or_never_taken() {
    let till = Till::open().await;
    for turn in 0..25 {
        let bet = format!("b{turn}");
        let rollbacks = (0..3).map(|at| till.rollback(&format!("r{turn}-{at}"), &bet));
        let outcomes = till
            .together([till.bet(&bet, 100)].into_iter().chain(rollbacks))
            .await;
        assert!(
            outcomes
                .iter()
                .all(|outcome| outcome.verdict().unwrap().receipt().is_some()),
            "{outcomes:?}"
        );
        assert_eq!(
            till.balance().await,
            available(10_000),
            "turn {turn}: {outcomes:?}"
        );
    }
    till.house.audit().await;
}

#[tokio::test]
async fn money_29_a_withdrawal_racing_bets_never_spends_twice() {
    let till = Till::open().await;
    for turn in 0..10 {
        let bets = (0..4).map(|at| till.bet(&format!("b{turn}-{at}"), 4_000));
        let holds = (0..4).map(|at| till.hold(&format!("h{turn}-{at}"), 4_000));
        let outcomes = till.together(bets.chain(holds)).await;
        let applied = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Outcome::Decided(Verdict::Applied(_))))
            .count();
        assert_eq!(applied, 2, "{outcomes:?}");
        let balance = till.balance().await;
        assert!(balance.available == 2_000, "{balance:?}");
        till.applied(till.deposit(&format!("d{turn}"), 8_000)).await;
    }
    till.house.audit().await;
}

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
    let killer = tokio::spawn(kill_backends(till.house.local.app_url.clone(), Arc::clone(&stop)));
    let mut tasks = JoinSet::new();
    for at in 0..60 {
        let (wallet, scope, command) = (
            till.wallet.clone(),
            till.scope.clone(),
            till.bet(&format!("b{at}"), 10),
        );
        tasks.spawn(async move {
            for attempt in 0..200 {
                match wallet.submit(&scope, command.clone()).await.unwrap() {
                    Outcome::Retryable => tokio::time::sleep(Duration::from_millis(5)).await,
                    outcome => return (attempt, outcome),
                }
            }
            panic!("never decided");
        });
    }
    let outcomes = tasks.join_all().await;
    stop.notify_one();
    let killed = killer.await.unwrap();
    assert!(
        outcomes
            .iter()
            .all(|(_, outcome)| matches!(outcome.verdict(), Some(Verdict::Applied(_)))),
        "{outcomes:?}"
    );
    assert!(killed > 0, "nothing was killed, nothing was tried");
    assert_eq!(till.balance().await, available(9_400));
    till.house.audit().await;
}

/// Ends every other connection of the application now and again, and tells how many.
async fn kill_backends(app_url: String, stop: Arc<tokio::sync::Notify>) -> i64 {
    let mut app = sqlx::PgConnection::connect(&app_url).await.unwrap();
    let mut killed = 0;
    for pause in [1_u64, 2, 3, 5, 8, 13].into_iter().cycle() {
        tokio::select! {
            () = stop.notified() => break,
            () = tokio::time::sleep(Duration::from_millis(pause)) => {}
        }
        let kill = "SELECT count(pg_terminate_backend(pid)) AS n FROM pg_stat_activity
                     WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()";
        killed += sqlx::query(kill)
            .fetch_one(&mut app)
            .await
            .unwrap()
            .get::<i64, _>("n");
    }
    killed
}

/// What the wire does to the next COMMIT.
#[derive(Clone, Copy, PartialEq)]
enum Cut {
    Never,
    /// It never reaches the server.
    Before,
    /// The server's answer to it never arrives.
    After,
}

/// A wire to PostgreSQL that can be cut at a COMMIT. Gives the URL through it.
async fn cuttable(app_url: &str, cut: Arc<std::sync::Mutex<Cut>>) -> String {
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

async fn carry(client: TcpStream, server: TcpStream, cut: Arc<std::sync::Mutex<Cut>>) {
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let back = tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let mut bytes = vec![0; 65_536];
    while let Ok(length @ 1..) = from_client.read(&mut bytes).await {
        let commits = bytes[..length].windows(6).any(|window| window == b"COMMIT");
        let now = if commits {
            std::mem::replace(&mut *cut.lock().unwrap(), Cut::Never)
        } else {
            Cut::Never
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
    let cut = Arc::new(std::sync::Mutex::new(Cut::Never));
    let url = cuttable(&till.house.local.app_url, Arc::clone(&cut)).await;
    let pool = PgPoolOptions::new()
        .max_connections(4)
        .connect(&url)
        .await
        .unwrap();
    let wallet = LocalWallet::new(pool, Clock::system(), WalletLimits::default());
    for turn in 0..5 {
        let (lost, unheard) = (
            till.bet(&format!("lost{turn}"), 10),
            till.bet(&format!("unheard{turn}"), 10),
        );
        *cut.lock().unwrap() = Cut::Before;
        assert_eq!(
            wallet.submit(&till.scope, lost.clone()).await.unwrap(),
            Outcome::Retryable
        );
        *cut.lock().unwrap() = Cut::After;
        let outcome = wallet.submit(&till.scope, unheard.clone()).await.unwrap();
        assert!(
            matches!(outcome, Outcome::Decided(Verdict::Applied(_))),
            "{outcome:?}"
        );
        assert!(wallet.submit(&till.scope, unheard).await.unwrap().is_replay());
        assert!(matches!(
            wallet.submit(&till.scope, lost).await.unwrap(),
            Outcome::Decided(Verdict::Applied(_))
        ));
        assert!(*cut.lock().unwrap() == Cut::Never, "both were cut");
    }
    assert_eq!(till.balance().await, available(9_900));
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
    assert_eq!(till.count("wallet_idempotency").await, 1);
    till.applied(till.bet("b", 1)).await;
}

#[tokio::test]
async fn a_topology_is_adopted_by_wallets_that_are_older() {
    let till = Till::open().await;
    let holdings = || async {
        till.wallet
            .balance(&till.scope, till.player, till.scope.currency())
            .await
            .unwrap()
            .buckets
    };
    assert_eq!(
        holdings()
            .await
            .iter()
            .map(|bucket| bucket.bucket.as_str())
            .collect::<Vec<_>>(),
        ["cash", "bonus"]
    );
    till.applied(till.bet("before", 1_000)).await;
    let bucket = |code, withdrawable| serde_json::json!({"code": code, "withdrawable": withdrawable});
    let document = serde_json::json!({
        "buckets": [bucket("cash", true), bucket("bonus", false), bucket("points", false)],
        "bet_order": ["points", "cash"], "win_to": "points", "deposit_to": "points",
    });
    let topology = serde_json::from_value(document).unwrap();
    assert_eq!(
        till.wallet.adopt_topology(&till.scope, &topology).await.unwrap(),
        1
    );
    till.applied(till.deposit("d", 300)).await;
    till.applied(till.bet("after", 500)).await;
    till.applied(till.rollback("r", "before")).await;
    let held: Vec<_> = holdings()
        .await
        .into_iter()
        .map(|bucket| (bucket.bucket, bucket.available))
        .collect();
    assert_eq!(
        held,
        [
            ("cash".to_owned(), 9_800),
            ("bonus".to_owned(), 0),
            ("points".to_owned(), 0)
        ]
    );
    let shrunk = serde_json::json!({"buckets": [bucket("points", true)], "bet_order": ["points"], "win_to": "points", "deposit_to": "points"});
    assert!(
        till.wallet
            .adopt_topology(&till.scope, &serde_json::from_value(shrunk).unwrap())
            .await
            .is_err()
    );
    till.house.audit().await;
}

#[tokio::test]
async fn a_history_is_paged_without_gaps_or_repeats_while_it_grows() {
    let till = Till::open().await;
    for at in 0..11 {
        till.applied(till.bet(&format!("b{at}"), 10 + at)).await;
    }
    let (mut cursor, mut versions) = (None, Vec::new());
    loop {
        let limit = PageLimit::new(5).unwrap();
        let page = till
            .wallet
            .entries(&till.scope, till.player, till.scope.currency(), cursor, limit)
            .await
            .unwrap();
        assert!(page.entries.len() <= 5);
        versions.extend(page.entries.iter().map(|entry| entry.version));
        till.applied(till.bet(&format!("during{}", versions.len()), 1))
            .await;
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert!(versions.iter().copied().eq((1..=12).rev()), "{versions:?}");
    let newest = till
        .wallet
        .entries(
            &till.scope,
            till.player,
            till.scope.currency(),
            None,
            PageLimit::new(1).unwrap(),
        )
        .await
        .unwrap();
    assert_eq!((newest.entries[0].change, newest.entries[0].amount), (-1, 1));
}
