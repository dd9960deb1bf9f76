//! A house that is served by a process of its own, and can be killed.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
};

use croupier::{
    demo::{
        client::Casino,
        server::{ServerProcess, Serving},
        story::books_of,
    },
    local::{BRANDS, LocalHouse},
    servers::{Data, Servers, ServersConfig, ports},
};
use croupier_game::hub88::simulator::{Simulator, SimulatorKey};
use sqlx::{PgPool, Postgres, Transaction, postgres::PgPoolOptions};

use super::seat::Seat;
use crate::harness::Cluster;
pub use crate::harness::{LONG, until};

/// A house on servers of a test's own.
pub async fn house_on(servers: &Servers) -> LocalHouse {
    // The keys of the shared house will do, and take a while to make.
    let dir = Cluster::get().await.house().await.dir;
    let local = LocalHouse {
        owner_url: servers.owner_url(),
        app_url: servers.app_url(),
        redis_url: servers.redis_url(),
        dir,
    };
    local.set_up().await.unwrap();
    local
}

/// A house of the shared PostgreSQL with a Redis of its own.
pub async fn redis_apart() -> (Servers, LocalHouse) {
    let shared = Cluster::get().await.house().await;
    let servers = Servers::start(ServersConfig {
        database_url: Some(shared.app_url),
        owner_database_url: Some(shared.owner_url),
        ..ServersConfig::private(Data::Ephemeral)
    })
    .await
    .unwrap();
    let local = house_on(&servers).await;
    (servers, local)
}

/// The program under test.
pub fn program() -> PathBuf {
    env!("CARGO_BIN_EXE_croupier").into()
}

/// Runs the program on a house's database as its owner, who has the application's connection too; whether it was content, and all it said.
pub async fn croupier(house: &LocalHouse, arguments: &[&str]) -> (bool, String) {
    let output = tokio::process::Command::new(program())
        .args(arguments)
        .env("OWNER_DATABASE_URL", &house.owner_url)
        .env("DATABASE_URL", &house.app_url)
        .env("REDIS_URL", &house.redis_url)
        .output()
        .await
        .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status.success(), said)
}

/// A port that nothing gets by asking for any: it stays ours while the server on it is dead.
pub fn quiet_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let port = 12_000 + (std::process::id() % 9_000) as u16 + NEXT.fetch_add(1, Ordering::Relaxed);
        if ports::is_free(port) {
            return port;
        }
    }
}

/// A house seen from outside its server.
pub struct Outside {
    pub serving: Serving,
    pub aurora: Casino,
    pub bonanza: Casino,
    pub provider: Arc<Simulator>,
    pub owner: PgPool,
}

impl Outside {
    /// What a domain leads to: a brand's code, or the code of the refusal.
    pub async fn lead(&self, domain: &str) -> String {
        let answer = Casino::new(&self.serving.edge(), domain)
            .get("/api/v1/brand", None)
            .await
            .unwrap();
        let code = if answer.status == 200 {
            answer.text("code")
        } else {
            answer.code()
        };
        code.to_owned()
    }

    pub fn of(local: LocalHouse) -> Self {
        let serving = Serving {
            port: quiet_port(),
            admin_port: quiet_port(),
            settings: vec![
                ("CROUPIER_PASSWORD__MEMORY_KIB", "1024".to_owned()),
                ("CROUPIER_PASSWORD__PASSES", "1".to_owned()),
                // Often, so that a kill meets it.
                ("CROUPIER_WALLET__SEAL_INTERVAL_MS", "20".to_owned()),
                (
                    "CROUPIER_LOG__FILTER",
                    std::env::var("CROUPIER_TEST_LOG").unwrap_or_else(|_| "off".to_owned()),
                ),
            ],
            ..Serving::new(program(), local.clone()).unwrap()
        };
        let edge = serving.edge();
        let (keys, kid) = local.provider_key();
        let key = SimulatorKey::from_pem(&std::fs::read(keys.private_path(&kid)).unwrap()).unwrap();
        Self {
            aurora: Casino::new(&edge, BRANDS[0].domain),
            bonanza: Casino::new(&edge, BRANDS[1].domain),
            provider: Arc::new(Simulator::new(&format!("{edge}/callbacks/hub88"), key).unwrap()),
            owner: PgPoolOptions::new()
                .max_connections(2)
                .connect_lazy(&local.owner_url)
                .unwrap(),
            serving,
        }
    }

    pub async fn serve(&self) -> ServerProcess {
        self.serving.start().await.unwrap()
    }

    /// A transaction of the owner's that sees every brand's rows.
    async fn look(&self) -> Transaction<'static, Postgres> {
        self.owner
            .begin_with("BEGIN; SET LOCAL croupier.brand_ids = ',1,2,'")
            .await
            .unwrap()
    }

    /// The texts that a query finds in any brand.
    pub async fn rows(&self, query: &'static str) -> Vec<String> {
        sqlx::query_scalar(query)
            .fetch_all(&mut *self.look().await)
            .await
            .unwrap()
    }

    /// Writes past everything.
    pub async fn write(&self, statement: &'static str) {
        sqlx::query(statement).execute(&self.owner).await.unwrap();
    }

    /// Fails unless the books are right and nobody owes.
    pub async fn audit(&self) {
        for brand in BRANDS {
            assert_eq!(
                books_of(&self.owner, brand.id).await.unwrap(),
                Vec::<String>::new(),
                "{}",
                brand.code
            );
        }
        assert_eq!(
            self.rows("SELECT player_id::text FROM wallet_account WHERE 0 > ANY (available)")
                .await,
            Vec::<String>::new(),
            "wallets below zero"
        );
    }
}

/// A wallet whose row somebody else holds.
pub struct LockedWallet(Transaction<'static, Postgres>);

impl LockedWallet {
    pub async fn of(house: &Outside, seat: &Seat) -> Self {
        let mut tx = house.look().await;
        let locked = sqlx::query("SELECT FROM wallet_account WHERE player_id = $1 FOR UPDATE")
            .bind(seat.id)
            .fetch_all(&mut *tx)
            .await
            .unwrap();
        assert_eq!(locked.len(), 1);
        Self(tx)
    }

    /// Returns when somebody waits for the row.
    pub async fn until_awaited(&mut self) {
        let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))";
        until("somebody waits for the wallet", async || {
            sqlx::query_scalar::<_, i64>(waiting)
                .fetch_one(&mut *self.0)
                .await
                .unwrap()
                > 0
        })
        .await;
    }

    pub async fn release(self) {
        self.0.rollback().await.unwrap();
    }
}
