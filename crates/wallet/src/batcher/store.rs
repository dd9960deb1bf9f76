//! One batch: recall or load, fold, write; and finding out what became of a write whose end was not seen.

use std::sync::{Mutex, PoisonError};

use super::{
    database::{Batch, Database, Scoped},
    job::unknown_player,
    memory::{Kept, Memory, Recalled},
};
use crate::{
    engine::{
        books::{Order, Writes},
        fingerprint::Fingerprint,
        fold,
        outcome::Outcome,
    },
    repo::{RepoError, load::Loaded, write::Failed},
};

/// The database as a writer sees it, and what the writer remembers of it.
#[derive(Debug)]
pub(super) struct Store<D> {
    database: D,
    memory: Mutex<Option<Memory>>,
}

/// Outcomes, and what makes them true; none when there is nothing to write.
pub(super) struct Decided<B> {
    pub(super) outcomes: Vec<Outcome>,
    pub(super) to_write: Option<ToWrite<B>>,
}

impl<B> Decided<B> {
    /// Whether some of it was not read, so that its write may find that it was remembered wrongly.
    pub(super) fn is_from_memory(&self) -> bool {
        self.to_write
            .as_ref()
            .is_some_and(|to_write| !to_write.folded.kept.is_empty())
    }
}

/// What was decided and is not written yet.
pub(super) struct ToWrite<B> {
    batch: B,
    folded: Folded,
}

/// What a fold was made of and left to be written.
struct Folded {
    loaded: Loaded,
    writes: Writes,
    /// The wallets that were not read.
    kept: Kept,
}

impl<D: Database> Store<D> {
    /// One that remembers so many wallets.
    pub(super) fn new(database: D, remembered: usize) -> Self {
        Self {
            database,
            memory: Mutex::new(Memory::of(remembered)),
        }
    }

    pub(super) fn database(&self) -> &D {
        &self.database
    }

    /// Decides orders, each with its scope. Nothing is written yet.
    pub(super) async fn decide(
        &self,
        scopes: &[&D::Scope],
        orders: &[Order],
    ) -> Result<Decided<D::Batch>, RepoError> {
        let scoped: Vec<_> = scopes.iter().copied().zip(orders).collect();
        let recalled = self
            .with_memory(|memory| memory.recall(orders))
            .unwrap_or_default();
        let mut batch = self.database.open(&scoped).await?;
        match decide_with(&mut batch, &scoped, orders, recalled).await {
            Ok((outcomes, folded)) if folded.writes.is_empty() => {
                end(batch).await;
                Ok(Decided {
                    outcomes,
                    to_write: None,
                })
            }
            Ok((outcomes, folded)) => Ok(Decided {
                outcomes,
                to_write: Some(ToWrite { batch, folded }),
            }),
            Err(fault) => {
                // A refused statement leaves a connection that is good for another.
                if !matches!(fault, RepoError::Passing(_)) {
                    end(batch).await;
                }
                Err(fault)
            }
        }
    }

    /// Writes what was decided and makes it durable. Gives the round trips that the batch took.
    pub(super) async fn write(
        &self,
        scopes: &[&D::Scope],
        orders: &[Order],
        to_write: ToWrite<D::Batch>,
    ) -> Result<u32, Failed> {
        let scoped: Vec<_> = scopes.iter().copied().zip(orders).collect();
        let ToWrite { batch, folded } = to_write;
        let Folded { loaded, writes, kept } = folded;
        let from_memory = !kept.is_empty();
        let trips = batch.write(&scoped, &loaded, &writes).await;
        self.with_memory(|memory| match &trips {
            Ok(_) => {
                if from_memory {
                    memory.trust();
                }
                memory.learn(loaded, &writes, kept);
            }
            Err(Failed::Undone(RepoError::Overtaken)) if from_memory => memory.doubt(),
            Err(_) => {}
        });
        trips
    }

    /// The connection is gone, and with it the certainty that it is the same database still.
    pub(super) fn forget_all(&self) {
        self.with_memory(Memory::forget_all);
    }

    fn with_memory<T>(&self, what: impl FnOnce(&mut Memory) -> T) -> Option<T> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.as_mut().map(what)
    }

    /// What became of orders whose write was not answered. Waiting for the wallets' rows waits for a
    /// server process that may still be at it, so what is not there then will not come. Only
    /// a wallet's first writer has no row yet to be waited for: what it was at may still come, and a repeat finds it.
    pub(super) async fn look_up(
        &self,
        scopes: &[&D::Scope],
        orders: &[Order],
        expected: &[Outcome],
    ) -> Result<Vec<Outcome>, RepoError> {
        let scoped: Vec<_> = scopes.iter().copied().zip(orders).collect();
        self.database.wait_for_writers(&scoped).await?;
        let mut batch = self.database.open(&scoped).await?;
        let loaded = batch.load(&scoped).await?;
        end(batch).await;
        let books = &loaded.books;
        Ok(orders
            .iter()
            .zip(expected)
            .map(|(order, expected)| {
                let rules = books.topologies.get(&order.brand).cloned().unwrap_or_default();
                let account = books.accounts.get(&order.account());
                let balance = account
                    .map(|account| account.balance(&rules.topology))
                    .unwrap_or_default();
                match books.recorded.get(&order.key()) {
                    Some(found) => match found.answer(Fingerprint::of(&order.command), balance) {
                        Outcome::Replayed { verdict, .. } if Outcome::Decided(verdict) == *expected => {
                            *expected
                        }
                        // Decided before, or somebody else's command of this id was faster.
                        other => other,
                    },
                    None => Outcome::Retryable,
                }
            })
            .collect())
    }
}

/// Decides with what is remembered and, of the other wallets, read.
async fn decide_with<B: Batch>(
    batch: &mut B,
    scoped: &Scoped<'_, B::Scope>,
    orders: &[Order],
    recalled: Recalled,
) -> Result<(Vec<Outcome>, Folded), RepoError> {
    let unread: Vec<_> = scoped
        .iter()
        .filter(|(_, order)| !recalled.has(order.account()))
        .copied()
        .collect();
    let mut loaded = match unread.as_slice() {
        [] => Loaded::default(),
        unread => batch.load(unread).await?,
    };
    let remembered = orders.iter().filter(|order| recalled.has(order.account()));
    let remembered: Vec<_> = remembered.collect();
    let kept = recalled.complete(&mut loaded);
    let (outcomes, writes) = decide(&mut loaded, orders)?;
    // What leaves no decision for its own wallet is not checked where it is written.
    if !remembered.iter().all(|order| writes.has_decided(order)) {
        let mut loaded = batch.load(scoped).await?;
        let (outcomes, writes) = decide(&mut loaded, orders)?;
        let folded = Folded {
            loaded,
            writes,
            kept: Kept::default(),
        };
        return Ok((outcomes, folded));
    }
    let folded = Folded { loaded, writes, kept };
    Ok((outcomes, folded))
}

/// The engine's outcomes, and who no player is told so.
fn decide(loaded: &mut Loaded, orders: &[Order]) -> Result<(Vec<Outcome>, Writes), RepoError> {
    let (outcomes, writes) = if loaded.strangers.is_empty() {
        fold(&mut loaded.books, orders)
    } else {
        let known = |order: &&Order| !loaded.strangers.contains(&order.account());
        let ours: Vec<_> = orders.iter().filter(known).cloned().collect();
        let (outcomes, writes) = fold(&mut loaded.books, &ours);
        let mut outcomes = outcomes.into_iter();
        let all = orders.iter().map(|order| {
            if loaded.strangers.contains(&order.account()) {
                Some(unknown_player())
            } else {
                outcomes.next()
            }
        });
        let all: Option<Vec<_>> = all.collect();
        (all.unwrap_or_default(), writes)
    };
    if outcomes.len() != orders.len() {
        return Err(RepoError::Inconsistent("a command without an outcome"));
    }
    Ok((outcomes, writes))
}

/// Gives the connection back. Where that fails it is closed.
async fn end(batch: impl Batch) {
    if let Err(fault) = batch.end().await {
        tracing::debug!(%fault, "a batch without effect was ended by closing its connection");
    }
}
