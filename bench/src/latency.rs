//! How long things took, in memory that does not grow with their number.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use serde::Serialize;

/// Steps in each doubling: a figure is at most 1/64 above the truth.
const STEPS: u64 = 64;
/// Doublings above the first 64 µs; the last ends after a day.
const DOUBLINGS: u64 = 31;

/// Waits, counted by length.
#[derive(Debug)]
pub(crate) struct Latencies(Vec<AtomicU64>);

/// The middle and the tail, in microseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Waits {
    /// How many there were.
    pub(crate) count: u64,
    /// Half of them were answered within this.
    pub(crate) p50_us: u64,
    /// 99 of 100.
    pub(crate) p99_us: u64,
    /// 999 of 1000.
    pub(crate) p999_us: u64,
    /// All of them.
    pub(crate) max_us: u64,
}

impl Default for Latencies {
    fn default() -> Self {
        Self((0..STEPS * (DOUBLINGS + 1)).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Latencies {
    /// Counts one.
    pub(crate) fn record(&self, wait: Duration) {
        let micros = u64::try_from(wait.as_micros()).unwrap_or(u64::MAX);
        let at = usize::try_from(step_of(micros)).unwrap();
        self.0[at.min(self.0.len() - 1)].fetch_add(1, Ordering::Relaxed);
    }

    /// What was counted since the last time.
    pub(crate) fn take(&self) -> Waits {
        let counts: Vec<u64> = self
            .0
            .iter()
            .map(|count| count.swap(0, Ordering::Relaxed))
            .collect();
        let count = counts.iter().sum::<u64>();
        let within = |per_mille: u64| {
            let wanted = (count * per_mille).div_ceil(1000).max(1);
            let mut seen = 0;
            let step = counts.iter().position(|count| {
                seen += count;
                seen >= wanted
            });
            step.map_or(0, |step| top_of(step as u64))
        };
        Waits {
            count,
            p50_us: within(500),
            p99_us: within(990),
            p999_us: within(999),
            max_us: within(1000),
        }
    }
}

fn step_of(micros: u64) -> u64 {
    match micros.checked_ilog2() {
        Some(power) if power >= 6 => {
            let doubling = u64::from(power) - 6;
            STEPS + doubling * STEPS + ((micros >> doubling) - STEPS)
        }
        _ => micros,
    }
}

/// The longest wait of a step.
fn top_of(step: u64) -> u64 {
    match step.checked_sub(STEPS) {
        None => step,
        Some(above) => ((STEPS + above % STEPS + 1) << (above / STEPS)) - 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_holds_what_it_says() {
        for micros in (0..100_000).chain([1_000_000, 59_999_999, 3_600_000_000]) {
            let top = top_of(step_of(micros));
            assert!(
                micros <= top && top - micros <= micros / 64,
                "{micros} is in {top}"
            );
        }
        let latencies = Latencies::default();
        (1..=1000).for_each(|micros| latencies.record(Duration::from_micros(micros)));
        let waits = latencies.take();
        assert_eq!((waits.count, waits.p50_us, waits.max_us), (1000, 503, 1007));
        assert_eq!(latencies.take().count, 0);
    }
}
