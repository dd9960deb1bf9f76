//! `GET /api/v1/wallet`: what the player has.

use axum::{Json, extract::State};
use croupier_brand::{
    BrandScope,
    http::{authenticate::AuthenticatedPlayer, problem::Problem},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::WalletApi;

/// A player's wallet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WalletOverview {
    /// The currency of the amounts.
    #[schema(example = "EUR")]
    currency: &'static str,
    /// All buckets, available and held: a decimal string.
    #[schema(example = "125.00")]
    total: String,
    /// Each bucket the brand has.
    buckets: Vec<BucketOverview>,
}

/// One bucket of a wallet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BucketOverview {
    /// Its code.
    #[schema(example = "cash")]
    bucket: String,
    /// What can be used: a decimal string.
    #[schema(example = "100.00")]
    available: String,
    /// What is set aside for withdrawals: a decimal string.
    #[schema(example = "25.00")]
    held: String,
}

/// The player's wallet; zeros for a player who never had money.
#[utoipa::path(
    get, path = "/api/v1/wallet", tag = "wallet",
    responses(
        (status = 200, description = "The wallet.", body = WalletOverview),
        (status = 401, description = "`unauthenticated`", content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(api): State<WalletApi>,
    scope: BrandScope,
    player: AuthenticatedPlayer,
) -> Result<Json<WalletOverview>, Problem> {
    let currency = scope.currency();
    let holdings = api
        .cashier
        .wallet()
        .balance(&scope, player.id(), currency)
        .await?;
    let total = currency.format(holdings.balance().total());
    let buckets = holdings.buckets.into_iter().map(|bucket| BucketOverview {
        bucket: bucket.bucket,
        available: currency.format(bucket.available),
        held: currency.format(bucket.held),
    });
    Ok(Json(WalletOverview {
        currency: currency.code(),
        total,
        buckets: buckets.collect(),
    }))
}
