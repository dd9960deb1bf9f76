//! `GET /api/v1/brand`: what a front end needs to know of the casino it stands before.

use axum::Json;
use croupier_brand::{
    BrandScope,
    http::routes::{Access, Routes},
};
use http::Method;
use serde::Serialize;
use utoipa::ToSchema;

/// A brand as its players see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct BrandView {
    /// Its short, stable name.
    #[schema(example = "aurora")]
    code: String,
    /// Its name for people.
    #[schema(example = "Aurora Casino")]
    name: String,
    /// The currency of its wallets, ISO 4217 or crypto.
    #[schema(example = "EUR")]
    currency: String,
    /// What its front end looks like.
    #[schema(value_type = Object)]
    theme: serde_json::Value,
}

/// The brand of the request's domain.
#[utoipa::path(get, path = "/api/v1/brand", tag = "brand", responses((status = 200, body = BrandView)))]
pub async fn get(scope: BrandScope) -> Json<BrandView> {
    let brand = scope.brand();
    Json(BrandView {
        code: brand.code.to_string(),
        name: brand.name.clone(),
        currency: brand.currency.to_string(),
        theme: brand.theme.clone(),
    })
}

/// The gateway's own routes.
#[must_use]
pub fn routes() -> Routes {
    Routes::new().route(Method::GET, "/api/v1/brand", Access::Brand, get)
}

/// The document of the gateway's own routes.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(get), components(schemas(BrandView)))]
pub struct ApiDoc;
