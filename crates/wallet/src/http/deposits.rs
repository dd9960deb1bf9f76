//! `POST /api/v1/wallet/deposits`: charge the payment gateway and book what it said ([`cashier`](crate::cashier)).

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

/// A deposit that was booked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Deposited {
    /// The journal entry.
    deposit_id: Uuid,
    /// `completed`.
    #[schema(example = "completed")]
    status: &'static str,
    /// What the player owned after it, available and held: a decimal string.
    #[schema(example = "125.00")]
    balance: String,
}

/// Deposits money. A repeat with the same key and body gets the same answer and moves nothing.
#[utoipa::path(
    post, path = "/api/v1/wallet/deposits", tag = "wallet", request_body = transfer::TransferBody,
    params(("Idempotency-Key" = String, Header, description = "1 to 120 visible ASCII characters, such as a UUID")),
    responses(
        (status = 201, description = "Booked.", body = Deposited),
        (status = 400, description = "`idempotency_key_required` or `malformed_body`", content_type = "application/problem+json"),
        (status = 401, description = "`unauthenticated`", content_type = "application/problem+json"),
        (status = 402, description = "`payment_declined`; the key keeps this answer", content_type = "application/problem+json"),
        (status = 403, description = "`player_excluded`, `player_blocked` or `player_closed`: nothing was charged, and the key is free", content_type = "application/problem+json"),
        (status = 409, description = "`deposit_limit_reached`: a limit of the player's own leaves less; nothing was charged, and the key is free. `deposit_pending`: the player may not deposit, and one under this key was begun before and may be charged yet; the same key is told what became of it", content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fields`, or `idempotency_key_reused`", content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`: repeat with the same key; or `brand_closed`: nothing was charged, and the key is free", content_type = "application/problem+json"),
    )
)]
pub(crate) async fn post(
    State(api): State<WalletApi>,
    scope: BrandScope,
    player: AuthenticatedPlayer,
    key: IdempotencyKey,
    fields: Fields,
) -> Result<(StatusCode, Json<Deposited>), Problem> {
    let (player, currency) = (player.id(), scope.currency());
    let amount = transfer::read(fields, currency)?;
    let outcome = api.cashier.deposit(&scope, player, key, amount).await;
    let receipt = answer::receipt(outcome, currency)?;
    let balance = currency.format(receipt.balance.total());
    Ok((
        StatusCode::CREATED,
        Json(Deposited {
            deposit_id: receipt.entry.0,
            status: "completed",
            balance,
        }),
    ))
}
