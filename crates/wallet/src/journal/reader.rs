//! Reads the journal as an outbox: every entry of every brand in the journal's order, to consumers that remember
//! how far they came.
//!
//! # What it guarantees
//! * **Nothing is skipped.** A page ends below the oldest transaction that is still under way
//!   ([`outbox`]), so no entry can appear behind it, however long somebody's transaction is open. What reads
//!   by time or by id instead skips what was written earlier and committed later.
//! * **At least once, in order.** A page is given again until [`Reader::done`] was told of it, to the next process
//!   too; consumers know an entry by its id.
//! * **Nobody is told.** It is asked; there is no NOTIFY that could be lost, or that writers would queue for.
//!
//! One consumer's name is for one worker at a time: of two, the slower one is told so by [`Reader::done`].

use croupier_brand::{
    BatchTx, BrandPool, Clock,
    directory::BrandDirectory,
    global::{
        GlobalError,
        outbox::{self, Position},
    },
};

use super::row::Row;
use crate::repo::journal;

/// In how many transactions a first page is looked for.
const WIDTH: u64 = 256;

/// Why a page could not be read, or not be marked as read.
#[derive(Debug, thiserror::Error)]
pub enum ReaderError {
    /// The database failed.
    #[error("the journal cannot be read now: {0}")]
    Database(#[from] sqlx::Error),
    /// The brands could not be read.
    #[error(transparent)]
    Brands(#[from] GlobalError),
    /// Somebody else read under the same name meanwhile; reading goes on from where that one is.
    #[error("somebody else reads as consumer {0:?}")]
    ReadElsewhere(String),
}

/// Entries in the journal's order, and where they end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The entries. There may be none in a stretch that was looked through.
    pub rows: Vec<Row>,
    /// Whether there is more to be read at once.
    pub more: bool,
    from: Option<Position>,
    to: Position,
}

/// A consumer's reading.
#[derive(Debug)]
pub struct Reader {
    pool: BrandPool,
    directory: BrandDirectory,
    clock: Clock,
    consumer: String,
    /// Where it is, once that is known; the inner none is the very beginning.
    at: Option<Option<Position>>,
    /// In how many transactions the next page is looked for: a range is sorted before its first rows are given.
    width: u64,
}

impl Reader {
    /// As the consumer of this name (1 to 60 characters), of every brand of the directory.
    #[must_use]
    pub fn new(pool: BrandPool, directory: BrandDirectory, clock: Clock, consumer: &str) -> Self {
        Self {
            pool,
            directory,
            clock,
            consumer: consumer.to_owned(),
            at: None,
            width: WIDTH,
        }
    }

    /// The next entries, `limit` at the most. The same again until [`Reader::done`].
    ///
    /// # Errors
    /// [`ReaderError`].
    pub async fn next(&mut self, limit: u16) -> Result<Page, ReaderError> {
        let mut tx = BatchTx::open_for_upkeep(&self.pool, &self.directory).await?;
        let from = match self.at {
            Some(at) => at,
            None => outbox::position(tx.conn(), &self.consumer).await?,
        };
        let horizon = outbox::horizon(tx.conn()).await?;
        let start = from.unwrap_or_default();
        if usize::try_from(horizon.brands).ok() != Some(tx.every_brand().ids().len()) {
            // A brand that is not known here would be passed over for good.
            tx.rollback().await?;
            self.directory.refresh().await?;
            return Ok(Page {
                rows: Vec::new(),
                more: true,
                from,
                to: start,
            });
        }
        let end = horizon.below.min(start.xid.saturating_add(self.width));
        let rows = journal::page(&mut tx, start, end.saturating_sub(1), limit).await?;
        tx.rollback().await?;
        self.at = Some(from);
        let full = rows.len() == usize::from(limit);
        let to = match rows.last() {
            Some(last) if full => Position {
                xid: last.xid,
                n: last.n,
            },
            // All of it was looked through.
            _ => start.max(Position {
                xid: end.saturating_sub(1),
                n: i32::MAX,
            }),
        };
        // As many as gave a page; where there was none, ever more: the first are the cluster's own and long ago.
        self.width = match rows.first() {
            Some(first) if full => (to.xid - first.xid).saturating_mul(2).max(1),
            _ => self.width.saturating_mul(2),
        };
        Ok(Page {
            rows,
            more: full || end < horizon.below,
            from,
            to,
        })
    }

    /// A page was dealt with: from now on it is not given again.
    ///
    /// # Errors
    /// [`ReaderError`]; the page may then be given again.
    pub async fn done(&mut self, page: &Page) -> Result<(), ReaderError> {
        if page.from == Some(page.to) || (page.from.is_none() && page.to == Position::default()) {
            return Ok(());
        }
        self.at = None;
        let mut tx = BatchTx::open_for_upkeep(&self.pool, &self.directory).await?;
        let advanced =
            outbox::advance(tx.conn(), &self.consumer, page.from, page.to, self.clock.now()).await?;
        if !advanced {
            tx.rollback().await?;
            return Err(ReaderError::ReadElsewhere(self.consumer.clone()));
        }
        tx.commit().await?;
        self.at = Some(Some(page.to));
        Ok(())
    }
}
