//! Players' own limits, and what counts to them.

use std::time::Duration;

use croupier_brand::{BrandTx, Currency, brand_query, token::PlayerId};
use time::OffsetDateTime;
use uuid::Uuid;

use super::RepoError;
use crate::{
    cashier::ASKED_FOR,
    engine::command::Amount,
    personal::{Change, Limit, LimitKind, Measured, Pending, Period, Wanted},
};

/// For how long after it was begun a deposit may still turn out to be charged: a sweep that asks at the last moment has
/// an hour to book it.
const MAY_BE_CHARGED: Duration = ASKED_FOR.saturating_add(Duration::from_hours(1));

/// Whose limits, and of which currency.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whose {
    pub(crate) player: PlayerId,
    pub(crate) currency: Currency,
}

/// A player's limits on deposits, the shortest period's first, those that are over included.
pub(crate) async fn limits(tx: &mut BrandTx, whose: Whose) -> Result<Vec<(Period, Limit)>, RepoError> {
    let query = brand_query!(
        tx,
        "SELECT brand_id, period, amount, pending_amount, pending_from FROM wallet_limit
          WHERE brand_id = $1 AND player_id = $2 AND currency = $3 AND kind = 'deposit'",
        whose.player.0,
        whose.currency.code(),
    );
    let rows = query.fetch_all(tx.conn()).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let period = Period::parse(&row.period).ok_or(RepoError::Inconsistent("wallet_limit.period"))?;
        let pending_amount = row.pending_amount.map(amount).transpose()?;
        let limit = Limit {
            amount: amount(row.amount)?,
            pending: row.pending_from.map(|from| Pending {
                amount: pending_amount,
                from,
            }),
        };
        found.push((period, limit));
    }
    found.sort_by_key(|(period, _)| *period as u8);
    Ok(found)
}

/// A limit that a player asked for, and what it comes to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// The change's own id.
    pub(crate) id: Uuid,
    pub(crate) wanted: Wanted,
    pub(crate) limit: Limit,
    pub(crate) at: OffsetDateTime,
}

/// Notes what a player asked for, of whatever kind.
pub(crate) async fn note(tx: &mut BrandTx, whose: Whose, asked: Asked) -> Result<(), RepoError> {
    let query = brand_query!(
        tx,
        "INSERT INTO wallet_limit_change (brand_id, player_id, change_id, currency, kind, period, wanted, amount, pending_amount, pending_from, asked_by, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'player', $11)",
        whose.player.0,
        asked.id,
        whose.currency.code(),
        asked.wanted.kind.as_str(),
        asked.wanted.period.as_str(),
        asked.wanted.amount.map(Amount::minor),
        asked.limit.amount.minor(),
        asked.limit.pending.and_then(|pending| pending.amount).map(Amount::minor),
        asked.limit.pending.map(|pending| pending.from),
        asked.at,
    );
    query.execute(tx.conn()).await?;
    Ok(())
}

/// Sets a player's limit on deposits.
pub(crate) async fn set(tx: &mut BrandTx, whose: Whose, asked: Asked) -> Result<(), RepoError> {
    let query = brand_query!(
        tx,
        "INSERT INTO wallet_limit (brand_id, player_id, currency, kind, period, amount, pending_amount, pending_from, set_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (brand_id, player_id, currency, kind, period) DO UPDATE
            SET amount = excluded.amount, pending_amount = excluded.pending_amount, pending_from = excluded.pending_from, set_at = excluded.set_at",
        whose.player.0,
        whose.currency.code(),
        LimitKind::Deposit.as_str(),
        asked.wanted.period.as_str(),
        asked.limit.amount.minor(),
        asked.limit.pending.and_then(|pending| pending.amount).map(Amount::minor),
        asked.limit.pending.map(|pending| pending.from),
        asked.at,
    );
    query.execute(tx.conn()).await?;
    Ok(())
}

/// Every change of a player's limits, the first first.
pub(crate) async fn changes(tx: &mut BrandTx, player: PlayerId) -> Result<Vec<Change>, RepoError> {
    let query = brand_query!(
        tx,
        "SELECT brand_id, change_id, currency, kind, period, wanted, amount, pending_amount, pending_from, asked_by, at
           FROM wallet_limit_change WHERE brand_id = $1 AND player_id = $2",
        player.0,
    );
    let mut rows = query.fetch_all(tx.conn()).await?;
    rows.sort_by_key(|row| (row.at, row.change_id));
    rows.into_iter()
        .map(|row| {
            Ok(Change {
                at: row.at,
                asked_by: row.asked_by,
                currency: Currency::parse(&row.currency)
                    .map_err(|_| RepoError::Inconsistent("wallet_limit_change.currency"))?,
                kind: LimitKind::parse(&row.kind)
                    .ok_or(RepoError::Inconsistent("wallet_limit_change.kind"))?,
                period: Period::parse(&row.period)
                    .ok_or(RepoError::Inconsistent("wallet_limit_change.period"))?,
                wanted: row.wanted.map(amount).transpose()?,
                holds: amount(row.amount)?,
                from: row
                    .pending_from
                    .map(|from| Ok::<_, RepoError>((from, row.pending_amount.map(amount).transpose()?)))
                    .transpose()?,
            })
        })
        .collect()
}

/// Limits that hold at `now`, each with what counts to it but for the deposit of `but_for`. Nothing is added up where there are none.
pub(crate) async fn measured(
    tx: &mut BrandTx,
    whose: Whose,
    but_for: Option<&str>,
    now: OffsetDateTime,
) -> Result<Vec<Measured>, RepoError> {
    let mut limits = limits(tx, whose).await?;
    limits.retain(|(_, limit)| limit.in_force(now).is_some());
    if limits.is_empty() {
        return Ok(Vec::new());
    }
    let [day, week, month] = Period::ALL.map(|period| period.begins(now));
    // What is charged or booked counts from then on. What is begun may be charged at any moment while its gateway is
    // asked after it, and counts for every period until then. Nothing is looked after before it is begun.
    let query = brand_query!(
        tx,
        r#"SELECT brand_id,
                  least(coalesce(sum(amount) FILTER (WHERE state = 'begun' OR tried_at > $5), 0), 9223372036854775807)::bigint AS "day!",
                  least(coalesce(sum(amount) FILTER (WHERE state = 'begun' OR tried_at > $6), 0), 9223372036854775807)::bigint AS "week!",
                  least(coalesce(sum(amount), 0), 9223372036854775807)::bigint AS "month!"
             FROM wallet_request
            WHERE brand_id = $1 AND player_id = $2 AND currency = $3 AND kind = 'deposit' AND state <> 'refused' AND key <> $4
              AND tried_at > $7 AND (state <> 'begun' OR begun_at > $8)
            GROUP BY brand_id"#,
        whose.player.0,
        whose.currency.code(),
        // No key is empty.
        but_for.unwrap_or(""),
        day,
        week,
        month,
        now - MAY_BE_CHARGED,
    );
    let row = query.fetch_optional(tx.conn()).await?;
    let deposited = row.map_or([0; 3], |row| [row.day, row.week, row.month]);
    Ok(limits
        .into_iter()
        .map(|(period, limit)| Measured {
            period,
            limit,
            deposited: match period {
                Period::Day => deposited[0],
                Period::Week => deposited[1],
                Period::Month => deposited[2],
            },
        })
        .collect())
}

fn amount(minor: i64) -> Result<Amount, RepoError> {
    Amount::new(minor).map_err(|_| RepoError::Inconsistent("wallet_limit.amount"))
}
