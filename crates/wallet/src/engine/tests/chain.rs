//! What an entry's hash is made of. Exports are verified by it years later, by others too: it may not change.

use std::collections::HashSet;

use super::*;
use crate::engine::{
    account::Posting,
    books::CommandKey,
    chain::{Link, link},
    command::Kind,
};

fn posting(account: &'static str, amount: i64) -> Posting {
    Posting {
        account: account.into(),
        amount,
    }
}

fn entry() -> JournalEntry {
    JournalEntry {
        entry: EntryId(Uuid::from_u128(9)),
        account: AccountKey {
            brand: brand(),
            player: PlayerId(Uuid::from_u128(1)),
            currency: Currency::parse("EUR").unwrap(),
        },
        version: 2,
        kind: Kind::Bet,
        key: CommandKey {
            brand: brand(),
            source: Source::provider("hub88").unwrap(),
            transaction_id: id("t-1"),
        },
        reference: None,
        round: RoundId::new("r-1").ok(),
        game: GameId::new("g-1").ok(),
        amount: 250,
        postings: vec![posting("player:cash", -250), posting("house:gaming", 250)],
        balance: 750,
        at: OffsetDateTime::from_unix_timestamp_nanos(1_767_323_045_000_006_000).unwrap(),
        hash: Link::default(),
    }
}

/// Computed with another program from what `chain.rs` says: lengths in eight bytes, and so on.
#[test]
fn an_entrys_hash_is_what_anybody_computes() {
    let hash = link(&[7; 32], &entry());
    assert_eq!(
        hex::encode(hash),
        "a03f6510a247a4bf9fa65beb11aecdf79a2801615720369043125177cb03702a"
    );
    let rehashed = JournalEntry { hash, ..entry() };
    assert_eq!(link(&[7; 32], &rehashed), hash, "its own hash is not in it");
}

#[test]
fn whatever_an_entry_says_and_what_came_before_it_changes_its_hash() {
    let changed = |change: fn(&mut JournalEntry)| {
        let mut entry = entry();
        change(&mut entry);
        link(&[7; 32], &entry)
    };
    let hashes = [
        link(&[7; 32], &entry()),
        link(&[8; 32], &entry()),
        changed(|entry| entry.entry = EntryId(Uuid::from_u128(10))),
        changed(|entry| entry.account.brand = BrandId::new(2).unwrap()),
        changed(|entry| entry.account.player = PlayerId(Uuid::from_u128(2))),
        changed(|entry| entry.account.currency = Currency::parse("SEK").unwrap()),
        changed(|entry| entry.version = 3),
        changed(|entry| entry.kind = Kind::Tip),
        changed(|entry| entry.key.source = Source::provider("spribe").unwrap()),
        changed(|entry| entry.key.transaction_id = id("t-2")),
        changed(|entry| entry.reference = Some(String::new())),
        changed(|entry| entry.reference = Some("r-1".to_owned())),
        changed(|entry| entry.round = RoundId::new("r-2").ok()),
        changed(|entry| entry.round = None),
        changed(|entry| entry.game = GameId::new("g-2").ok()),
        changed(|entry| entry.game = None),
        changed(|entry| entry.amount = 251),
        changed(|entry| entry.postings.truncate(1)),
        changed(|entry| entry.postings.swap(0, 1)),
        changed(|entry| entry.postings[0].account = "player:bonus".into()),
        changed(|entry| entry.postings[0].amount = -251),
        changed(|entry| entry.balance = 751),
        changed(|entry| entry.at += time::Duration::microseconds(1)),
    ];
    assert_eq!(hashes.iter().collect::<HashSet<_>>().len(), hashes.len());
}
