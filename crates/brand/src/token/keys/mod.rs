//! RSA keys on disk: `<kid>.private.pem` where tokens are issued, `<kid>.public.pem` where they are verified.
//!
//! # How keys rotate
//! A key must be known to everybody who verifies before the first token is signed with it, and stay
//! known until the last token signed with it has ended. So each key says in its files from when it
//! signs, and at any time the one that signs is the last whose time has come.
//!
//! | when | what |
//! |---|---|
//! | `rotate` | the new key is in the folder and in the JWKS; it signs from a while later (`tokens.publish_seconds`) |
//! | until then | processes read their folder anew (`tokens.reload_ms`), caches of the JWKS run out (half that while), folders on other machines are given the public half |
//! | from then | the new key signs; the old one verifies |
//! | a token's longest life later | `retire` takes the old key away, and refuses to before |
//!
//! | file | what it does |
//! |---|---|
//! | `dir` | a folder of keys: make, list, read, rotate, retire |
//! | `ring` | the folder as a running process sees it |
//! | `standing` | which key signs, and which may go |
//! | `halves`, `file`, `kid` | keys, their files, their names |

mod dir;
mod file;
mod halves;
mod kid;
mod ring;
mod standing;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;

use std::{io, path::PathBuf};

use time::OffsetDateTime;

pub use dir::{KeyDir, Retired};
pub use halves::{PublicKeys, SigningKey};
pub use kid::Kid;
pub use ring::{Halves, KeyRing, Reloaded};
pub use standing::{KeyInfo, Standing};

/// Why a key cannot be used. The key itself is never in the message.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not a key id.
    #[error("a key id is 1 to 64 of a-z A-Z 0-9 _ -")]
    Kid,
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not a key of the kind its name says.
    #[error("{0} is not a PEM-encoded RSA key of 2048 to 8192 bits")]
    NotAKey(PathBuf),
    /// The file says since when its key signs in words that are no time.
    #[error("{0}: croupier-signs-from must be a time as in 2026-11-20T12:00:00Z")]
    Time(PathBuf),
    /// The two halves are not of one key: nobody could verify what is signed.
    #[error("{0} is not the other half of its public key")]
    NotAPair(PathBuf),
    /// A key of this id is there already.
    #[error("{0} exists already; choose another key id")]
    Exists(PathBuf),
    /// A private key that others can read.
    #[error("{0} can be read by other users; run: chmod 600 {0}")]
    Exposed(PathBuf),
    /// No private key.
    #[error("{0} holds no private key; make one with: croupier keys generate")]
    NoSigningKey(PathBuf),
    /// No key at all.
    #[error("{0} holds no key; make one with: croupier keys generate")]
    Empty(PathBuf),
    /// No key of this id.
    #[error("there is no key {0}; croupier keys list shows those there are")]
    Unknown(Kid),
    /// It cannot be retired: without it nothing could be signed or verified.
    #[error(
        "{0} is the only key that {1}; make another first: croupier keys rotate, and let it become the one that signs"
    )]
    Last(Kid, &'static str),
    /// It cannot be retired yet: it is the key that signs.
    #[error("{0} is the key that signs; replace it first: croupier keys rotate")]
    Signs(Kid),
    /// It cannot be retired yet: tokens that were signed with it are good.
    #[error(
        "{kid} may have signed tokens that are good until {until}: {} left. Retire it then; --force does it now, for a key that somebody else has",
        lasting(*.left)
    )]
    InUse {
        /// The key.
        kid: Kid,
        /// When the last of its tokens has ended, to the second.
        until: OffsetDateTime,
        /// Seconds until then.
        left: i64,
    },
    /// The cryptography library refused.
    #[error("the cryptography library could not {0}")]
    Crypto(&'static str),
}

/// Seconds as people say them.
fn lasting(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds} seconds"),
        120..7_200 => format!("{} minutes", (seconds + 59) / 60),
        _ => format!("{} hours", (seconds + 3_599) / 3_600),
    }
}
