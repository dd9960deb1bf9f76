//! Hub88, operator wallet API ("seamless wallet"): the provider calls, we keep the money.
//!
//! | file | holds |
//! |---|---|
//! | `signature` | `X-Hub88-Signature` over the raw body |
//! | `wire` | reading requests strictly, writing answers |
//! | `mapping` | Hub88's words to neutral ones and back |
//! | `policy` | what the contract leaves to the two sides |
//! | `driver` | the provider's side, for the edge-case suite and the conformance kit |
//! | `basis` | what its expectations of an operator stand on |
//! | [`simulator`] | the same in Hub88's own words, for the demo and the tests |
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
//! | a rollback of what is not found: `RS_OK` | I (quoting the status table); a setting (`unknown_rollback`) |
//! | a bet that comes after its rollback: no money, `RS_ERROR_TRANSACTION_DOES_NOT_EXIST` | O: `RS_OK` would say that a stake was taken |
//! | a bet repeated under its id after its rollback: the first answer | P (idempotency) |
//! | expiry is not asked of wins and rollbacks, nor of a supplier's promotional bets; the token must be one that was issued | P |
//! | a supplier's promotion: a bet of 0, a win whose reference is optional | P |
//! | a bet with `round_closed` is a round that nothing more is awaited of; on a win it says nothing that the win does not | P, O |
//! | `is_aggregated` and `reward_uuid` are read for their types and not part of what a repeat must say again: the list of those is closed | P, O |
//! | a free bet stakes nothing even if it names an amount; the amount must be the same in a repeat | O (promotional ones are documented as 0) |
//! | `game_code` may change within a launch to another game of the brand | P |
//! | a user of no brand or unknown to its brand: `RS_ERROR_INVALID_TOKEN` | O: the provider has no status for it |
//! | a brand that is closed takes no bets: `RS_ERROR_INVALID_PARTNER` | P (operator or sub-partner disabled) |
//! | `round`, `is_free`, `meta` and the like may be null | I |
//! | `user` has at least 4 characters; no upper limit is published, ours is 64 | P, O |
//! | ids have at most 128 bytes, are case-sensitive and need not be UUIDs | O |
//! | an int64 as a JSON number, unknown fields tolerated, a key that comes twice refused | O |
//! | the operator's own calls (`game/url`, `game/list`), signed with the operator's key, are not made: a launch is an address with the launch in its query | not built |
//! | rewards (`reward_uuid`) are not issued from here: the provider's own are told as free or promotional bets | not built |
//!
//! Not verified against the vendor: everything marked I or O, and whether its certification asks for statuses that this
//! house never has a cause to give.
//!
//! Transaction ids live in the wallet's source `provider:hub88`, per brand.

mod basis;
mod driver;
mod mapping;
mod policy;
mod signature;
pub mod simulator;
mod wire;

use croupier_brand::scope::{ProviderCredential, VerifiedCallback};
use http::StatusCode;

pub(crate) use driver::driver;
use mapping::{Call as Movement, Echo};
pub use wire::{Answer, Status};
use wire::{BalanceRequest, BetRequest, Envelope, Fault, Request, RollbackRequest, WinRequest};

use crate::{
    provider::{
        Adapter, Asked, Call, CallSpec, Contract, GameSpec, KeyKind, Launch, Named, Reply, Spec, Told,
        Unserved, Verified, What,
    },
    provider_account::AccountRules,
    session::TokenForm,
};

/// The integration's short name: in the catalogue, in the wallet's sources, in metrics.
pub const PROVIDER: &str = "hub88";

/// Hub88's operator wallet API.
#[derive(Clone, Copy, Debug)]
pub struct Hub88;

const CALLS: [CallSpec; 5] = [
    CallSpec {
        name: "info",
        path: "/callbacks/hub88/user/info",
        summary: "Who a player is: that there is one.",
        fields: "user, request_uuid",
    },
    CallSpec {
        name: "balance",
        path: "/callbacks/hub88/user/balance",
        summary: "What a player can stake.",
        fields: "user, token, request_uuid, game_code?",
    },
    CallSpec {
        name: "bet",
        path: "/callbacks/hub88/transaction/bet",
        summary: "Takes a stake.",
        fields: "user, token, request_uuid, transaction_uuid, round, round_closed, game_code, amount (× 100 000), currency, is_free, is_supplier_promo, is_aggregated, reward_uuid",
    },
    CallSpec {
        name: "win",
        path: "/callbacks/hub88/transaction/win",
        summary: "Pays a win, or records that nothing was won.",
        fields: "as a bet, with reference_transaction_uuid: the bet's transaction_uuid",
    },
    CallSpec {
        name: "rollback",
        path: "/callbacks/hub88/transaction/rollback",
        summary: "Undoes a transaction.",
        fields: "user, token, request_uuid, transaction_uuid, reference_transaction_uuid, round?, game_code?",
    },
];

impl Adapter for Hub88 {
    type Echo = Echo;

    const SPEC: Spec = Spec {
        name: PROVIDER,
        title: "Hub88",
        keys: KeyKind::PublicKeys,
        signs_body: true,
        calls: &CALLS,
        // Hub88 asks for at least 4 characters and publishes no upper limit; ours is 64.
        accounts: AccountRules {
            min: 4,
            max: 64,
            others: "_.",
        },
        tokens: TokenForm::Plain,
        contract: policy::CONTRACT,
        game: GameSpec {
            id: "northern-lights",
            code: "clt_northernlights",
            name: "Northern Lights",
            category: "slot",
            position: 10,
        },
        other_game: GameSpec {
            id: "harbour-roulette",
            code: "clt_harbourroulette",
            name: "Harbour Roulette",
            category: "table",
            position: 20,
        },
    };

    fn verify<'a>(credential: &ProviderCredential, call: &'a Call) -> Option<VerifiedCallback<'a>> {
        signature::verify(credential, call)
    }

    fn read(call: &Verified<'_>, contract: &Contract) -> Result<(Asked, Echo), Reply> {
        let read = match call.call.spec.name {
            "info" => Envelope::parse(call.body()).map(|envelope| (envelope, None, Ok(What::Known))),
            "balance" => BalanceRequest::parse(call.body()).map(|asked| {
                (
                    asked.envelope,
                    None,
                    Ok(What::Balance(Launch::Token(asked.token), None)),
                )
            }),
            "bet" => BetRequest::parse(call.body()).map(|bet| movement(bet, Movement::Bet, contract)),
            "win" => WinRequest::parse(call.body()).map(|win| movement(win, Movement::Win, contract)),
            _ => RollbackRequest::parse(call.body())
                .map(|rollback| movement(rollback, Movement::Rollback, contract)),
        };
        let (envelope, kind, what) =
            read.map_err(|Fault { status, request_uuid }| reply(Answer::bare(status, request_uuid)))?;
        let echo = Echo { envelope, kind };
        match what {
            Ok(what) => {
                let asked = Asked {
                    who: Named::Account(echo.envelope.user.clone()),
                    what,
                    id: Some(echo.envelope.request_uuid.clone()),
                };
                Ok((asked, echo))
            }
            Err(status) => Err(reply(echo.only(status))),
        }
    }

    fn answer(echo: Echo, told: Told) -> Reply {
        reply(mapping::answer(echo, told))
    }

    fn refuse(_: &CallSpec, why: Unserved) -> Reply {
        let status = match why {
            Unserved::Body => Status::WrongSyntax,
            // Nothing of a body that is not the provider's is read, its request id included.
            Unserved::Signature => Status::InvalidSignature,
        };
        reply(Answer::bare(status, None))
    }
}

type Read = (Envelope, Option<Movement>, Result<What, Status>);

fn movement<R: Request + mapping::IntoPlay>(request: R, kind: Movement, contract: &Contract) -> Read {
    let envelope = request.envelope().clone();
    (envelope, Some(kind), request.into_play(contract))
}

/// Always HTTP 200: the status is in the body.
fn reply(answer: Answer) -> Reply {
    Reply::json(StatusCode::OK, answer.status.as_str(), &answer)
}
