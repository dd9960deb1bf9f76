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
        Pooler::None => keeping_alive(
            options.options(config.statement_limits().settings()),
            config.keepalive_seconds,
        ),
        Pooler::Transaction => options.statement_cache_capacity(0),
    })
}

/// The server asks whether this end of a connection is there when it has been silent for so long, and then six times, ten
/// seconds apart.
pub(crate) fn keeping_alive(options: PgConnectOptions, seconds: u32) -> PgConnectOptions {
    options.options([
        ("tcp_keepalives_idle", seconds.to_string()),
        ("tcp_keepalives_interval", "10".to_owned()),
        ("tcp_keepalives_count", "6".to_owned()),
    ])
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_told_its_limits_and_a_poolers_is_told_nothing() {
        let told = |pooler| {
            let config = DatabaseConfig {
                pooler,
                ..DatabaseConfig::default()
            };
            options(&config).unwrap().get_options().map(str::to_owned)
        };
        assert_eq!(
            told(Pooler::None).unwrap(),
            "-c statement_timeout=30000 -c idle_in_transaction_session_timeout=30000 \
             -c tcp_keepalives_idle=60 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=6"
        );
        assert_eq!(told(Pooler::Transaction), None);
    }
}
