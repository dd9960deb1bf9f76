//! What players ask the cashier for, as it is kept under their keys.

use croupier_brand::{Currency, http::idempotency::IdempotencyKey, token::PlayerId};

use crate::engine::command::Amount;

/// What a player asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Deposit,
    Withdrawal,
}

impl Wish {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Deposit, Self::Withdrawal]
            .into_iter()
            .find(|wish| wish.as_str() == name)
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Deposit => "deposit",
            Self::Withdrawal => "withdrawal",
        }
    }
}

/// How far a deposit has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// The gateway may have been asked.
    Begun,
    /// It took the money, which is not booked.
    Charged,
    /// It is booked.
    Credited,
    /// The gateway took nothing, and will not.
    Refused,
}

impl State {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Begun, Self::Charged, Self::Credited, Self::Refused]
            .into_iter()
            .find(|state| state.as_str() == name)
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Charged => "charged",
            Self::Credited => "credited",
            Self::Refused => "refused",
        }
    }
}

/// What a key is kept for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) player: PlayerId,
    pub(crate) key: IdempotencyKey,
    pub(crate) wish: Wish,
    pub(crate) currency: Currency,
    pub(crate) amount: Amount,
}
