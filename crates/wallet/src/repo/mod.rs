//! The wallet's rows.
//!
//! | trip | a submit | |
//! |---|---|---|
//! | 1 | `BEGIN` | with the row-security setting |
//! | 2 | [`load::lock_account`] | the wallet `FOR UPDATE` |
//! | 3 | [`load::load_records`] | all else the command may touch, and the brand's topology |
//! | 4 | [`write`] | entry, decision and wallet in one statement; a refusal writes its decision only |
//! | 5 | [`write`] | the bet, settle or hold; one more for the bet that a settle stands on |
//! | 6 | `COMMIT` | |
//!
//! So a deposit takes 5 trips, a bet 6, a settle 6 or 7, a stored refusal 5, a replay 4. A player's
//! first command takes 2 more, to make the wallet's row.
//!
//! The lock and the records are two statements on purpose. A statement that waits for a row lock
//! sees that row's new version, but everything else as it was before it waited (READ COMMITTED), so
//! loading all in one would miss the very decision it waited for. Behind the lock, nothing of this
//! wallet changes; what other wallets do can only meet this one on a transaction id, which the
//! primary key of `wallet_idempotency` decides.
//!
//! Locks: one wallet row a transaction, before any other row.

pub(crate) mod fault;
pub(crate) mod load;
pub(crate) mod read;
mod rows;
pub(crate) mod topologies;
pub(crate) mod write;

pub(crate) use fault::RepoError;
