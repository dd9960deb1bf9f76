//! The endpoints, one file each, and the list of them.

mod exclusions;
mod jwks;
mod me;
mod refresh;
mod register;
mod sign_in;
mod sign_out;
mod tokens;

use croupier_brand::http::routes::{Access, Routes};
use http::Method;

use crate::service::PlayerService;

/// Every route of this crate, with its access, ready to serve.
#[must_use]
pub fn routes(service: PlayerService) -> Routes {
    table().with_state(service)
}

/// The same without a service behind it: what a gateway that forwards needs to know.
#[must_use]
pub fn table() -> Routes<PlayerService> {
    Routes::new()
        .route(Method::POST, "/api/v1/players", Access::Brand, register::post)
        .route(Method::POST, "/api/v1/sessions", Access::Brand, sign_in::post)
        .route(
            Method::POST,
            "/api/v1/sessions/refresh",
            Access::Brand,
            refresh::post,
        )
        .route(
            Method::DELETE,
            "/api/v1/sessions/current",
            Access::Player,
            sign_out::delete,
        )
        .route(Method::GET, "/api/v1/me", Access::Player, me::get)
        .route(
            Method::POST,
            "/api/v1/me/exclusions",
            Access::Player,
            exclusions::post,
        )
        .route(Method::GET, "/.well-known/jwks.json", Access::Public, jwks::get)
}

/// The document of these routes.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(
    paths(
        register::post,
        sign_in::post,
        refresh::post,
        sign_out::delete,
        me::get,
        exclusions::post,
        jwks::get
    ),
    components(schemas(
        register::RegistrationBody,
        register::RegisteredPlayer,
        sign_in::SignInBody,
        refresh::RefreshBody,
        tokens::Tokens,
        me::Me,
        exclusions::ExclusionBody,
        exclusions::KeepsOut,
        jwks::JwkSet
    ))
)]
pub struct ApiDoc;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
