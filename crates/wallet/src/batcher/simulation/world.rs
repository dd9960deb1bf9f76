//! What the simulated database holds, and what goes wrong there.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use croupier_brand::BrandId;
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::time::Instant;
use crate::{
    engine::{
        account::Account,
        books::{
            AccountKey, CommandKey, Grant, GrantState, Hold, JournalEntry, Order, Play, Recorded, Tombstone,
            Writes,
        },
        ids::EntryId,
        outcome::Outcome,
    },
    repo::load::Loaded,
};

/// How often of a thousand times each thing goes wrong. Drawn for each schedule, so that some know one fault only.
#[derive(Clone, Debug, Default)]
pub(super) struct Weather {
    /// A call takes as long as a deadline.
    pub(super) stall: u32,
    /// A connection is lost before its transaction is sent to be committed, or none is to be had.
    pub(super) lost: u32,
    /// A commit is not answered: it was done, will be done, or never is.
    pub(super) unanswered: u32,
    /// The process is killed.
    pub(super) killed: u32,
    /// The database is killed.
    pub(super) crashed: u32,
    /// Somebody else takes a wallet's row for a while.
    pub(super) locked: u32,
    /// A transaction is refused, to be begun anew.
    pub(super) overtaken: u32,
}

impl Weather {
    pub(super) fn draw(rng: &mut StdRng) -> Self {
        let mut often = |most: u32| {
            if rng.random_bool(0.4) {
                0
            } else {
                rng.random_range(1..=most)
            }
        };
        Self {
            stall: often(25),
            lost: often(60),
            unanswered: often(300),
            killed: often(40),
            crashed: often(15),
            locked: often(100),
            overtaken: often(60),
        }
    }
}

/// A transaction that is not committed yet.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) orders: Vec<Order>,
    pub(super) writes: Writes,
    pub(super) touched: BTreeSet<AccountKey>,
}

/// A committed transaction.
#[derive(Debug)]
pub(super) struct Commit {
    pub(super) orders: Vec<Order>,
    pub(super) recorded: BTreeMap<CommandKey, Recorded>,
}

/// What can be waited for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lock {
    Wallet(AccountKey),
    Command(CommandKey),
}

#[derive(Debug)]
pub(super) struct Held {
    pub(super) by: u64,
    /// Its holder is gone and the database notices then.
    pub(super) until: Option<Instant>,
}

/// What a client was told.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) orders: Vec<Order>,
    /// In the calm at the end.
    pub(super) calm: bool,
    /// None: no answer came. An error is what the wallet said was broken.
    pub(super) answer: Option<Result<Vec<Outcome>, String>>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) rng: StdRng,
    pub(super) weather: Weather,
    pub(super) accounts: BTreeMap<AccountKey, (Account, i64)>,
    pub(super) recorded: BTreeMap<CommandKey, Recorded>,
    pub(super) plays: BTreeMap<CommandKey, Play>,
    pub(super) holds: BTreeMap<(BrandId, EntryId), Hold>,
    pub(super) grants: BTreeMap<(BrandId, EntryId), Grant>,
    pub(super) tombstones: HashSet<Tombstone>,
    pub(super) journal: Vec<JournalEntry>,
    /// Every brand's newest document.
    pub(super) document: i32,
    pub(super) commits: Vec<Commit>,
    pub(super) locks: BTreeMap<Lock, Held>,
    /// Who waits for whom.
    pub(super) waiting: BTreeMap<u64, u64>,
    pub(super) pending: BTreeMap<u64, Pending>,
    /// Commits that were sent, whose sender hears nothing, and when they are done.
    in_flight: BTreeMap<(Instant, u64), Pending>,
    /// Entries whose commit was sent.
    pub(super) sent: HashSet<EntryId>,
    /// Entries that were looked for, with every writer at their wallets waited for, and not found.
    pub(super) given_up: HashSet<EntryId>,
    /// Which life of the database it is.
    pub(super) life: u64,
    pub(super) down_until: Instant,
    transactions: u64,
    pub(super) told: Vec<Told>,
    pub(super) tally: BTreeMap<&'static str, usize>,
    /// What must never happen and did.
    pub(super) wrong: Vec<String>,
}

#[derive(Debug)]
pub(super) struct World(Mutex<State>);

impl World {
    pub(super) fn new(seed: u64) -> Arc<Self> {
        let mut rng = StdRng::seed_from_u64(seed);
        Arc::new(Self(Mutex::new(State {
            weather: Weather::draw(&mut rng),
            rng,
            accounts: BTreeMap::new(),
            recorded: BTreeMap::new(),
            plays: BTreeMap::new(),
            holds: BTreeMap::new(),
            grants: BTreeMap::new(),
            tombstones: HashSet::new(),
            journal: Vec::new(),
            document: 1,
            commits: Vec::new(),
            locks: BTreeMap::new(),
            waiting: BTreeMap::new(),
            pending: BTreeMap::new(),
            in_flight: BTreeMap::new(),
            sent: HashSet::new(),
            given_up: HashSet::new(),
            life: 0,
            down_until: Instant::default(),
            transactions: 0,
            told: Vec::new(),
            tally: BTreeMap::new(),
            wrong: Vec::new(),
        })))
    }

    /// The world as it is now: what was under way and is done by now, is done.
    pub(super) fn now(&self) -> MutexGuard<'_, State> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(first) = state.in_flight.first_entry() {
            if first.key().0 > Instant::now() {
                break;
            }
            let ((_, tx), pending) = first.remove_entry();
            state.done(tx, pending);
        }
        state
    }
}

impl State {
    pub(super) fn chance(&mut self, of_a_thousand: u32) -> bool {
        of_a_thousand > 0 && self.rng.random_range(0..1_000) < of_a_thousand
    }

    pub(super) fn millis(&mut self, most: u64) -> Duration {
        Duration::from_millis(self.rng.random_range(0..=most))
    }

    pub(super) fn count(&mut self, what: &'static str) {
        *self.tally.entry(what).or_default() += 1;
    }

    pub(super) fn next_transaction(&mut self) -> u64 {
        self.transactions += 1;
        self.transactions
    }

    /// Whether nobody else holds it.
    pub(super) fn is_free(&self, lock: &Lock, for_tx: u64) -> Result<(), u64> {
        match self.locks.get(lock) {
            Some(held) if held.by != for_tx && held.until.is_none_or(|until| until > Instant::now()) => {
                Err(held.by)
            }
            _ => Ok(()),
        }
    }

    /// It ends without effect; whoever waits for it goes on after `linger`.
    pub(super) fn undo(&mut self, tx: u64, linger: Duration) {
        self.pending.remove(&tx);
        self.waiting.remove(&tx);
        let until = Some(Instant::now() + linger);
        let held = self.locks.values_mut();
        held.filter(|held| held.by == tx && held.until.is_none())
            .for_each(|held| held.until = until);
    }

    /// It takes effect.
    pub(super) fn done(&mut self, tx: u64, pending: Pending) {
        let Pending {
            orders,
            writes,
            touched,
        } = pending;
        for order in &orders {
            if self.given_up.contains(&order.entry) && writes.recorded.contains_key(&order.key()) {
                self.wrong.push(format!(
                    "{} came after it was looked for",
                    order.command.transaction_id
                ));
            }
        }
        for key in &touched {
            let (row, revision) = self.accounts.entry(*key).or_default();
            *revision += 1;
            if let Some((_, account)) = writes.accounts.get(key) {
                *row = account.clone();
            }
        }
        let recorded: BTreeMap<_, _> = writes
            .recorded
            .into_iter()
            .map(|(key, (_, recorded))| (key, recorded))
            .collect();
        self.recorded.extend(recorded.clone());
        self.plays.extend(writes.plays);
        self.holds.extend(writes.holds);
        self.grants.extend(writes.grants);
        self.tombstones
            .extend(writes.tombstones.into_iter().map(|(_, stone)| stone));
        self.journal.extend(writes.entries);
        self.commits.push(Commit { orders, recorded });
        self.undo(tx, Duration::ZERO);
    }

    /// Its sender hears no more of it.
    pub(super) fn under_way(&mut self, tx: u64, pending: Pending, until: Instant) {
        self.in_flight.insert((until, tx), pending);
    }

    /// kill -9: what was under way is done or is not; everything else is undone.
    pub(super) fn crash(&mut self) {
        self.count("the database was killed");
        self.life += 1;
        for ((_, tx), pending) in std::mem::take(&mut self.in_flight) {
            if self.rng.random_bool(0.5) {
                self.done(tx, pending);
            }
        }
        self.pending.clear();
        self.waiting.clear();
        self.locks.clear();
        self.down_until = Instant::now() + self.millis(3_000);
    }

    /// What the database says of some orders.
    pub(super) fn look(&self, orders: &[Order], brands: &super::Brands) -> Loaded {
        let mut loaded = Loaded::default();
        let books = &mut loaded.books;
        let mut wanted = BTreeSet::new();
        for order in orders {
            let (account, action) = (order.account(), &order.command.action);
            if self.tombstones.iter().any(|stone| stone.account == account) {
                loaded.with_tombstones.insert(account);
            }
            if let Some((row, revision)) = self.accounts.get(&account) {
                books.accounts.insert(account, row.clone());
                loaded.revisions.insert(account, *revision);
            } else if !brands.knows(order.command.player) {
                loaded.strangers.insert(account);
            }
            books.topologies.insert(order.brand, brands.rules(self.document));
            let reference = action.reference().map(|of| order.key_of(of));
            for of in std::iter::once(order.key()).chain(reference.clone()) {
                let stone = Tombstone { account, of };
                if self.tombstones.contains(&stone) {
                    books.tombstones.insert(stone);
                }
            }
            wanted.insert(order.key());
            wanted.extend(reference);
            if let Some(id) = action.hold()
                && let Some(hold) = self.holds.get(&(order.brand, id))
            {
                books.holds.insert((order.brand, id), hold.clone());
            }
            if let Some(id) = action.grant()
                && let Some(grant) = self.grants.get(&(order.brand, id))
                && grant.state != GrantState::Open
            {
                books.grants.insert((order.brand, id), grant.clone());
            }
        }
        let bets: Vec<_> = wanted
            .iter()
            .filter_map(|key| {
                let bet = self.plays.get(key)?.bet.clone()?;
                Some(CommandKey {
                    transaction_id: bet,
                    ..key.clone()
                })
            })
            .collect();
        wanted.extend(bets);
        for key in wanted {
            if let Some(recorded) = self.recorded.get(&key) {
                books.recorded.insert(key.clone(), recorded.clone());
            }
            if let Some(play) = self.plays.get(&key) {
                let rules = brands.rules(play.rules);
                books.former.insert((key.brand, rules.version), rules.topology);
                books.plays.insert(key, play.clone());
            }
        }
        loaded
    }
}
