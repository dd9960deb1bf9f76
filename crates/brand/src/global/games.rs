//! The catalogue of games: what providers make, the same for every brand. The house takes a game off here for all of them.

use sqlx::PgExecutor;

use super::GlobalError;

/// A game of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueGame {
    /// Its name in URLs.
    pub id: String,
    /// Who makes it.
    pub provider: String,
    /// The provider's own name for it.
    pub code: String,
    /// Its name as players read it.
    pub name: String,
    /// Brands can offer it.
    pub active: bool,
}

/// Every game, in the catalogue's order.
///
/// # Errors
/// [`GlobalError::Database`].
pub async fn all(db: impl PgExecutor<'_>) -> Result<Vec<CatalogueGame>, GlobalError> {
    let games = global_query!(as CatalogueGame,
        r#"SELECT game_id AS id, provider, game_code AS code, name, status = 'active' AS "active!"
             FROM game ORDER BY position, game_id"#
    );
    Ok(games.fetch_all(db).await?)
}

/// Puts a game on for the whole house, or takes it off. Takes the owner's connection. False when there is no such game.
///
/// # Errors
/// [`GlobalError::Database`].
pub async fn set_active(owner: impl PgExecutor<'_>, id: &str, on: bool) -> Result<bool, GlobalError> {
    let set = global_query!(
        "UPDATE game SET status = $2 WHERE game_id = $1",
        id,
        if on { "active" } else { "disabled" }
    );
    Ok(set.execute(owner).await?.rows_affected() == 1)
}
