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

mod bets;
mod generations;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;

use std::hash::BuildHasher;

use croupier_brand::BrandId;

use self::{
    bets::{Bets, Known},
    generations::Generations,
};
use crate::{
    engine::{
        account::Account,
        books::{AccountKey, Order, PlayKind, Rules, Writes},
        ids::TransactionId,
    },
    maps::{HashMap, HashSet, Hashes},
    repo::load::Loaded,
};

/// The most batches that are read after one that was remembered wrongly.
const MOST_DOUBTS: u32 = 1_024;

#[derive(Debug)]
pub(super) struct Memory {
    /// None of them has a tombstone.
    wallets: Generations<AccountKey, Wallet>,
    /// Ids that were decided not long ago, by their hashes: a repeat is read, rather than tried and refused.
    decided: Generations<u64, ()>,
    hasher: Hashes,
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
    bets: Bets,
}

/// What was remembered for some orders.
#[derive(Debug, Default)]
pub(super) struct Recalled {
    wallets: HashMap<AccountKey, Wallet>,
    /// The bets among theirs that orders refer to.
    bets: Vec<Known>,
    rules: HashMap<BrandId, Rules>,
}

/// The wallets that were remembered, each with those of its bets that no order refers to.
pub(super) type Kept = HashMap<AccountKey, Bets>;

impl Recalled {
    pub(super) fn has(&self, account: AccountKey) -> bool {
        self.wallets.contains_key(&account)
    }

    /// Adds it to what was read of the other wallets. A document that was read is the newer one.
    pub(super) fn complete(self, loaded: &mut Loaded) -> Kept {
        let mut kept = Kept::default();
        for (account, wallet) in self.wallets {
            kept.insert(account, wallet.bets);
            loaded.revisions.insert(account, wallet.revision);
            loaded.books.accounts.insert(account, wallet.account);
        }
        for Known { key, recorded, play } in self.bets {
            loaded.books.recorded.insert(key.clone(), recorded);
            loaded.books.plays.insert(key, play);
        }
        for (brand, rules) in self.rules {
            loaded.books.topologies.entry(brand).or_insert(rules);
        }
        kept
    }
}

impl Memory {
    /// Of so many wallets, and as many ids.
    pub(super) fn of(wallets: usize) -> Option<Self> {
        (wallets > 0).then(|| Self {
            wallets: Generations::of(wallets),
            decided: Generations::of(wallets),
            hasher: Hashes::default(),
            rules: HashMap::default(),
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
                && let Some(bet) = wallet.bets.take(self.hasher.hash_one(&key), &key)
            {
                recalled.bets.push(bet);
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
        self.decided.has(&hash) || wallet.is_some_and(|wallet| wallet.bets.get(hash, &key).is_some())
    }

    /// Whether the bet is remembered, and was made under the brand's newest document, which is the only one that is.
    fn knows_bet(&self, order: &Order, id: &TransactionId) -> bool {
        let Some(wallet) = self.wallets.get(&order.account()) else {
            return false;
        };
        let key = order.key_of(id);
        let bet = wallet.bets.get(self.hasher.hash_one(&key), &key);
        let newest = self.rules.get(&order.brand).map(|rules| rules.version);
        bet.is_some_and(|bet| Some(bet.play.rules) == newest)
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
                wallet.bets.learn(hash, Known { key, recorded, play });
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
