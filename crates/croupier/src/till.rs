//! A wallet in an operator's command: the same writer that a serving process has, under the application's role.
//!
//! Any number of processes may write ([ADR 0023](../../../docs/adr/0023-batches.md)), so a command needs no server to ask: what
//! it does is decided in turn with what players do meanwhile, by the revision of the wallet's row. The owner's connection is
//! for the audit trail; money is moved by a role that can change no entry of the journal.

use croupier_brand::{BrandPool, Clock, directory::BrandDirectory, global, tx::Brandless};
use croupier_wallet::{LocalWallet, WalletLimits, journal::numbering};

use crate::{config::DatabaseConfig, database::Connections, migrate, runtime::StartError};

/// A wallet that is open until [`close`](Self::close).
pub(crate) struct Till {
    pub(crate) wallet: LocalWallet,
    connections: Connections,
}

impl Till {
    /// Connects as the application; refuses what a process that serves would refuse.
    ///
    /// # Errors
    /// [`StartError`].
    pub(crate) async fn open(
        config: &DatabaseConfig,
        limits: WalletLimits,
        directory: &BrandDirectory,
        clock: Clock,
    ) -> Result<Self, StartError> {
        // One writer: what is done is done one after the other.
        let limits = WalletLimits { shards: 1, ..limits };
        let connections = Connections::open(config, limits.shards)
            .await
            .map_err(StartError::Database)?;
        let brandless = Brandless::behind(connections.brandless.clone(), config.pooler);
        migrate::check(&brandless).await.map_err(StartError::Schema)?;
        if global::role_is_over_privileged(&brandless).await? {
            return Err(StartError::OverPrivileged);
        }
        if global::begins_inside_a_brand(&brandless).await? {
            return Err(StartError::InsideABrand);
        }
        let pool = BrandPool::new(connections.brands.clone()).behind(config.pooler);
        let writers = BrandPool::new(connections.writers.clone()).behind(config.pooler);
        numbering::check(&pool, directory)
            .await
            .map_err(StartError::numbers)?;
        Ok(Self {
            wallet: LocalWallet::with_writers(pool, writers, clock, limits),
            connections,
        })
    }

    /// Returns when everything that was taken is decided.
    pub(crate) async fn close(self) {
        self.wallet.drain().await;
        self.connections.close().await;
    }
}
