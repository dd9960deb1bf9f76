//! The Croupier server: composition, roles, CLI and private local servers.

pub mod doctor;
pub mod servers;
