//! What a brand is: a casino of its own on the shared house.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::money::Currency;

/// A brand's number. It says whose a row is; it never comes from a URL, a body or a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct BrandId(i32);

/// A number that cannot be a brand's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a brand id is a whole number from 1 to 2147483647")]
pub struct InvalidBrandId;

impl BrandId {
    /// Reads a brand's number: 1 and up.
    ///
    /// # Errors
    /// [`InvalidBrandId`] for zero, negative numbers and what does not fit 31 bits.
    pub fn new(id: i64) -> Result<Self, InvalidBrandId> {
        i32::try_from(id)
            .ok()
            .filter(|id| *id > 0)
            .map(Self)
            .ok_or(InvalidBrandId)
    }

    /// The number, as the database keeps it.
    #[must_use]
    pub fn get(self) -> i32 {
        self.0
    }
}

impl fmt::Display for BrandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A brand's short, stable name: 2 to 16 of `a-z 0-9`, a letter first.
///
/// It begins every account that a game provider sees, so no code is a prefix of another; the
/// database keeps that so (constraint `brand_code_prefix_free`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct BrandCode(String);

/// A text that cannot be a brand's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a brand code is 2 to 16 of a-z and 0-9, beginning with a letter")]
pub struct InvalidBrandCode;

impl BrandCode {
    /// The fewest characters of a code.
    pub const MIN_LEN: usize = 2;
    /// The most characters of a code.
    pub const MAX_LEN: usize = 16;

    /// Reads a code.
    ///
    /// # Errors
    /// [`InvalidBrandCode`].
    pub fn parse(text: &str) -> Result<Self, InvalidBrandCode> {
        let fits = (Self::MIN_LEN..=Self::MAX_LEN).contains(&text.len());
        let letters = text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if fits && letters && text.as_bytes()[0].is_ascii_lowercase() {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidBrandCode)
        }
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BrandCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a brand's doors are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BrandStatus {
    /// Open.
    Active,
    /// Closed for now: players are told to come back (503 `brand_maintenance`).
    Maintenance,
    /// Closed by decision: players are refused (403 `brand_suspended`).
    Suspended,
}

impl BrandStatus {
    /// The name the database and the API use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Maintenance => "maintenance",
            Self::Suspended => "suspended",
        }
    }

    /// Reads the database's name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Maintenance, Self::Suspended]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// A brand as the house knows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Brand {
    /// Its number.
    pub id: BrandId,
    /// Its short, stable name.
    pub code: BrandCode,
    /// Its name as players read it.
    pub name: String,
    /// The currency its wallets are kept in.
    pub currency: Currency,
    /// Whether it is open.
    pub status: BrandStatus,
    /// What its front end looks like: an object the brand chooses.
    pub theme: serde_json::Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_short_lower_case_and_begin_with_a_letter() {
        for good in ["au", "aurora", "b0nanza", "abcdefghijklmnop"] {
            assert!(BrandCode::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a",
            "Aurora",
            "1up",
            "a-b",
            "a_b",
            "abcdefghijklmnopq",
            "aurör",
            "a b",
        ] {
            assert!(BrandCode::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn ids_are_positive() {
        assert!(BrandId::new(1).is_ok());
        for bad in [0, -1, i64::MIN, i64::MAX, 2_147_483_648] {
            assert!(BrandId::new(bad).is_err(), "{bad}");
        }
    }
}
