//! Players' own limits on play, which their wallets' rows keep. The writer of a wallet decides by them; here they are
//! set.

use croupier_brand::{BrandTx, brand_query};
use sqlx::types::Json;
use time::OffsetDateTime;

use super::{RepoError, personal::Whose};
use crate::engine::{chain::Link, play_limit::PlayLimit};

/// The limits, those that are over included.
pub(crate) async fn read(tx: &mut BrandTx, whose: Whose) -> Result<Vec<PlayLimit>, RepoError> {
    let query = brand_query!(
        tx,
        r#"SELECT brand_id, limits AS "limits: Json<Vec<PlayLimit>>" FROM wallet_account
            WHERE brand_id = $1 AND player_id = $2 AND currency = $3"#,
        whose.player.0,
        whose.currency.code(),
    );
    let row = query.fetch_optional(tx.conn()).await?;
    Ok(kept(row.and_then(|row| row.limits)))
}

/// The limits, which nobody else changes or counts to until the transaction ends. A wallet that is not there is made.
///
/// Its revision is raised: whatever a writer decides by the limits as they were cannot be written any more.
pub(crate) async fn hold(
    tx: &mut BrandTx,
    whose: Whose,
    at: OffsetDateTime,
) -> Result<Vec<PlayLimit>, RepoError> {
    let none = Link::default();
    let made = brand_query!(
        tx,
        "INSERT INTO wallet_account (brand_id, player_id, currency, version, revision, available, held, chain, created_at)
         VALUES ($1, $2, $3, 0, 0, '{0}', '{0}', $4, $5)
         ON CONFLICT (brand_id, player_id, currency) DO NOTHING",
        whose.player.0,
        whose.currency.code(),
        none.as_slice(),
        at,
    );
    made.execute(tx.conn()).await?;
    let query = brand_query!(
        tx,
        r#"UPDATE wallet_account SET revision = revision + 1
            WHERE brand_id = $1 AND player_id = $2 AND currency = $3
        RETURNING brand_id, limits AS "limits: Json<Vec<PlayLimit>>""#,
        whose.player.0,
        whose.currency.code(),
    );
    let row = query
        .fetch_optional(tx.conn())
        .await?
        .ok_or(RepoError::Inconsistent("a wallet that was just made"))?;
    Ok(kept(row.limits))
}

/// Keeps these, and no others, in a wallet that is [held](hold).
pub(crate) async fn keep(tx: &mut BrandTx, whose: Whose, limits: &[PlayLimit]) -> Result<(), RepoError> {
    let query = brand_query!(
        tx,
        "UPDATE wallet_account SET limits = $4 WHERE brand_id = $1 AND player_id = $2 AND currency = $3",
        whose.player.0,
        whose.currency.code(),
        (!limits.is_empty()).then_some(Json(limits)) as Option<Json<&[PlayLimit]>>,
    );
    query.execute(tx.conn()).await?;
    Ok(())
}

fn kept(limits: Option<Json<Vec<PlayLimit>>>) -> Vec<PlayLimit> {
    limits.map(|limits| limits.0).unwrap_or_default()
}
