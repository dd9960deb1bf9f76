//! The journal's numbers after a restore.
//!
//! The journal's order is made of the numbers of transactions, which are the cluster's. A physical backup brings its
//! cluster's counter along. A dump does not: restored into another cluster, the journal, its seals and its consumers'
//! places are beyond what that cluster counts. What is written then would come before all of it: no consumer would
//! ever be given it, no seal would hold it, and wallets' histories would no longer be in order. So
//! [`check`] refuses such a database before anything is written to it, and [`adopt`] makes its numbers follow.

use croupier_brand::{BatchTx, BrandPool, Clock, directory::BrandDirectory, global::outbox};
use sqlx::PgPool;

use super::audit;
use crate::repo::{journal, numbering as repo};

/// Why the numbers cannot be gone on with.
#[derive(Debug, thiserror::Error)]
pub enum NumberingError {
    /// The journal was written in a cluster that had counted further.
    #[error(
        "the journal was written by transactions up to number {written}, and this PostgreSQL cluster has only come to {next}: it was restored from a dump"
    )]
    Restarted {
        /// The last number that the journal, a seal or a consumer's place has.
        written: u64,
        /// What would come next.
        next: u64,
    },
    /// No number could follow.
    #[error("the journal's numbers have come to their end")]
    End,
    /// The database failed.
    #[error("the journal's numbers cannot be read: {0}")]
    Database(#[from] sqlx::Error),
}

/// Refuses a database in which what is written next would come before what is written.
///
/// # Errors
/// [`NumberingError`].
pub async fn check(pool: &BrandPool, directory: &BrandDirectory) -> Result<(), NumberingError> {
    let mut tx = BatchTx::open_for_upkeep(pool, directory).await?;
    let before = outbox::horizon(tx.conn()).await?.next;
    let written = journal::written_beyond(&mut tx, before).await?;
    let sealed = journal::sealed_beyond(&mut tx, before).await?;
    let read = outbox::furthest(tx.conn()).await?;
    // Others write meanwhile, with the numbers that came next: what is written now must be below what comes next now.
    let next = outbox::horizon(tx.conn()).await?.next;
    tx.rollback().await?;
    // A seal ends below the first that it has not.
    let sealed = sealed.map(|below| below.saturating_sub(1));
    match written.into_iter().chain(sealed).chain(read).max() {
        Some(written) if written >= next => Err(NumberingError::Restarted { written, next }),
        _ => Ok(()),
    }
}

/// Makes this cluster's numbers follow the journal's, as the database's owner, while nobody is at it. Gives what is
/// added to them from now on; none where they follow already.
///
/// # Errors
/// [`NumberingError`]; nothing was changed.
#[expect(
    clippy::disallowed_methods,
    reason = "on the owner's connection; a dropped transaction is closed with its pool"
)]
pub async fn adopt(owner: &PgPool, clock: &Clock) -> Result<Option<u64>, NumberingError> {
    let mut tx = owner.begin().await?;
    repo::close(&mut tx).await?;
    audit::see_every_brand(&mut tx).await?;
    let next = outbox::horizon(&mut *tx).await?.next;
    let written = repo::written(&mut tx).await?;
    if written < next {
        tx.rollback().await?;
        return Ok(None);
    }
    // More than any number that is written, so that whatever the cluster counts from, it goes on above.
    let added = written.saturating_add(1);
    let signed = i64::try_from(added).map_err(|_| NumberingError::End)?;
    repo::add(&mut tx, signed, clock.now()).await?;
    tx.commit().await?;
    Ok(Some(added))
}
