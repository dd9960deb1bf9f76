//! From Spribe's words to neutral ones and back. Pure.

mod inbound;
mod outbound;

use croupier_brand::Currency;

pub(super) use inbound::read;
pub(super) use outbound::{Code, answer, refused};

/// What an answer repeats of its request.
#[derive(Clone, Debug)]
pub enum Echo {
    /// Of a call that moves nothing.
    Player,
    /// Of one that does.
    Transaction(Movement),
}

/// What an answer repeats of a call that moves money.
#[derive(Clone, Debug)]
pub struct Movement {
    provider: String,
    provider_tx_id: String,
    /// What the call says moved, as the call counts; below zero what was taken.
    moved: i64,
    is_bet: bool,
}

/// How many digits of a currency are counted: thousandths of money, hundred-millionths of what is finer.
pub(super) fn scale(currency: Currency) -> u32 {
    if currency.digits() > 3 { 8 } else { 3 }
}
