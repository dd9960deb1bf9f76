//! `POST /api/v1/sessions`: a player signs in.

use std::convert::Infallible;

use axum::extract::State;
use croupier_brand::{
    http::{fields::Fields, problem::Problem},
    scope::BrandScope,
};
use utoipa::ToSchema;

use super::tokens::Tokens;
use crate::{
    account::{AccountName, PresentedPassword},
    service::PlayerService,
};

/// Who signs in.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "only its schema is used: the body is read field by field"
)]
pub(crate) struct SignInBody {
    /// The account, in whatever case.
    #[schema(example = "lucky_7")]
    account: String,
    /// Its password.
    #[schema(format = Password)]
    password: String,
}

/// Signs a player in at the brand of the request's domain.
#[utoipa::path(
    post, path = "/api/v1/sessions", tag = "player", request_body = SignInBody,
    responses(
        (status = 201, description = "The player is signed in.", body = Tokens),
        (status = 401, description = "`invalid_credentials`: the account or the password is wrong", content_type = "application/problem+json"),
        (status = 403, description = "`player_blocked` or `player_closed`; account and password were right", content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields`: every field at fault, by name", content_type = "application/problem+json"),
        (status = 429, description = "`too_many_attempts`: sign-ins to this account have failed too often", content_type = "application/problem+json"),
        (status = 503, description = "`busy`: too many passwords are being hashed", content_type = "application/problem+json"),
    )
)]
pub(crate) async fn post(
    State(service): State<PlayerService>,
    scope: BrandScope,
    fields: Fields,
) -> Result<Tokens, Problem> {
    let (account, password) = read(fields)?;
    let pair = service.login(&scope, account, password).await??;
    Ok(pair.into())
}

/// A missing field or a wrong type is a fault. An account that cannot be is none: it is refused later,
/// as an unknown one is.
fn read(mut fields: Fields) -> Result<(Option<AccountName>, PresentedPassword), Problem> {
    let account = fields.text("account", |text| {
        Ok::<_, Infallible>(AccountName::parse(text).ok())
    });
    let password = fields.text("password", |text| {
        Ok::<_, Infallible>(PresentedPassword::new(text))
    });
    fields.finish((account, password))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn body(text: &str) -> Result<(Option<AccountName>, PresentedPassword), Problem> {
        read(Fields::parse(text.as_bytes()).unwrap())
    }

    #[test]
    fn any_two_texts_may_be_tried() {
        assert_eq!(
            body(r#"{"account":"BOB","password":"x"}"#)
                .unwrap()
                .0
                .unwrap()
                .as_str(),
            "bob"
        );
        for account in ["", "b", "no such name!", "\\u0000", "ё"] {
            assert!(
                body(&format!(r#"{{"account":"{account}","password":""}}"#))
                    .unwrap()
                    .0
                    .is_none()
            );
        }
    }

    #[test]
    fn wrong_types_and_missing_fields_are_faults() {
        for (text, named) in [
            ("{}", 2),
            (r#"{"account":1,"password":null}"#, 2),
            (r#"{"account":"bob","password":"x","brand":"b"}"#, 1),
        ] {
            let problem = body(text).unwrap_err();
            assert_eq!(
                (problem.code(), problem.errors().len()),
                ("invalid_fields", named),
                "{text}"
            );
        }
    }
}
