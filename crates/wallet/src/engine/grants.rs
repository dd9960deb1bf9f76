//! Grants: bonus money and coupons, from their beginning to their end.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{books::AccountKey, command::GrantKind, ids::EntryId};

/// The most grants that may be open in one wallet: they are kept in its row.
pub const MAX_OPEN_GRANTS: usize = 8;

/// A grant that is open, as its wallet keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenGrant {
    /// Its name: the entry that gave it.
    pub id: EntryId,
    /// What it is.
    pub kind: GrantKind,
    /// The position of the bucket it went to.
    pub bucket: usize,
    /// What was given, minor units.
    pub amount: i64,
    /// What must be staked before it can be converted, minor units.
    pub wager: i64,
    /// How much of that was staked, 0 to `wager`.
    pub progress: i64,
    /// The most that a conversion makes the player's own, minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub convert_cap: Option<i64>,
    /// From when on it can be expired, in whole microseconds.
    #[serde(
        with = "time::serde::rfc3339::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub expires_at: Option<OffsetDateTime>,
    /// When it was given.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// What has become of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantState {
    /// It is in its wallet.
    Open,
    /// It became the player's own.
    Converted,
    /// It was taken back.
    Forfeited,
    /// It was taken back because its time was over.
    Expired,
}

impl GrantState {
    /// Reads the store's name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Open, Self::Converted, Self::Forfeited, Self::Expired]
            .into_iter()
            .find(|state| state.as_str() == name)
    }

    /// The store's name for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Converted => "converted",
            Self::Forfeited => "forfeited",
            Self::Expired => "expired",
        }
    }
}

/// A grant, as it is kept for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Whose.
    pub account: AccountKey,
    /// What was given. Its `progress` is that of its beginning or its end; in between, the wallet has it.
    pub given: OpenGrant,
    /// What has become of it.
    pub state: GrantState,
    /// When it ended.
    pub ended_at: Option<OffsetDateTime>,
}
