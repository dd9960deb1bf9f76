//! Spribe's side of its protocol.

use croupier_brand::Currency;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{basis::basis, mapping::scale, policy::CONTRACT, signature};
use crate::{
    conformance::{
        Basis, Class, Driver, Heard, Message, Odd, Point, ProviderKey, Rule, Say, Seat, Telling, Undoes,
    },
    provider::ReplayBalance,
};

/// The provider's side.
pub(crate) fn driver(business: Option<&str>) -> Box<dyn Driver> {
    Box::new(SpribeDriver {
        client: business.unwrap_or("croupier").to_owned(),
    })
}

struct SpribeDriver {
    /// The client's id.
    client: String,
}

impl Driver for SpribeDriver {
    fn name(&self) -> &'static str {
        "spribe"
    }

    fn phrase(&self, seat: &Seat, say: &Say) -> Result<Message, &'static str> {
        let document = |id: &str, round: &str, action: &str, amount: Value| {
            json!({
                "user_id": seat.user, "currency": seat.currency, "amount": amount, "provider": "provider-of-the-game", "provider_tx_id": id,
                "game": seat.game, "action": action, "action_id": round, "session_token": session(seat), "platform": "desktop",
            })
        };
        let with = |mut document: Value, field: &str, value: &str| {
            document[field] = json!(value);
            document
        };
        Ok(match say {
            Say::Open => Message::json(
                "/auth",
                &json!({
                    "user_token": seat.token, "session_token": session(seat), "platform": "desktop", "currency": seat.currency,
                }),
            ),
            Say::Jackpot { .. } => return Err("a jackpot is a win like any other"),
            Say::Balance => Message::json(
                "/info",
                &json!({ "user_id": seat.user, "session_token": session(seat), "currency": seat.currency }),
            ),
            Say::Bet { id, round, amount } => {
                Message::json("/withdraw", &document(id, round, "bet", scaled(seat, *amount)))
            }
            Say::OddBet { id, round, odd } => {
                Message::json("/withdraw", &document(id, round, "bet", odd_amount(*odd)))
            }
            Say::Win {
                id,
                bet,
                round,
                amount,
            } => {
                let win = document(id, round, "win", scaled(seat, *amount));
                Message::json("/deposit", &with(win, "withdraw_provider_tx_id", bet))
            }
            Say::OddWin { id, bet, round, odd } => {
                let win = document(id, round, "win", odd_amount(*odd));
                Message::json("/deposit", &with(win, "withdraw_provider_tx_id", bet))
            }
            Say::PromoWin { id, round, amount } => {
                Message::json("/deposit", &document(id, round, "freebet", scaled(seat, *amount)))
            }
            Say::Rollback {
                id,
                of,
                round,
                undoes,
                amount,
            } => {
                let action = match undoes {
                    Undoes::Bet => "bet",
                    Undoes::Win => "win",
                };
                let mut undo = document(id, round, action, scaled(seat, *amount));
                if let Some(fields) = undo.as_object_mut() {
                    fields.remove("currency");
                    fields.remove("platform");
                }
                Message::json("/rollback", &with(undo, "rollback_provider_tx_id", of))
            }
            Say::FreeBet { .. } => return Err("of a free bet only what it wins is told"),
            Say::Together(_) => return Err("a call is one transaction"),
            Say::EndRound { .. } => return Err("a round's end is not told"),
        })
    }

    fn sign(&self, key: &ProviderKey, prefix: &str, message: Message, at: OffsetDateTime) -> Message {
        match key {
            ProviderKey::Secret(secret) => {
                let time = at.unix_timestamp().to_string();
                let target = format!("{}{}", prefix.trim_end_matches('/'), message.path);
                let proof = secret.prove(signature::MAC, &signature::message(&time, &target, &message.body));
                message
                    .with_header("x-spribe-client-id", self.client.as_str())
                    .with_header(signature::TIME, time)
                    .with_header(signature::HEADER, proof)
            }
            ProviderKey::Rsa(_) => message,
        }
    }

    fn hear(&self, http: u16, body: &[u8], seat: &Seat) -> Heard {
        let told: Value = serde_json::from_slice(body).unwrap_or_default();
        let (code, data) = (told["code"].as_u64(), &told["data"]);
        let balance = data["balance"].as_i64().or_else(|| data["new_balance"].as_i64());
        let class = match (http, code) {
            (200, Some(200)) if balance.is_some() => Class::Done,
            (200, Some(401)) => Class::BadToken,
            (200, Some(402)) => Class::NoFunds,
            (200, Some(403)) => Class::Expired,
            (200, Some(405)) => Class::BadRequest,
            (200, Some(408)) => Class::NoReference,
            (200, Some(409)) => Class::Repeated,
            (200, Some(413)) => Class::BadSignature,
            (200, Some(500)) => Class::Retry,
            _ => Class::Nonsense,
        };
        let minor = |balance| {
            let currency = Currency::parse(&seat.currency).ok()?;
            currency.from_scaled(balance, scale(currency)).ok()
        };
        Heard {
            http,
            class,
            code: code.map_or_else(|| "none".to_owned(), |code| code.to_string()),
            balance: balance.and_then(minor),
            was: data["old_balance"].as_i64().and_then(minor),
            operator_ids: data["operator_tx_id"]
                .as_str()
                .map(str::to_owned)
                .into_iter()
                .collect(),
            amiss: Vec::new(),
        }
    }

    fn amiss(&self, asked: &Message, body: &[u8], seat: &Seat, heard: &Heard) -> Vec<String> {
        let read = |body| serde_json::from_slice::<Value>(body).unwrap_or_default();
        let (asked, told) = (read(&asked.body), read(body));
        let mut telling = Telling::of(&told["data"], heard.is_accepted());
        // Who sits down shows a token; whose it is, the answer tells.
        telling.again("user_id", &json!(seat.user));
        telling.again("provider_tx_id", &asked["provider_tx_id"]);
        telling.again("provider", &asked["provider"]);
        if heard.is_accepted() {
            telling.again("currency", &json!(seat.currency));
        }
        if heard.is_accepted() && asked["provider_tx_id"].is_string() {
            telling.names("operator_tx_id");
            telling.tells("old_balance", |_| heard.was.is_some());
            telling.tells("new_balance", |_| heard.balance.is_some());
        } else if heard.is_accepted() || heard.class == Class::NoFunds {
            telling.needs("balance", |_| heard.balance.is_some());
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
            Point::Repeat | Point::RepeatOfWin | Point::RepeatOfPromotion => &[Class::Repeated],
            Point::SecondRollback => &[Class::Done, Class::Repeated],
            Point::RollbackOfSettled => &[Class::Done],
            Point::UnknownRollback | Point::WinWithoutBet | Point::WinOfUndone => &[Class::NoReference],
            Point::RollbackOfSpent => &[Class::NoFunds],
            Point::UnknownToken | Point::UnknownPlayer => &[Class::BadToken],
            Point::Expired => &[Class::Expired],
            // One code for whatever is not to be repeated.
            Point::Conflict
            | Point::ConflictOfWin
            | Point::LateBet
            | Point::Disabled
            | Point::UnknownGame
            | Point::BrandClosed
            | Point::ForeignCurrency
            | Point::OddAmount
            | Point::Malformed
            | Point::Limit => &[Class::BadRequest],
            Point::Signature => &[Class::BadSignature],
        }
    }

    fn shows_token(&self) -> bool {
        false
    }

    fn outlives_its_time(&self) -> Result<(), &'static str> {
        Ok(())
    }

    fn proves_in_addresses(&self) -> bool {
        true
    }
}

/// The provider's own name of what the launch's token opened.
fn session(seat: &Seat) -> String {
    format!("kit-{}", seat.token)
}

fn scaled(seat: &Seat, minor: i64) -> Value {
    let currency = Currency::parse(&seat.currency).ok();
    let scaled = currency.and_then(|currency| currency.to_scaled(minor, scale(currency)).ok());
    json!(scaled.unwrap_or(minor))
}

fn odd_amount(odd: Odd) -> Value {
    match odd {
        Odd::Negative => json!(-1_000),
        Odd::TooPrecise => json!(1_001),
        Odd::TooLarge => json!(u64::MAX),
        Odd::Word => json!("ten"),
    }
}
