//! Hub88 as an operator speaks it.

use std::sync::Arc;

use croupier_game::conformance::ProviderKey;
use serde_json::{Value, json};

use crate::{
    books::{Ask, Contract, Told},
    fault::Fault,
    operator::{Answered, Asked, Operator, Tongue, is_beyond, minor},
};

pub const TONGUE: Tongue = Tongue {
    name: "hub88",
    key,
    contract: Contract {
        wins_need_bets: true,
        late_bets_are_done: false,
        repeats_tell_first: true,
        repeats_have_a_word: false,
        bets_settle_once: false,
        unknown_rollbacks_are_done: true,
    },
    answer,
};

fn key() -> ProviderKey {
    ProviderKey::Rsa(croupier_game::hub88::simulator::SimulatorKey::generate().unwrap())
}

fn answer(operator: Arc<Operator>, asked: Asked) -> Answered {
    Box::pin(async move {
        let mut told = json!({});
        let status = match told_of(&operator, &asked, &mut told).await {
            Ok(()) => "RS_OK",
            Err("fails") => return (500, json!({"error": "NullPointerException"})),
            Err(status) => status,
        };
        told["status"] = status.into();
        (200, told)
    })
}

async fn told_of(
    operator: &Operator,
    Asked { path, headers, body }: &Asked,
    told: &mut Value,
) -> Result<(), &'static str> {
    let fault = operator.books.lock().unwrap().fault;
    let signature = headers
        .get("x-hub88-signature")
        .and_then(|text| text.to_str().ok());
    let verified = signature.is_some_and(|signature| operator.credential.verify(body, signature).is_some());
    let verified = verified
        || fault == Some(Fault::IgnoresSignatures)
        || signature.is_some() && fault == Some(Fault::TakesAnySignature);
    if !verified && fault != Some(Fault::ReadsBeforeVerifying) {
        return Err("RS_ERROR_INVALID_SIGNATURE");
    }
    let malformed = if fault == Some(Fault::FailsOnMalformed) {
        "fails"
    } else {
        "RS_ERROR_WRONG_SYNTAX"
    };
    let asked: Value = serde_json::from_slice(body).map_err(|_| malformed)?;
    if !verified {
        return Err("RS_ERROR_INVALID_SIGNATURE");
    }
    if fault == Some(Fault::RefusesUnknownFields) && asked.get("knownToNobody").is_some() {
        return Err("RS_ERROR_WRONG_SYNTAX");
    }
    told["request_uuid"] = asked["request_uuid"].clone();
    let text = |field: &str| asked[field].as_str().ok_or(malformed);
    let (user, token) = (text("user")?, text("token")?);
    whose(operator, fault, user, token)?;
    told["user"] = user.into();
    told["currency"] = "EUR".into();
    let balance = || operator.books.lock().unwrap().balance(user);
    if path == "/user/balance" {
        told["balance"] = (balance() * 1_000).into();
        return Ok(());
    }
    let round = text("round")?;
    if is_beyond(fault, round) {
        return Err("RS_ERROR_WRONG_TYPES");
    }
    let ask = match path.as_str() {
        "/transaction/rollback" => Ask::Undo {
            id: text("transaction_uuid")?.to_owned(),
            of: text("reference_transaction_uuid")?.to_owned(),
        },
        _ => moved(fault, path, &asked, round)?,
    };
    let did = operator.submit(user, Some(token), &ask).await;
    match (&ask, fault) {
        (Ask::Win { .. }, Some(Fault::AnswersAnother)) => {
            told["request_uuid"] = "00000000-0000-4000-8000-000000000000".into();
        }
        (Ask::Undo { .. }, Some(Fault::AnswersNobody)) => *told = json!({}),
        _ => {}
    }
    let finer = matches!(ask, Ask::Win { .. }) && fault == Some(Fault::TellsFinerBalances);
    told["balance"] = match did {
        _ if finer => (operator.books.lock().unwrap().balance(user) * 1_000 + 1).into(),
        Told::NoFunds if fault == Some(Fault::WrongBalanceWithoutFunds) => 0.into(),
        Told::NoFunds if fault == Some(Fault::NoBalanceWithoutFunds) => Value::Null,
        _ => (operator.books.lock().unwrap().balance_told(user, &ask) * 1_000).into(),
    };
    match did {
        Told::Done(_) | Told::Again(_) => Ok(()),
        Told::Conflict => Err("RS_ERROR_DUPLICATE_TRANSACTION"),
        Told::NoFunds => Err("RS_ERROR_NOT_ENOUGH_MONEY"),
        Told::NoReference | Told::Settled => Err("RS_ERROR_TRANSACTION_DOES_NOT_EXIST"),
        Told::Expired => Err("RS_ERROR_TOKEN_EXPIRED"),
        Told::Disabled => Err("RS_ERROR_USER_DISABLED"),
        Told::Nothing => Err("RS_ERROR_WRONG_SYNTAX"),
    }
}

fn whose(operator: &Operator, fault: Option<Fault>, user: &str, token: &str) -> Result<(), &'static str> {
    let books = operator.books.lock().unwrap();
    let of = books.launches.get(token);
    let fits = of.is_some_and(|of| of == user || fault == Some(Fault::TakesAnyToken))
        || fault == Some(Fault::KnowsNoTokens);
    if fits && books.balances.contains_key(user) {
        Ok(())
    } else {
        Err("RS_ERROR_INVALID_TOKEN")
    }
}

/// A bet or a win.
fn moved(fault: Option<Fault>, path: &str, asked: &Value, round: &str) -> Result<Ask, &'static str> {
    let id = asked["transaction_uuid"]
        .as_str()
        .ok_or("RS_ERROR_WRONG_SYNTAX")?
        .to_owned();
    let careless = path == "/transaction/win" && fault == Some(Fault::TakesAnyWin);
    if asked["currency"] != "EUR" && !careless && fault != Some(Fault::TakesAnyCurrency) {
        return Err("RS_ERROR_WRONG_CURRENCY");
    }
    let amount = asked["amount"].as_i64().ok_or("RS_ERROR_WRONG_TYPES")?;
    let amount = if careless {
        Some(amount / 1_000)
    } else {
        minor(fault, amount, 1_000)
    };
    let amount = amount.ok_or("RS_ERROR_WRONG_SYNTAX")?;
    let flag = |field: &str| asked[field].as_bool().unwrap_or_default();
    Ok(match path {
        "/transaction/bet" => Ask::Bet {
            id,
            round: round.to_owned(),
            game: asked["game_code"].as_str().unwrap_or_default().to_owned(),
            amount,
            free: flag("is_free"),
        },
        _ => Ask::Win {
            id,
            of: asked["reference_transaction_uuid"].as_str().map(str::to_owned),
            round: round.to_owned(),
            amount,
            promo: flag("is_supplier_promo"),
        },
    })
}
