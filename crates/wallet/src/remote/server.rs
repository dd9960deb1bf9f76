//! The wallet role's end: what a service asks of the wallet in this process.

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequest, Query, Request, State, rejection::QueryRejection},
};
use croupier_brand::{
    BrandScope,
    http::{
        fields::read_body,
        problem::Problem,
        routes::{Access, Routes},
    },
};
use http::{Method, StatusCode};
use serde::de::DeserializeOwned;

use super::{COMMANDS, ENTRIES, EntriesQuery, GROUPS, HOLDINGS, HoldingsQuery, RECALLS};
use crate::{
    engine::{command::Command, outcome::Outcome},
    page::Page,
    service::{Holdings, Wallet},
};

/// The wallet that is served.
type Served = State<Arc<dyn Wallet>>;

/// What services may ask of this wallet, ready to serve behind
/// [`service_layer`](croupier_brand::http::boundary::service_layer).
#[must_use]
pub fn routes(wallet: Arc<dyn Wallet>) -> Routes {
    table().with_state(wallet)
}

/// The same without a wallet behind it.
#[must_use]
pub fn table() -> Routes<Arc<dyn Wallet>> {
    Routes::new()
        .route(Method::POST, COMMANDS, Access::Service, submit)
        .route(Method::POST, GROUPS, Access::Service, submit_group)
        .route(Method::POST, RECALLS, Access::Service, recall)
        .route(Method::GET, HOLDINGS, Access::Service, holdings)
        .route(Method::GET, ENTRIES, Access::Service, entries)
}

/// A caller that hangs up stops nothing: see [`Wallet::submit`].
async fn submit(
    State(wallet): Served,
    scope: BrandScope,
    Said(command): Said<Command>,
) -> Result<Json<Outcome>, Problem> {
    Ok(Json(wallet.submit(&scope, command).await?))
}

async fn submit_group(
    State(wallet): Served,
    scope: BrandScope,
    Said(commands): Said<Vec<Command>>,
) -> Result<Json<Vec<Outcome>>, Problem> {
    Ok(Json(wallet.submit_group(&scope, commands).await?))
}

async fn recall(
    State(wallet): Served,
    scope: BrandScope,
    Said(command): Said<Command>,
) -> Result<Json<Option<Outcome>>, Problem> {
    Ok(Json(wallet.recall(&scope, &command).await?))
}

async fn holdings(
    State(wallet): Served,
    scope: BrandScope,
    query: Result<Query<HoldingsQuery>, QueryRejection>,
) -> Result<Json<Holdings>, Problem> {
    let HoldingsQuery { player, currency } = asked(query)?;
    Ok(Json(wallet.balance(&scope, player, currency).await?))
}

async fn entries(
    State(wallet): Served,
    scope: BrandScope,
    query: Result<Query<EntriesQuery>, QueryRejection>,
) -> Result<Json<Page>, Problem> {
    let EntriesQuery {
        player,
        currency,
        after,
        limit,
    } = asked(query)?;
    Ok(Json(
        wallet.entries(&scope, player, currency, after, limit).await?,
    ))
}

/// A document of the wallet's own types: 400 `malformed_body` where it is none, with what is wrong and where.
struct Said<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Said<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = read_body(request, state).await?;
        serde_json::from_slice(&body).map(Self).map_err(|fault| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "malformed_body",
                "The body is not what this route takes.",
            )
            .with_error("body", fault.to_string())
        })
    }
}

fn asked<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, Problem> {
    query.map(|Query(asked)| asked).map_err(|fault| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_fields",
            "Some parameters are not as they must be.",
        )
        .with_error("query", fault.body_text())
    })
}
