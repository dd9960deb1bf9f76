//! Where SOFTSWISS's contract differs from other providers', and what is chosen where it is silent.

use croupier_wallet::{RollbackOfSettledBet, RollbackOfSpentWin, UnknownRollback, WinWithoutBet};

use crate::{
    provider::{Contract, ReplayBalance},
    rounds::UnknownGame,
};

/// * A win names its round and no bet, so none is asked for.
/// * A rollback that comes first is remembered; what it names moves no money when it comes, and is
///   answered as if it had.
/// * A rollback of a bet gives the stake back whatever was won: the protocol rolls wins back by themselves.
/// * A rollback of a win that was spent: nothing public says; it is refused with 100 until the money is there.
/// * A repeat is told the present balance: `tx_id` is what must be the same.
pub(super) const CONTRACT: Contract = Contract {
    win_without_bet: WinWithoutBet::Allow,
    rollback_of_settled_bet: RollbackOfSettledBet::Reverse,
    unknown_rollback: UnknownRollback::Tombstone,
    rollback_of_spent_win: RollbackOfSpentWin::Refuse,
    replay_balance: ReplayBalance::Current,
    unknown_game: UnknownGame::Refuse,
};
