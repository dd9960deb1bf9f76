//! What adapters hand over: what a provider says happened, in nobody's words.

use croupier_brand::Currency;
use croupier_wallet::{Action, Amount, GameId, Policy, Promotion, RoundId, TransactionId};

/// One thing that happened in a round.
#[derive(Clone, Debug)]
pub struct Move {
    /// The provider's id of it.
    pub transaction: TransactionId,
    /// The currency it names, if it names one.
    pub currency: Option<Currency>,
    /// How the provider's contract differs from others.
    pub policy: Policy,
    /// What a repeat must say again although the wallet makes nothing of it.
    pub agreed: Vec<(String, String)>,
    pub(super) action: Action,
    pub(super) staked: bool,
}

/// Things that happened, told in one call.
#[derive(Clone, Debug)]
pub struct Play {
    /// They, in the call's order. At least one.
    pub moves: Vec<Move>,
    /// Whether they stand or fall together.
    pub together: Together,
    /// The round that they end without any of them being its result: it is settled with nothing, so that nobody
    /// waits for its win.
    pub ends: Option<(RoundId, GameId)>,
}

/// Whether the moves of a call stand or fall together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Together {
    /// All of them take effect, or none; no win among them pays for a bet among them.
    Atomic,
    /// Each for itself, in order.
    OneByOne,
}

impl Move {
    fn of(transaction: TransactionId, action: Action, currency: Option<Currency>, policy: Policy) -> Self {
        Self {
            transaction,
            currency,
            policy,
            agreed: Vec::new(),
            staked: action.is_debit(),
            action,
        }
    }

    /// A stake; zero for a free round.
    #[must_use]
    pub fn bet(
        transaction: TransactionId,
        (currency, amount): (Currency, Amount),
        round: RoundId,
        game: GameId,
        policy: Policy,
    ) -> Self {
        let action = Action::Bet { amount, round, game };
        Self::of(transaction, action, Some(currency), policy)
    }

    /// A win, or a loss (zero), of the bet that the provider names or of the round.
    #[must_use]
    pub fn win(
        transaction: TransactionId,
        (currency, amount): (Currency, Amount),
        round: RoundId,
        game: GameId,
        bet: Option<TransactionId>,
        policy: Policy,
    ) -> Self {
        let action = Action::Settle {
            amount,
            round,
            game,
            bet,
        };
        Self::of(transaction, action, Some(currency), policy)
    }

    /// A jackpot.
    #[must_use]
    pub fn jackpot(
        transaction: TransactionId,
        (currency, amount): (Currency, Amount),
        round: RoundId,
        game: GameId,
        bet: Option<TransactionId>,
        policy: Policy,
    ) -> Self {
        let action = Action::JackpotWin {
            amount,
            round,
            game,
            bet,
        };
        Self::of(transaction, action, Some(currency), policy)
    }

    /// What was won in a promotion, outside of rounds. A call that names no currency means the launch's.
    #[must_use]
    pub fn promo(
        transaction: TransactionId,
        (currency, amount): (Option<Currency>, Amount),
        promotion: Promotion,
        policy: Policy,
    ) -> Self {
        let action = Action::PromoWin { amount, promotion };
        Self::of(transaction, action, currency, policy)
    }

    /// Money given to a dealer.
    #[must_use]
    pub fn tip(
        transaction: TransactionId,
        (currency, amount): (Currency, Amount),
        round: Option<RoundId>,
        game: Option<GameId>,
        policy: Policy,
    ) -> Self {
        let action = Action::Tip { amount, round, game };
        Self::of(transaction, action, Some(currency), policy)
    }

    /// A bet or win undone; of a bet only a part, where an amount is given.
    #[must_use]
    pub fn rollback(
        transaction: TransactionId,
        of: TransactionId,
        round: Option<RoundId>,
        game: Option<GameId>,
        amount: Option<Amount>,
        policy: Policy,
    ) -> Self {
        let action = Action::Rollback {
            of,
            round,
            game,
            amount,
        };
        Self::of(transaction, action, None, policy)
    }

    /// The same, saying also what a repeat must say again.
    #[must_use]
    pub fn agreeing_on(mut self, name: &str, value: impl Into<String>) -> Self {
        self.agreed.push((name.to_owned(), value.into()));
        self
    }

    /// The same, as the record of a promotion: where it stakes nothing it is no wager, and asks for no more than a win.
    #[must_use]
    pub fn promotional(mut self) -> Self {
        let nothing = matches!(&self.action, Action::Bet { amount, .. } if *amount == Amount::ZERO);
        self.staked = self.staked && !nothing;
        self
    }

    /// What is to be done.
    #[must_use]
    pub fn action(&self) -> &Action {
        &self.action
    }
}

impl Play {
    /// One thing.
    #[must_use]
    pub fn one(only: Move) -> Self {
        Self {
            moves: vec![only],
            together: Together::OneByOne,
            ends: None,
        }
    }
}
