//! What a batch may have besides entries, decisions and wallets.

use std::collections::BTreeMap;

use croupier_brand::{BatchTx, brand_set_query};
use sqlx::types::Json;
use time::OffsetDateTime;

use super::{
    Scopes,
    columns::{array, reversed},
    scope,
};
use crate::{
    engine::books::{CommandKey, OpenGrant, Play, Writes},
    repo::{
        RepoError,
        items::{Items, PlayItem},
    },
};

/// What has become of plays that were there before.
pub(super) async fn change_plays(
    tx: &mut BatchTx,
    scopes: &Scopes<'_>,
    plays: &BTreeMap<&CommandKey, &Play>,
) -> Result<(), RepoError> {
    let mut items = Items::with_capacity(plays.len());
    for (key, play) in plays {
        let item = PlayItem {
            source: key.source.as_str(),
            transaction_id: key.transaction_id.as_str(),
            player_id: play.account.player.0,
            state: play.state.as_str(),
            settles: play.settles,
            reversed: reversed(play),
            progress: play.progress.map(|(_, progress)| progress),
        };
        items.push(scope(scopes, key.brand)?, item);
    }
    let brands = tx.brands(items.scopes)?;
    let query = brand_set_query!(
        tx,
        brands,
        "UPDATE wallet_command AS command SET state = item.state, settles = item.settles, reversed = item.reversed, progress = item.progress
           FROM unnest($1::int[], $2::wallet_play_item[])
                AS item (brand_id, source, transaction_id, player_id, state, settles, reversed, progress)
          WHERE command.brand_id = item.brand_id AND command.source = item.source AND command.transaction_id = item.transaction_id
            AND command.player_id = item.player_id AND command.state IS NOT NULL",
        &items.rows as &[PlayItem<'_>],
    );
    let changed = query.execute(tx.conn()).await?.rows_affected();
    all_of(changed, plays.len(), "a bet or settle that is there as another")
}

pub(super) async fn put_holds(
    tx: &mut BatchTx,
    scopes: &Scopes<'_>,
    writes: &Writes,
) -> Result<(), RepoError> {
    let mut items = Vec::with_capacity(writes.holds.len());
    let mut ids = Vec::with_capacity(writes.holds.len());
    let mut players = Vec::with_capacity(writes.holds.len());
    let mut currencies = Vec::with_capacity(writes.holds.len());
    let mut amounts = Vec::with_capacity(writes.holds.len());
    let mut parts = Vec::with_capacity(writes.holds.len());
    let mut states = Vec::with_capacity(writes.holds.len());
    let mut ats = Vec::with_capacity(writes.holds.len());
    for ((brand, id), hold) in &writes.holds {
        items.push(scope(scopes, *brand)?);
        ids.push(id.0);
        players.push(hold.account.player.0);
        currencies.push(hold.account.currency.code());
        amounts.push(hold.amount);
        parts.push(array(&hold.parts));
        states.push(hold.state.as_str());
        ats.push(hold.at);
    }
    let brands = tx.brands(items)?;
    let query = brand_set_query!(
        tx,
        brands,
        "INSERT INTO wallet_hold (brand_id, hold_id, player_id, currency, amount, parts, state, at)
         SELECT item.brand_id, item.hold_id, item.player_id, item.currency, item.amount, item.parts::bigint[], item.state, item.at
           FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::timestamptz[])
                AS item (brand_id, hold_id, player_id, currency, amount, parts, state, at)
         ON CONFLICT (brand_id, hold_id) DO UPDATE SET state = excluded.state
          WHERE wallet_hold.player_id = excluded.player_id AND wallet_hold.currency = excluded.currency
            AND wallet_hold.amount = excluded.amount",
        &ids,
        &players,
        &currencies as &[&str],
        &amounts,
        &parts,
        &states as &[&str],
        &ats,
    );
    let changed = query.execute(tx.conn()).await?.rows_affected();
    all_of(changed, writes.holds.len(), "a hold that is there as another")
}

pub(super) async fn put_grants(
    tx: &mut BatchTx,
    scopes: &Scopes<'_>,
    writes: &Writes,
) -> Result<(), RepoError> {
    let mut items = Vec::with_capacity(writes.grants.len());
    let mut ids = Vec::with_capacity(writes.grants.len());
    let mut players = Vec::with_capacity(writes.grants.len());
    let mut currencies = Vec::with_capacity(writes.grants.len());
    let mut states = Vec::with_capacity(writes.grants.len());
    let mut given = Vec::with_capacity(writes.grants.len());
    let mut ends = Vec::with_capacity(writes.grants.len());
    for ((brand, id), grant) in &writes.grants {
        items.push(scope(scopes, *brand)?);
        ids.push(id.0);
        players.push(grant.account.player.0);
        currencies.push(grant.account.currency.code());
        states.push(grant.state.as_str());
        given.push(Json(&grant.given));
        ends.push(grant.ended_at);
    }
    let brands = tx.brands(items)?;
    let query = brand_set_query!(
        tx,
        brands,
        "INSERT INTO wallet_grant (brand_id, grant_id, player_id, currency, state, given, ended_at)
         SELECT item.brand_id, item.grant_id, item.player_id, item.currency, item.state, item.given, item.ended_at
           FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::jsonb[], $7::timestamptz[])
                AS item (brand_id, grant_id, player_id, currency, state, given, ended_at)
         ON CONFLICT (brand_id, grant_id) DO UPDATE SET state = excluded.state, given = excluded.given, ended_at = excluded.ended_at
          WHERE wallet_grant.player_id = excluded.player_id AND wallet_grant.currency = excluded.currency
            AND wallet_grant.state = 'open'",
        &ids,
        &players,
        &currencies as &[&str],
        &states as &[&str],
        &given as &[Json<&OpenGrant>],
        &ends as &[Option<OffsetDateTime>],
    );
    let changed = query.execute(tx.conn()).await?.rows_affected();
    all_of(changed, writes.grants.len(), "a grant that is there as another")
}

pub(super) async fn put_tombstones(
    tx: &mut BatchTx,
    scopes: &Scopes<'_>,
    writes: &Writes,
) -> Result<(), RepoError> {
    let mut items = Vec::with_capacity(writes.tombstones.len());
    let mut players = Vec::with_capacity(writes.tombstones.len());
    let mut currencies = Vec::with_capacity(writes.tombstones.len());
    let mut sources = Vec::with_capacity(writes.tombstones.len());
    let mut ids = Vec::with_capacity(writes.tombstones.len());
    let mut ats = Vec::with_capacity(writes.tombstones.len());
    for (at, stone) in &writes.tombstones {
        items.push(scope(scopes, stone.account.brand)?);
        players.push(stone.account.player.0);
        currencies.push(stone.account.currency.code());
        sources.push(stone.of.source.as_str());
        ids.push(stone.of.transaction_id.as_str());
        ats.push(*at);
    }
    let brands = tx.brands(items)?;
    let query = brand_set_query!(
        tx,
        brands,
        "INSERT INTO wallet_tombstone (brand_id, player_id, currency, source, transaction_id, at)
         SELECT item.brand_id, item.player_id, item.currency, item.source, item.transaction_id, item.at
           FROM unnest($1::int[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
                AS item (brand_id, player_id, currency, source, transaction_id, at)",
        &players,
        &currencies as &[&str],
        &sources as &[&str],
        &ids as &[&str],
        &ats,
    );
    query.execute(tx.conn()).await?;
    Ok(())
}

/// What was written is every row, none of them somebody else's.
fn all_of(changed: u64, expected: usize, otherwise: &'static str) -> Result<(), RepoError> {
    if changed == expected as u64 {
        Ok(())
    } else {
        Err(RepoError::Inconsistent(otherwise))
    }
}
