//! A key's id.

use std::fmt;

use serde::Serialize;

use super::KeyError;

/// A key's id: 1 to 64 of `a-z A-Z 0-9 _ -`. It is looked up in a list, never in a path or at a URL.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Kid(String);

impl Kid {
    /// Reads a key id.
    ///
    /// # Errors
    /// [`KeyError::Kid`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let letters = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        if (1..=64).contains(&text.len()) && letters {
            Ok(Self(text.to_owned()))
        } else {
            Err(KeyError::Kid)
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Kid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
