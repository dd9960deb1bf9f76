//! Access tokens: RS256 JWTs that carry their brand (RFC 7519, 9068; hardened after RFC 8725).

mod claims;
mod keys;
mod revocation;
mod verify;

pub use claims::{Audience, OperatorClaims, PlayerClaims, PlayerId, SessionId};
pub use keys::{
    Halves, KeyDir, KeyError, KeyInfo, KeyRing, Kid, PublicKeys, Reloaded, Retired, SigningKey, Standing,
};
pub use revocation::{Revocations, Revoked};
pub use verify::{TokenError, TokenVerifier, Verified};
