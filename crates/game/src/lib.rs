//! Games: what a brand offers, how a player opens one, and what its provider reports of the rounds.
//!
//! * [`catalogue`] — the games of a brand
//! * [`launch`] — a player opens a game; the provider learns the [`provider_account`] and a token
//! * [`offers`] — which of them is on, as operators have it
//! * [`launches`] — what operators see of launches, and how they end them
//! * [`players`] — what this crate asks of whoever keeps the players
//! * [`rounds`] — what every provider's rounds have in common, up to the wallet
//! * [`provider`] — what every provider's callbacks have in common, and the list of providers
//! * [`hub88`], [`softswiss`], [`spribe`], [`pragmatic`], [`slotegrator`], [`evolution`] — one provider's contract each
//! * [`conformance`] — the providers' sides, and what an operator's wallet must do about what they say
//!
//! A callback earns its brand from its signature and the account in its body, never from the
//! domain it came to.

pub mod catalogue;
pub mod conformance;
pub mod error;
pub mod evolution;
pub mod hub88;
pub mod launch;
pub mod launches;
mod named;
pub mod offers;
pub mod players;
pub mod pragmatic;
pub mod provider;
pub mod provider_account;
pub mod prune;
mod repo;
pub mod rounds;
pub mod session;
pub mod slotegrator;
pub mod softswiss;
pub mod spribe;

use std::{fmt, sync::Arc};

use croupier_brand::{
    BrandPool, Clock,
    http::routes::{Access, Routes},
};
use http::Method;
use utoipa::OpenApi;

pub use error::GameError;

use crate::{launch::LaunchConfig, players::Players};

/// What the player-facing handlers work with.
#[derive(Clone)]
pub struct GameState {
    /// The application's connections.
    pub pool: BrandPool,
    /// Who keeps the players.
    pub players: Arc<dyn Players>,
    /// How games are opened.
    pub launch: Arc<LaunchConfig>,
    /// The time.
    pub clock: Clock,
}

impl fmt::Debug for GameState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GameState")
            .field("launch", &self.launch)
            .finish_non_exhaustive()
    }
}

/// The player-facing routes, ready to serve.
#[must_use]
pub fn routes(state: GameState) -> Routes {
    table().with_state(state)
}

/// The same without anything behind them: what a gateway that forwards needs to know.
#[must_use]
pub fn table() -> Routes<GameState> {
    Routes::new()
        .route(Method::GET, "/api/v1/games", Access::Brand, catalogue::list)
        .route(
            Method::POST,
            "/api/v1/games/{game}/sessions",
            Access::Player,
            launch::open,
        )
}

/// The routes of this crate as OpenAPI describes them.
#[derive(Clone, Copy, Debug, OpenApi)]
#[openapi(paths(catalogue::list, launch::open))]
pub struct ApiDoc;

/// The routes of this crate and of every provider, as OpenAPI describes them.
#[must_use]
pub fn documented() -> utoipa::openapi::OpenApi {
    let mut document = ApiDoc::openapi();
    document.merge(provider::documented());
    document
}
