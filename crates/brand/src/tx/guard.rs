//! A connection inside a transaction, which is closed unless the transaction was seen to end.
//!
//! A request's future is dropped whenever its client hangs up, at any await. sqlx 0.9.0 then
//! returns a connection to the pool with `BEGIN` on its way (transact-rs/sqlx#4385), which would
//! hand one brand's transaction to the next borrower. So transactions are begun here, and a
//! connection that was not seen to end its transaction is closed, never returned.

use sqlx::{AssertSqlSafe, Executor, PgConnection};

use super::{conn::BrandConn, pool::Borrowed};

/// An open transaction's connection.
#[derive(Debug)]
pub(super) struct Open(Option<Borrowed>);

impl Open {
    /// Begins a transaction in which row security admits the brands of `setting`: numbers between
    /// commas, `,7,` or `,3,7,12,`. `more` is further settings of the transaction.
    pub(super) async fn begin(conn: Borrowed, setting: &str, more: &str) -> Result<Self, sqlx::Error> {
        // Brand ids are integers, so the text cannot carry anything else into the statement.
        Self::send(
            conn,
            &format!("; SET LOCAL croupier.brand_ids = '{setting}'{more}"),
        )
        .await
    }

    /// Begins a transaction that leaves row security as the connection has it: it admits no brand.
    pub(super) async fn begin_brandless(conn: Borrowed) -> Result<Self, sqlx::Error> {
        Self::send(conn, "").await
    }

    async fn send(conn: Borrowed, settings: &str) -> Result<Self, sqlx::Error> {
        let limits = conn.limits();
        let held_to = limits.of_a_transaction(conn.pooler());
        let mut open = Self(Some(conn));
        // The level is named, because a database or a role may have another default, and behind a
        // lock that was waited for only READ COMMITTED sees what was committed meanwhile.
        let begin = format!("BEGIN ISOLATION LEVEL read committed{held_to}{settings}");
        let begun = limits.answered(open.get()?.execute(AssertSqlSafe(begin))).await;
        begun?;
        Ok(open)
    }

    /// The connection, for statements.
    pub(super) fn conn(&mut self) -> BrandConn<'_> {
        // `end` takes `self`, so the connection is there as long as we are.
        #[expect(clippy::expect_used, reason = "only the end takes it out, and consumes self")]
        let conn = self.0.as_mut().expect("an open transaction has its connection");
        conn.for_statements()
    }

    /// Makes it durable. PostgreSQL answers the COMMIT of a transaction in which a statement failed with a
    /// ROLLBACK and no error; the statement before it fails there, and with it the whole message, so that
    /// what was undone is never taken for done.
    ///
    /// Gives the connection, whose transaction was seen to end; dropped, it goes back to the pool.
    pub(super) async fn commit(self) -> Result<Option<Borrowed>, sqlx::Error> {
        self.end("SET LOCAL croupier.brand_ids = ''; COMMIT").await
    }

    /// Undoes it, and gives the connection.
    pub(super) async fn rollback(self) -> Result<Option<Borrowed>, sqlx::Error> {
        self.end("ROLLBACK").await
    }

    async fn end(mut self, statement: &'static str) -> Result<Option<Borrowed>, sqlx::Error> {
        let conn = self.0.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        let limits = conn.limits();
        limits.answered((**conn).execute(statement)).await?;
        Ok(self.0.take())
    }

    fn get(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        self.0.as_deref_mut().ok_or(sqlx::Error::PoolClosed)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(mut conn) = self.0.take() {
            conn.close_on_drop();
        }
    }
}
