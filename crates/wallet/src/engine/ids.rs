//! The names a command carries. Each is its own type, checked once, where it enters the house.

use std::{fmt, sync::Arc};

use croupier_brand::token::PlayerId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why a text is not one of the wallet's names. The message says what is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// It is empty, too long, or has control characters.
    #[error("must be 1 to {max} characters without control characters")]
    Text {
        /// The most characters accepted.
        max: usize,
    },
    /// It could be taken for one of the house's own ids.
    #[error("must not begin with {HOUSE:?}: such ids are the house's own")]
    House,
}

/// What the house's own transaction ids begin with. They live in their provider's source, so that what they undo or
/// settle is found there; no sender's id begins so.
const HOUSE: &str = "croupier:";

fn checked(text: &str, max: usize) -> Result<Arc<str>, InvalidName> {
    // `take` bounds the work on a text of any length.
    let fits = (1..=max).contains(&text.chars().take(max + 1).count());
    if fits && !text.chars().any(char::is_control) {
        Ok(Arc::from(text))
    } else {
        Err(InvalidName::Text { max })
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $max:literal) => {
        name! { $(#[$doc])* $name, $max, new }
    };
    // With another name for what reads one as it is.
    ($(#[$doc:meta])* $name:ident, $max:literal, $read:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        // Shared: an id is in a command, its decision, its entry, its play and what a writer remembers.
        pub struct $name(Arc<str>);

        impl $name {
            /// The most characters.
            pub const MAX_LEN: usize = $max;

            /// Reads one, as it is: case counts, nothing is trimmed.
            ///
            /// # Errors
            /// [`InvalidName`] for an empty text, one that is too long, and control characters.
            pub fn $read(text: &str) -> Result<Self, InvalidName> {
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
                Self::$read(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                String::from(&*name.0)
            }
        }
    };
}

name! {
    /// The sender's name for a command: a provider's transaction id, a player's `Idempotency-Key`.
    /// Unique for one [`Source`] of one brand.
    ///
    /// [`kept`](Self::kept) reads back what was accepted before, from the books or from another process of the house;
    /// [`new`](Self::new) is for what a sender says.
    TransactionId, 200, kept
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
    /// `player:<uuid>`, `operator`. Two sources may use the same id without meeting.
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

impl TransactionId {
    /// Reads what a sender says: case counts, nothing is trimmed, and it is none of the house's own.
    ///
    /// # Errors
    /// [`InvalidName`].
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        if text.starts_with(HOUSE) {
            Err(InvalidName::House)
        } else {
            Self::kept(text)
        }
    }

    /// The house's own id of this name: `croupier:` and the name.
    ///
    /// # Errors
    /// [`InvalidName`].
    pub fn ours(name: &str) -> Result<Self, InvalidName> {
        Self::kept(&format!("{HOUSE}{name}"))
    }
}

impl Source {
    /// A game provider, by the short name of its integration.
    ///
    /// # Errors
    /// [`InvalidName`].
    pub fn provider(name: &str) -> Result<Self, InvalidName> {
        Self::new(&format!("provider:{name}"))
    }

    /// The brand's operators: their keys are one space, whoever of them uses one.
    #[must_use]
    pub fn operator() -> Self {
        Self(Arc::from("operator"))
    }

    /// A player: so a key of one never meets another's.
    #[must_use]
    pub fn player(player: PlayerId) -> Self {
        Self(format!("player:{player}").into())
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
    fn money_31_no_sender_has_an_id_of_the_houses() {
        let ours = TransactionId::ours("void:0:1").unwrap();
        assert_eq!(ours.as_str(), "croupier:void:0:1");
        assert_eq!(TransactionId::new(ours.as_str()), Err(InvalidName::House));
        assert_eq!(TransactionId::new("croupier:"), Err(InvalidName::House));
        assert_eq!(TransactionId::kept(ours.as_str()), Ok(ours.clone()));
        let written = serde_json::to_string(&ours).unwrap();
        assert_eq!(serde_json::from_str::<TransactionId>(&written).unwrap(), ours);
        for theirs in ["croupier", "Croupier:void:0:1", " croupier:", "xcroupier:"] {
            assert!(TransactionId::new(theirs).is_ok(), "{theirs}");
        }
    }

    #[test]
    fn what_a_database_text_or_a_log_line_cannot_hold_is_refused() {
        for bad in ["", "a\0b", "a\nb", &"x".repeat(201)] {
            assert!(TransactionId::new(bad).is_err(), "{bad:?}");
        }
        assert!(Source::provider(&"x".repeat(80)).is_err());
    }
}
