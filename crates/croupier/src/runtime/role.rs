//! Which part of the house a process is.

use std::{fmt, str::FromStr};

/// What a process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Role {
    /// Everything.
    #[default]
    All,
    /// The edge, with the other roles behind it in processes of their own.
    Gateway,
    /// Players and their tokens.
    Player,
    /// Money.
    Wallet,
    /// Games and providers' callbacks.
    Game,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::All, Self::Gateway, Self::Player, Self::Wallet, Self::Game];

    /// The role's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Gateway => "gateway",
            Self::Player => "player",
            Self::Wallet => "wallet",
            Self::Game => "game",
        }
    }

    /// Whether the process moves money itself.
    pub(super) fn has_wallet(self) -> bool {
        matches!(self, Self::All | Self::Wallet)
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = Self::ALL.map(Self::as_str).join(", ");
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| format!("{text:?} is not a role; there are {names}"))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
