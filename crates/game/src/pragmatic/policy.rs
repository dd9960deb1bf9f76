//! Where Pragmatic Play's contract differs from other providers', and what is chosen where nothing public says.

use croupier_wallet::{RollbackOfSettledBet, RollbackOfSpentWin, UnknownRollback, WinWithoutBet};

use crate::{
    provider::{Contract, ReplayBalance},
    rounds::UnknownGame,
};

/// * A result names its round and no bet, so none is asked for.
/// * A refund of a bet that was never seen moves nothing and succeeds; the bet moves nothing when it comes late.
/// * A refund of a bet whose round has a result: nothing public says; the stake is given back.
/// * Nothing of this protocol undoes a win.
/// * A repeat is told the balance there is.
pub(super) const CONTRACT: Contract = Contract {
    win_without_bet: WinWithoutBet::Allow,
    rollback_of_settled_bet: RollbackOfSettledBet::Reverse,
    unknown_rollback: UnknownRollback::Tombstone,
    rollback_of_spent_win: RollbackOfSpentWin::Refuse,
    replay_balance: ReplayBalance::Current,
    unknown_game: UnknownGame::Refuse,
};
