//! Pragmatic Play, seamless wallet: the provider calls, we keep the money.
//!
//! | file | holds |
//! |---|---|
//! | `signature` | `hash` over the parameters that came |
//! | `wire` | reading calls strictly, writing answers |
//! | `mapping` | its words to neutral ones and back |
//! | `policy` | what the contract leaves to the two sides |
//! | `driver` | the provider's side, for the edge-case suite and the conformance kit |
//! | `basis` | what its expectations of an operator stand on |
//!
//! # What this is built from
//! The provider's specification is not public. S: third-party digests of it (the seamless wallet chapter of its
//! integration specification). I: independent public operators' code. O: our own decision. U: nobody public says; to be
//! agreed with the provider. **Nothing here was verified against the vendor.**
//!
//! | fact | from |
//! |---|---|
//! | form-encoded POST to `{base}/<call>.html`, JSON answers, always HTTP 200 with `error` and `description` | S, I |
//! | `hash`: hexadecimal MD5 of all parameters that came but itself, by name, `k=v&…`, the secret after them; otherwise 5 | S, I |
//! | the hash is lower case | I |
//! | values are hashed decoded, names are compared byte by byte | I |
//! | whether empty parameters are hashed: seen both ways, both are taken | I |
//! | `&` in a value, `&` or `=` in a name: refused, because the hash would be that of other parameters, too | O |
//! | a body that is no form has no hash either: 5 | O |
//! | `authenticate` has a token and no player, so tokens begin with the brand's code; the answer gives the token again, for later calls | S (optional), O |
//! | `authenticate` asks what a launch does: one that is over: 4; a player who is blocked: 6; a brand that is closed: 3. `balance` is answered all the same | S (the codes), O |
//! | `token` may be missing from the other calls: the launch is the player's newest then | S (optional), O |
//! | `reference` (≤ 32) is the key of every call that moves money, case-sensitive | S, I |
//! | same `reference`, other amount, round, game or player: 120, after which the provider does not refund | O: a refund would undo the first |
//! | a repeat is told the present balance, and the first `transactionId` | S, O |
//! | amounts are decimals of the player's currency, which a call does not name; finer than the currency, negative, no number: 7 | S, O |
//! | balances are JSON numbers, with all digits of the currency; everything that can be staked is `cash`, `bonus` and `usedPromo` are 0 | S (numbers of two digits), O |
//! | of another operator's player the kit takes `cash` and `bonus` together: a stake may come of either | S, O |
//! | `result` names its round and no bet; it is paid whether or not a bet is known. One comes per round, of 0 where it was lost | S, I, O |
//! | `promoWinAmount` with `promoWinReference` in a `result`: a second credit under its own reference; both or neither | S, O |
//! | a `bet` with a `bonusCode` is a free round's: nothing is staked, whatever `amount` says; said again with another amount or code: 120 | S, O |
//! | `bonusWin` credits | S, and seen otherwise: one operator takes it for information, its spins having been paid one by one. **To be agreed (U)**: what is paid both ways is paid twice |
//! | `jackpotWin`: `amount` is credited | S |
//! | `promoWin`: names its currency, may come long after play | S |
//! | `refund`'s `reference` is the bet's; all of it is given back, whatever `amount` says. It is the same refund whatever round and game it names: again 0 | S, O |
//! | a refund of a bet that was never seen: 0, and no money; the bet is answered 120 when it comes after it | S, O |
//! | a refund that names what was won: 0, and no money: nothing of this protocol takes back a win | O |
//! | `endRound` moves no money and may be repeated; its retry code is 130 | S |
//! | `adjustment` may be negative, and may come when the player is gone; without the money: 1 | S |
//! | a negative adjustment is booked as a stake of its round: it counts to wagers and is held to the largest bet (100) | O |
//! | a game that is disabled: 8 for bets; wins are paid | S |
//! | a brand that is closed: 3 | O |
//! | a launch that is over, a token not issued or somebody else's: 4; no such player: 2; blocked: 6 | S, O |
//! | a largest bet: 310 | S (the bounds told at `authenticate`; none are told) |
//! | an error's answer says the balance where it is known | O |
//! | `transactionId` has 32 characters | S (a bound of that name), O |
//! | `userId` has up to 100 characters and is case-sensitive; we send 4 to 100 of `a-z 0-9 _ .` | S, U (the alphabet) |
//! | `providerId`, `timestamp`, `roundDetails`, `platform` and the like: signed, not looked at | O |
//! | `GetBalancePerGame`, `roundDetails`, `session/expired`: optional calls | not built |
//! | the launch call (`game/url`) is not made: a launch is an address with the launch in its query | not built |
//!
//! References live in the wallet's source `provider:pragmatic`, per brand; a refund's id is `refund:` and the bet's.
//! References that begin with `refund:` or `refund#` are refused.

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

/// Pragmatic Play's seamless wallet.
#[derive(Clone, Copy, Debug)]
pub struct Pragmatic;

const CALLS: [CallSpec; 10] = [
    CallSpec {
        name: "authenticate",
        path: "/callbacks/pragmatic/authenticate.html",
        summary: "Whose a token is, and what the player has.",
        fields: "hash, token",
    },
    CallSpec {
        name: "balance",
        path: "/callbacks/pragmatic/balance.html",
        summary: "What a player can stake.",
        fields: "hash, userId, token?",
    },
    CallSpec {
        name: "bet",
        path: "/callbacks/pragmatic/bet.html",
        summary: "Takes a stake.",
        fields: "hash, userId, token?, gameId, roundId, amount (decimal), reference",
    },
    CallSpec {
        name: "result",
        path: "/callbacks/pragmatic/result.html",
        summary: "Pays a round's win, or records that nothing was won; with a prize, if one dropped.",
        fields: "as a bet, with promoWinAmount?, promoWinReference?, promoCampaignID?",
    },
    CallSpec {
        name: "bonus_win",
        path: "/callbacks/pragmatic/bonusWin.html",
        summary: "Pays what was won in free rounds.",
        fields: "hash, userId, token?, amount, reference, bonusCode",
    },
    CallSpec {
        name: "jackpot_win",
        path: "/callbacks/pragmatic/jackpotWin.html",
        summary: "Pays a jackpot.",
        fields: "as a bet, with jackpotId",
    },
    CallSpec {
        name: "end_round",
        path: "/callbacks/pragmatic/endRound.html",
        summary: "A round is over. Moves no money.",
        fields: "hash, userId, token?, gameId, roundId",
    },
    CallSpec {
        name: "refund",
        path: "/callbacks/pragmatic/refund.html",
        summary: "Gives a bet back.",
        fields: "hash, userId, token?, reference (the bet's), gameId?, roundId?",
    },
    CallSpec {
        name: "promo_win",
        path: "/callbacks/pragmatic/promoWin.html",
        summary: "Pays what was won in a tournament or another promotion.",
        fields: "hash, userId, campaignId, amount, currency, reference",
    },
    CallSpec {
        name: "adjustment",
        path: "/callbacks/pragmatic/adjustment.html",
        summary: "Corrects a live round, to the player's gain or loss.",
        fields: "as a bet; amount may be negative",
    },
];

impl Adapter for Pragmatic {
    type Echo = Echo;

    const SPEC: Spec = Spec {
        name: "pragmatic",
        title: "Pragmatic Play",
        keys: KeyKind::Secrets,
        signs_body: true,
        calls: &CALLS,
        accounts: AccountRules {
            min: 4,
            max: 100,
            others: "_.",
        },
        tokens: TokenForm::Branded,
        contract: policy::CONTRACT,
        game: GameSpec {
            id: "cobalt-dragons",
            code: "vs20cobalt",
            name: "Cobalt Dragons",
            category: "slot",
            position: 210,
        },
        other_game: GameSpec {
            id: "tidal-lanterns",
            code: "vs10tidal",
            name: "Tidal Lanterns",
            category: "slot",
            position: 211,
        },
    };

    fn verify<'a>(credential: &ProviderCredential, call: &'a Call) -> Option<VerifiedCallback<'a>> {
        signature::verify(credential, call)
    }

    fn read(call: &Verified<'_>, contract: &Contract) -> Result<(Asked, Echo), Reply> {
        wire::Asks::parse(call.call.spec.name, call.body())
            .map_err(|_| Code::Parameters)
            .and_then(|asks| mapping::asked(asks, contract))
            .map_err(mapping::refused)
    }

    fn answer(echo: Echo, told: Told) -> Reply {
        mapping::answer(echo, told)
    }

    fn refuse(_: &CallSpec, why: Unserved) -> Reply {
        let code = match why {
            Unserved::Body => Code::Parameters,
            Unserved::Signature => Code::Hash,
        };
        mapping::refused(code)
    }
}
