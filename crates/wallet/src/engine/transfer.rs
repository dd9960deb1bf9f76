//! Between a wallet's buckets, and operators' corrections.

use super::{
    account::{HOUSE_ADJUSTMENTS, Movement, changes},
    command::{Amount, Correction},
    ids::{BucketCode, Note},
    outcome::{Reason, Verdict},
    turn::{Draft, Turn},
};

pub(super) fn transfer(turn: &mut Turn<'_>, amount: Amount, from: &BucketCode, to: &BucketCode) -> Verdict {
    if amount == Amount::ZERO {
        return turn.rejected(Reason::ZeroAmount);
    }
    let topology = &turn.rules.topology;
    let (Some(from), Some(to)) = (topology.position(from.as_str()), topology.position(to.as_str())) else {
        return turn.rejected(Reason::UnknownBucket);
    };
    if from == to {
        return turn.rejected(Reason::SameBucket);
    }
    let usable = turn.account().usable(&[from]);
    if amount.minor() > usable {
        return turn.insufficient_funds(usable);
    }
    let moved = changes(&[(from, -amount.minor()), (to, amount.minor())]);
    let draft = Draft {
        amount: amount.minor(),
        ..Draft::default()
    };
    turn.post(&Movement::within(&moved), draft)
}

/// A debit goes below zero only where the brand's document says so.
pub(super) fn adjust(turn: &mut Turn<'_>, amount: Correction, bucket: &BucketCode, note: &Note) -> Verdict {
    if amount.size() == Amount::ZERO {
        return turn.rejected(Reason::ZeroAmount);
    }
    let Some(at) = turn.rules.topology.position(bucket.as_str()) else {
        return turn.rejected(Reason::UnknownBucket);
    };
    let usable = turn.account().usable(&[at]);
    if -amount.minor() > usable && !turn.rules.topology.negative_balance() {
        return turn.insufficient_funds(usable);
    }
    let moved = changes(&[(at, amount.minor())]);
    let draft = Draft {
        amount: amount.size().minor(),
        reference: Some(note.to_string()),
        ..Draft::default()
    };
    turn.post(&Movement::credit(&moved, HOUSE_ADJUSTMENTS), draft)
}
