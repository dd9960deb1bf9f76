//! `BrandScope`: the proof that a request may act for one brand.
//!
//! Its fields are private and it has no public constructor, no `Default` and no `Deserialize`. The
//! ways to earn one are the files of this folder, one each:
//!
//! | file | from what |
//! |---|---|
//! | `edge` | the request's domain, with which a bearer token's brand must agree |
//! | `header` | `X-Brand-Id` with its signature, from a service that may call |
//! | `callback` | a verified provider signature, then the account in the verified body |
//! | `event` | the envelope of an event that a worker takes up |
//! | `operator` | an operator's audited act |
//!
//! `spawn` carries a scope to a task of its own.
//!
//! Everything that touches a brand's data takes a `&BrandScope` first. A brand id in a URL, a body
//! or a query string is never a source of scope.

mod callback;
mod edge;
mod event;
mod header;
mod operator;
mod spawn;

use std::{fmt, sync::Arc};

use axum::extract::FromRequestParts;
use http::request::Parts;

pub use callback::{CredentialError, Mac, ProviderCredential, ProviderSecret, VerifiedCallback};
pub use edge::Edge;
pub use event::{Envelope, Worker};
pub use header::{Admission, Refused, ServiceBoundary};

use crate::{
    brand::{Brand, BrandCode, BrandId},
    http::problem::Problem,
    money::Currency,
};

/// The proof that what holds it may act for one brand, and for that brand only.
///
/// A clone is for the same brand; there is no way to make one for another.
#[derive(Clone)]
pub struct BrandScope {
    brand: Arc<Brand>,
}

impl BrandScope {
    fn earned(brand: Arc<Brand>) -> Self {
        Self { brand }
    }

    /// The brand.
    #[must_use]
    pub fn brand(&self) -> &Brand {
        &self.brand
    }

    /// The brand's number.
    #[must_use]
    pub fn id(&self) -> BrandId {
        self.brand.id
    }

    /// The brand's code, as metrics and logs name it.
    #[must_use]
    pub fn code(&self) -> &BrandCode {
        &self.brand.code
    }

    /// The currency the brand's wallets are kept in.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.brand.currency
    }
}

impl fmt::Debug for BrandScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BrandScope({})", self.brand.code)
    }
}

/// A handler behind the edge, or behind a service boundary, takes the scope that was earned there.
/// Where none was, the route is wired wrongly: 500, and nothing is served.
impl<S: Send + Sync> FromRequestParts<S> for BrandScope {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!(
                path = parts.uri.path(),
                "a route that needs a brand scope is behind nothing that earns one"
            );
            Problem::internal()
        })
    }
}
