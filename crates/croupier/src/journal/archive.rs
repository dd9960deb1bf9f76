//! Months of the journal, exported and dropped.
//!
//! A file a brand holds every entry before a month's beginning, with the seals over them, and is verified by
//! itself after it was written. Only then, and only when it is asked for, are the parts dropped, in one
//! transaction with what their entries come to ([`journal_opening`](Opening)), which wallets' histories and
//! trial balances go on from.

use std::{
    fs::{self, File, OpenOptions},
    io::{BufReader, BufWriter},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use croupier_brand::Brand;
use croupier_wallet::journal::{
    Opening, audit,
    export::{self, ExportError, Read},
};
use sqlx::{AssertSqlSafe, Executor, PgPool, Postgres, Row, Transaction};

use super::{
    Month,
    partition::{self, PartitionError},
};

/// Why nothing was archived, or nothing dropped.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A brand's journal cannot be exported, or its export is not right.
    #[error("{0}: {1}")]
    Export(PathBuf, #[source] ExportError),
    /// The parts cannot be dropped.
    #[error(transparent)]
    Parts(#[from] PartitionError),
    /// The database failed.
    #[error("the journal cannot be archived: {0}")]
    Database(#[from] sqlx::Error),
    /// The file cannot be written.
    #[error("{0}: {1}")]
    File(PathBuf, #[source] std::io::Error),
    /// The default part holds entries of months that are to be archived.
    #[error("entries of {0} are in no part of their own\n  next: croupier journal partition")]
    InRest(Month),
    /// The export has another number of entries than the journal.
    #[error(
        "{0} has {1} entries, the journal {2} before that time; nothing was dropped\n  next: move the file away and archive again"
    )]
    Other(PathBuf, u64, i64),
    /// The file is another brand's, or of another time.
    #[error(
        "{0} is not this brand's archive of what is before that time\n  next: move the file away and archive again"
    )]
    NotThis(PathBuf),
    /// The seals of the export are not the journal's.
    #[error(
        "{0} is of another journal: its newest seal is not the one of that number here; nothing was dropped\n  next: move the file away and archive again"
    )]
    OtherSeals(PathBuf),
    /// The month is not over.
    #[error("{0} is not over: only what is before a month that has begun can be archived")]
    NotOver(Month),
}

/// A brand's archive.
#[derive(Debug)]
pub struct Archived {
    /// The file.
    pub path: PathBuf,
    /// What it holds.
    pub read: Read,
}

/// Exports everything of a brand before `before` into `dir`, and verifies what was written. A file that is there
/// already is verified and kept. None where there is nothing before that time.
///
/// # Errors
/// [`ArchiveError`].
pub async fn export(
    owner: &PgPool,
    brand: &Brand,
    before: Month,
    dir: &Path,
) -> Result<Option<Archived>, ArchiveError> {
    let at = before.begins().ok_or(ArchiveError::NotOver(before))?;
    let path = dir.join(format!("{}-before-{before}.jsonl", brand.code.as_str()));
    let faulty = |fault| ArchiveError::Export(path.clone(), fault);
    let unwritten = |fault| ArchiveError::File(path.clone(), fault);
    if !path.exists() {
        let fresh = path.with_extension("new");
        let mut options = OpenOptions::new();
        let file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&fresh);
        let mut out = BufWriter::new(file.map_err(unwritten)?);
        let mut tx = audit::begin(owner, brand.id).await?;
        let entries = export::write(&mut tx, brand.id, &brand.code, Some(at), &mut out).await;
        tx.rollback().await?;
        let file = out.into_inner().map_err(|fault| unwritten(fault.into_error()))?;
        file.sync_all().map_err(unwritten)?;
        match entries {
            Ok(1..) => fs::rename(&fresh, &path).map_err(unwritten)?,
            Ok(0) => {
                fs::remove_file(&fresh).map_err(unwritten)?;
                return Ok(None);
            }
            Err(fault) => {
                let _ = fs::remove_file(&fresh);
                return Err(faulty(fault));
            }
        }
    }
    let file = File::open(&path).map_err(unwritten)?;
    let read = export::read(BufReader::new(file)).map_err(faulty)?;
    if read.head.brand_id != brand.id.get() || read.head.before != Some(at) {
        return Err(ArchiveError::NotThis(path));
    }
    Ok(Some(Archived { path, read }))
}

/// Drops every month before `before`, which `archived` hold all of. Gives the months.
///
/// # Errors
/// [`ArchiveError`]; then nothing was dropped.
pub async fn drop_parts(
    owner: &PgPool,
    before: Month,
    archived: &[Archived],
) -> Result<Vec<Month>, ArchiveError> {
    let mut tx = partition::begin(owner).await?;
    // From here on nobody writes or reads until it is done.
    tx.execute("LOCK TABLE wallet_ledger IN ACCESS EXCLUSIVE MODE")
        .await
        .map_err(PartitionError::from)?;
    let parts = partition::parts_in(&mut tx).await?;
    if let Some(month) = parts.in_rest.iter().find(|month| **month < before) {
        return Err(ArchiveError::InRest(*month));
    }
    let mut total = 0;
    for archive in archived {
        let Read { head, verified, .. } = &archive.read;
        let there = entries_before(&mut tx, Some(head.brand_id), before).await?;
        if i64::try_from(verified.entries) != Ok(there) {
            return Err(ArchiveError::Other(archive.path.clone(), verified.entries, there));
        }
        total += there;
        for opening in &archive.read.closing {
            put_opening(&mut tx, head.brand_id, opening).await?;
        }
        // The seal holds every hash before it, so nothing else than what is here is in the file.
        let Some((number, hash)) = verified.sealed else {
            return Err(ArchiveError::OtherSeals(archive.path.clone()));
        };
        if !mark(&mut tx, head.brand_id, (number, &hash), before).await? {
            return Err(ArchiveError::OtherSeals(archive.path.clone()));
        }
    }
    let all = entries_before(&mut tx, None, before).await?;
    if all != total {
        let files = PathBuf::from("all files together");
        return Err(ArchiveError::Other(files, u64::try_from(total).unwrap_or(0), all));
    }
    let old: Vec<_> = parts.months.into_iter().filter(|month| *month < before).collect();
    for month in &old {
        let part = month.part();
        for statement in [
            format!("ALTER TABLE wallet_ledger DETACH PARTITION {part}"),
            format!("DROP TABLE {part}"),
        ] {
            tx.execute(AssertSqlSafe(statement))
                .await
                .map_err(PartitionError::from)?;
        }
    }
    tx.commit().await?;
    Ok(old)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the owner's transaction, over all brands"
)]
async fn entries_before(
    tx: &mut Transaction<'static, Postgres>,
    brand: Option<i32>,
    before: Month,
) -> Result<i64, sqlx::Error> {
    sqlx::query("SELECT count(*) FROM wallet_ledger WHERE at < $1::text::timestamptz AND ($2::int IS NULL OR brand_id = $2)")
        .bind(before.start())
        .bind(brand)
        .fetch_one(&mut **tx)
        .await?
        .try_get(0)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the owner's transaction, over all brands"
)]
async fn put_opening(
    tx: &mut Transaction<'static, Postgres>,
    brand: i32,
    opening: &Opening,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO journal_opening (brand_id, player_id, currency, version, hash, balance, accounts, amounts)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (brand_id, player_id, currency) DO UPDATE
            SET version = excluded.version, hash = excluded.hash, balance = excluded.balance,
                accounts = excluded.accounts, amounts = excluded.amounts",
    )
    .bind(brand)
    .bind(opening.player_id)
    .bind(&opening.currency)
    .bind(opening.version)
    .bind(opening.hash.as_slice())
    .bind(opening.balance)
    .bind(&opening.accounts)
    .bind(&opening.amounts)
    .execute(&mut **tx)
    .await
    .map(|_| ())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the owner's transaction, over all brands"
)]
async fn mark(
    tx: &mut Transaction<'static, Postgres>,
    brand: i32,
    (number, hash): (i64, &[u8; 32]),
    before: Month,
) -> Result<bool, sqlx::Error> {
    sqlx::query(
        "UPDATE journal_seal SET archived = $3::text::timestamptz WHERE brand_id = $1 AND number = $2 AND hash = $4",
    )
    .bind(brand)
    .bind(number)
    .bind(before.start())
    .bind(hash.as_slice())
    .execute(&mut **tx)
    .await
    .map(|done| done.rows_affected() == 1)
}
