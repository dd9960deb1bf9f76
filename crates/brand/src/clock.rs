//! Time and identifiers: the one place that reads the machine's clock.
//!
//! Everything that depends on time is handed a [`Clock`], so that tests decide what time it is.
//! Ids are UUIDv7: they sort by time for the database's sake and, unlike a sequence, do not tell
//! one brand how many rows another has written.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Instant,
};

/// Where this process counts its uptime from.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the machine's clock"
)]
static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

use time::{Duration, OffsetDateTime};
use uuid::{Builder, Uuid};

/// A source of the current time (UTC) and of new ids.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    /// Milliseconds since the Unix epoch, and those it was moved forward.
    Manual(Arc<AtomicI64>, Arc<AtomicU64>),
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start` until [`Clock::advance`] moves it.
    #[must_use]
    pub fn manual(start: OffsetDateTime) -> Self {
        Self(Source::Manual(
            Arc::new(AtomicI64::new(millis(start))),
            Arc::default(),
        ))
    }

    /// Moves a manual clock (backward too); the machine's clock stays what it is.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(now, uptime) = &self.0 {
            let by = i64::try_from(by.whole_milliseconds()).unwrap_or(i64::MAX);
            now.fetch_add(by, Ordering::SeqCst);
            uptime.fetch_add(u64::try_from(by).unwrap_or(0), Ordering::SeqCst);
        }
    }

    /// How long this process has been up, or a manual clock has been moved forward. It never goes back,
    /// whatever happens to the time of day; it means nothing to another process.
    #[must_use]
    pub fn uptime(&self) -> std::time::Duration {
        match &self.0 {
            Source::System => STARTED.elapsed(),
            Source::Manual(_, uptime) => std::time::Duration::from_millis(uptime.load(Ordering::SeqCst)),
        }
    }

    /// Now, UTC. Truncated to microseconds, which is what PostgreSQL keeps.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        let now = match &self.0 {
            #[expect(
                clippy::disallowed_methods,
                reason = "the one place that reads the machine's clock"
            )]
            Source::System => OffsetDateTime::now_utc(),
            Source::Manual(now, _) => {
                let nanos = i128::from(now.load(Ordering::SeqCst)) * 1_000_000;
                OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH)
            }
        };
        let micros = now.nanosecond() / 1_000 * 1_000;
        now.replace_nanosecond(micros).unwrap_or(now)
    }

    /// Now, in whole seconds since the Unix epoch, as tokens and signatures carry it.
    #[must_use]
    pub fn unix_seconds(&self) -> i64 {
        self.now().unix_timestamp()
    }

    /// A new UUIDv7 (RFC 9562, 5.7) at this clock's time.
    #[must_use]
    pub fn new_id(&self) -> Uuid {
        let millis = u64::try_from(millis(self.now())).unwrap_or(0);
        // Of the thread's generator: a journal entry's id is not worth a call of the kernel.
        Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid()
    }
}

fn millis(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = Clock::manual(OffsetDateTime::UNIX_EPOCH + Duration::days(365));
        let before = clock.now();
        assert_eq!(clock.now(), before);
        clock.advance(Duration::seconds(90));
        assert_eq!(clock.now() - before, Duration::seconds(90));
        clock.advance(Duration::seconds(-30));
        assert_eq!(clock.unix_seconds(), before.unix_timestamp() + 60);
        assert_eq!(clock.uptime().as_secs(), 90, "set back, it is still up as long");
    }

    #[test]
    fn ids_sort_by_time_and_never_repeat() {
        let clock = Clock::manual(OffsetDateTime::UNIX_EPOCH + Duration::days(20_000));
        let first = clock.new_id();
        assert_ne!(first, clock.new_id());
        clock.advance(Duration::milliseconds(2));
        assert!(clock.new_id() > first);
    }
}
