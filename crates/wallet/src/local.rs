//! The wallet in this process: the engine between a load and a write of one transaction.

use std::sync::Arc;

use croupier_brand::{BrandPool, BrandRead, BrandScope, BrandTx, Clock, Currency, token::PlayerId};
use tokio::time::{Instant, timeout};

use crate::{
    engine::{
        books::{MAX_GROUP, Order},
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

    fn submit_group<'a>(
        &'a self,
        scope: &'a BrandScope,
        commands: Vec<Command>,
    ) -> WalletFuture<'a, Vec<Outcome>> {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move {
            let task = scope.spawn(async move |scope| inner.submit_group(&scope, commands).await);
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
    ToCommit(BrandTx, Vec<Outcome>),
    Nothing(Vec<Outcome>),
}

impl Inner {
    async fn submit(&self, scope: &BrandScope, command: Command) -> Result<Outcome, WalletError> {
        let outcomes = self
            .decide_all(scope, vec![self.order(scope, command, None)])
            .await?;
        let only = outcomes.into_iter().next();
        only.ok_or_else(|| WalletError::Broken("a command without an outcome".to_owned()))
    }

    async fn submit_group(
        &self,
        scope: &BrandScope,
        commands: Vec<Command>,
    ) -> Result<Vec<Outcome>, WalletError> {
        // Nothing is locked for what is no group.
        let wallet = |command: &Command| (command.player, command.currency);
        let one_wallet = commands.windows(2).all(|two| wallet(&two[0]) == wallet(&two[1]));
        if !(1..=MAX_GROUP).contains(&commands.len()) || !one_wallet {
            return Ok(vec![rejected(Reason::InvalidGroup); commands.len()]);
        }
        let group = EntryId(self.clock.new_id());
        let orders = commands
            .into_iter()
            .map(|command| self.order(scope, command, Some(group)))
            .collect();
        self.decide_all(scope, orders).await
    }

    fn order(&self, scope: &BrandScope, command: Command, group: Option<EntryId>) -> Order {
        Order {
            brand: scope.id(),
            entry: EntryId(self.clock.new_id()),
            at: self.clock.now(),
            command,
            group,
        }
    }

    /// Decides one order, or the orders of one group.
    async fn decide_all(&self, scope: &BrandScope, orders: Vec<Order>) -> Result<Vec<Outcome>, WalletError> {
        let began = Instant::now();
        let answer = self.run(scope, &orders).await;
        let brand = scope.code().to_string();
        for (at, order) in orders.iter().enumerate() {
            let kind = order.command.action.kind().as_str();
            let outcome = answer.as_ref().map_or("error", |outcomes| outcomes[at].as_str());
            metrics::counter!("wallet_commands_total", "brand" => brand.clone(), "kind" => kind, "outcome" => outcome)
                .increment(1);
            metrics::histogram!("wallet_submit_seconds", "brand" => brand.clone(), "kind" => kind)
                .record(began.elapsed());
        }
        answer
    }

    async fn run(&self, scope: &BrandScope, orders: &[Order]) -> Result<Vec<Outcome>, WalletError> {
        let alike = |outcome| Ok(vec![outcome; orders.len()]);
        let Some(first) = orders.first() else {
            return Ok(Vec::new());
        };
        // A brand's wallets are kept in one currency. Nothing is stored: every repeat meets this too.
        if first.command.currency != scope.currency() {
            return alike(rejected(Reason::ForeignCurrency));
        }
        let _turn = match timeout(self.limits.deadline(), self.turns.take(first.account())).await {
            Ok(turn) => turn,
            Err(late) => return alike(retryable(first, &late)),
        };
        for _ in 0..self.limits.attempts.max(1) {
            match timeout(self.limits.deadline(), self.decide(scope, orders)).await {
                Ok(Ok(Decided::Nothing(outcomes))) => return Ok(outcomes),
                Ok(Ok(Decided::ToCommit(tx, outcomes))) => {
                    return Ok(self.commit(scope, orders, tx, outcomes).await);
                }
                Ok(Err(RepoError::DecidedMeanwhile)) => {}
                Ok(Err(RepoError::UnknownPlayer)) => return alike(rejected(Reason::UnknownPlayer)),
                Ok(Err(RepoError::Passing(fault))) => return alike(retryable(first, &fault)),
                Ok(Err(lasting)) => return Err(lasting.into()),
                Err(late) => return alike(retryable(first, &late)),
            }
        }
        alike(retryable(first, &RepoError::DecidedMeanwhile))
    }

    async fn reads(&self, scope: &BrandScope) -> Result<BrandRead, RepoError> {
        Ok(BrandRead::open(&self.pool, scope).await?)
    }

    async fn open(&self, scope: &BrandScope) -> Result<BrandTx, RepoError> {
        Ok(BrandTx::open_with_lock_timeout(&self.pool, scope, self.limits.lock_timeout()).await?)
    }

    /// Dropped half-way, or left with an error, the transaction is undone with its connection.
    async fn decide(&self, scope: &BrandScope, orders: &[Order]) -> Result<Decided, RepoError> {
        let mut tx = self.open(scope).await?;
        match self.decide_in(&mut tx, orders).await {
            Ok((outcomes, true)) => Ok(Decided::ToCommit(tx, outcomes)),
            Ok((outcomes, false)) => {
                end(tx).await;
                Ok(Decided::Nothing(outcomes))
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

    async fn decide_in(&self, tx: &mut BrandTx, orders: &[Order]) -> Result<(Vec<Outcome>, bool), RepoError> {
        let mut books = load::load(tx, &self.topologies, orders).await?;
        let (outcomes, writes) = fold(&mut books, orders);
        if outcomes.len() != orders.len() {
            return Err(RepoError::Inconsistent("a command without an outcome"));
        }
        write::write(tx, &writes).await?;
        Ok((outcomes, !writes.is_empty()))
    }

    /// Commits. When that fails the outcome is not known, whatever the failure says, so it is looked
    /// up; a command is never run again on a guess.
    async fn commit(
        &self,
        scope: &BrandScope,
        orders: &[Order],
        tx: BrandTx,
        outcomes: Vec<Outcome>,
    ) -> Vec<Outcome> {
        let fault: Box<dyn std::error::Error + Send + Sync> =
            match timeout(self.limits.commit_timeout(), tx.commit()).await {
                Ok(Ok(())) => return outcomes,
                Ok(Err(fault)) => fault.into(),
                Err(late) => late.into(),
            };
        let unknown =
            |fault: &dyn std::fmt::Display| orders.iter().map(|order| retryable(order, fault)).collect();
        tracing::warn!(%fault, commands = orders.len(), "a commit was not answered; looking it up");
        match timeout(self.limits.deadline(), self.look_up(scope, orders, &outcomes)).await {
            Ok(Ok(known)) => known,
            Ok(Err(fault)) => unknown(&fault),
            Err(late) => unknown(&late),
        }
    }

    /// What became of commands whose commit was not answered. The lock waits for a server process
    /// that may still be at it, so what is not there now will not come.
    async fn look_up(
        &self,
        scope: &BrandScope,
        orders: &[Order],
        expected: &[Outcome],
    ) -> Result<Vec<Outcome>, RepoError> {
        let mut tx = self.open(scope).await?;
        let books = load::load(&mut tx, &self.topologies, orders).await?;
        end(tx).await;
        let topology = books
            .topologies
            .get(&scope.id())
            .cloned()
            .unwrap_or_default()
            .topology;
        let found = orders.iter().zip(expected).map(|(order, expected)| {
            let balance = books
                .accounts
                .get(&order.account())
                .map(|account| account.balance(&topology))
                .unwrap_or_default();
            match books.recorded.get(&order.key()) {
                Some(found) => match found.answer(Fingerprint::of(&order.command), balance) {
                    Outcome::Replayed { verdict, .. } if Outcome::Decided(verdict) == *expected => *expected,
                    // Somebody else's command of this id was faster.
                    other => other,
                },
                None => Outcome::Retryable,
            }
        });
        Ok(found.collect())
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
