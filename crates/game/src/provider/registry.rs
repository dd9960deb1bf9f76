//! The list of providers. Routes, keys, configuration, launches, the OpenAPI document, the edge-case suite and the
//! conformance kit are made from it.

use axum::extract::{Request as HttpRequest, State};
use croupier_brand::http::routes::{Access, Routes};
use http::Method;

use super::{Adapter, CallbackState, Spec, pipeline};
use crate::{conformance::Driver, hub88::Hub88, softswiss::Softswiss};

/// Every provider there is: **a line each**.
pub static PROTOCOLS: [Protocol; 2] = [
    Protocol::of::<Hub88>(crate::hub88::driver),
    Protocol::of::<Softswiss>(crate::softswiss::driver),
];

/// A provider's protocol, as the house knows it.
#[derive(Clone, Copy)]
pub struct Protocol {
    /// What there is to know of it.
    pub spec: &'static Spec,
    table: fn() -> Routes<CallbackState>,
    driver: fn() -> Box<dyn Driver>,
}

impl Protocol {
    const fn of<A: Adapter>(driver: fn() -> Box<dyn Driver>) -> Self {
        Self {
            spec: &A::SPEC,
            table: table::<A>,
            driver,
        }
    }

    /// The protocol of this short name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        PROTOCOLS.iter().find(|protocol| protocol.spec.name == name)
    }

    /// Its calls without anything behind them: what a gateway that forwards needs to know.
    #[must_use]
    pub fn table(&self) -> Routes<CallbackState> {
        (self.table)()
    }

    /// Its calls, ready to serve.
    #[must_use]
    pub fn routes(&self, state: CallbackState) -> Routes {
        self.table().with_state(state)
    }

    /// The provider's side of it.
    #[must_use]
    pub fn driver(&self) -> Box<dyn Driver> {
        (self.driver)()
    }
}

impl std::fmt::Debug for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.spec.name)
    }
}

fn table<A: Adapter>() -> Routes<CallbackState> {
    A::SPEC.calls.iter().fold(Routes::new(), |routes, call| {
        let handler = move |State(state): State<CallbackState>, request: HttpRequest| {
            pipeline::serve::<A>(state, call, request)
        };
        routes.route(Method::POST, call.path, Access::Provider, handler)
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_paths_and_games_are_each_protocols_own() {
        let (mut names, mut paths, mut games) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for protocol in &PROTOCOLS {
            let spec = protocol.spec;
            assert!(names.insert(spec.name), "{}", spec.name);
            let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            assert!((2..=20).contains(&spec.name.len()) && spec.name.bytes().all(letters));
            assert!(games.insert((spec.game.id, spec.game.position)));
            for call in spec.calls {
                assert!(paths.insert(call.path), "{}", call.path);
                let own = format!("/callbacks/{}", spec.name);
                assert!(
                    call.path == own || call.path.starts_with(&format!("{own}/")),
                    "{}",
                    call.path
                );
            }
            assert_eq!(protocol.table().list().len(), spec.calls.len());
            assert_eq!(Protocol::named(spec.name).unwrap().spec.name, spec.name);
        }
        assert!(Protocol::named("nobody").is_none());
    }
}
