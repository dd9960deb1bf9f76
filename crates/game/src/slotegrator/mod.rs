//! Slotegrator, game aggregator (GIS): the provider calls, we keep the money.
//!
//! | file | holds |
//! |---|---|
//! | `signature` | `X-Sign` over the parameters and headers that came |
//! | `wire` | reading calls strictly, writing answers |
//! | `mapping` | its words to neutral ones and back |
//! | `policy` | what the contract leaves to the two sides |
//! | `driver` | the provider's side, for the edge-case suite and the conformance kit |
//! | [`self_validation`] | having the provider check the callbacks |
//! | `basis` | what its expectations of an operator stand on |
//!
//! # What this is built from
//! The provider's documentation is not public. S: third-party digests. I: independent public operators' code. O: our own
//! decision. U: nobody public says; to be agreed with the provider. **Nothing here was verified against the vendor.**
//!
//! | fact | from |
//! |---|---|
//! | one address, form-encoded POST; `action` says which: `balance`, `bet`, `win`, `refund`, `rollback` | S, I |
//! | `X-Sign`: hexadecimal HMAC-SHA1, by the merchant's key, of the body's parameters with `X-Merchant-Id`, `X-Timestamp`, `X-Nonce`, sorted by name, as PHP's `http_build_query` writes them | S, I |
//! | capitals sort before small letters; the parts of a list stay in their order | I (PHP's `ksort`) |
//! | a parameter whose name begins with `x-` is refused: it could be taken for a header | O |
//! | the signature is lower case | I |
//! | `X-Timestamp` is signed and not compared with the clock: operators allow 30 seconds (I), but a repeat of a repeat moves nothing here, and whether retries are signed anew nobody says | O, U |
//! | `X-Merchant-Id` is signed and not compared: the key is what tells the merchant | O |
//! | always HTTP 200; errors are `error_code` (`INSUFFICIENT_FUNDS` or `INTERNAL_ERROR`) and `error_description`, and nothing else | S, I |
//! | answers: `balance` (a number), `transaction_id` (ours, the first one's in a repeat), for a rollback `rollback_transactions`, the ids listed | I |
//! | `balance` has all digits of the currency; seen elsewhere with two and four | I, O |
//! | amounts are decimals of `currency`, which must be the session's; finer than it, negative, no number: `INTERNAL_ERROR` | I, O |
//! | `session_id` is the launch's token; another of the player's may be shown within a round; without one it is the player's newest launch | I (the operator chooses it at the launch), S (it may change), O |
//! | `type` of a bet: `bet`, `tip`, `freespin`; others are refused | I (the first and last), U |
//! | a `freespin` bet stakes nothing, whatever it says it is worth | O, U |
//! | `type` of a win: `jackpot` is booked as one; all others are wins | U |
//! | `round_id` may be missing: the session stands for the round then | I (optional), O |
//! | `finished` with a bet ends the round, so that it does not hang | I (the field), O |
//! | a win names its round and no bet; it is paid whether or not a bet is known | O |
//! | `refund` names `bet_transaction_id`; of a bet that was never seen it succeeds and is remembered | S, I |
//! | a refund comes again under another `transaction_id`: given back once | I |
//! | `rollback` undoes the ids it lists, and only those, by what was booked and not by what it says; all or none, and what it calls wins last: bets that are given back pay for them | S, I, O |
//! | how many a rollback lists: nobody says. As many as the wallet decides together (`wallet.group`), and as a call holds (`edge.max_body`); more are refused in words, and nothing is undone | U, O |
//! | a rollback again, with what it lists in any order: what it was told; its id with another list, or of another transaction: `INTERNAL_ERROR` | I, O |
//! | a refund that a rollback lists cannot be undone: `INTERNAL_ERROR` | O, U |
//! | a refund that names a win gives back nothing and succeeds: wins are taken back by rollbacks | I |
//! | a bet after its refund or rollback succeeds and moves nothing | I |
//! | a game that the catalogue does not have counts as the one that was opened (`unknown_game`); what it has and the brand does not offer is refused | I, O |
//! | the same `transaction_id` with other data: `INTERNAL_ERROR`. Were it refunded for that, the first would be given back: there is no code against it | O, U |
//! | `player_id` has 4 to 64 of `a-z 0-9 _ .` | U |
//!
//! # Self-validation
//! What an operator asks of the provider's API (`self_validation`, `croupier self-validate`):
//!
//! | fact | from |
//! |---|---|
//! | `POST {api}/self-validate`, signed by the same headers over no parameters, answers `success` and `log`, a list of texts | I: several operators |
//! | other parameters are seen with it (`session_id`, `debug_validate`, a callback's address): none is sent | I, U |
//! | the provider plays as a session that was opened through `POST {api}/games/init` within 15 minutes, and calls the address that it has of the merchant | I |
//! | `games/init`: `game_uuid`, `player_id`, `player_name`, `currency`, `session_id`, answers `url` | I |
//! | that the game is on a screen before it plays | I: one operator waits for it; U whether it must be |
//! | a refusal is another HTTP status than 200 with `name`, `message` and `status` | I |
//!
//! What it plays then, and what it took for right, from the log of a run on the provider's staging that an operator
//! published (I; one run, with an operator that failed much of it). A test's stand-in plays the same.
//!
//! | it plays | it wants |
//! |---|---|
//! | a balance; another of a player that nobody knows, without `session_id` | the second is refused |
//! | a bet of nothing, a win, the win again | the repeat moves nothing |
//! | a `refund` that names a win, in another round | success, and the win stands |
//! | a win of nothing, a bet of nothing and its refund | success |
//! | a bet, again, its refund in another round, again under another id | given back once |
//! | a bet and its refund without `round_id` | given back |
//! | a bet and four wins of one round, one of nothing, one twice | each once |
//! | a bet and a win of nothing in a game that is none | success |
//! | a refund of nothing, then the bet that it names | success, nothing moves |
//! | a bet of more than there is, and its refund | the bet is refused; the refund succeeds and moves nothing |
//! | a win with another signature | refused |
//! | a bet of all there is, a win; a bet for the `transaction_id` in its answer | one is there |
//! | a bet, a win, and a rollback that lists both | both undone |
//! | rounds of one and two bets and wins, `finished` 0 until the last, which says 1 | each moves |
//!
//! Every answer is waited for 3 seconds. Amounts are whole percents of the balance **rounded to four decimals**, in any
//! currency: in one that has fewer they are refused as finer than it, since no amount is rounded here. The checks are
//! for a player of a brand whose currency has four or more.
//!
//! Not verified: whether a refusal would have done where a success is noted; how much an answer may be off; whether the
//! provider opens sessions in such currencies for every merchant. Players' launches do not go through `games/init`.
//!
//! Transaction ids live in the wallet's source `provider:slotegrator`, per brand. What a rollback does first is booked under
//! its own id, and what else it lists under `rollback:`, the length of its id, that and the listed id. Ids of the provider's
//! that begin with `rollback:` or `rollback#` are refused.

mod basis;
mod driver;
mod mapping;
mod policy;
pub mod self_validation;
mod signature;
mod wire;

use croupier_brand::scope::{ProviderCredential, VerifiedCallback};

pub(crate) use driver::driver;
use mapping::{Echo, Why};

use crate::{
    provider::{
        Adapter, Asked, Call, CallSpec, Contract, GameSpec, KeyKind, Reply, Spec, Told, Unserved, Verified,
    },
    provider_account::AccountRules,
    session::TokenForm,
};

/// Slotegrator's wallet calls.
#[derive(Clone, Copy, Debug)]
pub struct Slotegrator;

const CALLS: [CallSpec; 1] = [CallSpec {
    name: "callback",
    path: "/callbacks/slotegrator",
    summary: "What a player has; bets, wins, refunds and rollbacks, by `action`.",
    fields: "action, player_id, currency, session_id, transaction_id, amount (decimal), game_uuid, round_id, type, finished, bet_transaction_id, rollback_transactions[n][transaction_id]",
}];

impl Adapter for Slotegrator {
    type Echo = Echo;

    const SPEC: Spec = Spec {
        name: "slotegrator",
        title: "Slotegrator",
        keys: KeyKind::Secrets,
        signs_body: true,
        calls: &CALLS,
        accounts: AccountRules {
            min: 4,
            max: 64,
            others: "_.",
        },
        tokens: TokenForm::Plain,
        contract: policy::CONTRACT,
        game: GameSpec {
            id: "silver-orchard",
            code: "2f0c6d3a1b7e4c5d9a8e6f4b3c2d1e0f",
            name: "Silver Orchard",
            category: "slot",
            position: 220,
        },
        other_game: GameSpec {
            id: "winter-market",
            code: "7b9e1d5c4a3f4826b0d1c8e7f6a5b493",
            name: "Winter Market",
            category: "slot",
            position: 221,
        },
    };

    fn verify<'a>(credential: &ProviderCredential, call: &'a Call) -> Option<VerifiedCallback<'a>> {
        signature::verify(credential, call)
    }

    fn read(call: &Verified<'_>, contract: &Contract) -> Result<(Asked, Echo), Reply> {
        wire::Asks::parse(call.body())
            .map_err(|_| Why::Parameters)
            .and_then(|asks| mapping::asked(asks, contract))
            .map_err(mapping::refused)
    }

    fn answer(echo: Echo, told: Told) -> Reply {
        mapping::answer(echo, told)
    }

    fn refuse(_: &CallSpec, why: Unserved) -> Reply {
        let why = match why {
            Unserved::Body => Why::Parameters,
            Unserved::Signature => Why::Signature,
        };
        mapping::refused(why)
    }
}
