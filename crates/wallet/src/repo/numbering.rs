//! The journal's numbering, changed by the owner after a restore.

#![expect(
    clippy::disallowed_methods,
    reason = "on the owner's connection, in the owner's transaction"
)]

use croupier_brand::global::outbox::number;
use sqlx::{AssertSqlSafe, PgConnection};
use time::OffsetDateTime;

/// Waits for everybody who is at the journal, and keeps everybody away from it until the transaction ends.
pub(crate) async fn close(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    let lock = "SET LOCAL lock_timeout = '10s'; LOCK TABLE wallet_ledger, journal_seal, journal_consumer IN ACCESS EXCLUSIVE MODE";
    sqlx::raw_sql(lock).execute(db).await.map(|_| ())
}

/// The last number that is written anywhere.
pub(crate) async fn written(db: &mut PgConnection) -> Result<u64, sqlx::Error> {
    let written: String = sqlx::query_scalar(
        "SELECT greatest((SELECT max(xid) FROM wallet_ledger), (SELECT max(below) FROM journal_seal), (SELECT max(xid) FROM journal_consumer),
                         '0'::xid8)::text",
    )
    .fetch_one(db)
    .await?;
    number(&written)
}

/// From now on `added` is added to the cluster's own numbers.
pub(crate) async fn add(db: &mut PgConnection, added: i64, at: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO journal_numbering (added, at) VALUES ($1, $2) ON CONFLICT (here) DO UPDATE SET added = excluded.added, at = excluded.at",
    )
    .bind(added)
    .bind(at)
    .execute(&mut *db)
    .await?;
    // DDL takes no parameters; this one is a number.
    let default = format!(
        "ALTER TABLE wallet_ledger ALTER COLUMN xid SET DEFAULT ((pg_current_xact_id()::text::numeric + {added})::text::xid8)"
    );
    sqlx::raw_sql(AssertSqlSafe(default))
        .execute(db)
        .await
        .map(|_| ())
}
