//! Writes the seals ([`seal`](super::seal)).
//!
//! One statement seals every brand that moved since the last time, from the hashes that its entries have; an
//! entry is read once. Any number of processes may seal: who comes second meets the first's seals in the primary
//! key, writes nothing and reads anew how far it is. Two that seal the same entries cannot write different
//! brands' seals alone: what both read begins at the same place, so the one that read further has a seal for
//! every brand that the other has.

use std::{collections::BTreeMap, time::Duration};

use croupier_brand::{
    BatchTx, BrandPool, Clock,
    directory::BrandDirectory,
    global::{GlobalError, outbox},
};

use crate::{engine::chain::Link, repo::journal};

/// Why nothing was sealed. Nothing is lost by it: the next time seals what this one did not.
#[derive(Debug, thiserror::Error)]
pub enum SealerError {
    /// The database failed, or another sealer was first.
    #[error("the journal could not be sealed now: {0}")]
    Database(#[from] sqlx::Error),
    /// The brands could not be read.
    #[error(transparent)]
    Brands(#[from] GlobalError),
}

/// Seals the journal of every brand.
#[derive(Debug)]
pub struct Sealer {
    pool: BrandPool,
    directory: BrandDirectory,
    clock: Clock,
    /// None before the first time, and when it may not be so any more.
    known: Option<Known>,
}

/// What is sealed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// What transactions below this one wrote.
    pub(crate) below: u64,
    /// The newest seal's number and hash, by brand.
    pub(crate) newest: BTreeMap<i32, (i64, Link)>,
}

impl Sealer {
    /// For every brand of the directory.
    #[must_use]
    pub fn new(pool: BrandPool, directory: BrandDirectory, clock: Clock) -> Self {
        Self {
            pool,
            directory,
            clock,
            known: None,
        }
    }

    /// Seals what can be sealed now. Gives how many brands moved.
    ///
    /// # Errors
    /// [`SealerError`].
    pub async fn seal(&mut self) -> Result<usize, SealerError> {
        // Taken: whatever fails, what is known then is read anew.
        let known = self.known.take();
        let mut tx = BatchTx::open_for_upkeep(&self.pool, &self.directory).await?;
        let horizon = outbox::horizon(tx.conn()).await?;
        if usize::try_from(horizon.brands).ok() != Some(tx.every_brand().ids().len()) {
            // A brand that is not known here would be passed over for good.
            tx.rollback().await?;
            self.directory.refresh().await?;
            return Ok(0);
        }
        let mut known = match known {
            Some(known) => known,
            None => journal::sealed(&mut tx).await?,
        };
        if horizon.below <= known.below {
            tx.rollback().await?;
            self.known = Some(known);
            return Ok(0);
        }
        let sealed = journal::seal(&mut tx, &known, horizon.below, self.clock.now()).await?;
        tx.commit().await?;
        let count = sealed.len();
        known.newest.extend(sealed);
        known.below = horizon.below;
        self.known = Some(known);
        Ok(count)
    }

    /// Seals again and again. A failure is logged and counted, and the next time makes up for it.
    pub async fn run(mut self, every: Duration) {
        loop {
            tokio::time::sleep(every).await;
            match self.seal().await {
                Ok(brands) => metrics::counter!("journal_seals_total").increment(brands as u64),
                Err(fault) => {
                    metrics::counter!("journal_seals_failed_total").increment(1);
                    tracing::warn!(%fault, "the journal is sealed later");
                }
            }
        }
    }
}
