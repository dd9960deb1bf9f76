//! The back office's listener: for operators with a token of their own.
//!
//! Who an operator is comes from the signed token (claim `admin_id`), signed with a key of its own folder:
//! whoever can sign players' tokens cannot sign operators'. A load balancer's
//! `X-Operator-Id`, where it is sent, must say the same; it never stands alone.

use axum::{Json, Router, extract::State};
use croupier_brand::{
    directory::BrandDirectory,
    http::{
        authenticate::bearer,
        problem::Problem,
        routes::{Access, Route, Routes},
    },
    token::{KeyRing, OperatorClaims, TokenVerifier},
};
use http::{HeaderMap, Method, StatusCode};
use serde::Serialize;

use crate::runtime::Parts;

const OPERATOR_ID: &str = "x-operator-id";

#[derive(Clone)]
struct Admin {
    verifier: TokenVerifier,
    directory: BrandDirectory,
}

#[derive(Serialize)]
struct BrandList {
    brands: Vec<BrandLine>,
}

#[derive(Serialize)]
struct BrandLine {
    id: i32,
    code: String,
    name: String,
    currency: String,
    status: &'static str,
}

/// The back office's routes.
pub(crate) fn router(parts: &Parts, keys: KeyRing) -> Router {
    let admin = Admin {
        verifier: TokenVerifier::new(keys, &parts.config.tokens.issuer, parts.clock.clone()),
        directory: parts.directory.clone(),
    };
    table().with_state(admin).into_router()
}

/// Every route of the back office. Each judges the operator's token itself.
pub(crate) fn list() -> Vec<Route> {
    table().list().to_vec()
}

fn table() -> Routes<Admin> {
    Routes::new().route(Method::GET, "/admin/v1/brands", Access::Public, brands)
}

async fn brands(State(admin): State<Admin>, headers: HeaderMap) -> Result<Json<BrandList>, Problem> {
    operator(&admin.verifier, &headers)?;
    let line = |brand: std::sync::Arc<croupier_brand::Brand>| BrandLine {
        id: brand.id.get(),
        code: brand.code.to_string(),
        name: brand.name.clone(),
        currency: brand.currency.to_string(),
        status: brand.status.as_str(),
    };
    Ok(Json(BrandList {
        brands: admin.directory.all().into_iter().map(line).collect(),
    }))
}

/// The operator whose token the headers carry.
fn operator(verifier: &TokenVerifier, headers: &HeaderMap) -> Result<String, Problem> {
    let verified = bearer(headers)
        .and_then(|token| verifier.verify::<OperatorClaims>(token).ok())
        .ok_or_else(Problem::unauthenticated)?;
    let operator = &verified.claims().admin_id;
    let mut claimed = headers.get_all(OPERATOR_ID).iter();
    if claimed.any(|claimed| claimed.as_bytes() != operator.as_bytes()) {
        metrics::counter!("admin_operator_id_mismatch_total", "reason" => "header_vs_jwt").increment(1);
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "operator_mismatch",
            "X-Operator-Id is not the token's operator.",
        ));
    }
    Ok(operator.clone())
}
