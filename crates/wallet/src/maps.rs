//! The maps of the wallet's hot path. A batch asks them some thirty times for each of its commands, and the standard
//! hasher was a fifteenth of this process's time.
//!
//! The hasher (foldhash, [`hashbrown`](https://docs.rs/hashbrown)'s own) is seeded anew for each map and makes no promise
//! beyond that against keys that are chosen to collide. Those who choose keys, the ids of transactions, are providers whose
//! signature was verified, and no map has more of them than a batch or what a writer remembers.

/// A map.
pub type HashMap<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;
/// A set.
pub type HashSet<K> = std::collections::HashSet<K, foldhash::fast::RandomState>;
/// Hashes that are the same in every run, and so can be chosen to be equal. No more may rest on two of them being equal than
/// that something is read which is known, or forgotten.
pub(crate) type Hashes = foldhash::fast::FixedState;
