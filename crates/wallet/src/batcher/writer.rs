//! A shard's writer: takes what has queued, decides it, answers, and takes what queued meanwhile.

use std::{collections::HashSet, panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt;
use tokio::sync::mpsc;

use super::{
    database::{Database, Scope},
    job::Job,
    store::{Decided, Store},
    time::{Instant, timeout, timeout_at},
};
use crate::{
    engine::{
        books::{AccountKey, Order},
        outcome::Outcome,
    },
    limits::WalletLimits,
    repo::{RepoError, write::Failed as NotWritten},
};

#[derive(Debug)]
pub(super) struct Writer<D> {
    store: Store<D>,
    limits: WalletLimits,
}

/// Why a batch has no outcomes.
enum Failed {
    /// It passes: nothing took effect, and the senders may try again.
    Passing(RepoError),
    /// Somebody holds these wallets' rows. The others' commands can do without them.
    Locked(HashSet<AccountKey>),
    /// It will not pass: some command of the batch spoils it.
    Lasting(RepoError),
}

impl<D: Database> Writer<D> {
    pub(super) fn new(store: Store<D>, limits: WalletLimits) -> Self {
        Self { store, limits }
    }

    pub(super) async fn run(self: Arc<Self>, mut queue: mpsc::UnboundedReceiver<Job<D::Scope>>) {
        let most = usize::try_from(self.limits.batch).unwrap_or(usize::MAX).max(1);
        let mut jobs = Vec::with_capacity(most);
        while queue.recv_many(&mut jobs, most).await > 0 {
            // Whoever was answered by the last batch is about to send its next, and the first of them woke this
            // writer: the others' come first, or every other batch would be one command.
            tokio::task::yield_now().await;
            while jobs.len() < most
                && let Ok(job) = queue.try_recv()
            {
                jobs.push(job);
            }
            self.batch(std::mem::take(&mut jobs)).await;
        }
    }

    /// Lets go of what is kept between batches.
    pub(super) fn release(&self) {
        self.store.database().release();
    }

    async fn batch(&self, jobs: Vec<Job<D::Scope>>) {
        let now = Instant::now();
        let (jobs, late): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| now < job.deadline);
        for job in late {
            tracing::warn!(brand = %job.scope.code(), "a command waited too long to be begun");
            job.retryable();
        }
        // First in, first decided: the batch that is next is the last of these.
        let mut batches = vec![jobs];
        while let Some(jobs) = batches.pop() {
            if jobs.is_empty() {
                continue;
            }
            match self.decide(&jobs).await {
                Ok(outcomes) => answer(jobs, outcomes),
                Err(Failed::Passing(fault)) => {
                    tracing::warn!(%fault, commands = jobs.len(), "commands could not be decided now");
                    jobs.into_iter().for_each(Job::retryable);
                }
                Err(Failed::Locked(wallets)) => {
                    let (stuck, free): (Vec<_>, Vec<_>) =
                        jobs.into_iter().partition(|job| touches(job, &wallets));
                    tracing::warn!(wallets = wallets.len(), "wallets' rows are held by somebody else");
                    stuck.into_iter().for_each(Job::retryable);
                    batches.push(free);
                }
                Err(Failed::Lasting(fault)) => halve(jobs, fault, &mut batches),
            }
        }
    }

    /// The outcomes of all of a batch's orders, durable.
    async fn decide(&self, jobs: &[Job<D::Scope>]) -> Result<Vec<Outcome>, Failed> {
        let (mut scopes, mut orders): (Vec<&D::Scope>, Vec<Order>) = (Vec::new(), Vec::new());
        for job in jobs {
            scopes.extend(job.orders.iter().map(|_| &job.scope));
            orders.extend(job.orders.iter().cloned());
        }
        metrics::counter!("wallet_batches_total").increment(1);
        let until = Instant::now() + self.limits.deadline();
        let mut attempts = 0;
        while attempts < self.limits.attempts.max(1) {
            attempts += 1;
            // A fault of the engine must not take the other commands, or the writer, with it.
            let decided = AssertUnwindSafe(self.store.decide(&scopes, &orders)).catch_unwind();
            let fault = match timeout_at(until, decided).await {
                Ok(Ok(Ok(decided))) => {
                    // One that was remembered wrongly is one more: the next is read.
                    attempts -= u8::from(decided.is_from_memory());
                    match self.write(&scopes, &orders, decided).await {
                        Ok(outcomes) => return Ok(outcomes),
                        Err(fault) => fault,
                    }
                }
                Ok(Ok(Err(fault))) => fault,
                Ok(Err(_)) => RepoError::Inconsistent("the engine panicked"),
                Err(_) => {
                    self.store.forget_all();
                    return Err(Failed::Passing(RepoError::Late));
                }
            };
            if matches!(fault, RepoError::Passing(_)) {
                self.store.forget_all();
            }
            match fault {
                RepoError::Overtaken => {}
                // Nothing was written: a connection that was lost may have been lost long ago.
                RepoError::Passing(fault) if until > Instant::now() && is_lost(&fault) => {}
                RepoError::Passing(_) => return Err(Failed::Passing(fault)),
                RepoError::Locked => return Err(self.who_is_locked(&scopes, &orders).await),
                lasting => return Err(Failed::Lasting(lasting)),
            }
        }
        Err(Failed::Passing(RepoError::Overtaken))
    }

    async fn who_is_locked(&self, scopes: &[&D::Scope], orders: &[Order]) -> Failed {
        match timeout(self.limits.deadline(), self.store.database().held(scopes, orders)).await {
            // Whoever it was has gone, or it was no wallet's row: nothing to tell them apart by.
            Ok(Ok(wallets)) if wallets.is_empty() => Failed::Passing(RepoError::Locked),
            Ok(Ok(wallets)) => Failed::Locked(wallets),
            Ok(Err(fault)) => Failed::Passing(fault),
            Err(_) => Failed::Passing(RepoError::Late),
        }
    }

    /// Writes what was decided; after an error nothing of it is. When it is not seen to end the outcomes are not known,
    /// whatever the failure says, so they are looked up; a command is never run again on a guess.
    async fn write(
        &self,
        scopes: &[&D::Scope],
        orders: &[Order],
        decided: Decided<D::Batch>,
    ) -> Result<Vec<Outcome>, RepoError> {
        let Decided {
            to_write: Some(to_write),
            outcomes,
        } = decided
        else {
            return Ok(decided.outcomes);
        };
        // A fault must not take the writer with it here either; what became of the write is then looked up.
        let written = AssertUnwindSafe(self.store.write(scopes, orders, to_write)).catch_unwind();
        let fault: Box<dyn std::error::Error + Send + Sync> =
            match timeout(self.limits.commit_timeout(), written).await {
                Ok(Ok(Ok(trips))) => {
                    metrics::counter!("wallet_store_round_trips_total").increment(trips.into());
                    return Ok(outcomes);
                }
                Ok(Ok(Err(NotWritten::Undone(fault)))) => return Err(fault),
                Ok(Ok(Err(NotWritten::Unknown(fault)))) => fault.into(),
                Ok(Err(_)) => "the store panicked".into(),
                Err(late) => late.into(),
            };
        self.store.forget_all();
        tracing::warn!(%fault, commands = orders.len(), "a commit was not answered; looking it up");
        Ok(self.look_up(scopes, orders, &outcomes).await)
    }

    async fn look_up(&self, scopes: &[&D::Scope], orders: &[Order], expected: &[Outcome]) -> Vec<Outcome> {
        let known = self.store.look_up(scopes, orders, expected);
        match timeout(self.limits.commit_timeout(), known).await {
            Ok(Ok(known)) => known,
            Ok(Err(fault)) => {
                tracing::error!(%fault, "what became of a commit is not known; it is told when the commands are repeated");
                vec![Outcome::Retryable; orders.len()]
            }
            Err(_) => vec![Outcome::Retryable; orders.len()],
        }
    }
}

fn answer<S: Scope>(jobs: Vec<Job<S>>, outcomes: Vec<Outcome>) {
    let mut outcomes = outcomes.into_iter();
    for job in jobs {
        let own = outcomes.by_ref().take(job.orders.len()).collect();
        job.answer(own);
    }
}

/// In two halves, the first to be decided first; one that is alone is told.
fn halve<S: Scope>(mut jobs: Vec<Job<S>>, fault: RepoError, batches: &mut Vec<Vec<Job<S>>>) {
    if jobs.len() > 1 {
        let second = jobs.split_off(jobs.len() / 2);
        batches.push(second);
        batches.push(jobs);
        return;
    }
    for job in jobs {
        if matches!(fault, RepoError::UnknownPlayer) {
            job.unknown_player();
            continue;
        }
        tracing::error!(%fault, brand = %job.scope.code(), "a command cannot be decided");
        metrics::counter!("wallet_poisoned_total", "brand" => job.scope.code().to_string()).increment(1);
        let text = fault.to_string();
        job.fail(crate::service::WalletError::Broken(text));
    }
}

fn touches<S>(job: &Job<S>, wallets: &HashSet<AccountKey>) -> bool {
    job.orders.iter().any(|order| wallets.contains(&order.account()))
}

/// Whether it was the connection that failed, not what was asked of it.
fn is_lost(fault: &sqlx::Error) -> bool {
    match fault {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => true,
        // admin_shutdown, crash_shutdown: the server process was told to end.
        sqlx::Error::Database(database) => matches!(database.code().as_deref(), Some("57P01" | "57P02")),
        _ => false,
    }
}
