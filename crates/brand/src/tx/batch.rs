//! A transaction on the rows of several brands at once, for set-based statements.
//!
//! Each item of a batch has its own scope. The brands' ids that a statement is given are made of the
//! items' scopes, in the items' order, and of nothing else; the statement joins every scoped table with
//! them on `brand_id`, so an item that names another brand's row meets no row.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{
    conn::BrandConn,
    guard::Open,
    pool::{Borrowed, BrandPool},
    wall::RowWall,
};
use crate::{brand::BrandId, directory::BrandDirectory, scope::BrandScope};

/// A set is joined with a table by looking each item up, whatever the statistics say: a table that has
/// just begun to grow looks small enough to be read whole, and the plan that was made then is kept. One plan
/// serves every set, because what differs between sets is not what a plan depends on.
const PLANS: &str = "; SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; \
                     SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL jit = off";

/// A range of a table is read along its index, and each row finds its brand in the set: the other way round
/// every brand's rows would be gone through. Planned each time: a part of a table that was empty when a plan was
/// made would be read by any index that there is, however large it has become.
const RANGES: &str = "; SET LOCAL enable_seqscan = off; SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off; \
                      SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL jit = off";

/// A transaction that sees the rows of the brands it was opened for, and no others.
///
/// Dropping it without [`BatchTx::commit`] or [`BatchTx::rollback`] closes its connection, which
/// rolls back.
#[derive(Debug)]
pub struct BatchTx {
    open: Open,
    wall: RowWall,
    every: BrandColumn,
    home: BatchConnection,
    trips: u32,
}

/// A connection that a writer of batches keeps between them. A pool asks a connection how it is when it
/// comes back, which is a trip for every batch; this one is only taken back by the next batch.
///
/// It holds none until its first batch ended well, and none after one that was not seen to end. Cloning
/// it shares it; one that several use at a time keeps one connection of theirs.
#[derive(Clone, Debug, Default)]
pub struct BatchConnection(Arc<Mutex<Option<Borrowed>>>);

impl BatchConnection {
    /// Gives the kept connection back to its pool: a pool that is closed waits for it.
    pub fn release(&self) {
        drop(self.take());
    }

    fn take(&self) -> Option<Borrowed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn keep(&self, conn: Option<Borrowed>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Another that was kept meanwhile goes back to the pool.
        *kept = conn.or(kept.take());
    }
}

/// The brands of a batch's items, in the items' order: what `$1` of a
/// [`brand_set_query!`](crate::brand_set_query) is bound to. Only [`BatchTx::brands`] makes one.
#[derive(Clone, Debug)]
pub struct BrandColumn(Vec<i32>);

/// An item's scope is not one that the batch was opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("brand {0} is none of the batch's")]
pub struct NotInBatch(BrandId);

impl BatchTx {
    /// Begins a transaction that sees the rows of the brands of `scopes`; how often a brand is named
    /// makes no difference. Without a scope it sees none.
    ///
    /// One round trip. Cancelling it at any point closes the connection.
    ///
    /// # Errors
    /// [`sqlx::Error`] when no connection is to be had or the database refuses.
    pub async fn open<'a>(
        pool: &BrandPool,
        scopes: impl IntoIterator<Item = &'a BrandScope>,
    ) -> Result<Self, sqlx::Error> {
        Self::begin(BatchConnection::default(), pool, ids(scopes), PLANS).await
    }

    /// As [`BatchTx::open`], on the connection that `home` keeps, or one of the pool's that it keeps from now
    /// on; a statement of it waits for a lock no longer than `lock_timeout` (whole milliseconds, at least one).
    ///
    /// # Errors
    /// As [`BatchTx::open`]. The connection that was kept is then closed, so that the next attempt has another.
    pub async fn open_on<'a>(
        home: &BatchConnection,
        pool: &BrandPool,
        scopes: impl IntoIterator<Item = &'a BrandScope>,
        lock_timeout: Duration,
    ) -> Result<Self, sqlx::Error> {
        // PostgreSQL reads 0 as "wait for ever".
        let millis = lock_timeout.as_millis().max(1);
        let more = format!("{PLANS}; SET LOCAL lock_timeout = {millis}");
        Self::begin(home.clone(), pool, ids(scopes), &more).await
    }

    /// As [`BatchTx::open`], for every brand of the house: for its own upkeep, which acts for nobody. It gives no
    /// scope away, so nothing can be done with it that takes one; what it may do to the rows is what its
    /// statements say. Its statements are meant to read ranges, not to look items up.
    ///
    /// # Errors
    /// As [`BatchTx::open`].
    pub async fn open_for_upkeep(pool: &BrandPool, directory: &BrandDirectory) -> Result<Self, sqlx::Error> {
        let brands = directory.all().into_iter().map(|brand| brand.id);
        Self::begin(BatchConnection::default(), pool, brands.collect(), RANGES).await
    }

    async fn begin(
        home: BatchConnection,
        pool: &BrandPool,
        brands: BTreeSet<BrandId>,
        more: &str,
    ) -> Result<Self, sqlx::Error> {
        let setting = brands.iter().fold(String::from(","), |mut text, brand| {
            text.push_str(&brand.to_string());
            text.push(',');
            text
        });
        let conn = match home.take() {
            Some(kept) => kept,
            None => pool.borrow_for_many().await?,
        };
        Ok(Self {
            open: Open::begin(conn, &setting, more).await?,
            every: BrandColumn(brands.iter().map(|brand| brand.get()).collect()),
            wall: RowWall::many(brands),
            home,
            trips: 1,
        })
    }

    /// Every brand that it was opened for, once, in the order of their numbers.
    #[must_use]
    pub fn every_brand(&self) -> BrandColumn {
        self.every.clone()
    }

    /// The brands of some items, in their order.
    ///
    /// # Errors
    /// [`NotInBatch`] for a scope that the transaction was not opened with.
    pub fn brands<'a>(
        &self,
        items: impl IntoIterator<Item = &'a BrandScope>,
    ) -> Result<BrandColumn, NotInBatch> {
        let ids = items.into_iter().map(|scope| {
            if self.wall.admits(scope.id().get()) {
                Ok(scope.id().get())
            } else {
                Err(NotInBatch(scope.id()))
            }
        });
        ids.collect::<Result<_, _>>().map(BrandColumn)
    }

    /// What a row that it reads is compared with.
    #[must_use]
    pub fn wall(&self) -> RowWall {
        self.wall.clone()
    }

    /// The connection, for the queries that [`brand_set_query!`](crate::brand_set_query) makes.
    pub fn conn(&mut self) -> BrandConn<'_> {
        self.trips = self.trips.saturating_add(1);
        self.open.conn()
    }

    /// How many round trips it has taken until now, what was prepared for the first time aside.
    #[must_use]
    pub fn trips(&self) -> u32 {
        self.trips
    }

    /// Makes it all durable.
    ///
    /// # Errors
    /// [`sqlx::Error`], also where a statement had failed and was passed over. After an error the outcome is unknown: look, never repeat blindly.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.home.keep(self.open.commit().await?);
        Ok(())
    }

    /// Undoes it all and gives the connection back.
    ///
    /// # Errors
    /// [`sqlx::Error`]; the connection is then closed, which undoes it too.
    pub async fn rollback(self) -> Result<(), sqlx::Error> {
        self.home.keep(self.open.rollback().await?);
        Ok(())
    }
}

fn ids<'a>(scopes: impl IntoIterator<Item = &'a BrandScope>) -> BTreeSet<BrandId> {
    scopes.into_iter().map(BrandScope::id).collect()
}

impl BrandColumn {
    /// The ids, for the macro.
    #[must_use]
    pub fn ids(&self) -> &[i32] {
        &self.0
    }
}
