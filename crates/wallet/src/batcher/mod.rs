//! Commands in, outcomes out; in between they share transactions.
//!
//! A wallet hashes to a shard, and a shard has one writer. While the writer's last batch commits, commands
//! queue; then it takes all of them, of whatever brands, up to a limit. There is no timer: an idle house
//! decides a command at once, a busy one many at a time, and the batch grows just as large as the load
//! makes it.
//!
//! * A queue is bounded, and a brand has a share of it: what finds no place is told so at once
//!   (`Retryable`), and one brand's flood leaves places for the others.
//! * A command that waited longer than its deadline is not begun.
//! * The same command twice at a time is decided once: a wallet's commands go through one queue in their
//!   order, so the second finds the first, in its own batch or before it.
//! * A writer remembers the wallets that it wrote; what it writes checks whether that was right.
//! * A batch that fails for a lasting reason is halved until the command that spoils it is alone.

mod database;
mod job;
mod memory;
mod places;
mod store;
mod writer;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod simulation;

use std::{
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

#[cfg(test)]
use simulation::time;
use tokio::sync::{mpsc, oneshot};
#[cfg(not(test))]
use tokio::time;

pub(crate) use self::database::Postgres;
use self::{
    database::{Database, Scope},
    job::Job,
    places::Places,
    store::Store,
    time::Instant,
    writer::Writer,
};
use crate::{
    engine::{books::Order, outcome::Outcome},
    limits::WalletLimits,
    service::WalletError,
};

/// The shards.
#[derive(Debug)]
pub(crate) struct Batcher<D: Database> {
    shards: Vec<Shard<D>>,
    /// Which wallet goes to which shard; any spread will do, since a shard is memory of this process.
    spread: BuildHasherDefault<DefaultHasher>,
    limits: WalletLimits,
    closed: AtomicBool,
}

#[derive(Debug)]
struct Shard<D: Database> {
    places: Places,
    jobs: mpsc::UnboundedSender<Job<D::Scope>>,
    writer: Arc<Writer<D>>,
}

impl<D: Database> Batcher<D> {
    /// Starts a writer for each shard. They end when this is dropped and their queues are empty.
    pub(crate) fn start(database: &D, limits: WalletLimits) -> Self {
        let shard = |_| {
            let (jobs, queue) = mpsc::unbounded_channel();
            let writer = Arc::new(Writer::new(
                Store::new(database.for_a_writer(), limits.remembered_by_a_writer()),
                limits,
            ));
            tokio::spawn(Arc::clone(&writer).run(queue));
            Shard {
                // The places bound the queue; the channel need not.
                places: Places::new(limits.queue, limits.queue_per_brand),
                jobs,
                writer,
            }
        };
        Self {
            shards: (0..limits.shards.max(1)).map(shard).collect(),
            spread: BuildHasherDefault::default(),
            limits,
            closed: AtomicBool::new(false),
        }
    }

    /// Decides one wallet's orders together. Once they are queued they are decided, whether or not
    /// anybody waits for it.
    pub(crate) async fn submit(
        &self,
        scope: &D::Scope,
        orders: Vec<Order>,
    ) -> Result<Vec<Outcome>, WalletError> {
        let (count, Some(first)) = (orders.len(), orders.first()) else {
            return Ok(Vec::new());
        };
        let shard = &self.shards[self.shard_of(first)];
        // The place first: who ends the wallet closes it and then waits for the places.
        let place = shard.places.take(scope.id(), count);
        let Some(place) = place.filter(|_| !self.closed.load(Ordering::SeqCst)) else {
            metrics::counter!("wallet_refused_total", "brand" => scope.code().to_string()).increment(1);
            return Ok(vec![Outcome::Retryable; count]);
        };
        let (answer, answered) = oneshot::channel();
        let job = Job {
            scope: scope.clone(),
            orders,
            deadline: Instant::now() + self.limits.deadline(),
            answer,
            _place: place,
        };
        if shard.jobs.send(job).is_err() {
            return Err(gone());
        }
        answered.await.unwrap_or_else(|_| Err(gone()))
    }

    fn shard_of(&self, order: &Order) -> usize {
        let spread = self.spread.hash_one(order.account());
        let shards = self.shards.len() as u64;
        usize::try_from(spread % shards).unwrap_or(0)
    }

    /// Takes nothing more, and returns when everything that was taken has its answer and the writers'
    /// connections are back in their pool.
    pub(crate) async fn drain(&self) {
        self.closed.store(true, Ordering::SeqCst);
        for shard in &self.shards {
            shard.places.emptied().await;
            shard.writer.release();
        }
    }
}

/// The writer is not there any more: the runtime is ending.
fn gone() -> WalletError {
    WalletError::Broken("the wallet's writer has ended".to_owned())
}
