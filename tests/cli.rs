//! The program itself, as a person or a script runs it.

pub mod casino;
mod demo;
mod dev;
mod doctor;
mod help;
mod keys;
mod owner;
pub mod process;
mod serve;
