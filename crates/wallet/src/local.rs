//! The wallet in this process: the engine between a load and a write of one transaction.

use std::{slice, sync::Arc};

use croupier_brand::{BrandPool, BrandRead, BrandScope, BrandTx, Clock, Currency, token::PlayerId};
use tokio::time::{Instant, timeout};

use crate::{
    engine::{
        books::Order,
        command::Command,
        fingerprint::Fingerprint,
        fold,
        ids::EntryId,
        outcome::{Balance, Outcome, Reason, Verdict},
    },
    limits::WalletLimits,
    page::{Cursor, Page, PageLimit},
    repo::{RepoError, load, read, topologies, write},
    service::{Holdings, Wallet, WalletError, WalletFuture},
    topology::{InvalidTopology, Topology},
    turns::Turns,
};

/// The wallet over a database. Cloning it shares it.
///
/// Each submit runs on its own task: a client that hangs up cannot stop one half-way.
#[derive(Clone, Debug)]
pub struct LocalWallet {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    pool: BrandPool,
    clock: Clock,
    limits: WalletLimits,
    topologies: topologies::Topologies,
    turns: Turns,
}

/// Why a brand's topology was not changed.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// It cannot come after the one the brand has.
    #[error(transparent)]
    Invalid(#[from] InvalidTopology),
    /// The store failed, or another version was added at the same time.
    #[error(transparent)]
    Wallet(#[from] WalletError),
}

impl LocalWallet {
    /// A wallet over the application's pool.
    #[must_use]
    pub fn new(pool: BrandPool, clock: Clock, limits: WalletLimits) -> Self {
        Self {
            inner: Arc::new(Inner {
                pool,
                clock,
                limits,
                topologies: topologies::Topologies::default(),
                turns: Turns::default(),
            }),
        }
    }

    /// Makes `topology` the brand's next version and gives its number. It holds from the next
    /// command on; what was bet before is given back to the buckets it came from.
    ///
    /// # Errors
    /// [`AdoptError`].
    pub async fn adopt_topology(&self, scope: &BrandScope, topology: &Topology) -> Result<i32, AdoptError> {
        let inner = &self.inner;
        let mut tx = BrandTx::open(&inner.pool, scope)
            .await
            .map_err(RepoError::from)
            .map_err(WalletError::from)?;
        let (version, former) = topologies::newest(&mut tx).await.map_err(WalletError::from)?;
        topology.follows(&former)?;
        topologies::add(&mut tx, version + 1, topology, inner.clock.now())
            .await
            .map_err(WalletError::from)?;
        tx.commit()
            .await
            .map_err(RepoError::from)
            .map_err(WalletError::from)?;
        Ok(version + 1)
    }
}

impl Wallet for LocalWallet {
    fn submit<'a>(&'a self, scope: &'a BrandScope, command: Command) -> WalletFuture<'a, Outcome> {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move {
            let task = scope.spawn(async move |scope| inner.submit(&scope, command).await);
            task.await
                .unwrap_or_else(|fault| Err(WalletError::Broken(format!("a submit did not end: {fault}"))))
        })
    }

    fn recall<'a>(
        &'a self,
        scope: &'a BrandScope,
        command: &'a Command,
    ) -> WalletFuture<'a, Option<Outcome>> {
        Box::pin(async move {
            let mut reads = self.inner.reads(scope).await?;
            let recorded = read::decision(&mut reads, &command.source, &command.transaction_id).await?;
            let outcome = match recorded {
                Some(recorded) => {
                    // The wallet that a brand's players have, whatever currency the command names.
                    let currency = scope.currency();
                    let holdings =
                        read::holdings(&mut reads, &self.inner.topologies, command.player, currency).await?;
                    Some(recorded.answer(Fingerprint::of(command), holdings.balance()))
                }
                None => None,
            };
            Ok(outcome)
        })
    }

    fn balance<'a>(
        &'a self,
        scope: &'a BrandScope,
        player: PlayerId,
        currency: Currency,
    ) -> WalletFuture<'a, Holdings> {
        Box::pin(async move {
            let mut reads = self.inner.reads(scope).await?;
            Ok(read::holdings(&mut reads, &self.inner.topologies, player, currency).await?)
        })
    }

    fn entries<'a>(
        &'a self,
        scope: &'a BrandScope,
        player: PlayerId,
        currency: Currency,
        after: Option<Cursor>,
        limit: PageLimit,
    ) -> WalletFuture<'a, Page> {
        Box::pin(async move {
            let mut reads = self.inner.reads(scope).await?;
            Ok(read::entries(&mut reads, player, currency, after, limit).await?)
        })
    }
}

/// A command decided in a transaction that is still open, or one that leaves nothing to commit.
enum Decided {
    ToCommit(BrandTx, Outcome),
    Nothing(Outcome),
}

impl Inner {
    async fn submit(&self, scope: &BrandScope, command: Command) -> Result<Outcome, WalletError> {
        let (kind, began) = (command.action.kind().as_str(), Instant::now());
        let order = Order {
            brand: scope.id(),
            entry: EntryId(self.clock.new_id()),
            at: self.clock.now(),
            command,
        };
        let answer = self.run(scope, &order).await;
        let outcome = answer.as_ref().map_or("error", Outcome::as_str);
        let brand = scope.code().to_string();
        metrics::counter!("wallet_commands_total", "brand" => brand.clone(), "kind" => kind, "outcome" => outcome)
            .increment(1);
        metrics::histogram!("wallet_submit_seconds", "brand" => brand, "kind" => kind)
            .record(began.elapsed());
        answer
    }

    async fn run(&self, scope: &BrandScope, order: &Order) -> Result<Outcome, WalletError> {
        // A brand's wallets are kept in one currency. Nothing is stored: every repeat meets this too.
        if order.command.currency != scope.currency() {
            return Ok(rejected(Reason::ForeignCurrency));
        }
        let _turn = match timeout(self.limits.deadline(), self.turns.take(order.account())).await {
            Ok(turn) => turn,
            Err(late) => return Ok(retryable(order, &late)),
        };
        for _ in 0..self.limits.attempts.max(1) {
            match timeout(self.limits.deadline(), self.decide(scope, order)).await {
                Ok(Ok(Decided::Nothing(outcome))) => return Ok(outcome),
                Ok(Ok(Decided::ToCommit(tx, outcome))) => {
                    return Ok(self.commit(scope, order, tx, outcome).await);
                }
                Ok(Err(RepoError::DecidedMeanwhile)) => {}
                Ok(Err(RepoError::UnknownPlayer)) => return Ok(rejected(Reason::UnknownPlayer)),
                Ok(Err(RepoError::Passing(fault))) => return Ok(retryable(order, &fault)),
                Ok(Err(lasting)) => return Err(lasting.into()),
                Err(late) => return Ok(retryable(order, &late)),
            }
        }
        Ok(retryable(order, &RepoError::DecidedMeanwhile))
    }

    async fn reads(&self, scope: &BrandScope) -> Result<BrandRead, RepoError> {
        Ok(BrandRead::open(&self.pool, scope).await?)
    }

    async fn open(&self, scope: &BrandScope) -> Result<BrandTx, RepoError> {
        Ok(BrandTx::open_with_lock_timeout(&self.pool, scope, self.limits.lock_timeout()).await?)
    }

    /// Dropped half-way, or left with an error, the transaction is undone with its connection.
    async fn decide(&self, scope: &BrandScope, order: &Order) -> Result<Decided, RepoError> {
        let mut tx = self.open(scope).await?;
        match self.decide_in(&mut tx, order).await {
            Ok((outcome, true)) => Ok(Decided::ToCommit(tx, outcome)),
            Ok((outcome, false)) => {
                end(tx).await;
                Ok(Decided::Nothing(outcome))
            }
            Err(fault) => {
                // A refused statement leaves a connection that is good for another transaction.
                if matches!(fault, RepoError::DecidedMeanwhile | RepoError::UnknownPlayer) {
                    end(tx).await;
                }
                Err(fault)
            }
        }
    }

    async fn decide_in(&self, tx: &mut BrandTx, order: &Order) -> Result<(Outcome, bool), RepoError> {
        let mut books = load::load(tx, &self.topologies, order).await?;
        let (outcomes, writes) = fold(&mut books, slice::from_ref(order));
        write::write(tx, &writes).await?;
        let outcome = outcomes
            .into_iter()
            .next()
            .ok_or(RepoError::Inconsistent("a command without an outcome"))?;
        Ok((outcome, !writes.is_empty()))
    }

    /// Commits. When that fails the outcome is not known, whatever the failure says, so it is looked
    /// up; a command is never run again on a guess.
    async fn commit(&self, scope: &BrandScope, order: &Order, tx: BrandTx, outcome: Outcome) -> Outcome {
        let fault: Box<dyn std::error::Error + Send + Sync> =
            match timeout(self.limits.commit_timeout(), tx.commit()).await {
                Ok(Ok(())) => return outcome,
                Ok(Err(fault)) => fault.into(),
                Err(late) => late.into(),
            };
        tracing::warn!(%fault, transaction_id = %order.command.transaction_id, "a commit was not answered; looking it up");
        match timeout(self.limits.deadline(), self.look_up(scope, order, outcome)).await {
            Ok(Ok(known)) => known,
            Ok(Err(fault)) => retryable(order, &fault),
            Err(late) => retryable(order, &late),
        }
    }

    /// What became of a command whose commit was not answered. The lock waits for a server process
    /// that may still be at it, so what is not there now will not come.
    async fn look_up(
        &self,
        scope: &BrandScope,
        order: &Order,
        expected: Outcome,
    ) -> Result<Outcome, RepoError> {
        let mut tx = self.open(scope).await?;
        let books = load::load(&mut tx, &self.topologies, order).await?;
        end(tx).await;
        let balance = books
            .accounts
            .get(&order.account())
            .map(|account| account.balance())
            .unwrap_or_default();
        Ok(match books.recorded.get(&order.key()) {
            Some(found) => match found.answer(Fingerprint::of(&order.command), balance) {
                Outcome::Replayed { verdict, .. } if Outcome::Decided(verdict) == expected => expected,
                // Somebody else's command of this id was faster.
                other => other,
            },
            None => Outcome::Retryable,
        })
    }
}

/// Gives the connection back. Where that fails it is closed, which ends the transaction as well.
async fn end(tx: BrandTx) {
    if let Err(fault) = tx.rollback().await {
        tracing::debug!(%fault, "a transaction without effect was ended by closing its connection");
    }
}

fn rejected(reason: Reason) -> Outcome {
    Outcome::Decided(Verdict::Rejected {
        reason,
        balance: Balance::default(),
    })
}

fn retryable(order: &Order, fault: &dyn std::fmt::Display) -> Outcome {
    tracing::warn!(%fault, transaction_id = %order.command.transaction_id, "a command could not be decided now");
    Outcome::Retryable
}
