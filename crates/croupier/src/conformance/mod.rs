//! Who the conformance kit plays against: an operator's wallet that is described by arguments, or this machine's own house.

mod dev;
mod given;
mod office;
mod ready;

pub(crate) use dev::DevHouse;
pub(crate) use given::Given;
pub(crate) use ready::Ready;
