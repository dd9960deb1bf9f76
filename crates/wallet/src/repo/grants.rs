//! The grants of a wallet, as operators look at them.

use croupier_brand::{BrandRead, Currency, brand_read, token::PlayerId};
use sqlx::types::Json;

use super::{RepoError, rows::GrantRow};
use crate::engine::grants::{Grant, GrantState, OpenGrant};

/// The newest two hundred, the newest first; of those that are open, as the wallet has them.
pub(crate) async fn of_wallet(
    reads: &mut BrandRead,
    player: PlayerId,
    currency: Currency,
) -> Result<Vec<Grant>, RepoError> {
    let query = brand_read!(
        reads,
        r#"SELECT g.brand_id, g.grant_id, g.player_id, g.currency, g.state, g.given AS "given: Json<OpenGrant>", g.ended_at,
                  a.brand_id AS account_brand_id, a.grants AS "open: Json<Vec<OpenGrant>>"
             FROM wallet_grant g
             JOIN wallet_account a ON a.brand_id = g.brand_id AND a.player_id = g.player_id AND a.currency = g.currency
            WHERE g.brand_id = $1 AND g.player_id = $2 AND g.currency = $3
            ORDER BY g.grant_id DESC LIMIT 200"#,
        player.0,
        currency.code(),
    );
    let rows = query.fetch_all(reads.conn()).await?;
    let mut grants = Vec::with_capacity(rows.len());
    for row in rows {
        let open = row.open.map(|open| open.0).unwrap_or_default();
        let kept = GrantRow {
            brand_id: row.brand_id,
            grant_id: row.grant_id,
            player_id: row.player_id,
            currency: row.currency,
            state: row.state,
            given: row.given,
            ended_at: row.ended_at,
        };
        let (id, mut grant) = kept.read(reads.scope().id())?;
        if grant.state == GrantState::Open {
            let now = open.into_iter().find(|open| open.id == id);
            grant.given = now.ok_or(RepoError::Inconsistent("wallet_account.grants"))?;
        }
        grants.push(grant);
    }
    Ok(grants)
}
