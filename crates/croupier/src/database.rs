//! The application's connections: as the settings say, and to no database that they must not be made to.

use std::time::Duration;

use croupier_brand::{
    BrandPool,
    directory::BrandDirectory,
    global,
    tx::{Brandless, Pooler},
};
use croupier_wallet::journal::numbering;
use sqlx::{
    Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{config::DatabaseConfig, migrate, runtime::StartError};

/// For what is asked before there is a brand: one for the domain map, one for the brands.
const BRANDLESS_CONNECTIONS: u32 = 2;

/// The application's connections, of a database that may be used.
///
/// Three pools, so that no brand's transactions occupy what every request waits for, or what money waits for.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    /// For brands' transactions.
    pub(crate) brands: BrandPool,
    /// For what is asked before there is a brand.
    pub(crate) brandless: Brandless,
    /// For the wallet's writers: one each, and one more to ask what became of a commit.
    pub(crate) writers: BrandPool,
    pools: Pools,
}

/// The same, as sqlx keeps them.
#[derive(Clone, Debug)]
struct Pools {
    brands: PgPool,
    brandless: PgPool,
    writers: PgPool,
}

impl Connections {
    /// Connects, and refuses a database with another schema than this version's, and a role that could see more than it
    /// is shown.
    ///
    /// # Errors
    /// [`StartError`].
    pub(crate) async fn open(config: &DatabaseConfig, writers: u16) -> Result<Self, StartError> {
        let pools = Pools::open(config, writers).await.map_err(StartError::Database)?;
        let (pooler, limits) = (config.pooler, config.statement_limits());
        let as_set = |pool: BrandPool| pool.behind(pooler).within(limits);
        let opened = Self {
            brands: as_set(BrandPool::with_share(
                pools.brands.clone(),
                config.max_connections_per_brand,
            )),
            brandless: Brandless::behind(pools.brandless.clone(), pooler).within(limits),
            writers: as_set(BrandPool::new(pools.writers.clone())),
            pools,
        };
        migrate::check(&opened.brandless)
            .await
            .map_err(StartError::Schema)?;
        if global::role_is_over_privileged(&opened.brandless).await? {
            return Err(StartError::OverPrivileged);
        }
        if global::begins_inside_a_brand(&opened.brandless).await? {
            return Err(StartError::InsideABrand);
        }
        Ok(opened)
    }

    /// Refuses to write where what is written now would come before what the journal has. Who moves money asks it first.
    ///
    /// # Errors
    /// [`StartError`].
    pub(crate) async fn check_numbers(&self, directory: &BrandDirectory) -> Result<(), StartError> {
        let checked = numbering::check(&self.brands, directory).await;
        checked.map_err(StartError::numbers)
    }

    /// To see whether PostgreSQL answers. Not over the brands': a rush of theirs must not have this process taken out of
    /// service for all.
    pub(crate) fn to_look(&self) -> PgPool {
        self.pools.brandless.clone()
    }

    /// Closes all when what they were lent for is done.
    pub(crate) async fn close(&self) {
        let Pools {
            brands,
            brandless,
            writers,
        } = &self.pools;
        tokio::join!(brands.close(), brandless.close(), writers.close());
    }
}

impl Pools {
    /// Connects; when it returns PostgreSQL has answered.
    async fn open(config: &DatabaseConfig, writers: u16) -> Result<Self, sqlx::Error> {
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
