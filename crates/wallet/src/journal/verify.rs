//! Whether a brand's journal is what it must be, entry by entry, in its order.
//!
//! It knows the entries' hashes and the rules of book-keeping, and nothing of how the engine decides. Memory: a
//! wallet that has entries takes some 200 bytes; of the entries none is kept, and of the seals those that are known and not
//! reached.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    fmt,
};

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    row::{Opening, Row},
    seal::Seal,
};
use crate::engine::chain::{Link, link};

/// The first thing that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Fault {
    /// The brand's code.
    pub brand: String,
    /// The player and the currency of the wallet it is in.
    pub wallet: Option<(Uuid, String)>,
    /// The version of the entry it is in.
    pub version: Option<i64>,
    /// What it is.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.brand)?;
        if let Some((player, currency)) = &self.wallet {
            write!(f, ", wallet {player} {currency}")?;
        }
        if let Some(version) = self.version {
            write!(f, ", version {version}")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// What was verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many entries.
    pub entries: u64,
    /// Of how many wallets.
    pub wallets: usize,
    /// The number and hash of the newest seal: who keeps them elsewhere will see any later change of what it seals.
    pub sealed: Option<(i64, Link)>,
    /// How many entries are not sealed yet.
    pub unsealed: u64,
}

/// A wallet as its row has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletNow {
    /// The player.
    pub player_id: Uuid,
    /// The currency's code.
    pub currency: String,
    /// Its version.
    pub version: i64,
    /// What can be used, by bucket.
    pub available: Vec<i64>,
    /// What is set aside, by bucket.
    pub held: Vec<i64>,
    /// The hash of its newest entry.
    pub chain: Vec<u8>,
}

/// A wallet as far as its entries were read.
#[derive(Clone, Debug, Default)]
struct Wallet {
    version: i64,
    hash: Link,
    balance: i64,
    sums: BTreeMap<String, i64>,
}

/// Verifies one brand's journal: [`Verifier::seals`] and [`Verifier::entry`] for each in order, then [`Verifier::wallet`] for each wallet
/// where there are wallets to compare with, then [`Verifier::finish`].
#[derive(Debug)]
pub struct Verifier {
    code: String,
    brand: i32,
    wallets: HashMap<(Uuid, String), Wallet>,
    /// Seals that are known and whose end was not reached.
    seals: VecDeque<Seal>,
    /// The number, hash and end of the newest known seal: the next goes on from there.
    linked: (i64, Link, u64),
    /// The transaction from which on the seals can be compared with the entries.
    whole_from: u64,
    last: Option<(u64, i32)>,
    digest: Sha256,
    pending: u64,
    found: Verified,
}

impl Verifier {
    /// Of a brand, and where its wallets' histories go on from. `base` is the seal before the first one, of which
    /// nothing is verified; none where the first is the brand's first. Of what is sealed below the transaction
    /// `whole_from` some was archived: it is not compared with the seals.
    ///
    /// # Errors
    /// The first opening that is not what it must be.
    pub fn new(
        code: &str,
        brand: i32,
        base: Option<&Seal>,
        whole_from: u64,
        openings: impl IntoIterator<Item = Opening>,
    ) -> Result<Self, Fault> {
        let mut wallets = HashMap::new();
        for opening in openings {
            let key = (opening.player_id, opening.currency.clone());
            match Wallet::going_on(opening) {
                Ok(wallet) => wallets.insert(key, wallet),
                Err((version, what)) => {
                    return Err(Fault {
                        brand: code.to_owned(),
                        wallet: Some(key),
                        version: Some(version),
                        what,
                    });
                }
            };
        }
        Ok(Self {
            code: code.to_owned(),
            brand,
            wallets,
            seals: VecDeque::new(),
            linked: base.map_or_else(Default::default, |seal| (seal.number, seal.hash, seal.below)),
            whole_from,
            last: None,
            digest: Sha256::new(),
            pending: 0,
            found: Verified {
                sealed: base.map(|seal| (seal.number, seal.hash)),
                ..Verified::default()
            },
        })
    }

    /// The next seals, before the first entry that comes after the first of them ends. Gives the newest one's number.
    ///
    /// # Errors
    /// The first that does not follow the one before it, or is not what it says.
    pub fn seals(&mut self, more: impl IntoIterator<Item = Seal>) -> Result<i64, Fault> {
        for seal in more {
            let (before, previous, below) = self.linked;
            let number = before + 1;
            let what = if seal.number != number {
                format!("seal {number} is missing")
            } else if seal.previous != previous {
                format!("seal {number} does not hold the hash of the seal before it")
            } else if seal.below <= below {
                format!("seal {number} ends before it begins")
            } else if seal.hash != seal.hashed(self.brand) {
                format!("seal {number} does not have the hash of what it says")
            } else {
                self.linked = (seal.number, seal.hash, seal.below);
                self.seals.push_back(seal);
                continue;
            };
            return Err(self.fault(what));
        }
        Ok(self.linked.0)
    }

    fn fault(&self, what: String) -> Fault {
        Fault {
            brand: self.code.clone(),
            wallet: None,
            version: None,
            what,
        }
    }

    /// The next entry.
    ///
    /// # Errors
    /// What is not as it must be.
    pub fn entry(&mut self, row: &Row) -> Result<(), Fault> {
        let of_row = |what: String| Fault {
            brand: self.code.clone(),
            wallet: Some((row.player_id, row.currency.clone())),
            version: Some(row.version),
            what,
        };
        let entry = row.entry().map_err(|what| of_row(what.to_owned()))?;
        if row.brand_id != self.brand {
            return Err(of_row("it is another brand's".to_owned()));
        }
        let key = (row.player_id, row.currency.clone());
        let wallet = self.wallets.remove(&key).unwrap_or_default();
        if row.version != wallet.version + 1 {
            return Err(of_row(format!(
                "it comes after version {}: an entry is missing, twice there or in another's place",
                wallet.version
            )));
        }
        if link(&wallet.hash, &entry) != row.hash {
            return Err(of_row(
                "its hash is not that of what it says and of the entry before it".to_owned(),
            ));
        }
        let next = wallet.after(row).map_err(of_row)?;
        self.wallets.insert(key, next);
        self.found.entries += 1;
        self.place(row.xid, row.n, &row.hash)
    }

    /// In place of an entry that is not at hand, in an export of what a seal holds the rest of.
    ///
    /// # Errors
    /// What is not as it must be.
    pub fn place(&mut self, xid: u64, n: i32, hash: &Link) -> Result<(), Fault> {
        if self.last.is_some_and(|last| last >= (xid, n)) {
            return Err(self.fault(format!(
                "({xid}, {n}) is there twice, or not in the journal's order"
            )));
        }
        self.last = Some((xid, n));
        self.sealed_below(xid)?;
        if xid >= self.whole_from {
            self.digest.update(hash);
            self.pending += 1;
        }
        Ok(())
    }

    /// Compares the seals that end at or before `xid` with what was read since the one before.
    fn sealed_below(&mut self, xid: u64) -> Result<(), Fault> {
        while self.seals.front().is_some_and(|seal| seal.below <= xid) {
            self.next_seal()?;
        }
        Ok(())
    }

    fn next_seal(&mut self) -> Result<(), Fault> {
        let Some(seal) = self.seals.pop_front() else {
            return Ok(());
        };
        let digest: Link = std::mem::take(&mut self.digest).finalize().into();
        let entries = std::mem::take(&mut self.pending);
        if seal.below > self.whole_from {
            if u64::try_from(seal.entries) != Ok(entries) {
                return Err(self.fault(format!(
                    "seal {} holds {} entries, and there are {entries}",
                    seal.number, seal.entries
                )));
            }
            if seal.digest != digest {
                return Err(self.fault(format!(
                    "the entries are others than seal {} was made of",
                    seal.number
                )));
            }
        }
        self.found.sealed = Some((seal.number, seal.hash));
        Ok(())
    }

    /// A wallet as its row has it, after all entries. `buckets` are the brand's, by position.
    ///
    /// # Errors
    /// What is not the sum of its entries.
    pub fn wallet(&mut self, now: &WalletNow, buckets: &[String]) -> Result<(), Fault> {
        let of_wallet = |what: String| Fault {
            brand: self.code.clone(),
            wallet: Some((now.player_id, now.currency.clone())),
            version: None,
            what,
        };
        let key = (now.player_id, now.currency.clone());
        // What is left when every wallet was looked at are entries of none.
        let mut wallet = self.wallets.remove(&key).unwrap_or_default();
        self.found.wallets += 1;
        if now.version != wallet.version {
            return Err(of_wallet(format!(
                "it is at version {}, its entries end at {}",
                now.version, wallet.version
            )));
        }
        if now.chain != wallet.hash {
            return Err(of_wallet("its hash is not its newest entry's".to_owned()));
        }
        for (sums, suffix) in [(&now.available, ""), (&now.held, ":held")] {
            for (at, sum) in sums.iter().enumerate() {
                let Some(bucket) = buckets.get(at) else {
                    return Err(of_wallet(format!(
                        "it has {} buckets, the brand {}",
                        sums.len(),
                        buckets.len()
                    )));
                };
                let account = format!("player:{bucket}{suffix}");
                let entries = wallet.sums.remove(&account).unwrap_or(0);
                if entries != *sum {
                    return Err(of_wallet(format!(
                        "{account} is {sum}, its entries come to {entries}"
                    )));
                }
            }
        }
        let strange = wallet.sums.keys().find(|account| !account.starts_with("house:"));
        match strange {
            Some(account) => Err(of_wallet(format!(
                "its entries name {account}, which is no account of it"
            ))),
            None => Ok(()),
        }
    }

    /// What the wallets come to, for the next to go on from.
    #[must_use]
    pub fn closing(&self) -> Vec<Opening> {
        let wallets = self.wallets.iter().map(|((player_id, currency), wallet)| {
            let (accounts, amounts) = wallet
                .sums
                .iter()
                .map(|(account, sum)| (account.clone(), *sum))
                .unzip();
            Opening {
                player_id: *player_id,
                currency: currency.clone(),
                version: wallet.version,
                hash: wallet.hash,
                balance: wallet.balance,
                accounts,
                amounts,
            }
        });
        wallets.collect()
    }

    /// After all entries, in an export.
    ///
    /// # Errors
    /// A seal that holds what is not there.
    pub fn finish(mut self) -> Result<Verified, Fault> {
        self.found.wallets += self.wallets.len();
        self.ended()
    }

    /// After all entries and all wallets.
    ///
    /// # Errors
    /// A seal that holds what is not there, or entries of no wallet.
    pub fn finish_with_wallets(mut self) -> Result<Verified, Fault> {
        if let Some((key, wallet)) = self.wallets.drain().next() {
            return Err(Fault {
                brand: self.code,
                wallet: Some(key),
                version: Some(wallet.version),
                what: "an entry of no wallet that there is".to_owned(),
            });
        }
        self.ended()
    }

    fn ended(mut self) -> Result<Verified, Fault> {
        self.sealed_below(u64::MAX)?;
        self.found.unsealed = self.pending;
        Ok(self.found)
    }
}

impl Wallet {
    /// From what was archived of it.
    fn going_on(opening: Opening) -> Result<Self, (i64, String)> {
        let lines = || opening.accounts.iter().zip(&opening.amounts);
        let sum = |lines: &mut dyn Iterator<Item = (&String, &i64)>| {
            lines.map(|(_, amount)| i128::from(*amount)).sum::<i128>()
        };
        let total = sum(&mut lines());
        let players = sum(&mut lines().filter(|(account, _)| account.starts_with("player:")));
        if total != 0 {
            return Err((opening.version, format!("what is archived of it sums to {total}")));
        }
        if players != i128::from(opening.balance) {
            let what = format!(
                "its archived balance is {}, and the lines come to {players}",
                opening.balance
            );
            return Err((opening.version, what));
        }
        Ok(Self {
            version: opening.version,
            hash: opening.hash,
            balance: opening.balance,
            sums: opening.accounts.into_iter().zip(opening.amounts).collect(),
        })
    }

    /// With an entry more.
    fn after(mut self, row: &Row) -> Result<Self, String> {
        let mut total = 0_i128;
        let mut change = 0_i128;
        for (account, amount) in row.accounts.iter().zip(&row.amounts) {
            let players = account.starts_with("player:");
            if !players && !account.starts_with("house:") {
                return Err(format!("{account} is nobody's account"));
            }
            total += i128::from(*amount);
            change += if players { i128::from(*amount) } else { 0 };
            let sum = self.sums.entry(account.clone()).or_default();
            *sum = sum
                .checked_add(*amount)
                .ok_or_else(|| format!("{account} comes to more than a number holds"))?;
        }
        if total != 0 {
            return Err(format!("its lines sum to {total}"));
        }
        if i128::from(self.balance) + change != i128::from(row.balance) {
            return Err(format!(
                "it says that the balance is {}, which was {} and changed by {change}",
                row.balance, self.balance
            ));
        }
        (self.version, self.hash, self.balance) = (row.version, row.hash, row.balance);
        Ok(self)
    }
}
