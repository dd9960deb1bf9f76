//! From Pragmatic Play's words to neutral ones and back. Pure.

mod inbound;
mod outbound;

pub(super) use inbound::asked;
pub(super) use outbound::{Code, answer, refused};

/// Which call it is, as far as answers differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// With the token, which is the player's for the calls that follow.
    Authenticate(String),
    Balance,
    Bet,
    /// Result, bonus, jackpot and promotion wins, adjustments.
    Win,
    EndRound,
    Refund,
}

/// What an answer needs of its request.
#[derive(Clone, Debug)]
pub struct Echo(pub(super) Kind);
