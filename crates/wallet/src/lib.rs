//! The only writer of money.

pub mod engine;
pub mod limits;
mod local;
pub mod page;
mod repo;
pub mod service;
pub mod topology;

pub use engine::{
    command::{Action, Amount, Command, Kind, Payment, Policy},
    ids::{EntryId, GameId, RoundId, Source, TransactionId},
    outcome::{Balance, Neutral, Outcome, Reason, Receipt, Verdict},
};
pub use limits::WalletLimits;
pub use local::{AdoptError, LocalWallet};
pub use service::{Holdings, Wallet, WalletError};
