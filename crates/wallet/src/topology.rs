//! Which buckets a brand's wallets have, and which way money goes through them: the brand's document.
//!
//! A brand may add versions of it. A wallet row keeps its sums by position, so buckets are only ever
//! appended: a position never changes its meaning. What is said here holds from the next command on; a bet
//! remembers the version it was made under, and what refers to the bet is decided by that one.

mod document;

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use croupier_brand::Currency;
use serde::{Deserialize, Serialize};

use crate::engine::command::GrantKind;

/// The most buckets. A withdrawal posts two lines for each, and a journal row holds sixteen.
pub const MAX_BUCKETS: usize = 8;

/// What `win_to` says instead of a bucket's code where a win is split like the stake it is won with.
pub const AS_STAKED: &str = "as_staked";

/// A valid document. How it is written is told in `docs/adr/0019-topology-and-policy-documents.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "serde_json::Value", into = "serde_json::Value")]
pub struct Topology {
    buckets: Vec<Bucket>,
    bet_order: Vec<usize>,
    spending: Spending,
    win_to: WinTo,
    deposit_to: usize,
    withdraw_order: Vec<usize>,
    grant_to: GrantTo,
    convert_to: usize,
    negative_balance: bool,
    limits: BTreeMap<Currency, BetLimits>,
}

/// A part of a wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name in the journal and the API: 2 to 20 of `a-z` and `_`.
    pub code: String,
    /// Whether its money can be withdrawn.
    pub withdrawable: bool,
    /// Whether it is bonus money: a stake of which some comes from it is a bet with bonus.
    pub bonus: bool,
}

/// How a stake is taken from the buckets of `bet_order`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spending {
    /// From the first until it is empty, then from the next.
    InOrder,
    /// From each as much of the stake as it has of all of them, rounded down; the minor units left
    /// over go one by one to the first that still have some.
    Proportional,
}

/// Where a win goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WinTo {
    /// To the bucket at this position.
    Bucket(usize),
    /// To the buckets its bet was staked from, split like the stake, rounded down; what is left over
    /// goes to the first of them in `bet_order`. Without a bet, or with a stake of nothing, to `deposit_to`.
    AsStaked,
}

/// Positions that grants go to which name no bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct GrantTo {
    bonus: Option<usize>,
    coupon: Option<usize>,
}

/// The largest bets in a currency, minor units; none is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BetLimits {
    /// Of any bet.
    pub max_bet: Option<i64>,
    /// Of a bet with bonus: some of the stake would come from a bonus bucket, or a bonus grant is open.
    pub max_bet_with_bonus: Option<i64>,
}

/// Why a document is not a topology: every fault of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct InvalidTopology(Vec<String>);

impl InvalidTopology {
    /// Each fault, a sentence without its full stop.
    #[must_use]
    pub fn faults(&self) -> &[String] {
        &self.0
    }
}

static DEFAULT: LazyLock<Arc<Topology>> = LazyLock::new(|| {
    let bucket = |code: &str, withdrawable| Bucket {
        code: code.to_owned(),
        withdrawable,
        bonus: !withdrawable,
    };
    Arc::new(Topology {
        buckets: vec![bucket("cash", true), bucket("bonus", false)],
        bet_order: vec![0, 1],
        spending: Spending::InOrder,
        win_to: WinTo::Bucket(0),
        deposit_to: 0,
        withdraw_order: vec![0],
        grant_to: GrantTo {
            bonus: Some(1),
            coupon: Some(1),
        },
        convert_to: 0,
        negative_balance: false,
        limits: BTreeMap::new(),
    })
});

impl Topology {
    /// What a brand has that never chose: cash and bonus; stakes from cash first, wins and deposits
    /// to cash, only cash withdrawable, grants to bonus, no limits.
    #[must_use]
    pub fn standard() -> Arc<Self> {
        Arc::clone(&DEFAULT)
    }

    /// Reads a document, as JSON.
    ///
    /// # Errors
    /// [`InvalidTopology`] naming every fault.
    pub fn parse(text: &str) -> Result<Self, InvalidTopology> {
        let document: serde_json::Value = serde_json::from_str(text)
            .map_err(|fault| InvalidTopology(vec![format!("the document is not JSON: {fault}")]))?;
        document::read(&document)
    }

    /// Whether this may come after `former`: the same buckets first, in the same order, and none that
    /// took grants and does not any more, or the other way round. What is left of a grant is what is in its bucket,
    /// so a bucket that players' own money came into would lose it to the house with the grant.
    ///
    /// # Errors
    /// [`InvalidTopology`] naming every bucket of `former` that is not what it was.
    pub fn follows(&self, former: &Self) -> Result<(), InvalidTopology> {
        let faults = former.buckets.iter().enumerate().filter_map(|(at, bucket)| {
            let stays = self.buckets.get(at).is_some_and(|now| now.code == bucket.code);
            if !stays {
                return Some(format!(
                    "buckets: {:?} must stay bucket number {}; buckets can only be appended",
                    bucket.code,
                    at + 1
                ));
            }
            match (former.takes_grants(at), self.takes_grants(at)) {
                (true, false) => Some(format!(
                    "buckets: {:?} may hold grants, so it must not become withdrawable, deposit_to or convert_to; append another bucket",
                    bucket.code
                )),
                (false, true) => Some(format!(
                    "buckets: {:?} may hold players' own money, so grants must not come to it: it must stay withdrawable, deposit_to or convert_to; append another bucket",
                    bucket.code
                )),
                _ => None,
            }
        });
        let faults: Vec<_> = faults.collect();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(InvalidTopology(faults))
        }
    }

    /// The buckets, by position.
    #[must_use]
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// The position of the bucket of this code.
    #[must_use]
    pub fn position(&self, code: &str) -> Option<usize> {
        self.buckets.iter().position(|bucket| bucket.code == code)
    }

    /// Positions that a stake is taken from, first to last.
    #[must_use]
    pub fn bet_order(&self) -> &[usize] {
        &self.bet_order
    }

    /// How a stake is taken from them.
    #[must_use]
    pub fn spending(&self) -> Spending {
        self.spending
    }

    /// Positions that a withdrawal is taken from, first to last: the withdrawable buckets.
    #[must_use]
    pub fn withdraw_order(&self) -> &[usize] {
        &self.withdraw_order
    }

    /// Where a win goes.
    #[must_use]
    pub fn win_to(&self) -> WinTo {
        self.win_to
    }

    /// The position a deposit goes to.
    #[must_use]
    pub fn deposit_to(&self) -> usize {
        self.deposit_to
    }

    /// The position a grant of this kind goes to which names no bucket.
    #[must_use]
    pub fn grant_to(&self, kind: GrantKind) -> Option<usize> {
        match kind {
            GrantKind::Bonus => self.grant_to.bonus,
            GrantKind::Coupon => self.grant_to.coupon,
        }
    }

    /// Whether a grant may go to the bucket at this position. What is left of a grant is what is left in
    /// its bucket, so nobody's own money may be there: it is not withdrawable, and neither deposits nor
    /// converted money go to it.
    #[must_use]
    pub fn takes_grants(&self, at: usize) -> bool {
        at != self.deposit_to
            && at != self.convert_to
            && self.buckets.get(at).is_some_and(|bucket| !bucket.withdrawable)
    }

    /// The position that converted money goes to.
    #[must_use]
    pub fn convert_to(&self) -> usize {
        self.convert_to
    }

    /// Whether corrections and the rollbacks of spent wins may take a bucket below zero, whatever a
    /// provider's contract says. Where not, a correction never does, and a rollback where its contract says so.
    #[must_use]
    pub fn negative_balance(&self) -> bool {
        self.negative_balance
    }

    /// The largest bets in a currency.
    #[must_use]
    pub fn limits(&self, currency: Currency) -> BetLimits {
        self.limits.get(&currency).copied().unwrap_or_default()
    }
}

impl TryFrom<serde_json::Value> for Topology {
    type Error = InvalidTopology;

    fn try_from(document: serde_json::Value) -> Result<Self, InvalidTopology> {
        document::read(&document)
    }
}

impl From<Topology> for serde_json::Value {
    fn from(topology: Topology) -> Self {
        document::write(&topology)
    }
}

#[cfg(test)]
mod tests;
