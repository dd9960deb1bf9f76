//! The application's connections, as the settings say.

use std::time::Duration;

use croupier_brand::tx::Pooler;
use sqlx::{
    Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::config::DatabaseConfig;

/// For what is asked before there is a brand: one for the domain map, one for the brands.
const BRANDLESS_CONNECTIONS: u32 = 2;

/// Three pools, so that no brand's transactions occupy what every request waits for, or what money waits for.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    /// For brands' transactions.
    pub(crate) brands: PgPool,
    /// For what is asked before there is a brand.
    pub(crate) brandless: PgPool,
    /// For the wallet's writers: one each, and one more to ask what became of a commit.
    pub(crate) writers: PgPool,
}

impl Connections {
    /// Connects; when it returns PostgreSQL has answered.
    pub(crate) async fn open(config: &DatabaseConfig, writers: u16) -> Result<Self, sqlx::Error> {
        let options = options(config)?;
        let pool = |connections| {
            PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(Duration::from_millis(config.acquire_timeout_ms))
        };
        let brands = match pool(config.max_connections).connect_with(options.clone()).await {
            // A pool that gave up says no more than that; a connection says why.
            Err(sqlx::Error::PoolTimedOut) => {
                let why = PgConnection::connect_with(&options).await.err();
                return Err(why.unwrap_or(sqlx::Error::PoolTimedOut));
            }
            connected => connected?,
        };
        Ok(Self {
            brands,
            brandless: pool(BRANDLESS_CONNECTIONS).connect_lazy_with(options.clone()),
            // A writer that finds its connection gone takes another: it need not be asked first, with a
            // trip for every batch.
            writers: pool(u32::from(writers) + 1)
                .test_before_acquire(false)
                .connect_lazy_with(options),
        })
    }

    /// Closes both when what they were lent for is done.
    pub(crate) async fn close(&self) {
        tokio::join!(self.brands.close(), self.brandless.close(), self.writers.close());
    }
}

fn options(config: &DatabaseConfig) -> Result<PgConnectOptions, sqlx::Error> {
    // A pooler refuses a parameter it does not know, and no float is ever read.
    let options = config.url.0.parse::<PgConnectOptions>()?.extra_float_digits(None);
    Ok(match config.pooler {
        Pooler::None => options,
        Pooler::Transaction => options.statement_cache_capacity(0),
    })
}
