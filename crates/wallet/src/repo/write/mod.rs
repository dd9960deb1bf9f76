//! What the engine decided, written.
//!
//! | file | holds |
//! |---|---|
//! | `post` | entries, decisions, changed plays and wallets: the one statement of a batch of bets and wins |
//! | `given` | what that statement is given, a row an item |
//! | `more` | what a batch may have besides: holds, grants, tombstones |

mod given;
mod more;
mod post;

use croupier_brand::{BatchLine, BatchTx, BrandId, BrandScope, brand_set_query};
use sqlx::postgres::{PgDatabaseError, PgSeverity};
use time::OffsetDateTime;

use self::{
    more::{put_grants, put_holds, put_tombstones},
    post::post,
};
use super::{
    RepoError,
    load::{Loaded, Scoped, scopes_of},
};
use crate::engine::{
    books::{AccountKey, Writes},
    chain::Link,
};
use crate::maps::HashMap;

/// What became of a write that failed.
#[derive(Debug)]
pub(crate) enum Failed {
    /// Nothing took effect.
    Undone(RepoError),
    /// Nobody knows: its end was not seen.
    Unknown(sqlx::Error),
}

impl From<RepoError> for Failed {
    fn from(fault: RepoError) -> Self {
        Self::Undone(fault)
    }
}

/// Writes all of it and makes it durable, where every wallet is still of the revision it was loaded at. Gives the trips
/// that the batch took.
///
/// Bets and wins of wallets that are there are one statement, which is its own transaction. What needs more has one around it.
///
/// # Errors
/// [`Failed`]; [`RepoError::Overtaken`] when a wallet is not, or when somebody else decided one of the ids.
pub(crate) async fn write(
    line: BatchLine,
    orders: &Scoped<'_>,
    loaded: &Loaded,
    writes: &Writes,
) -> Result<u32, Failed> {
    let scopes = scopes_of(orders);
    // In one order, so that two writers that meet wait for each other rather than in a circle.
    let touched: Vec<_> = writes.touched().into_iter().collect();
    let has_more = !(writes.holds.is_empty() && writes.grants.is_empty() && writes.tombstones.is_empty());
    if has_more
        || touched
            .iter()
            .any(|account| !loaded.revisions.contains_key(account))
    {
        return write_together(line, orders, &scopes, loaded, writes, &touched).await;
    }
    let mut line = line;
    let posted = post(&mut line, &scopes, loaded, writes, &touched).await;
    let trips = line.trips();
    match posted {
        Ok(()) => line.finish().await.map_err(Failed::Unknown)?,
        // The connection was lost, or the server process ended: after the commit, for all we know.
        Err(RepoError::Passing(fault)) if !was_answered(&fault) => return Err(Failed::Unknown(fault)),
        Err(fault) => {
            // The statement is undone; that the connection could not be kept changes nothing.
            if let Err(fault) = line.abandon().await {
                tracing::debug!(%fault, "a batch's connection was closed");
            }
            return Err(Failed::Undone(fault));
        }
    }
    Ok(trips)
}

/// Whether a statement was refused by a server process that goes on. One that ends (FATAL) may have committed before.
fn was_answered(fault: &sqlx::Error) -> bool {
    fault
        .as_database_error()
        .and_then(|fault| fault.try_downcast_ref::<PgDatabaseError>())
        .is_some_and(|fault| fault.severity() == PgSeverity::Error)
}

async fn write_together(
    line: BatchLine,
    orders: &Scoped<'_>,
    scopes: &Scopes<'_>,
    loaded: &Loaded,
    writes: &Writes,
    touched: &[AccountKey],
) -> Result<u32, Failed> {
    let mut tx = line.begin().await.map_err(RepoError::from)?;
    let written = write_in(&mut tx, orders, scopes, loaded, writes, touched).await;
    if let Err(fault) = written {
        // A refused statement leaves a connection that is good for another transaction.
        if !matches!(fault, RepoError::Passing(_))
            && let Err(fault) = tx.rollback().await
        {
            tracing::debug!(%fault, "a transaction without effect was ended by closing its connection");
        }
        return Err(Failed::Undone(fault));
    }
    let trips = tx.trips();
    tx.commit().await.map_err(Failed::Unknown)?;
    // The commit is one more.
    Ok(trips.saturating_add(1))
}

async fn write_in(
    tx: &mut BatchTx,
    orders: &Scoped<'_>,
    scopes: &Scopes<'_>,
    loaded: &Loaded,
    writes: &Writes,
    touched: &[AccountKey],
) -> Result<(), RepoError> {
    let fresh: Vec<_> = touched
        .iter()
        .filter(|account| !loaded.revisions.contains_key(account))
        .collect();
    if !fresh.is_empty() {
        // Every order has the time of its arrival; a wallet is made at the first one's.
        let at = orders.first().map(|(_, order)| order.at);
        create(tx, scopes, &fresh, at.ok_or(NOTHING)?).await?;
    }
    post(tx, scopes, loaded, writes, touched).await?;
    if !writes.holds.is_empty() {
        put_holds(tx, scopes, writes).await?;
    }
    if !writes.grants.is_empty() {
        put_grants(tx, scopes, writes).await?;
    }
    if !writes.tombstones.is_empty() {
        put_tombstones(tx, scopes, writes).await?;
    }
    Ok(())
}

const NOTHING: RepoError = RepoError::Inconsistent("a write of nothing");

type Scopes<'a> = HashMap<BrandId, &'a BrandScope>;

fn scope<'a>(scopes: &Scopes<'a>, brand: BrandId) -> Result<&'a BrandScope, RepoError> {
    scopes
        .get(&brand)
        .copied()
        .ok_or(RepoError::Inconsistent("a write for a brand of no order"))
}

/// Rows for wallets that never had one. One bucket is enough: the engine widens it.
async fn create(
    tx: &mut BatchTx,
    scopes: &Scopes<'_>,
    fresh: &[&AccountKey],
    at: OffsetDateTime,
) -> Result<(), RepoError> {
    let mut items = Vec::with_capacity(fresh.len());
    let mut players = Vec::with_capacity(fresh.len());
    let mut currencies = Vec::with_capacity(fresh.len());
    for account in fresh {
        items.push(scope(scopes, account.brand)?);
        players.push(account.player.0);
        currencies.push(account.currency.code());
    }
    let (brands, none) = (tx.brands(items)?, Link::default());
    let query = brand_set_query!(
        tx,
        brands,
        "INSERT INTO wallet_account (brand_id, player_id, currency, version, revision, available, held, chain, created_at)
         SELECT item.brand_id, item.player_id, item.currency, 0, 0, '{0}', '{0}', $5, $4
           FROM unnest($1::int[], $2::uuid[], $3::text[]) AS item (brand_id, player_id, currency)
         ON CONFLICT (brand_id, player_id, currency) DO NOTHING",
        &players,
        &currencies as &[&str],
        at,
        none.as_slice(),
    );
    query.execute(tx.conn()).await?;
    Ok(())
}
