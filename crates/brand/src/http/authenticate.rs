//! The layer that a player's token passes: verified, of the scope's brand, not revoked.
//!
//! It stands behind whatever earned the scope: at the edge, and again in a service that stands
//! alone, which believes no other service about who the player is.

use axum::{
    extract::{FromRequestParts, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header, request::Parts};

use super::problem::Problem;
use crate::{
    enforcement::{Enforcement, Reason, Rejection},
    scope::BrandScope,
    token::{PlayerClaims, PlayerId, Revocations, SessionId, TokenVerifier, Verified},
};

/// Judges players' tokens.
#[derive(Clone, Debug)]
pub struct TokenGate {
    verifier: TokenVerifier,
    revocations: Revocations,
    enforcement: Enforcement,
}

/// The player a request speaks for. Only [`TokenGate`] makes one; handlers take it as an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticatedPlayer {
    id: PlayerId,
    session: SessionId,
}

impl AuthenticatedPlayer {
    /// The player.
    #[must_use]
    pub fn id(&self) -> PlayerId {
        self.id
    }

    /// The sign-in the token came from.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.session
    }
}

impl TokenGate {
    /// Judges by these.
    #[must_use]
    pub fn new(verifier: TokenVerifier, revocations: Revocations, enforcement: Enforcement) -> Self {
        Self {
            verifier,
            revocations,
            enforcement,
        }
    }

    /// The player whose token the headers carry.
    ///
    /// # Errors
    /// 401 `unauthenticated` for no token, one that does not verify and one that was revoked;
    /// 403 `brand_mismatch` for another brand's; 503 when revocation cannot be asked about.
    pub async fn admit(
        &self,
        scope: &BrandScope,
        headers: &HeaderMap,
    ) -> Result<AuthenticatedPlayer, Problem> {
        let token = bearer(headers).ok_or_else(Problem::unauthenticated)?;
        let verified = self.verifier.verify::<PlayerClaims>(token).map_err(|fault| {
            tracing::info!(%fault, "an access token was refused");
            Problem::unauthenticated()
        })?;
        self.agree(scope, &verified)?;
        let claims = verified.claims();
        match self.revocations.is_revoked(scope, claims.sid).await {
            Ok(false) => Ok(AuthenticatedPlayer {
                id: claims.sub,
                session: claims.sid,
            }),
            Ok(true) => Err(Problem::unauthenticated()),
            Err(fault) => {
                tracing::error!(%fault, "revocation cannot be asked about");
                Err(Problem::unavailable())
            }
        }
    }

    /// In the modes that let a mismatch pass the request still runs under the scope's brand, where
    /// the token's player does not exist.
    fn agree(&self, scope: &BrandScope, token: &Verified<PlayerClaims>) -> Result<(), Rejection> {
        let claimed = token.claims().brand_id;
        self.enforcement
            .check(Reason::JwtMissingBrand, claimed.is_some())?;
        self.enforcement.check(
            Reason::JwtBrandMismatch,
            claimed.is_none_or(|brand| brand == scope.id()),
        )
    }

    /// The layer: `axum::middleware::from_fn_with_state(gate, TokenGate::layer)`.
    pub async fn layer(
        State(gate): State<Self>,
        scope: BrandScope,
        mut request: Request,
        next: Next,
    ) -> Response {
        match gate.admit(&scope, request.headers()).await {
            Ok(player) => {
                request.extensions_mut().insert(player);
                next.run(request).await
            }
            Err(problem) => problem.into_response(),
        }
    }
}

/// The one `Authorization: Bearer` token (RFC 6750, 2.1); none when there are two.
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?.to_str().ok()?, values.next()) else {
        return None;
    };
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim_start_matches(' '))
}

impl<S: Send + Sync> FromRequestParts<S> for AuthenticatedPlayer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(Problem::unauthenticated)
    }
}
