//! Hub88's side of Hub88's protocol.

use aws_lc_rs::digest;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    PROVIDER,
    basis::basis,
    policy::CONTRACT,
    signature,
    simulator::{self, Bet, Launch, Win, bet_body, rollback_body, win_body},
    wire::Status,
};
use crate::{
    conformance::{Basis, Class, Driver, Heard, Message, Odd, Point, ProviderKey, Rule, Say, Seat, Telling},
    provider::ReplayBalance,
};

/// One minor unit of a currency with two digits is a thousand of Hub88's.
const SCALE: u32 = 5;

/// Hub88's side.
pub(crate) fn driver(_: Option<&str>) -> Box<dyn Driver> {
    Box::new(Hub88Driver)
}

struct Hub88Driver;

impl Driver for Hub88Driver {
    fn name(&self) -> &'static str {
        PROVIDER
    }

    fn phrase(&self, seat: &Seat, say: &Say) -> Result<Message, &'static str> {
        let launch = launch(seat);
        let bet = |id: &str, round: &str, amount: i64| Bet {
            transaction: id.to_owned(),
            round: round.to_owned(),
            amount: scaled(seat, amount),
            is_free: false,
        };
        Ok(match say {
            Say::Open => return Err("nothing is said when a player sits down"),
            Say::Jackpot { .. } => return Err("a jackpot is a win like any other"),
            Say::Balance => Message::json(
                "/user/balance",
                &json!({ "user": seat.user, "token": seat.token, "game_code": seat.game, "request_uuid": Uuid::new_v4() }),
            ),
            Say::Bet { id, round, amount } => {
                Message::json("/transaction/bet", &bet_body(&launch, &bet(id, round, *amount)))
            }
            Say::FreeBet { id, round, amount } => {
                let free = Bet {
                    is_free: true,
                    ..bet(id, round, *amount)
                };
                Message::json("/transaction/bet", &bet_body(&launch, &free))
            }
            Say::OddBet { id, round, odd } => {
                let mut body = bet_body(&launch, &bet(id, round, 100));
                body["amount"] = odd_amount(*odd);
                Message::json("/transaction/bet", &body)
            }
            Say::Win {
                id,
                bet,
                round,
                amount,
            } => {
                let win = Win {
                    transaction: id.clone(),
                    reference: Some(bet.clone()),
                    round: round.clone(),
                    amount: scaled(seat, *amount),
                    is_supplier_promo: false,
                };
                Message::json("/transaction/win", &win_body(&launch, &win))
            }
            Say::OddWin { id, bet, round, odd } => {
                let win = Win {
                    transaction: id.clone(),
                    reference: Some(bet.clone()),
                    round: round.clone(),
                    amount: 0,
                    is_supplier_promo: false,
                };
                let mut body = win_body(&launch, &win);
                body["amount"] = odd_amount(*odd);
                Message::json("/transaction/win", &body)
            }
            Say::PromoWin { id, round, amount } => {
                let win = Win {
                    transaction: id.clone(),
                    reference: None,
                    round: round.clone(),
                    amount: scaled(seat, *amount),
                    is_supplier_promo: true,
                };
                Message::json("/transaction/win", &win_body(&launch, &win))
            }
            Say::Rollback { id, of, round, .. } => {
                let rollback = simulator::Rollback {
                    transaction: id.clone(),
                    reference: of.clone(),
                    round: round.clone(),
                };
                Message::json("/transaction/rollback", &rollback_body(&launch, &rollback))
            }
            Say::Together(_) => return Err("a call is one transaction"),
            Say::EndRound { .. } => return Err("a round ends with a bet or win that says round_closed"),
        })
    }

    fn sign(&self, key: &ProviderKey, _: &str, message: Message, _: OffsetDateTime) -> Message {
        match key {
            ProviderKey::Rsa(rsa) => {
                let signature = rsa.sign(&message.body).unwrap_or_default();
                message.with_header(signature::HEADER, signature)
            }
            ProviderKey::Secret(_) => message,
        }
    }

    fn hear(&self, http: u16, body: &[u8], seat: &Seat) -> Heard {
        let told: Value = serde_json::from_slice(body).unwrap_or_default();
        let status = serde_json::from_value::<Status>(told["status"].clone()).ok();
        let digits = croupier_brand::Currency::parse(&seat.currency).ok();
        Heard {
            http,
            class: status.filter(|_| http == 200).map_or(Class::Nonsense, class),
            code: status.map_or_else(|| "none".to_owned(), |status| status.as_str().to_owned()),
            balance: told["balance"]
                .as_i64()
                .zip(digits)
                .and_then(|(balance, currency)| currency.from_scaled(balance, SCALE).ok()),
            was: None,
            operator_ids: Vec::new(),
            amiss: Vec::new(),
        }
    }

    fn amiss(&self, asked: &Message, body: &[u8], seat: &Seat, heard: &Heard) -> Vec<String> {
        let read = |body| serde_json::from_slice::<Value>(body).unwrap_or_default();
        let (asked, told) = (read(&asked.body), read(body));
        let mut telling = Telling::of(&told, heard.is_accepted());
        telling.again("user", &asked["user"]);
        telling.again("request_uuid", &asked["request_uuid"]);
        if heard.is_accepted() {
            telling.again("currency", &json!(seat.currency));
        }
        if heard.is_accepted() || heard.class == Class::NoFunds {
            telling.needs("balance", |_| heard.balance.is_some());
        }
        telling.amiss()
    }

    fn repeats_tell(&self) -> ReplayBalance {
        CONTRACT.replay_balance
    }

    /// Transactions' ids are UUIDs, and operators may keep them as such.
    fn id(&self, run: &str, name: &str) -> String {
        let made = digest::digest(&digest::SHA256, format!("{run}-{name}").as_bytes());
        let bytes: [u8; 16] = std::array::from_fn(|at| made.as_ref().get(at).copied().unwrap_or_default());
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    fn basis(&self, rule: Rule) -> Basis {
        basis(rule)
    }

    fn wants(&self, point: Point) -> &'static [Class] {
        match point {
            Point::Repeat
            | Point::RepeatOfWin
            | Point::RepeatOfPromotion
            | Point::UnknownRollback
            | Point::SecondRollback
            | Point::RollbackOfSettled => &[Class::Done],
            Point::Conflict | Point::ConflictOfWin => &[Class::Conflict],
            Point::LateBet | Point::WinWithoutBet | Point::WinOfUndone => &[Class::NoReference],
            Point::RollbackOfSpent => &[Class::NoFunds],
            Point::UnknownToken | Point::UnknownPlayer => &[Class::BadToken],
            Point::Expired => &[Class::Expired],
            Point::Disabled => &[Class::Disabled],
            Point::UnknownGame => &[Class::BadGame],
            Point::BrandClosed => &[Class::Closed],
            Point::ForeignCurrency => &[Class::BadCurrency],
            Point::OddAmount | Point::Malformed => &[Class::BadRequest],
            Point::Signature => &[Class::BadSignature],
            Point::Limit => &[Class::Limit],
        }
    }
}

fn launch(seat: &Seat) -> Launch {
    Launch {
        user: seat.user.clone(),
        token: seat.token.clone(),
        game_code: seat.game.clone(),
        currency: seat.currency.clone(),
    }
}

fn scaled(seat: &Seat, minor: i64) -> i64 {
    let currency = croupier_brand::Currency::parse(&seat.currency).ok();
    currency
        .and_then(|currency| currency.to_scaled(minor, SCALE).ok())
        .unwrap_or(minor.saturating_mul(1_000))
}

fn odd_amount(odd: Odd) -> Value {
    match odd {
        Odd::Negative => json!(-100_000),
        Odd::TooPrecise => json!(100_001),
        Odd::TooLarge => json!(u64::MAX),
        Odd::Word => json!("ten"),
    }
}

fn class(status: Status) -> Class {
    match status {
        Status::Ok => Class::Done,
        Status::Unknown => Class::Retry,
        Status::InvalidPartner => Class::Closed,
        Status::InvalidToken => Class::BadToken,
        Status::InvalidGame => Class::BadGame,
        Status::WrongCurrency => Class::BadCurrency,
        Status::NotEnoughMoney => Class::NoFunds,
        Status::UserDisabled => Class::Disabled,
        Status::InvalidSignature => Class::BadSignature,
        Status::TokenExpired => Class::Expired,
        Status::WrongSyntax | Status::WrongTypes => Class::BadRequest,
        Status::DuplicateTransaction => Class::Conflict,
        Status::TransactionDoesNotExist => Class::NoReference,
        Status::LimitReached => Class::Limit,
    }
}
