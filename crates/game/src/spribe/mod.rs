//! Spribe, the operator's wallet calls: the provider calls, we keep the money.
//!
//! | file | holds |
//! |---|---|
//! | `signature` | `X-Spribe-Client-Signature` over time, path with query, and raw body |
//! | `wire` | reading requests strictly, writing answers |
//! | `mapping` | its words to neutral ones and back |
//! | `policy` | what the contract leaves to the two sides |
//! | `driver` | the provider's side, for the edge-case suite and the conformance kit |
//! | `basis` | what its expectations of an operator stand on |
//!
//! # What this is built from
//! The provider publishes nothing. I: independent public operators' code and tests, which follow its document of version
//! 1.9. O: our own decision. U: nobody public says; to be agreed with the provider. **Nothing here was verified against
//! the vendor.**
//!
//! | fact | from |
//! |---|---|
//! | hexadecimal HMAC-SHA256 of the `X-Spribe-Client-TS` header, path with query, raw body; in either case of letters | I |
//! | the path is the one that this server is called by; a proxy in front must not rewrite it | O |
//! | `X-Spribe-Client-TS` is whole seconds; calls are not refused for their age, because repeats come late | I, O |
//! | `X-Spribe-Client-ID` is not signed and not asked for: the secret says whose call it is | O |
//! | some operators report calls of the provider's test environment without a signature: they are refused | I, O |
//! | HTTP is always 200; the body's `code` says what became of it | I |
//! | `auth` shows the launch's token as `user_token` and nothing of the player; `session_token` is the provider's own | I |
//! | the token may be shown again; once the launch takes no bets `auth` is answered 403, and to a player who may not play 405. `info` is answered all the same | U, O |
//! | afterwards the player is named by `user_id`; the launch is the newest of this provider | I, O |
//! | amounts are whole thousandths; of currencies with more than three digits, hundred-millionths | I |
//! | `withdraw` is a bet, `deposit` a win and names the bet in `withdraw_provider_tx_id` | I |
//! | `action_id` is the round | I (one operator) |
//! | a lost bet is told by nothing: its round stays open until `croupier rounds` finds it | U |
//! | a `deposit` of an action `freebet`, `rainfreebet`, `promofreebet`, `challengefreebet`, `challengeprizemoney` has no bet | I |
//! | `rollback` names what it undoes in `rollback_provider_tx_id`, bet or win, and no currency | I |
//! | the whole is undone, whatever `amount` says; a repeat must say the same | O |
//! | a repeat: 409, with the first answer's id and balances | I |
//! | the same id with other data: 405 | O |
//! | a rollback of the unknown: 408. It is remembered, so that the bet moves nothing when it comes late: 405 | I, O |
//! | no funds: 402; with what the player has, which no public code sends | I, O |
//! | a win that was spent cannot be rolled back: 402 | I |
//! | token: 401, over: 403, signature: 413, ours: 500 | I |
//! | whatever else is refused: 405, which is not repeated | I (the code), O (what for) |
//! | `old_balance` is reckoned from the balance after and what the call says moved | O |
//! | `user_id` has 4 to 64 of `a-z 0-9 _ .` | U |
//!
//! Transaction ids live in the wallet's source `provider:spribe`, per brand.

mod basis;
mod driver;
mod mapping;
mod policy;
mod signature;
mod wire;

use croupier_brand::scope::{ProviderCredential, VerifiedCallback};

pub(crate) use driver::driver;
use mapping::{Code, Echo};

use crate::{
    provider::{
        Adapter, Asked, Call, CallSpec, Contract, GameSpec, KeyKind, Reply, Spec, Told, Unserved, Verified,
    },
    provider_account::AccountRules,
    session::TokenForm,
};

/// Spribe's wallet calls.
#[derive(Clone, Copy, Debug)]
pub struct Spribe;

const CALLS: [CallSpec; 5] = [
    CallSpec {
        name: "auth",
        path: "/callbacks/spribe/auth",
        summary: "Whose launch a token is, and what the player has.",
        fields: "user_token, session_token, platform, currency",
    },
    CallSpec {
        name: "info",
        path: "/callbacks/spribe/info",
        summary: "What the player has.",
        fields: "user_id, session_token, currency",
    },
    CallSpec {
        name: "withdraw",
        path: "/callbacks/spribe/withdraw",
        summary: "A bet.",
        fields: "user_id, currency, amount (thousandths), provider, provider_tx_id, game, action, action_id, session_token, platform",
    },
    CallSpec {
        name: "deposit",
        path: "/callbacks/spribe/deposit",
        summary: "A win.",
        fields: "user_id, currency, amount (thousandths), provider, provider_tx_id, withdraw_provider_tx_id, game, action, action_id, session_token, platform",
    },
    CallSpec {
        name: "rollback",
        path: "/callbacks/spribe/rollback",
        summary: "Undoes a bet or a win.",
        fields: "user_id, amount (thousandths), provider, provider_tx_id, rollback_provider_tx_id, game, action, action_id, session_token",
    },
];

impl Adapter for Spribe {
    type Echo = Echo;

    const SPEC: Spec = Spec {
        name: "spribe",
        title: "Spribe",
        keys: KeyKind::Secrets,
        signs_body: true,
        calls: &CALLS,
        accounts: AccountRules {
            min: 4,
            max: 64,
            others: "_.",
        },
        tokens: TokenForm::Branded,
        contract: policy::CONTRACT,
        game: GameSpec {
            id: "skylark",
            code: "skylark",
            name: "Skylark",
            category: "crash",
            position: 140,
        },
        other_game: GameSpec {
            id: "marble-run",
            code: "marble-run",
            name: "Marble Run",
            category: "crash",
            position: 141,
        },
    };

    fn verify<'a>(credential: &ProviderCredential, call: &'a Call) -> Option<VerifiedCallback<'a>> {
        signature::verify(credential, call)
    }

    fn read(call: &Verified<'_>, contract: &Contract) -> Result<(Asked, Echo), Reply> {
        mapping::read(call.call.spec.name, call.body(), contract).map_err(mapping::refused)
    }

    fn answer(echo: Echo, told: Told) -> Reply {
        mapping::answer(echo, told)
    }

    fn refuse(_: &CallSpec, why: Unserved) -> Reply {
        mapping::refused(match why {
            Unserved::Body => Code::NoRetry,
            Unserved::Signature => Code::Signature,
        })
    }
}
