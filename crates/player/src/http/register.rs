//! `POST /api/v1/players`: a new player of the brand.

use axum::{Json, extract::State};
use croupier_brand::{
    http::{fields::Fields, problem::Problem},
    scope::BrandScope,
};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    account::{AccountName, Email, Password, Registration},
    service::PlayerService,
};

/// What a player signs up with.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "only its schema is used: the body is read field by field"
)]
pub(crate) struct RegistrationBody {
    /// 3 to 32 of a-z 0-9 _ . ; upper case is read as lower case.
    #[schema(
        example = "lucky_7",
        min_length = 3,
        max_length = 32,
        pattern = "^[A-Za-z0-9_.]{3,32}$"
    )]
    account: String,
    /// 10 to 128 characters, and not the account.
    #[schema(format = Password, min_length = 10, max_length = 128)]
    password: String,
    /// Where the brand may write to.
    #[schema(example = "lucky@example.com", max_length = 254)]
    email: Option<String>,
}

/// The new player.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RegisteredPlayer {
    /// The player's id at this brand.
    player_id: Uuid,
    /// The account as it is kept, in lower case.
    #[schema(example = "lucky_7")]
    account: String,
}

/// Signs a player up at the brand of the request's domain.
#[utoipa::path(
    post, path = "/api/v1/players", tag = "player", request_body = RegistrationBody,
    responses(
        (status = 201, description = "The player may now sign in.", body = RegisteredPlayer),
        (status = 409, description = "`account_taken`", content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields`: every field at fault, by name", content_type = "application/problem+json"),
        (status = 503, description = "`busy`: too many passwords are being hashed", content_type = "application/problem+json"),
    )
)]
pub(crate) async fn post(
    State(service): State<PlayerService>,
    scope: BrandScope,
    fields: Fields,
) -> Result<(StatusCode, Json<RegisteredPlayer>), Problem> {
    let player = service.register(&scope, read(fields)?).await??;
    Ok((
        StatusCode::CREATED,
        Json(RegisteredPlayer {
            player_id: player.id.0,
            account: player.account.to_string(),
        }),
    ))
}

fn read(mut fields: Fields) -> Result<Registration, Problem> {
    let account = fields.text("account", AccountName::parse);
    let password = fields.text("password", Password::parse);
    let email = fields.optional_text("email", Email::parse);
    let registration = account.zip(password).and_then(|(account, password)| {
        Registration::new(account, password)
            .map_err(|fault| fields.fault("password", fault))
            .ok()
    });
    let (registration, email) = fields.finish((registration, email))?;
    Ok(registration.with_email(email))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn faults(body: &str) -> Vec<String> {
        let problem = read(Fields::parse(body.as_bytes()).unwrap()).unwrap_err();
        assert_eq!(
            (problem.status().as_u16(), problem.code()),
            (422, "invalid_fields")
        );
        assert!(
            !format!("{problem:?}").contains("hunter"),
            "a password is repeated: {problem:?}"
        );
        let mut fields: Vec<_> = problem.errors().iter().map(|error| error.field.clone()).collect();
        fields.sort();
        fields
    }

    #[test]
    fn a_good_body_is_read() {
        for body in [
            r#"{"account":"Lucky.7","password":"correct horse"}"#,
            r#"{"account":"lucky.7","password":"correct horse","email":null}"#,
            r#"{"password":"correct horse","email":"a@b.co","account":"LUCKY.7"}"#,
        ] {
            let read = read(Fields::parse(body.as_bytes()).unwrap()).unwrap();
            assert_eq!(read.account.as_str(), "lucky.7");
            assert_eq!(read.email.is_some(), body.contains("a@b.co"));
        }
    }

    #[test]
    fn every_faulty_field_is_named_at_once() {
        assert_eq!(faults("{}"), ["account", "password"]);
        assert_eq!(
            faults(r#"{"account":"no spaces","password":"hunter2","email":"x","brand_id":2}"#),
            ["account", "brand_id", "email", "password"]
        );
        assert_eq!(
            faults(r#"{"account":7,"password":["hunter22222"],"email":1e400}"#),
            ["account", "email", "password"]
        );
        assert_eq!(
            faults(r#"{"account":null,"password":null}"#),
            ["account", "password"]
        );
        assert_eq!(
            faults(r#"{"account":"bob","account":"eve","password":"correct horse"}"#),
            ["account"]
        );
    }

    #[test]
    fn the_account_as_password_is_a_fault_beside_the_others() {
        assert_eq!(
            faults(r#"{"account":"hunter_hunter","password":"Hunter_HUNTER"}"#),
            ["password"]
        );
        assert_eq!(
            faults(r#"{"account":"hunter_hunter","password":"hunter_hunter","email":"x","id":1}"#),
            ["email", "id", "password"]
        );
    }
}
