//! The statements that remove sessions that ended long ago, with their refresh tokens.

use croupier_brand::{BrandPool, BrandRead, brand_query, brand_read, scope::BrandScope};
use time::OffsetDateTime;
use uuid::Uuid;

use super::PlayerRepo;
use crate::error::PlayerError;

/// A session that was looked at.
pub(crate) struct Seen {
    pub(crate) session: Uuid,
    /// Whether it ended before the moment that was asked about, by its time and by its revocation.
    pub(crate) over: bool,
}

/// A brand's sessions from an id on, in the order of their ids.
pub(crate) async fn sessions_from(
    (pool, scope): (&BrandPool, &BrandScope),
    from: Uuid,
    ended_before: OffsetDateTime,
    limit: i64,
) -> Result<Vec<Seen>, PlayerError> {
    let mut read = BrandRead::open(pool, scope).await?;
    let sessions = brand_read!(
        read,
        r#"SELECT brand_id, session_id, greatest(expires_at, revoked_at) < $3 AS "over!"
             FROM player_session WHERE brand_id = $1 AND session_id >= $2
            ORDER BY session_id LIMIT $4"#,
        from,
        ended_before,
        limit
    );
    let rows = sessions.fetch_all(read.conn()).await?;
    // The macro puts a statement around this one, which need not keep its order.
    let mut seen: Vec<_> = rows
        .into_iter()
        .map(|row| Seen {
            session: row.session_id,
            over: row.over,
        })
        .collect();
    seen.sort_unstable_by_key(|seen| seen.session);
    Ok(seen)
}

/// How many refresh tokens these sessions have, spent or not.
pub(crate) async fn count_tokens(
    (pool, scope): (&BrandPool, &BrandScope),
    sessions: &[Uuid],
) -> Result<u64, PlayerError> {
    let mut read = BrandRead::open(pool, scope).await?;
    let tokens = brand_read!(
        read,
        r#"SELECT token.brand_id, count(*) AS "count!"
             FROM player_refresh_token AS token JOIN unnest($2::uuid[]) AS item (session_id) ON token.session_id = item.session_id
            WHERE token.brand_id = $1 GROUP BY token.brand_id"#,
        sessions
    );
    let row = tokens.fetch_optional(read.conn()).await?;
    Ok(row.map_or(0, |row| row.count.unsigned_abs()))
}

impl PlayerRepo {
    /// Removes all refresh tokens of these sessions, and says how many. Before the sessions: so locks are taken.
    /// In the order of their keys, so that two who do this at once wait for one another and never in a circle.
    pub(crate) async fn delete_tokens_of(&mut self, sessions: &[Uuid]) -> Result<u64, PlayerError> {
        let delete = brand_query!(
            self.0,
            "DELETE FROM player_refresh_token WHERE brand_id = $1 AND token_hash IN (
                SELECT token.token_hash
                  FROM player_refresh_token AS token JOIN unnest($2::uuid[]) AS item (session_id) ON token.session_id = item.session_id
                 WHERE token.brand_id = $1 ORDER BY token.token_hash FOR UPDATE OF token)",
            sessions
        );
        Ok(delete.execute(self.0.conn()).await?.rows_affected())
    }

    /// Removes these sessions, which have no refresh tokens any more, and says how many.
    pub(crate) async fn delete_sessions(&mut self, sessions: &[Uuid]) -> Result<u64, PlayerError> {
        let delete = brand_query!(
            self.0,
            "DELETE FROM player_session WHERE brand_id = $1 AND session_id IN (
                SELECT old.session_id
                  FROM player_session AS old JOIN unnest($2::uuid[]) AS item (session_id) ON old.session_id = item.session_id
                 WHERE old.brand_id = $1 ORDER BY old.session_id FOR UPDATE OF old)",
            sessions
        );
        Ok(delete.execute(self.0.conn()).await?.rows_affected())
    }
}
