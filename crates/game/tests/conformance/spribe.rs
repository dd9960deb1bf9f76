//! Spribe's protocol as an operator speaks it.

use std::sync::Arc;

use croupier_brand::scope::{Mac, ProviderSecret};
use croupier_game::conformance::ProviderKey;
use serde_json::{Value, json};

use crate::{
    books::{Ask, Contract, Told},
    fault::Fault,
    operator::{Answered, Asked, Operator, Tongue, is_beyond, is_fresh, minor},
};

pub const TONGUE: Tongue = Tongue {
    name: "spribe",
    key,
    contract: Contract {
        wins_need_bets: true,
        late_bets_are_done: false,
        repeats_tell_first: true,
        repeats_have_a_word: true,
        bets_settle_once: false,
        unknown_rollbacks_are_done: false,
    },
    answer,
};

fn key() -> ProviderKey {
    ProviderKey::Secret(ProviderSecret::parse("a-secret-of-spribe-and-us").unwrap())
}

/// What the path of every call begins with: the signature covers it.
const BASE: &str = "/wallet";
/// Whatever is not to be repeated.
const NO: u16 = 405;
/// No code of the protocol's: it broke.
const FAILS: u16 = 0;

/// A code, and what is told with it.
type Word = (u16, Value);

fn answer(operator: Arc<Operator>, asked: Asked) -> Answered {
    Box::pin(async move {
        let fault = operator.books.lock().unwrap().fault;
        let told = told_of(&operator, fault, &asked).await;
        let (code, data) = told.unwrap_or_else(|code| (code, Value::Null));
        let status = match fault {
            _ if code == FAILS => return (500, json!({ "error": "TypeError" })),
            Some(Fault::RefusesWithStatus) => code,
            _ => 200,
        };
        (status, json!({ "code": code, "message": "", "data": data }))
    })
}

async fn told_of(operator: &Operator, fault: Option<Fault>, asked: &Asked) -> Result<Word, u16> {
    let proven = proven(operator, fault, asked);
    if !proven && fault != Some(Fault::ReadsBeforeVerifying) {
        return Err(413);
    }
    let malformed = if fault == Some(Fault::FailsOnMalformed) {
        FAILS
    } else {
        NO
    };
    let body: Value = serde_json::from_slice(&asked.body).map_err(|_| malformed)?;
    if !proven {
        return Err(413);
    }
    if fault == Some(Fault::RefusesUnknownFields) && body.get("knownToNobody").is_some() {
        return Err(NO);
    }
    let path = asked.path.split('?').next().unwrap_or_default();
    let careless = path == "/deposit" && fault == Some(Fault::TakesAnyWin);
    let foreign = body.get("currency").is_some_and(|currency| currency != "EUR");
    if foreign && !careless && fault != Some(Fault::TakesAnyCurrency) {
        return Err(NO);
    }
    if path == "/auth" {
        return sits_down(operator, fault, body["user_token"].as_str().ok_or(malformed)?);
    }
    let user = body["user_id"].as_str().ok_or(malformed)?;
    let launch = launch_of(operator, user);
    let anybody = fault == Some(Fault::KnowsEverybody);
    let launch = launch.or(anybody.then(String::new)).ok_or(401_u16)?;
    if path == "/info" {
        return Ok((200, player(user, operator.books.lock().unwrap().balance(user))));
    }
    let ask = ask(fault, path, &body).ok_or(malformed)?;
    let did = operator.submit(user, Some(&launch), &ask).await;
    let code = match (&did, &ask) {
        (Told::Done(op), _) => return Ok((200, transaction(operator, &body, &ask, op))),
        (Told::Again(op), _) => {
            let mut told = transaction(operator, &body, &ask, op);
            if fault == Some(Fault::NothingBeforeRepeats) {
                told["old_balance"] = told["new_balance"].clone();
            }
            return Ok((409, told));
        }
        (Told::NoFunds, _) => {
            let balance = operator.books.lock().unwrap().balance(user);
            let mut told = player(user, balance);
            match fault {
                Some(Fault::WrongBalanceWithoutFunds) => told["balance"] = 0.into(),
                Some(Fault::NoBalanceWithoutFunds) => told["balance"] = Value::Null,
                _ => {}
            }
            return Ok((402, told));
        }
        (Told::Expired, _) => 403,
        (Told::NoReference | Told::Settled, Ask::Win { .. } | Ask::Undo { .. } | Ask::UndoAll { .. }) => 408,
        // A bet that was rolled back before it came is not to come again.
        (Told::NoReference | Told::Settled, Ask::Bet { .. })
        | (Told::Conflict | Told::Disabled | Told::Nothing, _) => NO,
    };
    Err(code)
}

/// The time, the path with its query, and the body, with nothing between them.
fn proven(operator: &Operator, fault: Option<Fault>, asked: &Asked) -> bool {
    let header = |name: &str| asked.headers.get(name).and_then(|text| text.to_str().ok());
    let (Some(time), Some(shown)) = (header("x-spribe-client-ts"), header("x-spribe-client-signature"))
    else {
        return fault == Some(Fault::IgnoresSignatures);
    };
    let target = match asked.path.split_once('?') {
        Some((path, _)) if fault == Some(Fault::KnowsOneAddress) => path,
        _ => &asked.path,
    };
    let message = [format!("{time}{BASE}{target}").as_bytes(), &asked.body].concat();
    let verified = operator
        .credential
        .verify_mac(Mac::HmacSha256, &message, shown, &asked.body);
    let verified = verified.filter(|_| is_fresh(fault, time));
    verified.is_some() || matches!(fault, Some(Fault::IgnoresSignatures | Fault::TakesAnySignature))
}

/// Whoever shows a launch's token is its player.
fn sits_down(operator: &Operator, fault: Option<Fault>, token: &str) -> Result<Word, u16> {
    let books = operator.books.lock().unwrap();
    let anybody = books.balances.keys().next();
    let anybody = anybody.filter(|_| fault == Some(Fault::KnowsNoTokens));
    let user = books.launches.get(token).or(anybody).ok_or(401_u16)?;
    if books.expired.contains(token) {
        return Err(403);
    }
    if books.blocked.contains(user) {
        return Err(NO);
    }
    let mut told = player(user, books.balance(user));
    if fault == Some(Fault::SitsDownWordless) {
        told["user_id"] = Value::Null;
    }
    Ok((200, told))
}

/// Calls show no token of this operator's: the launch is the player's newest.
fn launch_of(operator: &Operator, user: &str) -> Option<String> {
    let books = operator.books.lock().unwrap();
    let launch = books.launches.iter().find(|(_, of)| *of == user);
    launch.map(|(token, _)| token.clone())
}

fn player(user: &str, balance: i64) -> Value {
    json!({ "user_id": user, "username": user, "balance": balance * 10, "currency": "EUR" })
}

/// What is told of a transaction that is done.
fn transaction(operator: &Operator, asked: &Value, ask: &Ask, op: &str) -> Value {
    let user = asked["user_id"].as_str().unwrap_or_default();
    let books = operator.books.lock().unwrap();
    let (before, after) = books.balances_told(user, ask);
    let mut told = json!({
        "user_id": user, "operator_tx_id": op, "provider": asked["provider"], "provider_tx_id": ask.id(),
        "old_balance": before * 10, "new_balance": after * 10, "currency": "EUR",
    });
    match (ask, books.fault) {
        (Ask::Win { .. }, Some(Fault::AnswersAnother)) => told["provider_tx_id"] = "another".into(),
        (Ask::Undo { .. }, Some(Fault::AnswersNobody)) => told["user_id"] = Value::Null,
        (Ask::Undo { .. }, Some(Fault::NoIdsForRollbacks)) => told["operator_tx_id"] = Value::Null,
        (Ask::Win { .. }, Some(Fault::TellsFinerBalances)) => told["new_balance"] = (after * 10 + 5).into(),
        (_, Some(Fault::NothingBefore)) => told["old_balance"] = (after * 10).into(),
        _ => {}
    }
    told
}

fn ask(fault: Option<Fault>, path: &str, asked: &Value) -> Option<Ask> {
    let text = |field: &str| asked[field].as_str().map(str::to_owned);
    let (id, round) = (text("provider_tx_id")?, text("action_id")?);
    if path == "/rollback" {
        let of = text("rollback_provider_tx_id")?;
        return Some(Ask::Undo { id, of });
    }
    if is_beyond(fault, &round) {
        return None;
    }
    let amount = asked["amount"].as_i64()?;
    if path == "/withdraw" {
        return Some(Ask::Bet {
            id,
            round,
            game: text("game")?,
            amount: minor(fault, amount, 10)?,
            free: false,
        });
    }
    let of = text("withdraw_provider_tx_id");
    Some(Ask::Win {
        id,
        // What was given away answers no bet.
        promo: of.is_none()
            && asked["action"]
                .as_str()
                .is_some_and(|action| action.contains("free")),
        of,
        round,
        amount: if fault == Some(Fault::TakesAnyWin) {
            amount / 10
        } else {
            minor(fault, amount, 10)?
        },
    })
}
