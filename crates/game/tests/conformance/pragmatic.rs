//! Pragmatic Play's protocol as an operator speaks it.

use std::sync::Arc;

use croupier_brand::scope::{Mac, ProviderSecret};
use croupier_game::conformance::ProviderKey;
use serde_json::{Value, json};

use crate::{
    books::{Ask, Contract, Told},
    decimal,
    fault::Fault,
    form::Form,
    operator::{Answered, Asked, Operator, Tongue},
};

pub const TONGUE: Tongue = Tongue {
    name: "pragmatic",
    key,
    contract: Contract {
        wins_need_bets: false,
        late_bets_are_done: false,
        repeats_tell_first: false,
        repeats_have_a_word: false,
        bets_settle_once: false,
        unknown_rollbacks_are_done: true,
    },
    answer,
};

fn key() -> ProviderKey {
    ProviderKey::Secret(ProviderSecret::parse("the-provider's-key").unwrap())
}

const FUNDS: u16 = 1;
const PLAYER: u16 = 2;
const TOKEN: u16 = 4;
const HASH: u16 = 5;
const FROZEN: u16 = 6;
const PARAMETERS: u16 = 7;
const FINAL: u16 = 120;

/// A refusal: its code, and of whom the balance is told.
type Refused = (u16, Option<String>);

fn answer(operator: Arc<Operator>, asked: Asked) -> Answered {
    Box::pin(async move {
        let fault = operator.books.lock().unwrap().fault;
        match told_of(&operator, fault, &asked).await {
            Ok(mut told) => {
                told["error"] = 0.into();
                told["description"] = "Success".into();
                (200, told)
            }
            Err((PARAMETERS, _)) if fault == Some(Fault::FailsOnMalformed) => (500, json!({})),
            Err((code, user)) => {
                let mut told = json!({ "error": code, "description": "It is not done" });
                match (user, fault) {
                    (None, _) | (_, Some(Fault::NoBalanceWithoutFunds)) => {}
                    (_, Some(Fault::WrongBalanceWithoutFunds)) => told["cash"] = 0.into(),
                    (Some(user), _) => {
                        told["cash"] = decimal::number(operator.books.lock().unwrap().balance(&user), "");
                    }
                }
                let status = if fault == Some(Fault::RefusesWithStatus) {
                    400
                } else {
                    200
                };
                (status, told)
            }
        }
    })
}

async fn told_of(
    operator: &Operator,
    fault: Option<Fault>,
    Asked { path, body, .. }: &Asked,
) -> Result<Value, Refused> {
    let form = Form::read(body);
    let proven = proven(operator, fault, body, &form) || fault == Some(Fault::IgnoresSignatures);
    if !proven && fault != Some(Fault::ReadsBeforeVerifying) {
        return Err((HASH, None));
    }
    let call = path.trim_start_matches('/').trim_end_matches(".html");
    let asks = asked_for(fault, call, &form).ok_or((PARAMETERS, None))?;
    if !proven {
        return Err((HASH, None));
    }
    if fault == Some(Fault::RefusesUnknownFields) && form.text("knownToNobody").is_some() {
        return Err((PARAMETERS, None));
    }
    let (user, token) = whose(operator, fault, &form)?;
    let mut told = json!({});
    if call == "authenticate" {
        let named = if fault == Some(Fault::SeatsAnother) {
            "4711"
        } else {
            user.as_str()
        };
        told = json!({ "userId": named, "token": token });
    }
    let asks: Vec<_> = {
        let books = operator.books.lock().unwrap();
        asks.into_iter().map(|ask| books.of_bets(&user, ask)).collect()
    };
    let done = operator.together(&user, token.as_deref(), &asks).await;
    for each in &done {
        match each {
            Told::Done(_) | Told::Again(_) => {}
            Told::NoFunds => return Err((FUNDS, Some(user))),
            Told::Conflict | Told::NoReference | Told::Settled => return Err((FINAL, None)),
            Told::Expired => return Err((TOKEN, None)),
            Told::Disabled => return Err((FROZEN, None)),
            Told::Nothing => return Err((PARAMETERS, None)),
        }
    }
    let undoes = matches!(asks.first(), Some(Ask::Undo { .. }));
    if let Some(Told::Done(id) | Told::Again(id)) = done.first()
        && !(undoes && fault == Some(Fault::NoIdsForRollbacks))
    {
        told["transactionId"] = id.as_str().into();
    }
    // A refund tells no balance.
    if !undoes {
        tell_balance(operator, fault, (&user, &asks), &mut told);
    }
    Ok(told)
}

fn tell_balance(operator: &Operator, fault: Option<Fault>, (user, asks): (&str, &[Ask]), told: &mut Value) {
    let books = operator.books.lock().unwrap();
    let balance = match asks.last() {
        Some(last) => books.balance_told(user, last),
        None => books.balance(user),
    };
    let fault = fault.filter(|_| matches!(asks.first(), Some(Ask::Win { .. })));
    let is = |planted| fault == Some(planted);
    let more = if is(Fault::TellsFinerBalances) { "0001" } else { "" };
    let bonus = if is(Fault::TellsMoneyTwice) { balance } else { 0 };
    let currency = if is(Fault::AnswersAnother) { "USD" } else { "EUR" };
    told["currency"] = currency.into();
    told["cash"] = decimal::number(balance, more);
    told["bonus"] = decimal::number(bonus, "");
    if matches!(asks.first(), Some(Ask::Bet { .. })) {
        told["usedPromo"] = decimal::number(0, "");
    }
}

/// `hash` is of all that came but itself, by name, as it is meant.
fn proven(operator: &Operator, fault: Option<Fault>, body: &[u8], form: &Form) -> bool {
    let Some(hash) = form.text("hash") else {
        return false;
    };
    if fault == Some(Fault::TakesAnySignature) {
        return true;
    }
    let mut all = if fault == Some(Fault::EscapesOtherwise) {
        as_it_came(body)
    } else {
        form.0.clone()
    };
    all.retain(|(name, _)| name != "hash");
    if fault == Some(Fault::ProvesKnownFields) {
        all.retain(|(name, _)| KNOWN.contains(&name.as_str()));
    }
    if fault != Some(Fault::SortsNothing) {
        all.sort_unstable();
    }
    let all: Vec<_> = all
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let verified = operator
        .credential
        .verify_mac(Mac::Md5BeforeSecret, all.join("&").as_bytes(), hash, body);
    verified.is_some()
}

/// With the escapes of the form still in it.
fn as_it_came(body: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(body);
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

const KNOWN: [&str; 17] = [
    "amount",
    "bonusCode",
    "campaignId",
    "campaignType",
    "currency",
    "gameId",
    "jackpotId",
    "promoCampaignID",
    "promoWinAmount",
    "promoWinReference",
    "providerId",
    "reference",
    "roundDetails",
    "roundId",
    "timestamp",
    "token",
    "userId",
];

/// The player, and the launch where one is shown.
fn whose(
    operator: &Operator,
    fault: Option<Fault>,
    form: &Form,
) -> Result<(String, Option<String>), Refused> {
    let books = operator.books.lock().unwrap();
    let token = form.text("token");
    let of = token.map(|token| books.launches.get(token).ok_or((TOKEN, None)));
    let of = of.transpose()?;
    // Who sits down says no name.
    let user = form.text("userId").or(of.map(String::as_str));
    let user = user.ok_or((PARAMETERS, None))?;
    if !books.balances.contains_key(user) {
        return Err((PLAYER, None));
    }
    if of.is_some_and(|of| of != user) && fault != Some(Fault::TakesAnyToken) {
        return Err((TOKEN, None));
    }
    Ok((user.to_owned(), token.map(str::to_owned)))
}

fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// What is asked for: nothing where it is the balance. None of what cannot be read.
fn asked_for(fault: Option<Fault>, call: &str, form: &Form) -> Option<Vec<Ask>> {
    let text = |name: &str| form.text(name).map(str::to_owned);
    if call == "authenticate" {
        return text("token").map(|_| Vec::new());
    }
    text("userId")?;
    if call == "balance" {
        return Some(Vec::new());
    }
    let round = text("roundId");
    if fault == Some(Fault::RoundsAreNumbers) && round.as_ref().is_some_and(|round| round.len() > 32) {
        return None;
    }
    if call == "endRound" {
        return round.map(|_| Vec::new());
    }
    let id = text("reference")?;
    if call == "refund" {
        let own = if fault == Some(Fault::GivesBackTwice) {
            new_id()
        } else {
            format!("refund:{id}")
        };
        return Some(vec![Ask::Undo { id: own, of: id }]);
    }
    let careless = call != "bet" && fault == Some(Fault::TakesAnyWin);
    let amount = |name: &str| decimal::amount(fault, form.text(name)?, careless);
    let takes_any_currency = fault == Some(Fault::TakesAnyCurrency) || careless;
    let win = |id: String, round: String, amount: i64, promo: bool| Ask::Win {
        id,
        of: None,
        round,
        amount,
        promo,
    };
    Some(match call {
        "bet" => vec![Ask::Bet {
            id,
            round: round?,
            game: text("gameId")?,
            amount: amount("amount")?,
            free: form.text("bonusCode").is_some(),
        }],
        "result" => {
            let mut asks = vec![win(id, round?, amount("amount")?, false)];
            if form.text("promoWinAmount").is_some() && fault != Some(Fault::DropsPrizes) {
                let mut prize = text("promoWinReference")?;
                if fault == Some(Fault::PaysPrizesAgain) {
                    prize = new_id();
                }
                asks.push(win(prize, String::new(), amount("promoWinAmount")?, true));
            }
            asks
        }
        "jackpotWin" if fault == Some(Fault::PaysNoJackpots) => vec![win(id, round?, 0, true)],
        "jackpotWin" => vec![win(id, round?, amount("amount")?, true)],
        "promoWin" if form.text("currency") != Some("EUR") && !takes_any_currency => return None,
        "promoWin" => vec![win(id, text("campaignId")?, amount("amount")?, true)],
        _ => return None,
    })
}
