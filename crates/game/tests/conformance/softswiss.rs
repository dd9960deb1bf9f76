//! SOFTSWISS's protocol as an operator speaks it.

use std::sync::Arc;

use croupier_brand::scope::{Mac, ProviderSecret};
use croupier_game::conformance::ProviderKey;
use serde_json::{Value, json};

use crate::{
    books::{Ask, Contract, Told},
    fault::Fault,
    operator::{Answered, Asked, Operator, Tongue, is_beyond, minor},
};

pub const TONGUE: Tongue = Tongue {
    name: "softswiss",
    key,
    contract: Contract {
        wins_need_bets: false,
        late_bets_are_done: true,
        repeats_tell_first: false,
        repeats_have_a_word: false,
        bets_settle_once: false,
        unknown_rollbacks_are_done: true,
    },
    answer,
};

pub const SECRET: &str = "a-secret-that-no-report-shows+/=";

fn key() -> ProviderKey {
    ProviderKey::Secret(ProviderSecret::parse(SECRET).unwrap())
}

fn answer(operator: Arc<Operator>, asked: Asked) -> Answered {
    Box::pin(async move {
        match told_of(&operator, &asked).await {
            Ok(told) => (200, told),
            Err((status, code, user)) => {
                let fault = operator.books.lock().unwrap().fault;
                let mut told = json!({ "code": code, "message": format!("no: {SECRET}") });
                if let Some(user) = user {
                    let balance = operator.books.lock().unwrap().balance(&user);
                    told["balance"] = match fault {
                        Some(Fault::WrongBalanceWithoutFunds) if code == 100 => 0.into(),
                        Some(Fault::NoBalanceWithoutFunds) if code == 100 => Value::Null,
                        _ => balance.into(),
                    };
                }
                (status, told)
            }
        }
    })
}

type Refused = (u16, u16, Option<String>);

async fn told_of(operator: &Operator, Asked { path, headers, body }: &Asked) -> Result<Value, Refused> {
    let fault = operator.books.lock().unwrap().fault;
    let signature = headers.get("x-request-sign").and_then(|text| text.to_str().ok());
    let verify = |shown: &str| {
        operator
            .credential
            .verify_mac(Mac::HmacSha256, body, shown, body)
            .is_some()
    };
    let verified = signature.is_some_and(verify)
        || fault == Some(Fault::IgnoresSignatures)
        || signature.is_some() && fault == Some(Fault::TakesAnySignature);
    let unsigned: Refused = (403, 403, None);
    if !verified && fault != Some(Fault::ReadsBeforeVerifying) {
        return Err(unsigned);
    }
    let malformed = || {
        let status = if fault == Some(Fault::FailsOnMalformed) {
            502
        } else {
            400
        };
        (status, status, None)
    };
    let asked: Value = serde_json::from_slice(body).map_err(|_| malformed())?;
    if !verified {
        return Err(unsigned);
    }
    if fault == Some(Fault::RefusesUnknownFields) && asked.get("knownToNobody").is_some() {
        return Err(malformed());
    }
    if path == "/freespins" {
        return freespins(operator, &asked).await.ok_or_else(malformed);
    }
    let user = asked["user_id"].as_str().ok_or_else(malformed)?.to_owned();
    if !operator.books.lock().unwrap().balances.contains_key(&user) {
        return Err((412, 101, None));
    }
    let is_over = {
        let books = operator.books.lock().unwrap();
        // Calls show no token: the launch is the player's newest.
        let launch = books.launches.iter().find(|(_, of)| **of == user);
        launch.map(|(token, _)| token.clone())
    };
    let actions = asked["actions"].as_array().cloned().unwrap_or_default();
    if actions.is_empty() && asked["finished"] == true && fault == Some(Fault::RefusesRoundEnds) {
        return Err(malformed());
    }
    let careless =
        actions.iter().all(|action| action["action"] == "win") && fault == Some(Fault::TakesAnyWin);
    if !actions.is_empty()
        && asked["currency"] != "EUR"
        && !careless
        && fault != Some(Fault::TakesAnyCurrency)
    {
        return Err((412, 154, Some(user)));
    }
    let round = asked["game_id"].as_str().unwrap_or_default();
    if is_beyond(fault, round) {
        return Err((400, 400, None));
    }
    let mut asks = Vec::new();
    for action in &actions {
        asks.push(
            ask(fault, action, round, asked["game"].as_str().unwrap_or_default()).ok_or_else(malformed)?,
        );
    }
    let told = operator.together(&user, is_over.as_deref(), &asks).await;
    let mut transactions = Vec::new();
    for (ask, told) in asks.iter().zip(told) {
        match told {
            Told::Done(op) | Told::Again(op) => {
                transactions.push(
                    json!({ "action_id": ask.id(), "tx_id": op, "processed_at": "2026-11-21T00:00:00Z" }),
                );
            }
            Told::Conflict => return Err((412, 155, Some(user))),
            Told::NoFunds => return Err((412, 100, Some(user))),
            Told::NoReference | Told::Settled => return Err((412, 404, Some(user))),
            Told::Expired => return Err((412, 101, Some(user))),
            Told::Disabled => return Err((412, 110, Some(user))),
            Told::Nothing => return Err((400, 400, None)),
        }
    }
    let balance = {
        let books = operator.books.lock().unwrap();
        asks.last()
            .map_or_else(|| books.balance(&user), |last| books.balance_told(&user, last))
    };
    let round = match (asks.last(), fault) {
        (Some(Ask::Win { .. }), Some(Fault::AnswersAnother)) => "another".into(),
        (Some(Ask::Undo { .. }), Some(Fault::AnswersNobody)) => Value::Null,
        _ => asked["game_id"].clone(),
    };
    if matches!(asks.last(), Some(Ask::Undo { .. })) && fault == Some(Fault::NoIdsForRollbacks) {
        transactions.clear();
    }
    Ok(json!({ "balance": balance, "game_id": round, "transactions": transactions }))
}

/// The issue's id begins with the player.
async fn freespins(operator: &Operator, asked: &Value) -> Option<Value> {
    let issue = asked["issue_id"].as_str()?;
    let (user, _) = issue.split_once(':')?;
    let win = Ask::Win {
        id: format!("freespins:{issue}"),
        of: None,
        round: issue.to_owned(),
        amount: asked["total_amount"].as_i64()?,
        promo: true,
    };
    operator.submit(user, None, &win).await;
    Some(json!({ "balance": operator.books.lock().unwrap().balance(user) }))
}

fn ask(fault: Option<Fault>, action: &Value, round: &str, game: &str) -> Option<Ask> {
    let id = action["action_id"].as_str()?.to_owned();
    if action["action"] == "rollback" {
        let of = action["original_action_id"].as_str()?.to_owned();
        return Some(Ask::Undo { id, of });
    }
    let careless = action["action"] == "win" && fault == Some(Fault::TakesAnyWin);
    let amount = match &action["amount"] {
        // What is finer than the currency is a fraction here.
        Value::Number(number)
            if (careless || fault == Some(Fault::CutsOffPrecision))
                && !number.is_i64()
                && !number.is_u64() =>
        {
            number.to_string().split('.').next()?.parse().ok()?
        }
        other => other.as_i64()?,
    };
    let amount = if careless {
        amount
    } else {
        minor(fault, amount, 1)?
    };
    let round = round.to_owned();
    Some(match action["action"].as_str()? {
        "bet" => Ask::Bet {
            id,
            round,
            game: game.to_owned(),
            amount,
            free: false,
        },
        _ => Ask::Win {
            id,
            of: None,
            round,
            amount,
            promo: false,
        },
    })
}
