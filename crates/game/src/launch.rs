//! `POST /api/v1/games/{game}/sessions`: opens a game for a player.
//!
//! A launch is a row: the token, whose it is, the account the provider will send back, the
//! currency, when bets end. The answer's `launch_url` is the provider's launch address from the
//! configuration with the launch in its query; in development that is a sandbox address.

use std::collections::BTreeMap;

use crate::{
    GameState,
    catalogue::{Game, GameId},
    error::GameError,
    players::PlayerSummary,
    provider::Protocol,
    provider_account::{AccountRules, ProviderAccount},
    repo::{GameReads, GameRepo},
    session::{GameSession, SessionToken},
};
use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
};
use croupier_brand::{
    BrandScope, BrandStatus,
    eligibility::{Act, Facts, GameStanding, Ineligible, Standing, eligible},
    http::{authenticate::AuthenticatedPlayer, problem::Problem},
};
use http::StatusCode;
use reqwest::Url;
use serde::Serialize;
use time::Duration;
use utoipa::ToSchema;

/// How games are opened.
#[derive(Clone, Debug)]
pub struct LaunchConfig {
    session_life: Duration,
    addresses: BTreeMap<String, Url>,
}

/// Why a launch configuration is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LaunchConfigError {
    /// Sessions would end at once, or never.
    #[error("a game session must last between one minute and seven days")]
    SessionLife,
    /// Not an address that a browser can open.
    #[error("the launch address of {0} must be an http or https URL without user, query or fragment")]
    Address(String),
}

impl LaunchConfig {
    /// How long a launch takes bets where nothing else is configured.
    pub const DEFAULT_SESSION_LIFE: Duration = Duration::hours(12);

    /// Launches that take bets for `session_life`, to no provider yet.
    ///
    /// # Errors
    /// [`LaunchConfigError::SessionLife`].
    pub fn new(session_life: Duration) -> Result<Self, LaunchConfigError> {
        if (Duration::minutes(1)..=Duration::days(7)).contains(&session_life) {
            Ok(Self {
                session_life,
                addresses: BTreeMap::new(),
            })
        } else {
            Err(LaunchConfigError::SessionLife)
        }
    }

    /// Opens `provider`'s games at `address`.
    ///
    /// # Errors
    /// [`LaunchConfigError::Address`].
    pub fn with_provider(mut self, provider: &str, address: &str) -> Result<Self, LaunchConfigError> {
        let refuse = || LaunchConfigError::Address(provider.to_owned());
        let url = Url::parse(address).map_err(|_| refuse())?;
        let plain = url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !plain {
            return Err(refuse());
        }
        self.addresses.insert(provider.to_owned(), url);
        Ok(self)
    }

    fn launch_url(&self, session: &GameSession, token: &str, game_code: &str) -> Result<Url, GameError> {
        let mut url = self
            .addresses
            .get(&session.provider)
            .cloned()
            .ok_or_else(|| GameError::NoLaunchAddress(session.provider.clone()))?;
        url.query_pairs_mut()
            .append_pair("game_code", game_code)
            .append_pair("user", session.account.as_str())
            .append_pair("token", token)
            .append_pair("currency", session.currency.code());
        Ok(url)
    }
}

/// A game that was opened.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Launched {
    /// What the provider shows with the callbacks of this launch.
    #[schema(example = "55b7518e-b89e-41e7-81be-58404eea6d16")]
    pub token: String,
    /// What the provider calls the player.
    #[schema(example = "auroraalice")]
    pub provider_account: String,
    /// Where the player's browser goes.
    pub launch_url: String,
}

/// Opens a game.
///
/// # Errors
/// [`Problem`]: 404 `unknown_game` for what this casino does not offer, 403 `player_disabled` or `player_excluded`,
/// 422 `account_not_representable`.
#[utoipa::path(
    post, path = "/api/v1/games/{game}/sessions", tag = "games",
    params(("game" = String, Path, description = "The game's id, as the list gives it")),
    responses(
        (status = 201, description = "Opened", body = Launched),
        (status = 401, description = "`unauthenticated`"),
        (status = 403, description = "`player_disabled`, or `player_excluded`: the player keeps out by their own decision"),
        (status = 404, description = "`unknown_game`: no such game, or not offered by this casino"),
        (status = 422, description = "`account_not_representable`: the provider cannot take the player's account"),
        (status = 503, description = "`brand_closed`: this casino is closed for now"),
    )
)]
pub async fn open(
    State(state): State<GameState>,
    scope: BrandScope,
    player: AuthenticatedPlayer,
    game: Result<Path<String>, PathRejection>,
) -> Result<(StatusCode, Json<Launched>), Problem> {
    let game = game
        .ok()
        .and_then(|Path(game)| GameId::parse(&game))
        .ok_or(GameError::UnknownGame)?;
    let player = state
        .players
        .find(&scope, player.id())
        .await
        .map_err(GameError::from)?;
    let launched = launch(&state, &scope, player, &game).await?;
    Ok((StatusCode::CREATED, Json(launched)))
}

async fn launch(
    state: &GameState,
    scope: &BrandScope,
    player: Option<PlayerSummary>,
    game: &GameId,
) -> Result<Launched, GameError> {
    let player = player.ok_or(GameError::UnknownPlayer)?;
    let offered = GameReads::open(&state.pool, scope)
        .await?
        .find_offered(game)
        .await?;
    may_launch(scope, &player, offered.is_some())?;
    let game = offered.ok_or(GameError::UnknownGame)?;
    let protocol =
        Protocol::named(&game.provider).ok_or_else(|| GameError::NoLaunchAddress(game.provider.clone()))?;
    let session = new_session(state, scope, &player, (&game, protocol.spec.accounts))?;
    let token = protocol.spec.tokens.write(scope, session.token);
    let launch_url = state.launch.launch_url(&session, &token, &game.game_code)?;
    let mut repo = GameRepo::open(&state.pool, scope).await?;
    repo.insert_session(&session).await?;
    repo.commit().await?;
    metrics::counter!("game_launches_total", "brand" => scope.code().to_string(), "provider" => game.provider).increment(1);
    Ok(Launched {
        token,
        provider_account: session.account.to_string(),
        launch_url: launch_url.into(),
    })
}

fn may_launch(scope: &BrandScope, player: &PlayerSummary, offered: bool) -> Result<(), GameError> {
    judge(scope.brand().status, player.standing, offered)
}

fn judge(brand: BrandStatus, player: Standing, offered: bool) -> Result<(), GameError> {
    let game = if offered {
        GameStanding::Offered
    } else {
        GameStanding::Unknown
    };
    let facts = Facts {
        brand,
        player,
        limit_reached: false,
        game: Some(game),
    };
    eligible(Act::Launch, &facts).map_err(|why| match why {
        Ineligible::GameUnknown | Ineligible::GameWithdrawn => GameError::UnknownGame,
        Ineligible::BrandClosed => GameError::BrandClosed,
        Ineligible::PlayerExcluded => GameError::PlayerExcluded,
        Ineligible::PlayerBlocked | Ineligible::PlayerClosed | Ineligible::LimitReached => {
            GameError::PlayerDisabled
        }
    })
}

fn new_session(
    state: &GameState,
    scope: &BrandScope,
    player: &PlayerSummary,
    (game, accounts): (&Game, AccountRules),
) -> Result<GameSession, GameError> {
    let now = state.clock.now();
    Ok(GameSession {
        token: SessionToken::generate(),
        player: player.id,
        provider: game.provider.clone(),
        game: game.game_id.clone(),
        account: ProviderAccount::compose(scope, accounts, &player.account)?,
        currency: scope.currency(),
        created_at: now,
        expires_at: now + state.launch.session_life,
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn an_address_must_be_one_a_browser_can_open() {
        let config = LaunchConfig::new(LaunchConfig::DEFAULT_SESSION_LIFE).unwrap();
        for good in [
            "https://play.example.com/launch",
            "http://127.0.0.1:8080/sandbox/hub88",
        ] {
            assert!(config.clone().with_provider("hub88", good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "play.example.com",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://a@b/",
            "https://a/?x=1",
            "https://a/#f",
        ] {
            assert_eq!(
                config.clone().with_provider("hub88", bad).unwrap_err(),
                LaunchConfigError::Address("hub88".to_owned()),
                "{bad}"
            );
        }
    }

    #[test]
    fn sessions_end_but_not_at_once() {
        for bad in [
            Duration::ZERO,
            Duration::seconds(59),
            Duration::days(8),
            Duration::seconds(-1),
        ] {
            assert_eq!(
                LaunchConfig::new(bad).unwrap_err(),
                LaunchConfigError::SessionLife
            );
        }
        assert!(LaunchConfig::new(Duration::hours(12)).is_ok());
    }

    #[test]
    fn only_an_active_player_opens_games_that_are_there() {
        let told = |player, offered| judge(BrandStatus::Active, player, offered);
        assert!(told(Standing::Active, true).is_ok());
        assert!(matches!(
            told(Standing::Active, false),
            Err(GameError::UnknownGame)
        ));
        for player in [Standing::Blocked, Standing::Closed] {
            assert!(matches!(told(player, true), Err(GameError::PlayerDisabled)));
        }
        assert!(matches!(
            told(Standing::Excluded, true),
            Err(GameError::PlayerExcluded)
        ));
        for brand in [BrandStatus::Maintenance, BrandStatus::Suspended] {
            assert!(matches!(
                judge(brand, Standing::Active, true),
                Err(GameError::BrandClosed)
            ));
        }
    }
}
