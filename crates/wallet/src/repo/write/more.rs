//! What a batch may have besides entries, decisions and wallets.

use croupier_brand::{BatchTx, brand_set_query};
use sqlx::types::Json;

use super::{Scopes, scope};
use crate::{
    engine::books::Writes,
    repo::{
        RepoError,
        items::{GrantItem, HoldItem, Items, TombstoneItem},
    },
};

pub(super) async fn put_holds(
    tx: &mut BatchTx,
    scopes: &Scopes<'_>,
    writes: &Writes,
) -> Result<(), RepoError> {
    let mut items = Items::with_capacity(writes.holds.len());
    for ((brand, id), hold) in &writes.holds {
        let item = HoldItem {
            hold_id: id.0,
            player_id: hold.account.player.0,
            currency: hold.account.currency.code(),
            amount: hold.amount,
            parts: &hold.parts,
            state: hold.state.as_str(),
            at: hold.at,
        };
        items.push(scope(scopes, *brand)?, item);
    }
    let brands = tx.brands(items.scopes)?;
    let query = brand_set_query!(
        tx,
        brands,
        "INSERT INTO wallet_hold (brand_id, hold_id, player_id, currency, amount, parts, state, at)
         SELECT item.brand_id, item.hold_id, item.player_id, item.currency, item.amount, item.parts, item.state, item.at
           FROM unnest($1::int[], $2::wallet_hold_item[]) AS item (brand_id, hold_id, player_id, currency, amount, parts, state, at)
         ON CONFLICT (brand_id, hold_id) DO UPDATE SET state = excluded.state
          WHERE wallet_hold.player_id = excluded.player_id AND wallet_hold.currency = excluded.currency
            AND wallet_hold.amount = excluded.amount",
        &items.rows as &[HoldItem<'_>],
    );
    let changed = query.execute(tx.conn()).await?.rows_affected();
    all_of(changed, writes.holds.len(), "a hold that is there as another")
}

pub(super) async fn put_grants(
    tx: &mut BatchTx,
    scopes: &Scopes<'_>,
    writes: &Writes,
) -> Result<(), RepoError> {
    let mut items = Items::with_capacity(writes.grants.len());
    for ((brand, id), grant) in &writes.grants {
        let item = GrantItem {
            grant_id: id.0,
            player_id: grant.account.player.0,
            currency: grant.account.currency.code(),
            state: grant.state.as_str(),
            given: Json(&grant.given),
            ended_at: grant.ended_at,
        };
        items.push(scope(scopes, *brand)?, item);
    }
    let brands = tx.brands(items.scopes)?;
    let query = brand_set_query!(
        tx,
        brands,
        "INSERT INTO wallet_grant (brand_id, grant_id, player_id, currency, state, given, ended_at)
         SELECT item.brand_id, item.grant_id, item.player_id, item.currency, item.state, item.given, item.ended_at
           FROM unnest($1::int[], $2::wallet_grant_item[]) AS item (brand_id, grant_id, player_id, currency, state, given, ended_at)
         ON CONFLICT (brand_id, grant_id) DO UPDATE SET state = excluded.state, given = excluded.given, ended_at = excluded.ended_at
          WHERE wallet_grant.player_id = excluded.player_id AND wallet_grant.currency = excluded.currency
            AND wallet_grant.state = 'open'",
        &items.rows as &[GrantItem<'_>],
    );
    let changed = query.execute(tx.conn()).await?.rows_affected();
    all_of(changed, writes.grants.len(), "a grant that is there as another")
}

pub(super) async fn put_tombstones(
    tx: &mut BatchTx,
    scopes: &Scopes<'_>,
    writes: &Writes,
) -> Result<(), RepoError> {
    let mut items = Items::with_capacity(writes.tombstones.len());
    for (at, stone) in &writes.tombstones {
        let item = TombstoneItem {
            player_id: stone.account.player.0,
            currency: stone.account.currency.code(),
            source: stone.of.source.as_str(),
            transaction_id: stone.of.transaction_id.as_str(),
            at: *at,
        };
        items.push(scope(scopes, stone.account.brand)?, item);
    }
    let brands = tx.brands(items.scopes)?;
    let query = brand_set_query!(
        tx,
        brands,
        "INSERT INTO wallet_tombstone (brand_id, player_id, currency, source, transaction_id, at)
         SELECT item.brand_id, item.player_id, item.currency, item.source, item.transaction_id, item.at
           FROM unnest($1::int[], $2::wallet_tombstone_item[]) AS item (brand_id, player_id, currency, source, transaction_id, at)",
        &items.rows as &[TombstoneItem<'_>],
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
