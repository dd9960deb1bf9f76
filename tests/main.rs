//! Whole-system tests: real PostgreSQL, real Redis, real HTTP, real kills. One binary.
//!
//! Each test has a house of its own (`harness::House`): a database cloned from a template, a Redis
//! database, the server on free ports. Names carry the number of the attack or invariant they try.
#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "one binary: nothing is public; tests fail by panicking, and look at the books from outside the boundary"
)]

mod harness;

mod audit;
mod books;
mod boundary;
mod breaker;
mod callbacks;
mod cashier;
mod citus;
mod cli;
mod database;
mod domains;
mod edge;
mod eligibility;
mod events;
mod journal;
mod kills;
mod matrix;
mod openapi;
mod players;
mod pooler;
mod providers;
mod readme;
mod remote;
mod restore;
mod rounds;
mod seeds;
mod sessions;
mod shared;
mod split;
mod structure;
mod tokens;
mod walk;
mod wallet;
mod wallet_api;
mod walls;
