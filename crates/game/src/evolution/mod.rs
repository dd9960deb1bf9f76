//! Evolution One Wallet: the live casino calls, we keep the money.
//!
//! | file | holds |
//! |---|---|
//! | `token` | `authToken` in the query |
//! | `wire` | reading requests strictly, writing answers |
//! | `mapping` | its words to neutral ones and back |
//! | `policy` | what the contract leaves to the two sides |
//! | `driver` | the provider's side, for the edge-case suite and the conformance kit |
//! | `basis` | what its expectations of an operator stand on |
//!
//! # What this is built from
//! The provider publishes nothing. I: independent public operators' code and tests. O: our own decision. U: nobody public
//! says; to be agreed with the provider. **Nothing here was verified against the vendor.**
//!
//! | fact | from |
//! |---|---|
//! | POST with JSON; `authToken` in the query is all that proves a call, and it proves nothing of the body: the connection must be the provider's alone (`providers.evolution.peers`) | I |
//! | another token, or none: `INVALID_TOKEN_ID`. HTTP is always 200 | I |
//! | `sid` is the launch's token; one that is not this player's, or, of `check`, `sid` and debits, whose time for bets is over: `INVALID_SID` | I, O |
//! | `sid` (the call) answers the `sid` it shows; a new one is not issued | U, O |
//! | amounts are decimal numbers of at most 6 digits after the point; finer than the currency: `INVALID_PARAMETER` | I, O |
//! | `transaction.refId` is the bet: it is what a debit is known by, and what a credit or cancel refers to | I |
//! | one credit and one cancel of a bet, whatever their own `transaction.id` | I (two operators; a third goes by `transaction.id`) |
//! | a debit again: `BET_ALREADY_EXIST`; the same `refId` with other data: `FINAL_ERROR_ACTION_FAILED` | I, O |
//! | a credit again, or of a cancelled bet; a cancel again, or of a credited bet: `BET_ALREADY_SETTLED` | I |
//! | a credit or cancel of the unknown: `BET_DOES_NOT_EXIST`; the cancel is remembered | I |
//! | a cancel is its bet's, and the same one whatever round, table and amount it names: said again it is told what it was told, `BET_ALREADY_SETTLED` where that was `OK` | I, O |
//! | a debit after its cancel: `FINAL_ERROR_ACTION_FAILED`, and nothing moves | I |
//! | a cancel undoes the whole bet, whatever `amount` says | O |
//! | credits, cancels and promotions are taken with a `sid` that is over, not with one that never was | I, O |
//! | a promotion again: `OK`, paid once | I |
//! | `game.id` is the round, `game.details.table.id` the game | I |
//! | no such player: `INVALID_PARAMETER`; blocked, of `check`, `sid` and debits: `ACCOUNT_LOCKED`; ours: `TEMPORARY_ERROR` | I, O |
//! | `balance` is answered also of a launch that is over and to a player who may not play: credits and cancels still move it | O |
//! | a brand that is closed, a game that is not offered, a limit: `FINAL_ERROR_ACTION_FAILED` | O |
//! | `bonus` is 0: what can be staked is one number | O |
//! | `retransmission` is true where the answer tells what was decided before | U |
//! | `userId` has 4 to 64 of `a-z 0-9 _ .` | U |
//! | tips, jackpots apart, the launch call (`/ua/v1`) | not built |
//!
//! Transaction ids live in the wallet's source `provider:evolution`, per brand, with what they are of in front: `debit:`,
//! `credit:`, `cancel:`, `promo:`. So a cancel of the unknown that names the wrong player takes the id: the right
//! player's is then told `BET_ALREADY_SETTLED` and gives nothing back, until an operator resolves the round.

mod basis;
mod driver;
mod mapping;
mod policy;
mod token;
mod wire;

use croupier_brand::scope::{ProviderCredential, VerifiedCallback};

pub(crate) use driver::driver;
use mapping::{Echo, Status};

use crate::{
    provider::{
        Adapter, Asked, Call, CallSpec, Contract, GameSpec, KeyKind, Reply, Spec, Told, Unserved, Verified,
    },
    provider_account::AccountRules,
    session::TokenForm,
};

/// Evolution's wallet calls.
#[derive(Clone, Copy, Debug)]
pub struct Evolution;

const CALLS: [CallSpec; 7] = [
    CallSpec {
        name: "check",
        path: "/callbacks/evolution/check",
        summary: "Whether a launch is the player's, and may be played at.",
        fields: "sid, userId, uuid",
    },
    CallSpec {
        name: "sid",
        path: "/callbacks/evolution/sid",
        summary: "The launch's id for another window.",
        fields: "sid, userId, uuid",
    },
    CallSpec {
        name: "balance",
        path: "/callbacks/evolution/balance",
        summary: "What the player has.",
        fields: "sid, userId, uuid, currency",
    },
    CallSpec {
        name: "debit",
        path: "/callbacks/evolution/debit",
        summary: "A bet.",
        fields: "sid, userId, uuid, currency, game {id, details {table {id}}}, transaction {id, refId, amount (decimal)}",
    },
    CallSpec {
        name: "credit",
        path: "/callbacks/evolution/credit",
        summary: "What came of a bet.",
        fields: "sid, userId, uuid, currency, game {id, details {table {id}}}, transaction {id, refId, amount (decimal)}",
    },
    CallSpec {
        name: "cancel",
        path: "/callbacks/evolution/cancel",
        summary: "Undoes a bet.",
        fields: "sid, userId, uuid, currency, game {id, details {table {id}}}, transaction {id, refId, amount (decimal)}",
    },
    CallSpec {
        name: "promo_payout",
        path: "/callbacks/evolution/promo_payout",
        summary: "What was won in a promotion.",
        fields: "sid, userId, uuid, currency, promoTransaction {type, id, amount (decimal)}",
    },
];

impl Adapter for Evolution {
    type Echo = Echo;

    const SPEC: Spec = Spec {
        name: "evolution",
        title: "Evolution",
        keys: KeyKind::Secrets,
        signs_body: false,
        calls: &CALLS,
        accounts: AccountRules {
            min: 4,
            max: 64,
            others: "_.",
        },
        tokens: TokenForm::Plain,
        contract: policy::CONTRACT,
        game: GameSpec {
            id: "meridian-roulette",
            code: "meridian00000001",
            name: "Meridian Roulette",
            category: "live",
            position: 150,
        },
        other_game: GameSpec {
            id: "harvest-blackjack",
            code: "harvest000000001",
            name: "Harvest Blackjack",
            category: "live",
            position: 151,
        },
    };

    fn verify<'a>(credential: &ProviderCredential, call: &'a Call) -> Option<VerifiedCallback<'a>> {
        token::verify(credential, call)
    }

    fn read(call: &Verified<'_>, contract: &Contract) -> Result<(Asked, Echo), Reply> {
        mapping::read(call.call.spec.name, call.body(), contract)
            .map_err(|status| mapping::refused(status, wire::uuid(call.body())))
    }

    fn answer(echo: Echo, told: Told) -> Reply {
        mapping::answer(echo, told)
    }

    fn refuse(_: &CallSpec, why: Unserved) -> Reply {
        let status = match why {
            Unserved::Body => Status::InvalidParameter,
            Unserved::Signature => Status::InvalidTokenId,
        };
        mapping::refused(status, None)
    }
}
