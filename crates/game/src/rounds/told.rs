//! What becomes of a call.

use croupier_brand::Currency;
use croupier_wallet::{Balance, Outcome, WalletError};

use super::Refusal;
use crate::{error::GameError, players::PlayersUnavailable};

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling<T> {
    /// It was not admitted.
    Refused {
        /// Why.
        why: Refusal,
        /// The wallet now, where the provider is told it and the player and the launch are known.
        balance: Option<Balance>,
    },
    /// It was.
    Given(T),
}

/// What a player has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purse {
    /// The brand's own account of the player.
    pub account: String,
    /// The launch's currency.
    pub currency: Currency,
    /// The wallet now.
    pub balance: Balance,
}

/// What became of moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// The brand's own account of the player.
    pub account: String,
    /// The launch's currency.
    pub currency: Currency,
    /// Each move's, in their order.
    pub outcomes: Vec<Outcome>,
    /// That of the round's end, where the call says nothing else.
    pub end: Option<Outcome>,
}

/// Why there is no answer. A repeat of the request is safe.
#[derive(Debug, thiserror::Error)]
pub enum RoundError {
    /// The launch could not be looked up.
    #[error(transparent)]
    Game(#[from] GameError),
    /// The player could not be looked up.
    #[error(transparent)]
    Players(#[from] PlayersUnavailable),
    /// The wallet has no answer.
    #[error(transparent)]
    Wallet(#[from] WalletError),
}
