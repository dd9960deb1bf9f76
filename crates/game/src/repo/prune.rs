//! The statements that remove launches that were over long ago.

use croupier_brand::{BrandPool, BrandRead, BrandScope, brand_query, brand_read};
use time::OffsetDateTime;
use uuid::Uuid;

use super::GameRepo;
use crate::error::GameError;

/// A launch that was looked at.
pub(crate) struct Seen {
    pub(crate) token: Uuid,
    /// Whether it was over before the moment that was asked about, and is not the player's newest of its provider.
    pub(crate) goes: bool,
}

/// A brand's launches from a token on, in the order of their tokens.
pub(crate) async fn launches_from(
    (pool, scope): (&BrandPool, &BrandScope),
    from: Uuid,
    over_before: OffsetDateTime,
    limit: i64,
) -> Result<Vec<Seen>, GameError> {
    let mut read = BrandRead::open(pool, scope).await?;
    // Of several that are the newest at once all stay.
    let launches = brand_read!(
        read,
        r#"SELECT launch.brand_id, launch.token,
                  greatest(launch.expires_at, launch.ended_at) < $3
                  AND EXISTS (SELECT FROM game_session AS newer
                               WHERE newer.brand_id = $1 AND newer.player_id = launch.player_id
                                 AND newer.provider = launch.provider AND newer.created_at > launch.created_at) AS "goes!"
             FROM game_session AS launch WHERE launch.brand_id = $1 AND launch.token >= $2
            ORDER BY launch.token LIMIT $4"#,
        from,
        over_before,
        limit
    );
    let rows = launches.fetch_all(read.conn()).await?;
    // The macro puts a statement around this one, which need not keep its order.
    let mut seen: Vec<_> = rows
        .into_iter()
        .map(|row| Seen {
            token: row.token,
            goes: row.goes,
        })
        .collect();
    seen.sort_unstable_by_key(|seen| seen.token);
    Ok(seen)
}

impl GameRepo {
    /// Removes these launches, and says how many. In the order of their keys, so that two who do this at once wait for one
    /// another and never in a circle.
    pub(crate) async fn delete_launches(&mut self, tokens: &[Uuid]) -> Result<u64, GameError> {
        let delete = brand_query!(
            self.tx,
            "DELETE FROM game_session WHERE brand_id = $1 AND token IN (
                SELECT old.token
                  FROM game_session AS old JOIN unnest($2::uuid[]) AS item (token) ON old.token = item.token
                 WHERE old.brand_id = $1 ORDER BY old.token FOR UPDATE OF old)",
            tokens
        );
        Ok(delete.execute(self.tx.conn()).await?.rows_affected())
    }
}
