//! What can fail here, and how it is answered.

use croupier_brand::http::problem::Problem;
use http::StatusCode;

use crate::{players::PlayersUnavailable, provider_account::NotRepresentable};

/// Why a game could not be listed or opened.
///
/// What a player or a provider did wrong in a round is not here: that is an outcome, a value.
#[derive(Debug, thiserror::Error)]
pub enum GameError {
    /// The brand does not offer the game: unknown, disabled, or another brand's; they look alike.
    #[error("the brand does not offer this game")]
    UnknownGame,
    /// The token's player is not one of this brand.
    #[error("the token's player does not exist in this brand")]
    UnknownPlayer,
    /// The player may not open games.
    #[error("the player is blocked or closed")]
    PlayerDisabled,
    /// The player keeps out by their own decision.
    #[error("the player keeps out")]
    PlayerExcluded,
    /// The brand is closed.
    #[error("the brand is closed")]
    BrandClosed,
    /// The player's account does not fit what providers take.
    #[error(transparent)]
    Account(#[from] NotRepresentable),
    /// The game's provider has no launch address in the configuration.
    #[error("no launch address is configured for provider {0}")]
    NoLaunchAddress(String),
    /// A row that this version cannot read.
    #[error("the database holds a {0} this version cannot read")]
    Unreadable(&'static str),
    /// Players cannot be looked up now.
    #[error(transparent)]
    Players(#[from] PlayersUnavailable),
    /// The database failed or refused.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<GameError> for Problem {
    fn from(error: GameError) -> Self {
        match error {
            GameError::UnknownGame => Self::new(
                StatusCode::NOT_FOUND,
                "unknown_game",
                "This casino offers no such game.",
            ),
            GameError::UnknownPlayer => Self::unauthenticated(),
            GameError::PlayerDisabled => Self::new(
                StatusCode::FORBIDDEN,
                "player_disabled",
                "This account cannot open games.",
            ),
            GameError::PlayerExcluded => Self::new(
                StatusCode::FORBIDDEN,
                "player_excluded",
                "You keep out by your own decision, and open no games until that is over.",
            ),
            GameError::BrandClosed => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "brand_closed",
                "This casino is closed for now.",
            ),
            GameError::Account(fault) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "account_not_representable",
                "The game's provider cannot take this account.",
            )
            .with_error("account", fault.to_string()),
            ref fault @ (GameError::Players(_) | GameError::Database(_) | GameError::NoLaunchAddress(_)) => {
                tracing::error!(%fault, "a game request could not be served");
                Self::unavailable()
            }
            fault @ GameError::Unreadable(_) => {
                tracing::error!(%fault, "a game request could not be served");
                Self::internal()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_stay_in_the_log() {
        let problem = Problem::from(GameError::Database(sqlx::Error::Protocol(
            "relation \"game_session\" does not exist".to_owned(),
        )));
        assert_eq!((problem.status().as_u16(), problem.code()), (503, "unavailable"));
        assert!(!format!("{problem:?}").contains("game_session"));
    }

    #[test]
    fn every_business_refusal_has_its_own_code() {
        let code = |error| Problem::from(error).code();
        assert_eq!(code(GameError::UnknownGame), "unknown_game");
        assert_eq!(code(GameError::UnknownPlayer), "unauthenticated");
        assert_eq!(code(GameError::PlayerDisabled), "player_disabled");
        assert_eq!(code(GameError::PlayerExcluded), "player_excluded");
    }
}
