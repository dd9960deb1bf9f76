//! How a player stands, as their row says it: read where money is about to move, so that no other process's idea of it
//! counts.

use croupier_brand::{
    BrandRead, BrandTx, brand_query, brand_read, eligibility::Standing, exclusion::Exclusion, token::PlayerId,
};
use time::OffsetDateTime;

use super::RepoError;

/// How a player stands, who stays so until the transaction ends: what would change it (a block, an exclusion, a limit of
/// the player's) comes before this or after it, and so do the player's other requests to the cashier.
///
/// The player's key stays what it is, so what refers to it is not kept waiting: a wallet's first row, written by a writer
/// that has other players' commands in the same batch.
///
/// What is read after this is read anew, and so is what was changed while this waited.
///
/// # Errors
/// [`RepoError::UnknownPlayer`].
pub(crate) async fn hold(
    tx: &mut BrandTx,
    player: PlayerId,
    now: OffsetDateTime,
) -> Result<Standing, RepoError> {
    let query = brand_query!(
        tx,
        "SELECT brand_id, status, exclusion, excluded_until FROM player WHERE brand_id = $1 AND player_id = $2 FOR NO KEY UPDATE",
        player.0,
    );
    let row = query
        .fetch_optional(tx.conn())
        .await?
        .ok_or(RepoError::UnknownPlayer)?;
    standing_of(&row.status, row.exclusion, row.excluded_until, now)
}

/// How a player stands now; none where the brand has no such player.
pub(crate) async fn standing(
    reads: &mut BrandRead,
    player: PlayerId,
    now: OffsetDateTime,
) -> Result<Option<Standing>, RepoError> {
    let query = brand_read!(
        reads,
        "SELECT brand_id, status, exclusion, excluded_until FROM player WHERE brand_id = $1 AND player_id = $2",
        player.0,
    );
    let row = query.fetch_optional(reads.conn()).await?;
    row.map(|row| standing_of(&row.status, row.exclusion, row.excluded_until, now))
        .transpose()
}

fn standing_of(
    status: &str,
    exclusion: Option<String>,
    until: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> Result<Standing, RepoError> {
    let standing = Standing::of_account(status).ok_or(RepoError::Inconsistent("player.status"))?;
    let exclusion = Exclusion::of_row(exclusion.as_deref(), until)
        .map_err(|_| RepoError::Inconsistent("player.exclusion"))?;
    Ok(standing.keeping_out(exclusion, now))
}
