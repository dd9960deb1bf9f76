//! `[house]`: what the house is for.

use std::fmt;

use serde::Deserialize;

/// The house as a whole.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HouseConfig {
    /// What it is for.
    pub environment: Stage,
}

/// What a house is for, and so what it may do without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Stage {
    /// Players' money. Start-up refuses what must not be there.
    #[default]
    Production,
    /// Anything else.
    Development,
}

impl Stage {
    /// Its name, as the setting spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Development => "development",
        }
    }
}

impl TryFrom<String> for Stage {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        [Self::Production, Self::Development]
            .into_iter()
            .find(|stage| stage.as_str() == text)
            .ok_or_else(|| format!("{text:?} is neither production nor development"))
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
