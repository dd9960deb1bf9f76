//! Where Hub88's contract differs from other providers', and what is chosen where it is silent.

use croupier_wallet::{RollbackOfSettledBet, RollbackOfSpentWin, UnknownRollback, WinWithoutBet};

use crate::{
    provider::{Contract, ReplayBalance},
    rounds::UnknownGame,
};

/// * A win answers its bet; a supplier's promotion alone goes without ([`Contract::policy_without_bet`]).
/// * A rollback of what was never seen is remembered and answered `RS_OK`, which operators of this
///   provider report as its rule; refusing answers `RS_ERROR_TRANSACTION_DOES_NOT_EXIST`.
/// * A rollback of a bet that was won or lost: the contract is silent; the stake is given back and
///   the win left to its own rollback.
/// * A rollback of a win that was spent: the contract is silent; it is refused with
///   `RS_ERROR_NOT_ENOUGH_MONEY` until the money is there.
/// * A repeat has the answer of the first time, balance included.
pub(super) const CONTRACT: Contract = Contract {
    win_without_bet: WinWithoutBet::Refuse,
    rollback_of_settled_bet: RollbackOfSettledBet::Reverse,
    unknown_rollback: UnknownRollback::Tombstone,
    rollback_of_spent_win: RollbackOfSpentWin::Refuse,
    replay_balance: ReplayBalance::Original,
    unknown_game: UnknownGame::Refuse,
};
