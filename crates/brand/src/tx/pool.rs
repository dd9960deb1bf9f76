//! The application's connections, and how many of them one brand may hold.

use std::{
    collections::HashMap,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::future::BoxFuture;
use sqlx::{PgConnection, PgPool, Postgres, pool::PoolConnection};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout, timeout_at},
};

use super::{
    conn::{BrandConn, Brandless, Pooler},
    limits::StatementLimits,
};
use crate::brand::BrandId;

/// The pool, with a share of it for each brand: however many requests one brand has, the others
/// find connections. Cloning it shares both.
#[derive(Clone, Debug)]
pub struct BrandPool {
    pool: PgPool,
    pooler: Pooler,
    limits: StatementLimits,
    share: usize,
    shares: Arc<Mutex<HashMap<BrandId, Arc<Semaphore>>>>,
}

impl BrandPool {
    /// Lets one brand hold half of the pool's connections at a time, and at least one.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        let half = pool.options().get_max_connections().div_ceil(2);
        Self::with_share(pool, half)
    }

    /// Lets one brand hold `share` connections at a time, and at least one.
    #[must_use]
    pub fn with_share(pool: PgPool, share: u32) -> Self {
        Self {
            pool,
            pooler: Pooler::None,
            limits: StatementLimits::default(),
            share: usize::try_from(share).unwrap_or(1).max(1),
            shares: Arc::default(),
        }
    }

    /// The same, its connections going through a pooler.
    #[must_use]
    pub fn behind(self, pooler: Pooler) -> Self {
        Self { pooler, ..self }
    }

    /// The same, its statements held to these limits. Where no pooler is behind it, the server is told them by the
    /// connections' own settings ([`StatementLimits::settings`]).
    #[must_use]
    pub fn within(self, limits: StatementLimits) -> Self {
        Self { limits, ..self }
    }

    /// The same for work that nobody waits for ([`StatementLimits::unhurried`]).
    #[must_use]
    pub fn unhurried(&self) -> Self {
        let limits = self.limits.unhurried();
        self.clone().within(limits)
    }

    /// The pool's connections for the statements on global tables ([`crate::global`]). On a scoped table
    /// they see no rows.
    #[must_use]
    pub fn global(&self) -> Brandless {
        Brandless::behind(self.pool.clone(), self.pooler).within(self.limits)
    }

    /// How long a connection is waited for; what waits for a row that somebody holds should wait no longer.
    #[must_use]
    pub fn acquire_timeout(&self) -> std::time::Duration {
        self.pool.options().get_acquire_timeout()
    }

    /// A connection out of a brand's share. Waits no longer than the pool's `acquire_timeout`.
    pub(super) async fn borrow(&self, brand: BrandId) -> Result<Borrowed, sqlx::Error> {
        let deadline = Instant::now() + self.pool.options().get_acquire_timeout();
        let share = self.share_of(brand);
        let place = timeout_at(deadline, share.acquire_owned())
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)?
            .map_err(|_| sqlx::Error::PoolClosed)?;
        let conn = timeout_at(deadline, connection(&self.pool))
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)??;
        let mut borrowed = Borrowed::alone(conn, self.pooler, self.limits);
        borrowed.place = Some(place);
        Ok(borrowed)
    }

    /// A connection that counts for no brand: a batch is many brands'.
    pub(super) async fn borrow_for_many(&self) -> Result<Borrowed, sqlx::Error> {
        let conn = connection(&self.pool).await?;
        Ok(Borrowed::alone(conn, self.pooler, self.limits))
    }

    /// Brands are few, so a share that was made is kept.
    fn share_of(&self, brand: BrandId) -> Arc<Semaphore> {
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        let share = shares
            .entry(brand)
            .or_insert_with(|| Arc::new(Semaphore::new(self.share)));
        Arc::clone(share)
    }
}

/// Takes a connection. The pool's future has 4 kB, which whoever may need a connection would carry, and copy, whether or
/// not it comes to that: it has a place of its own.
pub(super) fn connection(pool: &PgPool) -> BoxFuture<'static, Result<PoolConnection<Postgres>, sqlx::Error>> {
    Box::pin(pool.acquire())
}

/// A connection, and the place in its brand's share that goes back with it.
#[derive(Debug)]
pub(super) struct Borrowed {
    conn: PoolConnection<Postgres>,
    pooler: Pooler,
    limits: StatementLimits,
    closes: bool,
    place: Option<OwnedSemaphorePermit>,
}

impl Borrowed {
    /// A connection that is in no brand's share.
    pub(super) fn alone(conn: PoolConnection<Postgres>, pooler: Pooler, limits: StatementLimits) -> Self {
        Self {
            conn,
            pooler,
            limits,
            closes: false,
            place: None,
        }
    }

    /// What is behind it.
    pub(super) fn pooler(&self) -> Pooler {
        self.pooler
    }

    /// What its statements are held to.
    pub(super) fn limits(&self) -> StatementLimits {
        self.limits
    }

    /// The connection, for statements.
    pub(super) fn for_statements(&mut self) -> BrandConn<'_> {
        BrandConn::new(&mut self.conn, self.pooler, self.limits)
    }

    /// Closes the connection, when dropped, instead of giving it back.
    pub(super) fn close_on_drop(&mut self) {
        self.closes = true;
        self.conn.close_on_drop();
    }
}

impl Drop for Borrowed {
    /// Gives the connection back. sqlx asks each that comes back how it is, and waits for that as long as it takes: of
    /// a server that does not answer it would keep the pool's place for good. So it is waited for here.
    fn drop(&mut self) {
        drop(self.place.take());
        if let (false, Some(most), Ok(runtime)) = (self.closes, self.limits.answer(), Handle::try_current()) {
            // What its own drop would run. Given up, the connection is dropped, and its place is free.
            let back = self.conn.return_to_pool();
            runtime.spawn(timeout(most, back));
        }
    }
}

impl Deref for Borrowed {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.conn
    }
}

impl DerefMut for Borrowed {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.conn
    }
}
