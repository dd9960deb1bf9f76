//! The only writer of money.
//!
//! # What it guarantees
//! * **Decided once.** A command is known by its brand, its source and the source's transaction id.
//!   The same command again is told what was decided, refusals included, with the balance of that
//!   time; another command under that id is a conflict. For months, in the database. A refusal that
//!   only says "not now" to what is owed (a win whose bet is not there yet) decides nothing.
//! * **Acknowledged is durable.** An outcome is given after its COMMIT. A commit whose answer was
//!   lost is looked up, never run again; where even that is not possible the answer is `Retryable`,
//!   and repeating the command under its id is safe. A client that hangs up stops nothing.
//! * **Double entry.** An applied command is one row of the journal whose lines sum to zero, checked
//!   by the database. Rows are only ever added. A wallet is the sum of its entries, its version their
//!   number.
//! * **Nothing from nothing.** A refused command changes no wallet. No command overdraws one, except
//!   the rollback of a spent win where a provider's contract says so. What is held for a withdrawal
//!   cannot be staked.
//! * **Undone exactly.** A rollback gives back to the very buckets what was taken from them, once,
//!   however often and under whatever id it is asked for, and if it comes before what it names, that
//!   moves no money when it comes.
//! * **One brand, one wallet.** No command reaches another brand's, player's or currency's money. A
//!   reference to one is a reference to nothing.
//!
//! # Where things are
//! [`service`] is the trait that the house knows, [`local`] the wallet in this process, [`remote`] the wallet of
//! another. [`engine`]
//! holds every rule and touches nothing; `repo` holds every statement and no rule. [`topology`] says
//! which buckets a brand's wallets have and which rules it plays by ([`documents`] reads it), [`bonus`] what operators see of grants, [`rounds`] what operators ask of rounds and do about those that hang, [`http`] is the player's wallet, [`cashier`] what
//! stands between it and [`payments`], where deposits come from,
//! and [`personal`] what players allow themselves.

mod admission;
mod batcher;
pub mod bonus;
pub mod cashier;
pub mod documents;
pub mod engine;
pub mod http;
pub mod journal;
pub mod limits;
pub mod local;
pub mod maps;
pub mod page;
pub mod payments;
pub mod personal;
pub mod remote;
mod repo;
pub mod rounds;
pub mod service;
pub mod topology;

pub use engine::{
    command::{Action, Amount, Command, Correction, GrantKind, Kind, Payment},
    ids::{BucketCode, EntryId, GameId, Note, Promotion, RoundId, Source, TransactionId},
    outcome::{Balance, Neutral, Outcome, Reason, Receipt, Verdict},
    policy::{
        Policy, RollbackOfSettledBet, RollbackOfSpentWin, RollbackOfWin, UnknownRollback, WinWithoutBet,
    },
};
pub use limits::WalletLimits;
pub use local::{AdoptError, LocalWallet};
pub use personal::PersonalLimits;
pub use remote::RemoteWallet;
pub use service::{Holdings, Wallet, WalletError};
