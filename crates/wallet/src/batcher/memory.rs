//! What a writer remembers of wallets, so that a command which refers to nothing is decided without reading.
//!
//! Nothing is believed for being remembered: what is written checks it. A wallet's row has to be of the revision that
//! is remembered, and whatever anybody writes for a wallet (a refusal, a tombstone, a hold) raises that. The brand's
//! newest document has to be the one that is remembered. And an id that was decided before cannot be written again.
//! Where one of these fails nothing is written, and the batch is read and decided anew. So every order of a wallet that
//! was not read has to leave a decision: an outcome that leaves none would have been checked by nobody.
//!
//! Where several processes write the same wallets, memory is seldom right, and each time it is not costs a statement
//! that has no effect. So a writer that was wrong reads all of its next batches, twice as many each time in a row.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash},
};

use croupier_brand::BrandId;

use crate::{
    engine::{
        account::Account,
        books::{AccountKey, CommandKey, Order, Rules, Writes},
        ids::{Source, TransactionId},
    },
    repo::load::Loaded,
};

/// The most batches that are read after one that was remembered wrongly.
const MOST_DOUBTS: u32 = 1_024;

#[derive(Debug)]
pub(super) struct Memory {
    /// Each with its revision. None of them has a tombstone.
    wallets: Generations<AccountKey, (i64, Account)>,
    /// Ids that were decided not long ago, by their hashes: a repeat is read, rather than tried and refused.
    decided: Generations<u64, ()>,
    hasher: BuildHasherDefault<DefaultHasher>,
    /// Each brand's newest document.
    rules: HashMap<BrandId, Rules>,
    /// How many batches were last to be read for a wrong one, and how many of them are left.
    doubts: u32,
    doubted: u32,
}

/// What was remembered for some orders.
#[derive(Debug, Default)]
pub(super) struct Recalled {
    wallets: HashMap<AccountKey, (i64, Account)>,
    rules: HashMap<BrandId, Rules>,
}

impl Recalled {
    pub(super) fn has(&self, account: AccountKey) -> bool {
        self.wallets.contains_key(&account)
    }

    /// Adds it to what was read of the other wallets. A document that was read is the newer one.
    pub(super) fn complete(self, loaded: &mut Loaded) {
        for (account, (revision, wallet)) in self.wallets {
            loaded.revisions.insert(account, revision);
            loaded.books.accounts.insert(account, wallet);
        }
        for (brand, rules) in self.rules {
            loaded.books.topologies.entry(brand).or_insert(rules);
        }
    }
}

impl Memory {
    /// Of so many wallets, and as many ids.
    pub(super) fn of(wallets: usize) -> Option<Self> {
        (wallets > 0).then(|| Self {
            wallets: Generations::of(wallets),
            decided: Generations::of(wallets),
            hasher: BuildHasherDefault::default(),
            rules: HashMap::new(),
            doubts: 0,
            doubted: 0,
        })
    }

    /// The wallets among the orders' that need not be read. They are forgotten until they are learnt again.
    pub(super) fn recall(&mut self, orders: &[Order]) -> Recalled {
        let mut recalled = Recalled::default();
        if self.doubted > 0 {
            self.doubted -= 1;
            return recalled;
        }
        let read: HashSet<_> = orders
            .iter()
            .filter(|order| !self.knows_all_of(order))
            .map(Order::account)
            .collect();
        for account in orders.iter().map(Order::account) {
            if read.contains(&account) || recalled.has(account) {
                continue;
            }
            if let Some(rules) = self.rules.get(&account.brand)
                && let Some(wallet) = self.wallets.take(&account)
            {
                recalled.wallets.insert(account, wallet);
                recalled
                    .rules
                    .entry(account.brand)
                    .or_insert_with(|| rules.clone());
            }
        }
        recalled
    }

    /// Whether there is nothing to be known but the wallet and the brand's document.
    fn knows_all_of(&self, order: &Order) -> bool {
        let action = &order.command.action;
        action.reference().is_none()
            && action.hold().is_none()
            && action.grant().is_none()
            && !self.decided.has(&self.id_of(
                order.brand,
                &order.command.source,
                &order.command.transaction_id,
            ))
    }

    /// What was read or recalled, decided and written.
    pub(super) fn learn(&mut self, loaded: Loaded, writes: &Writes) {
        let touched = writes.touched();
        let stones: HashSet<_> = writes.tombstones.iter().map(|(_, stone)| stone.account).collect();
        for (account, wallet) in loaded.books.accounts {
            if loaded.with_tombstones.contains(&account) || stones.contains(&account) {
                continue;
            }
            let revision = match (loaded.revisions.get(&account), touched.contains(&account)) {
                (former, true) => former.copied().unwrap_or(0) + 1,
                (Some(unchanged), false) => *unchanged,
                // Looked at, and not there.
                (None, false) => continue,
            };
            let rules = loaded.books.topologies.get(&account.brand);
            self.rules
                .insert(account.brand, rules.cloned().unwrap_or_default());
            self.wallets.keep(account, (revision, wallet));
        }
        for key in writes.recorded.keys() {
            let CommandKey {
                brand,
                source,
                transaction_id,
            } = key;
            self.decided.keep(self.id_of(*brand, source, transaction_id), ());
        }
    }

    /// It was right.
    pub(super) fn trust(&mut self) {
        self.doubts /= 2;
    }

    /// It was wrong: the next batches are read, and learnt.
    pub(super) fn doubt(&mut self) {
        self.doubts = (self.doubts * 2).clamp(1, MOST_DOUBTS);
        self.doubted = self.doubts;
    }

    /// The connection is gone, and with it the certainty that it is the same database still.
    pub(super) fn forget_all(&mut self) {
        self.wallets.clear();
        self.decided.clear();
        self.rules.clear();
    }

    fn id_of(&self, brand: BrandId, source: &Source, id: &TransactionId) -> u64 {
        self.hasher.hash_one((brand, source, id))
    }
}

/// Keeps what was kept last: so many, and at most as many again.
#[derive(Debug)]
struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    most: usize,
}

impl<K: Eq + Hash, V> Generations<K, V> {
    fn of(most: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            most,
        }
    }

    fn has(&self, key: &K) -> bool {
        self.young.contains_key(key) || self.old.contains_key(key)
    }

    fn take(&mut self, key: &K) -> Option<V> {
        let old = self.old.remove(key);
        self.young.remove(key).or(old)
    }

    fn keep(&mut self, key: K, value: V) {
        if self.young.len() >= self.most {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use croupier_brand::{Currency, token::PlayerId};
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;
    use crate::engine::{
        command::{Action, Amount, Command, Payment},
        fold,
        ids::EntryId,
    };

    fn deposit(id: u128, player: u128) -> Order {
        let action = Action::Deposit {
            amount: Amount::new(1).unwrap(),
            payment: Payment::Approved,
        };
        Order {
            brand: BrandId::new(1).unwrap(),
            entry: EntryId(Uuid::from_u128(id)),
            at: OffsetDateTime::UNIX_EPOCH,
            command: Command::new(
                PlayerId(Uuid::from_u128(player)),
                Currency::parse("EUR").unwrap(),
                Source::new("test").unwrap(),
                TransactionId::new(&format!("d{id}")).unwrap(),
                action,
            ),
            group: None,
        }
    }

    /// Decides an order of a wallet that is not remembered, and learns.
    fn written(memory: &mut Memory, order: Order) {
        let mut loaded = Loaded::default();
        let (_, writes) = fold(&mut loaded.books, &[order]);
        memory.learn(loaded, &writes);
    }

    fn recalls(memory: &mut Memory, order: Order) -> bool {
        let recalled = memory.recall(std::slice::from_ref(&order));
        let has = recalled.has(order.account());
        for (account, wallet) in recalled.wallets {
            memory.wallets.keep(account, wallet);
        }
        has
    }

    #[test]
    fn a_writer_that_is_wrong_again_and_again_reads_twice_as_many_each_time() {
        let mut memory = Memory::of(10).unwrap();
        written(&mut memory, deposit(1, 1));
        for expected in [1, 2, 4, 8, 16] {
            assert!(recalls(&mut memory, deposit(2, 1)));
            memory.doubt();
            for _ in 0..expected {
                assert!(!recalls(&mut memory, deposit(2, 1)), "{expected}");
                // Batches that were read say nothing of memory.
                written(&mut memory, deposit(3, 1));
            }
        }
        for _ in 0..20 {
            memory.doubt();
        }
        assert_eq!(memory.doubted, MOST_DOUBTS);
        memory.doubted = 0;
        assert!(recalls(&mut memory, deposit(2, 1)));
        memory.trust();
        memory.doubt();
        assert_eq!(memory.doubted, MOST_DOUBTS);
    }

    #[test]
    fn a_repeat_is_read_and_what_was_not_used_for_long_is_forgotten() {
        let mut memory = Memory::of(10).unwrap();
        written(&mut memory, deposit(1, 1));
        assert!(!recalls(&mut memory, deposit(1, 1)), "a repeat");
        assert!(recalls(&mut memory, deposit(2, 1)));
        for player in 2..40 {
            written(&mut memory, deposit(player, player));
            // One that is used is kept, however many come by.
            assert!(recalls(&mut memory, deposit(1_000, 2)), "after {player}");
        }
        assert!(!recalls(&mut memory, deposit(2, 1)), "not used");
        assert!(
            recalls(&mut memory, deposit(1, 39)),
            "the id is forgotten, the wallet is not"
        );
        assert!(memory.wallets.young.len() + memory.wallets.old.len() <= 20);
        assert!(memory.decided.young.len() + memory.decided.old.len() <= 20);
        memory.forget_all();
        assert!(!recalls(&mut memory, deposit(1_000, 39)));
        assert!(Memory::of(0).is_none());
    }
}
