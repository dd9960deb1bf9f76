//! What a wallet can be told to do.

use croupier_brand::{Currency, token::PlayerId};
use serde::{Deserialize, Serialize};

use super::ids::{EntryId, GameId, RoundId, Source, TransactionId};
pub use super::policy::{Policy, RollbackOfSettledBet, RollbackOfSpentWin, UnknownRollback, WinWithoutBet};

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

/// What the payment gateway said about a deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payment {
    /// The money is ours.
    Approved,
    /// It is not, and for this transaction id never will be.
    Declined,
}

/// The kinds of command, as the journal names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Money from outside.
    Deposit,
    /// A withdrawal is asked for: its sum is set aside.
    WithdrawHold,
    /// It was paid out.
    WithdrawSettle,
    /// It was not: the sum is available again.
    WithdrawRelease,
    /// A stake.
    Bet,
    /// A win, or a loss (0).
    Settle,
    /// A bet or settle undone.
    Rollback,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Deposit,
        Self::WithdrawHold,
        Self::WithdrawSettle,
        Self::WithdrawRelease,
        Self::Bet,
        Self::Settle,
        Self::Rollback,
    ];

    /// The name in the journal, in metrics and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deposit => "deposit",
            Self::WithdrawHold => "withdraw_hold",
            Self::WithdrawSettle => "withdraw_settle",
            Self::WithdrawRelease => "withdraw_release",
            Self::Bet => "bet",
            Self::Settle => "settle",
            Self::Rollback => "rollback",
        }
    }

    /// Reads the journal's name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What to do, with what only that action needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Credit money that the payment gateway was asked for.
    Deposit {
        /// How much; zero is refused.
        amount: Amount,
        /// What the gateway said. Not part of the fingerprint: it is an answer, not a request.
        payment: Payment,
    },
    /// Set a sum aside until it is paid out. The hold is named by the entry this gives.
    WithdrawHold {
        /// How much; zero is refused.
        amount: Amount,
    },
    /// The held sum was paid out.
    WithdrawSettle {
        /// The hold.
        hold: EntryId,
    },
    /// The held sum is not paid out.
    WithdrawRelease {
        /// The hold.
        hold: EntryId,
    },
    /// Take a stake. Zero is a bet too.
    Bet {
        /// The stake.
        amount: Amount,
        /// The round it is for.
        round: RoundId,
        /// The game.
        game: GameId,
    },
    /// Credit a win. Zero says that nothing was won.
    Settle {
        /// The win.
        amount: Amount,
        /// The round it is of.
        round: RoundId,
        /// The game; it may be another than the bet's (a live lobby).
        game: GameId,
        /// The bet's transaction id, where the protocol names it.
        bet: Option<TransactionId>,
    },
    /// Undo a whole bet or a whole settle of the same source.
    Rollback {
        /// The transaction id of what is undone. Never this command's own: a protocol in which
        /// both are one gives this command a derived id.
        of: TransactionId,
        /// The round, where the protocol names it.
        round: Option<RoundId>,
        /// The game, where the protocol names it.
        game: Option<GameId>,
    },
}

impl Action {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Deposit { .. } => Kind::Deposit,
            Self::WithdrawHold { .. } => Kind::WithdrawHold,
            Self::WithdrawSettle { .. } => Kind::WithdrawSettle,
            Self::WithdrawRelease { .. } => Kind::WithdrawRelease,
            Self::Bet { .. } => Kind::Bet,
            Self::Settle { .. } => Kind::Settle,
            Self::Rollback { .. } => Kind::Rollback,
        }
    }

    /// The amount it names, if it names one.
    #[must_use]
    pub fn amount(&self) -> Option<Amount> {
        match self {
            Self::Deposit { amount, .. }
            | Self::WithdrawHold { amount }
            | Self::Bet { amount, .. }
            | Self::Settle { amount, .. } => Some(*amount),
            Self::WithdrawSettle { .. } | Self::WithdrawRelease { .. } | Self::Rollback { .. } => None,
        }
    }

    /// The round it names, if it names one.
    #[must_use]
    pub fn round(&self) -> Option<&RoundId> {
        match self {
            Self::Bet { round, .. } | Self::Settle { round, .. } => Some(round),
            Self::Rollback { round, .. } => round.as_ref(),
            _ => None,
        }
    }

    /// The game it names, if it names one.
    #[must_use]
    pub fn game(&self) -> Option<&GameId> {
        match self {
            Self::Bet { game, .. } | Self::Settle { game, .. } => Some(game),
            Self::Rollback { game, .. } => game.as_ref(),
            _ => None,
        }
    }

    /// The transaction of the same source it refers to, if it does.
    #[must_use]
    pub fn reference(&self) -> Option<&TransactionId> {
        match self {
            Self::Settle { bet, .. } => bet.as_ref(),
            Self::Rollback { of, .. } => Some(of),
            _ => None,
        }
    }

    /// The hold it refers to, if it does.
    #[must_use]
    pub fn hold(&self) -> Option<EntryId> {
        match self {
            Self::WithdrawSettle { hold } | Self::WithdrawRelease { hold } => Some(*hold),
            _ => None,
        }
    }
}

/// A command to one wallet of one player.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// Whose wallet.
    pub player: PlayerId,
    /// Which of the player's wallets.
    pub currency: Currency,
    /// Who asks.
    pub source: Source,
    /// The sender's id of this command: the same id is the same command, for months.
    pub transaction_id: TransactionId,
    /// What to do.
    pub action: Action,
    /// Where contracts differ.
    pub policy: Policy,
    /// What else the sender said that a repeat must say again, by name, although the wallet makes
    /// nothing of it: a free bet's nominal amount, a reward id.
    pub agreed: Vec<(String, String)>,
}

impl Command {
    /// A command under the default policy.
    #[must_use]
    pub fn new(
        player: PlayerId,
        currency: Currency,
        source: Source,
        transaction_id: TransactionId,
        action: Action,
    ) -> Self {
        Self {
            player,
            currency,
            source,
            transaction_id,
            action,
            policy: Policy::default(),
            agreed: Vec::new(),
        }
    }

    /// The same under this policy.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Adds something that a repeat must say again.
    #[must_use]
    pub fn agreeing_on(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.agreed.push((name.into(), value.into()));
        self
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
    fn kinds_are_read_back_by_their_names() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(Kind::parse("BET"), None);
    }
}
