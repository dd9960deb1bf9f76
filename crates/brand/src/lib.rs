//! What a brand is, and the only ways to act for one.
//!
//! A request earns a [`BrandScope`] at an edge, and nothing that touches a brand's data can be
//! called without one. This crate holds that boundary and what every service of the house shares;
//! it knows no other crate of the house.
//!
//! * [`scope`] — the proof, and the files in which it is earned
//! * [`tx`] — `BrandTx`, `BrandRead` and `BatchTx`, and [`brand_query!`] and its kin, which refuse a statement that is
//!   not tied to the brand
//! * [`host`], [`domain`], [`directory`] — from a `Host` to a brand
//! * [`token`], [`signature`] — what tokens and services claim, verified
//! * [`throttle`] — how often something may fail for somebody of a brand
//! * [`enforcement`] — off, observe or enforce, for every claim
//! * [`eligibility`], [`exclusion`] — who may do what
//! * [`money`], [`clock`], [`http`] — amounts, time and ids, problems and bodies

// The macros name this crate's types by its name, here too.
extern crate self as croupier_brand;

pub mod brand;
pub mod clock;
pub mod directory;
pub mod domain;
pub mod eligibility;
pub mod enforcement;
pub mod exclusion;
pub mod global;
pub mod host;
pub mod http;
pub mod money;
pub mod redis_link;
mod rsa_public;
pub mod scope;
pub mod signature;
pub mod throttle;
pub mod token;
pub mod tx;

pub use brand::{Brand, BrandCode, BrandId, BrandStatus};
pub use clock::Clock;
pub use croupier_brand_macros::{
    brand_query, brand_query_as, brand_read, brand_read_as, brand_set_query, brand_set_query_as,
    brand_set_read, brand_set_read_as, brand_set_write,
};
pub use money::Currency;
pub use scope::BrandScope;
pub use tx::{Batch, BatchLine, BatchTx, BrandPool, BrandRead, BrandTx};
