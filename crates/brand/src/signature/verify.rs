//! Verifying: the called service's end.
//!
//! In two steps. The headers say who calls and are judged first, with the caller's own token, so that
//! nobody else makes the service read a body ([`BrandVerifier::headers`]). What gives is a
//! [`Presented`] claim, whose signature can be judged once the body it binds is there.

use std::{collections::HashMap, fmt};

use hmac::Mac;
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::{
    BRAND_ID, BrandKey, CALLER, KEY_ID, REQUEST_ID, SERVICE_TOKEN, SIGNATURE, Secret, SignedRequest,
    TIMESTAMP, TOLERANCE,
    mac::{Claim, v1, v2},
};
use crate::{brand::BrandId, clock::Clock, enforcement::Reason};

/// A version of the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// Binds caller, brand, request id and time.
    V1,
    /// Binds the whole request as well.
    V2,
}

/// A call whose caller, time and signature were verified. Only [`Presented::verify`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBrand {
    /// The brand it is for.
    pub(crate) brand: BrandId,
    /// The service that made it.
    pub(crate) caller: String,
    /// The request's id.
    pub(crate) request_id: Uuid,
    /// How it was signed.
    pub(crate) version: Version,
}

/// Verifies services' calls.
#[derive(Clone, Debug)]
pub struct BrandVerifier {
    keys: Vec<BrandKey>,
    /// The callers that are answered, with the token of each.
    callers: HashMap<String, Secret>,
    pub(super) min_version: u8,
    clock: Clock,
}

/// The headers of a call from a service that may call. What they claim is not believed yet.
pub struct Presented<'a> {
    verifier: &'a BrandVerifier,
    claim: Claim<'a>,
    key_id: Option<&'a str>,
    signature: &'a str,
}

impl BrandVerifier {
    /// Answers `callers`, and no others, whose signature is by any of `keys` (more than one while they
    /// rotate). `min_version` is 1 or 2.
    #[must_use]
    pub fn new(keys: Vec<BrandKey>, callers: HashMap<String, Secret>, min_version: u8, clock: Clock) -> Self {
        Self {
            keys,
            callers,
            min_version,
            clock,
        }
    }

    /// Judges what can be judged without the body: are the headers there, may the caller call.
    ///
    /// # Errors
    /// The [`Reason`] it is not believed.
    pub fn headers<'a>(&'a self, headers: &'a HeaderMap) -> Result<Presented<'a>, Reason> {
        let one = |name: &HeaderName| one(headers, name);
        let claim = Claim {
            caller: one(&CALLER)?,
            brand: one(&BRAND_ID)?,
            request_id: one(&REQUEST_ID)?,
            timestamp: one(&TIMESTAMP)?,
        };
        let signature = one(&SIGNATURE)?;
        self.verify_caller(headers)?;
        Ok(Presented {
            verifier: self,
            claim,
            key_id: one(&KEY_ID).ok(),
            signature,
        })
    }

    /// Judges who calls, for a call that is for no brand. Gives the request's id, if it is one.
    ///
    /// # Errors
    /// [`Reason::MissingBrandHeader`] or [`Reason::CallerNotAllowed`].
    pub fn verify_caller(&self, headers: &HeaderMap) -> Result<Option<Uuid>, Reason> {
        let expected = self
            .callers
            .get(one(headers, &CALLER)?)
            .ok_or(Reason::CallerNotAllowed)?;
        if !equal(
            expected.expose().as_bytes(),
            one(headers, &SERVICE_TOKEN)?.as_bytes(),
        ) {
            return Err(Reason::CallerNotAllowed);
        }
        Ok(one(headers, &REQUEST_ID).ok().and_then(canonical::<Uuid>))
    }
}

impl Presented<'_> {
    /// Who calls: its token was its own.
    #[must_use]
    pub fn caller(&self) -> &str {
        self.claim.caller
    }

    /// Judges the signature over the whole request, then whether it is fresh.
    ///
    /// # Errors
    /// The [`Reason`] it is not believed.
    pub fn verify(&self, request: SignedRequest<'_>) -> Result<SignedBrand, Reason> {
        let version = self.signed_by_us(request).ok_or(Reason::BadSignature)?;
        let timestamp = canonical::<i64>(self.claim.timestamp).ok_or(Reason::BadSignature)?;
        let now = self.verifier.clock.unix_seconds();
        if now.saturating_sub(timestamp).saturating_abs() > TOLERANCE {
            return Err(Reason::StaleSignature);
        }
        Ok(SignedBrand {
            brand: canonical::<i64>(self.claim.brand)
                .and_then(|id| BrandId::new(id).ok())
                .ok_or(Reason::BadSignature)?,
            caller: self.claim.caller.to_owned(),
            request_id: canonical::<Uuid>(self.claim.request_id).ok_or(Reason::BadSignature)?,
            version,
        })
    }

    fn signed_by_us(&self, request: SignedRequest<'_>) -> Option<Version> {
        let (version, hex) = self.signature.split_once('=')?;
        let bytes = hex::decode(hex).ok()?;
        let (keys, claim) = (&self.verifier.keys, &self.claim);
        match version {
            "v2" => keys
                .iter()
                .filter(|key| Some(key.id.as_str()) == self.key_id)
                .any(|key| v2(key, claim, request).verify_slice(&bytes).is_ok())
                .then_some(Version::V2),
            "v1" if self.verifier.min_version <= 1 => keys
                .iter()
                .any(|key| v1(key, claim).verify_slice(&bytes).is_ok())
                .then_some(Version::V1),
            _ => None,
        }
    }
}

impl fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presented")
            .field("claim", &self.claim)
            .finish_non_exhaustive()
    }
}

fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a str, Reason> {
    let mut values = headers.get_all(name).iter();
    match (values.next().map(HeaderValue::to_str), values.next()) {
        (Some(Ok(value)), None) => Ok(value),
        (None, _) => Err(Reason::MissingBrandHeader),
        // Unreadable, or there twice: which of the two was signed is not for us to guess.
        _ => Err(Reason::BadSignature),
    }
}

/// Reads a value that is written in the one way we write it: no `+7`, no ` 7`, no other spelling of a UUID.
fn canonical<T: std::str::FromStr + ToString>(text: &str) -> Option<T> {
    text.parse::<T>().ok().filter(|value| value.to_string() == text)
}

fn equal(a: &[u8], b: &[u8]) -> bool {
    // Digests first: their length says nothing about the secret's.
    Sha256::digest(a).ct_eq(&Sha256::digest(b)).into()
}
