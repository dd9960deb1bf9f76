//! Routes that say who may call them.
//!
//! Each crate lists its routes once, each with its [`Access`]; whoever serves them puts the layers
//! of that access in front. The list itself is what the OpenAPI document and the tests are
//! compared with, so a route cannot be added without either noticing.

use axum::{
    Router,
    handler::Handler,
    routing::{MethodFilter, any, on},
};
use http::Method;

/// What a request must have earned to reach a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Nothing: the answer is the same for every brand.
    Public,
    /// A brand scope.
    Brand,
    /// A brand scope and a player's token of that brand.
    Player,
    /// A provider's signature, judged by the handler over the raw body.
    Provider,
    /// A call that one of our services signed whole, whatever the flag says. Never served at the edge.
    Service,
}

impl Access {
    const ALL: [Self; 5] = [
        Self::Public,
        Self::Brand,
        Self::Player,
        Self::Provider,
        Self::Service,
    ];
}

/// A route as the list knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, parameters in braces.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
}

/// A list of routes and the handlers behind them, sorted by access.
#[derive(Clone, Debug)]
pub struct Routes<S = ()> {
    list: Vec<Route>,
    routers: [(Access, Router<S>); 5],
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            routers: Access::ALL.map(|access| (access, Router::new())),
        }
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// No routes yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a route.
    #[must_use]
    pub fn route<H, T>(self, method: Method, path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        match MethodFilter::try_from(method.clone()) {
            Ok(filter) => self.add(Route { method, path, access }, on(filter, handler)),
            Err(_) => self,
        }
    }

    /// Gives the handlers their state.
    #[must_use]
    pub fn with_state(self, state: S) -> Routes {
        Routes {
            list: self.list,
            routers: self
                .routers
                .map(|(access, router)| (access, router.with_state(state.clone()))),
        }
    }

    /// All routes of both.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.list.extend(other.list);
        for ((_, mine), (_, others)) in self.routers.iter_mut().zip(other.routers) {
            *mine = std::mem::take(mine).merge(others);
        }
        self
    }

    /// The list.
    #[must_use]
    pub fn list(&self) -> &[Route] {
        &self.list
    }

    /// Puts `layer` in front of the routes of one access, if it has any.
    #[must_use]
    pub fn in_front_of(self, access: Access, layer: impl FnOnce(Router<S>) -> Router<S>) -> Self {
        // axum refuses to put a layer in front of no routes.
        self.map(access, |router| {
            if router.has_routes() {
                layer(router)
            } else {
                router
            }
        })
    }

    fn map(mut self, access: Access, change: impl FnOnce(Router<S>) -> Router<S>) -> Self {
        if let Some((_, router)) = self.routers.iter_mut().find(|(each, _)| *each == access) {
            *router = change(std::mem::take(router));
        }
        self
    }

    /// The routes as one router.
    pub fn into_router(self) -> Router<S> {
        self.routers
            .into_iter()
            .fold(Router::new(), |all, (_, router)| all.merge(router))
    }

    fn add(mut self, route: Route, handler: axum::routing::MethodRouter<S>) -> Self {
        let path = route.path;
        self = self.map(route.access, |router| router.route(path, handler));
        self.list.push(route);
        self
    }
}

impl Routes {
    /// The same routes with one service behind them all: the other side of a process boundary.
    #[must_use]
    pub fn forwarded<H, T>(list: &[Route], forward: H) -> Self
    where
        H: Handler<T, ()>,
        T: 'static,
    {
        list.iter().fold(Self::new(), |routes, route| {
            match MethodFilter::try_from(route.method.clone()) {
                Ok(filter) => routes.add(route.clone(), on(filter, forward.clone())),
                Err(_) => routes.add(route.clone(), any(forward.clone())),
            }
        })
    }
}
