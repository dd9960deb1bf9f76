//! Scope behind the gateway: from the signed brand header of a service that may call.

use http::HeaderMap;

use super::BrandScope;
use crate::{
    directory::BrandDirectory,
    enforcement::{Enforcement, Mode, Reason, Rejection, Unjudged},
    signature::{BrandVerifier, Presented, SignedBrand, SignedRequest, Version, replay::ReplayGuard},
};

/// Earns scopes at the boundary of a service that stands alone.
#[derive(Clone, Debug)]
pub struct ServiceBoundary {
    verifier: BrandVerifier,
    replays: ReplayGuard,
    enforcement: Enforcement,
    directory: BrandDirectory,
    default_brand: Option<String>,
}

/// How far a call for a brand has come before its body is read.
#[derive(Debug)]
pub enum Admission<'a> {
    /// It is from a service that may call; its signature is judged with its body.
    Presented(Presented<'a>),
    /// It is not, and the flag lets it pass under this brand.
    Unbelieved(BrandScope),
}

/// Why a call for a brand goes no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Its claim is not believed.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// Whether its claim holds cannot be told now.
    #[error(transparent)]
    Unjudged(#[from] Unjudged),
}

impl ServiceBoundary {
    /// `default_brand` is the code of the brand that a call without a believable header runs under
    /// while the flag is `off` or `observe`; none refuses such calls in every mode.
    #[must_use]
    pub fn new(
        verifier: BrandVerifier,
        replays: ReplayGuard,
        enforcement: Enforcement,
        directory: BrandDirectory,
        default_brand: Option<String>,
    ) -> Self {
        Self {
            verifier,
            replays,
            enforcement,
            directory,
            default_brand,
        }
    }

    /// What can be judged before the body is read: are the headers there, may the caller call.
    ///
    /// # Errors
    /// The reason its headers are not believed.
    pub fn admit<'a>(&'a self, headers: &'a HeaderMap) -> Result<Admission<'a>, Rejection> {
        match self.verifier.headers(headers) {
            Ok(presented) => Ok(Admission::Presented(presented)),
            Err(reason) => self.unbelieved(reason).map(Admission::Unbelieved),
        }
    }

    /// The scope of a call that was admitted, and what was signed if it was believed.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn scope(
        &self,
        presented: Presented<'_>,
        request: SignedRequest<'_>,
    ) -> Result<(BrandScope, Option<SignedBrand>), Refused> {
        let reason = match presented.verify(request) {
            Ok(signed) => match self.directory.by_id(signed.brand) {
                Some(brand) => {
                    self.judge_replay(&signed, request).await?;
                    return Ok((BrandScope::earned(brand), Some(signed)));
                }
                None => Reason::CrossBrandTarget,
            },
            Err(reason) => reason,
        };
        Ok((self.unbelieved(reason)?, None))
    }

    /// As [`admit`](Self::admit), for what only these callers may ask for: whatever the flag says, a call that
    /// is not believed goes no further. There is nobody else it could be from.
    ///
    /// # Errors
    /// The reason its headers are not believed.
    pub fn admit_proven<'a>(
        &'a self,
        headers: &'a HeaderMap,
        callers: &[String],
    ) -> Result<Presented<'a>, Rejection> {
        let presented = self
            .verifier
            .headers(headers)
            .map_err(|reason| self.enforcement.reject(reason))?;
        if callers.iter().any(|caller| caller == presented.caller()) {
            Ok(presented)
        } else {
            Err(self.enforcement.reject(Reason::CallerNotAllowed))
        }
    }

    /// The scope of a call that [`admit_proven`](Self::admit_proven) admitted, and what was signed. The
    /// signature must bind the whole call (v2) and hold, whatever the flag says; that it comes again is
    /// judged by the flag, as everywhere.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn prove(
        &self,
        presented: Presented<'_>,
        request: SignedRequest<'_>,
    ) -> Result<(BrandScope, SignedBrand), Refused> {
        let signed = presented
            .verify(request)
            .and_then(|signed| match signed.version {
                Version::V2 => Ok(signed),
                Version::V1 => Err(Reason::BadSignature),
            })
            .map_err(|reason| self.enforcement.reject(reason))?;
        let brand = self
            .directory
            .by_id(signed.brand)
            .ok_or_else(|| self.enforcement.reject(Reason::CrossBrandTarget))?;
        self.judge_replay(&signed, request).await?;
        Ok((BrandScope::earned(brand), signed))
    }

    /// Whether a call for no brand comes from a service that may make it. Gives the request's id.
    ///
    /// # Errors
    /// The reason its headers are not believed.
    pub fn caller(&self, headers: &HeaderMap) -> Result<Option<uuid::Uuid>, Rejection> {
        match self.verifier.verify_caller(headers) {
            Ok(request_id) => Ok(request_id),
            Err(reason) => self.enforcement.check(reason, false).map(|()| None),
        }
    }

    /// A replay that the flag lets pass runs under the brand that was signed: that it comes again casts
    /// no doubt on the brand. With the flag `off` the answer would change nothing, so Redis is not asked.
    async fn judge_replay(&self, signed: &SignedBrand, request: SignedRequest<'_>) -> Result<(), Refused> {
        if self.enforcement.mode() == Mode::Off {
            return Ok(());
        }
        match self.replays.admits(signed, request.method).await {
            Ok(first) => Ok(self.enforcement.check(Reason::ReplayedSignature, first)?),
            Err(fault) => {
                tracing::warn!(%fault, "whether a call was made before cannot be told");
                Ok(self.enforcement.cannot_judge(Reason::ReplayedSignature)?)
            }
        }
    }

    /// What a call runs under whose claim does not hold, if the flag lets it pass.
    fn unbelieved(&self, reason: Reason) -> Result<BrandScope, Rejection> {
        match self
            .default_brand
            .as_deref()
            .and_then(|code| self.directory.by_code(code))
        {
            Some(brand) => self
                .enforcement
                .check(reason, false)
                .map(|()| BrandScope::earned(brand)),
            None => Err(self.enforcement.reject(reason)),
        }
    }
}
