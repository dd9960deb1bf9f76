//! The list of providers. Routes, keys, configuration, launches, the OpenAPI document, the edge-case suite and the
//! conformance kit are made from it.

use std::sync::Arc;

use axum::extract::{Request as HttpRequest, State};
use croupier_brand::{
    http::routes::{Access, Routes},
    scope::ProviderCredential,
};
use http::Method;

use super::{Adapter, Call, CallbackState, Spec, Verified, pipeline};
use crate::{
    conformance::Driver, evolution::Evolution, hub88::Hub88, pragmatic::Pragmatic, slotegrator::Slotegrator,
    softswiss::Softswiss, spribe::Spribe,
};

/// Every provider there is: **a line each**.
pub static PROTOCOLS: [Protocol; 6] = [
    Protocol::of::<Hub88>(crate::hub88::driver),
    Protocol::of::<Softswiss>(crate::softswiss::driver),
    Protocol::of::<Spribe>(crate::spribe::driver),
    Protocol::of::<Pragmatic>(crate::pragmatic::driver),
    Protocol::of::<Slotegrator>(crate::slotegrator::driver),
    Protocol::of::<Evolution>(crate::evolution::driver),
];

/// A provider's protocol, as the house knows it.
#[derive(Clone, Copy)]
pub struct Protocol {
    /// What there is to know of it.
    pub spec: &'static Spec,
    table: fn() -> Routes<Arc<CallbackState>>,
    driver: fn(Option<&str>) -> Box<dyn Driver>,
    judge: fn(&ProviderCredential, &Call) -> Judged,
}

/// What an adapter makes of a call, without anybody being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Judged {
    /// It does not prove to be the provider's.
    Unproven,
    /// It cannot be read; HTTP's status of the answer.
    Unread(u16),
    /// It asks something.
    Read,
}

impl Protocol {
    const fn of<A: Adapter>(driver: fn(Option<&str>) -> Box<dyn Driver>) -> Self {
        Self {
            spec: &A::SPEC,
            table: table::<A>,
            driver,
            judge: judge::<A>,
        }
    }

    /// The protocol of this short name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        PROTOCOLS.iter().find(|protocol| protocol.spec.name == name)
    }

    /// Its calls without anything behind them: what a gateway that forwards needs to know.
    #[must_use]
    pub fn table(&self) -> Routes<Arc<CallbackState>> {
        (self.table)()
    }

    /// Its calls, ready to serve. A body is read whole before its signature is judged, and is as large as axum's
    /// `DefaultBodyLimit` has it where they are served: 2 MB where nobody says (the edge of this house: `edge.max_body`).
    #[must_use]
    pub fn routes(&self, state: CallbackState) -> Routes {
        self.table().with_state(Arc::new(state))
    }

    /// What it makes of a call.
    #[must_use]
    pub fn judge(&self, credential: &ProviderCredential, call: &Call) -> Judged {
        (self.judge)(credential, call)
    }

    /// The provider's side of it.
    #[must_use]
    pub fn driver(&self) -> Box<dyn Driver> {
        (self.driver)(None)
    }

    /// The provider's side of it, by the id that provider and operator know their business by: a merchant's, a client's.
    /// Protocols that have none do not look at it.
    #[must_use]
    pub fn driver_of(&self, business: &str) -> Box<dyn Driver> {
        (self.driver)(Some(business))
    }
}

impl std::fmt::Debug for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.spec.name)
    }
}

fn judge<A: Adapter>(credential: &ProviderCredential, call: &Call) -> Judged {
    let Some(callback) = A::verify(credential, call) else {
        return Judged::Unproven;
    };
    match A::read(&Verified { call, callback }, &A::SPEC.contract) {
        Ok(_) => Judged::Read,
        Err(reply) => Judged::Unread(reply.http.as_u16()),
    }
}

fn table<A: Adapter>() -> Routes<Arc<CallbackState>> {
    A::SPEC.calls.iter().fold(Routes::new(), |routes, call| {
        let handler = move |State(state): State<Arc<CallbackState>>, request: HttpRequest| async move {
            pipeline::serve::<A>(&state, call, request).await
        };
        routes.route(Method::POST, call.path, Access::Provider, handler)
    })
}

#[cfg(test)]
mod tests;
