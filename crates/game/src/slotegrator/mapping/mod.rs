//! From Slotegrator's words to neutral ones and back. Pure.

mod inbound;
mod outbound;

pub(super) use inbound::asked;
pub(super) use outbound::{Why, answer, refused};

/// What an answer needs of its request.
#[derive(Clone, Debug, Default)]
pub struct Echo {
    /// What a rollback lists.
    pub(super) rolled_back: Option<Vec<String>>,
}
