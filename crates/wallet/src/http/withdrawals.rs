//! `POST /api/v1/wallet/withdrawals`: set a sum aside until it is paid out.

use axum::{Json, extract::State};
use croupier_brand::{
    BrandScope,
    http::{
        authenticate::AuthenticatedPlayer, fields::Fields, idempotency::IdempotencyKey, problem::Problem,
    },
};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{WalletApi, answer, transfer};

/// A withdrawal whose sum is set aside.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Held {
    /// The journal entry, and the hold.
    withdrawal_id: Uuid,
    /// `held`.
    #[schema(example = "held")]
    status: &'static str,
    /// What the player owned after it, available and held: a decimal string. What is held is still
    /// the player's until it is paid out.
    #[schema(example = "125.00")]
    balance: String,
}

/// Asks for a withdrawal. A repeat with the same key and body gets the same answer and holds nothing
/// more.
#[utoipa::path(
    post, path = "/api/v1/wallet/withdrawals", tag = "wallet", request_body = transfer::TransferBody,
    params(("Idempotency-Key" = String, Header, description = "1 to 120 visible ASCII characters, such as a UUID")),
    responses(
        (status = 201, description = "The sum is held.", body = Held),
        (status = 400, description = "`idempotency_key_required` or `malformed_body`", content_type = "application/problem+json"),
        (status = 401, description = "`unauthenticated`", content_type = "application/problem+json"),
        (status = 409, description = "`insufficient_funds`, with what is available; the key keeps this answer", content_type = "application/problem+json"),
        (status = 403, description = "`player_blocked` or `player_closed`", content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields`, or `idempotency_key_reused`", content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`: repeat with the same key; or `brand_closed`: nothing was set aside", content_type = "application/problem+json"),
    )
)]
pub(crate) async fn post(
    State(api): State<WalletApi>,
    scope: BrandScope,
    player: AuthenticatedPlayer,
    key: IdempotencyKey,
    fields: Fields,
) -> Result<(StatusCode, Json<Held>), Problem> {
    let (player, currency) = (player.id(), scope.currency());
    let amount = transfer::read(fields, currency)?;
    let outcome = api.cashier.withdraw(&scope, player, key, amount).await;
    let receipt = answer::receipt(outcome, currency)?;
    let balance = currency.format(receipt.balance.total());
    Ok((
        StatusCode::CREATED,
        Json(Held {
            withdrawal_id: receipt.entry.0,
            status: "held",
            balance,
        }),
    ))
}
