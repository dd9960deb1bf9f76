//! Reads that wait for one another, of whatever brands, in one statement.
//!
//! What every request of a busy house asks first ("who is this account?") is a look-up of one row, and a trip for each
//! is most of what it costs. So a reader takes all that was asked while its last read was under way, and asks for all of
//! it at once. There is no timer: an idle house reads at once. Each read begins after all of its questions were asked,
//! so none is answered with what was so before.
//!
//! The statement is one on a set ([`brand_set_read!`](crate::brand_set_read)): each item has its brand, and no item sees
//! another brand's rows. A read that fails is tried again for each question by itself, so that what one brand asks, or has,
//! does not fail another's.

use std::{future::Future, panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt;
use tokio::{
    sync::{Mutex, mpsc, oneshot},
    time::{Instant, timeout_at},
};

use super::{
    line::{BatchConnection, BatchLine},
    pool::BrandPool,
};
use crate::scope::BrandScope;

/// The most questions of one statement.
const MOST: usize = 256;
/// Readers: one reads while the other's statement is made ready.
const READERS: usize = 2;

/// What is asked and answered, and the statement that does it.
pub trait SetRead: Send + Sync + 'static {
    /// What is asked.
    type Question: Clone + Send + Sync;
    /// What is answered.
    type Answer: Send;
    /// Why there is no answer.
    type Error: From<sqlx::Error> + Send;

    /// The answers, one for each question and in their order.
    ///
    /// # Errors
    /// When they cannot be read; then each question is asked again by itself.
    fn read(
        line: &mut BatchLine,
        asked: &[(BrandScope, Self::Question)],
    ) -> impl Future<Output = Result<Vec<Self::Answer>, Self::Error>> + Send;
}

/// A queue of questions and those who read. Cloning it shares them; they end with the last clone, and let go of their
/// connections.
pub struct Gather<R: SetRead>(mpsc::UnboundedSender<Job<R>>);

struct Job<R: SetRead> {
    asked: (BrandScope, R::Question),
    answer: oneshot::Sender<Result<R::Answer, R::Error>>,
}

type Queue<R> = Arc<Mutex<mpsc::UnboundedReceiver<Job<R>>>>;

impl<R: SetRead> Clone for Gather<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<R: SetRead> std::fmt::Debug for Gather<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gather")
    }
}

impl<R: SetRead> Gather<R> {
    /// Starts the readers on this runtime. Each keeps a connection of the pool's from its first read on. A question is
    /// answered, or given up, within twice the pool's `acquire_timeout` from when a reader takes it.
    #[must_use]
    pub fn start(pool: &BrandPool) -> Self {
        let (jobs, queue) = mpsc::unbounded_channel();
        let queue: Queue<R> = Arc::new(Mutex::new(queue));
        for _ in 0..READERS {
            tokio::spawn(run::<R>(pool.clone(), Arc::clone(&queue)));
        }
        Self(jobs)
    }

    /// Asks, and waits for the answer. How many may wait is the business of who lets requests in.
    ///
    /// # Errors
    /// The reader's; [`sqlx::Error::WorkerCrashed`] when there is none any more.
    pub async fn ask(&self, scope: &BrandScope, question: R::Question) -> Result<R::Answer, R::Error> {
        let (answer, answered) = oneshot::channel();
        let job = Job {
            asked: (scope.clone(), question),
            answer,
        };
        if self.0.send(job).is_err() {
            return Err(sqlx::Error::WorkerCrashed.into());
        }
        answered
            .await
            .unwrap_or_else(|_| Err(sqlx::Error::WorkerCrashed.into()))
    }
}

async fn run<R: SetRead>(pool: BrandPool, queue: Queue<R>) {
    let home = BatchConnection::default();
    loop {
        let mut jobs = Vec::new();
        if queue.lock().await.recv_many(&mut jobs, MOST).await == 0 {
            return;
        }
        // Who hung up is not asked for.
        jobs.retain(|job| !job.answer.is_closed());
        let asked: Vec<_> = jobs.iter().map(|job| job.asked.clone()).collect();
        let until = Instant::now() + 2 * pool.acquire_timeout();
        match timeout_at(until, read::<R>(&home, &pool, &asked)).await {
            Ok(Ok(answers)) if answers.len() == jobs.len() => {
                for (job, answer) in jobs.into_iter().zip(answers) {
                    let _ = job.answer.send(Ok(answer));
                }
            }
            // A connection that was lost long ago, or a question that cannot be answered.
            _ => {
                for job in jobs {
                    let alone = read::<R>(&home, &pool, std::slice::from_ref(&job.asked));
                    let answer = match timeout_at(until, alone).await {
                        Ok(Ok(answers)) => answers
                            .into_iter()
                            .next()
                            .ok_or_else(|| sqlx::Error::RowNotFound.into()),
                        Ok(Err(fault)) => Err(fault),
                        Err(_) => Err(sqlx::Error::PoolTimedOut.into()),
                    };
                    let _ = job.answer.send(answer);
                }
            }
        }
    }
}

async fn read<R: SetRead>(
    home: &BatchConnection,
    pool: &BrandPool,
    asked: &[(BrandScope, R::Question)],
) -> Result<Vec<R::Answer>, R::Error> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let scopes = asked.iter().map(|(scope, _)| scope);
    // No row is locked, but a table may be, by a migration.
    let mut line = BatchLine::open(home, pool, scopes, pool.acquire_timeout()).await?;
    // What a reading does with one row must not take the reader along.
    let reading = AssertUnwindSafe(R::read(&mut line, asked)).catch_unwind();
    let answers = reading
        .await
        .unwrap_or_else(|_| Err(sqlx::Error::WorkerCrashed.into()))?;
    line.finish().await?;
    Ok(answers)
}
