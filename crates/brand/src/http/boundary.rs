//! The layer of a service that stands alone: what comes in must be signed by a service that may call.

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::StatusCode;

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
            return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body could not be read whole.").into_response();
        }
    };
    let signed = SignedRequest { method: &parts.method, uri: &parts.uri, body: &body };
    let (scope, signed) = match boundary.scope(&parts.headers, signed) {
        Ok(earned) => earned,
        Err(rejection) => return Problem::from(rejection).into_response(),
    };
    parts.extensions.insert(scope);
    let request = Request::from_parts(parts, Body::from(body));
    match signed {
        Some(signed) => RequestId(signed.request_id).scope(next.run(request)).await,
        None => next.run(request).await,
    }
}
