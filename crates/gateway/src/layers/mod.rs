//! One file for each layer of the edge. [`crate::stack`] puts them in order.

pub mod callers;
pub mod limits;
pub mod resolve;
pub mod share;
pub mod strip;
pub mod trace;
