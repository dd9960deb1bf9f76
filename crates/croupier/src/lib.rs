//! The Croupier server: what the crates of the house are put together to.
//!
//! * [`runtime`] — roles, composition, listeners; `services` makes each service of its parts
//! * [`config`] — the settings; `ready` says what is missing for a role, or must not be there in production;
//!   `database` connects
//! * [`house_api`], `admin_api`, [`openapi`] — what is the same for every brand
//! * [`migrate`], [`provision`], [`local`] — the schema, brands, a house on this machine
//! * [`servers`], [`doctor`] — private PostgreSQL and Redis, and what is missing for them
//! * [`cli`], [`demo`] — the command line, and the story that checks it all
//! * `desk` — a brand's rows in an operator's hands; `till` — a wallet there
//! * `conformance` — who the conformance kit plays against; `base_url` — where others are called

mod admin_api;
mod base_url;
pub mod cli;
pub mod config;
mod conformance;
mod database;
pub mod demo;
mod desk;
pub mod doctor;
pub mod house_api;
pub mod journal;
mod keys;
pub mod local;
pub mod migrate;
pub mod openapi;
pub mod provision;
pub mod ready;
pub mod runtime;
pub mod servers;
mod services;
pub mod telemetry;
mod till;

/// The README's example of embedding compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
