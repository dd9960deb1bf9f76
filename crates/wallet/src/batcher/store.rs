//! One batch, one transaction: load, fold, write, commit; and finding out what became of a commit.

use super::{
    database::{Database, Scoped, Transaction},
    job::unknown_player,
};
use crate::{
    engine::{books::Order, fingerprint::Fingerprint, fold, outcome::Outcome},
    repo::RepoError,
};

/// The database as writers see it.
#[derive(Debug)]
pub(super) struct Store<D> {
    database: D,
}

/// Outcomes, and the transaction that makes them true; none when there is nothing to write.
pub(super) struct Decided<T> {
    pub(super) tx: Option<T>,
    pub(super) outcomes: Vec<Outcome>,
}

impl<D: Database> Store<D> {
    pub(super) fn new(database: D) -> Self {
        Self { database }
    }

    pub(super) fn database(&self) -> &D {
        &self.database
    }

    /// Decides orders, each with its scope. Dropped half-way, or left with an error, the transaction is
    /// undone.
    pub(super) async fn decide(
        &self,
        scopes: &[&D::Scope],
        orders: &[Order],
    ) -> Result<Decided<D::Tx>, RepoError> {
        let scoped: Vec<_> = scopes.iter().copied().zip(orders).collect();
        let mut tx = self.database.open(scopes).await?;
        let decided = Self::decide_in(&mut tx, &scoped, orders).await;
        match decided {
            Ok((outcomes, true)) => Ok(Decided {
                tx: Some(tx),
                outcomes,
            }),
            Ok((outcomes, false)) => {
                end(tx).await;
                Ok(Decided { tx: None, outcomes })
            }
            Err(fault) => {
                // A refused statement leaves a connection that is good for another transaction.
                if !matches!(fault, RepoError::Passing(_)) {
                    end(tx).await;
                }
                Err(fault)
            }
        }
    }

    async fn decide_in(
        tx: &mut D::Tx,
        scoped: &Scoped<'_, D::Scope>,
        orders: &[Order],
    ) -> Result<(Vec<Outcome>, bool), RepoError> {
        let mut loaded = tx.load(scoped).await?;
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
        if writes.is_empty() {
            return Ok((outcomes, false));
        }
        tx.write(scoped, &loaded, &writes).await?;
        Ok((outcomes, true))
    }

    /// What became of orders whose commit was not answered. Waiting for the wallets' rows waits for a
    /// server process that may still be at it, so what is not there then will not come. Only
    /// a wallet's first writer has no row yet to be waited for: what it was at may still come, and a repeat finds it.
    pub(super) async fn look_up(
        &self,
        scopes: &[&D::Scope],
        orders: &[Order],
        expected: &[Outcome],
    ) -> Result<Vec<Outcome>, RepoError> {
        let scoped: Vec<_> = scopes.iter().copied().zip(orders).collect();
        let mut tx = self.database.open(scopes).await?;
        tx.wait_for_writers(&scoped).await?;
        let loaded = tx.load(&scoped).await?;
        end(tx).await;
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

/// Gives the connection back. Where that fails it is closed, which ends the transaction as well.
async fn end(tx: impl Transaction) {
    if let Err(fault) = tx.rollback().await {
        tracing::debug!(%fault, "a transaction without effect was ended by closing its connection");
    }
}
