//! A brand's rows in an operator's hands: over the owner's connection, and nothing before it is written down.
//!
//! The commands of `croupier` sit down at one, and so does the conformance kit in this machine's own house.

use std::{sync::Arc, time::Duration};

use croupier_brand::{Brand, BrandPool, BrandScope, Clock, directory::BrandDirectory, global::GlobalError};
use croupier_game::{GameError, catalogue::GameId, offers};
use croupier_player::{AccountName, PlayerError, PlayerLookup, PlayerSummary};
use sqlx::{Connection, PgConnection, PgPool, postgres::PgPoolOptions};
use tokio::time::timeout;

use crate::{migrate, runtime::StartError};

/// Why nobody sat down, or what was asked for there is not. Who can do something about it is told what.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeskError {
    /// The schema is older or newer than this version's.
    #[error(transparent)]
    Schema(StartError),
    /// No brand has this code.
    #[error("there is no brand {0:?}; croupier brand list shows those there are")]
    NoBrand(String),
    /// What is no account, and why.
    #[error("the player's account {1}: {0:?}")]
    NoAccount(String, String),
    /// The brand has no player of this account.
    #[error("{0} has no player {1:?}")]
    NoPlayer(String, String),
    /// The brand does not have this game.
    #[error("{0} does not have the game {1:?}\n  next: croupier game list --brand {0} shows those it has")]
    NoGame(String, String),
    /// A brand cannot be read.
    #[error(transparent)]
    Brands(#[from] GlobalError),
    /// A player cannot be read.
    #[error(transparent)]
    Players(#[from] PlayerError),
    /// The brand's games cannot be read.
    #[error(transparent)]
    Games(#[from] GameError),
    /// The audit trail cannot be written.
    #[error(transparent)]
    Audit(#[from] sqlx::Error),
}

/// Connects as the owner, to a database whatever its schema.
///
/// # Errors
/// What is wrong, as PostgreSQL says it.
pub(crate) async fn connect(owner_url: &str) -> Result<PgPool, String> {
    // A pool goes on trying for a while and then says only that it did; a connection says at once what is wrong.
    let first = timeout(Duration::from_secs(10), PgConnection::connect(owner_url)).await;
    let first = first.map_err(|_| "no answer within 10 s".to_owned())?;
    let said = |fault: sqlx::Error| fault.to_string();
    let _ = first.map_err(said)?.close().await;
    let pool = PgPoolOptions::new().max_connections(2);
    pool.connect(owner_url).await.map_err(said)
}

/// Refuses a database with another schema than this version's.
pub(crate) async fn check_schema(owner: &PgPool) -> Result<(), DeskError> {
    let checked = migrate::check(owner).await;
    checked.map_err(|what| DeskError::Schema(StartError::Schema(what)))
}

/// The brand of a code.
pub(crate) fn brand(directory: &BrandDirectory, code: &str) -> Result<Arc<Brand>, DeskError> {
    let brand = directory.by_code(code);
    brand.ok_or_else(|| DeskError::NoBrand(code.to_owned()))
}

/// A brand's rows in an operator's hands.
pub(crate) struct Desk {
    pub(crate) owner: PgPool,
    pub(crate) pool: BrandPool,
    pub(crate) scope: BrandScope,
    pub(crate) directory: BrandDirectory,
    pub(crate) clock: Clock,
    brand: Arc<Brand>,
    operator: String,
}

impl Desk {
    /// Writes down who does what to a brand before it is done.
    ///
    /// # Errors
    /// [`DeskError`].
    pub(crate) async fn open(
        owner: PgPool,
        code: &str,
        operator: &str,
        action: &str,
    ) -> Result<Self, DeskError> {
        check_schema(&owner).await?;
        let directory = BrandDirectory::start(owner.clone()).await?;
        let brand = brand(&directory, code)?;
        let (pool, clock) = (BrandPool::new(owner.clone()), Clock::system());
        let scope = BrandScope::for_operator(&pool, Arc::clone(&brand), operator, action, &clock).await?;
        Ok(Self {
            owner,
            pool,
            scope,
            directory,
            clock,
            brand,
            operator: operator.to_owned(),
        })
    }

    /// Writes down what came of what was done here.
    ///
    /// # Errors
    /// [`DeskError`].
    pub(crate) async fn note(&self, what: &str) -> Result<(), DeskError> {
        let brand = Arc::clone(&self.brand);
        BrandScope::for_operator(&self.pool, brand, &self.operator, what, &self.clock).await?;
        Ok(())
    }

    /// The player of an account, spelled as people spell it.
    ///
    /// # Errors
    /// [`DeskError`].
    pub(crate) async fn player(&self, account: &str) -> Result<PlayerSummary, DeskError> {
        let account = AccountName::parse(account)
            .map_err(|fault| DeskError::NoAccount(account.to_owned(), fault.to_string()))?;
        let account = account.as_str();
        let found = PlayerLookup::new(self.pool.clone())
            .find_by_account(&self.scope, account)
            .await?;
        found.ok_or_else(|| DeskError::NoPlayer(self.scope.code().to_string(), account.to_owned()))
    }

    /// That the brand has a game in its list, on or off.
    ///
    /// # Errors
    /// [`DeskError`].
    pub(crate) async fn has_game(&self, game: &GameId) -> Result<(), DeskError> {
        let games = offers::of_brand(&self.pool, &self.scope).await?;
        if games.iter().any(|offer| offer.game == *game) {
            Ok(())
        } else {
            Err(self.no_game(game))
        }
    }

    /// What is said of a game that the brand does not have.
    pub(crate) fn no_game(&self, game: &GameId) -> DeskError {
        DeskError::NoGame(self.scope.code().to_string(), game.as_str().to_owned())
    }

    /// Closes the owner's connections.
    pub(crate) async fn close(self) {
        self.owner.close().await;
    }
}
