//! The answer of a sign-in and of a refresh.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::sessions::TokenPair;

/// A new pair of tokens (RFC 6749, 5.1).
#[derive(Serialize, ToSchema)]
pub(crate) struct Tokens {
    /// Sent as `Authorization: Bearer …`.
    access_token: String,
    /// Good once, for the next pair.
    #[schema(
        example = "mF_9B5f-41JqM3w8yLhZc0pQ7rT2vX6aN4dK1sG8eYA",
        min_length = 43,
        max_length = 43
    )]
    refresh_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds until the access token ends.
    #[schema(example = 900)]
    expires_in: i64,
}

impl From<TokenPair> for Tokens {
    fn from(pair: TokenPair) -> Self {
        Self {
            refresh_token: pair.refresh_token.reveal().to_string(),
            access_token: pair.access_token,
            token_type: "Bearer",
            expires_in: pair.expires_in,
        }
    }
}

/// 201, and no cache keeps it.
impl IntoResponse for Tokens {
    fn into_response(self) -> Response {
        (
            StatusCode::CREATED,
            [(header::CACHE_CONTROL, "no-store")],
            Json(self),
        )
            .into_response()
    }
}
