//! The wallet across a process boundary: the same trait on both sides of signed HTTP.
//!
//! | call | asks | is told |
//! |---|---|---|
//! | `POST /internal/v1/wallet/commands` | [`Command`] | [`Outcome`] |
//! | `POST /internal/v1/wallet/groups` | a list of [`Command`]s | a list of [`Outcome`]s, in that order |
//! | `POST /internal/v1/wallet/recalls` | [`Command`] | [`Outcome`], or null |
//! | `GET /internal/v1/wallet/holdings` | [`HoldingsQuery`] | [`Holdings`] |
//! | `GET /internal/v1/wallet/entries` | [`EntriesQuery`] | [`Page`] |
//!
//! JSON, as serde derives it from the wallet's own types: a command or an outcome that is new crosses without a
//! line here. Amounts are minor units. The brand is not in it: it is what the caller signed
//! ([`croupier_brand::signature`]), and each side checks what it reads as it would anything from outside.
//!
//! * A decision, refusals included, is 200. So is `retryable`, where the store could not decide.
//! * What did not get an answer from the wallet (503, 504, no answer in time, a connection that broke) may have
//!   been decided or not. [`RemoteWallet`] says [`Outcome::Retryable`] to a command, and
//!   [`WalletError::Unavailable`](crate::WalletError::Unavailable) to what only reads.
//! * Everything else (a signature that does not hold, an answer that cannot be read, 500) is no matter of time:
//!   [`WalletError::Broken`](crate::WalletError::Broken).
//!
//! The client sends nothing twice. Whoever repeats a command repeats it under its own transaction id, which is what
//! makes it the same command; the signed call that carries it has a new id each time, because a call is carried out
//! once ([`croupier_brand::signature::replay`]).

mod client;
mod server;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;

use croupier_brand::{Currency, token::PlayerId};
use serde::Deserialize;

use crate::page::{Cursor, PageLimit};
#[cfg(doc)]
use crate::{
    engine::{command::Command, outcome::Outcome},
    page::Page,
    service::Holdings,
};

pub use client::RemoteWallet;
pub use server::{routes, table};

const COMMANDS: &str = "/internal/v1/wallet/commands";
const GROUPS: &str = "/internal/v1/wallet/groups";
const RECALLS: &str = "/internal/v1/wallet/recalls";
const HOLDINGS: &str = "/internal/v1/wallet/holdings";
const ENTRIES: &str = "/internal/v1/wallet/entries";

/// Whose holdings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldingsQuery {
    /// The player.
    pub player: PlayerId,
    /// Which of the player's wallets.
    pub currency: Currency,
}

impl HoldingsQuery {
    /// No value of it needs escaping: a UUID, three to five letters.
    fn to_text(self) -> String {
        format!("player={}&currency={}", self.player, self.currency)
    }
}

/// Whose entries, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntriesQuery {
    /// The player.
    pub player: PlayerId,
    /// Which of the player's wallets.
    pub currency: Currency,
    /// Below this one; from the newest where it is left out.
    pub after: Option<Cursor>,
    /// How many at the most.
    pub limit: PageLimit,
}

impl EntriesQuery {
    fn to_text(self) -> String {
        let Self {
            player,
            currency,
            after,
            limit,
        } = self;
        let after = after.map_or_else(String::new, |after| format!("&after={}", after.version()));
        format!("player={player}&currency={currency}{after}&limit={}", limit.get())
    }
}
