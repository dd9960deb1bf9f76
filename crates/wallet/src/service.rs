//! The wallet as the rest of the house knows it.

use std::{future::Future, pin::Pin};

use croupier_brand::{BrandScope, Currency, token::PlayerId};
use serde::{Deserialize, Serialize};

use crate::{
    engine::{
        command::Command,
        outcome::{Balance, Outcome},
    },
    page::{Cursor, Page, PageLimit},
};

/// Why the wallet has no answer.
///
/// A submit that fails for a passing reason is not an error but [`Outcome::Retryable`].
#[derive(Debug, thiserror::Error)]
pub enum WalletError {
    /// The store is away or overloaded; or the process that has the wallet is.
    #[error("the wallet cannot answer now")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The store refused what it should accept, or holds what this version cannot read.
    #[error("the wallet failed: {0}")]
    Broken(String),
}

/// What a method of [`Wallet`] gives; boxed so that the trait can be an object.
pub type WalletFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, WalletError>> + Send + 'a>>;

/// The only way to move money.
pub trait Wallet: Send + Sync {
    /// Decides a command and makes the decision durable before it answers.
    ///
    /// Dropping the future does not take the command back: once begun it runs to its end, and a
    /// repeat under the same id tells how it ended.
    ///
    /// # Errors
    /// [`WalletError::Broken`]; nothing is known to have happened, and a repeat is safe.
    fn submit<'a>(&'a self, scope: &'a BrandScope, command: Command) -> WalletFuture<'a, Outcome>;

    /// Decides commands to one wallet together: all of them take effect, or none does. 1 to
    /// [`largest_group`](Self::largest_group) of them.
    ///
    /// Those that take money (bets, tips, withdrawals) are decided before the others, so no win of
    /// the group pays for a bet of it. When one is refused, none moves money: that one has its own
    /// outcome, the others are `Rejected` with `GroupRefused`, which is not stored. What was decided
    /// before, alone or in a group, is told again and not done again; a refusal of before refuses the
    /// group. The outcomes are in the commands' order.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    fn submit_group<'a>(
        &'a self,
        scope: &'a BrandScope,
        commands: Vec<Command>,
    ) -> WalletFuture<'a, Vec<Outcome>>;

    /// The most commands that a sender may give as a group: [`WalletLimits::group`](crate::WalletLimits::group). More are
    /// `Rejected` with `InvalidGroup`, and nothing is stored; whoever can tell the sender so in better words asks this first.
    fn largest_group(&self) -> usize;

    /// What [`submit`](Self::submit) would answer a command whose id was decided before; none when it
    /// was not. Decides nothing and writes nothing, so it may be asked about a command that must not
    /// be decided any more.
    ///
    /// A command that is being decided at this moment may or may not be seen yet.
    ///
    /// # Errors
    /// [`WalletError`].
    fn recall<'a>(&'a self, scope: &'a BrandScope, command: &'a Command)
    -> WalletFuture<'a, Option<Outcome>>;

    /// What a wallet holds. A player who never had money has zeros in every bucket of the brand.
    ///
    /// # Errors
    /// [`WalletError`].
    fn balance<'a>(
        &'a self,
        scope: &'a BrandScope,
        player: PlayerId,
        currency: Currency,
    ) -> WalletFuture<'a, Holdings>;

    /// A wallet's history, newest first.
    ///
    /// # Errors
    /// [`WalletError`].
    fn entries<'a>(
        &'a self,
        scope: &'a BrandScope,
        player: PlayerId,
        currency: Currency,
        after: Option<Cursor>,
        limit: PageLimit,
    ) -> WalletFuture<'a, Page>;
}

/// What a wallet holds, bucket by bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holdings {
    /// The currency of the amounts.
    pub currency: Currency,
    /// Each bucket of the brand's topology, in its order.
    pub buckets: Vec<BucketHolding>,
}

/// What one bucket holds, in minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BucketHolding {
    /// The bucket's code.
    pub bucket: String,
    /// What can be used.
    pub available: i64,
    /// What is set aside.
    pub held: i64,
    /// Whether stakes are taken from it.
    pub stakeable: bool,
}

impl Holdings {
    /// The sums over all buckets.
    #[must_use]
    pub fn balance(&self) -> Balance {
        self.buckets
            .iter()
            .fold(Balance::default(), |sum, bucket| Balance {
                available: sum.available.saturating_add(bucket.available),
                held: sum.held.saturating_add(bucket.held),
                stakeable: sum.stakeable.saturating_add(if bucket.stakeable {
                    bucket.available.max(0)
                } else {
                    0
                }),
            })
    }
}
