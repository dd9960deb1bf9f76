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
//!
//! Behind a pooler in transaction mode the statement has a transaction around it all the same, because
//! outside of one it could not be prepared and run on the same server ([`Pooler`]).

use tokio::runtime::Handle;

use super::{
    conn::{BrandConn, Pooler},
    guard::Open,
    pool::{Borrowed, BrandPool},
    wall::RowWall,
};
use crate::scope::BrandScope;

/// A connection for single reads of one brand. Cancelling a read leaves nothing behind.
#[derive(Debug)]
pub struct BrandRead {
    held: Held,
    scope: BrandScope,
}

#[derive(Debug)]
enum Held {
    /// Each statement is its own transaction.
    Connection(Borrowed),
    /// All are in one, which is ended when the reads are dropped.
    Transaction(Ending),
}

/// A transaction that has nothing to commit. It is ended in the background, for nobody waits for it.
#[derive(Debug)]
struct Ending(Option<Open>);

impl BrandRead {
    /// Takes a connection out of the brand's share. No round trip; behind a pooler, one.
    ///
    /// # Errors
    /// [`sqlx::Error`] when no connection is to be had, the brand's share of them included.
    pub async fn open(pool: &BrandPool, scope: &BrandScope) -> Result<Self, sqlx::Error> {
        let conn = pool.borrow(scope.id()).await?;
        let held = match conn.pooler() {
            Pooler::None => Held::Connection(conn),
            Pooler::Transaction => Held::Transaction(Ending(Some(Open::begin(conn, "", "").await?))),
        };
        Ok(Self {
            held,
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
    /// statement on it sees no scoped row, or after the first of those, behind a pooler, the brand's.
    pub fn conn(&mut self) -> BrandConn<'_> {
        match &mut self.held {
            Held::Connection(conn) => conn.for_statements(),
            Held::Transaction(ending) => ending.conn(),
        }
    }
}

impl Ending {
    fn conn(&mut self) -> BrandConn<'_> {
        #[expect(clippy::expect_used, reason = "only drop takes it out")]
        self.0.as_mut().expect("it is there until it is dropped").conn()
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        // Without a runtime, or where it fails, the connection is closed, which ends it too.
        if let (Some(open), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(async move {
                let _ = open.rollback().await;
            });
        }
    }
}
