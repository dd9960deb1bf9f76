//! The program itself, as a person or a script runs it.

mod demo;
pub mod dev;
mod help;
mod keys;
mod owner;
pub mod process;
mod serve;
