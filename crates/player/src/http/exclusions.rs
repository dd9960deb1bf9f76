//! `POST /api/v1/me/exclusions`: a player keeps out, for a time or for good ([`crate::exclusion`]).
//!
//! It takes no `Idempotency-Key`: a repeat asks for the same from a moment later on, which makes nothing shorter; of what
//! has no end it asks for what there is, which changes and notes nothing.

use axum::{Json, extract::State};
use croupier_brand::{
    exclusion::{Exclusion, ExclusionKind},
    http::{authenticate::AuthenticatedPlayer, fields::Fields, problem::Problem},
    scope::BrandScope,
};
use http::StatusCode;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::{
    error::{PlayerError, Refusal},
    exclusion::{AskedBy, ExclusionLimits, Length},
    service::PlayerService,
    standing::{StandingRefusal, Whom},
};

/// What a player asks for.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "only its schema is used: the body is read field by field"
)]
pub(crate) struct ExclusionBody {
    /// `time_out` or `self_exclusion`.
    #[schema(example = "time_out")]
    kind: String,
    /// Days from now, such as `7d`; of a self-exclusion also `for_good`. Which are accepted, each house decides.
    #[schema(example = "7d")]
    length: String,
}

/// What keeps a player out.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeepsOut {
    /// `time_out` or `self_exclusion`.
    #[schema(example = "time_out")]
    kind: &'static str,
    /// The moment it is over; null: it is for good.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, example = "2026-11-28T12:00:00Z")]
    until: Option<OffsetDateTime>,
}

impl From<Exclusion> for KeepsOut {
    fn from(exclusion: Exclusion) -> Self {
        Self {
            kind: exclusion.kind.as_str(),
            until: exclusion.until,
        }
    }
}

/// Keeps the player out from now on: no game, no bet, no deposit, no bonus. Every session ends with the answer; the
/// player may sign in again, to see it and to take their money out. It ends by itself, and until then can
/// be made longer, never shorter.
#[utoipa::path(
    post, path = "/api/v1/me/exclusions", tag = "player", security(("bearer" = [])), request_body = ExclusionBody,
    responses(
        (status = 201, description = "The player keeps out, and is signed out everywhere.", body = KeepsOut),
        (status = 400, description = "`malformed_body`", content_type = "application/problem+json"),
        (status = 401, description = "`unauthenticated`", content_type = "application/problem+json"),
        (status = 409, description = "`exclusion_not_shortened`: the player keeps out for longer already", content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields`", content_type = "application/problem+json"),
    )
)]
pub(crate) async fn post(
    State(service): State<PlayerService>,
    scope: BrandScope,
    player: AuthenticatedPlayer,
    fields: Fields,
) -> Result<(StatusCode, Json<KeepsOut>), Problem> {
    let (kind, length) = read(fields, &service.parts().exclusions)?;
    let (standing, player) = (service.standing(), player.id());
    // Once begun it is done, whoever hangs up.
    let asked = scope.spawn(async move |brand| {
        let whom = Whom::Id(player);
        standing
            .exclude(&brand, whom, (kind, length), AskedBy::Player)
            .await
    });
    let excluded = asked.await.map_err(|_| PlayerError::Task)??;
    let excluded = excluded.map_err(|refusal| match refusal {
        StandingRefusal::KeepsOutLonger { .. } => Refusal::ExclusionNotShortened,
        // A token of another brand that enforcement let pass: its player does not exist.
        StandingRefusal::NoSuchPlayer | StandingRefusal::ClosedForGood => Refusal::Unauthenticated,
    })?;
    Ok((StatusCode::CREATED, Json(excluded.exclusion.into())))
}

fn read(mut fields: Fields, limits: &ExclusionLimits) -> Result<(ExclusionKind, Length), Problem> {
    let kind = fields.text("kind", |text| {
        ExclusionKind::parse(text).ok_or("must be time_out or self_exclusion")
    });
    let length = fields.text("length", |text| {
        let length = Length::parse(text).map_err(str::to_owned)?;
        match kind {
            Some(kind) => limits
                .check(kind, length)
                .map(|()| length)
                .map_err(|fault| fault.to_string()),
            None => Ok(length),
        }
    });
    fields.finish((kind, length))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn body(text: &str) -> Result<(ExclusionKind, Length), Vec<(String, String)>> {
        let fields = Fields::parse(text.as_bytes()).unwrap();
        read(fields, &ExclusionLimits::default()).map_err(|problem| {
            assert_eq!(problem.code(), "invalid_fields");
            let errors = problem.errors().iter();
            errors
                .map(|error| (error.field.clone(), error.message.clone()))
                .collect()
        })
    }

    #[test]
    fn what_is_asked_for_is_read_or_said_to_be_wrong() {
        assert_eq!(
            body(r#"{"kind":"time_out","length":"7d"}"#),
            Ok((ExclusionKind::TimeOut, Length::Days(7)))
        );
        assert_eq!(
            body(r#"{"kind":"self_exclusion","length":"for_good"}"#),
            Ok((ExclusionKind::SelfExclusion, Length::ForGood))
        );
        let faults = body(r#"{"kind":"time_out","length":"for_good"}"#).unwrap_err();
        assert_eq!(faults, [("length".to_owned(), "must be 1d to 42d".to_owned())]);
        let faults = body(r#"{"kind":"self_exclusion","length":"7d"}"#).unwrap_err();
        assert_eq!(
            faults,
            [(
                "length".to_owned(),
                "must be 184d to 1826d, or for_good".to_owned()
            )]
        );
        let fields = |text| -> Vec<String> {
            body(text)
                .unwrap_err()
                .into_iter()
                .map(|(field, _)| field)
                .collect()
        };
        assert_eq!(fields("{}"), ["kind", "length"]);
        assert_eq!(
            fields(r#"{"kind":"holiday","length":7,"player_id":"x"}"#),
            ["kind", "length", "player_id"]
        );
    }
}
