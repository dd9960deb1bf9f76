//! Seals: what makes a brand's journal one chain.
//!
//! A wallet's entries are chained by their own hashes ([`chain`](crate::engine::chain)), which the engine
//! computes where it has the wallet at hand. A chain over all of a brand's entries would make every
//! command of a brand wait for the one before it. So it is made afterwards, over the hashes alone, of whatever
//! was committed since the seal before.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::engine::chain::Link;

/// A sealed piece of a brand's journal: what was written by transactions below [`Seal::below`] and is in no
/// seal before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// 1, 2, 3 …
    pub number: i64,
    /// The first transaction that is not in it.
    pub below: u64,
    /// How many entries it holds.
    pub entries: i64,
    /// SHA-256 of their hashes, one after the other, in the journal's order.
    #[serde(with = "hex::serde")]
    pub digest: Link,
    /// The hash of the seal before; 32 zeros before the first.
    #[serde(with = "hex::serde")]
    pub previous: Link,
    /// [`Seal::hashed`].
    #[serde(with = "hex::serde")]
    pub hash: Link,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Entries before this time were archived, and of what is sealed up to here some may not be at hand.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub archived: Option<OffsetDateTime>,
}

impl Seal {
    /// What its hash must be: SHA-256 of `head`, the number of entries in 8 bytes, big end first, and the digest.
    #[must_use]
    pub fn hashed(&self, brand: i32) -> Link {
        Sha256::new()
            .chain_update(head(&self.previous, brand, self.number, self.below, self.at))
            .chain_update(self.entries.to_be_bytes())
            .chain_update(self.digest)
            .finalize()
            .into()
    }
}

/// What a seal's hash begins with, known before its entries are: `croupier seal 1`, the hash before it, the brand's
/// number (4 bytes), its own number, `below` and its time in microseconds since 1970 (8 bytes each); numbers big end
/// first. The rest the database adds, which has the entries.
#[must_use]
pub(crate) fn head(previous: &Link, brand: i32, number: i64, below: u64, at: OffsetDateTime) -> Vec<u8> {
    let micros = i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000)).unwrap_or(i64::MAX);
    [
        b"croupier seal 1".as_slice(),
        previous,
        &brand.to_be_bytes(),
        &number.to_be_bytes(),
        &below.to_be_bytes(),
        &micros.to_be_bytes(),
    ]
    .concat()
}
