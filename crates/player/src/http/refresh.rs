//! `POST /api/v1/sessions/refresh`: a refresh token is spent for a new pair.

use std::convert::Infallible;

use axum::extract::State;
use croupier_brand::{
    http::{fields::Fields, problem::Problem},
    scope::BrandScope,
};
use utoipa::ToSchema;

use super::tokens::Tokens;
use crate::{refresh_token::RefreshToken, service::PlayerService};

/// What renews a session.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "only its schema is used: the body is read field by field"
)]
pub(crate) struct RefreshBody {
    /// The last refresh token that was given out for the session.
    refresh_token: String,
}

/// Spends a refresh token for a new pair. One that comes back after it was spent ends its session.
#[utoipa::path(
    post, path = "/api/v1/sessions/refresh", tag = "player", request_body = RefreshBody,
    responses(
        (status = 201, description = "The new pair; the old refresh token is spent.", body = Tokens),
        (status = 401, description = "`invalid_refresh_token`: sign in again", content_type = "application/problem+json"),
        (status = 403, description = "`player_blocked` or `player_closed`", content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields`: every field at fault, by name", content_type = "application/problem+json"),
    )
)]
pub(crate) async fn post(
    State(service): State<PlayerService>,
    scope: BrandScope,
    fields: Fields,
) -> Result<Tokens, Problem> {
    let pair = service.refresh(&scope, read(fields)?).await??;
    Ok(pair.into())
}

/// A text that is no token is none: it is refused as an unknown one is.
fn read(mut fields: Fields) -> Result<Option<RefreshToken>, Problem> {
    let token = fields.text("refresh_token", |text| {
        Ok::<_, Infallible>(RefreshToken::parse(text).ok())
    });
    fields.finish((token,)).map(|(token,)| token)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_token_or_none_and_anything_else_a_fault() {
        let body = |text: &str| read(Fields::parse(text.as_bytes()).unwrap());
        assert!(
            body(&format!(r#"{{"refresh_token":"{}"}}"#, "A".repeat(43)))
                .unwrap()
                .is_some()
        );
        assert!(body(r#"{"refresh_token":"x"}"#).unwrap().is_none());
        for bad in [
            "{}",
            r#"{"refresh_token":null}"#,
            r#"{"refresh_token":"x","session":"y"}"#,
        ] {
            assert_eq!(body(bad).unwrap_err().code(), "invalid_fields", "{bad}");
        }
    }
}
