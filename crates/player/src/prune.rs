//! Removing sessions that ended long ago, so that they do not pile up for ever.
//!
//! A session goes with all of its refresh tokens or stays with all of them. A spent token that comes back is known for
//! one by its row, so as long as any token of the session may be refreshed none of them goes. A session ends for good
//! at its `expires_at`, which no refresh moves and no token outlives, and where it was revoked, then: it is over at the
//! later of the two, and goes when it has been over for as long as its operator says.
//!
//! A brand's sessions are walked in the order of their ids, some at a time, each some in a transaction of its own: it can be
//! interrupted anywhere, and two may do it at once. The application's role may not; the owner's does.

use croupier_brand::{BrandPool, scope::BrandScope, token::SessionId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    error::PlayerError,
    repo::{PlayerRepo, prune as repo},
};

/// How many sessions are looked at, and removed at the most, at once.
pub const SESSIONS_AT_ONCE: usize = 2_000;

/// What became of some sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pruned {
    /// How many sessions were looked at.
    pub seen: u64,
    /// How many of them were removed, or would be.
    pub sessions: u64,
    /// How many refresh tokens went with them, or would.
    pub refresh_tokens: u64,
    /// Where the next begin. None: there are no more.
    pub next: Option<SessionId>,
}

/// Removes, of a brand's next [`SESSIONS_AT_ONCE`] sessions from `from` on, those that were over before
/// `ended_before`; from the first on where none is named.
///
/// `ended_before` must be so long ago that no process' clock says otherwise: a day.
///
/// # Errors
/// [`PlayerError`]; none of these was removed then.
pub async fn remove(
    pool: &BrandPool,
    scope: &BrandScope,
    from: Option<SessionId>,
    ended_before: OffsetDateTime,
) -> Result<Pruned, PlayerError> {
    let (over, mut pruned) = look(pool, scope, from, ended_before).await?;
    if over.is_empty() {
        return Ok(pruned);
    }
    // Whatever was done to them since, no token of theirs is good for anything.
    let mut repo = PlayerRepo::open(pool, scope).await?;
    pruned.refresh_tokens = repo.delete_tokens_of(&over).await?;
    pruned.sessions = repo.delete_sessions(&over).await?;
    repo.commit().await?;
    Ok(pruned)
}

/// What [`remove`] would do. Changes nothing.
///
/// # Errors
/// [`PlayerError`].
pub async fn would_remove(
    pool: &BrandPool,
    scope: &BrandScope,
    from: Option<SessionId>,
    ended_before: OffsetDateTime,
) -> Result<Pruned, PlayerError> {
    let (over, mut pruned) = look(pool, scope, from, ended_before).await?;
    if !over.is_empty() {
        pruned.sessions = over.len() as u64;
        pruned.refresh_tokens = repo::count_tokens((pool, scope), &over).await?;
    }
    Ok(pruned)
}

/// The sessions that are over, of the next ones.
async fn look(
    pool: &BrandPool,
    scope: &BrandScope,
    from: Option<SessionId>,
    ended_before: OffsetDateTime,
) -> Result<(Vec<Uuid>, Pruned), PlayerError> {
    let from = from.map_or(Uuid::nil(), |from| from.0);
    // One more than is looked at says where the next begin.
    let limit = SESSIONS_AT_ONCE as i64 + 1;
    let mut seen = repo::sessions_from((pool, scope), from, ended_before, limit).await?;
    let next = seen.get(SESSIONS_AT_ONCE).map(|next| SessionId(next.session));
    seen.truncate(SESSIONS_AT_ONCE);
    let pruned = Pruned {
        seen: seen.len() as u64,
        sessions: 0,
        refresh_tokens: 0,
        next,
    };
    let over = seen.into_iter().filter(|seen| seen.over);
    Ok((over.map(|seen| seen.session).collect(), pruned))
}
