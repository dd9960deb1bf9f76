//! From Hub88's words to neutral ones and back. Pure.

mod inbound;
mod outbound;

pub(super) use inbound::IntoPlay;
pub(super) use outbound::answer;

use super::wire::{Answer, Envelope, Status};

/// Amounts are whole numbers × 10^5.
const SCALE: u32 = 5;

/// The calls that move money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Bet,
    Win,
    Rollback,
}

/// What an answer repeats of its request.
#[derive(Clone, Debug)]
pub struct Echo {
    pub(super) envelope: Envelope,
    /// Which, if it moves money.
    pub(super) kind: Option<Call>,
}

impl Echo {
    /// The answer that says no more than a status.
    pub(super) fn only(self, status: Status) -> Answer {
        Answer {
            user: Some(self.envelope.user),
            ..Answer::bare(status, Some(self.envelope.request_uuid))
        }
    }
}
