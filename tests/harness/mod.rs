//! A house for each test.

mod cluster;
mod house;

pub use cluster::Cluster;
pub use house::{Composition, EUR, Guest, House, place};
