//! The player's wallet over HTTP: one file an endpoint, and the list of them.

mod answer;
mod deposits;
mod entries;
mod limits;
mod overview;
mod transfer;
mod withdrawals;

use std::fmt;

use croupier_brand::http::routes::{Access, Routes};
use http::Method;

use crate::cashier::Cashier;

/// What the endpoints work with.
#[derive(Clone)]
pub struct WalletApi {
    cashier: Cashier,
}

impl WalletApi {
    /// Over this cashier and the wallet it works with.
    #[must_use]
    pub fn new(cashier: Cashier) -> Self {
        Self { cashier }
    }
}

impl fmt::Debug for WalletApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WalletApi")
    }
}

/// Every route of this crate, with its access, ready to serve.
#[must_use]
pub fn routes(api: WalletApi) -> Routes {
    table().with_state(api)
}

/// The same without a wallet behind it: what a gateway that forwards needs to know.
#[must_use]
pub fn table() -> Routes<WalletApi> {
    Routes::new()
        .route(Method::GET, "/api/v1/wallet", Access::Player, overview::get)
        .route(
            Method::GET,
            "/api/v1/wallet/entries",
            Access::Player,
            entries::get,
        )
        .route(
            Method::POST,
            "/api/v1/wallet/deposits",
            Access::Player,
            deposits::post,
        )
        .route(
            Method::POST,
            "/api/v1/wallet/withdrawals",
            Access::Player,
            withdrawals::post,
        )
        .route(Method::GET, "/api/v1/wallet/limits", Access::Player, limits::get)
        .route(Method::PUT, "/api/v1/wallet/limits", Access::Player, limits::put)
}

/// The document of these routes.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(
    paths(
        overview::get,
        entries::get,
        deposits::post,
        withdrawals::post,
        limits::get,
        limits::put
    ),
    components(schemas(
        overview::WalletOverview,
        overview::BucketOverview,
        entries::EntryPage,
        entries::EntryView,
        transfer::TransferBody,
        deposits::Deposited,
        withdrawals::Held,
        limits::LimitBody,
        limits::Limits,
        limits::LimitView,
        limits::PendingView
    ))
)]
pub struct ApiDoc;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use utoipa::OpenApi;

    use super::*;

    #[test]
    fn every_route_is_in_the_document() {
        let document = serde_json::to_value(ApiDoc::openapi()).unwrap();
        let table = table();
        for route in table.list() {
            let operation = &document["paths"][route.path][route.method.as_str().to_lowercase()];
            assert!(operation.is_object(), "{} {}", route.method, route.path);
        }
        let documented: usize = document["paths"]
            .as_object()
            .unwrap()
            .values()
            .map(|path| path.as_object().unwrap().len())
            .sum();
        assert_eq!(documented, table.list().len());
    }
}
