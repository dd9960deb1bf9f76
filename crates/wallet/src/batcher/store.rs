//! One batch, one transaction: load, fold, write, commit; and finding out what became of a commit.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use croupier_brand::{BatchTx, BrandId, BrandPool, BrandScope, BrandTx, tx::BatchConnection};

use super::job::unknown_player;
use crate::{
    engine::{
        books::{AccountKey, Order},
        fingerprint::Fingerprint,
        fold,
        outcome::Outcome,
    },
    limits::WalletLimits,
    repo::{RepoError, load, locks, topologies::Topologies, write},
};

/// The database as writers see it.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    /// The writer's own connection.
    pub(crate) home: BatchConnection,
    pub(crate) pool: BrandPool,
    pub(crate) limits: WalletLimits,
    pub(crate) topologies: Arc<Topologies>,
}

/// Outcomes, and the transaction that makes them true; none when there is nothing to write.
pub(super) struct Decided {
    pub(super) tx: Option<BatchTx>,
    pub(super) outcomes: Vec<Outcome>,
}

impl Store {
    /// Decides orders, each with its scope. Dropped half-way, or left with an error, the transaction is
    /// undone.
    pub(super) async fn decide(
        &self,
        scopes: &[&BrandScope],
        orders: &[Order],
    ) -> Result<Decided, RepoError> {
        let scoped: Vec<_> = scopes.iter().copied().zip(orders).collect();
        let mut tx = self.open(scopes).await?;
        let decided = self.decide_in(&mut tx, &scoped, orders).await;
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
        &self,
        tx: &mut BatchTx,
        scoped: &load::Scoped<'_>,
        orders: &[Order],
    ) -> Result<(Vec<Outcome>, bool), RepoError> {
        let mut loaded = load::load(tx, &self.topologies, scoped).await?;
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
        write::write(tx, scoped, &loaded, &writes).await?;
        Ok((outcomes, true))
    }

    /// What became of orders whose commit was not answered. Waiting for the wallets' rows waits for a
    /// server process that may still be at it, so what is not there then will not come.
    pub(super) async fn look_up(
        &self,
        scopes: &[&BrandScope],
        orders: &[Order],
        expected: &[Outcome],
    ) -> Result<Vec<Outcome>, RepoError> {
        let scoped: Vec<_> = scopes.iter().copied().zip(orders).collect();
        let mut tx = self.open(scopes).await?;
        locks::wait_for_writers(&mut tx, &scoped).await?;
        let loaded = load::load(&mut tx, &self.topologies, &scoped).await?;
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

    /// Whose rows among the orders' wallets are held by somebody at this moment.
    pub(super) async fn held(
        &self,
        scopes: &[&BrandScope],
        orders: &[Order],
    ) -> Result<HashSet<AccountKey>, RepoError> {
        let mut by_brand: HashMap<BrandId, (&BrandScope, HashSet<AccountKey>)> = HashMap::new();
        for (scope, order) in scopes.iter().zip(orders) {
            let (_, accounts) = by_brand
                .entry(scope.id())
                .or_insert_with(|| (*scope, HashSet::new()));
            accounts.insert(order.account());
        }
        let mut held = HashSet::new();
        for (scope, accounts) in by_brand.into_values() {
            let mut tx = BrandTx::open(&self.pool, scope).await?;
            held.extend(locks::held(&mut tx, &accounts).await?);
            tx.rollback().await?;
        }
        Ok(held)
    }

    async fn open(&self, scopes: &[&BrandScope]) -> Result<BatchTx, RepoError> {
        let scopes = scopes.iter().copied();
        Ok(BatchTx::open_on(&self.home, &self.pool, scopes, self.limits.lock_timeout()).await?)
    }
}

/// Gives the connection back. Where that fails it is closed, which ends the transaction as well.
async fn end(tx: BatchTx) {
    if let Err(fault) = tx.rollback().await {
        tracing::debug!(%fault, "a transaction without effect was ended by closing its connection");
    }
}
