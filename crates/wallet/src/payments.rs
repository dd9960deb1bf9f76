//! Where deposits come from: a payment gateway behind a small trait.
//!
//! Everything goes by one key, the player's `Idempotency-Key`. The gateway must give one answer for a key, for ever, and know
//! what it answered. What was begun is written down before the gateway is asked, and what it said is booked
//! whatever happens in between ([`cashier`](crate::cashier)). Both answers are kept where every outcome is kept, with the
//! command in `wallet_command`, a declined one as a rejection: so the key says the same later even if the gateway
//! were to change its mind.

use std::{future::Future, pin::Pin};

use croupier_brand::{BrandScope, Currency, http::idempotency::IdempotencyKey, token::PlayerId};

use crate::engine::command::{Amount, Payment};

/// What the gateway is asked to take.
#[derive(Clone, Debug)]
pub struct Charge {
    /// From whom.
    pub player: PlayerId,
    /// The player's name for it. With the brand and the player it is the gateway's key.
    pub key: IdempotencyKey,
    /// How much.
    pub amount: Amount,
    /// Of what.
    pub currency: Currency,
}

/// Why a gateway has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// It cannot be asked now, or its answer is not known. A repeat with the same key is safe.
    #[error("the payment gateway cannot answer now")]
    Unavailable,
    /// It knows the key for a charge that says something else.
    #[error("the payment gateway knows this key for another charge")]
    KeyReused,
}

/// The future of a gateway's answer.
pub type PaymentFuture<'a> = Pin<Box<dyn Future<Output = Result<Payment, GatewayError>> + Send + 'a>>;

/// The future of what a gateway knows.
pub type KnownFuture<'a> = Pin<Box<dyn Future<Output = Result<Option<Payment>, GatewayError>> + Send + 'a>>;

/// Takes money from players' cards and accounts.
pub trait PaymentGateway: Send + Sync {
    /// Charges once for each (brand, player, key), however often it is asked.
    ///
    /// # Errors
    /// [`GatewayError`].
    fn charge<'a>(&'a self, scope: &'a BrandScope, charge: &'a Charge) -> PaymentFuture<'a>;

    /// What became of a charge that may have been asked for, without asking for it: nobody who gave up is
    /// charged afterwards. None where the gateway has carried out none of that key; one that is on its way to it may be
    /// carried out yet.
    ///
    /// # Errors
    /// [`GatewayError`].
    fn known<'a>(&'a self, scope: &'a BrandScope, charge: &'a Charge) -> KnownFuture<'a>;
}

/// A gateway that takes no money: for development, demonstrations and tests.
///
/// It approves everything, except amounts whose minor units end in 13 (EUR 10.13), which it
/// declines. It keeps nothing: the answer follows from the charge, so a key has one answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sandbox;

impl Sandbox {
    fn answer(amount: Amount) -> Payment {
        if amount.minor() % 100 == 13 {
            Payment::Declined
        } else {
            Payment::Approved
        }
    }
}

impl PaymentGateway for Sandbox {
    fn charge<'a>(&'a self, _: &'a BrandScope, charge: &'a Charge) -> PaymentFuture<'a> {
        Box::pin(async move { Ok(Self::answer(charge.amount)) })
    }

    fn known<'a>(&'a self, _: &'a BrandScope, charge: &'a Charge) -> KnownFuture<'a> {
        Box::pin(async move { Ok(Some(Self::answer(charge.amount))) })
    }
}

/// No gateway: every charge is [`GatewayError::Unavailable`]. What a server has until one is set.
#[derive(Clone, Copy, Debug, Default)]
pub struct Closed;

impl PaymentGateway for Closed {
    fn charge<'a>(&'a self, _: &'a BrandScope, _: &'a Charge) -> PaymentFuture<'a> {
        Box::pin(async { Err(GatewayError::Unavailable) })
    }

    fn known<'a>(&'a self, _: &'a BrandScope, _: &'a Charge) -> KnownFuture<'a> {
        Box::pin(async { Err(GatewayError::Unavailable) })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_sandbox_declines_what_ends_in_13() {
        for (minor, answer) in [
            (13, Payment::Declined),
            (1_013, Payment::Declined),
            (130, Payment::Approved),
            (1_300, Payment::Approved),
        ] {
            assert_eq!(Sandbox::answer(Amount::new(minor).unwrap()), answer, "{minor}");
        }
    }
}
