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
//! * A batch that fails for a lasting reason is halved until the command that spoils it is alone.

mod job;
mod places;
mod store;
mod writer;

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    sync::atomic::{AtomicBool, Ordering},
};

use croupier_brand::{BrandScope, tx::BatchConnection};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

pub(crate) use self::store::Store;
use self::{job::Job, places::Places, writer::Writer};
use crate::{
    engine::{books::Order, outcome::Outcome},
    limits::WalletLimits,
    service::WalletError,
};

/// The shards.
#[derive(Debug)]
pub(crate) struct Batcher {
    shards: Vec<Shard>,
    /// Which wallet goes to which shard; any spread will do, since a shard is memory of this process.
    spread: RandomState,
    limits: WalletLimits,
    closed: AtomicBool,
}

#[derive(Debug)]
struct Shard {
    places: Places,
    jobs: mpsc::UnboundedSender<Job>,
    /// The writer's connection.
    home: BatchConnection,
}

impl Batcher {
    /// Starts a writer for each shard. They end when this is dropped and their queues are empty.
    pub(crate) fn start(store: &Store, limits: WalletLimits) -> Self {
        let shard = |_| {
            let (jobs, queue) = mpsc::unbounded_channel();
            let home = BatchConnection::default();
            let store = Store {
                home: home.clone(),
                ..store.clone()
            };
            tokio::spawn(Writer::new(store, limits).run(queue));
            Shard {
                // The places bound the queue; the channel need not.
                places: Places::new(limits.queue, limits.queue_per_brand),
                jobs,
                home,
            }
        };
        Self {
            shards: (0..limits.shards.max(1)).map(shard).collect(),
            spread: RandomState::new(),
            limits,
            closed: AtomicBool::new(false),
        }
    }

    /// Decides one wallet's orders together. Once they are queued they are decided, whether or not
    /// anybody waits for it.
    pub(crate) async fn submit(
        &self,
        scope: &BrandScope,
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
            shard.home.release();
        }
    }
}

/// The writer is not there any more: the runtime is ending.
fn gone() -> WalletError {
    WalletError::Broken("the wallet's writer has ended".to_owned())
}
