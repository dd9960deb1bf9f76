//! The Croupier server: composition, roles, CLI and private local servers.

pub mod servers;
