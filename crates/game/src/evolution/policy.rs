//! Where Evolution's contract differs from other providers', and what is chosen where it is silent.

use croupier_wallet::{RollbackOfSettledBet, RollbackOfSpentWin, UnknownRollback, WinWithoutBet};

use crate::{
    provider::{Contract, ReplayBalance},
    rounds::UnknownGame,
};

/// * A credit answers its bet; a promotion is no credit.
/// * A bet that was credited is not cancelled.
/// * A cancel of the unknown is answered `BET_DOES_NOT_EXIST` and remembered all the same, as operators do.
/// * Credits are never cancelled; a wallet is not driven below zero by one.
/// * A repeat is told the present balance: it is what the player is shown.
pub(super) const CONTRACT: Contract = Contract {
    win_without_bet: WinWithoutBet::Refuse,
    rollback_of_settled_bet: RollbackOfSettledBet::Refuse,
    unknown_rollback: UnknownRollback::Tombstone,
    rollback_of_spent_win: RollbackOfSpentWin::Refuse,
    replay_balance: ReplayBalance::Current,
    unknown_game: UnknownGame::Refuse,
};
