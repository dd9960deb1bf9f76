//! From the request's host to a brand scope, and whether that brand is open.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use croupier_brand::{
    BrandScope, BrandStatus,
    domain::{DomainMap, Resolution},
    host::{CanonicalHost, HostError},
    http::problem::Problem,
    scope::Edge,
};
use http::{HeaderValue, Method, StatusCode, header};

use super::trace::ServedBrand;
use crate::{config::EdgeConfig, server::Peer};

/// A host that another proxy was asked for; believed from configured peers only.
const FORWARDED_HOST: &str = "x-forwarded-host";

/// What resolving takes.
#[derive(Clone, Debug)]
pub struct Resolver {
    /// The domain map.
    pub map: DomainMap,
    /// The judge of domains.
    pub edge: Edge,
    /// Whose forwarded headers are believed.
    pub config: EdgeConfig,
}

impl Resolver {
    /// The scope of a request to `host`.
    ///
    /// # Errors
    /// 404 `unknown_domain`, 403 `brand_suspended`, 503 `brand_maintenance`, `domain_moving` or `unavailable`.
    pub async fn scope(&self, host: &CanonicalHost, method: &Method) -> Result<BrandScope, Problem> {
        let domain = match self.map.resolve(host).await.map_err(|_| Problem::unavailable())? {
            Resolution::Brand(domain) => Some(domain),
            Resolution::Nobody => None,
            Resolution::Moving => return Err(moving()),
        };
        // Whose it is now cannot be asked; what it was may be shown, not acted on.
        if !method.is_safe() && domain.as_ref().is_some_and(|domain| !domain.confirmed) {
            return Err(Problem::unavailable());
        }
        let scope = self.edge.of_domain(domain.as_ref())?;
        match scope.brand().status {
            BrandStatus::Active => Ok(scope),
            BrandStatus::Suspended => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "brand_suspended",
                "This casino is closed.",
            )),
            BrandStatus::Maintenance => Err(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "brand_maintenance",
                "This casino is closed for a while.",
            )
            .retry_after(60)),
        }
    }

    /// The host a request is for.
    ///
    /// # Errors
    /// [`HostError`].
    pub fn host(&self, request: &Request) -> Result<CanonicalHost, HostError> {
        let trusted = request
            .extensions()
            .get::<Peer>()
            .is_some_and(|peer| self.config.trusts(peer.0.ip()));
        let mut forwarded = request.headers().get_all(FORWARDED_HOST).iter();
        match (trusted, forwarded.next(), forwarded.next()) {
            (true, Some(_), Some(_)) => Err(HostError::Repeated),
            (true, Some(host), None) => {
                CanonicalHost::parse(host.to_str().map_err(|_| HostError::Malformed)?)
            }
            _ => CanonicalHost::of_request(request.uri(), request.headers()),
        }
    }
}

fn moving() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "domain_moving",
        "This address changes hands. Repeat the request in a moment.",
    )
    .retry_after(1)
}

/// The layer: hands the scope on to what is behind it.
pub async fn layer(State(resolver): State<Arc<Resolver>>, mut request: Request, next: Next) -> Response {
    let host = match resolver.host(&request) {
        Ok(host) => host,
        Err(fault) => return Problem::from(fault).into_response(),
    };
    let scope = match resolver.scope(&host, request.method()).await {
        Ok(scope) => scope,
        Err(problem) => return problem.into_response(),
    };
    let span = tracing::Span::current();
    span.record("brand", scope.code().as_str());
    span.record("brand_id", scope.id().get());
    let brand = ServedBrand(scope.code().as_str().to_owned());
    request.extensions_mut().insert(scope);
    let mut response = next.run(request).await;
    // A brand is told by the host alone: what a cache keeps by its path would be another's too.
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(brand);
    response
}
