//! The owner's connection, for what the application may not do: migrations, brands, domains.

use std::{sync::Arc, time::Duration};

use clap::Args;
use croupier_brand::{
    Brand, BrandPool, BrandScope, Clock, directory::BrandDirectory, domain::DomainMover,
    redis_link::RedisLink,
};
use croupier_game::{catalogue::GameId, offers};
use croupier_player::{AccountName, PlayerLookup, PlayerSummary};
use sqlx::{Connection, PgConnection, PgPool, postgres::PgPoolOptions};
use tokio::time::timeout;

use super::Settings;
use crate::{
    config::{Config, ConfigError},
    runtime::StartError,
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

/// The brand of a code.
pub(crate) fn brand(directory: &BrandDirectory, code: &str) -> Result<Arc<Brand>, String> {
    directory
        .by_code(code)
        .ok_or_else(|| format!("there is no brand {code:?}; croupier brand list shows those there are"))
}

/// A brand's rows in an operator's hands.
pub(crate) struct Desk {
    pub(crate) pool: BrandPool,
    pub(crate) scope: BrandScope,
    pub(crate) directory: BrandDirectory,
    pub(crate) clock: Clock,
}

impl Desk {
    /// The player of an account, spelled as people spell it.
    pub(crate) async fn player(&self, account: &str) -> Result<PlayerSummary, Box<dyn std::error::Error>> {
        let account = AccountName::parse(account)
            .map_err(|fault| format!("the player's account {fault}: {account:?}"))?;
        let account = account.as_str();
        let found = PlayerLookup::new(self.pool.clone())
            .find_by_account(&self.scope, account)
            .await?;
        Ok(found.ok_or_else(|| format!("{} has no player {account:?}", self.scope.code()))?)
    }

    /// That the brand has a game in its list, on or off.
    pub(crate) async fn has_game(&self, game: &GameId) -> Result<(), Box<dyn std::error::Error>> {
        let games = offers::of_brand(&self.pool, &self.scope).await?;
        if games.iter().any(|offer| offer.game == *game) {
            Ok(())
        } else {
            Err(self.no_game(game).into())
        }
    }

    /// What is said of a game that the brand does not have.
    pub(crate) fn no_game(&self, game: &GameId) -> String {
        let (code, game) = (self.scope.code(), game.as_str());
        format!(
            "{code} does not have the game {game:?}\n  next: croupier game list --brand {code} shows those it has"
        )
    }
}

impl Owner {
    /// Writes down who does what to a brand before it is done.
    pub(crate) async fn desk(&self, code: &str, action: &str) -> Result<Desk, Box<dyn std::error::Error>> {
        let pool = self.connect_migrated().await?;
        let directory = BrandDirectory::start(pool.clone()).await?;
        let brand = brand(&directory, code)?;
        let (pool, clock) = (BrandPool::new(pool), Clock::system());
        let scope = BrandScope::for_operator(&pool, brand, &self.operator, action, &clock).await?;
        Ok(Desk {
            pool,
            scope,
            directory,
            clock,
        })
    }

    /// To a database whatever its schema.
    pub(crate) async fn connect(&self) -> Result<PgPool, String> {
        // A pool goes on trying for a while and then says only that it did; a connection says at once what is wrong.
        let first = timeout(Duration::from_secs(10), PgConnection::connect(&self.owner_url)).await;
        let why = match first {
            Ok(Ok(connection)) => {
                let _ = connection.close().await;
                match PgPoolOptions::new()
                    .max_connections(2)
                    .connect(&self.owner_url)
                    .await
                {
                    Ok(pool) => return Ok(pool),
                    Err(fault) => fault.to_string(),
                }
            }
            Ok(Err(fault)) => fault.to_string(),
            Err(_) => "no answer within 10 s".to_owned(),
        };
        Err(format!(
            "the database cannot be reached as its owner: {why}\n  next: check OWNER_DATABASE_URL (--owner-url) and that the server runs"
        ))
    }

    /// To a database with this program's schema.
    pub(crate) async fn connect_migrated(&self) -> Result<PgPool, Box<dyn std::error::Error>> {
        let pool = self.connect().await?;
        crate::migrate::check(&pool).await.map_err(StartError::Schema)?;
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

    /// Writes down what came of what was done at a desk.
    pub(crate) async fn note(&self, desk: &Desk, what: &str) -> Result<(), Box<dyn std::error::Error>> {
        let brand = brand(&desk.directory, desk.scope.code().as_str())?;
        BrandScope::for_operator(&desk.pool, brand, &self.operator, what, &desk.clock).await?;
        Ok(())
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
