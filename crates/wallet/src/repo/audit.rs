//! What an auditor asks: of one brand, over the owner's connection, in a transaction that changes nothing.
//!
//! Row security binds the owner too, so the transaction is opened for the brand; each statement names the brand
//! besides, for connections that row security does not bind.

use futures_util::{Stream, StreamExt, TryStreamExt};
use sqlx::{PgConnection, Row as _, postgres::PgRow};
use time::OffsetDateTime;

use super::journal::{link, number};
use crate::journal::{
    row::{Opening, Row},
    seal::Seal,
    verify::WalletNow,
};

/// What must never be found: what it is, and a query for it that gives a text a row. `$1` is the brand; entries
/// before `$2` are archived.
///
/// What a wallet's entries say by themselves, and what they come to, is [`verify`](crate::journal::verify)'s.
pub(crate) const NEVER: [(&str, &str); 19] = [
    (
        "money_07: a wallet in another currency than its brand's",
        "SELECT a.player_id || ' ' || a.currency FROM wallet_account a JOIN brand b ON b.id = a.brand_id
          WHERE a.brand_id = $1 AND a.currency <> b.currency AND $2 IS NOT NULL",
    ),
    (
        "an entry without the decision that made it, or one that says something else",
        "SELECT l.player_id || ' ' || l.currency || ' version ' || l.version FROM wallet_ledger l LEFT JOIN wallet_command c
             ON c.brand_id = l.brand_id AND c.source = l.source AND c.transaction_id = l.transaction_id
            AND c.player_id = l.player_id AND c.currency = l.currency
          WHERE l.brand_id = $1 AND $2 IS NOT NULL
            AND (c.verdict, c.entry_id, c.kind, c.available::numeric + c.held, c.at)
                IS DISTINCT FROM ('applied', l.entry_id, l.kind, l.balance::numeric, l.at)",
    ),
    (
        "a decision to do something without exactly one entry",
        "SELECT c.source || ' ' || c.transaction_id FROM wallet_command c
           LEFT JOIN (SELECT source, transaction_id, count(*) AS entries FROM wallet_ledger WHERE brand_id = $1
                       GROUP BY source, transaction_id) l ON l.source = c.source AND l.transaction_id = c.transaction_id
          WHERE c.brand_id = $1 AND c.at >= $2 AND (c.verdict = 'applied')::int <> coalesce(l.entries, 0)",
    ),
    (
        "an entry's id that another has too",
        "SELECT entry_id::text FROM wallet_ledger WHERE brand_id = $1 AND $2 IS NOT NULL GROUP BY entry_id HAVING count(*) > 1",
    ),
    (
        "a decision for no player that there is",
        "SELECT c.source || ' ' || c.transaction_id FROM wallet_command c
          WHERE c.brand_id = $1 AND $2 IS NOT NULL
            AND NOT EXISTS (SELECT FROM player p WHERE p.brand_id = c.brand_id AND p.player_id = c.player_id)",
    ),
    (
        "a play of no wallet that there is",
        "SELECT w.source || ' ' || w.transaction_id FROM wallet_command w
          WHERE w.brand_id = $1 AND w.state IS NOT NULL AND $2 IS NOT NULL
            AND NOT EXISTS (SELECT FROM wallet_account a
                             WHERE a.brand_id = w.brand_id AND a.player_id = w.player_id AND a.currency = w.currency)",
    ),
    (
        "a play that is not the entry it came from",
        "SELECT coalesce(l.source || ' ' || l.transaction_id, w.source || ' ' || w.transaction_id)
           FROM (SELECT * FROM wallet_command WHERE brand_id = $1 AND state IS NOT NULL AND at >= $2) w
           FULL JOIN (SELECT * FROM wallet_ledger WHERE brand_id = $1 AND at >= $2
                                 AND kind IN ('bet', 'settle', 'tip', 'jackpot_win', 'promo_win')) l
             ON l.source = w.source AND l.transaction_id = w.transaction_id
          WHERE (w.player_id, w.currency, w.kind, w.amount) IS DISTINCT FROM (l.player_id, l.currency, l.kind, l.amount)
             OR (w.round_id, w.game_id) IS DISTINCT FROM (l.round_id, l.game_id)
             -- A win may name a bet that there is not, where that is allowed.
             OR w.bet_id <> l.reference_id OR w.kind = 'bet' AND l.reference_id IS NOT NULL",
    ),
    (
        "a play of a kind that is none, or a win that others stand on",
        "SELECT source || ' ' || transaction_id FROM wallet_command
          WHERE brand_id = $1 AND state IS NOT NULL AND $2 IS NOT NULL
            AND (kind NOT IN ('bet', 'settle', 'tip', 'jackpot_win', 'promo_win')
              OR kind <> 'bet' AND (settles > 0 OR state = 'settled'))",
    ),
    (
        "something other than a win that stands on a bet",
        "SELECT source || ' ' || transaction_id FROM wallet_command
          WHERE brand_id = $1 AND $2 IS NOT NULL AND kind NOT IN ('settle', 'jackpot_win') AND bet_id IS NOT NULL",
    ),
    (
        "money_14, money_16: a play that was reversed by more than it moved, or reversed and not marked so",
        "SELECT w.source || ' ' || w.transaction_id FROM wallet_command w
           LEFT JOIN (SELECT source, reference_id, sum(amount) AS sum, count(*) AS count FROM wallet_ledger
                       WHERE brand_id = $1 AND kind = 'rollback' GROUP BY source, reference_id) r
             ON r.source = w.source AND r.reference_id = w.transaction_id
          WHERE w.brand_id = $1 AND w.state IS NOT NULL AND w.at >= $2
            AND ((w.state = 'rolled_back') <> (coalesce(r.count, 0) > 0 AND r.sum = w.amount)
              OR coalesce(r.sum, 0) > w.amount OR w.amount = 0 AND r.count > 1
              OR cardinality(w.reversed) > 0 AND (SELECT sum(x) FROM unnest(w.reversed) x) <> coalesce(r.sum, 0))",
    ),
    (
        "a rollback that gave back another sum, to another player or of another round",
        "SELECT l.player_id || ' ' || l.currency || ' version ' || l.version FROM wallet_ledger l LEFT JOIN wallet_command w
             ON w.brand_id = l.brand_id AND w.source = l.source AND w.transaction_id = l.reference_id AND w.state IS NOT NULL
          WHERE l.brand_id = $1 AND l.kind = 'rollback' AND $2 IS NOT NULL
            AND ((l.player_id, l.currency) IS DISTINCT FROM (w.player_id, w.currency) OR l.amount > w.amount
              -- Of a play of no round, it may name one.
              OR w.round_id IS DISTINCT FROM coalesce(l.round_id, '') AND w.round_id IS NOT NULL
              OR w.game_id IS DISTINCT FROM coalesce(l.game_id, '') AND w.game_id IS NOT NULL)",
    ),
    (
        "a bet that counts other settles than stand on it",
        "SELECT b.source || ' ' || b.transaction_id FROM wallet_command b
           LEFT JOIN (SELECT source, bet_id, count(*) AS count FROM wallet_command
                       WHERE brand_id = $1 AND kind IN ('settle', 'jackpot_win') AND state <> 'rolled_back' GROUP BY source, bet_id) s
             ON s.source = b.source AND s.bet_id = b.transaction_id
          WHERE b.brand_id = $1 AND b.kind = 'bet' AND b.state IS NOT NULL AND $2 IS NOT NULL
            AND b.settles <> coalesce(s.count, 0)",
    ),
    (
        "money_13: something stands although its rollback came first",
        "SELECT t.source || ' ' || t.transaction_id FROM wallet_tombstone t JOIN wallet_ledger l
             ON l.brand_id = t.brand_id AND l.source = t.source AND l.transaction_id = t.transaction_id
            AND l.player_id = t.player_id AND l.currency = t.currency
          WHERE t.brand_id = $1 AND $2 IS NOT NULL AND l.kind IN ('bet', 'settle', 'tip', 'jackpot_win', 'promo_win')",
    ),
    (
        "held money that is not the sum of the holds",
        "SELECT a.player_id || ' ' || a.currency FROM wallet_account a
           LEFT JOIN (SELECT player_id, currency, sum(amount) AS sum FROM wallet_hold
                       WHERE brand_id = $1 AND state = 'held' GROUP BY player_id, currency) h
             ON h.player_id = a.player_id AND h.currency = a.currency
          WHERE a.brand_id = $1 AND $2 IS NOT NULL AND (SELECT coalesce(sum(x), 0) FROM unnest(a.held) x) <> coalesce(h.sum, 0)",
    ),
    (
        "a hold that began or ended otherwise than its entries say",
        "SELECT h.hold_id::text FROM wallet_hold h
           LEFT JOIN wallet_ledger l ON l.brand_id = h.brand_id AND l.player_id = h.player_id AND l.currency = h.currency
                 AND l.entry_id = h.hold_id AND l.kind = 'withdraw_hold'
           LEFT JOIN (SELECT reference_id, max(kind) AS kind, count(*) AS count FROM wallet_ledger
                       WHERE brand_id = $1 AND kind IN ('withdraw_settle', 'withdraw_release') GROUP BY reference_id) e
             ON e.reference_id = h.hold_id::text
          WHERE h.brand_id = $1 AND h.at >= $2
            AND (l.amount IS DISTINCT FROM h.amount OR coalesce(e.count, 0) <> (h.state <> 'held')::int
              OR e.kind <> 'withdraw_' || CASE h.state WHEN 'settled' THEN 'settle' ELSE 'release' END)",
    ),
    (
        "a grant that ended otherwise than its entries say",
        "SELECT g.grant_id::text FROM wallet_grant g
           LEFT JOIN (SELECT reference_id, max(kind) AS kind, count(*) AS count FROM wallet_ledger
                       WHERE brand_id = $1 AND kind IN ('convert', 'forfeit', 'expire') GROUP BY reference_id) e
             ON e.reference_id = g.grant_id::text
          WHERE g.brand_id = $1 AND (g.ended_at IS NULL OR g.ended_at >= $2)
            AND (coalesce(e.count, 0) <> (g.state <> 'open')::int
              OR e.kind <> CASE g.state WHEN 'converted' THEN 'convert' WHEN 'forfeited' THEN 'forfeit' ELSE 'expire' END)",
    ),
    (
        "money_02: an entry that names the house's account of another kind",
        "SELECT l.player_id || ' ' || l.currency || ' version ' || l.version FROM wallet_ledger l
           LEFT JOIN wallet_command w ON l.kind = 'rollback' AND w.brand_id = l.brand_id AND w.source = l.source
                 AND w.transaction_id = l.reference_id AND w.state IS NOT NULL
          WHERE l.brand_id = $1 AND $2 IS NOT NULL
            AND EXISTS (SELECT FROM unnest(l.accounts) account WHERE account LIKE 'house:%' AND account IS DISTINCT FROM
                  CASE WHEN coalesce(w.kind, l.kind) IN ('bet', 'settle') THEN 'house:gaming'
                       WHEN l.kind IN ('deposit', 'withdraw_settle') THEN 'house:payments'
                       WHEN l.kind IN ('grant', 'convert', 'forfeit', 'expire') THEN 'house:bonus'
                       WHEN l.kind = 'adjust' THEN 'house:adjustments'
                       WHEN coalesce(w.kind, l.kind) = 'tip' THEN 'house:tips'
                       WHEN coalesce(w.kind, l.kind) = 'jackpot_win' THEN 'house:jackpot'
                       WHEN coalesce(w.kind, l.kind) = 'promo_win' THEN 'house:promotions' END)",
    ),
    (
        "money_02: an entry that does not move its amount the way of its kind",
        "SELECT l.player_id || ' ' || l.currency || ' version ' || l.version FROM wallet_ledger l
          CROSS JOIN LATERAL (
                SELECT coalesce(sum(amount) FILTER (WHERE account LIKE 'player:%' AND account NOT LIKE '%:held'), 0) AS available,
                       coalesce(sum(amount) FILTER (WHERE account LIKE 'player:%:held'), 0) AS held
                  FROM unnest(l.accounts, l.amounts) AS p (account, amount)) m
           LEFT JOIN wallet_command w ON l.kind = 'rollback' AND w.brand_id = l.brand_id AND w.source = l.source
                 AND w.transaction_id = l.reference_id AND w.state IS NOT NULL
          WHERE l.brand_id = $1 AND $2 IS NOT NULL AND l.kind NOT IN ('convert', 'forfeit', 'expire', 'adjust')
            AND (m.available IS DISTINCT FROM CASE
                  WHEN l.kind IN ('deposit', 'settle', 'withdraw_release', 'grant', 'jackpot_win', 'promo_win') THEN l.amount
                  WHEN l.kind IN ('bet', 'withdraw_hold', 'tip') THEN -l.amount
                  WHEN l.kind IN ('withdraw_settle', 'transfer') THEN 0
                  WHEN w.kind IN ('bet', 'tip') THEN l.amount
                  WHEN w.kind IN ('settle', 'jackpot_win', 'promo_win') THEN -l.amount END
              OR m.held IS DISTINCT FROM CASE
                  WHEN l.kind = 'withdraw_hold' THEN l.amount
                  WHEN l.kind IN ('withdraw_settle', 'withdraw_release') THEN -l.amount
                  ELSE 0 END)",
    ),
    (
        "money_02: a correction of another sum, or a grant's end that took from nobody's bonus",
        "SELECT l.player_id || ' ' || l.currency || ' version ' || l.version FROM wallet_ledger l
          CROSS JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS change FROM unnest(l.accounts, l.amounts) AS p (account, amount)
                               WHERE account LIKE 'player:%') m
          WHERE l.brand_id = $1 AND $2 IS NOT NULL
            AND (l.kind = 'adjust' AND abs(m.change) <> l.amount OR l.kind = 'convert' AND m.change > 0
              OR l.kind IN ('forfeit', 'expire') AND m.change <> -l.amount)",
    ),
];

/// What a query of [`NEVER`] finds, if anything.
#[expect(
    clippy::disallowed_methods,
    reason = "an auditor's reading, on the owner's connection"
)]
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

/// A brand's seals, in their order.
#[expect(
    clippy::disallowed_methods,
    reason = "an auditor's reading, on the owner's connection"
)]
pub(crate) async fn seals(db: &mut PgConnection, brand: i32) -> Result<Vec<Seal>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT number, below::text, entries, digest, previous, hash, at, archived FROM journal_seal WHERE brand_id = $1 ORDER BY number",
    );
    let seal = |row: PgRow| {
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
    };
    rows.bind(brand)
        .fetch(db)
        .map(|row| row.and_then(seal))
        .try_collect()
        .await
}

/// Where a brand's wallets' histories go on from.
#[expect(
    clippy::disallowed_methods,
    reason = "an auditor's reading, on the owner's connection"
)]
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

/// A brand's entries in the journal's order, as they come.
#[expect(
    clippy::disallowed_methods,
    reason = "an auditor's reading, on the owner's connection"
)]
pub(crate) fn entries(db: &mut PgConnection, brand: i32) -> impl Stream<Item = Result<Row, sqlx::Error>> {
    let rows = sqlx::query(
        "SELECT brand_id, player_id, currency, version, at, entry_id, xid::text, n, kind, source, transaction_id, reference_id, round_id,
                game_id, amount, accounts, amounts, balance, hash
           FROM wallet_ledger WHERE brand_id = $1 ORDER BY wallet_ledger.xid, n",
    );
    let entry = |row: PgRow| {
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
    };
    rows.bind(brand).fetch(db).map(move |row| row.and_then(entry))
}

/// A brand's wallets, as they come.
#[expect(
    clippy::disallowed_methods,
    reason = "an auditor's reading, on the owner's connection"
)]
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
#[expect(
    clippy::disallowed_methods,
    reason = "an auditor's reading, on the owner's connection"
)]
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
#[expect(
    clippy::disallowed_methods,
    reason = "an auditor's reading, on the owner's connection"
)]
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
#[expect(
    clippy::disallowed_methods,
    reason = "an auditor's reading, on the owner's connection"
)]
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
#[expect(
    clippy::disallowed_methods,
    reason = "an auditor's reading, on the owner's connection"
)]
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
#[expect(
    clippy::disallowed_methods,
    reason = "an auditor's reading, on the owner's connection"
)]
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
