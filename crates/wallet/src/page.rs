//! Pages of a wallet's history, newest first, and the cursor between them.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::engine::{
    books::AccountKey,
    command::Kind,
    ids::{EntryId, GameId, RoundId},
};

/// A journal entry as its player sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its id.
    pub entry: EntryId,
    /// The wallet's version after it: 1, 2, 3 … without gaps.
    pub version: i64,
    /// What was done.
    pub kind: Kind,
    /// The command's amount, minor units, never negative.
    pub amount: i64,
    /// How the player's total (available + held) changed, minor units.
    pub change: i64,
    /// The player's total after it, minor units.
    pub balance: i64,
    /// The round, of a bet, settle or rollback.
    pub round: Option<RoundId>,
    /// The game, of a bet, settle or rollback.
    pub game: Option<GameId>,
    /// When, UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// Some entries, newest first, and where the next page begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Where to go on; none on the last page.
    pub next: Option<Cursor>,
}

/// How many entries a page has: 1 to 100, 20 where nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u8")]
pub struct PageLimit(u8);

/// A number that is not a page's limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a whole number from 1 to {}", PageLimit::MAX)]
pub struct InvalidPageLimit;

impl TryFrom<u8> for PageLimit {
    type Error = InvalidPageLimit;

    fn try_from(limit: u8) -> Result<Self, InvalidPageLimit> {
        Self::new(limit).ok_or(InvalidPageLimit)
    }
}

impl PageLimit {
    /// The most entries of a page.
    pub const MAX: u8 = 100;

    /// Reads a limit.
    #[must_use]
    pub fn new(limit: u8) -> Option<Self> {
        (1..=Self::MAX).contains(&limit).then_some(Self(limit))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
}

impl Default for PageLimit {
    fn default() -> Self {
        Self(20)
    }
}

/// Where a page begins: below an entry of one wallet.
///
/// It holds the entry's version, so entries that arrive meanwhile neither repeat nor hide one. Its
/// text is bound to the wallet by a digest: another's cursor does not read. The digest is no secret
/// and guards nothing, since every page is read for the scope's brand and the token's player anyway. Between
/// processes the version itself is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(i64);

/// A text that is not a cursor of this wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "is not a cursor of this wallet; take the next_cursor of a page, or leave it out to begin with the newest entry"
)]
pub struct InvalidCursor;

const DIGEST_LEN: usize = 16;

impl Cursor {
    /// Below the entry of this version.
    #[must_use]
    pub fn below(version: i64) -> Self {
        Self(version)
    }

    /// The version of the last entry already seen.
    #[must_use]
    pub fn version(self) -> i64 {
        self.0
    }

    /// The opaque text.
    #[must_use]
    pub fn to_text(self, wallet: AccountKey) -> String {
        let mut bytes = self.0.to_be_bytes().to_vec();
        bytes.extend(Self::digest(self.0, wallet));
        hex::encode(bytes)
    }

    /// Reads the text.
    ///
    /// # Errors
    /// [`InvalidCursor`] for anything that [`Cursor::to_text`] did not make for this wallet.
    pub fn parse(text: &str, wallet: AccountKey) -> Result<Self, InvalidCursor> {
        let mut bytes = [0_u8; size_of::<i64>() + DIGEST_LEN];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| InvalidCursor)?;
        let (version, digest) = bytes.split_first_chunk().ok_or(InvalidCursor)?;
        let version = i64::from_be_bytes(*version);
        let cursor = Self(version);
        // Only the one spelling that `to_text` gives is read.
        let bound = digest == Self::digest(version, wallet) && cursor.to_text(wallet) == text;
        if bound { Ok(cursor) } else { Err(InvalidCursor) }
    }

    fn digest(version: i64, wallet: AccountKey) -> [u8; DIGEST_LEN] {
        let mut digest = Sha256::new();
        digest.update(b"croupier wallet cursor 1");
        digest.update(wallet.brand.get().to_be_bytes());
        digest.update(wallet.player.0.as_bytes());
        digest.update(version.to_be_bytes());
        digest.update(wallet.currency.code());
        let whole: [u8; 32] = digest.finalize().into();
        let mut half = [0; DIGEST_LEN];
        half.copy_from_slice(&whole[..DIGEST_LEN]);
        half
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use croupier_brand::{BrandId, Currency, token::PlayerId};
    use uuid::Uuid;

    use super::*;

    fn wallet(brand: i64, player: u128, currency: &str) -> AccountKey {
        AccountKey {
            brand: BrandId::new(brand).unwrap(),
            player: PlayerId(Uuid::from_u128(player)),
            currency: Currency::parse(currency).unwrap(),
        }
    }

    #[test]
    fn iso_41_a_cursor_is_read_for_its_own_wallet_only() {
        let own = wallet(1, 7, "EUR");
        for version in [1, 2, 1 << 40, i64::MAX] {
            let text = Cursor::below(version).to_text(own);
            assert_eq!(Cursor::parse(&text, own), Ok(Cursor::below(version)));
            for other in [wallet(2, 7, "EUR"), wallet(1, 8, "EUR"), wallet(1, 7, "USD")] {
                assert_eq!(Cursor::parse(&text, other), Err(InvalidCursor));
            }
        }
    }

    #[test]
    fn what_was_not_given_out_is_no_cursor() {
        let own = wallet(1, 7, "EUR");
        let text = Cursor::below(9).to_text(own);
        let changed = format!("{}{}", &text[..15], "a");
        let texts = [
            "",
            "0",
            "9",
            "zz",
            &changed,
            &text.to_uppercase(),
            &text[..46],
            &format!("{text}00"),
            &"f".repeat(5_000),
        ];
        for text in texts {
            assert_eq!(Cursor::parse(text, own), Err(InvalidCursor), "{text:?}");
        }
    }
}
