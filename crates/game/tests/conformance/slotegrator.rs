//! Slotegrator's protocol as an operator speaks it.

use std::sync::Arc;

use croupier_brand::scope::{Mac, ProviderSecret};
use croupier_game::conformance::ProviderKey;
use http::HeaderMap;
use serde_json::{Value, json};

use crate::{
    books::{Ask, Contract, Told},
    decimal,
    fault::Fault,
    form::{self, Form},
    operator::{Answered, Asked, Operator, Tongue},
};

pub const TONGUE: Tongue = Tongue {
    name: "slotegrator",
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

fn key() -> ProviderKey {
    ProviderKey::Secret(ProviderSecret::parse("the-merchant's-key").unwrap())
}

/// There are two codes, so the words say why.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refused {
    Funds,
    Because(&'static str),
}

const SIGNATURE: Refused = Refused::Because("Invalid signature");
const PARAMETERS: Refused = Refused::Because("Bad parameters");

fn answer(operator: Arc<Operator>, asked: Asked) -> Answered {
    Box::pin(async move {
        let fault = operator.books.lock().unwrap().fault;
        let (code, why) = match told_of(&operator, fault, &asked).await {
            Ok(told) => return (200, told),
            Err(PARAMETERS) if fault == Some(Fault::FailsOnMalformed) => return (500, json!({})),
            Err(Refused::Funds) => ("INSUFFICIENT_FUNDS", "Not enough money"),
            Err(Refused::Because(why)) => ("INTERNAL_ERROR", why),
        };
        let status = if fault == Some(Fault::RefusesWithStatus) {
            400
        } else {
            200
        };
        (status, json!({ "error_code": code, "error_description": why }))
    })
}

async fn told_of(
    operator: &Operator,
    fault: Option<Fault>,
    Asked { headers, body, .. }: &Asked,
) -> Result<Value, Refused> {
    let form = Form::read(body);
    let proven = proven(operator, fault, headers, &form) || fault == Some(Fault::IgnoresSignatures);
    if !proven && fault != Some(Fault::ReadsBeforeVerifying) {
        return Err(SIGNATURE);
    }
    let asks = asked_for(fault, &form)?;
    if !proven {
        return Err(SIGNATURE);
    }
    if fault == Some(Fault::RefusesUnknownFields) && form.text("knownToNobody").is_some() {
        return Err(PARAMETERS);
    }
    let [user, session] = ["player_id", "session_id"].map(|name| form.text(name).unwrap_or_default());
    whose(operator, fault, user, session)?;
    let careless = matches!(asks, Some(Ask::Win { .. })) && fault == Some(Fault::TakesAnyWin);
    if form.text("currency") != Some("EUR") && !careless && fault != Some(Fault::TakesAnyCurrency) {
        return Err(Refused::Because("Another currency"));
    }
    let Some(ask) = asks else {
        let balance = operator.books.lock().unwrap().balance(user);
        return Ok(json!({ "balance": decimal::number(balance, "") }));
    };
    let ask = operator.books.lock().unwrap().of_bets(user, ask);
    let id = match operator.submit(user, Some(session), &ask).await {
        Told::Done(id) | Told::Again(id) => id,
        Told::NoFunds => return Err(Refused::Funds),
        Told::Conflict => return Err(Refused::Because("The transaction is another")),
        Told::NoReference | Told::Settled => return Err(Refused::Because("No such bet")),
        Told::Expired => return Err(Refused::Because("The session is over")),
        Told::Disabled => return Err(Refused::Because("The player is blocked")),
        Told::Nothing => return Err(PARAMETERS),
    };
    Ok(done(operator, fault, (user, &ask, &id), &form))
}

fn done(
    operator: &Operator,
    fault: Option<Fault>,
    (user, ask, id): (&str, &Ask, &str),
    form: &Form,
) -> Value {
    let undoes = matches!(ask, Ask::Undo { .. } | Ask::UndoAll { .. });
    let more = match (ask, fault) {
        (Ask::Win { .. }, Some(Fault::TellsFinerBalances)) => "0001",
        _ => "",
    };
    let balance = operator.books.lock().unwrap().balance_told(user, ask);
    let mut told = json!({ "balance": decimal::number(balance, more) });
    if !(undoes && fault == Some(Fault::NoIdsForRollbacks)) {
        told["transaction_id"] = id.into();
    }
    if matches!(ask, Ask::UndoAll { .. }) && fault != Some(Fault::ListsNothing) {
        told["rollback_transactions"] = listed(form).into();
    }
    told
}

/// `X-Sign` is of parameters and headers, in the order of PHP's `ksort`: a list is one of them, and stays as it came.
fn proven(operator: &Operator, fault: Option<Fault>, headers: &HeaderMap, form: &Form) -> bool {
    let header = |name: &str| headers.get(name)?.to_str().ok();
    let Some(sign) = header("x-sign") else {
        return false;
    };
    if fault == Some(Fault::TakesAnySignature) {
        return true;
    }
    let mut all = Vec::new();
    for name in ["X-Merchant-Id", "X-Timestamp", "X-Nonce"] {
        match header(name) {
            _ if fault == Some(Fault::SignsNoHeaders) => {}
            Some(value) => all.push((name, value)),
            None => return false,
        }
    }
    let parameters = form.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    all.extend(parameters.filter(|(name, _)| fault != Some(Fault::ProvesKnownFields) || is_known(name)));
    if fault != Some(Fault::SortsNothing) {
        all.sort_by_key(|(name, _)| name.split('[').next());
    }
    let text = form::write(all);
    let text = if fault == Some(Fault::EscapesOtherwise) {
        text.replace('+', "%20")
    } else {
        text
    };
    let verified = operator
        .credential
        .verify_mac(Mac::HmacSha1, text.as_bytes(), sign, &[]);
    verified.is_some()
}

const KNOWN: [&str; 12] = [
    "action",
    "amount",
    "bet_transaction_id",
    "currency",
    "finished",
    "game_uuid",
    "player_id",
    "round_id",
    "rollback_transactions",
    "session_id",
    "transaction_id",
    "type",
];

fn is_known(name: &str) -> bool {
    KNOWN.iter().any(|known| name.split('[').next() == Some(known))
}

fn whose(operator: &Operator, fault: Option<Fault>, user: &str, session: &str) -> Result<(), Refused> {
    let books = operator.books.lock().unwrap();
    if !books.balances.contains_key(user) {
        return Err(Refused::Because("No such player"));
    }
    match books.launches.get(session) {
        Some(of) if of == user || fault == Some(Fault::TakesAnyToken) => Ok(()),
        _ => Err(Refused::Because("The player is not signed in")),
    }
}

/// The ids that a rollback names.
fn listed(form: &Form) -> Vec<String> {
    let of_list = form.0.iter().filter(|(name, _)| {
        name.starts_with("rollback_transactions[") && name.ends_with("][transaction_id]")
    });
    of_list.map(|(_, id)| id.clone()).collect()
}

/// What is asked for; none where it is the balance.
fn asked_for(fault: Option<Fault>, form: &Form) -> Result<Option<Ask>, Refused> {
    let text = |name: &str| form.text(name).map(str::to_owned).ok_or(PARAMETERS);
    text("player_id")?;
    let action = text("action")?;
    if action == "balance" {
        return Ok(None);
    }
    let id = text("transaction_id")?;
    if action == "refund" {
        let of = text("bet_transaction_id")?;
        return Ok(Some(Ask::Undo { id, of }));
    }
    if action == "rollback" {
        let mut of = listed(form);
        of.sort_unstable();
        return Ok(Some(Ask::UndoAll { id, of }));
    }
    let (round, game) = (text("round_id")?, text("game_uuid")?);
    if fault == Some(Fault::RoundsAreNumbers)
        && round.len() > 32
        && round.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Err(PARAMETERS);
    }
    let careless = action == "win" && fault == Some(Fault::TakesAnyWin);
    let amount = decimal::amount(fault, &text("amount")?, careless).ok_or(PARAMETERS)?;
    let kind = form.text("type");
    let amount = match (kind, fault) {
        (Some("jackpot"), Some(Fault::PaysNoJackpots)) => 0,
        _ => amount,
    };
    match action.as_str() {
        "bet" => Ok(Some(Ask::Bet {
            id,
            round,
            game,
            amount,
            free: kind == Some("freespin"),
        })),
        "win" => Ok(Some(Ask::Win {
            id,
            of: None,
            round,
            amount,
            promo: kind == Some("freespin"),
        })),
        _ => Err(PARAMETERS),
    }
}
