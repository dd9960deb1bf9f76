//! `DELETE /api/v1/sessions/current`: a player signs out.

use axum::extract::State;
use croupier_brand::{
    http::{authenticate::AuthenticatedPlayer, problem::Problem},
    scope::BrandScope,
};
use http::StatusCode;

use crate::service::PlayerService;

/// Ends the session of the access token: that token and the session's refresh tokens are good no longer.
#[utoipa::path(
    delete, path = "/api/v1/sessions/current", tag = "player", security(("bearer" = [])),
    responses(
        (status = 204, description = "The session has ended."),
        (status = 401, description = "`unauthenticated`", content_type = "application/problem+json"),
    )
)]
pub(crate) async fn delete(
    State(service): State<PlayerService>,
    scope: BrandScope,
    player: AuthenticatedPlayer,
) -> Result<StatusCode, Problem> {
    service.logout(&scope, player.session()).await??;
    Ok(StatusCode::NO_CONTENT)
}
