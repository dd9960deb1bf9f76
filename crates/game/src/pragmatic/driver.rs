//! Pragmatic Play's side of its protocol.

use aws_lc_rs::digest;
use croupier_brand::Currency;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use time::OffsetDateTime;

use super::{basis::basis, policy::CONTRACT, signature};
use crate::{
    conformance::{
        Basis, Class, Driver, Heard, Message, Odd, Point, ProviderKey, Rule, Say, Seat, Telling, Undoes,
    },
    provider::{
        ReplayBalance,
        form::{self, Form},
    },
};

/// The provider's side.
pub(crate) fn driver(business: Option<&str>) -> Box<dyn Driver> {
    Box::new(PragmaticDriver {
        provider: business.unwrap_or("PragmaticPlay").to_owned(),
    })
}

struct PragmaticDriver {
    /// What the operator knows the provider by.
    provider: String,
}

#[derive(Default, Deserialize)]
struct Told {
    error: Option<u16>,
    #[serde(rename = "transactionId")]
    transaction_id: Option<String>,
    cash: Option<Box<RawValue>>,
    bonus: Option<Box<RawValue>>,
}

impl Told {
    /// What can be staked: a stake may come of either.
    fn balance(&self, currency: Currency) -> Option<i64> {
        let read = |part: &RawValue| currency.parse_amount(part.get()).ok();
        let cash = read(self.cash.as_deref()?)?;
        let bonus = self.bonus.as_deref().map_or(Some(0), read)?;
        cash.checked_add(bonus)
    }
}

impl Driver for PragmaticDriver {
    fn name(&self) -> &'static str {
        "pragmatic"
    }

    fn phrase(&self, seat: &Seat, say: &Say) -> Result<Message, &'static str> {
        let decimal = |minor: i64| {
            let currency = Currency::parse(&seat.currency).ok();
            currency.map_or_else(|| minor.to_string(), |currency| currency.format(minor))
        };
        let call = |name: &str, more: &[(&str, &str)]| {
            let common = [
                ("providerId", self.provider.as_str()),
                ("userId", seat.user.as_str()),
                ("token", seat.token.as_str()),
            ];
            form_message(name, common.into_iter().chain(more.iter().copied()))
        };
        let of_round = |name: &str, id: &str, round: &str, amount: &str| {
            let more = [
                ("gameId", seat.game.as_str()),
                ("roundId", round),
                ("amount", amount),
                ("reference", id),
                ("timestamp", "1482429190374"),
                ("roundDetails", "spin"),
            ];
            call(name, &more)
        };
        Ok(match say {
            Say::Open => {
                let shown = [("providerId", self.provider.as_str()), ("token", &seat.token)];
                form_message("authenticate", shown)
            }
            Say::Balance => call("balance", &[]),
            Say::Bet { id, round, amount } => of_round("bet", id, round, &decimal(*amount)),
            Say::FreeBet { id, round, amount } => {
                // What the free round is worth, which nobody stakes: the bonus says so.
                let amount = decimal(*amount);
                let more = [
                    ("gameId", seat.game.as_str()),
                    ("roundId", round.as_str()),
                    ("amount", amount.as_str()),
                    ("reference", id.as_str()),
                    ("bonusCode", "free-rounds"),
                ];
                call("bet", &more)
            }
            Say::OddBet { id, round, odd } => of_round("bet", id, round, odd_amount(*odd)),
            Say::OddWin { id, round, odd, .. } => of_round("result", id, round, odd_amount(*odd)),
            Say::Win {
                id, round, amount, ..
            } => of_round("result", id, round, &decimal(*amount)),
            Say::Jackpot { id, round, amount } => {
                let amount = decimal(*amount);
                let more = [
                    ("gameId", seat.game.as_str()),
                    ("roundId", round.as_str()),
                    ("jackpotId", "11"),
                    ("amount", amount.as_str()),
                    ("reference", id.as_str()),
                ];
                call("jackpotWin", &more)
            }
            Say::PromoWin { id, amount, .. } => {
                let amount = decimal(*amount);
                let more = [
                    ("providerId", self.provider.as_str()),
                    ("userId", seat.user.as_str()),
                    ("campaignId", "77"),
                    ("campaignType", "T"),
                    ("amount", amount.as_str()),
                    ("currency", seat.currency.as_str()),
                    ("reference", id.as_str()),
                ];
                form_message("promoWin", more)
            }
            Say::Rollback {
                undoes: Undoes::Win, ..
            } => return Err("a win is never undone"),
            Say::Rollback { of, round, .. } => call(
                "refund",
                &[("reference", of), ("roundId", round), ("gameId", &seat.game)],
            ),
            Say::EndRound { round } => call("endRound", &[("gameId", &seat.game), ("roundId", round)]),
            Say::Together(all) => {
                let [
                    Say::Win {
                        id, round, amount, ..
                    },
                    Say::PromoWin {
                        id: prize,
                        amount: given,
                        ..
                    },
                ] = all.as_slice()
                else {
                    return Err("a call has one transaction of a round, and a result may bring a prize");
                };
                let (amount, given) = (decimal(*amount), decimal(*given));
                let more = [
                    ("gameId", seat.game.as_str()),
                    ("roundId", round.as_str()),
                    ("amount", amount.as_str()),
                    ("reference", id.as_str()),
                    ("promoWinAmount", given.as_str()),
                    ("promoWinReference", prize.as_str()),
                    ("promoCampaignID", "77"),
                ];
                call("result", &more)
            }
        })
    }

    fn sign(&self, key: &ProviderKey, _: &str, mut message: Message, _: OffsetDateTime) -> Message {
        let told = Form::parse(&message.body).ok();
        let hashed = told.and_then(|told| signature::message(&told, false));
        if let (ProviderKey::Secret(secret), Some(hashed)) = (key, hashed) {
            let hash = secret.prove(signature::MAC, hashed.as_bytes());
            message
                .body
                .extend(format!("&{}={hash}", signature::HASH).bytes());
        }
        message
    }

    fn hear(&self, http: u16, body: &[u8], seat: &Seat) -> Heard {
        let told: Told = serde_json::from_slice(body).unwrap_or_default();
        let currency = Currency::parse(&seat.currency).ok();
        Heard {
            http,
            class: told.error.filter(|_| http == 200).map_or(Class::Nonsense, class),
            code: told
                .error
                .map_or_else(|| "none".to_owned(), |error| error.to_string()),
            balance: currency.and_then(|currency| told.balance(currency)),
            was: None,
            operator_ids: told.transaction_id.into_iter().collect(),
            amiss: Vec::new(),
        }
    }

    fn amiss(&self, asked: &Message, body: &[u8], seat: &Seat, heard: &Heard) -> Vec<String> {
        let told: Value = serde_json::from_slice(body).unwrap_or_default();
        let call = asked.path.trim_matches('/').trim_end_matches(".html");
        let mut telling = Telling::of(&told, true);
        if heard.class == Class::NoFunds {
            telling.tells("cash", Value::is_number);
        }
        if !heard.is_accepted() {
            return telling.amiss();
        }
        if matches!(call, "bet" | "result" | "promoWin" | "jackpotWin" | "refund") {
            telling.names("transactionId");
        }
        // Calls name the player as the first one was answered.
        if call == "authenticate" {
            telling.again("userId", &json!(seat.user));
        }
        // A refund is told no balance.
        if call != "refund" {
            telling.tells("cash", Value::is_number);
            telling.tells("bonus", Value::is_number);
            if told["cash"].is_number() && told["bonus"].is_number() && heard.balance.is_none() {
                telling.wrong("the answer's cash and bonus are no amounts of the currency".to_owned());
            }
        }
        if matches!(
            call,
            "authenticate" | "balance" | "bet" | "result" | "promoWin" | "jackpotWin"
        ) {
            telling.again("currency", &json!(seat.currency));
        }
        telling.amiss()
    }

    fn repeats_tell(&self) -> ReplayBalance {
        CONTRACT.replay_balance
    }

    /// Rounds are whole numbers.
    fn round(&self, run: &str, name: &str) -> String {
        let made = digest::digest(&digest::SHA256, format!("{run}-{name}").as_bytes());
        let number = made
            .as_ref()
            .iter()
            .take(6)
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        number.to_string()
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
            | Point::WinWithoutBet
            | Point::WinOfUndone
            | Point::RollbackOfSettled => &[Class::Done],
            Point::Conflict | Point::ConflictOfWin | Point::LateBet => &[Class::Conflict],
            Point::RollbackOfSpent => &[Class::NoFunds],
            Point::UnknownToken | Point::Expired => &[Class::BadToken],
            Point::UnknownPlayer => &[Class::BadPlayer],
            Point::Disabled => &[Class::Disabled],
            Point::UnknownGame => &[Class::BadGame],
            Point::BrandClosed => &[Class::Closed],
            Point::ForeignCurrency | Point::OddAmount | Point::Malformed => &[Class::BadRequest],
            Point::Signature => &[Class::BadSignature],
            Point::Limit => &[Class::Limit],
        }
    }

    fn wins_name_bets(&self) -> bool {
        false
    }

    fn refunds_are_of_bets(&self) -> bool {
        true
    }

    fn bets_name_currency(&self) -> bool {
        false
    }

    fn rollbacks_have_ids(&self) -> bool {
        false
    }

    /// A refund is booked under what it undoes.
    fn ids(&self, say: &Say) -> Vec<String> {
        match say {
            Say::Rollback { of, .. } => vec![format!("refund:{of}")],
            _ => say.ids(),
        }
    }
}

fn form_message<'p>(call: &str, parameters: impl IntoIterator<Item = (&'p str, &'p str)>) -> Message {
    Message {
        path: format!("/{call}.html"),
        headers: vec![(
            "content-type".to_owned(),
            "application/x-www-form-urlencoded".to_owned(),
        )],
        body: form::write(parameters).into_bytes(),
    }
}

fn class(error: u16) -> Class {
    match error {
        0 => Class::Done,
        1 => Class::NoFunds,
        2 => Class::BadPlayer,
        3 => Class::Closed,
        4 => Class::BadToken,
        5 => Class::BadSignature,
        6 => Class::Disabled,
        7 => Class::BadRequest,
        8 => Class::BadGame,
        50 | 310 => Class::Limit,
        100 | 130 => Class::Retry,
        // Refused for good.
        120 => Class::Conflict,
        _ => Class::Nonsense,
    }
}

fn odd_amount(odd: Odd) -> &'static str {
    match odd {
        Odd::Negative => "-1.00",
        Odd::TooPrecise => "1.00000000001",
        Odd::TooLarge => "18446744073709551615",
        Odd::Word => "ten",
    }
}
