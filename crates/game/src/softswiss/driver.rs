//! SOFTSWISS's side of its protocol.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{basis::basis, policy::CONTRACT, signature};
use crate::{
    conformance::{Basis, Class, Driver, Heard, Message, Odd, Point, ProviderKey, Rule, Say, Seat, Telling},
    provider::ReplayBalance,
};

/// The provider's side.
pub(crate) fn driver(_: Option<&str>) -> Box<dyn Driver> {
    Box::new(SoftswissDriver)
}

struct SoftswissDriver;

impl Driver for SoftswissDriver {
    fn name(&self) -> &'static str {
        "softswiss"
    }

    fn phrase(&self, seat: &Seat, say: &Say) -> Result<Message, &'static str> {
        let report = |round: Option<&str>, finished: bool, actions: Value| {
            json!({
                "user_id": seat.user, "currency": seat.currency, "game": seat.game, "game_id": round,
                "session_id": seat.token, "finished": finished, "actions": actions,
            })
        };
        let play = |round: &str, finished: bool, actions: Value| {
            Message::json("/play", &report(Some(round), finished, actions))
        };
        Ok(match say {
            Say::Open => return Err("nothing is said when a player sits down"),
            Say::Jackpot { .. } => return Err("a jackpot is a win like any other"),
            Say::Balance => Message::json("/play", &report(None, false, json!([]))),
            Say::EndRound { round } => play(round, true, json!([])),
            Say::FreeBet { .. } => return Err("free spins are told once they are played, in one sum"),
            Say::PromoWin { id, amount, .. } => Message::json(
                "/freespins",
                &json!({ "issue_id": id, "status": "played", "total_amount": amount }),
            ),
            Say::Rollback { round, .. } => {
                let (action, _) = action(say).ok_or("a rollback")?;
                Message::json("/rollback", &report(Some(round), true, json!([action])))
            }
            Say::Together(all) => {
                let mut actions = Vec::new();
                let mut rounds = Vec::new();
                for each in all {
                    let (action, round) = action(each).ok_or("a call has bets and wins")?;
                    actions.push(action);
                    rounds.push(round);
                }
                let round = rounds.first().ok_or("a call has bets and wins")?;
                let undoes = |each: &Say| matches!(each, Say::Rollback { .. });
                if all.iter().all(undoes) {
                    Message::json("/rollback", &report(Some(round), true, Value::Array(actions)))
                } else {
                    play(round, false, Value::Array(actions))
                }
            }
            Say::Bet { .. } | Say::OddBet { .. } | Say::Win { .. } | Say::OddWin { .. } => {
                let (action, round) = action(say).ok_or("a bet or a win")?;
                let finished = matches!(say, Say::Win { .. } | Say::OddWin { .. });
                play(&round, finished, json!([action]))
            }
        })
    }

    fn sign(&self, key: &ProviderKey, _: &str, message: Message, _: OffsetDateTime) -> Message {
        match key {
            ProviderKey::Secret(secret) => {
                let proof = secret.prove(signature::MAC, &message.body);
                message.with_header(signature::HEADER, proof)
            }
            ProviderKey::Rsa(_) => message,
        }
    }

    fn hear(&self, http: u16, body: &[u8], _: &Seat) -> Heard {
        let told: Value = serde_json::from_slice(body).unwrap_or_default();
        let code = told["code"].as_u64();
        let class = match (http, code) {
            (200, None) if told["balance"].is_i64() => Class::Done,
            (412, Some(100)) => Class::NoFunds,
            (412, Some(101)) => Class::BadPlayer,
            (412, Some(105 | 106)) => Class::Limit,
            (412, Some(107)) => Class::BadGame,
            (412, Some(110)) => Class::Disabled,
            (412, Some(154)) => Class::BadCurrency,
            (412, Some(155)) => Class::Conflict,
            (412, Some(404)) => Class::NoReference,
            (400, Some(400)) => Class::BadRequest,
            (403, Some(403)) => Class::BadSignature,
            (500, Some(500)) => Class::Retry,
            _ => Class::Nonsense,
        };
        let transactions = told["transactions"].as_array().cloned().unwrap_or_default();
        Heard {
            http,
            class,
            code: match code {
                Some(code) => format!("{http} · {code}"),
                None => http.to_string(),
            },
            balance: told["balance"].as_i64(),
            was: None,
            operator_ids: transactions
                .iter()
                .filter_map(|each| each["tx_id"].as_str().map(str::to_owned))
                .collect(),
            amiss: Vec::new(),
        }
    }

    fn amiss(&self, asked: &Message, body: &[u8], _: &Seat, heard: &Heard) -> Vec<String> {
        let read = |body| serde_json::from_slice::<Value>(body).unwrap_or_default();
        let (asked, told) = (read(&asked.body), read(body));
        let mut telling = Telling::of(&told, heard.is_accepted());
        if heard.is_accepted() || heard.class == Class::NoFunds {
            telling.needs("balance", Value::is_i64);
        }
        if !heard.is_accepted() {
            return telling.amiss();
        }
        telling.again("game_id", &asked["game_id"]);
        // One for every action, in their order.
        let actions = asked["actions"].as_array().map_or(&[][..], Vec::as_slice);
        let transactions = told["transactions"].as_array().map_or(&[][..], Vec::as_slice);
        for (at, action) in actions.iter().enumerate() {
            let transaction = transactions.get(at).unwrap_or(&Value::Null);
            let mut of_action = Telling::of(transaction, true);
            of_action.again("action_id", &action["action_id"]);
            of_action.names("tx_id");
            for wrong in of_action.amiss() {
                telling.wrong(format!("of transaction {}: {wrong}", at + 1));
            }
        }
        if transactions.len() > actions.len() {
            telling.wrong("the answer has more transactions than there were actions".to_owned());
        }
        telling.amiss()
    }

    fn repeats_tell(&self) -> ReplayBalance {
        CONTRACT.replay_balance
    }

    fn basis(&self, rule: Rule) -> Basis {
        basis(rule)
    }

    fn wants(&self, point: Point) -> &'static [Class] {
        match point {
            Point::Repeat
            | Point::RepeatOfWin
            | Point::RepeatOfPromotion
            | Point::LateBet
            | Point::UnknownRollback
            | Point::SecondRollback
            | Point::WinWithoutBet
            | Point::WinOfUndone
            | Point::RollbackOfSettled => &[Class::Done],
            Point::Conflict | Point::ConflictOfWin => &[Class::Conflict],
            Point::RollbackOfSpent => &[Class::NoFunds],
            Point::UnknownToken | Point::UnknownPlayer | Point::Expired => &[Class::BadPlayer],
            Point::Disabled | Point::BrandClosed => &[Class::Disabled],
            Point::UnknownGame => &[Class::BadGame],
            Point::ForeignCurrency => &[Class::BadCurrency],
            Point::OddAmount | Point::Malformed => &[Class::BadRequest],
            Point::Signature => &[Class::BadSignature],
            Point::Limit => &[Class::Limit],
        }
    }

    fn wins_name_bets(&self) -> bool {
        false
    }

    fn promotions_name_currency(&self) -> bool {
        false
    }

    fn promotions_are_issued(&self) -> bool {
        true
    }

    fn shows_token(&self) -> bool {
        false
    }
}

/// An action, and its round.
fn action(say: &Say) -> Option<(Value, String)> {
    Some(match say {
        Say::Bet { id, round, amount } => (
            json!({ "action": "bet", "action_id": id, "amount": amount }),
            round.clone(),
        ),
        Say::OddBet { id, round, odd } => (
            json!({ "action": "bet", "action_id": id, "amount": odd_amount(*odd) }),
            round.clone(),
        ),
        Say::OddWin { id, round, odd, .. } => (
            json!({ "action": "win", "action_id": id, "amount": odd_amount(*odd) }),
            round.clone(),
        ),
        Say::Win {
            id, round, amount, ..
        } => (
            json!({ "action": "win", "action_id": id, "amount": amount }),
            round.clone(),
        ),
        Say::Rollback { id, of, round, .. } => (
            json!({ "action": "rollback", "action_id": id, "original_action_id": of }),
            round.clone(),
        ),
        _ => return None,
    })
}

fn odd_amount(odd: Odd) -> Value {
    match odd {
        Odd::Negative => json!(-100),
        Odd::TooPrecise => serde_json::from_str("100.5").unwrap_or_default(),
        Odd::TooLarge => json!(u64::MAX),
        Odd::Word => json!("ten"),
    }
}
