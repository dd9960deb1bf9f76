//! What became of a command. A business refusal is a value, never an error.

use serde::{Deserialize, Serialize};

pub use super::balance::Balance;
use super::ids::EntryId;

/// What an accepted command gives its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The operator's transaction id. Of an applied command, its journal entry.
    pub entry: EntryId,
    /// The wallet after it.
    pub balance: Balance,
}

/// Why an accepted command moved no money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Neutral {
    /// The bet or settle came after its rollback.
    RolledBackBefore,
    /// The rollback names what we do not know; a tombstone waits for it.
    NotYetSeen,
    /// The rollback names what was rolled back before, under whatever id.
    AlreadyReversed,
    /// The rollback names what was refused: there is nothing to give back.
    NeverApplied,
    /// The rollback names a win, and is none for wins.
    WinStands,
}

impl Neutral {
    /// Every one.
    pub const ALL: [Self; 5] = [
        Self::RolledBackBefore,
        Self::NotYetSeen,
        Self::AlreadyReversed,
        Self::NeverApplied,
        Self::WinStands,
    ];

    /// The store's name for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RolledBackBefore => "rolled_back_before",
            Self::NotYetSeen => "not_yet_seen",
            Self::AlreadyReversed => "already_reversed",
            Self::NeverApplied => "never_applied",
            Self::WinStands => "win_stands",
        }
    }

    /// Reads the store's name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.as_str() == name)
    }
}

/// Why a command was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A deposit or withdrawal of nothing.
    ZeroAmount,
    /// The wallet would hold more than the engine's limit. Not stored: once there is room again, a
    /// repeat brings the money in.
    BalanceLimit,
    /// The payment gateway declined.
    PaymentDeclined,
    /// A rollback of something other than a bet, a tip or a win.
    NotReversible,
    /// A rollback of a part of a win: a win is undone whole.
    NotDivisible,
    /// The brand's wallets are kept in another currency. Not stored: it is so for every repeat.
    ForeignCurrency,
    /// The brand has no such player. Not stored: there is nobody to store it for.
    UnknownPlayer,
    /// The brand's wallets have no bucket of that code, or none that this kind of grant goes to.
    UnknownBucket,
    /// A transfer from a bucket to itself.
    SameBucket,
    /// A grant to a bucket that can be withdrawn from: its money would be the player's at once.
    NotForGrants,
    /// The wallet has as many open grants as it can have.
    TooManyGrants,
    /// The grant is not wagered yet. Not stored: once it is, a repeat converts it.
    WagerOpen,
    /// The grant's time is not over, or it has no end. Not stored: once it is, a repeat ends it.
    NotYetExpired,
    /// The stake is above the brand's largest bet.
    MaxBet,
    /// The stake is above the brand's largest bet with bonus money.
    MaxBetWithBonus,
    /// The stake is above what the player allows themselves to stake.
    StakeLimit,
    /// The stake is above what the player allows themselves to lose.
    LossLimit,
    /// Another command of its group was refused. Not stored: the group moved nothing.
    GroupRefused,
    /// The player may not be given a bonus now, or the brand is closed. Not stored: it may pass.
    NotEligible,
    /// The commands are not a group: none, too many, or not of one wallet. Not stored.
    InvalidGroup,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 20] = [
        Self::ZeroAmount,
        Self::BalanceLimit,
        Self::PaymentDeclined,
        Self::NotReversible,
        Self::NotDivisible,
        Self::ForeignCurrency,
        Self::UnknownPlayer,
        Self::UnknownBucket,
        Self::SameBucket,
        Self::NotForGrants,
        Self::TooManyGrants,
        Self::WagerOpen,
        Self::NotYetExpired,
        Self::MaxBet,
        Self::MaxBetWithBonus,
        Self::StakeLimit,
        Self::LossLimit,
        Self::NotEligible,
        Self::GroupRefused,
        Self::InvalidGroup,
    ];

    /// Reads the name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }

    /// The name in metrics and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ZeroAmount => "zero_amount",
            Self::BalanceLimit => "balance_limit",
            Self::PaymentDeclined => "payment_declined",
            Self::NotReversible => "not_reversible",
            Self::ForeignCurrency => "foreign_currency",
            Self::UnknownPlayer => "unknown_player",
            Self::NotDivisible => "not_divisible",
            Self::UnknownBucket => "unknown_bucket",
            Self::SameBucket => "same_bucket",
            Self::NotForGrants => "not_for_grants",
            Self::TooManyGrants => "too_many_grants",
            Self::WagerOpen => "wager_open",
            Self::NotYetExpired => "not_yet_expired",
            Self::MaxBet => "max_bet",
            Self::MaxBetWithBonus => "max_bet_with_bonus",
            Self::StakeLimit => "stake_limit",
            Self::LossLimit => "loss_limit",
            Self::NotEligible => "not_eligible",
            Self::GroupRefused => "group_refused",
            Self::InvalidGroup => "invalid_group",
        }
    }
}

/// A decision about a command. It is stored with the command's id and repeated for every repeat of
/// it, refusals included, except where a variant says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case", deny_unknown_fields)]
pub enum Verdict {
    /// Done, with a journal entry.
    Applied(Receipt),
    /// Accepted, and no money had to move.
    Neutralised {
        /// What the sender is given.
        receipt: Receipt,
        /// Why nothing moved.
        why: Neutral,
    },
    /// It refers to a bet, hold or grant that this wallet does not have. Not stored for a settle, a
    /// jackpot win or a rollback: what it names may be on its way, and a repeat then finds it.
    MissingReference {
        /// The wallet as it is.
        balance: Balance,
    },
    /// It refers to what was settled, cancelled, released or ended before.
    AlreadySettled {
        /// The wallet as it is.
        balance: Balance,
    },
    /// The wallet does not have that much. Not stored for the rollback of a spent win.
    InsufficientFunds {
        /// The wallet as it is.
        balance: Balance,
        /// How much there is for this command: for a withdrawal only withdrawable buckets count, in a
        /// group what the commands before it left.
        usable: i64,
    },
    /// Refused for another reason.
    Rejected {
        /// Which.
        reason: Reason,
        /// The wallet as it is.
        balance: Balance,
    },
}

impl Verdict {
    /// The wallet after the command (unchanged, unless it was applied).
    #[must_use]
    pub fn balance(&self) -> Balance {
        match self {
            Self::Applied(receipt) | Self::Neutralised { receipt, .. } => receipt.balance,
            Self::MissingReference { balance }
            | Self::AlreadySettled { balance }
            | Self::InsufficientFunds { balance, .. }
            | Self::Rejected { balance, .. } => *balance,
        }
    }

    /// The same decision, told with this balance.
    #[must_use]
    pub fn with_balance(mut self, now: Balance) -> Self {
        match &mut self {
            Self::Applied(receipt) | Self::Neutralised { receipt, .. } => receipt.balance = now,
            Self::MissingReference { balance }
            | Self::AlreadySettled { balance }
            | Self::InsufficientFunds { balance, .. }
            | Self::Rejected { balance, .. } => *balance = now,
        }
        self
    }

    /// The receipt of an accepted command.
    #[must_use]
    pub fn receipt(&self) -> Option<Receipt> {
        match self {
            Self::Applied(receipt) | Self::Neutralised { receipt, .. } => Some(*receipt),
            _ => None,
        }
    }

    /// The name in metrics and logs.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Applied(_) => "applied",
            Self::Neutralised { .. } => "neutralised",
            Self::MissingReference { .. } => "missing_reference",
            Self::AlreadySettled { .. } => "already_settled",
            Self::InsufficientFunds { .. } => "insufficient_funds",
            Self::Rejected { .. } => "rejected",
        }
    }
}

/// The answer to a submitted command.
///
/// Most adapters treat a decision and its replay alike: see [`Outcome::verdict`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// Decided now.
    Decided(Verdict),
    /// Decided before; nothing happened now.
    Replayed {
        /// The decision as it was stored, with the balance of that time.
        verdict: Verdict,
        /// The wallet now, for protocols that repeat an answer with the current balance.
        balance: Balance,
    },
    /// The id was used for a command that says something else. Nothing happened.
    Conflict {
        /// The wallet now.
        balance: Balance,
    },
    /// The store could not decide now. Repeat the same command under the same id: if it took effect
    /// after all, the repeat says so and nothing is doubled.
    Retryable,
}

impl Outcome {
    /// The decision, made now or before.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Decided(verdict) | Self::Replayed { verdict, .. } => Some(*verdict),
            Self::Conflict { .. } | Self::Retryable => None,
        }
    }

    /// Whether the decision was made before.
    #[must_use]
    pub fn is_replay(&self) -> bool {
        matches!(self, Self::Replayed { .. })
    }

    /// The name in metrics and logs.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Decided(verdict) => verdict.as_str(),
            Self::Replayed { .. } => "replayed",
            Self::Conflict { .. } => "conflict",
            Self::Retryable => "retryable",
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_stored_under_the_name_it_is_told_by() {
        for reason in Reason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
