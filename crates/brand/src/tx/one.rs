//! A transaction on the rows of one brand.

use std::time::Duration;

use super::{conn::BrandConn, guard::Open, pool::BrandPool, wall::RowWall};
use crate::scope::BrandScope;

/// A transaction that sees one brand's rows.
///
/// Dropping it without [`BrandTx::commit`] or [`BrandTx::rollback`] closes its connection, which
/// rolls back.
#[derive(Debug)]
pub struct BrandTx {
    open: Open,
    scope: BrandScope,
}

impl BrandTx {
    /// Begins a transaction that sees the rows of `scope`'s brand and no others.
    ///
    /// One round trip. Cancelling it at any point closes the connection.
    ///
    /// # Errors
    /// [`sqlx::Error`] when no connection is to be had, the brand's share of them included, or the
    /// database refuses.
    pub async fn open(pool: &BrandPool, scope: &BrandScope) -> Result<Self, sqlx::Error> {
        Self::begin(pool, scope, "").await
    }

    /// As [`BrandTx::open`]; a statement of it waits for a lock no longer than `lock_timeout`
    /// (whole milliseconds, at least one).
    ///
    /// # Errors
    /// As [`BrandTx::open`].
    pub async fn open_with_lock_timeout(
        pool: &BrandPool,
        scope: &BrandScope,
        lock_timeout: Duration,
    ) -> Result<Self, sqlx::Error> {
        // PostgreSQL reads 0 as "wait for ever".
        let millis = lock_timeout.as_millis().max(1);
        Self::begin(pool, scope, &format!("; SET LOCAL lock_timeout = {millis}")).await
    }

    async fn begin(pool: &BrandPool, scope: &BrandScope, more: &str) -> Result<Self, sqlx::Error> {
        let conn = pool.borrow(scope.id()).await?;
        Ok(Self {
            open: Open::begin(conn, &format!(",{},", scope.id()), more).await?,
            scope: scope.clone(),
        })
    }

    /// The scope that opened it.
    #[must_use]
    pub fn scope(&self) -> &BrandScope {
        &self.scope
    }

    /// What a row that it reads is compared with.
    #[must_use]
    pub fn wall(&self) -> RowWall {
        RowWall::one(self.scope.id())
    }

    /// The connection, for the queries that [`brand_query!`](crate::brand_query) makes.
    pub fn conn(&mut self) -> BrandConn<'_> {
        self.open.conn()
    }

    /// Makes it all durable.
    ///
    /// # Errors
    /// [`sqlx::Error`], also where a statement had failed and was passed over. After an error the outcome is unknown: look, never repeat blindly.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.open.commit().await.map(drop)
    }

    /// Undoes it all and gives the connection back.
    ///
    /// # Errors
    /// [`sqlx::Error`]; the connection is then closed, which undoes it too.
    pub async fn rollback(self) -> Result<(), sqlx::Error> {
        self.open.rollback().await.map(drop)
    }
}
