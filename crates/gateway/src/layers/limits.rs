//! Bounds on how many requests are served at a time and how long each may take.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use croupier_brand::http::problem::Problem;
use http::StatusCode;
use tokio::sync::Semaphore;

/// The bounds, shared by all requests.
#[derive(Clone, Debug)]
pub struct Limits {
    places: Arc<Semaphore>,
    timeout: Duration,
}

impl Limits {
    /// At most `places` requests at a time, each for at most `timeout`.
    #[must_use]
    pub fn new(places: usize, timeout: Duration) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places)),
            timeout,
        }
    }
}

/// 503: a place was not to be had.
pub(super) fn overloaded() -> Problem {
    metrics::counter!("http_overloaded_total").increment(1);
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "overloaded",
        "Too many requests are being served. Repeat this one in a moment.",
    )
    .retry_after(1)
}

/// The layer: 503 `overloaded` at once when every place is taken, 504 `timeout` when time is up.
///
/// Time running out drops the request's future, as a client hanging up does; whatever moves money
/// runs on a task of its own and is not cut short.
pub async fn layer(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let Ok(_place) = limits.places.try_acquire() else {
        return overloaded().into_response();
    };
    match tokio::time::timeout(limits.timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(
            StatusCode::GATEWAY_TIMEOUT,
            "timeout",
            "The request took too long. It may have been carried out: repeat it with the same Idempotency-Key.",
        )
        .into_response(),
    }
}
