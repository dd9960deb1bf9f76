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
    global::{
        GlobalError,
        outbox::{self, Horizon},
    },
};
use time::OffsetDateTime;

use crate::{engine::chain::Link, repo::journal};

/// For how long the horizon may stand before that is logged.
const LONG_SECONDS: u32 = 60;

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
    /// Where the horizon is, and since when it has stood there while others went on.
    stands: Option<(u64, OffsetDateTime)>,
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
            stands: None,
        }
    }

    /// Tells how far and for how long the oldest transaction of the cluster holds back seals and readers.
    fn tell(&mut self, horizon: Horizon) {
        let (now, behind) = (self.clock.now(), horizon.next.saturating_sub(horizon.below));
        let since = match self.stands {
            Some((below, since)) if below == horizon.below && behind > 0 => since,
            _ => now,
        };
        self.stands = Some((horizon.below, since));
        let seconds = u32::try_from((now - since).whole_seconds()).unwrap_or(0);
        metrics::gauge!("journal_horizon_behind_transactions").set(u32::try_from(behind).unwrap_or(u32::MAX));
        metrics::gauge!("journal_horizon_stands_seconds").set(seconds);
        if seconds >= LONG_SECONDS {
            tracing::warn!(
                seconds,
                behind,
                "a transaction that does not end holds back the journal's seals and readers; croupier doctor names it"
            );
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
        self.tell(horizon);
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
