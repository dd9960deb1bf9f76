//! The way to a service that stands alone: the same request, with the brand signed.

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use croupier_brand::{
    BrandScope, Clock,
    http::{
        call::{CallFault, ServiceCaller},
        fields::read_body,
        problem::Problem,
        request_id::RequestId,
        routes::{Route, Routes},
    },
    signature::INTERNAL_HEADERS,
};
use http::{HeaderMap, HeaderName, header};

/// Headers that belong to one connection, not to the request (RFC 9110, 7.6.1).
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// A service in another process.
#[derive(Clone, Debug)]
pub struct Upstream {
    service: ServiceCaller,
    clock: Clock,
}

impl Upstream {
    /// The service that is called this way.
    #[must_use]
    pub fn new(service: ServiceCaller, clock: Clock) -> Self {
        Self { service, clock }
    }

    /// The service's routes, each forwarded to it.
    #[must_use]
    pub fn routes(&self, list: &[Route]) -> Routes {
        let upstream = self.clone();
        Routes::forwarded(list, move |request: Request| {
            let upstream = upstream.clone();
            async move {
                upstream
                    .forward(request)
                    .await
                    .unwrap_or_else(IntoResponse::into_response)
            }
        })
    }

    /// Sends the request on and gives back what the service answers.
    ///
    /// # Errors
    /// 413 for a body over the limit, 503 `unavailable` when the service does not answer. A
    /// mutation may then have been carried out; its idempotency key makes repeating it safe.
    pub async fn forward(&self, request: Request) -> Result<Response, Problem> {
        let scope = request.extensions().get::<BrandScope>().cloned();
        let request_id = RequestId::current().map_or_else(|| self.clock.new_id(), |id| id.0);
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let headers = onward(request.headers());
        let body = read_body(request, &()).await?;
        let mut onward = http::Request::new(body);
        (*onward.method_mut(), *onward.uri_mut(), *onward.headers_mut()) = (method, uri, headers);
        let answer = self.service.call(scope.as_ref(), request_id, onward).await;
        let answer = answer.map_err(|fault| match fault {
            CallFault::Target(_) => Problem::not_found(),
            CallFault::Unanswered(fault) => {
                tracing::error!(%fault, upstream = %self.service.authority(), "a service does not answer");
                Problem::unavailable()
            }
        })?;
        let (mut parts, body) = answer.into_parts();
        drop_hop_by_hop(&mut parts.headers);
        Ok(Response::from_parts(parts, Body::new(body)))
    }
}

fn onward(headers: &HeaderMap) -> HeaderMap {
    let mut onward = headers.clone();
    drop_hop_by_hop(&mut onward);
    for name in INTERNAL_HEADERS
        .iter()
        .chain([&header::HOST, &header::CONTENT_LENGTH])
    {
        onward.remove(name);
    }
    onward
}

fn drop_hop_by_hop(headers: &mut HeaderMap) {
    // What `Connection` names is hop-by-hop as well.
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}
