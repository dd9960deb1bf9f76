//! The journal in its order, for all brands at once: sealed, and read as an outbox.
//!
//! A transaction's number goes to the database and comes from it as text: no integer type of PostgreSQL holds
//! every `xid8`.

use croupier_brand::{
    BatchTx, brand_set_query,
    global::outbox::{Position, number},
};
use time::OffsetDateTime;

use crate::{
    engine::chain::Link,
    journal::{row::Row, seal, sealer::Known},
};

/// How far each brand's journal is sealed.
pub(crate) async fn sealed(tx: &mut BatchTx) -> Result<Known, sqlx::Error> {
    let brands = tx.every_brand();
    let query = brand_set_query!(
        tx,
        brands,
        r#"SELECT newest.brand_id, newest.number, newest.hash, newest.below::text AS "below!"
             FROM unnest($1::int[]) AS item (brand_id)
             JOIN journal_seal AS newest ON newest.brand_id = item.brand_id
            WHERE newest.number = (SELECT max(seal.number) FROM journal_seal AS seal WHERE seal.brand_id = item.brand_id)"#,
    );
    let mut known = Known::default();
    for row in query.fetch_all(tx.conn()).await? {
        known.below = known.below.max(number(&row.below)?);
        known.newest.insert(row.brand_id, (row.number, link(&row.hash)?));
    }
    Ok(known)
}

/// Seals what transactions from `known.below` on and below `below` wrote. Gives the new seals' numbers and hashes.
pub(crate) async fn seal(
    tx: &mut BatchTx,
    known: &Known,
    below: u64,
    at: OffsetDateTime,
) -> Result<Vec<(i32, (i64, Link))>, sqlx::Error> {
    let brands = tx.every_brand();
    let (mut numbers, mut previous, mut heads) = (Vec::new(), Vec::new(), Vec::new());
    for brand in brands.ids() {
        let (number, hash) = known.newest.get(brand).copied().unwrap_or_default();
        numbers.push(number + 1);
        previous.push(hash.to_vec());
        heads.push(seal::head(&hash, *brand, number + 1, below, at));
    }
    let query = brand_set_query!(
        tx,
        brands,
        r#"WITH fresh AS (
               SELECT entry.brand_id, count(*) AS entries,
                      sha256(string_agg(entry.hash, ''::bytea ORDER BY entry.xid, entry.n)) AS digest
                 FROM unnest($1::int[]) AS every (brand_id) JOIN wallet_ledger AS entry ON entry.brand_id = every.brand_id
                WHERE entry.xid BETWEEN $5::text::xid8 AND $6::text::xid8
                GROUP BY entry.brand_id
           )
           INSERT INTO journal_seal (brand_id, number, below, entries, digest, previous, hash, at)
           SELECT item.brand_id, item.number, $7::text::xid8, fresh.entries, fresh.digest, item.previous,
                  sha256(item.head || int8send(fresh.entries) || fresh.digest), $8
             FROM unnest($1::int[], $2::bigint[], $3::bytea[], $4::bytea[]) AS item (brand_id, number, previous, head)
             JOIN fresh ON fresh.brand_id = item.brand_id
           RETURNING brand_id, number, hash"#,
        &numbers,
        &previous,
        &heads,
        known.below.to_string(),
        below.saturating_sub(1).to_string(),
        below.to_string(),
        at,
    );
    let rows = query.fetch_all(tx.conn()).await?;
    rows.into_iter()
        .map(|row| Ok((row.brand_id, (row.number, link(&row.hash)?))))
        .collect()
}

/// Entries after `after` of transactions up to `last`, in the journal's order.
pub(crate) async fn page(
    tx: &mut BatchTx,
    after: Position,
    last: u64,
    limit: u16,
) -> Result<Vec<Row>, sqlx::Error> {
    let brands = tx.every_brand();
    let query = brand_set_query!(
        tx,
        brands,
        r#"SELECT entry.brand_id, entry.player_id, entry.currency, entry.version, entry.at, entry.entry_id, entry.xid::text AS "xid!",
                  entry.n, entry.kind, entry.source, entry.transaction_id, entry.reference_id, entry.round_id, entry.game_id,
                  entry.amount, entry.accounts, entry.amounts, entry.balance, entry.hash
             FROM unnest($1::int[]) AS item (brand_id) JOIN wallet_ledger AS entry ON entry.brand_id = item.brand_id
            WHERE entry.xid BETWEEN $2::text::xid8 AND $4::text::xid8
              AND (entry.xid > $2::text::xid8 OR entry.n > $3)
            ORDER BY entry.xid, entry.n LIMIT $5"#,
        after.xid.to_string(),
        after.n,
        last.to_string(),
        i64::from(limit),
    );
    let rows = query.fetch_all(tx.conn()).await?;
    rows.into_iter()
        .map(|row| {
            Ok(Row {
                brand_id: row.brand_id,
                player_id: row.player_id,
                currency: row.currency,
                version: row.version,
                at: row.at,
                entry_id: row.entry_id,
                xid: number(&row.xid)?,
                n: row.n,
                kind: row.kind,
                source: row.source,
                transaction_id: row.transaction_id,
                reference_id: row.reference_id,
                round_id: row.round_id,
                game_id: row.game_id,
                amount: row.amount,
                accounts: row.accounts,
                amounts: row.amounts,
                balance: row.balance,
                hash: link(&row.hash)?,
            })
        })
        .collect()
}

/// An entry's transaction that is `next` or later, the latest.
pub(crate) async fn written_beyond(tx: &mut BatchTx, next: u64) -> Result<Option<u64>, sqlx::Error> {
    let brands = tx.every_brand();
    let query = brand_set_query!(
        tx,
        brands,
        r#"SELECT entry.brand_id, entry.xid::text AS "xid!"
             FROM unnest($1::int[]) AS item (brand_id) JOIN wallet_ledger AS entry ON entry.brand_id = item.brand_id
            WHERE entry.xid >= $2::text::xid8 ORDER BY entry.xid DESC LIMIT 1"#,
        next.to_string(),
    );
    let row = query.fetch_optional(tx.conn()).await?;
    row.map(|row| number(&row.xid)).transpose()
}

/// A seal's end that is beyond `next`, the furthest.
pub(crate) async fn sealed_beyond(tx: &mut BatchTx, next: u64) -> Result<Option<u64>, sqlx::Error> {
    let brands = tx.every_brand();
    let query = brand_set_query!(
        tx,
        brands,
        r#"SELECT seal.brand_id, seal.below::text AS "below!"
             FROM unnest($1::int[]) AS item (brand_id) JOIN journal_seal AS seal ON seal.brand_id = item.brand_id
            WHERE seal.below >= $2::text::xid8 ORDER BY seal.below DESC LIMIT 1"#,
        next.saturating_add(1).to_string(),
    );
    let row = query.fetch_optional(tx.conn()).await?;
    row.map(|row| number(&row.below)).transpose()
}

/// A hash, which has 32 bytes.
pub(crate) fn link(bytes: &[u8]) -> Result<Link, sqlx::Error> {
    bytes
        .try_into()
        .map_err(|fault| sqlx::Error::Decode(Box::new(fault)))
}
