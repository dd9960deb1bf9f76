//! The schema: applied by the owner, checked by everybody else.

use time::OffsetDateTime;

use crate::journal::partition::{self, PartitionError};
use sqlx::{PgExecutor, PgPool, migrate::Migrator};

/// The migrations, as they were when this program was built.
pub static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// Why the schema was not brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// A migration failed; it leaves no trace.
    #[error(transparent)]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The journal's parts for the months to come could not be made.
    #[error(transparent)]
    Parts(#[from] PartitionError),
}

/// Applies what is missing, as the owner, and makes the journal's parts for the months to come. Gives how many
/// migrations there are.
///
/// # Errors
/// [`SchemaError`].
pub async fn run(owner: &PgPool, now: OffsetDateTime) -> Result<usize, SchemaError> {
    MIGRATIONS.run(owner).await?;
    partition::make(owner, now, partition::AHEAD).await?;
    Ok(MIGRATIONS.iter().count())
}

/// Whether the database has this program's schema.
///
/// # Errors
/// What is different, for a person.
#[expect(
    clippy::disallowed_methods,
    reason = "sqlx's own table of migrations belongs to no brand"
)]
pub async fn check(db: impl PgExecutor<'_>) -> Result<(), String> {
    let applied: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations WHERE success ORDER BY version")
            .fetch_all(db)
            .await
            .map_err(|_| "it has none that this role can see".to_owned())?;
    let ours: Vec<(i64, Vec<u8>)> = MIGRATIONS
        .iter()
        .map(|migration| (migration.version, migration.checksum.to_vec()))
        .collect();
    if applied == ours {
        return Ok(());
    }
    let last = |list: &[(i64, Vec<u8>)]| list.last().map_or(0, |(version, _)| *version);
    Err(match last(&applied).cmp(&last(&ours)) {
        std::cmp::Ordering::Less => format!("it is at {} of {}", last(&applied), last(&ours)),
        std::cmp::Ordering::Greater => format!(
            "it is at {}, newer than this program's {}",
            last(&applied),
            last(&ours)
        ),
        std::cmp::Ordering::Equal => {
            "a migration that was applied is not the one this program has".to_owned()
        }
    })
}
