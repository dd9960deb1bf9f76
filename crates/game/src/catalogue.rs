//! The games a brand offers, and `GET /api/v1/games`.
//!
//! What a provider makes is the same for every brand (table `game`); which of it a brand shows, and
//! in what order, is the brand's (`brand_game`). A game that a brand does not offer does not exist
//! for its players, whoever else offers it.

use axum::{Json, extract::State};
use croupier_brand::{BrandPool, BrandScope, http::problem::Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    GameState,
    error::GameError,
    repo::{GameReads, GameRepo},
};

/// A game's stable name in URLs: 2 to 64 of `a-z 0-9 -`, not beginning with `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, example = "northern-lights")]
pub struct GameId(String);

impl GameId {
    /// Reads a name. None when no game can have it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let letters = text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        ((2..=64).contains(&text.len()) && letters && !text.starts_with('-')).then(|| Self(text.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What kind of game it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// A slot.
    Slot,
    /// A table game against a generator.
    Table,
    /// A table with a dealer.
    Live,
    /// A crash game.
    Crash,
}

impl Category {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "slot" => Some(Self::Slot),
            "table" => Some(Self::Table),
            "live" => Some(Self::Live),
            "crash" => Some(Self::Crash),
            _ => None,
        }
    }
}

/// A game that a brand offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Game {
    /// Its name in URLs.
    pub game_id: GameId,
    /// Its name as players read it.
    pub name: String,
    /// Its kind.
    pub category: Category,
    /// Who makes it.
    pub provider: String,
    /// The provider's own name for it; players have no use for it.
    #[serde(skip)]
    pub game_code: String,
}

/// The games of a brand, in the order its lobby shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct GameList {
    /// The games.
    pub games: Vec<Game>,
}

/// Offers every active game to a brand's players, at the catalogue's position. What the brand has
/// already, and what it decided about it, stays as it is; so this may be repeated.
///
/// # Errors
/// [`GameError::Database`]; nothing was offered then.
pub async fn offer_all(pool: &BrandPool, scope: &BrandScope) -> Result<(), GameError> {
    let mut repo = GameRepo::open(pool, scope).await?;
    repo.offer_all().await?;
    repo.commit().await
}

/// The games of this casino, in the order of its lobby.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(get, path = "/api/v1/games", tag = "games", responses((status = 200, description = "The games this casino offers", body = GameList)))]
pub async fn list(State(state): State<GameState>, scope: BrandScope) -> Result<Json<GameList>, Problem> {
    Ok(Json(GameList {
        games: offered(&state.pool, &scope).await?,
    }))
}

async fn offered(pool: &BrandPool, scope: &BrandScope) -> Result<Vec<Game>, GameError> {
    GameReads::open(pool, scope).await?.offered().await
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn game_ids_are_what_a_url_can_carry() {
        for good in ["northern-lights", "g1", "21-blackjack"] {
            assert!(GameId::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "g",
            "-g",
            "Northern",
            "a b",
            "a/b",
            "a_b",
            "ä1",
            &"g".repeat(65),
        ] {
            assert!(GameId::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_listed_game_says_nothing_of_the_providers_code() {
        let game = Game {
            game_id: GameId::parse("northern-lights").unwrap(),
            name: "Northern Lights".to_owned(),
            category: Category::Slot,
            provider: "hub88".to_owned(),
            game_code: "clt_northernlights".to_owned(),
        };
        let json = serde_json::to_string(&GameList { games: vec![game] }).unwrap();
        assert_eq!(
            json,
            r#"{"games":[{"game_id":"northern-lights","name":"Northern Lights","category":"slot","provider":"hub88"}]}"#
        );
    }
}
