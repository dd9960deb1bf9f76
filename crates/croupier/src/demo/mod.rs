//! The story that `croupier demo` plays: a client's and a provider's side over real HTTP, and the
//! server they speak to in a process of its own.

pub mod client;
pub mod server;
pub mod story;
