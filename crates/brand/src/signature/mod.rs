//! The signed brand header: how one service tells another for which brand it calls.
//!
//! `X-Brand-Id`, `X-Caller-Service`, `X-Request-Id`, `X-Brand-Timestamp` (Unix seconds),
//! `X-Brand-Key-Id` and `X-Brand-Signature: v2=<hex>`; with them the caller's own
//! `X-Service-Token`. Both ends share the signing key; the token is the caller's alone, so one
//! service's token cannot speak for another.
//!
//! * v2 = HMAC-SHA256 over the key id, the caller, the brand, the request's id, the time, the method, the
//!   path with its query and the SHA-256 of the body, each preceded by its length, so that no two
//!   field lists make the same bytes.
//! * v1 = HMAC-SHA256(key, `caller|brand|request|timestamp`), as ADR-009 has it. Accepted only where
//!   `signature_min_version` is 1, for callers that cannot sign v2 yet. It binds neither method, path,
//!   query nor body: who reads one such call on the wire can say something else with it while it is
//!   fresh, as long as the request's id was not used ([`replay`]). Nor does it bind the key id: any
//!   configured key will do.
//!
//! | file | what it does |
//! |---|---|
//! | `sign` | signs, at the caller's end |
//! | `verify` | judges headers before the body is read, the signature after it |
//! | `mac` | what the two versions are made of |
//! | `replay` | a request's id is good for one mutation |

mod mac;
pub mod replay;
mod sign;
mod verify;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;

use std::fmt;

use http::{HeaderName, Method, Uri};
use zeroize::Zeroizing;

pub use sign::BrandSigner;
pub use verify::{BrandVerifier, Presented, SignedBrand, Version};

use crate::http::request_id::RequestId;

/// The brand's number.
pub const BRAND_ID: HeaderName = HeaderName::from_static("x-brand-id");
/// The calling service's name.
pub const CALLER: HeaderName = HeaderName::from_static("x-caller-service");
/// When it was signed, Unix seconds.
pub const TIMESTAMP: HeaderName = HeaderName::from_static("x-brand-timestamp");
/// Which key signed it.
pub const KEY_ID: HeaderName = HeaderName::from_static("x-brand-key-id");
/// The signature, `v1=<hex>` or `v2=<hex>`.
pub const SIGNATURE: HeaderName = HeaderName::from_static("x-brand-signature");
/// The caller's own token.
pub const SERVICE_TOKEN: HeaderName = HeaderName::from_static("x-service-token");
const REQUEST_ID: HeaderName = HeaderName::from_static(RequestId::HEADER);

/// Every header that only a service may send. The edge removes them from what comes from outside.
pub const INTERNAL_HEADERS: [HeaderName; 7] = [
    BRAND_ID,
    CALLER,
    TIMESTAMP,
    KEY_ID,
    SIGNATURE,
    SERVICE_TOKEN,
    REQUEST_ID,
];

/// How far a signature's time may be from now, in seconds, either way.
const TOLERANCE: i64 = 30;

/// A secret text: a signing key or a service token. Never printed.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

/// A secret that is too short to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be at least 32 characters; make one with: openssl rand -hex 32")]
pub struct WeakSecret;

impl Secret {
    /// Takes a secret of 32 characters or more.
    ///
    /// # Errors
    /// [`WeakSecret`].
    pub fn new(text: String) -> Result<Self, WeakSecret> {
        if text.len() < 32 {
            Err(WeakSecret)
        } else {
            Ok(Self(Zeroizing::new(text)))
        }
    }

    /// The secret, for the one header that carries it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A signing key with its id.
#[derive(Clone, Debug)]
pub struct BrandKey {
    /// Its id, which travels with the signature.
    pub id: String,
    /// The key.
    pub secret: Secret,
}

/// What v2 binds besides the brand headers.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// The method.
    pub method: &'a Method,
    /// The target; its path and query are bound.
    pub uri: &'a Uri,
    /// The whole body.
    pub body: &'a [u8],
}
