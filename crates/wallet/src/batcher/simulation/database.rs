//! The simulated database as a writer has it.

use std::{
    collections::{BTreeSet, HashSet},
    future::pending,
    io,
    sync::Arc,
    time::Duration,
};

use croupier_brand::{BrandCode, BrandId};

use super::{
    super::database::{Batch, Database, Scope, Scoped},
    Brands,
    process::Process,
    time::{Instant, sleep},
    world::{Held, Lock, Pending, State, World},
};
use crate::{
    engine::{
        books::{AccountKey, Order, Writes},
        fold,
    },
    repo::{RepoError, load::Loaded, write::Failed},
};

const LOCK_TIMEOUT: Duration = Duration::from_millis(500);

#[derive(Clone, Debug)]
pub(super) struct Brand {
    pub(super) id: BrandId,
    pub(super) code: BrandCode,
}

impl Scope for Brand {
    fn id(&self) -> BrandId {
        self.id
    }

    fn code(&self) -> &BrandCode {
        &self.code
    }
}

#[derive(Clone, Debug)]
pub(super) struct Simulated {
    pub(super) world: Arc<World>,
    pub(super) process: Arc<Process>,
    pub(super) brands: Arc<Brands>,
}

/// A transaction; its locks go with it.
pub(super) struct Tx {
    of: Simulated,
    id: u64,
    /// The database's life that it belongs to.
    life: u64,
    /// The wallets that were read.
    read: HashSet<AccountKey>,
    sent: bool,
}

fn io() -> sqlx::Error {
    sqlx::Error::Io(io::Error::other("the connection is lost"))
}

impl Simulated {
    /// What can go wrong at any call. `life` is the database's that the call belongs to.
    async fn call(&self, life: u64) -> Result<(), RepoError> {
        self.alive().await;
        let time = {
            let mut world = self.world.now();
            let stall = world.weather.stall;
            if world.chance(stall) {
                world.count("a call stalled");
                world.millis(6_000)
            } else {
                world.millis(2)
            }
        };
        sleep(time).await;
        self.alive().await;
        {
            let mut world = self.world.now();
            if world.life != life || world.down_until > Instant::now() {
                return Err(RepoError::Passing(io()));
            }
            let weather = world.weather.clone();
            if world.chance(weather.killed) {
                world.count("a process was killed before its commit");
                self.process.kill();
            } else if world.chance(weather.crashed) {
                world.crash();
                return Err(RepoError::Passing(io()));
            } else if world.chance(weather.lost) {
                world.count("a connection was lost");
                return Err(RepoError::Passing(io()));
            }
            if world.chance(weather.locked) {
                let (by, until) = (world.next_transaction(), Instant::now() + world.millis(1_500));
                let account = self.brands.wallets[usize::from(by % 2 == 0)];
                let lock = Lock::Wallet(account);
                if world.is_free(&lock, by).is_ok() {
                    world.locks.insert(
                        lock,
                        Held {
                            by,
                            until: Some(until),
                        },
                    );
                }
            }
        }
        self.alive().await;
        Ok(())
    }

    /// Does not return in a process that is dead.
    async fn alive(&self) {
        if self.process.is_dead() {
            pending().await
        }
    }
}

impl Database for Simulated {
    type Scope = Brand;
    type Batch = Tx;

    fn for_a_writer(&self) -> Self {
        self.clone()
    }

    async fn open(&self, orders: &Scoped<'_, Brand>) -> Result<Tx, RepoError> {
        if orders.iter().any(|(_, order)| self.brands.makes_panic(order)) {
            // As a panic does, without a word.
            std::panic::resume_unwind(Box::new("a fault of the engine"));
        }
        if self.process.is_drained() && !self.process.is_dead() {
            let mut world = self.world.now();
            world.wrong.push("a process that was drained goes on".to_owned());
        }
        let life = self.world.now().life;
        self.call(life).await?;
        let id = self.world.now().next_transaction();
        Ok(Tx {
            of: self.clone(),
            id,
            life,
            read: HashSet::new(),
            sent: false,
        })
    }

    async fn wait_for_writers(&self, orders: &Scoped<'_, Brand>) -> Result<(), RepoError> {
        let mut tx = self.open(&[]).await?;
        self.call(tx.life).await?;
        let wallets: BTreeSet<_> = orders.iter().map(|(_, order)| order.account()).collect();
        for wallet in wallets {
            if self.world.now().accounts.contains_key(&wallet) {
                tx.lock(Lock::Wallet(wallet)).await?;
            }
        }
        self.world.now().undo(tx.id, Duration::ZERO);
        Ok(())
    }

    async fn held(&self, _: &[&Brand], orders: &[Order]) -> Result<HashSet<AccountKey>, RepoError> {
        let life = self.world.now().life;
        self.call(life).await?;
        let mut world = self.world.now();
        world.count("whose rows are held was asked");
        let wallets = orders.iter().map(Order::account);
        Ok(wallets
            .filter(|wallet| world.is_free(&Lock::Wallet(*wallet), 0).is_err())
            .collect())
    }

    fn release(&self) {}
}

impl Tx {
    async fn lock(&mut self, lock: Lock) -> Result<(), RepoError> {
        let patience = Instant::now() + LOCK_TIMEOUT;
        loop {
            self.of.alive().await;
            {
                let mut world = self.of.world.now();
                if world.life != self.life {
                    return Err(RepoError::Passing(io()));
                }
                let Err(holder) = world.is_free(&lock, self.id) else {
                    world.waiting.remove(&self.id);
                    let held = Held {
                        by: self.id,
                        until: None,
                    };
                    world.locks.insert(lock, held);
                    return Ok(());
                };
                world.waiting.insert(self.id, holder);
                let mut next = Some(&holder);
                while let Some(other) = next {
                    if *other == self.id {
                        world.count("two waited for each other");
                        world.waiting.remove(&self.id);
                        return Err(RepoError::Overtaken);
                    }
                    next = world.waiting.get(other);
                }
                if Instant::now() >= patience {
                    world.count("a row was held too long");
                    world.waiting.remove(&self.id);
                    return Err(RepoError::Locked);
                }
            }
            sleep(Duration::from_millis(7)).await;
        }
    }
}

impl Batch for Tx {
    type Scope = Brand;

    async fn load(&mut self, orders: &Scoped<'_, Brand>) -> Result<Loaded, RepoError> {
        self.of.call(self.life).await?;
        let orders: Vec<_> = orders.iter().map(|(_, order)| (*order).clone()).collect();
        self.read.extend(orders.iter().map(Order::account));
        let mut world = self.of.world.now();
        // What was sent to be committed is only ever loaded again to see what became of it.
        let looks = orders.iter().any(|order| world.sent.contains(&order.entry));
        let loaded = world.look(&orders, &self.of.brands);
        if looks {
            world.count("a commit was looked up");
            for order in &orders {
                // A wallet's first writer has no row yet that could be waited for.
                let there = loaded.revisions.contains_key(&order.account());
                if there && !loaded.books.recorded.contains_key(&order.key()) {
                    world.given_up.insert(order.entry);
                }
            }
        }
        Ok(loaded)
    }

    async fn write(
        mut self,
        orders: &Scoped<'_, Brand>,
        loaded: &Loaded,
        writes: &Writes,
    ) -> Result<u32, Failed> {
        // Alone, a statement that is lost may have been done; in a transaction it was not.
        let alone = self.of.world.now().chance(500);
        match self.put(orders, loaded, writes).await {
            Ok(()) => self.commit().await.map(|()| 0).map_err(Failed::Unknown),
            Err(RepoError::Passing(fault)) if alone => Err(Failed::Unknown(fault)),
            Err(fault) => {
                if !matches!(fault, RepoError::Passing(_)) {
                    // It was refused, and with that it is over.
                    self.of.world.now().undo(self.id, Duration::ZERO);
                }
                Err(Failed::Undone(fault))
            }
        }
    }

    async fn end(self) -> Result<(), sqlx::Error> {
        self.of.alive().await;
        self.of.world.now().undo(self.id, Duration::ZERO);
        Ok(())
    }
}

impl Tx {
    async fn put(
        &mut self,
        orders: &Scoped<'_, Brand>,
        loaded: &Loaded,
        writes: &Writes,
    ) -> Result<(), RepoError> {
        self.of.call(self.life).await?;
        let orders: Vec<_> = orders.iter().map(|(_, order)| (*order).clone()).collect();
        {
            let mut world = self.of.world.now();
            let overtaken = world.weather.overtaken;
            if orders.iter().any(|order| self.of.brands.poisons(order)) {
                world.count("a batch was poisoned");
                return Err(RepoError::Refused(sqlx::Error::RowNotFound));
            }
            if world.chance(overtaken) {
                return Err(RepoError::Overtaken);
            }
            if let Some(again) = orders.iter().find(|order| world.sent.contains(&order.entry)) {
                let id = &again.command.transaction_id;
                world.wrong.push(format!("{id} was run again on a guess"));
            }
        }
        let touched = writes.touched();
        for fresh in touched.iter().filter(|key| !loaded.revisions.contains_key(key)) {
            self.lock(Lock::Wallet(*fresh)).await?;
        }
        for key in writes.recorded.keys() {
            self.lock(Lock::Command(key.clone())).await?;
            if self.of.world.now().recorded.contains_key(key) {
                return Err(RepoError::Overtaken);
            }
        }
        for key in &touched {
            self.lock(Lock::Wallet(*key)).await?;
        }
        let mut world = self.of.world.now();
        let current = touched.iter().all(|key| {
            let revision = world.accounts.get(key).map_or(0, |(_, revision)| *revision);
            revision == loaded.revisions.get(key).copied().unwrap_or(0)
        });
        let newest = world.document;
        let by_the_newest = touched
            .iter()
            .all(|key| loaded.books.topologies.get(&key.brand).map(|rules| rules.version) == Some(newest));
        if self.read.is_empty() {
            world.count("a batch was not read");
            if writes.plays.keys().any(|key| !writes.recorded.contains_key(key)) {
                world.count("a bet was not read");
            }
        }
        if !by_the_newest {
            world.count("a document was newer");
            return Err(RepoError::Overtaken);
        }
        if !current {
            world.count("another writer was faster");
            return Err(RepoError::Overtaken);
        }
        self.audit(&mut world, &orders, writes);
        let writes = writes.clone();
        let written = Pending {
            orders,
            writes,
            touched,
        };
        world.pending.insert(self.id, written);
        Ok(())
    }

    /// A write that is let through is the one that would be decided of all that there is now, however little of it was read.
    /// Only a wallet that was read, and for which nothing is written, may have changed since: its answers were true then.
    /// One for which nothing is written and that was not read either has answers that nobody checked.
    fn audit(&self, world: &mut State, orders: &[Order], writes: &Writes) {
        let mut now = world.look(orders, &self.of.brands);
        let touched = writes.touched();
        let unchecked = |account: &AccountKey| {
            !touched.contains(account) && !self.read.contains(account) && !now.strangers.contains(account)
        };
        for account in orders.iter().map(Order::account).filter(unchecked) {
            let fault = format!("{account:?} was answered from memory, and its write does not check it");
            world.wrong.push(fault);
        }
        let checked = |order: &&Order| {
            let account = order.account();
            let answered = self.read.contains(&account) && !touched.contains(&account);
            !now.strangers.contains(&account) && !answered
        };
        let orders: Vec<_> = orders.iter().filter(checked).cloned().collect();
        let (_, anew) = fold(&mut now.books, &orders);
        if anew != *writes {
            let remembered = if self.read.is_empty() {
                "all of it"
            } else {
                "partly"
            };
            world.wrong.push(format!(
                "{orders:?}, remembered {remembered}, left {writes:?} and should have left {anew:?}"
            ));
        }
    }

    async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.of.call(self.life).await.map_err(|_| io())?;
        let silent = {
            let mut world = self.of.world.now();
            let Some(pending) = world.pending.remove(&self.id) else {
                return Err(io());
            };
            self.sent = true;
            let entries = pending.orders.iter().map(|order| order.entry);
            world.sent.extend(entries.collect::<Vec<_>>());
            let weather = world.weather.clone();
            let killed = world.chance(weather.killed * 2);
            let unanswered = killed || world.chance(weather.unanswered);
            if !unanswered {
                world.done(self.id, pending);
                return Ok(());
            }
            match world.millis(3).as_millis() {
                0 => {
                    world.count("a commit was done and not answered");
                    world.done(self.id, pending);
                }
                1 => {
                    world.count("a commit was not answered and never done");
                    let linger = world.millis(300);
                    world.undo(self.id, linger);
                }
                _ => {
                    world.count("a commit was not answered and done later");
                    let until = Instant::now() + world.millis(5_000);
                    world.under_way(self.id, pending, until);
                }
            }
            if killed {
                world.count("a process was killed during its commit");
                self.of.process.kill();
            }
            world.chance(500)
        };
        self.of.alive().await;
        // Either it is told that the connection is gone, or it hears nothing at all.
        if silent {
            pending::<()>().await;
        }
        Err(io())
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if !self.sent {
            let mut world = self.of.world.now();
            // The database notices at once, or after a while.
            let linger = if world.chance(900) { 0 } else { 700 };
            let linger = world.millis(linger);
            world.undo(self.id, linger);
        }
    }
}
