//! What a token says.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::brand::BrandId;

/// A player of one brand: the subject of a player's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlayerId(pub Uuid);

impl fmt::Display for PlayerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A sign-in; what a logout revokes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub Uuid);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whom a kind of claims is for. A token of one audience never passes as another's.
pub trait Audience: DeserializeOwned + Serialize {
    /// The `aud` claim.
    const AUDIENCE: &'static str;
    /// The header's `typ` (RFC 8725, 3.11).
    const TYPE: &'static str;

    /// The claims that every kind has: (iss, aud, exp), seconds since the Unix epoch.
    fn registered(&self) -> (&str, &str, i64);
}

/// A player's access token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayerClaims {
    /// Who issued it.
    pub iss: String,
    /// [`Audience::AUDIENCE`].
    pub aud: String,
    /// The player.
    pub sub: PlayerId,
    /// The brand the player is of. A token without it is judged by the enforcement flag
    /// (`jwt_missing_brand`); one in which it is not a whole number is refused in every mode.
    #[serde(
        default,
        deserialize_with = "brand_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub brand_id: Option<BrandId>,
    /// The sign-in it came from.
    pub sid: SessionId,
    /// This token's own id.
    pub jti: Uuid,
    /// When it was issued, seconds since the Unix epoch.
    pub iat: i64,
    /// When it ends, seconds since the Unix epoch.
    pub exp: i64,
}

impl Audience for PlayerClaims {
    const AUDIENCE: &'static str = "croupier:player";
    const TYPE: &'static str = "at+jwt";

    fn registered(&self) -> (&str, &str, i64) {
        (&self.iss, &self.aud, self.exp)
    }
}

/// An operator's token, for the back office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorClaims {
    /// Who issued it.
    pub iss: String,
    /// [`Audience::AUDIENCE`].
    pub aud: String,
    /// The operator's identity, as audit rows name it.
    pub admin_id: String,
    /// This token's own id.
    pub jti: Uuid,
    /// When it was issued, seconds since the Unix epoch.
    pub iat: i64,
    /// When it ends, seconds since the Unix epoch.
    pub exp: i64,
}

impl Audience for OperatorClaims {
    const AUDIENCE: &'static str = "croupier:operator";
    const TYPE: &'static str = "operator+jwt";

    fn registered(&self) -> (&str, &str, i64) {
        (&self.iss, &self.aud, self.exp)
    }
}

fn brand_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<BrandId>, D::Error> {
    let id = i64::deserialize(deserializer)?;
    BrandId::new(id).map(Some).map_err(serde::de::Error::custom)
}
