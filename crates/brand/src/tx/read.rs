//! One SELECT of one brand, in one round trip.
//!
//! A transaction around a single read costs two trips for nothing: nothing has to hold together but
//! the statement itself. [`brand_read!`](crate::brand_read) makes a statement that sets row security's
//! brand for its own duration before it looks at a row:
//!
//! ```sql
//! SELECT r.* FROM (SELECT croupier_scope($1) AS ids OFFSET 0) AS scope
//!      CROSS JOIN LATERAL (SELECT q.* FROM (the SELECT) AS q WHERE scope.ids IS NOT NULL OFFSET 0) AS r
//! ```
//!
//! The inner query names the outer one's value, so it cannot be begun before that is known; `OFFSET 0`
//! keeps the planner from merging the levels. Were a planner ever to turn it round, there would be no
//! setting and so no rows: the order decides whether it works, not whether it is safe. The setting ends with the
//! statement, which is its own transaction, so the connection goes back as clean as it came.

use sqlx::PgConnection;

use super::{
    pool::{Borrowed, BrandPool},
    wall::RowWall,
};
use crate::scope::BrandScope;

/// A connection for single reads of one brand. Cancelling a read leaves nothing behind.
#[derive(Debug)]
pub struct BrandRead {
    conn: Borrowed,
    scope: BrandScope,
}

impl BrandRead {
    /// Takes a connection out of the brand's share. No round trip.
    ///
    /// # Errors
    /// [`sqlx::Error`] when no connection is to be had, the brand's share of them included.
    pub async fn open(pool: &BrandPool, scope: &BrandScope) -> Result<Self, sqlx::Error> {
        Ok(Self {
            conn: pool.borrow(scope.id()).await?,
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

    /// The connection, for the queries that [`brand_read!`](crate::brand_read) makes. Any other
    /// statement on it sees no scoped row.
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.conn
    }
}
