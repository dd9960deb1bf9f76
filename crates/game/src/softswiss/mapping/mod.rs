//! From SOFTSWISS's words to neutral ones and back. Pure.

mod inbound;
mod outbound;

pub(super) use inbound::{freespins, play};
pub(super) use outbound::{Code, answer, refused};

/// What an answer repeats of its request.
#[derive(Clone, Debug, Default)]
pub struct Echo {
    pub(super) game_id: Option<String>,
    pub(super) action_ids: Vec<String>,
}
