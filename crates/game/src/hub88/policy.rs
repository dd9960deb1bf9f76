//! Where Hub88's contract differs from other providers', as the wallet understands it.

use croupier_wallet::{Policy, RollbackOfSettledBet, RollbackOfSpentWin, UnknownRollback, WinWithoutBet};

/// Settings of one Hub88 integration: what the published contract leaves to the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hub88Policy {
    /// A rollback of what was never seen. The default remembers it and answers `RS_OK`, which
    /// operators of this provider report as its rule; refusing answers
    /// `RS_ERROR_TRANSACTION_DOES_NOT_EXIST`.
    pub unknown_rollback: UnknownRollback,
    /// A rollback of a bet that was won or lost. The contract is silent; the default gives the
    /// stake back and leaves the win to its own rollback.
    pub rollback_of_settled_bet: RollbackOfSettledBet,
    /// A rollback of a win that was spent. The contract is silent; the default refuses with
    /// `RS_ERROR_NOT_ENOUGH_MONEY` until the money is there.
    pub rollback_of_spent_win: RollbackOfSpentWin,
}

impl Default for Hub88Policy {
    fn default() -> Self {
        Self {
            unknown_rollback: UnknownRollback::Tombstone,
            rollback_of_settled_bet: RollbackOfSettledBet::Reverse,
            rollback_of_spent_win: RollbackOfSpentWin::Refuse,
        }
    }
}

impl Hub88Policy {
    /// For a command; `unreferenced` says that the contract lets this win come without its bet.
    pub(super) fn of_command(self, unreferenced: bool) -> Policy {
        Policy {
            win_without_bet: if unreferenced {
                WinWithoutBet::Allow
            } else {
                WinWithoutBet::Refuse
            },
            rollback_of_settled_bet: self.rollback_of_settled_bet,
            unknown_rollback: self.unknown_rollback,
            rollback_of_spent_win: self.rollback_of_spent_win,
        }
    }
}
