//! How far the journal can be read as an outbox, and how far each consumer has.
//!
//! A row's place is (xid, n): the transaction that wrote it, and its place in that transaction. A
//! transaction that is still under way may yet write rows, so nothing at or above the oldest one of them is
//! given to anybody: what is below can only be what it is.

use sqlx::PgExecutor;
use time::OffsetDateTime;

/// What can be read now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Horizon {
    /// Every transaction below this one has ended (`pg_snapshot_xmin`, and what the journal's numbering adds). Another's
    /// never comes below it again.
    pub below: u64,
    /// No transaction has come so far yet (`pg_snapshot_xmax`). What lies between the two waits for the oldest transaction that
    /// is under way, in whatever database of the cluster.
    pub next: u64,
    /// How many brands there are. Whoever knows fewer would pass over the rows of those that it does not know.
    pub brands: i64,
}

/// A place in the outbox: everything up to it has been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The transaction.
    pub xid: u64,
    /// The place in it.
    pub n: i32,
}

/// What can be read now.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn horizon(db: impl PgExecutor<'_>) -> Result<Horizon, sqlx::Error> {
    let row = global_query!(
        r#"SELECT (pg_snapshot_xmin(snapshot)::text::numeric + added)::text AS "below!",
                  (pg_snapshot_xmax(snapshot)::text::numeric + added)::text AS "next!",
                  (SELECT count(*) FROM brand) AS "brands!"
             FROM pg_current_snapshot() AS snapshot,
                  (SELECT coalesce(sum(added), 0) AS added FROM journal_numbering) AS numbering"#
    )
    .fetch_one(db)
    .await?;
    Ok(Horizon {
        below: number(&row.below)?,
        next: number(&row.next)?,
        brands: row.brands,
    })
}

/// The furthest transaction that a consumer has read; none where there is no consumer.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn furthest(db: impl PgExecutor<'_>) -> Result<Option<u64>, sqlx::Error> {
    let row = global_query!("SELECT max(xid)::text AS xid FROM journal_consumer")
        .fetch_one(db)
        .await?;
    row.xid.as_deref().map(number).transpose()
}

/// How far a consumer has read; none where it has read nothing.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn position(db: impl PgExecutor<'_>, consumer: &str) -> Result<Option<Position>, sqlx::Error> {
    let row = global_query!(
        r#"SELECT xid::text AS "xid!", n FROM journal_consumer WHERE consumer = $1"#,
        consumer
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(Position {
            xid: number(&row.xid)?,
            n: row.n,
        })
    })
    .transpose()
}

/// Writes down that a consumer has read up to `to`. False where it was not at `from` any more: somebody
/// else reads under its name.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn advance(
    db: impl PgExecutor<'_>,
    consumer: &str,
    from: Option<Position>,
    to: Position,
    at: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let Some(from) = from else {
        let first = global_query!(
            "INSERT INTO journal_consumer (consumer, xid, n, at) VALUES ($1, $2::text::xid8, $3, $4)
             ON CONFLICT (consumer) DO NOTHING",
            consumer,
            to.xid.to_string(),
            to.n,
            at
        );
        return Ok(first.execute(db).await?.rows_affected() == 1);
    };
    let next = global_query!(
        "UPDATE journal_consumer SET xid = $2::text::xid8, n = $3, at = $4
          WHERE consumer = $1 AND xid = $5::text::xid8 AND n = $6",
        consumer,
        to.xid.to_string(),
        to.n,
        at,
        from.xid.to_string(),
        from.n
    );
    Ok(next.execute(db).await?.rows_affected() == 1)
}

/// An xid8 as it is written.
///
/// # Errors
/// [`sqlx::Error::Decode`].
pub fn number(text: &str) -> Result<u64, sqlx::Error> {
    text.parse().map_err(|fault| sqlx::Error::Decode(Box::new(fault)))
}
