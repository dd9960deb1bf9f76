//! The whole edge at a glance.
//!
//! The layers of an access are one stack: axum puts each that is added by itself into a box, and clones every box
//! below it for every request.
//!
//! From the outside in:
//!
//! | layer | why it stands there |
//! |---|---|
//! | trace | first, so that everything below has a request id, a span and a counted answer |
//! | panics | a panic anywhere below is a 500 problem, not a broken connection |
//! | limits | before any work is done for the request |
//! | body | the largest body taken; read only by the handler that wants it |
//! | strip | before anything reads a header that only our services may send |
//! | resolve | brand and player routes: the host becomes a scope, or the request ends here |
//! | callers | callbacks: before anything is done for an address that the provider does not call from |
//! | share | before work is done for a brand: one brand holds a part of the places, the providers another |
//! | token | player routes: the token must verify, be of that brand and not be revoked |
//! | route | the handler, or the signed call to the service that has it |

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
};
use croupier_brand::{
    Clock,
    http::{
        authenticate::TokenGate,
        problem::Problem,
        routes::{Access, Routes},
    },
};
use http::StatusCode;
use tower::{ServiceBuilder, util::MapRequestLayer};
use tower_http::catch_panic::CatchPanicLayer;

use crate::layers::{
    callers::{self, Callers},
    limits::{self, Limits},
    resolve::{self, Resolver},
    share::{self, Shares},
    strip, trace,
};

/// What the edge is made of.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// From hosts to scopes.
    pub resolver: Resolver,
    /// From tokens to players.
    pub gate: TokenGate,
    /// Where providers call from.
    pub callers: Callers,
    /// Time and ids.
    pub clock: Clock,
}

impl Gateway {
    /// Puts the edge in front of `routes`.
    pub fn in_front_of(self, routes: Routes) -> Router {
        let config = self.resolver.config.clone();
        let shares = Shares::new(config.max_concurrency);
        let brand = ServiceBuilder::new()
            .layer(from_fn_with_state(Arc::new(self.resolver), resolve::layer))
            .layer(from_fn_with_state(shares.clone(), share::brand_layer));
        let player = brand
            .clone()
            .layer(from_fn_with_state(self.gate, TokenGate::layer));
        let provider = ServiceBuilder::new()
            .layer(from_fn_with_state(self.callers, callers::layer))
            .layer(from_fn_with_state(shares, share::provider_layer));
        let routed = routes
            .in_front_of(Access::Player, |router| router.route_layer(player))
            .in_front_of(Access::Brand, |router| router.route_layer(brand))
            .in_front_of(Access::Provider, |router| router.route_layer(provider))
            // What services say to each other is said at no edge, whatever list is handed to it.
            .in_front_of(Access::Service, |_| Router::new())
            .into_router()
            .layer(MapRequestLayer::new(strip::internal_headers));
        let limits = Limits::new(config.max_concurrency, Duration::from_millis(config.timeout_ms));
        outermost(routed, self.clock, config.max_body, limits)
    }
}

/// The layers that every listener of the house has, whatever its routes: the edge's first four,
/// and a problem for what no route takes.
pub fn outermost(routed: Router, clock: Clock, max_body: usize, limits: Limits) -> Router {
    let stack = ServiceBuilder::new()
        .layer(from_fn_with_state(clock, trace::layer))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(limits, limits::layer))
        .layer(DefaultBodyLimit::max(max_body));
    routed
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(method_not_allowed)
        .layer(stack)
}

async fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "This address does not take that method.",
    )
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    Problem::internal().into_response()
}
