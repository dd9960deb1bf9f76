//! What players and operators look at. Nothing is locked.

use std::cmp::Reverse;

use croupier_brand::{BrandRead, Currency, brand_read, brand_read_as, token::PlayerId};

use super::{RepoError, rows::CommandRow, topologies::Topologies};
use crate::{
    engine::{
        account::Account,
        books::Recorded,
        command::Kind,
        ids::{EntryId, GameId, RoundId, Source, TransactionId},
    },
    page::{Cursor, Entry, Page, PageLimit},
    service::{BucketHolding, Holdings},
};

/// What was decided under an id, for whichever player.
pub(crate) async fn decision(
    reads: &mut BrandRead,
    source: &Source,
    transaction_id: &TransactionId,
) -> Result<Option<Recorded>, RepoError> {
    let query = brand_read_as!(
        CommandRow,
        reads,
        "SELECT brand_id, source, transaction_id, player_id, currency, kind, fingerprint, verdict, detail, entry_id, available, held,
                stakeable, usable, at, state, amount, round_id, game_id, parts, reversed, rules, grant_id, progress, bet_id, settles
           FROM wallet_command
          WHERE brand_id = $1 AND source = $2 AND transaction_id = $3",
        source.as_str(),
        transaction_id.as_str(),
    );
    let row = query.fetch_optional(reads.conn()).await?;
    row.map(|row| row.read(reads.scope().id()).map(|(_, recorded, _)| recorded))
        .transpose()
}

/// What a wallet holds; zeros where it has no row.
pub(crate) async fn holdings(
    reads: &mut BrandRead,
    topologies: &Topologies,
    player: PlayerId,
    currency: Currency,
) -> Result<Holdings, RepoError> {
    let query = brand_read!(
        reads,
        r#"SELECT account.brand_id AS "brand_id?", account.version AS "version?",
                  account.available AS "available?", account.held AS "held?",
                  topology.brand_id AS "topology_brand_id?", topology.version AS "topology_version?", topology.document AS "topology?"
             FROM (SELECT 1 AS one) AS one
             LEFT JOIN wallet_account AS account
                    ON account.brand_id = $1 AND account.player_id = $2 AND account.currency = $3
             LEFT JOIN wallet_topology AS topology
                    ON topology.brand_id = $1
                   AND topology.version = (SELECT max(newest.version) FROM wallet_topology AS newest WHERE newest.brand_id = $1)"#,
        player.0,
        currency.code(),
    );
    let row = query.fetch_one(reads.conn()).await?;
    let topology = topologies.of(reads.scope(), row.topology_version, row.topology)?;
    let account = match (row.version, row.available, row.held) {
        (Some(version), Some(available), Some(held)) => Account {
            version,
            available,
            held,
            ..Account::default()
        },
        _ => Account::default(),
    }
    .widened(topology.buckets().len());
    let sums = account.available.into_iter().zip(account.held);
    let buckets = topology
        .buckets()
        .iter()
        .zip(sums)
        .enumerate()
        .map(|(at, (bucket, (available, held)))| BucketHolding {
            bucket: bucket.code.clone(),
            available,
            held,
            stakeable: topology.bet_order().contains(&at),
        });
    Ok(Holdings {
        currency,
        buckets: buckets.collect(),
    })
}

/// A page of a wallet's history, newest first.
pub(crate) async fn entries(
    reads: &mut BrandRead,
    player: PlayerId,
    currency: Currency,
    after: Option<Cursor>,
    limit: PageLimit,
) -> Result<Page, RepoError> {
    // One more than asked for tells whether there is a next page.
    let wanted = usize::from(limit.get());
    let query = brand_read!(
        reads,
        "SELECT brand_id, entry_id, version, kind, amount, accounts, amounts, balance, round_id, game_id, at
           FROM wallet_ledger
          WHERE brand_id = $1 AND player_id = $2 AND currency = $3 AND version < $4
          ORDER BY version DESC
          LIMIT $5",
        player.0,
        currency.code(),
        after.map_or(i64::MAX, Cursor::version),
        i64::from(limit.get()) + 1,
    );
    let mut rows = query.fetch_all(reads.conn()).await?;
    rows.sort_unstable_by_key(|row| Reverse(row.version));
    let more = rows.len() > wanted;
    rows.truncate(wanted);
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        entries.push(Entry {
            entry: EntryId(row.entry_id),
            version: row.version,
            kind: Kind::parse(&row.kind).ok_or(RepoError::Inconsistent("wallet_ledger.kind"))?,
            amount: row.amount,
            change: players_change(&row.accounts, &row.amounts),
            balance: row.balance,
            round: name(row.round_id, RoundId::new, "wallet_ledger.round_id")?,
            game: name(row.game_id, GameId::new, "wallet_ledger.game_id")?,
            at: row.at,
        });
    }
    let next = entries
        .last()
        .filter(|_| more)
        .map(|last| Cursor::below(last.version));
    Ok(Page { entries, next })
}

/// The sum of the lines on the player's side.
fn players_change(accounts: &[String], amounts: &[i64]) -> i64 {
    let lines = accounts
        .iter()
        .zip(amounts)
        .filter(|(account, _)| account.starts_with("player:"));
    lines.fold(0_i64, |sum, (_, amount)| sum.saturating_add(*amount))
}

fn name<T, E>(
    text: Option<String>,
    read: impl FnOnce(&str) -> Result<T, E>,
    column: &'static str,
) -> Result<Option<T>, RepoError> {
    text.map(|text| read(&text).map_err(|_| RepoError::Inconsistent(column)))
        .transpose()
}
