//! Real kills while real clients play: what was answered is kept, what was not happens once or not at all.

mod alternate;
mod clients;
mod database;
pub mod house;
mod journal;
mod redis;
mod seat;
mod server;
pub mod traffic;
