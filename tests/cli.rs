//! The program itself, as a person or a script runs it.

mod bonus;
pub mod by_hand;
pub mod casino;
mod demo;
mod dev;
mod doctor;
mod game;
mod help;
mod keys;
mod launch;
pub mod operator;
mod owner;
mod player;
pub mod process;
mod production;
mod prune;
mod serve;
mod wallet;
