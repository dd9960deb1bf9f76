//! One core, many contracts: what every provider's callbacks have in common, and the list of providers.
//!
//! A callback takes one way, whoever it is from (`pipeline`): bytes read within a limit → the provider's
//! signature over them, by any of its keys → the adapter's reading of them → the brand, by the account
//! (or branded token) they name → launch, eligibility and wallet ([`crate::rounds`]) → the adapter's answer. An
//! [`Adapter`] is what differs: how a call is signed, read and answered, and which [`Contract`] it is
//! judged by. It holds no rule that another shares, and it decides nothing about money.
//!
//! | file | holds |
//! |---|---|
//! | `adapter` | what an adapter is |
//! | `call` | a call as it came, and as it is answered |
//! | `asked` | what a call asks, in nobody's words; what it is told |
//! | `contract` | where providers' contracts differ |
//! | `pipeline` | the way of every call |
//! | `registry` | **the list of providers** |
//! | [`form`] | forms read strictly, for the protocols that sign parameters |
//! | [`json`] | JSON objects read strictly, for the protocols that speak it |
//! | `ids` | the ids that transactions are booked under, the provider's own and those that are made |
//! | `document` | their calls as OpenAPI describes them |
//!
//! To add a provider: a folder beside `hub88/`, and its line in [`registry::PROTOCOLS`].

mod adapter;
mod asked;
mod call;
mod contract;
mod document;
pub mod form;
mod ids;
pub mod json;
mod pipeline;
pub mod registry;

pub use adapter::{Adapter, CallSpec, GameSpec, KeyKind, Spec};
pub use asked::{Asked, Launch, Named, Told, What, stopped};
pub use call::{Call, Reply, Unserved, Verified};
pub use contract::{Contract, ContractOverrides, ReplayBalance};
pub use document::documented;
pub use ids::Ids;
pub use pipeline::CallbackState;
pub use registry::{Judged, PROTOCOLS, Protocol};
