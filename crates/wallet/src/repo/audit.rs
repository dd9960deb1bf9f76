//! What an auditor asks: of one brand, over the owner's connection, in a transaction that changes nothing.
//!
//! Row security binds the owner too, so the transaction is opened for the brand; each statement names the brand
//! besides, for connections that row security does not bind.

#![expect(
    clippy::disallowed_methods,
    reason = "an auditor's reading, on the owner's connection; a dropped transaction is closed with its pool"
)]

use croupier_brand::global::outbox::number;
use futures_util::{Stream, StreamExt, TryStreamExt};
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres, Row as _, Transaction, postgres::PgRow};
use time::OffsetDateTime;

use super::journal::link;
use crate::journal::{
    row::{Opening, Row},
    seal::Seal,
    verify::WalletNow,
};

/// A transaction that sees one brand, at one moment.
pub(crate) async fn begin(owner: &PgPool, brand: i32) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let begin = format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL croupier.brand_ids = ',{brand},'"
    );
    owner.begin_with(AssertSqlSafe(begin)).await
}

/// In the owner's transaction: lets it see the rows of every brand that there is now.
pub(crate) async fn see_every_brand(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    let brands: String = sqlx::query_scalar("SELECT coalesce(string_agg(id::text, ','), '') FROM brand")
        .fetch_one(&mut *db)
        .await?;
    let see = AssertSqlSafe(format!("SET LOCAL croupier.brand_ids = ',{brands},'"));
    sqlx::query(see).execute(db).await.map(|_| ())
}

/// What a query of [`NEVER`](super::never::NEVER) finds, if anything.
pub(crate) async fn found(
    db: &mut PgConnection,
    brand: i32,
    since: OffsetDateTime,
    query: &'static str,
) -> Result<Option<String>, sqlx::Error> {
    let row = sqlx::query(query)
        .bind(brand)
        .bind(since)
        .fetch(db)
        .next()
        .await
        .transpose()?;
    row.map(|row| row.try_get(0)).transpose()
}

/// How many rows are read at a time.
const PAGE: i64 = 2_000;

/// A brand's seals after this one, in their order, of which each ends at or before the transaction `below`; a page of them.
pub(crate) async fn seals_after(
    db: &mut PgConnection,
    brand: i32,
    after: i64,
    below: u64,
) -> Result<Vec<Seal>, sqlx::Error> {
    sqlx::query(seals_that(
        "number > $2 AND below <= $3::text::xid8 ORDER BY number LIMIT $4",
    ))
    .bind(brand)
    .bind(after)
    .bind(below.to_string())
    .bind(PAGE)
    .fetch(db)
    .map(|row| row.and_then(seal))
    .try_collect()
    .await
}

/// A brand's seals, in their order.
pub(crate) async fn seals(db: &mut PgConnection, brand: i32) -> Result<Vec<Seal>, sqlx::Error> {
    let mut all = Vec::new();
    loop {
        let after = all.last().map_or(0, |seal: &Seal| seal.number);
        let page = seals_after(db, brand, after, u64::MAX).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// The newest seal that an archive reaches into.
pub(crate) async fn archived(db: &mut PgConnection, brand: i32) -> Result<Option<Seal>, sqlx::Error> {
    sqlx::query(seals_that("archived IS NOT NULL ORDER BY number DESC LIMIT 1"))
        .bind(brand)
        .fetch_optional(db)
        .await?
        .map(seal)
        .transpose()
}

fn seals_that(rest: &'static str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!(
        "SELECT number, below::text, entries, digest, previous, hash, at, archived FROM journal_seal WHERE brand_id = $1 AND {rest}"
    ))
}

fn seal(row: PgRow) -> Result<Seal, sqlx::Error> {
    Ok(Seal {
        number: row.try_get(0)?,
        below: number(row.try_get(1)?)?,
        entries: row.try_get(2)?,
        digest: link(row.try_get(3)?)?,
        previous: link(row.try_get(4)?)?,
        hash: link(row.try_get(5)?)?,
        at: row.try_get(6)?,
        archived: row.try_get(7)?,
    })
}

/// Where a brand's wallets' histories go on from.
pub(crate) async fn openings(db: &mut PgConnection, brand: i32) -> Result<Vec<Opening>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT player_id, currency, version, hash, balance, accounts, amounts FROM journal_opening WHERE brand_id = $1
          ORDER BY player_id, currency",
    );
    let opening = |row: PgRow| {
        Ok(Opening {
            player_id: row.try_get(0)?,
            currency: row.try_get(1)?,
            version: row.try_get(2)?,
            hash: link(row.try_get(3)?)?,
            balance: row.try_get(4)?,
            accounts: row.try_get(5)?,
            amounts: row.try_get(6)?,
        })
    };
    rows.bind(brand)
        .fetch(db)
        .map(|row| row.and_then(opening))
        .try_collect()
        .await
}

/// A cursor over a brand's entries in the journal's order, for [`next_entries`]. Other queries may come in between.
pub(crate) async fn open_entries(db: &mut PgConnection, brand: i32) -> Result<(), sqlx::Error> {
    let cursor = format!(
        "DECLARE audited_entries NO SCROLL CURSOR FOR
         SELECT brand_id, player_id, currency, version, at, entry_id, xid::text, n, kind, source, transaction_id, reference_id, round_id,
                game_id, amount, accounts, amounts, balance, hash
           FROM wallet_ledger WHERE brand_id = {brand} ORDER BY wallet_ledger.xid, n"
    );
    sqlx::query(AssertSqlSafe(cursor)).execute(db).await.map(|_| ())
}

/// The cursor's next entries; none when there are no more.
pub(crate) async fn next_entries(db: &mut PgConnection) -> Result<Vec<Row>, sqlx::Error> {
    let fetch = AssertSqlSafe(format!("FETCH {PAGE} FROM audited_entries"));
    sqlx::query(fetch)
        .fetch(db)
        .map(|row| row.and_then(entry))
        .try_collect()
        .await
}

/// The cursor is not needed any more.
pub(crate) async fn close_entries(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("CLOSE audited_entries").execute(db).await.map(|_| ())
}

fn entry(row: PgRow) -> Result<Row, sqlx::Error> {
    Ok(Row {
        brand_id: row.try_get(0)?,
        player_id: row.try_get(1)?,
        currency: row.try_get(2)?,
        version: row.try_get(3)?,
        at: row.try_get(4)?,
        entry_id: row.try_get(5)?,
        xid: number(row.try_get(6)?)?,
        n: row.try_get(7)?,
        kind: row.try_get(8)?,
        source: row.try_get(9)?,
        transaction_id: row.try_get(10)?,
        reference_id: row.try_get(11)?,
        round_id: row.try_get(12)?,
        game_id: row.try_get(13)?,
        amount: row.try_get(14)?,
        accounts: row.try_get(15)?,
        amounts: row.try_get(16)?,
        balance: row.try_get(17)?,
        hash: link(row.try_get(18)?)?,
    })
}

/// A brand's wallets, as they come.
pub(crate) fn wallets(
    db: &mut PgConnection,
    brand: i32,
) -> impl Stream<Item = Result<WalletNow, sqlx::Error>> {
    let rows = sqlx::query(
        "SELECT player_id, currency, version, available, held, chain FROM wallet_account WHERE brand_id = $1 ORDER BY player_id, currency",
    );
    let wallet = |row: PgRow| {
        Ok(WalletNow {
            player_id: row.try_get(0)?,
            currency: row.try_get(1)?,
            version: row.try_get(2)?,
            available: row.try_get(3)?,
            held: row.try_get(4)?,
            chain: row.try_get(5)?,
        })
    };
    rows.bind(brand).fetch(db).map(move |row| row.and_then(wallet))
}

/// The newest document of a brand's buckets.
pub(crate) async fn topology(
    db: &mut PgConnection,
    brand: i32,
) -> Result<Option<serde_json::Value>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT document FROM wallet_topology WHERE brand_id = $1 ORDER BY version DESC LIMIT 1",
    )
    .bind(brand)
    .fetch_optional(db)
    .await
}

/// By currency and account: what is archived of it, what was taken from it since, and what was added. Texts, since
/// sums of many numbers are larger than each.
pub(crate) async fn accounts(
    db: &mut PgConnection,
    brand: i32,
) -> Result<Vec<(String, String, String, String, String)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT currency, account, sum(opening)::text, sum(debits)::text, sum(credits)::text FROM (
             SELECT l.currency, p.account, 0::numeric AS opening, -least(p.amount, 0)::numeric AS debits, greatest(p.amount, 0)::numeric AS credits
               FROM wallet_ledger l, unnest(l.accounts, l.amounts) AS p (account, amount) WHERE l.brand_id = $1
             UNION ALL
             SELECT o.currency, p.account, p.amount::numeric, 0, 0
               FROM journal_opening o, unnest(o.accounts, o.amounts) AS p (account, amount) WHERE o.brand_id = $1) lines
          GROUP BY currency, account ORDER BY currency, account",
    )
    .bind(brand)
    .fetch_all(db)
    .await
}

/// By currency and position: what the brand's wallets have available and held in that bucket.
pub(crate) async fn holdings(
    db: &mut PgConnection,
    brand: i32,
) -> Result<Vec<(String, i64, String, String)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT a.currency, b.at, sum(b.available)::text, sum(b.held)::text
           FROM wallet_account a, unnest(a.available, a.held) WITH ORDINALITY AS b (available, held, at)
          WHERE a.brand_id = $1 GROUP BY a.currency, b.at ORDER BY a.currency, b.at",
    )
    .bind(brand)
    .fetch_all(db)
    .await
}

/// The last transaction that wrote an entry from before a time.
pub(crate) async fn last_before(
    db: &mut PgConnection,
    brand: i32,
    before: OffsetDateTime,
) -> Result<Option<u64>, sqlx::Error> {
    let last: Option<String> =
        sqlx::query_scalar("SELECT max(xid)::text FROM wallet_ledger WHERE brand_id = $1 AND at < $2")
            .bind(brand)
            .bind(before)
            .fetch_one(db)
            .await?;
    last.map(|last| number(&last)).transpose()
}

/// A wallet that has an entry from before a time after one of a later time.
pub(crate) async fn intertwined(
    db: &mut PgConnection,
    brand: i32,
    before: OffsetDateTime,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT l.player_id || ' ' || l.currency FROM wallet_ledger l
           JOIN (SELECT player_id, currency, max(version) AS version FROM wallet_ledger WHERE brand_id = $1 AND at < $2
                  GROUP BY player_id, currency) old
             ON old.player_id = l.player_id AND old.currency = l.currency AND l.version < old.version
          WHERE l.brand_id = $1 AND l.at >= $2 LIMIT 1",
    )
    .bind(brand)
    .bind(before)
    .fetch_optional(db)
    .await
}
