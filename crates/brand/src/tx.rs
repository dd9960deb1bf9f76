//! The only way to a brand-scoped table: a transaction that a scope opened.
//!
//! `BEGIN` and the row-security setting travel in one message, so a transaction never exists
//! without its brand, and `SET LOCAL` ends with the transaction, so a pooled connection keeps no
//! brand behind (PgBouncer's transaction mode included).
//!
//! A request's future is dropped whenever its client hangs up, at any await. sqlx 0.9.0 then
//! returns a connection to the pool with `BEGIN` on its way (transact-rs/sqlx#4385), which would
//! hand one brand's transaction to the next borrower. So a `BrandTx` begins by itself, and a
//! connection that was not seen to end its transaction is closed, never returned.

use sqlx::{AssertSqlSafe, Executor, PgConnection, PgPool, Postgres, pool::PoolConnection};

use crate::scope::BrandScope;

/// A transaction that sees one brand's rows.
///
/// Dropping it without [`BrandTx::commit`] or [`BrandTx::rollback`] closes its connection, which
/// rolls back.
#[derive(Debug)]
pub struct BrandTx {
    conn: CloseUnlessEnded,
    scope: BrandScope,
}

impl BrandTx {
    /// Begins a transaction that sees the rows of `scope`'s brand and no others.
    ///
    /// One round trip. Cancelling it at any point closes the connection.
    ///
    /// # Errors
    /// [`sqlx::Error`] when no connection is to be had or the database refuses.
    pub async fn open(pool: &PgPool, scope: &BrandScope) -> Result<Self, sqlx::Error> {
        let mut conn = CloseUnlessEnded(Some(pool.acquire().await?));
        // A brand id is an integer, so the text cannot carry anything else into the statement.
        // The level is named, because a database or a role may have another default, and behind a
        // lock that was waited for only READ COMMITTED sees what was committed meanwhile.
        let begin = format!(
            "BEGIN ISOLATION LEVEL read committed; SET LOCAL croupier.brand_ids = ',{},'",
            scope.id()
        );
        conn.get()?.execute(AssertSqlSafe(begin)).await?;
        Ok(Self {
            conn,
            scope: scope.clone(),
        })
    }

    /// The scope that opened it.
    #[must_use]
    pub fn scope(&self) -> &BrandScope {
        &self.scope
    }

    /// The connection, for the queries that [`brand_query!`](crate::brand_query) makes.
    pub fn conn(&mut self) -> &mut PgConnection {
        // `commit` and `rollback` take `self`, so the connection is there as long as we are.
        #[expect(
            clippy::expect_used,
            reason = "only commit and rollback take it out, and they consume self"
        )]
        self.conn
            .0
            .as_mut()
            .expect("an open transaction has its connection")
    }

    /// Makes it all durable.
    ///
    /// # Errors
    /// [`sqlx::Error`]. After an error the outcome is unknown: look, never repeat blindly.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.end("COMMIT").await
    }

    /// Undoes it all and gives the connection back.
    ///
    /// # Errors
    /// [`sqlx::Error`]; the connection is then closed, which undoes it too.
    pub async fn rollback(self) -> Result<(), sqlx::Error> {
        self.end("ROLLBACK").await
    }

    async fn end(mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        self.conn.get()?.execute(statement).await?;
        self.conn.ended();
        Ok(())
    }
}

/// Closes its connection when dropped, unless the transaction was seen to end.
#[derive(Debug)]
struct CloseUnlessEnded(Option<PoolConnection<Postgres>>);

impl CloseUnlessEnded {
    fn get(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        self.0.as_deref_mut().ok_or(sqlx::Error::PoolClosed)
    }

    fn ended(&mut self) {
        drop(self.0.take());
    }
}

impl Drop for CloseUnlessEnded {
    fn drop(&mut self) {
        if let Some(mut conn) = self.0.take() {
            conn.close_on_drop();
        }
    }
}
