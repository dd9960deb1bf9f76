//! The bench's databases on one server: one that is made ready, and a copy of it for each cell, so that every
//! cell begins with the same tables and none pays for the history of those before it.

use std::time::Duration;

use croupier::servers::{Servers, roles::DATABASE};
use croupier_brand::{BrandPool, Clock};
use croupier_wallet::{LocalWallet, WalletLimits};
use sqlx::{
    AssertSqlSafe, Connection, Executor, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::choices;

/// Connections of the application, as `config.default.toml` has them.
const CONNECTIONS: u32 = 32;

/// The server's databases.
#[derive(Debug)]
pub(crate) struct Databases<'a> {
    servers: &'a Servers,
    made: std::sync::atomic::AtomicU32,
}

/// A wallet over a database that is the bench's own.
#[derive(Debug)]
pub(crate) struct Hall {
    /// The wallet.
    pub(crate) wallet: LocalWallet,
    pools: [PgPool; 2],
    database: String,
}

impl<'a> Databases<'a> {
    /// Those of `servers`.
    pub(crate) fn of(servers: &'a Servers) -> Self {
        Self {
            servers,
            made: std::sync::atomic::AtomicU32::new(0),
        }
    }

    /// The superuser's URL to a database.
    pub(crate) fn superuser_url(&self, database: &str) -> String {
        to(&self.servers.superuser_url(), database)
    }

    /// A connection of the superuser's.
    pub(crate) async fn superuser(&self, database: &str) -> PgConnection {
        PgConnection::connect(&self.superuser_url(database))
            .await
            .unwrap()
    }

    /// The owner's connections, for making things ready: what they commit need not be on disk at once.
    pub(crate) async fn owner(&self, database: &str) -> PgPool {
        let options: PgConnectOptions = to(&self.servers.owner_url(), database).parse().unwrap();
        PgPoolOptions::new()
            .max_connections(4)
            .connect_with(options.options([("synchronous_commit", "off")]))
            .await
            .unwrap()
    }

    /// An empty database.
    pub(crate) async fn create(&self, database: &str) {
        self.run(format!("CREATE DATABASE {database} OWNER croupier_owner"))
            .await;
    }

    /// A copy of `template`, to which nobody may be connected. A checkpoint is part of it.
    pub(crate) async fn copy(&self, template: &str) -> String {
        let number = self.made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("{template}_{number}");
        self.run(format!(
            "CREATE DATABASE {name} TEMPLATE {template} OWNER croupier_owner STRATEGY file_copy"
        ))
        .await;
        name
    }

    /// Removes a database, whoever is connected, and what it held from memory and disk.
    pub(crate) async fn drop(&self, database: &str) {
        self.run(format!("DROP DATABASE {database} WITH (FORCE)")).await;
    }

    /// Writes out what memory holds, so that it is not the next cell's to write.
    pub(crate) async fn checkpoint(&self) {
        self.run("CHECKPOINT".to_owned()).await;
    }

    /// Writes so many gigabytes of log that say nothing, and lets the server keep the files. A server that has just
    /// been made fills each file of its log with zeros before the first use, sixteen megabytes at a time, while whoever
    /// commits waits; one that has run for a day uses old files again.
    pub(crate) async fn wear_in_the_log(&self, gigabytes: u32) {
        let mut root = self.superuser("postgres").await;
        for _ in 0..gigabytes * 16 {
            root.execute("SELECT pg_logical_emit_message(false, 'bench', repeat('x', 64 * 1024 * 1024))")
                .await
                .unwrap();
        }
        root.close().await.unwrap();
        self.checkpoint().await;
    }

    async fn run(&self, statement: String) {
        let mut root = self.superuser("postgres").await;
        root.execute(AssertSqlSafe(statement)).await.unwrap();
        root.close().await.unwrap();
    }

    /// The wallet over a database: the product's limits, and the product's pools.
    pub(crate) async fn hall(&self, database: &str) -> Hall {
        let usual = WalletLimits::default();
        let limits = WalletLimits {
            shards: choices::number("BENCH_SHARDS", usual.shards),
            ..usual
        };
        let url = to(&self.servers.app_url(), database);
        let pool = |connections: u32| {
            PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(Duration::from_secs(5))
        };
        let brands = pool(CONNECTIONS).connect(&url).await.unwrap();
        let writers = pool(u32::from(limits.shards) + 1)
            .test_before_acquire(false)
            .connect(&url)
            .await
            .unwrap();
        let wallet = LocalWallet::with_writers(
            BrandPool::with_share(brands.clone(), CONNECTIONS),
            BrandPool::new(writers.clone()),
            Clock::system(),
            limits,
        );
        Hall {
            wallet,
            pools: [brands, writers],
            database: database.to_owned(),
        }
    }

    /// The wallet over a copy of the product's database, as it was made ready.
    pub(crate) async fn fresh_hall(&self) -> Hall {
        let name = self.copy(DATABASE).await;
        self.hall(&name).await
    }
}

impl Hall {
    /// Leaves the database as it is.
    pub(crate) async fn leave(self) {
        self.wallet.drain().await;
        for pool in self.pools {
            pool.close().await;
        }
    }

    /// Leaves the database and removes it.
    pub(crate) async fn tear_down(self, databases: &Databases<'_>) {
        let name = self.database.clone();
        self.leave().await;
        databases.drop(&name).await;
    }
}

/// A server's URL with another database.
pub(crate) fn to(url: &str, database: &str) -> String {
    let (server, named) = url.rsplit_once('/').unwrap();
    let query = named.split_once('?').map_or("", |(_, query)| query);
    format!("{server}/{database}?{query}")
}
