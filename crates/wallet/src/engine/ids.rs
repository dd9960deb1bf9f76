//! The names a command carries. Each is its own type, checked once, where it enters the house.

use std::fmt;

use croupier_brand::token::PlayerId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why a text is not one of the wallet's names. The message says what is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {max} characters without control characters")]
pub struct InvalidName {
    /// The most characters accepted.
    pub max: usize,
}

fn checked(text: &str, max: usize) -> Result<String, InvalidName> {
    // `take` bounds the work on a text of any length.
    let fits = (1..=max).contains(&text.chars().take(max + 1).count());
    if fits && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err(InvalidName { max })
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $max:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The most characters.
            pub const MAX_LEN: usize = $max;

            /// Reads one, as it is: case counts, nothing is trimmed.
            ///
            /// # Errors
            /// [`InvalidName`] for an empty text, one that is too long, and control characters.
            pub fn new(text: &str) -> Result<Self, InvalidName> {
                checked(text, Self::MAX_LEN).map(Self)
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(text: String) -> Result<Self, InvalidName> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}

name! {
    /// The sender's name for a command: a provider's transaction id, a player's `Idempotency-Key`.
    /// Unique for one [`Source`] of one brand.
    TransactionId, 200
}
name! {
    /// A game round, as its provider names it. Not a number: ids beyond 64 bits exist.
    RoundId, 200
}
name! {
    /// A game, as its provider names it.
    GameId, 200
}
name! {
    /// Who asks, and thereby the space its transaction ids live in: `provider:hub88`,
    /// `player:<uuid>`. Two sources may use the same id without meeting.
    Source, 80
}

name! {
    /// A bucket of the brand's topology, by its code. Whether there is one of that code is the
    /// topology's to say.
    BucketCode, 20
}
name! {
    /// A promotion, as whoever runs it names it.
    Promotion, 200
}
name! {
    /// Why an operator corrected a wallet.
    Note, 200
}

impl Source {
    /// A game provider, by the short name of its integration.
    ///
    /// # Errors
    /// [`InvalidName`].
    pub fn provider(name: &str) -> Result<Self, InvalidName> {
        Self::new(&format!("provider:{name}"))
    }

    /// A player: so a key of one never meets another's.
    #[must_use]
    pub fn player(player: PlayerId) -> Self {
        Self(format!("player:{player}"))
    }
}

/// A journal entry, and what a sender is given as the operator's transaction id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntryId(pub Uuid);

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_as_they_came() {
        assert_eq!(
            RoundId::new("340282366920938463463374607431768211456 Ä")
                .unwrap()
                .as_str(),
            "340282366920938463463374607431768211456 Ä"
        );
        assert_ne!(
            TransactionId::new("aB").unwrap(),
            TransactionId::new("ab").unwrap()
        );
        assert!(TransactionId::new(&"é".repeat(200)).is_ok());
    }

    #[test]
    fn what_a_database_text_or_a_log_line_cannot_hold_is_refused() {
        for bad in ["", "a\0b", "a\nb", &"x".repeat(201)] {
            assert!(TransactionId::new(bad).is_err(), "{bad:?}");
        }
        assert!(Source::provider(&"x".repeat(80)).is_err());
    }
}
