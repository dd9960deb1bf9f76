//! Behind PgBouncer in transaction mode, where everybody shares one of PostgreSQL's connections.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use croupier::{
    local::{BRANDS, LocalHouse},
    servers::pgbouncer::PrivatePgBouncer,
};
use croupier_brand::{BatchTx, BrandPool, BrandRead, BrandScope, BrandTx, Clock, global, tx::Pooler};
use croupier_game::hub88::simulator::Bet;
use sqlx::{
    AssertSqlSafe, Executor, PgPool, Row,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::{sync::Mutex, task::JoinSet};

use crate::harness::{Cluster, Composition, EUR, House, brands_of};

/// One of PostgreSQL's connections, for everybody.
async fn one_backend(local: &LocalHouse) -> PrivatePgBouncer {
    PrivatePgBouncer::start(&local.app_url, 1).await.unwrap()
}

/// Connections through it, as the application makes them; many more than there are behind it.
async fn through(bouncer: &PrivatePgBouncer) -> PgPool {
    let options: PgConnectOptions = bouncer.url().parse().unwrap();
    PgPoolOptions::new()
        .max_connections(16)
        .acquire_timeout(Duration::from_secs(60))
        .connect_with(options.extra_float_digits(None))
        .await
        .unwrap()
}

/// What somebody finds who sets nothing: no brand, and so no row.
async fn bare_setting(connections: &PgPool) -> String {
    let bare = "SELECT count(*) AS seen, current_setting('croupier.brand_ids', true) AS setting FROM player";
    let mut connection = connections.acquire().await.unwrap();
    let row = connection.fetch_one(bare).await.unwrap();
    assert_eq!(row.get::<i64, _>("seen"), 0);
    row.get::<Option<String>, _>("setting").unwrap_or_default()
}

async fn scopes(local: &LocalHouse) -> [BrandScope; 2] {
    let owner = PgPool::connect(&local.owner_url).await.unwrap();
    let mut scopes = Vec::new();
    for brand in global::all_brands(&owner).await.unwrap() {
        let (pool, clock) = (BrandPool::new(owner.clone()), Clock::system());
        let scope = BrandScope::for_operator(&pool, Arc::new(brand), "test", "look", &clock);
        scopes.push(scope.await.unwrap());
    }
    owner.close().await;
    scopes.try_into().unwrap()
}

/// Somebody who works for one brand, over and over, between others who do.
struct Worker {
    scope: BrandScope,
    pool: BrandPool,
    number: usize,
    /// The servers' processes that were met.
    backends: Arc<Mutex<BTreeSet<i32>>>,
}

/// What each of a brand's rows begins with.
fn mark(scope: &BrandScope) -> String {
    format!("{}.", scope.code())
}

impl Worker {
    async fn work(self) {
        for turn in 0..12 {
            self.write(turn).await;
            self.read(turn).await;
            self.read_as_a_batch(turn).await;
            self.read_without_a_brand(turn).await;
        }
    }

    async fn write(&self, turn: usize) {
        let mut tx = BrandTx::open(&self.pool, &self.scope).await.unwrap();
        let account = format!("{}{}.{turn}", mark(&self.scope), self.number);
        let written = sqlx::query(
            "INSERT INTO player (brand_id, player_id, account, password_hash, created_at) VALUES ($1, $2, $3, 'x', now())",
        )
        .bind(self.scope.id().get())
        .bind(uuid::Uuid::new_v4())
        .bind(&account);
        assert_eq!(written.execute(tx.conn()).await.unwrap().rows_affected(), 1);
        tokio::task::yield_now().await;
        // Nothing here says which brand: row security alone does.
        let seen: Vec<String> = sqlx::query_scalar("SELECT account FROM player")
            .fetch_all(tx.conn())
            .await
            .unwrap();
        assert!(seen.contains(&account));
        self.all_mine(&seen);
        let backend: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
            .fetch_one(tx.conn())
            .await
            .unwrap();
        self.backends.lock().await.insert(backend);
        if turn % 3 == 2 {
            tx.rollback().await.unwrap();
        } else {
            tx.commit().await.unwrap();
        }
    }

    /// As `brand_read!` has it; and a text of its own, so that what another prepared would show.
    async fn read(&self, turn: usize) {
        let me = format!("{} {turn}", self.number);
        let text = format!(
            "SELECT r.* FROM (SELECT croupier_scope($1) AS ids OFFSET 0) AS scope
             CROSS JOIN LATERAL (SELECT q.* FROM (SELECT '{me}', account FROM player) AS q WHERE scope.ids IS NOT NULL OFFSET 0) AS r"
        );
        let mut read = BrandRead::open(&self.pool, &self.scope).await.unwrap();
        for _ in 0..2 {
            let rows: Vec<(String, String)> = sqlx::query_as(AssertSqlSafe(text.clone()))
                .bind(self.scope.id().get())
                .fetch_all(read.conn())
                .await
                .unwrap();
            assert!(!rows.is_empty());
            for (who, account) in rows {
                assert_eq!(who, me, "another's statement was run");
                self.all_mine(&[account]);
            }
        }
    }

    async fn read_as_a_batch(&self, turn: usize) {
        let me = format!("{} {turn}", self.number);
        let mut tx = BatchTx::open(&self.pool, [&self.scope]).await.unwrap();
        let rows: Vec<(String, String)> =
            sqlx::query_as(AssertSqlSafe(format!("SELECT '{me}', account FROM player")))
                .fetch_all(tx.conn())
                .await
                .unwrap();
        for (who, account) in rows {
            assert_eq!(who, me, "another's statement was run");
            self.all_mine(&[account]);
        }
        tx.commit().await.unwrap();
    }

    async fn read_without_a_brand(&self, turn: usize) {
        let me = format!("{} {turn}", self.number);
        let text = format!(
            "SELECT '{me}', (SELECT count(*) FROM player), current_setting('croupier.brand_ids', true)"
        );
        let (who, seen, setting): (String, i64, Option<String>) = sqlx::query_as(AssertSqlSafe(text))
            .fetch_one(&self.pool.global())
            .await
            .unwrap();
        assert_eq!(who, me, "another's statement was run");
        assert_eq!((seen, setting.unwrap_or_default()), (0, String::new()));
    }

    fn all_mine(&self, accounts: &[String]) {
        for account in accounts {
            assert!(
                account.starts_with(&mark(&self.scope)),
                "{account} in {:?}",
                self.scope
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn iso_49_two_brands_on_one_backend_see_nothing_of_each_other() {
    let local = Cluster::get().await.house().await;
    let (bouncer, scopes) = (one_backend(&local).await, scopes(&local).await);
    let connections = through(&bouncer).await;
    let pool = BrandPool::new(connections.clone()).behind(Pooler::Transaction);
    let backends = Arc::default();
    let mut workers = JoinSet::new();
    for number in 0..6 {
        let worker = Worker {
            scope: scopes[number % 2].clone(),
            pool: pool.clone(),
            number,
            backends: Arc::clone(&backends),
        };
        workers.spawn(worker.work());
    }
    // Somebody who sets nothing, between them.
    for _ in 0..40 {
        assert_eq!(bare_setting(&connections).await, "");
    }
    while let Some(worked) = workers.join_next().await {
        worked.unwrap();
    }
    assert_eq!(
        backends.lock().await.len(),
        1,
        "all of it went over one connection"
    );
    for scope in &scopes {
        let mut tx = BrandTx::open(&pool, scope).await.unwrap();
        let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM player")
            .fetch_one(tx.conn())
            .await
            .unwrap();
        assert_eq!(kept, 3 * 8, "what was committed and no more");
        tx.commit().await.unwrap();
    }
    connections.close().await;
    bouncer.stop().await;
}

#[tokio::test]
async fn iso_49_who_hangs_up_leaves_no_brand_on_the_backend() {
    let local = Cluster::get().await.house().await;
    let (bouncer, [aurora, bonanza]) = (one_backend(&local).await, scopes(&local).await);
    let connections = through(&bouncer).await;
    let pool = BrandPool::new(connections.clone()).behind(Pooler::Transaction);
    for polls in 0..20 {
        let mut open = Box::pin(BrandTx::open(&pool, &aurora));
        for _ in 0..polls {
            let done =
                std::future::poll_fn(|cx| std::task::Poll::Ready(open.as_mut().poll(cx).is_ready())).await;
            if done {
                break;
            }
            tokio::time::sleep(Duration::from_micros(if polls % 2 == 0 { 1 } else { 300 })).await;
        }
        // Dropped wherever it was, and in the middle of a transaction.
        drop(open);
        let mut tx = BrandTx::open(&pool, &aurora).await.unwrap();
        let slow = tx.conn().execute("SELECT pg_sleep(5)");
        let _ = tokio::time::timeout(Duration::from_millis(2), slow).await;
        drop(tx);
        assert_eq!(bare_setting(&connections).await, "", "after {polls} polls");
        let mut tx = BrandTx::open(&pool, &bonanza).await.unwrap();
        assert_eq!(brands_of(tx.conn()).await, ",2,");
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn iso_49_a_whole_house_runs_on_one_backend() {
    let mut local = Cluster::get().await.house().await;
    let bouncer = one_backend(&local).await;
    bouncer.url().clone_into(&mut local.app_url);
    let house = House::over(local, Composition::wanted(), |config| {
        config.database.pooler = Pooler::Transaction;
        config.database.acquire_timeout_ms = 60_000;
    })
    .await;
    let house = &house;
    let play = |brand: usize, account: &'static str| async move {
        let casino = house.at(BRANDS[brand].domain);
        let (guest, launch) = house.player(&casino, account, "20.00").await;
        for round in 0..5 {
            let bet = Bet::new(&format!("round {round}"), EUR);
            assert!(house.provider.bet(&launch, &bet).await.unwrap().is_ok());
        }
        assert_eq!(guest.total().await, "15.00");
        let elsewhere = house.at(BRANDS[1 - brand].domain);
        let refused = elsewhere.get("/api/v1/wallet", Some(&guest.token)).await.unwrap();
        assert_eq!(refused.code(), "brand_mismatch");
    };
    tokio::join!(
        play(0, "alice"),
        play(1, "alice"),
        play(0, "adam"),
        play(1, "bob"),
        play(0, "anna"),
        play(1, "bert"),
    );
    house.audit().await;
}
