//! The journal's parts: a month each, made ahead; what no month was made for is in the default part.
//!
//! A part is made beside the journal and attached to it, which stops nobody but who writes to the
//! default part or reads the whole journal, and these for as long as it takes to move what the default part
//! holds of that month: nothing, where months are made ahead.

use std::collections::BTreeSet;

use croupier_wallet::journal::audit;
use sqlx::{AssertSqlSafe, Executor, PgPool, Postgres, Row, Transaction};
use time::OffsetDateTime;

use super::Month;

/// How many months are made ahead, unless it is said otherwise.
pub const AHEAD: u32 = 3;

/// Serialises those who make or drop parts. Any constant will do.
const LOCK: i64 = 0x006a_6f75_726e_616c;

/// The default part.
const REST: &str = "wallet_ledger_rest";

/// Why no part was made or dropped. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum PartitionError {
    /// Somebody uses the journal for longer than is waited.
    #[error(
        "the journal is in use by a transaction that does not end (waited 3 s); nothing was changed\n  next: try again; pg_stat_activity shows long transactions"
    )]
    Busy,
    /// The database failed or refused.
    #[error("the journal's parts cannot be changed: {0}")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for PartitionError {
    fn from(fault: sqlx::Error) -> Self {
        let code = fault.as_database_error().and_then(|fault| fault.code());
        match code.as_deref() {
            // lock_not_available
            Some("55P03") => Self::Busy,
            _ => Self::Database(fault),
        }
    }
}

/// A part that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// The month.
    pub month: Month,
    /// How many entries came into it from the default part.
    pub moved: u64,
}

/// What parts there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Months that have one.
    pub months: BTreeSet<Month>,
    /// Months of which entries are in the default part.
    pub in_rest: BTreeSet<Month>,
}

impl Parts {
    /// How many months after that of `now` have a part, without a gap.
    #[must_use]
    pub fn ahead(&self, now: OffsetDateTime) -> usize {
        let later = std::iter::successors(Some(Month::of(now).next()), |month| Some(month.next()));
        later.take_while(|month| self.months.contains(month)).count()
    }
}

/// A transaction of the owner's that sees every brand's rows and waits for nobody for long.
#[expect(
    clippy::disallowed_methods,
    reason = "the owner's transaction, of a command that ends with it"
)]
pub(super) async fn begin(owner: &PgPool) -> Result<Transaction<'static, Postgres>, PartitionError> {
    let mut tx = owner
        .begin_with("BEGIN; SET LOCAL ROLE croupier_owner; SET LOCAL lock_timeout = '3s'")
        .await?;
    let lock = format!("SELECT pg_advisory_xact_lock({LOCK})");
    tx.execute(AssertSqlSafe(lock)).await?;
    audit::see_every_brand(&mut tx).await?;
    Ok(tx)
}

/// What parts there are.
///
/// # Errors
/// [`PartitionError`].
pub async fn parts(owner: &PgPool) -> Result<Parts, PartitionError> {
    let mut tx = begin(owner).await?;
    let parts = parts_in(&mut tx).await?;
    tx.rollback().await?;
    Ok(parts)
}

pub(super) async fn parts_in(tx: &mut Transaction<'static, Postgres>) -> Result<Parts, PartitionError> {
    let names = "SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                  WHERE i.inhparent = 'wallet_ledger'::regclass";
    let in_rest = "SELECT DISTINCT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM') FROM wallet_ledger_rest";
    let mut parts = Parts::default();
    for row in tx.fetch_all(names).await? {
        parts.months.extend(Month::of_part(row.try_get(0)?));
    }
    for row in tx.fetch_all(in_rest).await? {
        parts
            .in_rest
            .extend(row.try_get::<String, _>(0)?.parse::<Month>());
    }
    Ok(parts)
}

/// Makes the parts that are missing: of this month, of as many after it, and of every month that the
/// default part has entries of. Each in a transaction of its own.
///
/// # Errors
/// [`PartitionError`]; what was made before stays.
pub async fn make(owner: &PgPool, now: OffsetDateTime, ahead: u32) -> Result<Vec<Made>, PartitionError> {
    let parts = parts(owner).await?;
    let wanted = std::iter::successors(Some(Month::of(now)), |month| Some(month.next()))
        .take(ahead as usize + 1)
        .chain(parts.in_rest.iter().copied());
    let wanted: BTreeSet<_> = wanted.filter(|month| !parts.months.contains(month)).collect();
    let mut made = Vec::new();
    for month in wanted {
        made.extend(make_one(owner, month).await?);
    }
    Ok(made)
}

/// None where somebody else made it meanwhile.
async fn make_one(owner: &PgPool, month: Month) -> Result<Option<Made>, PartitionError> {
    let mut tx = begin(owner).await?;
    if parts_in(&mut tx).await?.months.contains(&month) {
        tx.rollback().await?;
        return Ok(None);
    }
    let (part, from, to) = (month.part(), month.start(), month.next().start());
    let make = [
        format!("CREATE TABLE {part} (LIKE wallet_ledger INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"),
        format!("ALTER TABLE {part} ENABLE ROW LEVEL SECURITY"),
        format!("ALTER TABLE {part} FORCE ROW LEVEL SECURITY"),
        format!(
            "CREATE POLICY brand_scope ON {part}
              USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
              WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)"
        ),
        // The journal first, as everybody else who uses both does.
        "LOCK TABLE ONLY wallet_ledger IN SHARE UPDATE EXCLUSIVE MODE".to_owned(),
        format!("LOCK TABLE {REST} IN ACCESS EXCLUSIVE MODE"),
    ];
    for statement in make {
        tx.execute(AssertSqlSafe(statement)).await?;
    }
    let moving = format!(
        "WITH moved AS (DELETE FROM {REST} WHERE at >= '{from}' AND at < '{to}' RETURNING *) INSERT INTO {part} SELECT * FROM moved"
    );
    let moved = tx.execute(AssertSqlSafe(moving)).await?.rows_affected();
    let attach =
        format!("ALTER TABLE wallet_ledger ATTACH PARTITION {part} FOR VALUES FROM ('{from}') TO ('{to}')");
    tx.execute(AssertSqlSafe(attach)).await?;
    tx.commit().await?;
    Ok(Some(Made { month, moved }))
}
