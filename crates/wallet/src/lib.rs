//! The only writer of money.

pub mod engine;
pub mod page;
pub mod service;
pub mod topology;

pub use engine::{
    command::{Action, Amount, Command, Kind, Payment, Policy},
    ids::{EntryId, GameId, RoundId, Source, TransactionId},
    outcome::{Balance, Neutral, Outcome, Reason, Receipt, Verdict},
};
pub use service::{Holdings, Wallet, WalletError};
