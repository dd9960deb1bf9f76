//! Bonus money as operators look at it: which grants a player has and had.
//!
//! A grant is given, taken back and converted by commands ([`Action::Grant`](crate::Action::Grant) and its kin), like all
//! money; here it is read.

use croupier_brand::{BrandPool, BrandRead, BrandScope, Currency, token::PlayerId};

use crate::{
    documents,
    engine::grants::Grant,
    repo::{RepoError, grants},
    service::WalletError,
    topology::Topology,
};

/// A grant as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// What was given, and what became of it. While it is open, its `progress` is how far it is now.
    pub grant: Grant,
    /// The code of the bucket it went to.
    pub bucket: String,
}

/// The newest two hundred grants of a player's wallet, the newest first.
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
    let at = grant.given.bucket;
    let bucket = topology.buckets().get(at);
    Given {
        bucket: bucket.map_or_else(|| at.to_string(), |bucket| bucket.code.to_string()),
        grant,
    }
}
