//! `GET /.well-known/jwks.json`: the keys that access tokens are verified with.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use croupier_brand::http::problem::Problem;
use http::{HeaderMap, StatusCode, header};
use utoipa::ToSchema;

use crate::{error::PlayerError, service::PlayerService};

/// A JWK set (RFC 7517, 5).
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "only its schema is used: the set is written once for each set of keys"
)]
pub(crate) struct JwkSet {
    /// RSA keys for RS256, each with `kid`, `n` and `e`.
    #[schema(value_type = Vec<Object>)]
    keys: Vec<serde_json::Value>,
}

/// The public keys of access tokens. The same for every brand.
///
/// A new key is here for longer than `max-age` before the first token is signed with it; an old one
/// until its last token has ended.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "player",
    responses(
        (status = 200, description = "The key set.", body = JwkSet, content_type = "application/jwk-set+json"),
        (status = 304, description = "It is still the set that `If-None-Match` names."),
    )
)]
pub(crate) async fn get(
    State(service): State<PlayerService>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let set = service.key_set().map_err(PlayerError::from)?;
    let cache = format!("public, max-age={}", service.parts().jwks_max_age);
    let validators = [
        (header::CACHE_CONTROL, cache.as_str()),
        (header::ETAG, set.etag()),
    ];
    let known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| set.is_named_by(value));
    if known {
        return Ok((StatusCode::NOT_MODIFIED, validators).into_response());
    }
    Ok((
        validators,
        [(header::CONTENT_TYPE, "application/jwk-set+json")],
        set.body().to_owned(),
    )
        .into_response())
}
