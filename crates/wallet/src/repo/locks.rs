//! Who else is at the wallets' rows.

use std::collections::HashSet;

use croupier_brand::{BatchTx, BrandTx, brand_query, brand_set_query};

use super::{RepoError, load::Scoped};
use crate::engine::books::AccountKey;

/// Waits for whoever is at the orders' wallets: what was under way before is decided after.
///
/// It changes nothing, but to PostgreSQL it is a change; a lock on the rows of several brands is what a
/// distributed database refuses.
pub(crate) async fn wait_for_writers(tx: &mut BatchTx, orders: &Scoped<'_>) -> Result<(), RepoError> {
    let brands = tx.brands(orders.iter().map(|(scope, _)| *scope))?;
    let players: Vec<_> = orders.iter().map(|(_, order)| order.command.player.0).collect();
    let query = brand_set_query!(
        tx,
        brands,
        "UPDATE wallet_account AS account SET revision = account.revision
           FROM unnest($1::int[], $2::uuid[]) AS item (brand_id, player_id)
          WHERE account.brand_id = item.brand_id AND account.player_id = item.player_id",
        &players,
    );
    query.execute(tx.conn()).await?;
    Ok(())
}

/// The brand's wallets among these whose rows somebody holds at this moment. A trip for each; this is
/// asked only after a whole batch waited in vain.
pub(crate) async fn held(
    tx: &mut BrandTx,
    accounts: &HashSet<AccountKey>,
) -> Result<HashSet<AccountKey>, RepoError> {
    let mut held = HashSet::new();
    for account in accounts {
        if !is_free(tx, account).await? && is_there(tx, account).await? {
            held.insert(*account);
        }
    }
    Ok(held)
}

async fn is_free(tx: &mut BrandTx, account: &AccountKey) -> Result<bool, RepoError> {
    let query = brand_query!(
        tx,
        "SELECT brand_id FROM wallet_account WHERE brand_id = $1 AND player_id = $2 AND currency = $3 FOR UPDATE SKIP LOCKED",
        account.player.0,
        account.currency.code(),
    );
    Ok(query.fetch_optional(tx.conn()).await?.is_some())
}

async fn is_there(tx: &mut BrandTx, account: &AccountKey) -> Result<bool, RepoError> {
    let query = brand_query!(
        tx,
        "SELECT brand_id FROM wallet_account WHERE brand_id = $1 AND player_id = $2 AND currency = $3",
        account.player.0,
        account.currency.code(),
    );
    Ok(query.fetch_optional(tx.conn()).await?.is_some())
}
