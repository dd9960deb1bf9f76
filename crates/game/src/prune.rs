//! Removing launches that were over long ago, so that they do not pile up for ever.
//!
//! A launch is over at the later of its `expires_at` and its `ended_at`, for bets. Wins and rollbacks of what was bet are
//! taken for as long as there is a row: money that is owed is paid late, and a token without a row was never issued. So a
//! launch is kept far longer than any provider takes to settle, and never less than [`KEPT_DAYS`]. A player's newest
//! launch of a provider is kept whatever its age: some providers show no token, and their calls are judged by it.
//!
//! A brand's launches are walked in the order of their tokens, some at a time, each some in a transaction of its own: it can
//! be interrupted anywhere, and two may do it at once. The application's role may not; the owner's does.

use croupier_brand::{BrandPool, BrandScope};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    error::GameError,
    repo::{GameRepo, prune as repo},
};

/// How many launches are looked at, and removed at the most, at once.
pub const LAUNCHES_AT_ONCE: usize = 2_000;

/// The fewest days for which a launch that is over is kept.
pub const KEPT_DAYS: u16 = 30;

/// Where the next launches begin. It is a token, and shown to nobody.
#[derive(Clone, Copy)]
pub struct Next(Uuid);

/// What became of some launches.
#[derive(Clone, Copy)]
pub struct Pruned {
    /// How many were looked at.
    pub seen: u64,
    /// How many of them were removed, or would be.
    pub launches: u64,
    /// Where the next begin. None: there are no more.
    pub next: Option<Next>,
}

/// Which launches.
#[derive(Clone, Copy)]
pub struct Old {
    /// Those from here on; none: from the first on.
    pub from: Option<Next>,
    /// The present.
    pub now: OffsetDateTime,
    /// Days since they were over. Fewer than [`KEPT_DAYS`] are taken for so many.
    pub days: u16,
}

/// Removes those that are old of a brand's next [`LAUNCHES_AT_ONCE`] launches.
///
/// # Errors
/// [`GameError`]; none of these was removed then.
pub async fn remove(pool: &BrandPool, scope: &BrandScope, old: Old) -> Result<Pruned, GameError> {
    let (go, mut pruned) = look(pool, scope, old).await?;
    if go.is_empty() {
        return Ok(pruned);
    }
    let mut repo = GameRepo::open(pool, scope).await?;
    pruned.launches = repo.delete_launches(&go).await?;
    repo.commit().await?;
    Ok(pruned)
}

/// What [`remove`] would do. Changes nothing.
///
/// # Errors
/// [`GameError`].
pub async fn would_remove(pool: &BrandPool, scope: &BrandScope, old: Old) -> Result<Pruned, GameError> {
    let (go, mut pruned) = look(pool, scope, old).await?;
    pruned.launches = go.len() as u64;
    Ok(pruned)
}

/// The launches that go, of the next ones.
async fn look(pool: &BrandPool, scope: &BrandScope, old: Old) -> Result<(Vec<Uuid>, Pruned), GameError> {
    let from = old.from.map_or(Uuid::nil(), |Next(from)| from);
    let over_before = old.now - Duration::days(old.days.max(KEPT_DAYS).into());
    // One more than is looked at says where the next begin.
    let limit = LAUNCHES_AT_ONCE as i64 + 1;
    let mut seen = repo::launches_from((pool, scope), from, over_before, limit).await?;
    let next = seen.get(LAUNCHES_AT_ONCE).map(|next| Next(next.token));
    seen.truncate(LAUNCHES_AT_ONCE);
    let pruned = Pruned {
        seen: seen.len() as u64,
        launches: 0,
        next,
    };
    let go = seen.into_iter().filter(|seen| seen.goes);
    Ok((go.map(|seen| seen.token).collect(), pruned))
}
