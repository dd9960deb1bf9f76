//! How often something may fail for somebody of a brand, before it is not even tried any more.
//!
//! A failure is counted twice: in this process and in Redis, where every process sees it. An attempt is
//! admitted while neither count is at its limit; each count begins anew a window after its first failure. No
//! more attempts are under way at a time than may still fail; the others wait for how those end, so that many at
//! once find out no more than one after the other. Redis away (or emptied): each process goes by its own count, so what one process would
//! bear, each of them bears.
//!
//! Bounded on both sides: here by a number of entries, in Redis because only what was tried, and failed, is
//! written there, each for a window. Neither holds whom it is about: the key is a digest.

use std::{
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use moka::sync::Cache;
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use crate::{brand::BrandId, clock::Clock, redis_link::RedisLink, scope::BrandScope};

/// Bounds of a [`Throttle`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottleLimits {
    /// Failures of one subject within a window, beyond which it is refused.
    pub failures: u32,
    /// How long a window is, from its first failure.
    pub window: Duration,
    /// The most subjects counted in this process.
    pub entries: u64,
}

/// Counts failures of one kind. Cloning it shares the counts.
#[derive(Clone)]
pub struct Throttle {
    /// What is counted, in the name of the key: `[a-z_]`.
    kind: &'static str,
    limits: ThrottleLimits,
    redis: RedisLink,
    clock: Clock,
    counts: Cache<Subject, Arc<Count>>,
}

/// Whose failures are counted: never without the brand.
type Subject = (BrandId, [u8; 32]);

#[derive(Debug, Default)]
struct Count {
    state: Mutex<State>,
    /// An attempt has ended.
    ended: Notify,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    under_way: u32,
    /// When the window ends, by this process's uptime.
    ends: Duration,
}

/// Too many failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many failures; the next attempt is taken in {} s", .retry_after.as_secs())]
pub struct TooMany {
    /// When the next attempt is taken, at the latest.
    pub retry_after: Duration,
}

/// An attempt that was admitted. It is to end in [`Attempt::failed`] or [`Attempt::succeeded`]; dropped, it was
/// none.
#[must_use]
pub struct Attempt {
    throttle: Throttle,
    subject: Subject,
    count: Arc<Count>,
    failed: bool,
    /// Whether Redis holds failures of the subject.
    known: bool,
}

impl Throttle {
    /// Counts failures of a `kind`: `[a-z_]`, one for each throttle.
    #[must_use]
    pub fn new(kind: &'static str, limits: ThrottleLimits, redis: RedisLink, clock: Clock) -> Self {
        Self {
            kind,
            limits,
            redis,
            clock,
            counts: Cache::builder()
                .max_capacity(limits.entries)
                // By then the window of whatever was counted has ended.
                .time_to_idle(limits.window)
                .build(),
        }
    }

    /// Admits an attempt of `subject` of a brand, whoever or whatever that is, when there is room for it to fail.
    /// One round trip to Redis.
    ///
    /// # Errors
    /// [`TooMany`].
    pub async fn attempt(&self, scope: &BrandScope, subject: &str) -> Result<Attempt, TooMany> {
        let subject = (scope.id(), Sha256::digest(subject).into());
        let count = self.counts.get_with(subject, Arc::default);
        self.reserve(&count).await?;
        // From here on dropping it gives the place back.
        let mut attempt = Attempt {
            throttle: self.clone(),
            subject,
            count,
            failed: false,
            known: false,
        };
        let (failures, left) = self.in_redis(subject).await.unwrap_or_default();
        attempt.known = failures > 0;
        if failures >= i64::from(self.limits.failures) {
            return Err(TooMany {
                retry_after: left.clamp(Duration::from_secs(1), self.limits.window),
            });
        }
        Ok(attempt)
    }

    async fn reserve(&self, count: &Count) -> Result<(), TooMany> {
        loop {
            let mut ended = pin!(count.ended.notified());
            // Before the look: what ends after it is not missed.
            ended.as_mut().enable();
            if self.look(&mut count.state())? {
                return Ok(());
            }
            ended.await;
        }
    }

    /// Whether an attempt may be made now; false: when another has ended.
    fn look(&self, state: &mut State) -> Result<bool, TooMany> {
        let now = self.clock.uptime();
        if state.ends <= now {
            state.failures = 0;
        }
        if state.failures >= self.limits.failures {
            return Err(TooMany {
                retry_after: (state.ends - now).max(Duration::from_secs(1)),
            });
        }
        let room = state.failures + state.under_way < self.limits.failures;
        if room {
            state.under_way += 1;
        }
        Ok(room)
    }

    fn key(&self, (brand, digest): Subject) -> String {
        format!("brand:{brand}:failed:{}:{}", self.kind, hex::encode(digest))
    }

    /// How many failures Redis knows of, and for how long yet.
    async fn in_redis(&self, subject: Subject) -> Option<(i64, Duration)> {
        let script = redis::Script::new(
            "local failures = tonumber(redis.call('GET', KEYS[1])) or 0
             if redis.call('PTTL', KEYS[1]) == -1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
             return {failures, redis.call('PTTL', KEYS[1])}",
        );
        let mut call = script.prepare_invoke();
        call.key(self.key(subject)).arg(self.window_millis());
        let (failures, left) = self
            .redis
            .script::<(i64, i64)>(&call)
            .await
            .inspect_err(|fault| {
                tracing::debug!(%fault, kind = self.kind, "failures are counted in this process alone");
            })
            .ok()?;
        Some((failures, Duration::from_millis(u64::try_from(left).unwrap_or(0))))
    }

    fn window_millis(&self) -> u64 {
        u64::try_from(self.limits.window.as_millis()).unwrap_or(u64::MAX)
    }
}

impl Count {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt {
    /// It failed: it counts until its window ends.
    pub async fn failed(mut self) {
        self.failed = true;
        let script = redis::Script::new(
            "local failures = redis.call('INCR', KEYS[1])
             if failures == 1 or redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
             return failures",
        );
        let mut call = script.prepare_invoke();
        call.key(self.throttle.key(self.subject))
            .arg(self.throttle.window_millis());
        if let Err(fault) = self.throttle.redis.script::<i64>(&call).await {
            tracing::warn!(%fault, kind = self.throttle.kind, "a failure is counted in this process alone");
        }
    }

    /// It succeeded: what failed before counts no more.
    pub async fn succeeded(self) {
        self.count.state().failures = 0;
        if self.known {
            let mut forget = redis::cmd("DEL");
            forget.arg(self.throttle.key(self.subject));
            if let Err(fault) = self.throttle.redis.run::<()>(&forget).await {
                tracing::debug!(%fault, kind = self.throttle.kind, "failures before a success stay counted");
            }
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        {
            let mut state = self.count.state();
            state.under_way = state.under_way.saturating_sub(1);
            if self.failed {
                if state.failures == 0 {
                    state.ends = self.throttle.clock.uptime() + self.throttle.limits.window;
                }
                state.failures += 1;
            }
        }
        self.count.ended.notify_waiters();
    }
}

impl std::fmt::Debug for Throttle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Throttle")
            .field("kind", &self.kind)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attempt").finish_non_exhaustive()
    }
}
