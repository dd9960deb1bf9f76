//! From Hub88's words to neutral ones and back. Pure.

mod inbound;
mod outbound;

pub(super) use inbound::IntoRound;
pub(super) use outbound::{of_outcome, of_refusal, scaled};

/// Amounts are whole numbers × 10^5.
const SCALE: u32 = 5;

/// The calls that move money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Bet,
    Win,
    Rollback,
}
