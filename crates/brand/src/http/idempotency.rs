//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the client's name for a mutation.

use axum::extract::FromRequestParts;
use http::{StatusCode, request::Parts};

use super::problem::Problem;

/// The longest key accepted, in characters.
const MAX_LEN: usize = 120;

/// A client's name for a mutation: 1 to 120 visible ASCII characters. It is good for one player.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The header.
    pub const HEADER: &'static str = "idempotency-key";

    /// Reads a key.
    ///
    /// # Errors
    /// What is accepted.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if (1..=MAX_LEN).contains(&text.len()) && visible {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be 1 to 120 visible ASCII characters, such as a UUID")
        }
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// 422: the key was used for another request before.
    #[must_use]
    pub fn reused() -> Problem {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "This key was used for a request with other content.",
        )
        .with_error(
            "Idempotency-Key",
            "was used for a request with other content; take a new key",
        )
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let refuse = |message: &'static str| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "idempotency_key_required",
                "This request needs an Idempotency-Key header.",
            )
            .with_error("Idempotency-Key", message)
        };
        let mut values = parts.headers.get_all(Self::HEADER).iter();
        match (values.next(), values.next()) {
            (None, _) => Err(refuse("is required")),
            (Some(_), Some(_)) => Err(refuse("appears more than once")),
            (Some(value), None) => Self::parse(value.to_str().unwrap_or("")).map_err(refuse),
        }
    }
}
