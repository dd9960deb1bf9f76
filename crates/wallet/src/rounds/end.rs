//! That a round is over, where nothing else that its provider says is its result.
//!
//! It is noted as a win of nothing under an id of the house's own. So the round is not waited for, and is not taken for
//! won: see [`RoundState`](super::RoundState).

use crate::engine::ids::{InvalidName, TransactionId};

/// Begins the ids of rounds' ends.
const END: &str = "croupier:round-end:";

/// The id under which the end of a round is noted, of what tells whose and which round it is.
///
/// # Errors
/// [`InvalidName`].
pub fn id_of(which: &str) -> Result<TransactionId, InvalidName> {
    TransactionId::kept(&format!("{END}{which}"))
}

/// Whether an id is one of those.
pub(super) fn is_end(transaction: &str) -> bool {
    transaction.starts_with(END)
}
