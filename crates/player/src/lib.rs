//! Identity, per brand: who a player is, how they prove it, and the sessions that follow.
//!
//! A person who signs up at two brands is two players who know nothing of each other; everything
//! here happens under a [`BrandScope`](croupier_brand::BrandScope) and for its brand alone.
//!
//! | file | idea |
//! |---|---|
//! | [`account`] | what an account name, a password and an email address must look like |
//! | [`password`] | argon2id behind a bounded queue; one verification for every sign-in, right or wrong |
//! | [`refresh_token`] | the secret that renews a session, good once |
//! | [`limits`] | how long tokens and sessions last |
//! | [`players`], [`sessions`] | register; sign in, refresh, sign out |
//! | `standing`, [`exclusion`] | blocked, closed; keeping out by one's own decision |
//! | `repo` | every statement |
//! | [`http`] | one file an endpoint |
//!
//! Access tokens are short and verified without a look-up here; sessions are rows, so that they can
//! be ended. Nothing in this crate prints a password, a token or a hash.

pub mod account;
pub mod error;
pub mod exclusion;
pub mod http;
mod key_set;
pub mod limits;
pub mod password;
pub mod players;
pub mod prune;
pub mod refresh_token;
mod repo;
pub mod service;
pub mod sessions;
mod standing;

pub use account::{AccountName, Email, Password, PresentedPassword, Registration};
pub use error::{PlayerError, Refusal};
pub use exclusion::{AskedBy, ExclusionLimits, Given, Length};
pub use http::{ApiDoc, routes, table};
pub use limits::{SessionLimits, SignInLimits};
pub use password::{PasswordCost, PasswordHasher};
pub use players::{PlayerLookup, PlayerStatus, PlayerSummary};
pub use refresh_token::RefreshToken;
pub use service::{PlayerService, PlayerServiceParts};
pub use sessions::TokenPair;
pub use standing::{Changed, Excluded, PlayerStanding, StandingRefusal, Whom};
