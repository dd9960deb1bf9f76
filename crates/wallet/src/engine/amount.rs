//! Amounts, as commands carry them.

use serde::{Deserialize, Serialize};

/// The largest amount of one command, in minor units: 10^15. With balances kept at or below
/// [`MAX_BALANCE`](super::account::MAX_BALANCE) no sum of the engine can leave an `i64`.
pub const MAX_AMOUNT: i64 = 1_000_000_000_000_000;

/// An amount of a command: 0 to [`MAX_AMOUNT`] minor units. The direction is the action's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Amount(i64);

/// A number that is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAmount {
    /// Below zero.
    #[error("must not be negative")]
    Negative,
    /// Above [`MAX_AMOUNT`].
    #[error("is too large")]
    TooLarge,
}

impl Amount {
    /// No money: a bet of a free round, a round that was lost.
    pub const ZERO: Self = Self(0);

    /// Reads minor units.
    ///
    /// # Errors
    /// [`InvalidAmount`].
    pub fn new(minor: i64) -> Result<Self, InvalidAmount> {
        match minor {
            ..0 => Err(InvalidAmount::Negative),
            0..=MAX_AMOUNT => Ok(Self(minor)),
            _ => Err(InvalidAmount::TooLarge),
        }
    }

    /// The minor units.
    #[must_use]
    pub fn minor(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for Amount {
    type Error = InvalidAmount;

    fn try_from(minor: i64) -> Result<Self, InvalidAmount> {
        Self::new(minor)
    }
}

impl From<Amount> for i64 {
    fn from(amount: Amount) -> Self {
        amount.0
    }
}

/// How an operator's correction changes a bucket: up to [`MAX_AMOUNT`] minor units either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Correction(i64);

impl Correction {
    /// Reads minor units; below zero takes money away.
    ///
    /// # Errors
    /// [`InvalidAmount::TooLarge`] beyond [`MAX_AMOUNT`] in either direction.
    pub fn new(minor: i64) -> Result<Self, InvalidAmount> {
        if (-MAX_AMOUNT..=MAX_AMOUNT).contains(&minor) {
            Ok(Self(minor))
        } else {
            Err(InvalidAmount::TooLarge)
        }
    }

    /// The minor units, signed.
    #[must_use]
    pub fn minor(self) -> i64 {
        self.0
    }

    /// How much it moves, whichever way.
    #[must_use]
    pub fn size(self) -> Amount {
        Amount(self.0.abs())
    }
}

impl TryFrom<i64> for Correction {
    type Error = InvalidAmount;

    fn try_from(minor: i64) -> Result<Self, InvalidAmount> {
        Self::new(minor)
    }
}

impl From<Correction> for i64 {
    fn from(correction: Correction) -> Self {
        correction.0
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn money_06_amounts_end_at_the_limit() {
        assert_eq!(Amount::new(-1), Err(InvalidAmount::Negative));
        assert_eq!(Amount::new(i64::MIN), Err(InvalidAmount::Negative));
        assert_eq!(Amount::new(0).unwrap(), Amount::ZERO);
        assert_eq!(Amount::new(MAX_AMOUNT).unwrap().minor(), MAX_AMOUNT);
        assert_eq!(Amount::new(MAX_AMOUNT + 1), Err(InvalidAmount::TooLarge));
        assert_eq!(Amount::new(i64::MAX), Err(InvalidAmount::TooLarge));
    }

    #[test]
    fn money_06_corrections_end_at_the_limit_both_ways() {
        assert_eq!(Correction::new(-MAX_AMOUNT).unwrap().size().minor(), MAX_AMOUNT);
        assert_eq!(Correction::new(MAX_AMOUNT).unwrap().minor(), MAX_AMOUNT);
        for beyond in [MAX_AMOUNT + 1, -MAX_AMOUNT - 1, i64::MAX, i64::MIN] {
            assert_eq!(Correction::new(beyond), Err(InvalidAmount::TooLarge));
        }
    }
}
