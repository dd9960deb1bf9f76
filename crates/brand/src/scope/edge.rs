//! Scope at the edge: from the domain a request came to. A token must then agree with it
//! ([`crate::http::authenticate`]).

use std::sync::Arc;

use super::BrandScope;
use crate::{
    directory::BrandDirectory,
    domain::ResolvedDomain,
    enforcement::{Enforcement, Reason, Rejection},
};

/// Earns scopes at the edge.
#[derive(Clone, Debug)]
pub struct Edge {
    enforcement: Enforcement,
    directory: BrandDirectory,
    /// What an unknown domain runs under in the modes that let it pass; without one it never passes.
    default_brand: Option<String>,
}

impl Edge {
    /// `default_brand` is the code of the brand that unknown domains run under while the flag is
    /// `off` or `observe`; none refuses them in every mode.
    #[must_use]
    pub fn new(enforcement: Enforcement, directory: BrandDirectory, default_brand: Option<String>) -> Self {
        Self {
            enforcement,
            directory,
            default_brand,
        }
    }

    /// The scope of a request to `domain`.
    ///
    /// # Errors
    /// [`Reason::UnknownDomain`].
    pub fn of_domain(&self, domain: Option<&ResolvedDomain>) -> Result<BrandScope, Rejection> {
        if let Some(domain) = domain {
            return Ok(BrandScope::earned(Arc::clone(&domain.brand)));
        }
        match self
            .default_brand
            .as_deref()
            .and_then(|code| self.directory.by_code(code))
        {
            Some(brand) => self
                .enforcement
                .check(Reason::UnknownDomain, false)
                .map(|()| BrandScope::earned(brand)),
            None => Err(self.enforcement.reject(Reason::UnknownDomain)),
        }
    }
}
