//! The conformance kit against operators that are right, and wrong on purpose.
//!
//! * [`fault`] — what an operator may have wrong
//! * [`books`] — its wallet in memory, with one fault planted or none
//! * [`hub88`], [`softswiss`], [`spribe`], [`evolution`], [`slotegrator`], [`pragmatic`] — how it is spoken to
//! * [`found`] — which cases find which fault, in an operator of which protocols
//! * [`form`], [`decimal`] — how forms and decimals are read and written, where a protocol has them
//! * [`operator`] — it listens, and does what only an operator can
//! * [`faults`] — every fault is found, by name; without one nothing is
//! * [`tls`] — an operator behind TLS, with an authority of its own
//! * [`secrets`] — an operator that says the shared secret everywhere; no report does
//! * [`reports`] — what a hostile operator says stays text; documents are well formed
#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    reason = "one binary: nothing is public; tests fail by panicking"
)]

mod books;
mod decimal;
mod evolution;
mod fault;
mod faults;
mod form;
mod found;
mod hub88;
mod operator;
mod pragmatic;
mod reports;
mod secrets;
mod slotegrator;
mod softswiss;
mod spribe;
mod tls;
