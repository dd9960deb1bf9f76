//! A house for each test.

mod cluster;
mod counted;
mod house;
mod wire;

pub use cluster::Cluster;
pub use counted::{Counted, failed};
pub use house::{Composition, EUR, Guest, House, place};
pub use wire::Wire;
