//! `GET /api/v1/me`: who the access token speaks for.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use croupier_brand::{
    http::{authenticate::AuthenticatedPlayer, problem::Problem},
    scope::BrandScope,
};
use http::header;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::exclusions::KeepsOut;
use crate::{error::Refusal, players::PlayerStatus, service::PlayerService};

/// The player as they see themselves.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    /// The player's id at this brand.
    player_id: Uuid,
    /// The account, in lower case.
    #[schema(example = "lucky_7")]
    account: String,
    /// Whether the player may sign in.
    status: PlayerStatus,
    /// What keeps the player out, if anything does.
    #[serde(skip_serializing_if = "Option::is_none")]
    exclusion: Option<KeepsOut>,
    /// The brand's code.
    #[schema(example = "aurora")]
    brand: String,
}

/// The player of the access token.
#[utoipa::path(
    get, path = "/api/v1/me", tag = "player", security(("bearer" = [])),
    responses(
        (status = 200, description = "The player.", body = Me),
        (status = 401, description = "`unauthenticated`", content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(service): State<PlayerService>,
    scope: BrandScope,
    player: AuthenticatedPlayer,
) -> Result<Response, Problem> {
    // A token of another brand that enforcement let pass ends here: its player does not exist.
    let player = service
        .lookup()
        .find(&scope, player.id())
        .await?
        .ok_or(Refusal::Unauthenticated)?;
    let me = Me {
        player_id: player.id.0,
        account: player.account.to_string(),
        status: player.status,
        exclusion: player.keeps_out(service.parts().clock.now()).map(KeepsOut::from),
        brand: scope.code().to_string(),
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(me)).into_response())
}
