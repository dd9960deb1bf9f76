//! The layers of a service that stands alone: what comes in is from a service that may call, and
//! where it is for a brand, the brand is signed.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::request::Parts;
use tracing::Instrument;
use uuid::Uuid;

use super::{fields::read_body, problem::Problem, request_id::RequestId};
use crate::{
    scope::{Admission, Refused, ServiceBoundary},
    signature::SignedRequest,
};

/// Earns the scope and hands it on: `from_fn_with_state(boundary, boundary::layer)`.
///
/// A caller with a token of its own is needed before any of the body is read. Then it is read whole,
/// because the signature binds its digest; no more of it than the router's own limit, which is the
/// edge's (`edge.max_body`).
pub async fn layer(State(boundary): State<ServiceBoundary>, request: Request, next: Next) -> Response {
    match earn(&boundary, request).await {
        Ok((request, Some(id))) => run_as(id, request, next).await,
        Ok((request, None)) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

async fn earn(boundary: &ServiceBoundary, request: Request) -> Result<(Request, Option<Uuid>), Problem> {
    let (mut parts, body) = request.into_parts();
    let presented = match boundary.admit(&parts.headers)? {
        Admission::Presented(presented) => presented,
        Admission::Unbelieved(scope) => {
            parts.extensions.insert(scope);
            return Ok((Request::from_parts(parts, body), None));
        }
    };
    let body = whole(&parts, body).await?;
    let (scope, signed) = boundary.scope(presented, signed(&parts, &body)).await?;
    parts.extensions.insert(scope);
    Ok((
        Request::from_parts(parts, Body::from(body)),
        signed.map(|signed| signed.request_id),
    ))
}

/// What stands before the routes that are for some of a service's callers, and for nobody else in any mode of
/// the flag.
#[derive(Clone, Debug)]
pub struct ServiceGate {
    boundary: ServiceBoundary,
    callers: Arc<[String]>,
}

impl ServiceGate {
    /// For these callers, of those that the boundary answers.
    #[must_use]
    pub fn new(boundary: ServiceBoundary, callers: Vec<String>) -> Self {
        Self {
            boundary,
            callers: callers.into(),
        }
    }

    async fn earn(&self, request: Request) -> Result<(Request, Uuid), Problem> {
        let (mut parts, body) = request.into_parts();
        let presented = self.boundary.admit_proven(&parts.headers, &self.callers)?;
        let body = whole(&parts, body).await?;
        let (scope, signed) = self.boundary.prove(presented, signed(&parts, &body)).await?;
        parts.extensions.insert(scope);
        Ok((Request::from_parts(parts, Body::from(body)), signed.request_id))
    }
}

/// For routes of [`Access::Service`](super::routes::Access::Service):
/// `from_fn_with_state(gate, boundary::service_layer)`. As [`layer`], but a call that is not believed is refused
/// in every mode of the flag.
pub async fn service_layer(State(gate): State<ServiceGate>, request: Request, next: Next) -> Response {
    match gate.earn(request).await {
        Ok((request, id)) => run_as(id, request, next).await,
        Err(problem) => problem.into_response(),
    }
}

async fn whole(parts: &Parts, body: Body) -> Result<Bytes, Problem> {
    let mut unread = Request::new(body);
    // The limit is among them.
    *unread.extensions_mut() = parts.extensions.clone();
    read_body(unread, &()).await
}

fn signed<'a>(parts: &'a Parts, body: &'a [u8]) -> SignedRequest<'a> {
    SignedRequest {
        method: &parts.method,
        uri: &parts.uri,
        body,
    }
}

/// For routes that belong to no brand: `from_fn_with_state(boundary, boundary::caller_layer)`.
pub async fn caller_layer(State(boundary): State<ServiceBoundary>, request: Request, next: Next) -> Response {
    match boundary.caller(request.headers()) {
        Ok(Some(id)) => run_as(id, request, next).await,
        Ok(None) => next.run(request).await,
        Err(rejection) => Problem::from(rejection).into_response(),
    }
}

/// Serves the request under the id that the edge gave it, in answers and in the log.
async fn run_as(id: Uuid, request: Request, next: Next) -> Response {
    let span = tracing::info_span!("edge_request", request_id = %id);
    RequestId(id).scope(next.run(request)).instrument(span).await
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Rejected(rejection) => rejection.into(),
            Refused::Unjudged(unjudged) => unjudged.into(),
        }
    }
}
