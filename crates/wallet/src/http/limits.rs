//! `GET` and `PUT /api/v1/wallet/limits`: what a player allows themselves ([`personal`](crate::personal)).
//!
//! `PUT` takes no `Idempotency-Key`: setting a limit twice is setting it once, and a wait is not begun anew.

use axum::{Json, extract::State};
use croupier_brand::{
    BrandScope, Currency,
    http::{authenticate::AuthenticatedPlayer, fields::Fields, problem::Problem},
};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{WalletApi, answer};
use crate::{
    engine::command::Amount,
    personal::{LimitKind, Period, Shown, Wanted},
};

/// A limit that a player wants.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "only its schema is used: the body is read field by field"
)]
pub(crate) struct LimitBody {
    /// `deposit`, `stake` or `loss`.
    #[schema(example = "deposit")]
    kind: String,
    /// `day`, `week` or `month`: the last 24 hours, 7 days or 30 days.
    #[schema(example = "week")]
    period: String,
    /// The most in a period, a decimal string; or `none`.
    #[schema(example = "100.00")]
    amount: String,
    /// The brand's currency.
    #[schema(example = "EUR")]
    currency: String,
}

/// The limits that hold.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Limits {
    /// The currency of the amounts.
    #[schema(example = "EUR")]
    currency: &'static str,
    /// Those there are: on deposits, on stakes, on losses, the shortest period first.
    limits: Vec<LimitView>,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LimitView {
    /// `deposit`; `stake`: what is bet; or `loss`: what is bet less what is won.
    kind: &'static str,
    /// `day`, `week` or `month`.
    period: &'static str,
    /// The most in a period.
    #[schema(example = "100.00")]
    amount: String,
    /// How much of it is left now.
    #[schema(example = "75.00")]
    left: String,
    /// What it will be, where the player asked for more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<PendingView>,
}

/// What a limit will be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PendingView {
    /// The most in a period then; null: no limit.
    #[schema(example = "200.00")]
    amount: Option<String>,
    /// From when on.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, example = "2026-11-22T12:00:00Z")]
    from: OffsetDateTime,
}

/// The player's own limits.
#[utoipa::path(
    get, path = "/api/v1/wallet/limits", tag = "wallet", security(("bearer" = [])),
    responses(
        (status = 200, description = "Those that hold.", body = Limits),
        (status = 401, description = "`unauthenticated`", content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(api): State<WalletApi>,
    scope: BrandScope,
    player: AuthenticatedPlayer,
) -> Result<Json<Limits>, Problem> {
    let currency = scope.currency();
    let limits = api.cashier.limits(&scope, player.id()).await;
    let (limits, now) = limits.map_err(|fault| answer::unanswered(fault, currency))?;
    Ok(Json(view(&limits, currency, now)))
}

/// Sets one of the player's own limits. A lower one holds from the answer on; a higher one, or none, when the house's
/// cooling period is over, and what holds goes on until then.
#[utoipa::path(
    put, path = "/api/v1/wallet/limits", tag = "wallet", security(("bearer" = [])), request_body = LimitBody,
    responses(
        (status = 200, description = "All limits that hold.", body = Limits),
        (status = 400, description = "`malformed_body`", content_type = "application/problem+json"),
        (status = 401, description = "`unauthenticated`", content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields`", content_type = "application/problem+json"),
    )
)]
pub(crate) async fn put(
    State(api): State<WalletApi>,
    scope: BrandScope,
    player: AuthenticatedPlayer,
    fields: Fields,
) -> Result<Json<Limits>, Problem> {
    let currency = scope.currency();
    let wanted = read(fields, currency)?;
    let limits = api.cashier.limit(&scope, player.id(), wanted).await;
    let (limits, now) = limits.map_err(|fault| answer::unanswered(fault, currency))?;
    Ok(Json(view(&limits, currency, now)))
}

fn read(mut fields: Fields, currency: Currency) -> Result<Wanted, Problem> {
    let kind = fields.text("kind", |text| {
        LimitKind::parse(text).ok_or("must be deposit, stake or loss")
    });
    let period = fields.text("period", |text| {
        Period::parse(text).ok_or("must be day, week or month")
    });
    let amount = fields.text("amount", |text| {
        if text == "none" {
            return Ok(None);
        }
        let minor = currency
            .parse_amount(text)
            .map_err(|fault| format!("{fault}; or none"))?;
        Amount::new(minor).map(Some).map_err(|fault| fault.to_string())
    });
    let agreed = fields.text("currency", |text| {
        if text == currency.code() {
            Ok(())
        } else {
            Err(format!("must be {currency}, the currency of this wallet"))
        }
    });
    fields
        .finish((kind, period, amount, agreed))
        .map(|(kind, period, amount, ())| Wanted { kind, period, amount })
}

fn view(limits: &[Shown], currency: Currency, now: OffsetDateTime) -> Limits {
    let limits = limits.iter().filter_map(|shown| {
        let amount = shown.limit.in_force(now)?;
        let pending = shown.limit.waits(now).map(|pending| PendingView {
            amount: pending.amount.map(|amount| currency.format(amount.minor())),
            from: pending.from,
        });
        Some(LimitView {
            kind: shown.kind.as_str(),
            period: shown.period.as_str(),
            amount: currency.format(amount.minor()),
            left: currency.format(shown.left),
            pending,
        })
    });
    Limits {
        currency: currency.code(),
        limits: limits.collect(),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn body(text: &str) -> Result<(Period, Option<i64>), Vec<String>> {
        let fields = Fields::parse(text.as_bytes()).unwrap();
        read(fields, Currency::parse("EUR").unwrap())
            .map(|wanted| (wanted.period, wanted.amount.map(Amount::minor)))
            .map_err(|problem| {
                assert_eq!(problem.code(), "invalid_fields");
                problem.errors().iter().map(|error| error.field.clone()).collect()
            })
    }

    #[test]
    fn a_limit_is_an_amount_of_the_wallets_currency_or_none() {
        let limit = |amount: &str, currency: &str| {
            body(&format!(
                r#"{{"kind":"loss","period":"week","amount":{amount},"currency":"{currency}"}}"#
            ))
        };
        assert_eq!(limit(r#""100.00""#, "EUR"), Ok((Period::Week, Some(10_000))));
        assert_eq!(
            limit(r#""0""#, "EUR"),
            Ok((Period::Week, Some(0))),
            "nothing at all"
        );
        assert_eq!(limit(r#""none""#, "EUR"), Ok((Period::Week, None)));
        for bad in [r#""-1""#, r#""1.001""#, r#""""#, "null", "1", r#""None""#] {
            assert_eq!(limit(bad, "EUR"), Err(vec!["amount".to_owned()]), "{bad}");
        }
        assert_eq!(limit(r#""1""#, "USD"), Err(vec!["currency".to_owned()]));
        assert_eq!(
            body(r#"{"kind":"wins","period":"year","player_id":"x"}"#).unwrap_err(),
            ["kind", "period", "amount", "currency", "player_id"]
        );
    }
}
