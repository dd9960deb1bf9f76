//! Sessions that were revoked before their tokens ended, asked about with every request.
//!
//! PostgreSQL is the truth (`token_revocation`); Redis answers in one round trip. A marker per brand
//! says that Redis holds all of a brand's revocations; where it is missing (Redis was flushed or is
//! new) they are written there again first, and where Redis does not answer PostgreSQL is asked. So
//! a lost Redis never makes a revoked token good.

use std::{
    collections::HashSet,
    sync::{Arc, RwLock},
    time::Duration,
};

use sqlx::PgPool;
use time::OffsetDateTime;

use super::claims::SessionId;
use crate::{BrandTx, brand::BrandId, brand_query, clock::Clock, redis_link::RedisLink, scope::BrandScope};

/// How long a marker holds: the longest a revocation can be missing from Redis after a process died
/// between writing it to PostgreSQL and to Redis while Redis was away.
const MARKER_SECONDS: u32 = 60;

/// The revocations of every brand, always asked about one.
#[derive(Clone, Debug)]
pub struct Revocations {
    pool: PgPool,
    redis: RedisLink,
    clock: Clock,
    /// What was recorded here and Redis does not hold yet.
    unpublished: Arc<RwLock<HashSet<(BrandId, SessionId)>>>,
}

impl Revocations {
    /// Reads and writes through these.
    #[must_use]
    pub fn new(pool: PgPool, redis: RedisLink, clock: Clock) -> Self {
        Self { pool, redis, clock, unpublished: Arc::default() }
    }

    /// Whether a session of this brand was revoked.
    ///
    /// # Errors
    /// [`sqlx::Error`] when neither Redis nor PostgreSQL answers: refuse the request then.
    pub async fn is_revoked(&self, scope: &BrandScope, session: SessionId) -> Result<bool, sqlx::Error> {
        if self.is_unpublished(scope.id(), session) {
            return Ok(true);
        }
        let mut ask = redis::cmd("MGET");
        ask.arg(marker(scope.id())).arg(key(scope.id(), session));
        match self.redis.run::<(Option<String>, Option<String>)>(&ask).await {
            Ok((_, Some(_))) => Ok(true),
            Ok((Some(_), None)) => Ok(false),
            Ok((None, None)) => self.project_all(scope, session).await,
            Err(_) => self.in_database(scope, session).await,
        }
    }

    /// Writes a revocation in the caller's transaction. Call [`Revocations::publish`] after its commit.
    ///
    /// # Errors
    /// [`sqlx::Error`].
    pub async fn record(tx: &mut BrandTx, session: SessionId, until: OffsetDateTime) -> Result<(), sqlx::Error> {
        let write = brand_query!(
            tx,
            "INSERT INTO token_revocation (brand_id, session_id, expires_at) VALUES ($1, $2, $3) ON CONFLICT (brand_id, session_id) DO NOTHING",
            session.0,
            until
        );
        write.execute(tx.conn()).await.map(|_| ())
    }

    /// Makes a recorded revocation known to every process; to this one at once. While Redis is away
    /// this goes on trying in the background; until it succeeds, other processes that reach Redis may
    /// still believe the token, for a minute at the most.
    pub async fn publish(&self, scope: &BrandScope, session: SessionId, until: OffsetDateTime) {
        // Before the first try: it may fail slowly, or its caller be dropped while it waits.
        self.note_unpublished(scope.id(), session, true);
        if self.write(scope.id(), session, until).await.is_ok() {
            self.note_unpublished(scope.id(), session, false);
            return;
        }
        let (revocations, brand) = (self.clone(), scope.id());
        tokio::spawn(async move {
            while revocations.clock.now() < until {
                tokio::time::sleep(Duration::from_millis(500)).await;
                if revocations.write(brand, session, until).await.is_ok() {
                    break;
                }
            }
            revocations.note_unpublished(brand, session, false);
        });
    }

    fn is_unpublished(&self, brand: BrandId, session: SessionId) -> bool {
        self.unpublished.read().unwrap_or_else(std::sync::PoisonError::into_inner).contains(&(brand, session))
    }

    fn note_unpublished(&self, brand: BrandId, session: SessionId, unpublished: bool) {
        let mut sessions = self.unpublished.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if unpublished {
            sessions.insert((brand, session));
        } else {
            sessions.remove(&(brand, session));
        }
    }

    async fn write(&self, brand: BrandId, session: SessionId, until: OffsetDateTime) -> Result<(), redis::RedisError> {
        let seconds = (until - self.clock.now()).whole_seconds().max(0) + 1;
        self.redis.run::<()>(redis::cmd("SET").arg(key(brand, session)).arg("1").arg("EX").arg(seconds)).await
    }

    async fn project_all(&self, scope: &BrandScope, asked: SessionId) -> Result<bool, sqlx::Error> {
        let now = self.clock.now();
        let mut tx = BrandTx::open(&self.pool, scope).await?;
        let read = brand_query!(tx, "SELECT session_id, expires_at FROM token_revocation WHERE brand_id = $1 AND expires_at > $2", now);
        let rows = read.fetch_all(tx.conn()).await?;
        tx.commit().await?;
        let revoked = rows.iter().any(|row| row.session_id == asked.0);
        for row in &rows {
            if self.write(scope.id(), SessionId(row.session_id), row.expires_at).await.is_err() {
                return Ok(revoked);
            }
        }
        let _ = self.redis.run::<()>(redis::cmd("SET").arg(marker(scope.id())).arg("1").arg("EX").arg(MARKER_SECONDS)).await;
        Ok(revoked)
    }

    async fn in_database(&self, scope: &BrandScope, session: SessionId) -> Result<bool, sqlx::Error> {
        let mut tx = BrandTx::open(&self.pool, scope).await?;
        let read = brand_query!(tx, "SELECT session_id FROM token_revocation WHERE brand_id = $1 AND session_id = $2", session.0);
        let row = read.fetch_optional(tx.conn()).await?;
        tx.commit().await?;
        Ok(row.is_some())
    }
}

fn key(brand: BrandId, session: SessionId) -> String {
    format!("brand:{brand}:revoked:{session}")
}

fn marker(brand: BrandId) -> String {
    format!("brand:{brand}:revoked")
}
