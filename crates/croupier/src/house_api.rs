//! Routes of the house itself, the same for every brand: health, metrics and the API's document.

use std::sync::LazyLock;

use axum::{
    Json,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use croupier_brand::{
    enforcement::Mode,
    http::{
        problem::Problem,
        routes::{Access, Routes},
    },
    redis_link::RedisLink,
};
use croupier_gateway::{EdgeConfig, server::Peer};
use http::{HeaderMap, Method, StatusCode, header};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::runtime::Role;

/// What the house's routes look at.
#[derive(Clone)]
pub struct House {
    /// The role this process runs.
    pub role: Role,
    /// The enforcement flag.
    pub mode: Mode,
    /// PostgreSQL.
    pub pool: PgPool,
    /// Redis.
    pub redis: RedisLink,
    /// Metrics.
    pub metrics: PrometheusHandle,
    /// Who may read metrics.
    pub edge: EdgeConfig,
}

/// How a process is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`, or `degraded` while something that is not needed for answering is away.
    #[schema(example = "ok")]
    status: &'static str,
    /// The role this process runs.
    #[schema(example = "all")]
    role: &'static str,
    /// `MULTI_BRAND_ENFORCEMENT`.
    #[schema(example = "enforce")]
    enforcement: &'static str,
    /// The server's version.
    version: &'static str,
    /// Whether PostgreSQL answers.
    postgres: bool,
    /// Whether Redis answers.
    redis: bool,
}

/// How this process is: 200 while it can answer requests, 503 while it cannot.
#[utoipa::path(get, path = "/health", tag = "house", responses((status = 200, body = Health), (status = 503, body = Health)))]
pub async fn health(State(house): State<House>) -> Response {
    let (postgres, redis) = tokio::join!(postgres_is_up(&house.pool), house.redis.is_up());
    let (code, status) = match (postgres, redis) {
        (true, true) => (StatusCode::OK, "ok"),
        (true, false) => (StatusCode::OK, "degraded"),
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    let body = Health {
        status,
        role: house.role.as_str(),
        enforcement: house.mode.as_str(),
        version: env!("CARGO_PKG_VERSION"),
        postgres,
        redis,
    };
    (code, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// Whether the process runs at all; looks at nothing else.
#[utoipa::path(get, path = "/health/live", tag = "house", responses((status = 204)))]
pub async fn live() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Prometheus metrics, for configured peers only: they name brands.
#[utoipa::path(get, path = "/metrics", tag = "house", responses((status = 200, body = String), (status = 404)))]
pub async fn metrics(State(house): State<House>, request: Request) -> Response {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
    let allowed = peer.is_some_and(|peer| {
        house.edge.metrics_peers.iter().any(|net| net.contains(&peer)) && !house.edge.trusts(peer)
    });
    // Behind a proxy the peer is the proxy, whoever asked it; also behind one that no setting names.
    let allowed = allowed && !is_forwarded(request.headers());
    if !allowed {
        return Problem::not_found().into_response();
    }
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        house.metrics.render(),
    )
        .into_response()
}

/// Whether a proxy says that it stands between. A client that says so of itself loses no more than this page.
fn is_forwarded(headers: &HeaderMap) -> bool {
    [
        "forwarded",
        "via",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-real-ip",
    ]
    .iter()
    .any(|name| headers.contains_key(*name))
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "house", responses((status = 200, body = Object)))]
pub async fn openapi() -> Response {
    // Made once: anybody may ask for it, as often as they like.
    static DOCUMENT: LazyLock<Option<String>> = LazyLock::new(|| crate::openapi::document().to_json().ok());
    match DOCUMENT.as_deref() {
        Some(document) => ([(header::CONTENT_TYPE, "application/json")], document).into_response(),
        None => Problem::internal().into_response(),
    }
}

/// Stands where a provider's launcher stands in production: the page a launch URL opens until one is configured.
#[utoipa::path(get, path = "/sandbox/launch", tag = "house", responses((status = 200, body = String, content_type = "text/html")))]
pub async fn sandbox_launch() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'",
        ),
        // The address carries the launch's token.
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, include_str!("sandbox_launch.html")).into_response()
}

/// The document of the house's own routes.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(
    paths(health, live, metrics, openapi, sandbox_launch),
    components(schemas(Health))
)]
pub struct ApiDoc;

/// The routes.
#[must_use]
pub fn table() -> Routes<House> {
    Routes::new()
        .route(Method::GET, "/health", Access::Public, health)
        .route(Method::GET, "/health/live", Access::Public, live)
        .route(Method::GET, "/metrics", Access::Public, metrics)
        .route(Method::GET, "/openapi.json", Access::Public, openapi)
        .route(Method::GET, "/sandbox/launch", Access::Public, sandbox_launch)
}

async fn postgres_is_up(pool: &PgPool) -> bool {
    let asked = tokio::time::timeout(std::time::Duration::from_secs(1), pool.acquire()).await;
    matches!(asked, Ok(Ok(_)))
}
