//! The story that `croupier demo` plays: a client's and a provider's side over real HTTP.

pub mod client;
pub mod story;
