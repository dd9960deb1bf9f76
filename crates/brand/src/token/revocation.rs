//! Sessions that were revoked before their tokens ended, asked about with every request.
//!
//! PostgreSQL is the truth (`token_revocation`); Redis answers in one round trip. A marker per brand
//! says that Redis holds all of a brand's revocations; where it is missing (Redis was flushed or is
//! new) they are written there again, and until then, or where Redis does not answer, PostgreSQL is
//! asked. So a lost Redis never makes a revoked token good.
//!
//! A revocation is of no use once the last token it speaks of has ended. Each time a brand's are written to Redis
//! anew, a minute after the last time as long as there are requests, some of those are removed.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use time::OffsetDateTime;
use uuid::Uuid;

use super::claims::SessionId;
use crate::{
    BrandPool, BrandRead, BrandTx, brand::BrandId, brand_query, brand_read, clock::Clock,
    redis_link::RedisLink, scope::BrandScope,
};

/// How long a marker holds: the longest a revocation can be missing from Redis after a process died
/// between writing it to PostgreSQL and to Redis while Redis was away.
const MARKER_SECONDS: u32 = 60;

/// How many revocations are written to Redis, or removed from PostgreSQL, at once.
const CHUNK: usize = 500;

/// How many chunks of a brand's ended revocations are removed each time.
const SWEPT_CHUNKS: usize = 20;

/// How long a revocation is kept after it has ended: processes agree on the time to far less.
const KEPT_AFTER_END: time::Duration = time::Duration::minutes(5);

/// A session that was revoked, and until when that is to be known.
pub type Revoked = (SessionId, OffsetDateTime);

/// The revocations of every brand, always asked about one.
#[derive(Clone, Debug)]
pub struct Revocations {
    pool: BrandPool,
    redis: RedisLink,
    clock: Clock,
    /// What was recorded here and Redis does not hold yet.
    unpublished: Arc<RwLock<HashSet<(BrandId, SessionId)>>>,
    /// The brands whose revocations are being written to Redis.
    projecting: Arc<Mutex<HashSet<BrandId>>>,
}

/// Why a brand's revocations are not in Redis.
#[derive(Debug, thiserror::Error)]
enum ProjectError {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Redis(#[from] redis::RedisError),
}

impl Revocations {
    /// How many revocations [`Revocations::sweep`] removes at the most.
    pub const SWEPT_AT_ONCE: u64 = CHUNK as u64;

    /// Reads and writes through these.
    #[must_use]
    pub fn new(pool: BrandPool, redis: RedisLink, clock: Clock) -> Self {
        Self {
            pool,
            redis,
            clock,
            unpublished: Arc::default(),
            projecting: Arc::default(),
        }
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
            Ok((None, None)) => {
                self.project_aside(scope);
                self.in_database(scope, session).await
            }
            Err(_) => self.in_database(scope, session).await,
        }
    }

    /// Writes revocations in the caller's transaction. Call [`Revocations::publish`] after its commit.
    ///
    /// # Errors
    /// [`sqlx::Error`].
    pub async fn record(tx: &mut BrandTx, revoked: &[Revoked]) -> Result<(), sqlx::Error> {
        let (sessions, ends): (Vec<Uuid>, Vec<OffsetDateTime>) =
            revoked.iter().map(|(session, until)| (session.0, *until)).unzip();
        let write = brand_query!(
            tx,
            "INSERT INTO token_revocation (brand_id, session_id, expires_at)
             SELECT $1, r.session_id, r.expires_at FROM unnest($2::uuid[], $3::timestamptz[]) AS r (session_id, expires_at)
             ON CONFLICT (brand_id, session_id) DO NOTHING",
            &sessions,
            &ends
        );
        write.execute(tx.conn()).await.map(|_| ())
    }

    /// Makes recorded revocations known to every process; to this one at once. False while Redis is away:
    /// this then goes on trying in the background, and until it succeeds other processes that reach Redis may
    /// still believe the tokens, for a minute at the most.
    pub async fn publish(&self, scope: &BrandScope, revoked: Vec<Revoked>) -> bool {
        // Before the first try: it may fail slowly, or its caller be dropped while it waits.
        self.note_unpublished(scope.id(), &revoked, true);
        if self.write(scope.id(), &revoked).await.is_ok() {
            self.note_unpublished(scope.id(), &revoked, false);
            return true;
        }
        let (revocations, brand) = (self.clone(), scope.id());
        tokio::spawn(async move {
            let last = revoked.iter().map(|(_, until)| *until).max();
            while last.is_some_and(|last| revocations.clock.now() < last) {
                tokio::time::sleep(Duration::from_millis(500)).await;
                if revocations.write(brand, &revoked).await.is_ok() {
                    break;
                }
            }
            revocations.note_unpublished(brand, &revoked, false);
        });
        false
    }

    /// Removes some of a brand's revocations that have ended, and says how many: fewer than
    /// [`Revocations::SWEPT_AT_ONCE`] when there are no more.
    ///
    /// # Errors
    /// [`sqlx::Error`].
    pub async fn sweep(&self, scope: &BrandScope) -> Result<u64, sqlx::Error> {
        Self::remove_ended(&self.pool, scope, self.clock.now()).await
    }

    /// The same for who has no Redis: those that had ended by `now`.
    ///
    /// # Errors
    /// [`sqlx::Error`]; nothing was removed then.
    pub async fn remove_ended(
        pool: &BrandPool,
        scope: &BrandScope,
        now: OffsetDateTime,
    ) -> Result<u64, sqlx::Error> {
        let mut tx = BrandTx::open(pool, scope).await?;
        // Those that another process removes just now are left to it.
        let remove = brand_query!(
            tx,
            "DELETE FROM token_revocation WHERE brand_id = $1 AND session_id IN (
                SELECT ended.session_id FROM token_revocation AS ended WHERE ended.brand_id = $1 AND ended.expires_at < $2
                 ORDER BY ended.expires_at LIMIT $3 FOR UPDATE SKIP LOCKED)",
            now - KEPT_AFTER_END,
            CHUNK as i64
        );
        let removed = remove.execute(tx.conn()).await?.rows_affected();
        tx.commit().await?;
        Ok(removed)
    }

    /// How many of a brand's revocations [`Revocations::remove_ended`] would remove, asked often enough.
    ///
    /// # Errors
    /// [`sqlx::Error`].
    pub async fn count_ended(
        pool: &BrandPool,
        scope: &BrandScope,
        now: OffsetDateTime,
    ) -> Result<u64, sqlx::Error> {
        let mut read = BrandRead::open(pool, scope).await?;
        let ended = brand_read!(
            read,
            r#"SELECT brand_id, count(*) AS "count!" FROM token_revocation WHERE brand_id = $1 AND expires_at < $2 GROUP BY brand_id"#,
            now - KEPT_AFTER_END
        );
        let row = ended.fetch_optional(read.conn()).await?;
        Ok(row.map_or(0, |row| row.count.unsigned_abs()))
    }

    fn is_unpublished(&self, brand: BrandId, session: SessionId) -> bool {
        self.unpublished
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&(brand, session))
    }

    fn note_unpublished(&self, brand: BrandId, revoked: &[Revoked], unpublished: bool) {
        let mut sessions = self.unpublished.write().unwrap_or_else(PoisonError::into_inner);
        for (session, _) in revoked {
            if unpublished {
                sessions.insert((brand, *session));
            } else {
                sessions.remove(&(brand, *session));
            }
        }
    }

    async fn write(&self, brand: BrandId, revoked: &[Revoked]) -> Result<(), redis::RedisError> {
        let now = self.clock.now();
        let script = redis::Script::new(
            "for at, key in ipairs(KEYS) do redis.call('SET', key, '1', 'EX', ARGV[at]) end return #KEYS",
        );
        for revoked in revoked.chunks(CHUNK) {
            let mut call = script.prepare_invoke();
            for (session, until) in revoked {
                call.key(key(brand, *session))
                    .arg((*until - now).whole_seconds().max(0) + 1);
            }
            self.redis.script::<i64>(&call).await?;
        }
        Ok(())
    }

    /// Projects a brand's revocations on a task of its own, one at a time a brand. There may be very
    /// many: who asks meanwhile asks the database about the one, and a client that hangs up does not
    /// make the work begin anew.
    fn project_aside(&self, scope: &BrandScope) {
        let mut under_way = self.projecting.lock().unwrap_or_else(PoisonError::into_inner);
        if !under_way.insert(scope.id()) {
            return;
        }
        let (revocations, scope) = (self.clone(), scope.clone());
        tokio::spawn(async move {
            if let Err(fault) = revocations.project_all(&scope).await {
                tracing::warn!(%fault, brand = %scope.code(), "a brand's revocations could not be projected; the database is asked");
            }
            if let Err(fault) = revocations.sweep_some(&scope).await {
                tracing::warn!(%fault, brand = %scope.code(), "a brand's revocations that have ended could not be removed");
            }
            revocations
                .projecting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&scope.id());
        });
    }

    async fn project_all(&self, scope: &BrandScope) -> Result<(), ProjectError> {
        let now = self.clock.now();
        let mut read = BrandRead::open(&self.pool, scope).await?;
        let all = brand_read!(
            read,
            "SELECT brand_id, session_id, expires_at FROM token_revocation WHERE brand_id = $1 AND expires_at > $2",
            now
        );
        let rows = all.fetch_all(read.conn()).await?;
        drop(read);
        let revoked: Vec<Revoked> = rows
            .into_iter()
            .map(|row| (SessionId(row.session_id), row.expires_at))
            .collect();
        self.write(scope.id(), &revoked).await?;
        Ok(self
            .redis
            .run::<()>(
                redis::cmd("SET")
                    .arg(marker(scope.id()))
                    .arg("1")
                    .arg("EX")
                    .arg(MARKER_SECONDS),
            )
            .await?)
    }

    async fn sweep_some(&self, scope: &BrandScope) -> Result<(), sqlx::Error> {
        for _ in 0..SWEPT_CHUNKS {
            if self.sweep(scope).await? < Self::SWEPT_AT_ONCE {
                break;
            }
        }
        Ok(())
    }

    async fn in_database(&self, scope: &BrandScope, session: SessionId) -> Result<bool, sqlx::Error> {
        let mut read = BrandRead::open(&self.pool, scope).await?;
        let found = brand_read!(
            read,
            "SELECT brand_id FROM token_revocation WHERE brand_id = $1 AND session_id = $2",
            session.0
        );
        let row = found.fetch_optional(read.conn()).await?;
        Ok(row.is_some())
    }
}

fn key(brand: BrandId, session: SessionId) -> String {
    format!("brand:{brand}:revoked:{session}")
}

fn marker(brand: BrandId) -> String {
    format!("brand:{brand}:revoked")
}
