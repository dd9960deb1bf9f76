//! The hash that ties a wallet's entries together.
//!
//! Each entry's hash is made of the hash before it in its wallet and of everything the entry says, so
//! an entry that is changed, taken out or put in between breaks every hash after it. What is hashed is
//! written here once; whoever audits an export computes the same.

use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::books::JournalEntry;

/// SHA-256. 32 zeros before a wallet's first entry.
pub type Link = [u8; 32];

/// The hash of an entry that comes after `previous`.
///
/// Each field goes in with its length in eight bytes, big end first; an absent one differs from an
/// empty one. Numbers are eight bytes, big end first, two's complement; the time is microseconds since
/// 1970, as the database keeps it. The entry's own `hash` is not looked at.
#[must_use]
pub fn link(previous: &Link, entry: &JournalEntry) -> Link {
    let mut bytes = Bytes(Vec::with_capacity(512));
    bytes.field(b"croupier journal 1");
    bytes.field(previous);
    bytes.number(entry.account.brand.get().into());
    bytes.field(entry.account.player.0.as_bytes());
    bytes.field(entry.account.currency.code().as_bytes());
    bytes.number(entry.version);
    bytes.number(micros(entry.at));
    bytes.field(entry.entry.0.as_bytes());
    bytes.field(entry.kind.as_str().as_bytes());
    bytes.field(entry.key.source.as_str().as_bytes());
    bytes.field(entry.key.transaction_id.as_str().as_bytes());
    bytes.optional(entry.reference.as_deref());
    bytes.optional(entry.round.as_ref().map(|round| round.as_str()));
    bytes.optional(entry.game.as_ref().map(|game| game.as_str()));
    bytes.number(entry.amount);
    bytes.number(i64::try_from(entry.postings.len()).unwrap_or(i64::MAX));
    for posting in &entry.postings {
        bytes.field(posting.account.as_bytes());
        bytes.number(posting.amount);
    }
    bytes.number(entry.balance);
    Sha256::digest(&bytes.0).into()
}

/// Microseconds since 1970.
fn micros(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000)).unwrap_or(i64::MAX)
}

struct Bytes(Vec<u8>);

impl Bytes {
    fn field(&mut self, field: &[u8]) {
        self.0.push(1);
        self.0.extend((field.len() as u64).to_be_bytes());
        self.0.extend(field);
    }

    fn optional(&mut self, field: Option<&str>) {
        match field {
            Some(field) => self.field(field.as_bytes()),
            None => self.0.push(0),
        }
    }

    fn number(&mut self, number: i64) {
        self.0.extend(number.to_be_bytes());
    }
}
