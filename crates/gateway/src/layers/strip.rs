//! Removes what only our own services may say: a client's copies of the internal headers.

use axum::extract::Request;
use croupier_brand::signature::INTERNAL_HEADERS;

/// The layer. It runs before anything that could read such a header.
pub fn internal_headers(mut request: Request) -> Request {
    for name in &INTERNAL_HEADERS {
        // `remove` takes the first and drops the others of that name too.
        request.headers_mut().remove(name);
    }
    request
}
