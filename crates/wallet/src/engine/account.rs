//! One wallet, and the movements that change it.

use super::{chain::Link, grants::OpenGrant, outcome::Balance, play_limit::PlayLimit};
use crate::topology::Topology;

/// The most a wallet may hold, and the most it may owe, in minor units: 2^53 - 1, the largest whole
/// number that every JSON reader holds exactly. Scaled by a provider's 1000 it still fits an `i64`.
pub const MAX_BALANCE: i64 = 9_007_199_254_740_991;

/// The house's side of play.
pub const HOUSE_GAMING: &str = "house:gaming";
/// The house's side of deposits and withdrawals.
pub const HOUSE_PAYMENTS: &str = "house:payments";
/// Where grants come from, and what is left of them goes.
pub const HOUSE_BONUS: &str = "house:bonus";
/// The house's side of operators' corrections.
pub const HOUSE_ADJUSTMENTS: &str = "house:adjustments";
/// Where tips go.
pub const HOUSE_TIPS: &str = "house:tips";
/// Where jackpots come from.
pub const HOUSE_JACKPOT: &str = "house:jackpot";
/// Where promotions' wins come from.
pub const HOUSE_PROMOTIONS: &str = "house:promotions";

/// A wallet's sums, by bucket position, and its version: the number of entries in its history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// 0 before the first entry.
    pub version: i64,
    /// What can be used, minor units.
    pub available: Vec<i64>,
    /// What is set aside, minor units, never negative.
    pub held: Vec<i64>,
    /// The open grants, oldest first; at most [`MAX_OPEN_GRANTS`](super::grants::MAX_OPEN_GRANTS).
    pub grants: Vec<OpenGrant>,
    /// What the player allows themselves to stake and to lose, with what counts to it.
    pub limits: Vec<PlayLimit>,
    /// The hash of its newest entry.
    pub chain: Link,
}

/// A movement would take a wallet beyond the engine's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfLimits;

impl Account {
    /// The sums of available and of held money, and of what can be staked.
    #[must_use]
    pub fn balance(&self, topology: &Topology) -> Balance {
        Balance {
            available: sum(&self.available),
            held: sum(&self.held),
            stakeable: self.usable(topology.bet_order()),
        }
    }

    /// What is available in these buckets. One that is below zero does not lessen the others.
    #[must_use]
    pub fn usable(&self, order: &[usize]) -> i64 {
        order
            .iter()
            .fold(0_i64, |sum, at| sum.saturating_add(self.available_at(*at)))
    }

    /// `amount` taken from these buckets, first to last; none when they do not have it.
    #[must_use]
    pub fn split(&self, order: &[usize], amount: i64) -> Option<Vec<i64>> {
        let mut parts = vec![0; self.available.len()];
        let mut missing = amount;
        for at in order {
            let part = missing.min(self.available_at(*at));
            if part > 0 {
                parts[*at] = part;
                missing -= part;
            }
        }
        (missing == 0).then_some(parts)
    }

    /// The wallet one entry later.
    ///
    /// # Errors
    /// [`OutOfLimits`] when a sum would leave the limits, or a held sum go below zero.
    pub fn moved(&self, movement: &Movement) -> Result<Self, OutOfLimits> {
        let next = Self {
            version: self.version.checked_add(1).ok_or(OutOfLimits)?,
            available: added(&self.available, &movement.available)?,
            held: added(&self.held, &movement.held)?,
            grants: self.grants.clone(),
            limits: self.limits.clone(),
            chain: self.chain,
        };
        let limits = -MAX_BALANCE..=MAX_BALANCE;
        let within = next
            .available
            .iter()
            .chain(&next.held)
            .all(|part| limits.contains(part));
        let owned = next.held.iter().all(|part| *part >= 0);
        let total = sum(&next.available).saturating_add(sum(&next.held));
        if within && owned && limits.contains(&total) {
            Ok(next)
        } else {
            Err(OutOfLimits)
        }
    }

    /// The same with a sum for every bucket of the brand: those appended since hold nothing.
    #[must_use]
    pub fn widened(mut self, buckets: usize) -> Self {
        let buckets = buckets.max(self.available.len()).max(self.held.len());
        self.available.resize(buckets, 0);
        self.held.resize(buckets, 0);
        self
    }

    fn available_at(&self, at: usize) -> i64 {
        self.available.get(at).copied().unwrap_or(0).max(0)
    }
}

fn sum(parts: &[i64]) -> i64 {
    parts.iter().fold(0_i64, |sum, part| sum.saturating_add(*part))
}

fn added(sums: &[i64], changes: &[i64]) -> Result<Vec<i64>, OutOfLimits> {
    let mut sums = sums.to_vec();
    sums.resize(sums.len().max(changes.len()), 0);
    for (sum, change) in sums.iter_mut().zip(changes) {
        *sum = sum.checked_add(*change).ok_or(OutOfLimits)?;
    }
    Ok(sums)
}

/// How one entry changes a wallet, by bucket position, and which account of the house is the other
/// side of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    available: Vec<i64>,
    held: Vec<i64>,
    house: &'static str,
}

/// A line of a journal entry: an account's name and its change, minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// `player:<bucket>`, `player:<bucket>:held`, or one of the house's.
    pub account: String,
    /// Its change. The changes of an entry sum to zero.
    pub amount: i64,
}

impl Movement {
    /// From the house to the wallet; below zero, from the wallet to the house.
    #[must_use]
    pub fn credit(parts: &[i64], house: &'static str) -> Self {
        Self {
            available: parts.to_vec(),
            held: Vec::new(),
            house,
        }
    }

    /// From bucket to bucket; the changes sum to zero.
    #[must_use]
    pub fn within(changes: &[i64]) -> Self {
        // No line of the house's comes of what sums to zero.
        Self::credit(changes, HOUSE_ADJUSTMENTS)
    }

    /// From the wallet to the house.
    #[must_use]
    pub fn debit(parts: &[i64], house: &'static str) -> Self {
        Self {
            available: negated(parts),
            held: Vec::new(),
            house,
        }
    }

    /// Set aside within the wallet.
    #[must_use]
    pub fn hold(parts: &[i64]) -> Self {
        Self {
            available: negated(parts),
            held: parts.to_vec(),
            house: HOUSE_PAYMENTS,
        }
    }

    /// From what was set aside to the house: paid out.
    #[must_use]
    pub fn pay_out(parts: &[i64]) -> Self {
        Self {
            available: Vec::new(),
            held: negated(parts),
            house: HOUSE_PAYMENTS,
        }
    }

    /// Set aside no longer.
    #[must_use]
    pub fn release(parts: &[i64]) -> Self {
        Self {
            available: parts.to_vec(),
            held: negated(parts),
            house: HOUSE_PAYMENTS,
        }
    }

    /// The entry's lines: none for an account that does not change.
    #[must_use]
    pub fn postings(&self, topology: &Topology) -> Vec<Posting> {
        let code = |at: usize| {
            topology
                .buckets()
                .get(at)
                .map_or("unnamed", |bucket| bucket.code.as_str())
        };
        let changed = |changes: &[i64], held: &str| -> Vec<_> {
            let lines = changes.iter().enumerate().filter(|(_, amount)| **amount != 0);
            lines
                .map(|(at, amount)| Posting {
                    account: format!("player:{}{held}", code(at)),
                    amount: *amount,
                })
                .collect()
        };
        let mut postings = changed(&self.available, "");
        postings.extend(changed(&self.held, ":held"));
        // Each change is at most MAX_BALANCE in size and there are at most sixteen.
        let players: i64 = postings.iter().map(|posting| posting.amount).sum();
        if players != 0 {
            postings.push(Posting {
                account: self.house.to_owned(),
                amount: -players,
            });
        }
        postings
    }
}

/// Changes by bucket position: these, and none of the others.
pub(super) fn changes(lines: &[(usize, i64)]) -> Vec<i64> {
    let width = lines.iter().map(|(at, _)| at + 1).max().unwrap_or(0);
    let mut changes = vec![0; width];
    for (at, amount) in lines {
        changes[*at] += amount;
    }
    changes
}

fn negated(parts: &[i64]) -> Vec<i64> {
    parts.iter().map(|part| -part).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn money_29_no_more_is_let_go_than_is_held() {
        let holding = Account {
            available: vec![0, 0],
            held: vec![5, 3],
            ..Account::default()
        };
        for parts in [[6, 0], [0, 4], [5, 4]] {
            assert_eq!(holding.moved(&Movement::pay_out(&parts)), Err(OutOfLimits));
            assert_eq!(holding.moved(&Movement::release(&parts)), Err(OutOfLimits));
        }
        let released = holding.moved(&Movement::release(&[5, 3])).unwrap();
        assert_eq!((released.available, released.held), (vec![5, 3], vec![0, 0]));
    }
}
