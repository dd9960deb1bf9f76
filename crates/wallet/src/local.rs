//! The wallet in this process: the batcher over the database.

use std::sync::Arc;

use croupier_brand::{
    BrandPool, BrandRead, BrandScope, BrandTx, Clock, Currency,
    eligibility::{Act, Facts, eligible},
    token::PlayerId,
};
use tokio::time::Instant;

use crate::{
    batcher::{Batcher, Postgres},
    engine::{
        books::Order,
        command::{Action, Command},
        fingerprint::Fingerprint,
        ids::EntryId,
        outcome::{Balance, Outcome, Reason, Verdict},
    },
    limits::WalletLimits,
    maps::HashMap,
    page::{Cursor, Page, PageLimit},
    repo::{
        RepoError, gate, read,
        topologies::{self, Topologies},
    },
    service::{Holdings, Wallet, WalletError, WalletFuture},
    topology::{InvalidTopology, Topology},
};

/// The wallet over a database. Cloning it shares it.
///
/// A submit is decided by a writer's task: a client that hangs up cannot stop one half-way.
#[derive(Clone, Debug)]
pub struct LocalWallet {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    clock: Clock,
    pool: BrandPool,
    topologies: Arc<Topologies>,
    batcher: Batcher<Postgres>,
    largest_group: usize,
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
    /// A wallet over the application's pool, with its writers started on this runtime.
    #[must_use]
    pub fn new(pool: BrandPool, clock: Clock, limits: WalletLimits) -> Self {
        Self::with_writers(pool.clone(), pool, clock, limits)
    }

    /// The same, its writers having connections of their own: [`WalletLimits::shards`], and one more to ask what
    /// became of a commit. They need not be tested when they are taken (`test_before_acquire`): a writer
    /// that finds its connection gone takes another.
    #[must_use]
    pub fn with_writers(pool: BrandPool, writers: BrandPool, clock: Clock, limits: WalletLimits) -> Self {
        let topologies = Arc::new(Topologies::default());
        let database = Postgres::new(writers, limits, Arc::clone(&topologies));
        let batcher = Batcher::start(&database, limits);
        Self {
            inner: Arc::new(Inner {
                clock,
                pool,
                topologies,
                batcher,
                largest_group: limits.largest_group(),
            }),
        }
    }

    /// Takes no more commands (`Retryable`), and returns when everything that was taken has its answer.
    pub async fn drain(&self) {
        self.inner.batcher.drain().await;
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
        Box::pin(self.inner.submit(scope, command))
    }

    fn submit_group<'a>(
        &'a self,
        scope: &'a BrandScope,
        commands: Vec<Command>,
    ) -> WalletFuture<'a, Vec<Outcome>> {
        Box::pin(self.inner.submit_group(scope, commands))
    }

    fn largest_group(&self) -> usize {
        self.inner.largest_group
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

impl Inner {
    async fn submit(&self, scope: &BrandScope, command: Command) -> Result<Outcome, WalletError> {
        let outcomes = self.decide(scope, vec![self.order(scope, command, None)]).await?;
        let only = outcomes.into_iter().next();
        only.ok_or_else(|| WalletError::Broken("a command without an outcome".to_owned()))
    }

    async fn submit_group(
        &self,
        scope: &BrandScope,
        commands: Vec<Command>,
    ) -> Result<Vec<Outcome>, WalletError> {
        let wallet = |command: &Command| (command.player, command.currency);
        let one_wallet = commands.windows(2).all(|two| wallet(&two[0]) == wallet(&two[1]));
        // What is of another currency is of no wallet, and told so below.
        let foreign = commands
            .iter()
            .any(|command| command.currency != scope.currency());
        if !(1..=self.largest_group).contains(&commands.len()) || (!one_wallet && !foreign) {
            return Ok(vec![rejected(Reason::InvalidGroup); commands.len()]);
        }
        let group = EntryId(self.clock.new_id());
        let orders = commands
            .into_iter()
            .map(|command| self.order(scope, command, Some(group)))
            .collect();
        self.decide(scope, orders).await
    }

    fn order(&self, scope: &BrandScope, command: Command, group: Option<EntryId>) -> Order {
        Order {
            brand: scope.id(),
            entry: EntryId(self.clock.new_id()),
            // To the microsecond: what the database keeps and the journal's hashes are made of.
            at: self.clock.now(),
            command,
            group,
        }
    }

    /// Decides one order, or the orders of one group.
    async fn decide(&self, scope: &BrandScope, orders: Vec<Order>) -> Result<Vec<Outcome>, WalletError> {
        let kinds: Vec<_> = orders.iter().map(|order| order.command.action.kind()).collect();
        let foreign = orders
            .iter()
            .any(|order| order.command.currency != scope.currency());
        let began = Instant::now();
        let answer = if foreign {
            self.not_kept_here(scope, &orders).await
        } else if let Some(refused) = self.grant_refused(scope, &orders).await? {
            let mut outcomes = vec![rejected(Reason::GroupRefused); orders.len()];
            outcomes[refused] = rejected(Reason::NotEligible);
            Ok(outcomes)
        } else {
            self.batcher.submit(scope, orders).await
        };
        let brand = scope.code().to_string();
        for (at, kind) in kinds.into_iter().enumerate() {
            let outcome = answer.as_ref().map_or("error", |outcomes| outcomes[at].as_str());
            metrics::counter!("wallet_commands_total", "brand" => brand.clone(), "kind" => kind.as_str(), "outcome" => outcome)
                .increment(1);
            metrics::histogram!("wallet_submit_seconds", "brand" => brand.clone(), "kind" => kind.as_str())
                .record(began.elapsed());
        }
        answer
    }

    /// A brand's wallets are kept in one currency: orders of which one is of another are not decided, and every repeat
    /// meets this too. What was decided before under an order's id is told all the same, and conflicts with what says
    /// another currency.
    async fn not_kept_here(&self, scope: &BrandScope, orders: &[Order]) -> Result<Vec<Outcome>, WalletError> {
        let mut reads = self.reads(scope).await?;
        let mut balances = HashMap::default();
        let mut outcomes = Vec::with_capacity(orders.len());
        for Order { command, .. } in orders {
            let player = command.player;
            let balance = match balances.get(&player) {
                Some(known) => *known,
                None => {
                    let own = scope.currency();
                    let now = read::holdings(&mut reads, &self.topologies, player, own).await?;
                    *balances.entry(player).or_insert(now.balance())
                }
            };
            let recorded = read::decision(&mut reads, &command.source, &command.transaction_id).await?;
            outcomes.push(match recorded {
                Some(recorded) => recorded.answer(Fingerprint::of(command), balance),
                None => {
                    let reason = if command.currency == scope.currency() {
                        Reason::GroupRefused
                    } else {
                        Reason::ForeignCurrency
                    };
                    Outcome::Decided(Verdict::Rejected { reason, balance })
                }
            });
        }
        Ok(outcomes)
    }

    /// The first order that gives a bonus to a player who may not be given one, and was not decided before. Nothing is
    /// read where no bonus is given.
    async fn grant_refused(&self, scope: &BrandScope, orders: &[Order]) -> Result<Option<usize>, RepoError> {
        for (at, order) in orders.iter().enumerate() {
            let command = &order.command;
            if !matches!(command.action, Action::Grant { .. }) {
                continue;
            }
            let mut reads = self.reads(scope).await?;
            // Who is not there is refused by who would write the wallet.
            let Some(player) = gate::standing(&mut reads, command.player, self.clock.now()).await? else {
                continue;
            };
            let facts = Facts {
                brand: scope.brand().status,
                player,
                limit_reached: false,
                game: None,
            };
            if eligible(Act::Bonus, &facts).is_err()
                && read::decision(&mut reads, &command.source, &command.transaction_id)
                    .await?
                    .is_none()
            {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    async fn reads(&self, scope: &BrandScope) -> Result<BrandRead, RepoError> {
        Ok(BrandRead::open(&self.pool, scope).await?)
    }
}

fn rejected(reason: Reason) -> Outcome {
    Outcome::Decided(Verdict::Rejected {
        reason,
        balance: Balance::default(),
    })
}
