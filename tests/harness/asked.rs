//! What tests ask of a database.

use sqlx::PgExecutor;

/// The SQLSTATE that the database refused with.
#[track_caller]
pub fn sqlstate(refused: &sqlx::Error) -> String {
    refused.as_database_error().unwrap().code().unwrap().into_owned()
}

/// The brands that a connection sees rows of, as row security is told them.
pub async fn brands_of(db: impl PgExecutor<'_>) -> String {
    let setting: Option<String> = sqlx::query_scalar("SELECT current_setting('croupier.brand_ids', true)")
        .fetch_one(db)
        .await
        .unwrap();
    setting.unwrap_or_default()
}
