//! A connection for set-based statements of which each is a transaction of its own.
//!
//! A batch that is read by one statement and written by another has no use for a transaction around the two: what was
//! read is checked where it is written. BEGIN and COMMIT are then two trips for nothing, half of what a batch takes.
//! So each statement opens row security for the batch's brands itself. A read does it as [`BrandRead`](super::BrandRead)
//! does. Each part of a write asks first whether it is done, in a condition that names none of its rows:
//!
//! ```sql
//! WITH scope AS MATERIALIZED (SELECT croupier_scopes($every) AS ids), …
//!      last AS (UPDATE t … FROM unnest($1, …) AS item (brand_id, …)
//!                WHERE (…) AND (SELECT scope.ids IS NOT NULL FROM scope) RETURNING 1)
//! SELECT croupier_changed((SELECT count(*) FROM last), $expected)
//! ```
//!
//! PostgreSQL tests such a condition once and before it looks for a row (a "One-Time Filter"), in whatever order it joins.
//! Were it ever not so, a table that is looked into before shows no row: then fewer rows are changed than were to be,
//! `croupier_changed` fails, and nothing happened. The order decides whether it works, not whether it is safe. Other parts
//! are counted after the last, each by itself (`croupier_followed`).
//!
//! Behind a pooler in transaction mode there is a transaction around it all the same
//! ([`Pooler`](super::Pooler)).

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sqlx::{AssertSqlSafe, Executor};

use super::{
    batch::{Batch, BatchTx, BrandColumn, Brands, LOOK_UPS, NotInBatch, of_a_transaction},
    conn::{BrandConn, Pooler},
    guard::Open,
    pool::{Borrowed, BrandPool},
    wall::RowWall,
};
use crate::scope::BrandScope;

/// A connection that a writer of batches keeps between them, with the settings that its statements want. A pool
/// asks a connection how it is when it comes back, which is a trip for every batch; this one is only taken back by the
/// next batch.
///
/// It holds none until its first batch ended well, and none after one that was not seen to end. Cloning
/// it shares it; one that several use at a time keeps one connection of theirs.
#[derive(Clone, Debug, Default)]
pub struct BatchConnection(Arc<Mutex<Option<Line>>>);

/// A connection with settings of its own: it is closed rather than given back to a pool.
#[derive(Debug)]
struct Line(Option<Borrowed>);

impl Line {
    /// The connection, which its taker answers for.
    fn into_inner(mut self) -> Option<Borrowed> {
        self.0.take()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(conn) = &mut self.0 {
            conn.close_on_drop();
        }
    }
}

impl BatchConnection {
    /// Closes the kept connection: a pool that is closed waits for it.
    pub fn release(&self) {
        drop(self.take());
    }

    fn take(&self) -> Option<Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn keep(&self, conn: Borrowed) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Another that was kept meanwhile is closed.
        *kept = Some(Line(Some(conn)));
    }
}

/// Set-based statements on the rows of the brands it was opened for, and no others, each by itself: what one of them
/// has done is durable when it is answered, and one that fails has done nothing.
///
/// Dropping it without [`BatchLine::finish`] or [`BatchLine::abandon`] closes its connection.
#[derive(Debug)]
pub struct BatchLine {
    held: Held,
    brands: Brands,
    home: BatchConnection,
    trips: u32,
}

#[derive(Debug)]
enum Held {
    /// Each statement is its own transaction.
    Line(Line),
    /// All are in one.
    Transaction(Open),
}

impl BatchLine {
    /// Takes the connection that `home` keeps, or one of the pool's that it keeps from now on. A statement on it
    /// waits for a lock no longer than `lock_timeout` (whole milliseconds, at least one; the same for all that share
    /// the `home`).
    ///
    /// No round trip, but for the first on a connection; behind a pooler, one.
    ///
    /// # Errors
    /// [`sqlx::Error`] when no connection is to be had or the database refuses. The connection that was kept is then
    /// closed, so that the next attempt has another.
    pub async fn open<'a>(
        home: &BatchConnection,
        pool: &BrandPool,
        scopes: impl IntoIterator<Item = &'a BrandScope>,
        lock_timeout: Duration,
    ) -> Result<Self, sqlx::Error> {
        let brands = Brands::of(scopes);
        // PostgreSQL reads 0 as "wait for ever".
        let patience = format!("lock_timeout = {}", lock_timeout.as_millis().max(1));
        let settings = || LOOK_UPS.into_iter().chain([patience.as_str()]);
        let kept = home.take();
        let (held, trips) = match kept {
            Some(line) if line.0.as_ref().is_some_and(|conn| conn.pooler() == Pooler::None) => {
                (Held::Line(line), 0)
            }
            kept => {
                let conn = match kept.and_then(Line::into_inner) {
                    Some(conn) => conn,
                    None => pool.borrow_for_many().await?,
                };
                match conn.pooler() {
                    Pooler::None => (Held::Line(set(conn, settings()).await?), 1),
                    Pooler::Transaction => {
                        let more = of_a_transaction(settings());
                        let open = Open::begin(conn, &brands.setting(), &more).await?;
                        (Held::Transaction(open), 1)
                    }
                }
            }
        };
        Ok(Self {
            held,
            brands,
            home: home.clone(),
            trips,
        })
    }

    /// Begins a transaction for the statements that are to come.
    ///
    /// # Errors
    /// [`sqlx::Error`]; the connection is then closed.
    pub async fn begin(self) -> Result<BatchTx, sqlx::Error> {
        let Self {
            held,
            brands,
            home,
            trips,
        } = self;
        let open = match held {
            Held::Transaction(open) => return Ok(BatchTx::begun(open, brands, Some(home), trips)),
            Held::Line(line) => {
                let conn = line.into_inner().ok_or(sqlx::Error::PoolClosed)?;
                Open::begin(conn, &brands.setting(), "").await?
            }
        };
        Ok(BatchTx::begun(open, brands, Some(home), trips.saturating_add(1)))
    }

    /// The brands of some items, in their order.
    ///
    /// # Errors
    /// [`NotInBatch`] for a scope that it was not opened with.
    pub fn brands<'a>(
        &self,
        items: impl IntoIterator<Item = &'a BrandScope>,
    ) -> Result<BrandColumn, NotInBatch> {
        self.brands.column(items)
    }

    /// Each brand's id, once, in their order.
    #[must_use]
    pub fn every_id(&self) -> &[i32] {
        self.brands.every().ids()
    }

    /// What a row that it reads is compared with.
    #[must_use]
    pub fn wall(&self) -> RowWall {
        self.brands.wall()
    }

    /// The connection, for the queries that [`brand_set_read!`](crate::brand_set_read) and
    /// [`brand_set_write!`](crate::brand_set_write) make. Any other statement on it sees no scoped row.
    pub fn conn(&mut self) -> BrandConn<'_> {
        self.trips = self.trips.saturating_add(1);
        match &mut self.held {
            Held::Transaction(open) => open.conn(),
            Held::Line(line) => {
                #[expect(
                    clippy::expect_used,
                    reason = "only begin and finish take it, and consume self"
                )]
                let conn = line.0.as_mut().expect("it is there until the line is ended");
                conn.for_statements()
            }
        }
    }

    /// How many round trips it has taken until now, what was prepared for the first time aside.
    #[must_use]
    pub fn trips(&self) -> u32 {
        self.trips
    }

    /// Ends it well: the connection is good for the next batch. What was done is durable already; behind a pooler it is
    /// now.
    ///
    /// # Errors
    /// [`sqlx::Error`] behind a pooler. After an error the outcome is unknown: look, never repeat blindly.
    pub async fn finish(self) -> Result<(), sqlx::Error> {
        let conn = match self.held {
            Held::Line(line) => line.into_inner(),
            Held::Transaction(open) => open.commit().await?,
        };
        if let Some(conn) = conn {
            self.home.keep(conn);
        }
        Ok(())
    }

    /// Ends it where there is nothing that should stay: nothing was written, or the database refused a statement.
    ///
    /// # Errors
    /// [`sqlx::Error`] behind a pooler; the connection is then closed, which undoes it too.
    pub async fn abandon(self) -> Result<(), sqlx::Error> {
        let conn = match self.held {
            Held::Line(line) => line.into_inner(),
            Held::Transaction(open) => open.rollback().await?,
        };
        if let Some(conn) = conn {
            self.home.keep(conn);
        }
        Ok(())
    }
}

/// Settings for as long as the connection lives.
async fn set<'a>(conn: Borrowed, settings: impl Iterator<Item = &'a str>) -> Result<Line, sqlx::Error> {
    let mut line = Line(Some(conn));
    let each = settings.map(|setting| format!("SET {setting}; "));
    let all: String = each.collect();
    if let Some(conn) = &mut line.0 {
        let limits = conn.limits();
        limits.answered((**conn).execute(AssertSqlSafe(all))).await?;
    }
    Ok(line)
}

impl Batch for BatchLine {
    fn brands<'a>(&self, items: impl IntoIterator<Item = &'a BrandScope>) -> Result<BrandColumn, NotInBatch> {
        self.brands(items)
    }

    fn every_id(&self) -> &[i32] {
        self.every_id()
    }

    fn conn(&mut self) -> BrandConn<'_> {
        self.conn()
    }
}
