//! Everything identity needs, in one cheap handle: the state of the routes.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use croupier_brand::{
    BrandPool, Clock,
    scope::BrandScope,
    throttle::Throttle,
    token::{KeyError, KeyRing, PublicKeys, Revocations},
};

use crate::{
    error::PlayerError, exclusion::ExclusionLimits, key_set::KeySet, limits::SessionLimits,
    password::PasswordHasher, players::PlayerLookup, standing::PlayerStanding,
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
    /// How often signing in to an account may fail.
    pub sign_ins: Throttle,
    /// The keys that sign access tokens and verify them.
    pub keys: KeyRing,
    /// Seconds for which others may keep the key set: less than a key is published before it signs.
    pub jwks_max_age: u32,
    /// Where ended sessions are made known.
    pub revocations: Revocations,
    /// The `iss` of every access token.
    pub issuer: String,
    /// How long tokens and sessions last.
    pub limits: SessionLimits,
    /// How long players may keep out.
    pub exclusions: ExclusionLimits,
}

/// Registers players, signs them in and out, and finds them. Cloning it shares everything.
#[derive(Clone)]
pub struct PlayerService(Arc<Inner>);

struct Inner {
    parts: PlayerServiceParts,
    /// Written once for each set of keys there is.
    key_set: RwLock<(PublicKeys, Arc<KeySet>)>,
}

impl PlayerService {
    /// Puts the parts together.
    ///
    /// # Errors
    /// [`PlayerError::Settings`] naming every fault: limits that contradict one another, or no key that
    /// signs.
    pub fn new(parts: PlayerServiceParts) -> Result<Self, PlayerError> {
        let mut faults = parts.limits.faults();
        faults.extend(parts.exclusions.faults());
        if parts.keys.signs().is_none() {
            faults.push("tokens.keys_dir holds no private key to sign access tokens with".to_owned());
        }
        if !faults.is_empty() {
            return Err(PlayerError::Settings(faults));
        }
        let public = parts.keys.public();
        let key_set = RwLock::new((public.clone(), Arc::new(KeySet::new(&public)?)));
        Ok(Self(Arc::new(Inner { parts, key_set })))
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

    /// Changes players' standing.
    #[must_use]
    pub fn standing(&self) -> PlayerStanding {
        let parts = &self.0.parts;
        PlayerStanding::new(parts.pool.clone(), parts.revocations.clone(), parts.clock.clone())
    }

    pub(crate) fn parts(&self) -> &PlayerServiceParts {
        &self.0.parts
    }

    /// The key set as it is published now.
    pub(crate) fn key_set(&self) -> Result<Arc<KeySet>, KeyError> {
        let public = self.0.parts.keys.public();
        {
            let known = self.0.key_set.read().unwrap_or_else(PoisonError::into_inner);
            if known.0.is_same(&public) {
                return Ok(Arc::clone(&known.1));
            }
        }
        let key_set = Arc::new(KeySet::new(&public)?);
        *self.0.key_set.write().unwrap_or_else(PoisonError::into_inner) = (public, Arc::clone(&key_set));
        Ok(key_set)
    }

    /// Counts whom the queue of passwords had no place for.
    pub(crate) fn count_busy(scope: &BrandScope, fault: &PlayerError) {
        if matches!(fault, PlayerError::Busy) {
            metrics::counter!("player_password_busy_total", "brand" => scope.code().to_string()).increment(1);
        }
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
