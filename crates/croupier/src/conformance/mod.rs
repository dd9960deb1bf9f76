//! Who the conformance kit plays against: an operator's wallet that is described by arguments, or this machine's own house.

mod dev;
mod given;
mod office;

pub(crate) use dev::{DevHouse, Ready};
pub(crate) use given::Given;
