//! Where Spribe's contract differs from other providers', and what is chosen where it is silent.

use croupier_wallet::{RollbackOfSettledBet, RollbackOfSpentWin, UnknownRollback, WinWithoutBet};

use crate::{
    provider::{Contract, ReplayBalance},
    rounds::UnknownGame,
};

/// * A win names its bet; only what was given away goes without.
/// * A rollback of the unknown is answered 408 as operators do, and remembered all the same: the bet may be on its way.
/// * A rollback of a bet gives the stake back whatever was won, as operators do.
/// * A rollback of a win that was spent is refused with 402, as operators do, until the money is there.
/// * A repeat is told the first answer's balances.
pub(super) const CONTRACT: Contract = Contract {
    win_without_bet: WinWithoutBet::Refuse,
    rollback_of_settled_bet: RollbackOfSettledBet::Reverse,
    unknown_rollback: UnknownRollback::Tombstone,
    rollback_of_spent_win: RollbackOfSpentWin::Refuse,
    replay_balance: ReplayBalance::Original,
    unknown_game: UnknownGame::Refuse,
};
