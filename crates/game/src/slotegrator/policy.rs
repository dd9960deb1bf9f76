//! Where Slotegrator's contract differs from other providers', and what is chosen where nothing public says.

use croupier_wallet::{RollbackOfSettledBet, RollbackOfSpentWin, UnknownRollback, WinWithoutBet};

use crate::{
    provider::{Contract, ReplayBalance},
    rounds::UnknownGame,
};

/// * A win names its round and no bet, so none is asked for.
/// * A refund or rollback of what was never seen is remembered and succeeds.
/// * A rollback of a bet gives the stake back whatever was won: wins are listed by themselves.
/// * A rollback of a win that was spent: nothing public says; it is refused, and with it all that the call lists.
/// * A game that the catalogue here does not have counts as the one that was opened: the provider's self-validation
///   plays one. What the catalogue has and the brand does not offer is refused all the same.
/// * A repeat is told the balance there is, and the first `transaction_id`.
pub(super) const CONTRACT: Contract = Contract {
    win_without_bet: WinWithoutBet::Allow,
    rollback_of_settled_bet: RollbackOfSettledBet::Reverse,
    unknown_rollback: UnknownRollback::Tombstone,
    rollback_of_spent_win: RollbackOfSpentWin::Refuse,
    replay_balance: ReplayBalance::Current,
    unknown_game: UnknownGame::AsLaunched,
};
