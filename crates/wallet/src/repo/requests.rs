//! What players asked the cashier for, by their keys.

use croupier_brand::{
    BatchTx, BrandTx, Currency, brand_query, brand_set_query, http::idempotency::IdempotencyKey,
    token::PlayerId,
};
use time::OffsetDateTime;

use super::RepoError;
use crate::{
    cashier::{Request, State, Wish},
    engine::command::Amount,
};

/// What a key is kept for.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) request: Request,
    /// Of a deposit, how far it is.
    pub(crate) state: Option<State>,
    /// When it was taken up last.
    pub(crate) begun_at: OffsetDateTime,
}

/// What a player's key is kept for. None: it is free.
pub(crate) async fn kept(
    tx: &mut BrandTx,
    player: PlayerId,
    key: &IdempotencyKey,
) -> Result<Option<Kept>, RepoError> {
    let query = brand_query!(
        tx,
        "SELECT brand_id, kind, currency, amount, state, begun_at FROM wallet_request WHERE brand_id = $1 AND player_id = $2 AND key = $3",
        player.0,
        key.as_str(),
    );
    let Some(row) = query.fetch_optional(tx.conn()).await? else {
        return Ok(None);
    };
    let request = Request {
        player,
        key: key.clone(),
        wish: Wish::parse(&row.kind).ok_or(RepoError::Inconsistent("wallet_request.kind"))?,
        currency: currency(&row.currency)?,
        amount: amount(row.amount)?,
    };
    Ok(Some(Kept {
        request,
        state: row.state.as_deref().map(state).transpose()?,
        begun_at: row.begun_at,
    }))
}

/// Keeps the key for this request.
pub(crate) async fn keep(tx: &mut BrandTx, request: &Request, at: OffsetDateTime) -> Result<(), RepoError> {
    let query = brand_query!(
        tx,
        "INSERT INTO wallet_request (brand_id, player_id, key, kind, currency, amount, state, begun_at, tried_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
        request.player.0,
        request.key.as_str(),
        request.wish.as_str(),
        request.currency.code(),
        request.amount.minor(),
        (request.wish == Wish::Deposit).then_some(State::Begun.as_str()),
        at,
    );
    query.execute(tx.conn()).await?;
    Ok(())
}

/// A deposit that was begun is begun anew.
pub(crate) async fn begin_again(
    tx: &mut BrandTx,
    request: &Request,
    at: OffsetDateTime,
) -> Result<(), RepoError> {
    let query = brand_query!(
        tx,
        "UPDATE wallet_request SET begun_at = $4, tried_at = $4
          WHERE brand_id = $1 AND player_id = $2 AND key = $3 AND state = 'begun'",
        request.player.0,
        request.key.as_str(),
        at,
    );
    query.execute(tx.conn()).await?;
    Ok(())
}

/// A deposit has come so far; one that is over stays as it ended.
pub(crate) async fn advance(
    tx: &mut BrandTx,
    request: &Request,
    state: State,
    at: OffsetDateTime,
) -> Result<(), RepoError> {
    let query = brand_query!(
        tx,
        "UPDATE wallet_request SET state = $4, tried_at = $5
          WHERE brand_id = $1 AND player_id = $2 AND key = $3
            AND (state = 'begun' OR state = 'charged' AND $4 <> 'begun')",
        request.player.0,
        request.key.as_str(),
        state.as_str(),
        at,
    );
    query.execute(tx.conn()).await?;
    Ok(())
}

/// Deposits of all brands that are not over and were not looked after since `before`, the longest untouched first:
/// those that were charged, and those that were begun after `begun_after`.
pub(crate) async fn waiting(
    tx: &mut BatchTx,
    before: OffsetDateTime,
    begun_after: OffsetDateTime,
    limit: u16,
) -> Result<Vec<(i32, Request, State)>, RepoError> {
    let brands = tx.every_brand();
    let query = brand_set_query!(
        tx,
        brands,
        "SELECT request.brand_id, request.player_id, request.key, request.currency, request.amount, request.state
           FROM unnest($1::int[]) AS item (brand_id) JOIN wallet_request AS request ON request.brand_id = item.brand_id
          WHERE request.state IN ('begun', 'charged') AND request.tried_at <= $2
            AND (request.state = 'charged' OR request.begun_at >= $3)
          ORDER BY request.tried_at LIMIT $4",
        before,
        begun_after,
        i64::from(limit),
    );
    let rows = query.fetch_all(tx.conn()).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let request = Request {
            player: PlayerId(row.player_id),
            key: IdempotencyKey::parse(&row.key)
                .map_err(|_| RepoError::Inconsistent("wallet_request.key"))?,
            wish: Wish::Deposit,
            currency: currency(&row.currency)?,
            amount: amount(row.amount)?,
        };
        let state = row
            .state
            .as_deref()
            .ok_or(RepoError::Inconsistent("wallet_request.state"))?;
        found.push((row.brand_id, request, self::state(state)?));
    }
    Ok(found)
}

fn currency(code: &str) -> Result<Currency, RepoError> {
    Currency::parse(code).map_err(|_| RepoError::Inconsistent("wallet_request.currency"))
}

fn amount(minor: i64) -> Result<Amount, RepoError> {
    Amount::new(minor).map_err(|_| RepoError::Inconsistent("wallet_request.amount"))
}

fn state(name: &str) -> Result<State, RepoError> {
    State::parse(name).ok_or(RepoError::Inconsistent("wallet_request.state"))
}
