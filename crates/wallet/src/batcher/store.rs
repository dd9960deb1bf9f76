//! One batch: load, fold, write; and finding out what became of a write whose end was not seen.

use super::{
    database::{Batch, Database, Scoped},
    job::unknown_player,
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

/// The database as writers see it.
#[derive(Debug)]
pub(super) struct Store<D> {
    database: D,
}

/// Outcomes, and what makes them true; none when there is nothing to write.
pub(super) struct Decided<B> {
    pub(super) outcomes: Vec<Outcome>,
    pub(super) to_write: Option<ToWrite<B>>,
}

/// What was decided and is not written yet.
pub(super) struct ToWrite<B> {
    batch: B,
    loaded: Loaded,
    writes: Writes,
}

impl<B: Batch> ToWrite<B> {
    /// Writes it and makes it durable. Gives the round trips that the batch took.
    pub(super) async fn write(self, scopes: &[&B::Scope], orders: &[Order]) -> Result<u32, Failed> {
        let scoped: Vec<_> = scopes.iter().copied().zip(orders).collect();
        self.batch.write(&scoped, &self.loaded, &self.writes).await
    }
}

impl<D: Database> Store<D> {
    pub(super) fn new(database: D) -> Self {
        Self { database }
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
        let mut batch = self.database.open(scopes).await?;
        let decided = Self::decide_from(&mut batch, &scoped, orders).await;
        match decided {
            Ok((outcomes, _, writes)) if writes.is_empty() => {
                end(batch).await;
                Ok(Decided {
                    outcomes,
                    to_write: None,
                })
            }
            Ok((outcomes, loaded, writes)) => Ok(Decided {
                outcomes,
                to_write: Some(ToWrite {
                    batch,
                    loaded,
                    writes,
                }),
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

    async fn decide_from(
        batch: &mut D::Batch,
        scoped: &Scoped<'_, D::Scope>,
        orders: &[Order],
    ) -> Result<(Vec<Outcome>, Loaded, Writes), RepoError> {
        let mut loaded = batch.load(scoped).await?;
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
        Ok((outcomes, loaded, writes))
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
        let mut batch = self.database.open(scopes).await?;
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

/// Gives the connection back. Where that fails it is closed.
async fn end(batch: impl Batch) {
    if let Err(fault) = batch.end().await {
        tracing::debug!(%fault, "a batch without effect was ended by closing its connection");
    }
}
