//! Everything identity needs, in one cheap handle: the state of the routes.

use std::{fmt, sync::Arc};

use croupier_brand::{
    BrandPool, Clock,
    scope::BrandScope,
    token::{PublicKeys, Revocations, SigningKey},
};

use crate::{
    error::PlayerError, key_set::KeySet, limits::SessionLimits, password::PasswordHasher,
    players::PlayerLookup,
};

/// What a [`PlayerService`] is made of.
#[derive(Debug)]
pub struct PlayerServiceParts {
    /// The application role's connections.
    pub pool: BrandPool,
    /// The time, and new ids.
    pub clock: Clock,
    /// Where passwords are hashed.
    pub passwords: PasswordHasher,
    /// The key that signs access tokens.
    pub signing_key: SigningKey,
    /// The keys that verify them; the signing key's other half is among them.
    pub public_keys: PublicKeys,
    /// Where ended sessions are made known.
    pub revocations: Revocations,
    /// The `iss` of every access token.
    pub issuer: String,
    /// How long tokens and sessions last.
    pub limits: SessionLimits,
}

/// Registers players, signs them in and out, and finds them. Cloning it shares everything.
#[derive(Clone)]
pub struct PlayerService(Arc<Inner>);

struct Inner {
    parts: PlayerServiceParts,
    key_set: KeySet,
}

impl PlayerService {
    /// Puts the parts together.
    ///
    /// # Errors
    /// [`PlayerError::Settings`] naming every fault: limits that contradict one another, or a signing
    /// key whose tokens nobody could verify.
    pub fn new(parts: PlayerServiceParts) -> Result<Self, PlayerError> {
        let key_set = KeySet::new(&parts.public_keys)?;
        let mut faults = parts.limits.faults();
        if !key_set.holds(parts.signing_key.kid()) {
            faults.push(format!(
                "tokens.signing_kid: the public half of {} is not among the public keys",
                parts.signing_key.kid()
            ));
        }
        if faults.is_empty() {
            Ok(Self(Arc::new(Inner { parts, key_set })))
        } else {
            Err(PlayerError::Settings(faults))
        }
    }

    /// Where passwords are hashed.
    #[must_use]
    pub fn passwords(&self) -> &PasswordHasher {
        &self.0.parts.passwords
    }

    /// Finds players.
    #[must_use]
    pub fn lookup(&self) -> PlayerLookup {
        PlayerLookup::new(self.0.parts.pool.clone())
    }

    pub(crate) fn parts(&self) -> &PlayerServiceParts {
        &self.0.parts
    }

    pub(crate) fn key_set(&self) -> &KeySet {
        &self.0.key_set
    }

    /// Counts what came of something asked for under a brand.
    pub(crate) fn count(metric: &'static str, scope: &BrandScope, outcome: &'static str) {
        metrics::counter!(metric, "brand" => scope.code().to_string(), "outcome" => outcome).increment(1);
    }
}

impl fmt::Debug for PlayerService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = &self.0.parts;
        f.debug_struct("PlayerService")
            .field("issuer", &parts.issuer)
            .field("limits", &parts.limits)
            .finish_non_exhaustive()
    }
}
