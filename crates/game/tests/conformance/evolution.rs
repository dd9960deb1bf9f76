//! Evolution's protocol as an operator speaks it.

use std::sync::Arc;

use croupier_brand::scope::{Mac, ProviderSecret};
use croupier_game::conformance::ProviderKey;
use reqwest::Url;
use serde_json::{Value, json};

use crate::{
    books::{Ask, Contract, Told},
    decimal,
    fault::Fault,
    operator::{Answered, Asked, Operator, Tongue, is_beyond},
};

pub const TONGUE: Tongue = Tongue {
    name: "evolution",
    key,
    contract: Contract {
        wins_need_bets: true,
        late_bets_are_done: false,
        repeats_tell_first: false,
        repeats_have_a_word: true,
        bets_settle_once: true,
        unknown_rollbacks_are_done: false,
    },
    answer,
};

fn key() -> ProviderKey {
    ProviderKey::Secret(ProviderSecret::parse("token+of/evolution=&us").unwrap())
}

/// The protocol's words for what is not done.
type Refused = &'static str;

const TOKEN: Refused = "INVALID_TOKEN_ID";
const SID: Refused = "INVALID_SID";
const PARAMETER: Refused = "INVALID_PARAMETER";
const LOCKED: Refused = "ACCOUNT_LOCKED";
const FINAL: Refused = "FINAL_ERROR_ACTION_FAILED";
const SETTLED: Refused = "BET_ALREADY_SETTLED";
/// No word of the protocol's: it broke.
const FAILS: Refused = "";

fn answer(operator: Arc<Operator>, asked: Asked) -> Answered {
    Box::pin(async move {
        let fault = operator.books.lock().unwrap().fault;
        let mut told = json!({});
        let did = told_of(&operator, fault, &asked, &mut told).await;
        told["status"] = did.err().unwrap_or("OK").into();
        match (did, fault) {
            (Err(FAILS), _) => (500, json!({ "error": "NumberFormatException" })),
            (Err(_), Some(Fault::RefusesWithStatus)) => (400, told),
            _ => (200, told),
        }
    })
}

async fn told_of(
    operator: &Operator,
    fault: Option<Fault>,
    Asked { path, body, .. }: &Asked,
    told: &mut Value,
) -> Result<(), Refused> {
    let proven = proven(operator, fault, path);
    if !proven && fault != Some(Fault::ReadsBeforeVerifying) {
        return Err(TOKEN);
    }
    let malformed = if fault == Some(Fault::FailsOnMalformed) {
        FAILS
    } else {
        PARAMETER
    };
    let asked: Value = serde_json::from_slice(body).map_err(|_| malformed)?;
    if !proven {
        return Err(TOKEN);
    }
    if fault == Some(Fault::RefusesUnknownFields) && asked.get("knownToNobody").is_some() {
        return Err(PARAMETER);
    }
    told["uuid"] = asked["uuid"].clone();
    let call = path.split('?').next().unwrap_or_default();
    let [user, sid] = ["userId", "sid"].map(|field| asked[field].as_str().unwrap_or_default());
    whose(operator, fault, user, sid)?;
    let careless = call == "/credit" && fault == Some(Fault::TakesAnyWin);
    let foreign = asked.get("currency").is_some_and(|currency| currency != "EUR");
    if foreign && !careless && fault != Some(Fault::TakesAnyCurrency) {
        return Err(PARAMETER);
    }
    match call {
        "/check" | "/sid" => {
            if fault != Some(Fault::SitsDownWordless) {
                told["sid"] = sid.into();
            }
            return may_play(operator, user, sid);
        }
        "/balance" => {
            tells_balance(told, operator.books.lock().unwrap().balance(user));
            return Ok(());
        }
        _ => {}
    }
    let ask = ask(fault, call, &asked).ok_or(malformed)?;
    let did = operator.submit(user, Some(sid), &ask).await;
    tells_balance(told, operator.books.lock().unwrap().balance_told(user, &ask));
    told["retransmission"] = matches!(did, Told::Again(_)).into();
    let balance = operator.books.lock().unwrap().balance(user);
    match (fault, &ask, &did) {
        (Some(Fault::AnswersAnother), Ask::Win { .. }, _) => told["uuid"] = "another".into(),
        (Some(Fault::AnswersNobody), Ask::Undo { .. }, _) => told["uuid"] = Value::Null,
        (Some(Fault::TellsFinerBalances), Ask::Win { .. }, _) => {
            told["balance"] = decimal::number(balance, "0000000001");
        }
        (Some(Fault::WrongBalanceWithoutFunds), _, Told::NoFunds) => told["balance"] = 0.into(),
        (Some(Fault::NoBalanceWithoutFunds), _, Told::NoFunds) => told["balance"] = Value::Null,
        _ => {}
    }
    word(&did, &ask)
}

/// What is said of what was decided.
fn word(did: &Told, ask: &Ask) -> Result<(), Refused> {
    match (did, ask) {
        (Told::Done(_), _) | (Told::Again(_), Ask::Win { promo: true, .. }) => Ok(()),
        (Told::Again(_), Ask::Bet { .. }) => Err("BET_ALREADY_EXIST"),
        // A bet has one credit or one cancel: whatever another says, it was settled.
        (
            Told::Again(_) | Told::Conflict,
            Ask::Win { promo: false, .. } | Ask::Undo { .. } | Ask::UndoAll { .. },
        )
        | (Told::Settled, _) => Err(SETTLED),
        (Told::NoReference, Ask::Win { .. } | Ask::Undo { .. } | Ask::UndoAll { .. }) => {
            Err("BET_DOES_NOT_EXIST")
        }
        (Told::NoFunds, _) => Err("INSUFFICIENT_FUNDS"),
        (Told::Expired, _) => Err(SID),
        (Told::Disabled, _) => Err(LOCKED),
        (Told::Nothing, _) => Err(PARAMETER),
        (Told::Conflict, Ask::Bet { .. } | Ask::Win { promo: true, .. })
        | (Told::NoReference, Ask::Bet { .. }) => Err(FINAL),
    }
}

/// The token stands in the query, once.
fn proven(operator: &Operator, fault: Option<Fault>, path: &str) -> bool {
    let address = Url::parse(&format!("http://here{path}")).unwrap();
    let mut tokens = address.query_pairs().filter(|(name, _)| name == "authToken");
    let (Some((_, token)), None) = (tokens.next(), tokens.next()) else {
        return fault == Some(Fault::IgnoresSignatures);
    };
    // Whoever knows one address reads all of it as the token.
    if fault == Some(Fault::KnowsOneAddress) && path.contains('&') {
        return false;
    }
    let verified = operator.credential.verify_mac(Mac::Shown, &[], &token, &[]);
    verified.is_some() || matches!(fault, Some(Fault::IgnoresSignatures | Fault::TakesAnySignature))
}

fn whose(operator: &Operator, fault: Option<Fault>, user: &str, sid: &str) -> Result<(), Refused> {
    let books = operator.books.lock().unwrap();
    if !books.balances.contains_key(user) {
        let anybody = fault == Some(Fault::KnowsEverybody);
        return if anybody { Ok(()) } else { Err(PARAMETER) };
    }
    let of = books.launches.get(sid);
    let fits = of.is_some_and(|of| of == user || fault == Some(Fault::TakesAnyToken));
    if fits || fault == Some(Fault::KnowsNoTokens) {
        Ok(())
    } else {
        Err(SID)
    }
}

fn may_play(operator: &Operator, user: &str, sid: &str) -> Result<(), Refused> {
    let books = operator.books.lock().unwrap();
    if books.expired.contains(sid) {
        Err(SID)
    } else if books.blocked.contains(user) {
        Err(LOCKED)
    } else {
        Ok(())
    }
}

fn tells_balance(told: &mut Value, balance: i64) {
    told["balance"] = decimal::number(balance, "");
    told["bonus"] = 0.into();
}

/// A bet is known by its reference, and so are what it wins and its cancel: each has one.
fn ask(fault: Option<Fault>, call: &str, asked: &Value) -> Option<Ask> {
    let careless = call == "/credit" && fault == Some(Fault::TakesAnyWin);
    let amount = |of: &Value| match &of["amount"] {
        Value::Number(number) => decimal::amount(fault, &number.to_string(), careless),
        _ => None,
    };
    if call == "/promo_payout" {
        let promotion = &asked["promoTransaction"];
        return Some(Ask::Win {
            id: format!("promo:{}", promotion["id"].as_str()?),
            of: None,
            round: String::new(),
            amount: amount(promotion)?,
            promo: true,
        });
    }
    let (game, transaction) = (&asked["game"], &asked["transaction"]);
    let (reference, own) = (transaction["refId"].as_str()?, transaction["id"].as_str()?);
    let (bet, amount) = (format!("debit:{reference}"), amount(transaction)?);
    let round = game["id"].as_str().filter(|round| !is_beyond(fault, round))?;
    Some(match call {
        "/debit" => Ask::Bet {
            id: bet,
            round: round.to_owned(),
            game: game["details"]["table"]["id"].as_str()?.to_owned(),
            amount,
            free: false,
        },
        "/credit" => Ask::Win {
            id: format!("credit:{}", by(fault, Fault::PaysEveryWin, own, reference)),
            of: Some(bet),
            round: round.to_owned(),
            amount,
            promo: false,
        },
        _ => Ask::Undo {
            id: format!("cancel:{}", by(fault, Fault::GivesBackTwice, own, reference)),
            of: bet,
        },
    })
}

/// What it is known by: its own id, where that is the fault.
fn by<'a>(fault: Option<Fault>, own_ids: Fault, own: &'a str, reference: &'a str) -> &'a str {
    if fault == Some(own_ids) { own } else { reference }
}
