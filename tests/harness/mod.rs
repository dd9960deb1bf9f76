//! A house for each test.

mod asked;
mod cluster;
mod counted;
mod house;
mod log;
mod sql;
mod wait;
mod wire;

pub use asked::{brands_of, sqlstate};
pub use cluster::Cluster;
pub use counted::{Counted, failed};
pub use house::{Composition, EUR, Guest, House, place};
pub use log::Log;
pub use sql::statement;
pub use wait::{LONG, until};
pub use wire::Wire;
