//! The owner's connection, for what the application may not do: migrations, brands, domains.

use std::sync::Arc;

use clap::Args;
use croupier_brand::{
    Brand, BrandPool, BrandScope, Clock, directory::BrandDirectory, domain::DomainMover,
    redis_link::RedisLink,
};
use sqlx::PgPool;

use super::Settings;
use crate::{
    config::{Config, ConfigError},
    desk::{self, Desk},
};

/// How the owner connects.
#[derive(Args, Clone, Debug)]
pub(crate) struct Owner {
    /// The database's owner, who runs migrations and writes brands and domains.
    #[arg(long, env = "OWNER_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    owner_url: String,
    #[command(flatten)]
    settings: Settings,
    /// Who does it, for the audit trail.
    #[arg(long, env = "USER", default_value = "unknown", value_name = "NAME")]
    pub(crate) operator: String,
}

/// How the owner connects, for what can do without.
#[derive(Args, Clone, Debug)]
pub(crate) struct PerhapsOwner {
    /// The database's owner.
    #[arg(long, env = "OWNER_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    owner_url: Option<String>,
    #[command(flatten)]
    settings: Settings,
    /// Who does it, for the audit trail.
    #[arg(long, env = "USER", default_value = "unknown", value_name = "NAME")]
    operator: String,
}

impl PerhapsOwner {
    /// The owner, if it was said.
    pub(crate) fn given(self) -> Option<Owner> {
        Some(Owner {
            owner_url: self.owner_url?,
            settings: self.settings,
            operator: self.operator,
        })
    }
}

impl Owner {
    /// Writes down who does what to a brand before it is done.
    pub(crate) async fn desk(&self, code: &str, action: &str) -> Result<Desk, Box<dyn std::error::Error>> {
        Ok(Desk::open(self.connect().await?, code, &self.operator, action).await?)
    }

    /// To a database whatever its schema.
    pub(crate) async fn connect(&self) -> Result<PgPool, String> {
        let connected = desk::connect(&self.owner_url).await;
        connected.map_err(|why| {
            format!(
                "the database cannot be reached as its owner: {why}\n  next: check OWNER_DATABASE_URL (--owner-url) and that the server runs"
            )
        })
    }

    /// To a database with this program's schema.
    pub(crate) async fn connect_migrated(&self) -> Result<PgPool, Box<dyn std::error::Error>> {
        let pool = self.connect().await?;
        desk::check_schema(&pool).await?;
        Ok(pool)
    }

    /// Writes down what is about to be done to a brand, before it is done.
    pub(crate) async fn audit(
        &self,
        pool: &PgPool,
        brand: Arc<Brand>,
        action: &str,
    ) -> Result<(), sqlx::Error> {
        BrandScope::for_operator(
            &BrandPool::new(pool.clone()),
            brand,
            &self.operator,
            action,
            &Clock::system(),
        )
        .await
        .map(|_| ())
    }

    /// The settings.
    pub(crate) fn config(&self) -> Result<Config, ConfigError> {
        self.settings.load()
    }

    /// The link to Redis, by the settings.
    pub(crate) fn redis(&self) -> Result<RedisLink, Box<dyn std::error::Error>> {
        let config = self.settings.load()?;
        Ok(RedisLink::new(&config.redis.url.0).map_err(|_| "REDIS_URL is not a Redis URL")?)
    }

    /// What writes the domain map, through the owner's connection.
    pub(crate) async fn domain_mover(
        &self,
        pool: &PgPool,
    ) -> Result<(DomainMover, BrandDirectory), Box<dyn std::error::Error>> {
        let redis = self.redis()?;
        let directory = BrandDirectory::start(pool.clone()).await?;
        Ok((DomainMover::new(pool.clone(), redis, Clock::system()), directory))
    }
}
