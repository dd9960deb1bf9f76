//! What a writer remembers of wallets and their bets, so that a command which refers to nothing else is decided without
//! reading.
//!
//! Nothing is believed for being remembered: what is written checks it. A wallet's row has to be of the revision that
//! is remembered, and whatever anybody writes for a wallet (a refusal, a tombstone, a hold, a win that changes its bet)
//! raises that. The brand's newest document has to be the one that is remembered. And an id that was decided before
//! cannot be written again. Where one of these fails nothing is written, and the batch is read and decided anew. So every
//! order of a wallet that was not read has to leave a decision: an outcome that leaves none would have been checked by nobody.
//!
//! Open bets are remembered with their wallet. Nobody changes a bet without writing for its wallet, so a bet is as it is
//! remembered as long as the wallet's revision is. A wallet that is read again, because somebody else wrote it, has the
//! bets that were read with it and no others.
//!
//! Where several processes write the same wallets, memory is seldom right, and each time it is not costs a statement
//! that has no effect. So a writer that was wrong reads all of its next batches, twice as many each time in a row.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash},
};

use croupier_brand::BrandId;
use time::OffsetDateTime;

use crate::{
    engine::{
        account::Account,
        books::{AccountKey, CommandKey, Order, Play, PlayKind, PlayState, Recorded, Rules, Writes},
        ids::TransactionId,
    },
    repo::load::Loaded,
};

/// The most batches that are read after one that was remembered wrongly.
const MOST_DOUBTS: u32 = 1_024;

/// The most open bets that are remembered of a wallet: a round has one or a few. A win on one that is not remembered is read.
const MOST_BETS: usize = 4;

#[derive(Debug)]
pub(super) struct Memory {
    /// None of them has a tombstone.
    wallets: Generations<AccountKey, Wallet>,
    /// Ids that were decided not long ago, by their hashes: a repeat is read, rather than tried and refused.
    decided: Generations<u64, ()>,
    hasher: BuildHasherDefault<DefaultHasher>,
    /// Each brand's newest document.
    rules: HashMap<BrandId, Rules>,
    /// How many batches were to be read when it was wrong last.
    doubts: u32,
    /// How many of them are left.
    doubted: u32,
}

#[derive(Debug)]
struct Wallet {
    revision: i64,
    account: Account,
    bets: Vec<Bet>,
}

/// An open bet. Its hash and time are looked at whenever its wallet has another, the rest when it is won or undone: that
/// is kept elsewhere, since memory that was not touched for long is slow.
#[derive(Debug)]
pub(super) struct Bet {
    /// Of its id, as in [`Memory::decided`].
    hash: u64,
    /// When it was made: the oldest is forgotten first.
    at: OffsetDateTime,
    known: Box<Known>,
}

#[derive(Debug)]
struct Known {
    key: CommandKey,
    recorded: Recorded,
    play: Play,
}

/// What was remembered for some orders.
#[derive(Debug, Default)]
pub(super) struct Recalled {
    wallets: HashMap<AccountKey, Wallet>,
    /// The bets among theirs that orders refer to.
    bets: Vec<Bet>,
    rules: HashMap<BrandId, Rules>,
}

/// The wallets that were remembered, each with those of its bets that no order refers to.
pub(super) type Kept = HashMap<AccountKey, Vec<Bet>>;

impl Recalled {
    pub(super) fn has(&self, account: AccountKey) -> bool {
        self.wallets.contains_key(&account)
    }

    /// Adds it to what was read of the other wallets. A document that was read is the newer one.
    pub(super) fn complete(self, loaded: &mut Loaded) -> Kept {
        let mut kept = Kept::with_capacity(self.wallets.len());
        for (account, wallet) in self.wallets {
            kept.insert(account, wallet.bets);
            loaded.revisions.insert(account, wallet.revision);
            loaded.books.accounts.insert(account, wallet.account);
        }
        for bet in self.bets {
            let Known { key, recorded, play } = *bet.known;
            loaded.books.recorded.insert(key.clone(), recorded);
            loaded.books.plays.insert(key, play);
        }
        for (brand, rules) in self.rules {
            loaded.books.topologies.entry(brand).or_insert(rules);
        }
        kept
    }
}

impl Wallet {
    /// Where the bet of this key is among its bets.
    fn bet(&self, hash: u64, key: &CommandKey) -> Option<usize> {
        let is = |bet: &Bet| bet.hash == hash && bet.known.key == *key;
        self.bets.iter().position(is)
    }

    /// Knows the bet as it is now, where it is open; of too many the oldest is forgotten.
    fn learn(&mut self, hash: u64, known: Known) {
        self.bets.retain(|bet| bet.hash != hash);
        if known.play.state != PlayState::Open {
            return;
        }
        self.bets.push(Bet {
            hash,
            at: known.play.at,
            known: Box::new(known),
        });
        if self.bets.len() > MOST_BETS {
            let all = self.bets.iter().enumerate();
            let oldest = all.min_by_key(|(_, bet)| (bet.at, bet.hash)).map(|(at, _)| at);
            oldest.map(|at| self.bets.swap_remove(at));
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
        let to_read: HashSet<_> = orders
            .iter()
            .enumerate()
            .filter(|(at, order)| !self.knows_all_of(order, orders.get(..*at).unwrap_or_default()))
            .map(|(_, order)| order.account())
            .collect();
        for order in orders {
            let account = order.account();
            if to_read.contains(&account) {
                continue;
            }
            if !recalled.has(account)
                && let Some(rules) = self.rules.get(&account.brand)
                && let Some(wallet) = self.wallets.take(&account)
            {
                recalled.wallets.insert(account, wallet);
                recalled
                    .rules
                    .entry(account.brand)
                    .or_insert_with(|| rules.clone());
            }
            if let Some(reference) = order.command.action.reference()
                && let Some(wallet) = recalled.wallets.get_mut(&account)
                && let key = order.key_of(reference)
                && let Some(at) = wallet.bet(self.hasher.hash_one(&key), &key)
            {
                recalled.bets.push(wallet.bets.swap_remove(at));
            }
        }
        recalled
    }

    /// Whether there is nothing to be known but the wallet, the brand's document, and a bet that is remembered or
    /// decided before it in the same batch.
    fn knows_all_of(&self, order: &Order, before: &[Order]) -> bool {
        let action = &order.command.action;
        action.hold().is_none()
            && action.grant().is_none()
            && action
                .reference()
                .is_none_or(|bet| self.knows_bet(order, bet) || is_decided_among(before, order, bet))
            && !self.is_decided(order)
    }

    /// Whether the order's own id was decided not long ago, or is a bet that is remembered.
    fn is_decided(&self, order: &Order) -> bool {
        let key = order.key();
        let hash = self.hasher.hash_one(&key);
        let wallet = self.wallets.get(&order.account());
        self.decided.has(&hash) || wallet.is_some_and(|wallet| wallet.bet(hash, &key).is_some())
    }

    /// Whether the bet is remembered, and was made under the brand's newest document, which is the only one that is.
    fn knows_bet(&self, order: &Order, id: &TransactionId) -> bool {
        let Some(wallet) = self.wallets.get(&order.account()) else {
            return false;
        };
        let key = order.key_of(id);
        let at = wallet.bet(self.hasher.hash_one(&key), &key);
        let newest = self.rules.get(&order.brand).map(|rules| rules.version);
        at.and_then(|at| wallet.bets.get(at))
            .is_some_and(|bet| Some(bet.known.play.rules) == newest)
    }

    /// What was read or recalled, decided and written.
    pub(super) fn learn(&mut self, loaded: Loaded, writes: &Writes, mut kept: Kept) {
        let touched = writes.touched();
        let stones: HashSet<_> = writes.tombstones.iter().map(|(_, stone)| stone.account).collect();
        let Loaded {
            books,
            revisions,
            with_tombstones,
            ..
        } = loaded;
        for (account, wallet) in books.accounts {
            if with_tombstones.contains(&account) || stones.contains(&account) {
                self.wallets.take(&account);
                continue;
            }
            let revision = match (revisions.get(&account), touched.contains(&account)) {
                (former, true) => former.copied().unwrap_or(0) + 1,
                (Some(unchanged), false) => *unchanged,
                // Looked at, and not there.
                (None, false) => continue,
            };
            let rules = books.topologies.get(&account.brand);
            self.rules
                .insert(account.brand, rules.cloned().unwrap_or_default());
            let wallet = Wallet {
                revision,
                account: wallet,
                bets: kept.remove(&account).unwrap_or_default(),
            };
            self.wallets.keep(account, wallet);
        }
        for (key, play) in books.plays {
            // Only where the write has just proved the wallet's revision: a bet that was read on the way is of that one.
            if play.kind == PlayKind::Bet
                && touched.contains(&play.account)
                && let Some(recorded) = books.recorded.get(&key).cloned()
                && let Some(wallet) = self.wallets.get_mut(&play.account)
            {
                let hash = self.hasher.hash_one(&key);
                wallet.learn(hash, Known { key, recorded, play });
            }
        }
        for key in writes.recorded.keys() {
            self.decided.keep(self.hasher.hash_one(key), ());
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
}

/// Whether the id is decided in these orders, for the same wallet and source as the order's. Whatever is decided under it:
/// an order that leaves no decision has the batch read.
fn is_decided_among(orders: &[Order], order: &Order, id: &TransactionId) -> bool {
    orders.iter().any(|other| {
        other.account() == order.account()
            && other.command.transaction_id == *id
            && other.command.source == order.command.source
    })
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
        self.get(key).is_some()
    }

    fn get(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        match self.young.get_mut(key) {
            None => self.old.get_mut(key),
            young => young,
        }
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
        ids::{EntryId, GameId, RoundId, Source},
    };

    fn deposit(id: u128, player: u128) -> Order {
        let action = Action::Deposit {
            amount: Amount::new(100).unwrap(),
            payment: Payment::Approved,
        };
        Order {
            brand: BrandId::new(1).unwrap(),
            entry: EntryId(Uuid::from_u128(id)),
            at: OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(i64::try_from(id).unwrap()),
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

    fn of_bet(id: u128, bet: Option<u128>) -> Order {
        let (round, game) = (RoundId::new("r").unwrap(), GameId::new("g").unwrap());
        let amount = Amount::new(1).unwrap();
        let action = match bet {
            None => Action::Bet { amount, round, game },
            Some(bet) => Action::Settle {
                amount,
                round,
                game,
                bet: Some(TransactionId::new(&format!("d{bet}")).unwrap()),
            },
        };
        let mut order = deposit(id, 1);
        order.command.action = action;
        order
    }

    /// Decides orders of wallets that are not remembered, and learns.
    fn written(memory: &mut Memory, orders: impl IntoIterator<Item = Order>) {
        let mut loaded = Loaded::default();
        let orders: Vec<_> = orders.into_iter().collect();
        let (_, writes) = fold(&mut loaded.books, &orders);
        memory.learn(loaded, &writes, Kept::default());
    }

    /// The same with what is remembered, which has to be all.
    fn from_memory(memory: &mut Memory, orders: &[Order]) {
        let mut loaded = Loaded::default();
        let recalled = memory.recall(orders);
        assert!(orders.iter().all(|order| recalled.has(order.account())));
        let kept = recalled.complete(&mut loaded);
        let (_, writes) = fold(&mut loaded.books, orders);
        assert_eq!(writes.recorded.len(), orders.len(), "{writes:?}");
        memory.learn(loaded, &writes, kept);
    }

    /// Whether the order's wallet is recalled; all is put back afterwards.
    fn recalls(memory: &mut Memory, order: Order) -> bool {
        let recalled = memory.recall(std::slice::from_ref(&order));
        let has = recalled.has(order.account());
        for (account, wallet) in recalled.wallets {
            memory.wallets.keep(account, wallet);
        }
        for bet in recalled.bets {
            let wallet = memory.wallets.get_mut(&bet.known.play.account);
            wallet.unwrap().learn(bet.hash, *bet.known);
        }
        has
    }

    #[test]
    fn a_win_on_a_bet_that_is_remembered_is_recalled_with_it() {
        let mut memory = Memory::of(10).unwrap();
        written(&mut memory, [deposit(1, 1), of_bet(2, None)]);
        assert!(recalls(&mut memory, of_bet(3, Some(2))));
        assert!(
            !recalls(&mut memory, of_bet(3, Some(9))),
            "a bet that nobody knows"
        );
        from_memory(&mut memory, &[of_bet(3, Some(2)), of_bet(4, None)]);
        assert!(!recalls(&mut memory, of_bet(5, Some(2))), "it is settled");
        assert!(recalls(&mut memory, of_bet(5, Some(4))));
        // Of many the oldest is forgotten.
        for id in 10..14 {
            from_memory(&mut memory, &[of_bet(id, None)]);
        }
        assert!(!recalls(&mut memory, of_bet(5, Some(4))));
        for id in 10..14 {
            assert!(recalls(&mut memory, of_bet(5, Some(id))), "{id}");
        }
        let mut memory = Memory::of(10).unwrap();
        written(&mut memory, [deposit(1, 1)]);
        let (bet, win) = (of_bet(2, None), of_bet(3, Some(2)));
        let (in_order, reversed) = ([bet.clone(), win.clone()], [win, bet]);
        assert!(
            !memory.recall(&reversed).has(reversed[0].account()),
            "the bet comes after it"
        );
        from_memory(&mut memory, &in_order);
    }

    #[test]
    fn a_wallet_with_a_tombstone_is_forgotten_and_a_bet_is_known_longer_than_its_id() {
        let mut memory = Memory::of(2).unwrap();
        written(&mut memory, [deposit(1, 1), of_bet(2, None)]);
        for id in 10..19 {
            from_memory(&mut memory, &[deposit(id, 1)]);
        }
        assert!(!recalls(&mut memory, of_bet(2, None)), "a repeat");
        assert!(recalls(&mut memory, of_bet(20, Some(2))));
        let mut rollback = deposit(30, 1);
        rollback.command.action = Action::Rollback {
            of: TransactionId::new("never came").unwrap(),
            round: None,
            game: None,
            amount: None,
        };
        written(&mut memory, [deposit(40, 1), rollback]);
        assert!(!recalls(&mut memory, deposit(41, 1)));
    }

    #[test]
    fn a_bet_from_before_its_wallet_was_read_again_counts_for_nothing() {
        let mut memory = Memory::of(10).unwrap();
        written(&mut memory, [deposit(1, 1), of_bet(2, None)]);
        // Somebody else wrote the wallet, so it was read.
        written(&mut memory, [deposit(3, 1)]);
        assert!(recalls(&mut memory, deposit(4, 1)));
        assert!(!recalls(&mut memory, of_bet(4, Some(2))));
        // What is read with its wallet is of that reading.
        written(&mut memory, [deposit(5, 1), of_bet(6, None)]);
        assert!(recalls(&mut memory, of_bet(7, Some(6))));
        // A document that is newer than the bet's is not all that its win needs.
        for rules in memory.rules.values_mut() {
            rules.version += 1;
        }
        assert!(!recalls(&mut memory, of_bet(7, Some(6))));
    }

    #[test]
    fn a_writer_that_is_wrong_again_and_again_reads_twice_as_many_each_time() {
        let mut memory = Memory::of(10).unwrap();
        written(&mut memory, [deposit(1, 1)]);
        for expected in [1, 2, 4, 8, 16] {
            assert!(recalls(&mut memory, deposit(2, 1)));
            memory.doubt();
            for _ in 0..expected {
                assert!(!recalls(&mut memory, deposit(2, 1)), "{expected}");
                // Batches that were read say nothing of memory.
                written(&mut memory, [deposit(3, 1)]);
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
        written(&mut memory, [deposit(1, 1)]);
        assert!(!recalls(&mut memory, deposit(1, 1)), "a repeat");
        assert!(recalls(&mut memory, deposit(2, 1)));
        for player in 2..40 {
            written(&mut memory, [deposit(player, player)]);
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
