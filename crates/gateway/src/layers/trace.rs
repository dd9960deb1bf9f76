//! The request id, the span, one log line and the counters of every request.

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use croupier_brand::{
    Clock,
    http::{problem::ProblemCode, request_id::RequestId},
};
use http::{HeaderValue, Method};
use tracing::{Instrument, field};

/// The brand a response was served for, for the log line and the counters.
#[derive(Clone, Debug)]
pub struct ServedBrand(pub String);

/// The layer. It is the outermost, so that its id is in every log line and every problem.
pub async fn layer(State(clock): State<Clock>, request: Request, next: Next) -> Response {
    let id = RequestId(clock.new_id());
    let method = known(request.method());
    // A path that matched no route is not a label: anybody could make up any number of them.
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or_else(|| "none".to_owned(), |route| route.as_str().to_owned());
    let span = tracing::info_span!("request", request_id = %id.0, method, brand = field::Empty, brand_id = field::Empty);
    let started = clock.now();
    let mut response = id.scope(next.run(request).instrument(span.clone())).await;
    let took = clock.now() - started;

    if let Ok(value) = HeaderValue::from_str(&id.0.to_string()) {
        response.headers_mut().insert(RequestId::HEADER, value);
    }
    let brand = response
        .extensions()
        .get::<ServedBrand>()
        .map_or_else(String::new, |brand| brand.0.clone());
    let code = response
        .extensions()
        .get::<ProblemCode>()
        .map_or("", |code| code.0);
    let status = response.status().as_u16();
    span.in_scope(|| {
        tracing::info!(
            route,
            status,
            code,
            micros = i64::try_from(took.whole_microseconds()).unwrap_or(i64::MAX),
            "served"
        )
    });
    let labels = [
        ("method", method.to_owned()),
        ("route", route),
        ("status", status.to_string()),
        ("brand", brand),
    ];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_seconds", &labels[..2]).record(took.unsigned_abs());
    response
}

/// The method as a label. Any token is a method (RFC 9110, 9.1), of any length: who makes them up
/// would otherwise make a series of counters with each, kept for ever.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
