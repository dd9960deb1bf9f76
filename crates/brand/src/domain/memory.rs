//! What a process remembers of hosts, and how long it may act on it.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use moka::sync::Cache;

use super::{Binding, HOLD, LEASE, MapLimits};

/// How long a host that is nobody's is kept. Past its lease it is of no use.
const UNKNOWN_LIFE: Duration = Duration::from_secs(2);

/// What was answered about a host. Times are the process's own ([`crate::Clock::uptime`]).
#[derive(Debug)]
pub(super) struct Entry {
    /// None: PostgreSQL has never heard of it.
    pub(super) binding: Option<Arc<Binding>>,
    /// From before the question was asked: the answer was true at some moment after it.
    pub(super) asked_at: Duration,
    /// Until when a host that changes hands is nobody's here.
    pub(super) held_until: Option<Duration>,
    /// When it was last projected.
    pub(super) projected_at: Option<Duration>,
    used: AtomicBool,
}

impl Entry {
    /// What was answered at `answered_at`; `before` is what was known.
    fn new(
        binding: Option<Arc<Binding>>,
        asked_at: Duration,
        answered_at: Duration,
        before: Option<&Self>,
    ) -> Self {
        let same =
            before.filter(|before| before.version() == binding.as_ref().map(|binding| binding.version));
        let moving = binding.as_ref().is_some_and(|binding| binding.moving);
        Self {
            held_until: moving.then(|| {
                same.and_then(|before| before.held_until)
                    .unwrap_or(answered_at + HOLD)
            }),
            projected_at: same.and_then(|before| before.projected_at),
            binding,
            asked_at,
            used: AtomicBool::new(false),
        }
    }

    fn version(&self) -> Option<i64> {
        self.binding.as_ref().map(|binding| binding.version)
    }

    /// Whether it may be acted on for a request that came at `now`.
    pub(super) fn is_fresh(&self, now: Duration) -> bool {
        now < self.asked_at + LEASE
    }

    /// Whether it changes hands at `now`.
    pub(super) fn is_held(&self, now: Duration) -> bool {
        self.held_until.is_some_and(|until| now < until)
    }

    /// Whether this is its first use since it was answered.
    pub(super) fn is_first_use(&self) -> bool {
        !self.used.load(Ordering::Relaxed) && !self.used.swap(true, Ordering::Relaxed)
    }
}

/// Hosts that are somebody's, and hosts that are not, each bounded: made-up hosts drive out no real one.
#[derive(Clone)]
pub(super) struct Memory {
    known: Cache<String, Arc<Entry>>,
    unknown: Cache<String, Arc<Entry>>,
    hard_expiry: Duration,
}

impl Memory {
    pub(super) fn new(limits: MapLimits) -> Self {
        let hard_expiry = Duration::from_secs(limits.hard_expiry.into());
        let cache = |entries, life| Cache::builder().max_capacity(entries).time_to_live(life).build();
        Self {
            known: cache(limits.entries, hard_expiry.max(2 * HOLD)),
            unknown: cache(limits.unknown_entries, UNKNOWN_LIFE),
            hard_expiry,
        }
    }

    pub(super) fn get(&self, host: &str) -> Option<Arc<Entry>> {
        self.known.get(host).or_else(|| self.unknown.get(host))
    }

    /// What may still be shown at `now` while nobody can be asked.
    pub(super) fn last_known(&self, host: &str, now: Duration) -> Option<Arc<Entry>> {
        self.known
            .get(host)
            .filter(|entry| now < entry.asked_at + self.hard_expiry)
    }

    /// Keeps an answer. Only one task does, so an older answer never replaces a newer one.
    pub(super) fn keep(
        &self,
        host: &str,
        binding: Option<Binding>,
        asked_at: Duration,
        answered_at: Duration,
        project: impl FnOnce(&mut Entry),
    ) -> Arc<Entry> {
        let before = self.known.get(host);
        let mut entry = Entry::new(binding.map(Arc::new), asked_at, answered_at, before.as_deref());
        project(&mut entry);
        let somebodys = entry
            .binding
            .as_ref()
            .is_some_and(|binding| binding.brand_id.is_some() || binding.moving);
        let entry = Arc::new(entry);
        let (into, out_of) = if somebodys {
            (&self.known, &self.unknown)
        } else {
            (&self.unknown, &self.known)
        };
        into.insert(host.to_owned(), Arc::clone(&entry));
        out_of.invalidate(host);
        entry
    }

    /// How many hosts are kept: somebody's, nobody's.
    pub(super) fn counts(&self) -> (u64, u64) {
        self.known.run_pending_tasks();
        self.unknown.run_pending_tasks();
        (self.known.entry_count(), self.unknown.entry_count())
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("known", &self.known.entry_count())
            .field("unknown", &self.unknown.entry_count())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn binding(brand: i32, version: i64, moving: bool) -> Option<Binding> {
        Some(Binding {
            brand_id: Some(brand),
            agent_id: None,
            level: None,
            moving,
            version,
        })
    }

    fn keep(memory: &Memory, binding: Option<Binding>, asked_at: u64, answered_at: u64) -> Arc<Entry> {
        memory.keep("a.example", binding, at(asked_at), at(answered_at), |_| {})
    }

    #[test]
    fn iso_14_a_lease_is_counted_from_before_the_question() {
        let memory = Memory::new(MapLimits::default());
        let entry = keep(&memory, binding(1, 1, false), 1_000, 1_390);
        assert!(entry.is_fresh(at(1_399)));
        assert!(!entry.is_fresh(at(1_400)), "however late the answer came");
    }

    #[test]
    fn iso_14_a_hold_is_counted_from_when_it_was_first_seen() {
        let memory = Memory::new(MapLimits::default());
        keep(&memory, binding(1, 1, false), 0, 10);
        let seen = keep(&memory, binding(2, 2, true), 100, 110);
        assert!(seen.is_held(at(110)) && seen.is_held(at(609)));
        let again = keep(&memory, binding(2, 2, true), 300, 310);
        assert!(again.is_held(at(609)) && !again.is_held(at(610)));
        // Another move before the first has ended begins anew.
        let other = keep(&memory, binding(3, 3, true), 500, 510);
        assert!(other.is_held(at(1_009)) && !other.is_held(at(1_010)));
        let settled = keep(&memory, binding(3, 4, false), 900, 905);
        assert!(!settled.is_held(at(905)), "the mover has waited");
    }

    #[test]
    fn iso_13_hosts_that_are_nobodys_are_bounded_and_drive_out_no_other() {
        let memory = Memory::new(MapLimits {
            entries: 5,
            unknown_entries: 20,
            hard_expiry: 600,
        });
        keep(&memory, binding(1, 1, false), 0, 0);
        for number in 0..5_000 {
            memory.keep(&format!("x{number}.example"), None, at(0), at(0), |_| {});
        }
        let (known, unknown) = memory.counts();
        assert!(known == 1 && unknown <= 20, "{known} {unknown}");
        assert!(memory.get("a.example").unwrap().binding.is_some());
    }

    #[test]
    fn what_cannot_be_asked_anew_is_shown_until_it_expires() {
        let memory = Memory::new(MapLimits {
            hard_expiry: 3,
            ..MapLimits::default()
        });
        keep(&memory, binding(1, 1, false), 1_000, 1_000);
        assert!(memory.last_known("a.example", at(3_999)).is_some());
        assert!(memory.last_known("a.example", at(4_000)).is_none());
        keep(&memory, None, 4_000, 4_000);
        assert!(
            memory.last_known("a.example", at(4_000)).is_none(),
            "nobody's is never shown from memory"
        );
    }
}
