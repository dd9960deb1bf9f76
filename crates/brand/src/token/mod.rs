//! Access tokens: RS256 JWTs that carry their brand (RFC 7519, 9068; hardened after RFC 8725).

mod claims;
mod keys;
mod revocation;
mod verify;

pub use claims::{Audience, OperatorClaims, PlayerClaims, PlayerId, SessionId};
pub use keys::{KeyDir, KeyError, KeyInfo, Kid, PublicKeys, SigningKey};
pub use revocation::Revocations;
pub use verify::{TokenError, TokenVerifier, Verified};
