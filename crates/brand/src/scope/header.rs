//! Scope behind the gateway: from the signed brand header of a service that may call.

use super::BrandScope;
use crate::{
    directory::BrandDirectory,
    enforcement::{Enforcement, Reason, Rejection},
    signature::{BrandVerifier, SignedBrand, SignedRequest},
};

/// Earns scopes at the boundary of a service that stands alone.
#[derive(Clone, Debug)]
pub struct ServiceBoundary {
    verifier: BrandVerifier,
    enforcement: Enforcement,
    directory: BrandDirectory,
    default_brand: Option<String>,
}

impl ServiceBoundary {
    /// `default_brand` is the code of the brand that a call without a believable header runs under
    /// while the flag is `off` or `observe`; none refuses such calls in every mode.
    #[must_use]
    pub fn new(
        verifier: BrandVerifier,
        enforcement: Enforcement,
        directory: BrandDirectory,
        default_brand: Option<String>,
    ) -> Self {
        Self {
            verifier,
            enforcement,
            directory,
            default_brand,
        }
    }

    /// The scope of a service's call, and what was signed if it was believed.
    ///
    /// # Errors
    /// The reason its headers are not believed.
    pub fn scope(
        &self,
        headers: &http::HeaderMap,
        request: SignedRequest<'_>,
    ) -> Result<(BrandScope, Option<SignedBrand>), Rejection> {
        let reason = match self.verifier.verify(headers, request) {
            Ok(signed) => match self.directory.by_id(signed.brand) {
                Some(brand) => return Ok((BrandScope::earned(brand), Some(signed))),
                None => Reason::CrossBrandTarget,
            },
            Err(reason) => reason,
        };
        match self
            .default_brand
            .as_deref()
            .and_then(|code| self.directory.by_code(code))
        {
            Some(brand) => self
                .enforcement
                .check(reason, false)
                .map(|()| (BrandScope::earned(brand), None)),
            None => Err(self.enforcement.reject(reason)),
        }
    }

    /// Whether a call for no brand comes from a service that may make it. Gives the request's id.
    ///
    /// # Errors
    /// The reason its headers are not believed.
    pub fn caller(&self, headers: &http::HeaderMap) -> Result<Option<uuid::Uuid>, Rejection> {
        match self.verifier.verify_caller(headers) {
            Ok(request_id) => Ok(request_id),
            Err(reason) => self.enforcement.check(reason, false).map(|()| None),
        }
    }
}
