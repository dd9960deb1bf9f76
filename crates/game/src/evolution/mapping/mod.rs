//! From Evolution's words to neutral ones and back. Pure.

mod inbound;
mod outbound;

pub(super) use inbound::read;
pub(super) use outbound::{Status, answer, refused};

/// What an answer repeats of its request, and how it is told.
#[derive(Clone, Debug)]
pub struct Echo {
    kind: Kind,
    uuid: String,
    sid: String,
}

/// What a call asks, as far as its answer is told otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Whether the launch is the player's, and may be played at.
    Launch,
    Balance,
    Debit,
    Credit,
    Cancel,
    Promo,
}
