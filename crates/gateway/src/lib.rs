//! The edge: everything a request passes before a handler sees it.
//!
//! [`stack`] lists the layers, each with the reason for its place; [`layers`] has one file for
//! each. Behind them are [`Routes`](croupier_brand::http::routes::Routes), in this process or, through
//! [`forward`], in another: a handler cannot tell which, because both earn the same scope.
//!
//! This crate knows `croupier-brand` and no other crate of the house.

pub mod brand_api;
pub mod config;
pub mod forward;
pub mod layers;
mod prompt;
pub mod server;
pub mod stack;

pub use config::EdgeConfig;
pub use stack::Gateway;
