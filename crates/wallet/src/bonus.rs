//! Bonus money as operators look at it: which grants a player has and had.
//!
//! A grant is given, taken back and converted by commands ([`Action::Grant`](crate::Action::Grant) and its kin), like all
//! money; here it is read.

use croupier_brand::{BrandPool, BrandRead, BrandScope, Currency, token::PlayerId};
use time::OffsetDateTime;

use crate::{
    documents,
    engine::{
        command::GrantKind,
        grants::{Grant, GrantState},
        ids::EntryId,
    },
    repo::{RepoError, grants},
    service::WalletError,
    topology::Topology,
};

/// A grant: what was given, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Its name: the entry that gave it.
    pub id: EntryId,
    /// What it is.
    pub kind: GrantKind,
    /// The code of the bucket it went to.
    pub bucket: String,
    /// What was given, minor units.
    pub amount: i64,
    /// What must be staked before it can be converted, minor units.
    pub wager: i64,
    /// How much of that was staked, minor units.
    pub progress: i64,
    /// The most that a conversion makes the player's own, minor units.
    pub convert_cap: Option<i64>,
    /// From when on it can be expired.
    pub expires_at: Option<OffsetDateTime>,
    /// When it was given.
    pub at: OffsetDateTime,
    /// What has become of it.
    pub state: GrantState,
    /// When it ended.
    pub ended_at: Option<OffsetDateTime>,
}

/// The newest two hundred grants of a player's wallet, the newest first; of those that are open, how far they are now.
///
/// # Errors
/// [`WalletError`].
pub async fn of_player(
    pool: &BrandPool,
    scope: &BrandScope,
    player: PlayerId,
    currency: Currency,
) -> Result<Vec<Given>, WalletError> {
    // Buckets are only ever appended, so the newest document names those of any grant that is read after it, or before.
    let mut reads = BrandRead::open(pool, scope).await.map_err(RepoError::from)?;
    let kept = grants::of_wallet(&mut reads, player, currency).await?;
    // A brand has a share of the connections, which may be one.
    drop(reads);
    let (_, topology) = documents::newest(pool, scope).await?;
    Ok(kept.into_iter().map(|grant| given(grant, &topology)).collect())
}

fn given(grant: Grant, topology: &Topology) -> Given {
    let Grant {
        given,
        state,
        ended_at,
        ..
    } = grant;
    let bucket = topology.buckets().get(given.bucket);
    Given {
        id: given.id,
        kind: given.kind,
        bucket: bucket.map_or_else(|| given.bucket.to_string(), |bucket| bucket.code.to_string()),
        amount: given.amount,
        wager: given.wager,
        progress: given.progress,
        convert_cap: given.convert_cap,
        expires_at: given.expires_at,
        at: given.at,
        state,
        ended_at,
    }
}
