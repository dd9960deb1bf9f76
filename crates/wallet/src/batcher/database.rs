//! What the store needs of a database, and PostgreSQL as that.
//!
//! There is another one: the simulation's, which fails at every place at which this one may.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    future::Future,
    sync::Arc,
};

use croupier_brand::{BatchLine, BrandCode, BrandId, BrandPool, BrandScope, BrandTx, tx::BatchConnection};

use crate::{
    engine::books::{AccountKey, Order, Writes},
    limits::WalletLimits,
    repo::{
        RepoError,
        load::{self, Loaded},
        locks,
        topologies::Topologies,
        write::{self, Failed},
    },
};

/// Whose an order is.
pub(crate) trait Scope: Clone + fmt::Debug + Send + Sync + 'static {
    fn id(&self) -> BrandId;
    fn code(&self) -> &BrandCode;
}

/// Orders, each with whose it is.
pub(crate) type Scoped<'a, S> = [(&'a S, &'a Order)];

/// A handle of one writer's.
pub(crate) trait Database: fmt::Debug + Send + Sync + 'static {
    type Scope: Scope;
    type Batch: Batch<Scope = Self::Scope>;

    /// The same database, for another writer.
    fn for_a_writer(&self) -> Self;

    /// For the orders' brands.
    fn open(
        &self,
        orders: &Scoped<'_, Self::Scope>,
    ) -> impl Future<Output = Result<Self::Batch, RepoError>> + Send;

    /// Waits for whoever is at the orders' wallets.
    fn wait_for_writers(
        &self,
        orders: &Scoped<'_, Self::Scope>,
    ) -> impl Future<Output = Result<(), RepoError>> + Send;

    /// Whose rows among the orders' wallets are held by somebody at this moment.
    fn held(
        &self,
        scopes: &[&Self::Scope],
        orders: &[Order],
    ) -> impl Future<Output = Result<HashSet<AccountKey>, RepoError>> + Send;

    /// Lets go of what the writer keeps between batches.
    fn release(&self);
}

/// What one batch reads and writes. Dropped before it is written, it has done nothing.
pub(crate) trait Batch: Send {
    type Scope: Scope;

    fn load(
        &mut self,
        orders: &Scoped<'_, Self::Scope>,
    ) -> impl Future<Output = Result<Loaded, RepoError>> + Send;

    /// Writes, where every wallet is still of the revision that it was loaded at, and makes it durable. Gives the round
    /// trips that the batch took. Dropped before it is answered, nobody knows what became of it.
    fn write(
        self,
        orders: &Scoped<'_, Self::Scope>,
        loaded: &Loaded,
        writes: &Writes,
    ) -> impl Future<Output = Result<u32, Failed>> + Send;

    /// Ends it where nothing was written.
    fn end(self) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
}

/// PostgreSQL.
#[derive(Debug)]
pub(crate) struct Postgres {
    pool: BrandPool,
    /// The writer's own connection.
    home: BatchConnection,
    limits: WalletLimits,
    topologies: Arc<Topologies>,
}

impl Postgres {
    pub(crate) fn new(pool: BrandPool, limits: WalletLimits, topologies: Arc<Topologies>) -> Self {
        Self {
            pool,
            home: BatchConnection::default(),
            limits,
            topologies,
        }
    }
}

/// A batch's statements.
#[derive(Debug)]
pub(crate) struct Line {
    line: BatchLine,
    topologies: Arc<Topologies>,
}

impl Scope for BrandScope {
    fn id(&self) -> BrandId {
        self.id()
    }

    fn code(&self) -> &BrandCode {
        self.code()
    }
}

impl Database for Postgres {
    type Scope = BrandScope;
    type Batch = Line;

    fn for_a_writer(&self) -> Self {
        Self::new(self.pool.clone(), self.limits, Arc::clone(&self.topologies))
    }

    async fn open(&self, orders: &Scoped<'_, BrandScope>) -> Result<Line, RepoError> {
        let scopes = orders.iter().map(|(scope, _)| *scope);
        Ok(Line {
            line: BatchLine::open(&self.home, &self.pool, scopes, self.limits.lock_timeout()).await?,
            topologies: Arc::clone(&self.topologies),
        })
    }

    async fn wait_for_writers(&self, orders: &Scoped<'_, BrandScope>) -> Result<(), RepoError> {
        let scopes = orders.iter().map(|(scope, _)| *scope);
        let line = BatchLine::open(&self.home, &self.pool, scopes, self.limits.lock_timeout()).await?;
        let mut tx = line.begin().await?;
        locks::wait_for_writers(&mut tx, orders).await?;
        Ok(tx.rollback().await?)
    }

    async fn held(&self, scopes: &[&BrandScope], orders: &[Order]) -> Result<HashSet<AccountKey>, RepoError> {
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

    fn release(&self) {
        self.home.release();
    }
}

impl Batch for Line {
    type Scope = BrandScope;

    async fn load(&mut self, orders: &Scoped<'_, BrandScope>) -> Result<Loaded, RepoError> {
        load::load(&mut self.line, &self.topologies, orders).await
    }

    async fn write(
        self,
        orders: &Scoped<'_, BrandScope>,
        loaded: &Loaded,
        writes: &Writes,
    ) -> Result<u32, Failed> {
        write::write(self.line, orders, loaded, writes).await
    }

    async fn end(self) -> Result<(), sqlx::Error> {
        self.line.abandon().await
    }
}
