//! Evolution's side of its protocol.

use croupier_brand::Currency;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{basis::basis, policy::CONTRACT, token};
use crate::{
    conformance::{
        Basis, Class, Driver, Heard, Message, Odd, Point, ProviderKey, Rule, Say, Seat, Telling, Undoes,
    },
    provider::{ReplayBalance, json::Object},
};

/// The provider's side.
pub(crate) fn driver(_: Option<&str>) -> Box<dyn Driver> {
    Box::new(EvolutionDriver)
}

struct EvolutionDriver;

impl Driver for EvolutionDriver {
    fn name(&self) -> &'static str {
        "evolution"
    }

    fn phrase(&self, seat: &Seat, say: &Say) -> Result<Message, &'static str> {
        Ok(match say {
            Say::Open => message("/check", told(seat, "")),
            Say::Jackpot { .. } => return Err("a jackpot is a win like any other"),
            Say::Balance => message("/balance", told(seat, "")),
            Say::Bet { id, round, amount } => trade(seat, "/debit", (id, id, round), &decimal(seat, *amount)),
            Say::OddBet { id, round, odd } => trade(seat, "/debit", (id, id, round), odd_amount(*odd)),
            Say::Win {
                id,
                bet,
                round,
                amount,
            } => trade(seat, "/credit", (id, bet, round), &decimal(seat, *amount)),
            Say::OddWin { id, bet, round, odd } => trade(seat, "/credit", (id, bet, round), odd_amount(*odd)),
            Say::Rollback {
                undoes: Undoes::Win, ..
            } => return Err("only bets are cancelled"),
            Say::Rollback {
                id,
                of,
                round,
                amount,
                ..
            } => trade(seat, "/cancel", (id, of, round), &decimal(seat, *amount)),
            Say::PromoWin { id, amount, .. } => {
                let promo = format!(
                    r#","promoTransaction":{{"type":"FreeRoundPlayableSpent","id":{},"amount":{}}}"#,
                    json!(id),
                    decimal(seat, *amount)
                );
                message("/promo_payout", told(seat, &promo))
            }
            Say::FreeBet { .. } => return Err("free rounds are told once they are played, in one sum"),
            Say::Together(_) => return Err("a call is one transaction"),
            Say::EndRound { .. } => return Err("every bet is credited or cancelled by itself"),
        })
    }

    fn sign(&self, key: &ProviderKey, _: &str, message: Message, _: OffsetDateTime) -> Message {
        match key {
            ProviderKey::Secret(secret) => Message {
                path: token::with(&message.path, &secret.prove(token::MAC, &[])),
                ..message
            },
            ProviderKey::Rsa(_) => message,
        }
    }

    fn hear(&self, http: u16, body: &[u8], seat: &Seat) -> Heard {
        let told: Value = serde_json::from_slice(body).unwrap_or_default();
        let status = told["status"].as_str().unwrap_or("none").to_owned();
        let class = match (http, status.as_str()) {
            (200, "OK") => Class::Done,
            (200, "BET_ALREADY_EXIST") => Class::Repeated,
            (200, "BET_ALREADY_SETTLED") => Class::Settled,
            (200, "BET_DOES_NOT_EXIST") => Class::NoReference,
            (200, "INSUFFICIENT_FUNDS") => Class::NoFunds,
            (200, "INVALID_TOKEN_ID") => Class::BadSignature,
            (200, "INVALID_SID") => Class::BadToken,
            (200, "INVALID_PARAMETER") => Class::BadRequest,
            (200, "ACCOUNT_LOCKED") => Class::Disabled,
            // One word for whatever is final.
            (200, "FINAL_ERROR_ACTION_FAILED") => Class::Conflict,
            (200, "TEMPORARY_ERROR" | "OPERATION_IN_PROCESS") => Class::Retry,
            _ => Class::Nonsense,
        };
        let balance = || {
            let fields = Object::parse(body).ok()?;
            let currency = Currency::parse(&seat.currency).ok()?;
            currency.parse_amount(fields.number_text("balance").ok()?).ok()
        };
        Heard {
            http,
            class,
            code: status,
            balance: balance(),
            was: None,
            operator_ids: Vec::new(),
            amiss: Vec::new(),
        }
    }

    fn amiss(&self, asked: &Message, body: &[u8], _: &Seat, heard: &Heard) -> Vec<String> {
        let read = |body| serde_json::from_slice::<Value>(body).unwrap_or_default();
        let (said, told) = (read(&asked.body), read(body));
        let call = asked.path.split('?').next().unwrap_or_default();
        let mut telling = Telling::of(&told, heard.is_accepted());
        telling.again("uuid", &said["uuid"]);
        if call != "/check" && (heard.is_accepted() || heard.class == Class::NoFunds) {
            telling.needs("balance", |_| heard.balance.is_some());
        }
        if call == "/check" {
            telling.names("sid");
        }
        if heard.is_accepted() && call != "/check" {
            telling.tells("bonus", Value::is_number);
            if call != "/balance" {
                telling.tells("retransmission", Value::is_boolean);
            }
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
            Point::Repeat => &[Class::Repeated],
            Point::RepeatOfWin | Point::ConflictOfWin => &[Class::Settled],
            Point::RepeatOfPromotion => &[Class::Done],
            Point::SecondRollback => &[Class::Settled, Class::Done],
            Point::RollbackOfSettled | Point::WinOfUndone | Point::RollbackOfSpent => &[Class::Settled],
            Point::UnknownRollback | Point::WinWithoutBet => &[Class::NoReference],
            Point::UnknownToken | Point::Expired => &[Class::BadToken],
            Point::Disabled => &[Class::Disabled],
            Point::Conflict | Point::LateBet | Point::UnknownGame | Point::BrandClosed | Point::Limit => {
                &[Class::Conflict]
            }
            Point::UnknownPlayer | Point::ForeignCurrency | Point::OddAmount | Point::Malformed => {
                &[Class::BadRequest]
            }
            Point::Signature => &[Class::BadSignature],
        }
    }

    fn ids(&self, say: &Say) -> Vec<String> {
        match say {
            Say::Bet { id, .. } | Say::OddBet { id, .. } | Say::FreeBet { id, .. } => {
                vec![format!("debit:{id}")]
            }
            Say::Win { bet, .. } | Say::OddWin { bet, .. } => vec![format!("credit:{bet}")],
            Say::Rollback { of, .. } => vec![format!("cancel:{of}")],
            Say::PromoWin { id, .. } | Say::Jackpot { id, .. } => vec![format!("promo:{id}")],
            Say::Open | Say::Balance | Say::EndRound { .. } => Vec::new(),
            Say::Together(all) => all.iter().flat_map(|each| self.ids(each)).collect(),
        }
    }

    fn signs_bodies(&self) -> bool {
        false
    }

    fn proves_in_addresses(&self) -> bool {
        true
    }

    fn bets_are_won_once(&self) -> bool {
        true
    }
}

/// A call's document: what every call says, and `more`. Numbers are written as they are meant, not as a float has them.
fn told(seat: &Seat, more: &str) -> String {
    format!(
        r#"{{"sid":{},"userId":{},"uuid":"{}","currency":{},"channel":{{"type":"P"}}{more}}}"#,
        json!(seat.token),
        json!(seat.user),
        Uuid::new_v4(),
        json!(seat.currency),
    )
}

fn trade(seat: &Seat, path: &str, (id, reference, round): (&str, &str, &str), amount: &str) -> Message {
    let more = format!(
        r#","game":{{"id":{},"type":"roulette","details":{{"table":{{"id":{},"vid":null}}}}}},"transaction":{{"id":{},"refId":{},"amount":{amount}}}"#,
        json!(round),
        json!(seat.game),
        json!(id),
        json!(reference),
    );
    message(path, told(seat, &more))
}

fn message(path: &str, document: String) -> Message {
    Message {
        body: document.into_bytes(),
        ..Message::json(path, &Value::Null)
    }
}

fn decimal(seat: &Seat, minor: i64) -> String {
    Currency::parse(&seat.currency).map_or_else(|_| minor.to_string(), |currency| currency.format(minor))
}

fn odd_amount(odd: Odd) -> &'static str {
    match odd {
        Odd::Negative => "-1.00",
        Odd::TooPrecise => "1.001",
        Odd::TooLarge => "18446744073709551615.00",
        Odd::Word => "\"ten\"",
    }
}
