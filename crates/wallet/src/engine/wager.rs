//! How far a wallet's grants have come: what bets count for them.

use super::{grants::OpenGrant, ids::EntryId};

/// The grants after a bet, and what the bet counts for: the oldest that is not wagered yet, up to its
/// wager. What is over counts for no other. None where it counts for none.
pub(super) fn counted(grants: &[OpenGrant], stake: i64) -> Option<(Vec<OpenGrant>, (EntryId, i64))> {
    let at = grants.iter().position(|grant| grant.progress < grant.wager)?;
    let counts = stake.min(grants[at].wager - grants[at].progress);
    if counts <= 0 {
        return None;
    }
    let (mut after, id) = (grants.to_vec(), grants[at].id);
    after[at].progress += counts;
    Some((after, (id, counts)))
}

/// The grants after a bet was undone of which `standing` is left, and what the bet counts for from then
/// on. A bet counts as if it had been made with what is left of it. A grant that has ended stays as it ended.
pub(super) fn uncounted(
    grants: &[OpenGrant],
    (id, counts): (EntryId, i64),
    standing: i64,
) -> (Vec<OpenGrant>, Option<(EntryId, i64)>) {
    let still = counts.min(standing);
    let mut grants = grants.to_vec();
    if let Some(grant) = grants.iter_mut().find(|grant| grant.id == id) {
        grant.progress = (grant.progress - (counts - still)).max(0);
    }
    (grants, (still > 0).then_some((id, still)))
}
