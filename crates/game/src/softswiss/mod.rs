//! SOFTSWISS game aggregator, wallet calls of GCP v1 (BGaming and others speak it): the provider calls, we keep the money.
//!
//! | file | holds |
//! |---|---|
//! | `signature` | `X-REQUEST-SIGN` over the raw body |
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
//! | hexadecimal HMAC-SHA256 of the raw body with the shared token, in `X-REQUEST-SIGN`; otherwise 403 | I |
//! | `/play` with no actions asks for the balance | I |
//! | amounts are whole minor units of the currency: none for yen, 8 digits for crypto | I |
//! | a call's actions stand or fall together; no win of it pays for a bet of it | I, O |
//! | how many actions a call has: nobody says. As many as the wallet decides together (`wallet.group`), the round's end beside them; more: 400, and nothing is done | U, O |
//! | a repeated `action_id` has its first `tx_id`, while the call's other actions are still done | I |
//! | the same `action_id` with other data: 155 | U |
//! | `processed_at` is the first time's, read from the `tx_id`, to the second | O |
//! | a rollback before its original: 200; the original is then answered 200 with a `tx_id` and moves no money | I |
//! | a win names no bet; it is paid whether or not its round has one | I |
//! | `finished` with no win in the call ends the round, so that it does not hang | O |
//! | errors are HTTP 412 with `code`, `message` and, where the player and the launch are known, `balance`; 400, 403 and 500 are HTTP's own | I, O (without it) |
//! | `session_id` is the provider's, and may change: the launch is the player's newest of this provider | I (operators find the player by `user_id`) |
//! | a launch that is over or never was: 101 | U |
//! | a brand that is closed, a player who is blocked: 110 | U |
//! | `/freespins` has no player: an issue's id is ours and begins with the account and a colon. Paid once, at the status `played` | I (the call), O (the id), U (the statuses) |
//! | `jackpot_contribution`, `jackpot_win`: told, within the amount, not booked apart | U |
//! | `user_id` has 4 to 64 of `a-z 0-9 _ .` | U |
//! | the launch call (`/sessions`) is not made: a launch is an address with the launch in its query | not built |
//! | free spins are not issued (`/freespins/issue`): what comes of an issue is paid where its id was made as above by somebody else | not built |
//!
//! Action ids live in the wallet's source `provider:softswiss`, per brand, and what came of an issue under `freespins:` and
//! its id. Action ids that begin with `freespins:` or `freespins#` are refused.

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

/// SOFTSWISS's wallet calls.
#[derive(Clone, Copy, Debug)]
pub struct Softswiss;

const CALLS: [CallSpec; 3] = [
    CallSpec {
        name: "play",
        path: "/callbacks/softswiss/play",
        summary: "Bets and wins of a round, all or none; without any, the balance.",
        fields: "user_id, currency, game, game_id, finished, session_id, actions [{action: bet or win, action_id, amount (minor units)}]",
    },
    CallSpec {
        name: "rollback",
        path: "/callbacks/softswiss/rollback",
        summary: "Undoes actions of a round, all or none.",
        fields: "user_id, currency, game, game_id, finished, session_id, actions [{action: rollback, action_id, original_action_id}]",
    },
    CallSpec {
        name: "freespins",
        path: "/callbacks/softswiss/freespins",
        summary: "What came of spins that were given away.",
        fields: "issue_id, status, total_amount (minor units)",
    },
];

impl Adapter for Softswiss {
    type Echo = Echo;

    const SPEC: Spec = Spec {
        name: "softswiss",
        title: "SOFTSWISS",
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
            id: "amber-reels",
            code: "softswiss:AmberReels",
            name: "Amber Reels",
            category: "slot",
            position: 110,
        },
        other_game: GameSpec {
            id: "copper-canyon",
            code: "softswiss:CopperCanyon",
            name: "Copper Canyon",
            category: "slot",
            position: 111,
        },
    };

    const REFUSALS_TELL_BALANCE: bool = true;

    fn verify<'a>(credential: &ProviderCredential, call: &'a Call) -> Option<VerifiedCallback<'a>> {
        signature::verify(credential, call)
    }

    fn read(call: &Verified<'_>, contract: &Contract) -> Result<(Asked, Echo), Reply> {
        let read = match call.call.spec.name {
            "freespins" => wire::Freespins::parse(call.body())
                .map_err(|_| Code::BadRequest)
                .and_then(|told| mapping::freespins(told, contract)),
            _ => wire::Report::parse(call.body())
                .map_err(|_| Code::BadRequest)
                .and_then(|report| mapping::play(report, contract)),
        };
        read.map_err(|code| mapping::refused(code, None))
    }

    fn answer(echo: Echo, told: Told) -> Reply {
        mapping::answer(echo, told)
    }

    fn refuse(_: &CallSpec, why: Unserved) -> Reply {
        let code = match why {
            Unserved::Body => Code::BadRequest,
            Unserved::Signature => Code::Forbidden,
        };
        mapping::refused(code, None)
    }
}
