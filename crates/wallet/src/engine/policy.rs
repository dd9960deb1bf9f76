//! Where providers' contracts differ, in words that name no provider.

use serde::{Deserialize, Serialize};

/// Where providers' contracts differ. Not part of the fingerprint: it is our reading of a contract,
/// not what the sender said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// A win that names no bet, or one we do not know.
    pub win_without_bet: WinWithoutBet,
    /// A rollback of a bet that a settle stands on.
    pub rollback_of_settled_bet: RollbackOfSettledBet,
    /// A rollback of what we do not know.
    pub unknown_rollback: UnknownRollback,
    /// A rollback of a win that was spent.
    pub rollback_of_spent_win: RollbackOfSpentWin,
    /// A rollback that names a win.
    pub rollback_of_win: RollbackOfWin,
}

/// A win that names no bet, or one we do not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WinWithoutBet {
    /// `MissingReference`.
    #[default]
    Refuse,
    /// Credited: promotional wins, protocols that link by round.
    Allow,
}

/// A rollback of a bet that a settle stands on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RollbackOfSettledBet {
    /// The stake is given back; the win stands until it is rolled back itself.
    #[default]
    Reverse,
    /// `AlreadySettled`.
    Refuse,
}

/// A rollback of what we do not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownRollback {
    /// Remembered: what it names moves no money when it comes late. Answered `Neutralised`.
    #[default]
    Tombstone,
    /// `MissingReference`; what it names stands when it comes late, until the rollback is repeated.
    Refuse,
}

/// A rollback of a win that was spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RollbackOfSpentWin {
    /// `InsufficientFunds`; nothing moves and nothing is stored, so that the same rollback may
    /// succeed later.
    #[default]
    Refuse,
    /// The bucket that was credited goes below zero; the next credit to it repays.
    DriveNegative,
}

/// A rollback that names a win.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RollbackOfWin {
    /// The win is taken back.
    #[default]
    Reverse,
    /// The win stands: in this protocol's words stakes alone are given back. Answered `Neutralised`.
    Leave,
}
