//! The rules of money: pure, total and deterministic. No clock, no I/O, no async.

pub mod account;
pub mod command;
pub mod fingerprint;
pub mod ids;
pub mod outcome;
