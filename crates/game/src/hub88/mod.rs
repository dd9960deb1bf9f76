//! Hub88, operator wallet API ("seamless wallet"): the provider calls, we keep the money.
//!
//! | file | holds |
//! |---|---|
//! | `signature` | `X-Hub88-Signature` over the raw body |
//! | `wire` | reading requests strictly, writing answers |
//! | `mapping` | Hub88's words to neutral ones and back |
//! | `policy` | what the contract leaves to the two sides |
//! | `callbacks` | the five calls |
//! | [`simulator`] | the provider's side, for the demo and the tests |
//!
//! # What this is built from
//! P: the provider's documentation (docs.hub88.io: Wallet API, response statuses, changelog of May
//! 2025) and published examples. I: independent public operators' code. O: our own decision.
//!
//! | fact | from |
//! |---|---|
//! | RSA-SHA256 (PKCS#1 v1.5) over the body's bytes, base64, in `X-Hub88-Signature`; verified against the published vectors | P |
//! | `/user/info` requires `user` and `request_uuid`; its answer's other fields (country, birth date …) are optional, and we have none of them | P |
//! | `request_uuid` is echoed; nothing of a body whose signature does not hold is read, so it is not echoed then | P, O |
//! | always HTTP 200; the status is in the body, `RS_ERROR_INVALID_SIGNATURE` too | P (the documented answers), I |
//! | amounts are int64 × 100 000; one finer than the currency, or negative, is `RS_ERROR_WRONG_SYNTAX`; one that is no int64 is `RS_ERROR_WRONG_TYPES`; nothing moves | P, O |
//! | same `transaction_uuid`: same data, same answer; other reference, amount, currency, round, user or game, `RS_ERROR_DUPLICATE_TRANSACTION` | P |
//! | that holds when the launch is over, the player blocked, the game or the brand closed since: only what was not decided is refused | P (idempotency) |
//! | the content type is not looked at: the bytes are what is signed | O |
//! | a win whose bet is unknown or rolled back: `RS_ERROR_TRANSACTION_DOES_NOT_EXIST` | P |
//! | a rollback of what is not found: `RS_OK` | I (quoting the status table); a setting of [`Hub88Policy`] |
//! | a bet that comes after its rollback: no money, `RS_ERROR_TRANSACTION_DOES_NOT_EXIST` | O: `RS_OK` would say that a stake was taken |
//! | a bet repeated under its id after its rollback: the first answer | P (idempotency) |
//! | expiry is not asked of wins and rollbacks, nor of a supplier's promotional bets; the token must be one that was issued | P |
//! | a supplier's promotion: a bet of 0, a win whose reference is optional | P |
//! | a free bet stakes nothing even if it names an amount; the amount must be the same in a repeat | O (promotional ones are documented as 0) |
//! | `game_code` may change within a launch to another game of the brand | P |
//! | a user of no brand or unknown to its brand: `RS_ERROR_INVALID_TOKEN` | O: the provider has no status for it |
//! | a brand that is closed takes no bets: `RS_ERROR_INVALID_PARTNER` | P (operator or sub-partner disabled) |
//! | `round`, `is_free`, `meta` and the like may be null | I |
//! | `user` has at least 4 characters; no upper limit is published, ours is 64 | P, O |
//! | ids have at most 128 bytes, are case-sensitive and need not be UUIDs | O |
//! | an int64 as a JSON number, unknown fields tolerated, a key that comes twice refused | O |
//!
//! Transaction ids live in the wallet's source `provider:hub88`, per brand.

pub mod callbacks;
mod mapping;
mod policy;
mod signature;
pub mod simulator;
mod wire;

use croupier_brand::{
    directory::BrandDirectory,
    enforcement::Enforcement,
    http::routes::{Access, Routes},
    scope::ProviderCredential,
};
use http::Method;

pub use policy::Hub88Policy;
pub use wire::{Answer, Status};

use crate::rounds::Rounds;

/// The integration's short name: in the catalogue, in the wallet's sources, in metrics.
pub const PROVIDER: &str = "hub88";

/// What the callbacks work with.
#[derive(Clone, Debug)]
pub struct Hub88State {
    /// The brands, to find whose account a body names.
    pub directory: BrandDirectory,
    /// Counts accounts of no brand.
    pub enforcement: Enforcement,
    /// The provider's public keys.
    pub credential: ProviderCredential,
    /// What every provider's rounds have in common.
    pub rounds: Rounds,
    /// What the contract leaves to the two sides.
    pub policy: Hub88Policy,
}

/// The provider's five calls, ready to serve.
#[must_use]
pub fn routes(state: Hub88State) -> Routes {
    table().with_state(state)
}

/// The same without anything behind them: what a gateway that forwards needs to know.
#[must_use]
pub fn table() -> Routes<Hub88State> {
    Routes::new()
        .route(
            Method::POST,
            "/callbacks/hub88/user/info",
            Access::Provider,
            callbacks::user_info,
        )
        .route(
            Method::POST,
            "/callbacks/hub88/user/balance",
            Access::Provider,
            callbacks::user_balance,
        )
        .route(
            Method::POST,
            "/callbacks/hub88/transaction/bet",
            Access::Provider,
            callbacks::bet,
        )
        .route(
            Method::POST,
            "/callbacks/hub88/transaction/win",
            Access::Provider,
            callbacks::win,
        )
        .route(
            Method::POST,
            "/callbacks/hub88/transaction/rollback",
            Access::Provider,
            callbacks::rollback,
        )
}
