//! The layers of a service that stands alone: what comes in is from a service that may call, and
//! where it is for a brand, the brand is signed.

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use tracing::Instrument;
use uuid::Uuid;

use super::{problem::Problem, request_id::RequestId};
use crate::{scope::ServiceBoundary, signature::SignedRequest};

/// The largest body a service takes from another, in bytes; the edge's own limit is smaller.
const MAX_BODY: usize = 1 << 20;

/// Earns the scope and hands it on: `from_fn_with_state(boundary, boundary::layer)`.
///
/// The body is read whole first, because the signature binds its digest.
pub async fn layer(State(boundary): State<ServiceBoundary>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let body: Bytes = match axum::body::to_bytes(body, MAX_BODY).await {
        Ok(body) => body,
        Err(_) => {
            return Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                "The body could not be read whole.",
            )
            .into_response();
        }
    };
    let signed = SignedRequest {
        method: &parts.method,
        uri: &parts.uri,
        body: &body,
    };
    let (scope, signed) = match boundary.scope(&parts.headers, signed) {
        Ok(earned) => earned,
        Err(rejection) => return Problem::from(rejection).into_response(),
    };
    parts.extensions.insert(scope);
    let request = Request::from_parts(parts, Body::from(body));
    match signed {
        Some(signed) => run_as(signed.request_id, request, next).await,
        None => next.run(request).await,
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
