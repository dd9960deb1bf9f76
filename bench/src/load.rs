//! Work at a fixed number in flight, or at a fixed pace, counted and timed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde::Serialize;
use tokio::task::JoinSet;

use crate::latency::{Latencies, Waits};

/// What was counted in a stretch of time.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Cell {
    /// How many in flight.
    pub(crate) in_flight: usize,
    /// How many a second.
    pub(crate) tps: u64,
    /// How long they took.
    #[serde(flatten)]
    pub(crate) waits: Waits,
    /// How many were not done.
    pub(crate) refused: u64,
}

/// Seats that work, each its next as soon as its last is done, until they are told to stop.
#[derive(Debug)]
pub(crate) struct Running {
    in_flight: usize,
    counts: Arc<Counts>,
    seats: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Counts {
    latencies: Latencies,
    refused: AtomicU64,
    counting: AtomicBool,
    done: AtomicBool,
}

impl Counts {
    fn count(&self, done: bool, since: Instant) {
        if !self.counting.load(Ordering::Relaxed) {
            return;
        }
        if done {
            self.latencies.record(since.elapsed());
        } else {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn measure(&self, in_flight: usize, time: Duration) -> Cell {
        self.latencies.take();
        self.refused.store(0, Ordering::Relaxed);
        let started = Instant::now();
        self.counting.store(true, Ordering::Relaxed);
        tokio::time::sleep(time).await;
        self.counting.store(false, Ordering::Relaxed);
        let took = started.elapsed();
        let waits = self.latencies.take();
        let tps = u128::from(waits.count) * 1_000_000 / took.as_micros().max(1);
        Cell {
            in_flight,
            tps: u64::try_from(tps).unwrap(),
            waits,
            refused: self.refused.load(Ordering::Relaxed),
        }
    }
}

impl Running {
    /// Starts `in_flight` seats. `work` is given its seat and its turn, and says whether it was done.
    pub(crate) fn start<W, F>(in_flight: usize, work: W) -> Self
    where
        W: Fn(usize, usize) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = bool> + Send,
    {
        let counts = Arc::new(Counts::default());
        let mut seats = JoinSet::new();
        for seat in 0..in_flight {
            let (work, counts) = (work.clone(), Arc::clone(&counts));
            seats.spawn(async move {
                let mut turn = 0_usize;
                while !counts.done.load(Ordering::Relaxed) {
                    let asked = Instant::now();
                    let done = work(seat, turn).await;
                    counts.count(done, asked);
                    if !done {
                        tokio::task::yield_now().await;
                    }
                    turn = turn.wrapping_add(1);
                }
            });
        }
        Self {
            in_flight,
            counts,
            seats,
        }
    }

    /// Counts for `time`.
    pub(crate) async fn measure(&self, time: Duration) -> Cell {
        self.counts.measure(self.in_flight, time).await
    }

    /// Ends when every seat's last is answered.
    pub(crate) async fn stop(mut self) {
        self.counts.done.store(true, Ordering::Relaxed);
        while let Some(seat) = self.seats.join_next().await {
            seat.unwrap();
        }
    }
}

/// Runs `work` in `in_flight` seats for `time`, after a warm-up of a quarter of it.
pub(crate) async fn drive<W, F>(in_flight: usize, time: Duration, work: W) -> Cell
where
    W: Fn(usize, usize) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = bool> + Send,
{
    let running = Running::start(in_flight, work);
    tokio::time::sleep(time / 4).await;
    let cell = running.measure(time).await;
    running.stop().await;
    cell
}

/// Begins `a_second` of `work` every second for `time`, after a warm-up of a quarter of it, whether or not
/// those before are done. A wait begins when the work was due, so one that holds up the others counts for all
/// of them.
pub(crate) async fn pace<W, F>(a_second: u64, time: Duration, work: W) -> Cell
where
    W: Fn(usize, usize) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = bool> + Send,
{
    let counts = Arc::new(Counts::default());
    let pacer = {
        let counts = Arc::clone(&counts);
        tokio::spawn(async move {
            let (started, mut begun) = (Instant::now(), 0_u64);
            let mut beat = tokio::time::interval(Duration::from_millis(1));
            let mut under_way = JoinSet::new();
            while !counts.done.load(Ordering::Relaxed) {
                beat.tick().await;
                let due = u128::from(a_second) * started.elapsed().as_micros() / 1_000_000;
                while u128::from(begun) < due {
                    let at = started + Duration::from_micros(begun * 1_000_000 / a_second.max(1));
                    let (work, counts, turn) =
                        (work.clone(), Arc::clone(&counts), usize::try_from(begun).unwrap());
                    under_way.spawn(async move { counts.count(work(0, turn).await, at) });
                    begun += 1;
                }
                while under_way.try_join_next().is_some() {}
            }
            while under_way.join_next().await.is_some() {}
        })
    };
    tokio::time::sleep(time / 4).await;
    let cell = counts.measure(0, time).await;
    counts.done.store(true, Ordering::Relaxed);
    pacer.await.unwrap();
    cell
}
