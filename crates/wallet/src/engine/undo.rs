//! What a group changed, so that it can be taken back when one of its commands is refused.

use std::{collections::BTreeMap, hash::Hash};

use croupier_brand::BrandId;

use super::{
    account::Account,
    books::{AccountKey, Books, CommandKey, Hold, Play, Tombstone, Writes},
    grants::Grant,
    ids::EntryId,
};
use crate::maps::HashMap;

/// One change, as it was before: in the books, and in what is to be written.
pub(super) enum Undo {
    /// An entry, with the wallet it changed.
    Entry(AccountKey, Account, Option<(i64, Account)>),
    Play(CommandKey, Option<Play>, Option<Play>),
    Hold((BrandId, EntryId), Option<Hold>, Option<Hold>),
    Grant((BrandId, EntryId), Option<Grant>, Option<Grant>),
    /// A tombstone that was not there.
    Tombstone(Tombstone),
    /// A decision that was not there.
    Recorded(CommandKey),
}

/// Takes the changes back, the last one first.
pub(super) fn take_back(books: &mut Books, writes: &mut Writes, changes: Vec<Undo>) {
    for change in changes.into_iter().rev() {
        match change {
            Undo::Entry(key, known, written) => {
                writes.entries.pop();
                books.accounts.insert(key, known);
                restore(&mut writes.accounts, key, written);
            }
            Undo::Play(key, known, written) => {
                restore_known(&mut books.plays, key.clone(), known);
                restore(&mut writes.plays, key, written);
            }
            Undo::Hold(key, known, written) => {
                restore_known(&mut books.holds, key, known);
                restore(&mut writes.holds, key, written);
            }
            Undo::Grant(key, known, written) => {
                restore_known(&mut books.grants, key, known);
                restore(&mut writes.grants, key, written);
            }
            Undo::Tombstone(tombstone) => {
                writes.tombstones.pop();
                books.tombstones.remove(&tombstone);
            }
            Undo::Recorded(key) => {
                books.recorded.remove(&key);
                writes.recorded.remove(&key);
            }
        }
    }
}

fn restore_known<K: Eq + Hash, V>(map: &mut HashMap<K, V>, key: K, before: Option<V>) {
    match before {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    };
}

fn restore<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, before: Option<V>) {
    match before {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    };
}
