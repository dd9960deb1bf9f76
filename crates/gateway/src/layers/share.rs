//! How many of the edge's places one brand may hold, and the providers together.
//!
//! A request holds its place while its body arrives, and an HTTP/2 connection may leave a hundred
//! bodies unsent. Without shares, whoever does so at one casino closes all of them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use croupier_brand::{BrandId, BrandScope};
use tokio::sync::Semaphore;

use super::limits;

/// One brand's part of the places: with the callbacks' and one brand's taken, a third is left.
const PART: usize = 3;

/// The shares, for all requests of an edge.
#[derive(Clone, Debug)]
pub struct Shares {
    size: usize,
    /// As many as there are brands that were asked for.
    brands: Arc<Mutex<HashMap<BrandId, Arc<Semaphore>>>>,
    providers: Arc<Semaphore>,
}

impl Shares {
    /// Shares of `places`.
    #[must_use]
    pub fn new(places: usize) -> Self {
        let size = (places / PART).max(1);
        Self {
            size,
            brands: Arc::default(),
            providers: Arc::new(Semaphore::new(size)),
        }
    }

    fn of(&self, brand: BrandId) -> Arc<Semaphore> {
        let mut brands = self.brands.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(
            brands
                .entry(brand)
                .or_insert_with(|| Arc::new(Semaphore::new(self.size))),
        )
    }
}

/// The layer of brand and player routes, behind the one that earns the scope.
pub async fn brand_layer(
    State(shares): State<Shares>,
    scope: BrandScope,
    request: Request,
    next: Next,
) -> Response {
    within(&shares.of(scope.id()), request, next).await
}

/// The layer of providers' callbacks.
pub async fn provider_layer(State(shares): State<Shares>, request: Request, next: Next) -> Response {
    within(&shares.providers, request, next).await
}

async fn within(share: &Semaphore, request: Request, next: Next) -> Response {
    match share.try_acquire() {
        Ok(_place) => next.run(request).await,
        Err(_) => limits::overloaded().into_response(),
    }
}
