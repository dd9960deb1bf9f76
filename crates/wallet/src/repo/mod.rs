//! The wallet's rows: set-based, for batches of any brands' commands.
//!
//! # Round trips of a batch
//! | | statement | when |
//! |---|---|---|
//! | 1 | [`load`]: wallets, whether ids were decided, tombstones, versions of topologies | for wallets that the writer does not remember |
//! | | topologies that this process has not read yet | once a version |
//! | | decisions by id | something refers to a bet that the writer does not remember, or repeats an id |
//! | | holds, grants by id | a withdrawal is paid out or released; a grant is named |
//! | 2 | [`write`](mod@write): entries, decisions, what has become of earlier bets, and wallets, in one statement | something was decided |
//!
//! Each is its own transaction ([`croupier_brand::BatchLine`]), so a batch of bets takes 2 trips, however many they are,
//! and one with wins 3. Either takes 1 when all of its wallets and bets are remembered; behind a pooler two more. What
//! needs more to be written has `BEGIN`, which sets row security, and `COMMIT` around it all:
//!
//! | | when |
//! |---|---|
//! | rows for new wallets | a player's first command |
//! | holds; grants; tombstones | there are some |
//!
//! The budget is counted by a test.
//!
//! # How two writers meet
//! Nothing is locked between the read, which may be long ago (`batcher::memory`), and the write. A wallet's row carries a revision that rises with
//! everything that is written for the wallet, refusals and tombstones included, and the write changes
//! the row only where the revision is still the one that was read. So whoever comes second, another
//! process or one that was thought dead, changes nothing, reads again and decides again. Two wallets that
//! meet on one transaction id are told apart by the primary key of `wallet_command`.

pub(crate) mod audit;
mod fault;
pub(crate) mod gate;
pub(crate) mod grants;
mod items;
pub(crate) mod journal;
pub(crate) mod load;
pub(crate) mod locks;
pub(crate) mod never;
pub(crate) mod numbering;
pub(crate) mod personal;
pub(crate) mod play_limits;
pub(crate) mod read;
pub(crate) mod requests;
pub(crate) mod rounds;
mod rows;
pub(crate) mod topologies;
pub(crate) mod write;

pub(crate) use fault::RepoError;
