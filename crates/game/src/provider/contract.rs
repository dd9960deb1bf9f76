//! Where providers' contracts differ, in words that name no provider.

use croupier_wallet::{
    Balance, Outcome, Policy, RollbackOfSettledBet, RollbackOfSpentWin, RollbackOfWin, UnknownRollback,
    WinWithoutBet,
};
use serde::Deserialize;

use crate::rounds::{Played, UnknownGame};

/// What a provider's contract says, or what is chosen where it says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contract {
    /// A win that names no bet, or one we do not know.
    pub win_without_bet: WinWithoutBet,
    /// A rollback of a bet that a win stands on.
    pub rollback_of_settled_bet: RollbackOfSettledBet,
    /// A rollback of what we do not know.
    pub unknown_rollback: UnknownRollback,
    /// A rollback of a win that was spent.
    pub rollback_of_spent_win: RollbackOfSpentWin,
    /// Which balance goes with a repeat's answer.
    pub replay_balance: ReplayBalance,
    /// A bet or win in a game that nobody here knows.
    pub unknown_game: UnknownGame,
}

/// Which balance goes with the answer to a repeat of what was accepted. A repeat of a refusal is always told
/// the balance there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayBalance {
    /// That of the first answer.
    Original,
    /// That of now.
    Current,
}

/// What a house has agreed with a provider otherwise: `[providers.<name>]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ContractOverrides {
    /// See [`Contract::rollback_of_settled_bet`].
    pub rollback_of_settled_bet: Option<RollbackOfSettledBet>,
    /// See [`Contract::unknown_rollback`].
    pub unknown_rollback: Option<UnknownRollback>,
    /// See [`Contract::rollback_of_spent_win`].
    pub rollback_of_spent_win: Option<RollbackOfSpentWin>,
    /// See [`Contract::replay_balance`].
    pub replay_balance: Option<ReplayBalance>,
    /// See [`Contract::unknown_game`].
    pub unknown_game: Option<UnknownGame>,
}

impl Contract {
    /// As the house has agreed.
    #[must_use]
    pub fn with(self, agreed: ContractOverrides) -> Self {
        Self {
            win_without_bet: self.win_without_bet,
            rollback_of_settled_bet: agreed
                .rollback_of_settled_bet
                .unwrap_or(self.rollback_of_settled_bet),
            unknown_rollback: agreed.unknown_rollback.unwrap_or(self.unknown_rollback),
            rollback_of_spent_win: agreed.rollback_of_spent_win.unwrap_or(self.rollback_of_spent_win),
            replay_balance: agreed.replay_balance.unwrap_or(self.replay_balance),
            unknown_game: agreed.unknown_game.unwrap_or(self.unknown_game),
        }
    }

    /// As the wallet understands it.
    #[must_use]
    pub fn policy(&self) -> Policy {
        Policy {
            win_without_bet: self.win_without_bet,
            rollback_of_settled_bet: self.rollback_of_settled_bet,
            unknown_rollback: self.unknown_rollback,
            rollback_of_spent_win: self.rollback_of_spent_win,
            rollback_of_win: RollbackOfWin::Reverse,
        }
    }

    /// The same for a call that gives back stakes and takes back no wins.
    #[must_use]
    pub fn policy_of_refunds(&self) -> Policy {
        Policy {
            rollback_of_win: RollbackOfWin::Leave,
            ..self.policy()
        }
    }

    /// The same for a win that the contract lets come without its bet.
    #[must_use]
    pub fn policy_without_bet(&self) -> Policy {
        Policy {
            win_without_bet: WinWithoutBet::Allow,
            ..self.policy()
        }
    }

    /// The balance that goes with the answer to moves: after the last that was decided now, else as
    /// [`ReplayBalance`] says. `debit` tells which took money: of moves that stand or fall together the
    /// wallet decides those first.
    pub(super) fn balance(&self, played: &Played, debit: &[bool]) -> Option<Balance> {
        let order = |debits: bool| {
            let pairs = played.outcomes.iter().zip(debit);
            pairs
                .filter(move |(_, debit)| **debit == debits)
                .map(|(outcome, _)| outcome)
        };
        let in_turn: Vec<_> = order(true).chain(order(false)).chain(&played.end).collect();
        let accepted = in_turn.iter().all(|outcome| {
            let verdict = outcome.verdict();
            verdict.is_some_and(|verdict| verdict.receipt().is_some())
        });
        let decided = in_turn.iter().rev().find_map(|outcome| match outcome {
            Outcome::Decided(verdict) => Some(verdict.balance()),
            _ => None,
        });
        decided.or_else(|| {
            in_turn.iter().rev().find_map(|outcome| match outcome {
                Outcome::Replayed { verdict, .. }
                    if accepted && self.replay_balance == ReplayBalance::Original =>
                {
                    Some(verdict.balance())
                }
                Outcome::Replayed { balance, .. } | Outcome::Conflict { balance } => Some(*balance),
                Outcome::Decided(_) | Outcome::Retryable => None,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use croupier_wallet::{EntryId, Receipt, Verdict};
    use uuid::Uuid;

    use super::*;

    const CONTRACT: Contract = Contract {
        win_without_bet: WinWithoutBet::Refuse,
        rollback_of_settled_bet: RollbackOfSettledBet::Reverse,
        unknown_rollback: UnknownRollback::Tombstone,
        rollback_of_spent_win: RollbackOfSpentWin::Refuse,
        replay_balance: ReplayBalance::Original,
        unknown_game: UnknownGame::Refuse,
    };

    fn balance(available: i64) -> Balance {
        Balance {
            available,
            held: 0,
            stakeable: available,
        }
    }

    fn applied(after: i64) -> Verdict {
        Verdict::Applied(Receipt {
            entry: EntryId(Uuid::nil()),
            balance: balance(after),
        })
    }

    fn replayed(after: i64, now: i64) -> Outcome {
        Outcome::Replayed {
            verdict: applied(after),
            balance: balance(now),
        }
    }

    fn told(contract: Contract, outcomes: &[Outcome], debit: &[bool]) -> Option<Balance> {
        let played = Played {
            account: "alice".to_owned(),
            currency: croupier_brand::Currency::parse("EUR").ok()?,
            outcomes: outcomes.to_vec(),
            end: None,
        };
        contract.balance(&played, debit)
    }

    #[test]
    fn money_11_a_repeat_is_told_the_balance_that_the_contract_says() {
        let current = Contract {
            replay_balance: ReplayBalance::Current,
            ..CONTRACT
        };
        assert_eq!(told(CONTRACT, &[replayed(5, 9)], &[true]), Some(balance(5)));
        assert_eq!(told(current, &[replayed(5, 9)], &[true]), Some(balance(9)));
        let refused = Outcome::Replayed {
            verdict: Verdict::InsufficientFunds {
                balance: balance(1),
                usable: 1,
            },
            balance: balance(9),
        };
        assert_eq!(told(CONTRACT, &[refused], &[true]), Some(balance(9)));
        assert_eq!(told(CONTRACT, &[Outcome::Retryable], &[true]), None);
    }

    #[test]
    fn of_several_moves_the_last_that_was_decided_counts() {
        let decided = |after| Outcome::Decided(applied(after));
        // A win and a bet: the bet is decided first, whatever the call's order.
        assert_eq!(
            told(CONTRACT, &[decided(15), decided(5)], &[false, true]),
            Some(balance(15))
        );
        assert_eq!(
            told(CONTRACT, &[replayed(5, 5), decided(15)], &[true, false]),
            Some(balance(15))
        );
        assert_eq!(
            told(CONTRACT, &[replayed(5, 99), replayed(15, 99)], &[true, false]),
            Some(balance(15))
        );
    }

    #[test]
    fn what_was_agreed_otherwise_replaces_what_is_chosen() {
        let agreed = ContractOverrides {
            unknown_rollback: Some(UnknownRollback::Refuse),
            ..ContractOverrides::default()
        };
        assert_eq!(CONTRACT.with(ContractOverrides::default()), CONTRACT);
        assert_eq!(
            CONTRACT.with(agreed).policy().unknown_rollback,
            UnknownRollback::Refuse
        );
        assert_eq!(
            CONTRACT.policy_without_bet().win_without_bet,
            WinWithoutBet::Allow
        );
        assert_eq!(CONTRACT.policy().rollback_of_win, RollbackOfWin::Reverse);
        assert_eq!(CONTRACT.policy_of_refunds().rollback_of_win, RollbackOfWin::Leave);
    }
}
