//! `GET /.well-known/jwks.json`: the keys that access tokens are verified with.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use utoipa::ToSchema;

use crate::service::PlayerService;

/// Long enough to spare us the traffic, short enough that a new key is known before it signs.
const CACHE: &str = "public, max-age=300";

/// A JWK set (RFC 7517, 5).
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "only its schema is used: the set is written once at start"
)]
pub(crate) struct JwkSet {
    /// RSA keys for RS256, each with `kid`, `n` and `e`.
    #[schema(value_type = Vec<Object>)]
    keys: Vec<serde_json::Value>,
}

/// The public keys of access tokens. The same for every brand.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "player",
    responses(
        (status = 200, description = "The key set.", body = JwkSet, content_type = "application/jwk-set+json"),
        (status = 304, description = "It is still the set that `If-None-Match` names."),
    )
)]
pub(crate) async fn get(State(service): State<PlayerService>, headers: HeaderMap) -> Response {
    let set = service.key_set();
    let validators = [(header::CACHE_CONTROL, CACHE), (header::ETAG, set.etag())];
    let known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| set.is_named_by(value));
    if known {
        return (StatusCode::NOT_MODIFIED, validators).into_response();
    }
    (
        validators,
        [(header::CONTENT_TYPE, "application/jwk-set+json")],
        set.body().to_owned(),
    )
        .into_response()
}
