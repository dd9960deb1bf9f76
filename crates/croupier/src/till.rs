//! A wallet in an operator's command: the same writer that a serving process has, under the application's role.
//!
//! Any number of processes may write ([ADR 0023](../../../docs/adr/0023-batches.md)), so a command needs no server to ask: what
//! it does is decided in turn with what players do meanwhile, by the revision of the wallet's row. The owner's connection is
//! for the audit trail; money is moved by a role that can change no entry of the journal.

use std::time::Duration;

use croupier_brand::{BrandScope, Clock, directory::BrandDirectory};
use croupier_wallet::{Command, LocalWallet, Outcome, Wallet, WalletError, WalletLimits};

use crate::{config::DatabaseConfig, database::Connections, runtime::StartError};

/// How often, that long apart, a wallet that cannot decide now is asked again.
const AGAIN: (usize, Duration) = (30, Duration::from_millis(100));

/// A wallet that is open until [`close`](Self::close).
pub(crate) struct Till {
    wallet: LocalWallet,
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
        let connections = Connections::open(config, limits.shards).await?;
        connections.check_numbers(directory).await?;
        let (brands, writers) = (connections.brands.clone(), connections.writers.clone());
        Ok(Self {
            wallet: LocalWallet::with_writers(brands, writers, clock, limits),
            connections,
        })
    }

    /// Has the wallet decide a command. Where it cannot now, because the player's bets are faster, it is asked again: the
    /// same command is decided once.
    ///
    /// # Errors
    /// [`WalletError`].
    pub(crate) async fn decide(&self, scope: &BrandScope, command: Command) -> Result<Outcome, WalletError> {
        let (times, apart) = AGAIN;
        for _ in 0..times {
            match self.wallet.submit(scope, command.clone()).await? {
                Outcome::Retryable => tokio::time::sleep(apart).await,
                decided => return Ok(decided),
            }
        }
        self.wallet.submit(scope, command).await
    }

    /// The wallet, for what gives it commands by itself.
    pub(crate) fn wallet(&self) -> &LocalWallet {
        &self.wallet
    }

    /// Returns when everything that was taken is decided.
    pub(crate) async fn close(self) {
        self.wallet.drain().await;
        self.connections.close().await;
    }
}
