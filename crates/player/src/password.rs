//! Passwords, hashed with argon2id (RFC 9106) off the async threads and behind a bounded queue.
//!
//! Hashing is slow and large on purpose, so it is the cheapest way to exhaust a server: as many run
//! at a time as [`PasswordCost::at_once`] says, as many wait as [`PasswordCost::waiting`] says, and
//! beyond that the answer is 503 `busy` at once. Brands take turns, and a rush at one fills no place that
//! another needs (`queue.rs`). A client that hangs up while its hash runs does not make room for another
//! before that hash has ended.
//!
//! **Every sign-in runs exactly one verification**, so an unknown account and a wrong password cost
//! the same: where no hash is stored the presented password is verified against one that was made at
//! start with the same parameters from random bytes. While hashes of older parameters remain (each is
//! replaced at its owner's next sign-in) those accounts answer in the older parameters' time.

use std::{
    fmt,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{self, PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use croupier_brand::BrandId;
use rand::Rng;
use serde::Deserialize;
use zeroize::Zeroizing;

use self::queue::{FairQueue, Full};
use crate::{
    account::{Password, PresentedPassword},
    error::PlayerError,
};

mod queue;

/// What a password hash costs, and how many may be made at a time.
///
/// The default is OWASP's first choice for argon2id (Password Storage Cheat Sheet): 19 MiB, 2 passes,
/// 1 lane. A change takes effect for each player at the next sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PasswordCost {
    /// Memory of one hash, in KiB. 1 024 to 1 048 576.
    pub memory_kib: u32,
    /// Passes over that memory. 1 to 32.
    pub passes: u32,
    /// Lanes of one hash. 1 to 16; more than one helps an attacker with many cores more than it costs us.
    pub lanes: u32,
    /// Hashes made at a time. None: as many as there are cores.
    pub at_once: Option<NonZeroU32>,
    /// Requests that may wait for a hash; beyond it they are answered 503 `busy`. At most 65 536.
    pub waiting: u32,
}

impl Default for PasswordCost {
    fn default() -> Self {
        Self {
            memory_kib: Params::DEFAULT_M_COST,
            passes: Params::DEFAULT_T_COST,
            lanes: Params::DEFAULT_P_COST,
            at_once: None,
            waiting: 128,
        }
    }
}

impl PasswordCost {
    /// What is wrong with these settings, each fault with its key.
    ///
    /// The lower bounds catch a wrong unit, not a weak choice: [`PasswordCost::is_weak`] tells that.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let at_once = self.at_once.map_or(1, NonZeroU32::get);
        let bounds = [
            ("password.memory_kib", self.memory_kib, 1_024, 1_048_576),
            ("password.passes", self.passes, 1, 32),
            ("password.lanes", self.lanes, 1, 16),
            ("password.at_once", at_once, 1, 1_024),
            ("password.waiting", self.waiting, 0, 65_536),
        ];
        let outside = bounds
            .iter()
            .filter(|(_, value, least, most)| !(least..=most).contains(&value));
        outside
            .map(|(key, _, least, most)| format!("{key} must be {least} to {most}"))
            .collect()
    }

    /// Whether this is less work than any choice OWASP recommends for argon2id (7 to 46 MiB with 5 to
    /// 1 passes; the least of them is 7 168 KiB × 5). Fit for tests.
    #[must_use]
    pub fn is_weak(&self) -> bool {
        self.memory_kib < 7_168 || u64::from(self.memory_kib) * u64::from(self.passes) < 7_168 * 5
    }

    fn workers(&self) -> usize {
        match self.at_once {
            Some(count) => usize::try_from(count.get()).unwrap_or(usize::MAX),
            None => std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

/// What a verification found.
#[derive(Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The password is not the player's, or there is no such player.
    Wrong,
    /// It is the player's.
    Right {
        /// A new hash to store, where the stored one was made with other parameters.
        renewed: Option<String>,
    },
}

impl fmt::Debug for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong => f.write_str("Wrong"),
            Self::Right { renewed } => write!(f, "Right {{ renewed: {} }}", renewed.is_some()),
        }
    }
}

/// Hashes and verifies. Cloning it shares the queue.
#[derive(Clone)]
pub struct PasswordHasher(Arc<Inner>);

struct Inner {
    argon2: Argon2<'static>,
    /// Stands in for the hash of an account that does not exist.
    dummy: String,
    queue: FairQueue,
    verifications: AtomicU64,
}

impl PasswordHasher {
    /// Makes one, and the hash that stands in for unknown accounts: takes the time of one hash.
    ///
    /// # Errors
    /// [`PlayerError::Settings`] with every fault, [`PlayerError::Hashing`] when the memory is not to be had.
    pub fn start(cost: PasswordCost) -> Result<Self, PlayerError> {
        let faults = cost.faults();
        if !faults.is_empty() {
            return Err(PlayerError::Settings(faults));
        }
        if cost.is_weak() {
            tracing::warn!(
                memory_kib = cost.memory_kib,
                passes = cost.passes,
                "password hashes cost less than recommended; fit for tests only"
            );
        }
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None)
            .map_err(|fault| PlayerError::Settings(vec![format!("password: {fault}")]))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut nobodys = Zeroizing::new([0; 32]);
        rand::rng().fill_bytes(nobodys.as_mut());
        let dummy = hash(&argon2, nobodys.as_ref())?;
        let (at_once, waiting) = (
            cost.workers(),
            usize::try_from(cost.waiting).unwrap_or(usize::MAX),
        );
        Ok(Self(Arc::new(Inner {
            argon2,
            dummy,
            queue: FairQueue::new(at_once, waiting),
            verifications: AtomicU64::new(0),
        })))
    }

    /// Hashes a password with a salt of its own; the result is a PHC string. `brand` is whose turn it takes.
    ///
    /// # Errors
    /// [`PlayerError::Busy`] when the queue is full, [`PlayerError::Hashing`].
    pub async fn hash(&self, brand: BrandId, password: Password) -> Result<String, PlayerError> {
        self.run(brand, move |inner| hash(&inner.argon2, password.as_bytes()))
            .await
    }

    /// Verifies a password against a stored hash, or against nobody's where there is none: then the
    /// verdict is always [`Verdict::Wrong`], after the same work.
    ///
    /// # Errors
    /// [`PlayerError::Busy`] when the queue is full, [`PlayerError::Unreadable`] for a stored hash
    /// that is none, [`PlayerError::Hashing`].
    pub async fn verify(
        &self,
        brand: BrandId,
        presented: PresentedPassword,
        stored: Option<String>,
    ) -> Result<Verdict, PlayerError> {
        self.run(brand, move |inner| {
            inner.verify(presented.as_bytes(), stored.as_deref())
        })
        .await
    }

    /// How many verifications were made since start. Tests compare what different sign-ins cost by it.
    #[must_use]
    pub fn verifications(&self) -> u64 {
        self.0.verifications.load(Ordering::Relaxed)
    }

    async fn run<T: Send + 'static>(
        &self,
        brand: BrandId,
        work: impl FnOnce(&Inner) -> Result<T, PlayerError> + Send + 'static,
    ) -> Result<T, PlayerError> {
        let place = self
            .0
            .queue
            .place(brand)
            .await
            .map_err(|Full| PlayerError::Busy)?;
        let inner = Arc::clone(&self.0);
        let hashing = tokio::task::spawn_blocking(move || {
            // Held by the thread: its caller may be gone long before the hash is made.
            let _place = place;
            work(&inner)
        });
        hashing.await.map_err(|_| PlayerError::HashThread)?
    }
}

impl Inner {
    fn verify(&self, presented: &[u8], stored: Option<&str>) -> Result<Verdict, PlayerError> {
        // Without salt and output argon2 would call any password wrong without a look at it.
        let hash_read = PasswordHash::new(stored.unwrap_or(&self.dummy))
            .ok()
            .filter(|read| read.salt.is_some() && read.hash.is_some());
        let hash_read = hash_read.ok_or(PlayerError::Unreadable("password hash"))?;
        self.verifications.fetch_add(1, Ordering::Relaxed);
        match self.argon2.verify_password(presented, &hash_read) {
            Ok(()) if stored.is_some() => Ok(Verdict::Right {
                renewed: self.renew(presented, &hash_read),
            }),
            Ok(()) | Err(password_hash::Error::PasswordInvalid) => Ok(Verdict::Wrong),
            Err(fault) => Err(fault.into()),
        }
    }

    /// A hash of today's parameters where the stored one has others. Failing to make it fails no sign-in.
    fn renew(&self, presented: &[u8], stored: &PasswordHash) -> Option<String> {
        let current = self.argon2.params();
        let same_params = Params::try_from(stored).is_ok_and(|params| {
            (params.m_cost(), params.t_cost(), params.p_cost())
                == (current.m_cost(), current.t_cost(), current.p_cost())
        });
        let same_kind =
            stored.algorithm == Algorithm::Argon2id.ident() && stored.version == Some(Version::V0x13.into());
        if same_params && same_kind {
            return None;
        }
        hash(&self.argon2, presented)
            .inspect_err(|fault| tracing::warn!(%fault, "a password hash could not be renewed"))
            .ok()
    }
}

fn hash(argon2: &Argon2<'_>, password: &[u8]) -> Result<String, PlayerError> {
    let mut salt = [0; argon2::RECOMMENDED_SALT_LEN];
    rand::rng().fill_bytes(&mut salt);
    Ok(argon2.hash_password_with_salt(password, &salt)?.to_string())
}

impl fmt::Debug for PasswordHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the stand-in hash: a hash is shown nowhere.
        f.debug_struct("PasswordHasher")
            .field("params", self.0.argon2.params())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests;
