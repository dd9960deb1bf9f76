//! Slotegrator's side of its protocol.

use croupier_brand::Currency;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use time::OffsetDateTime;
use uuid::Uuid;

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
    Box::new(SlotegratorDriver {
        merchant: business.unwrap_or("croupier").to_owned(),
    })
}

struct SlotegratorDriver {
    /// The merchant's id.
    merchant: String,
}

#[derive(Default, Deserialize)]
struct Told {
    balance: Option<Box<RawValue>>,
    transaction_id: Option<String>,
    error_code: Option<String>,
    error_description: Option<String>,
}

type Parameters = Vec<(String, String)>;

fn named(pairs: &[(&str, &str)]) -> Parameters {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

impl Driver for SlotegratorDriver {
    fn name(&self) -> &'static str {
        "slotegrator"
    }

    fn phrase(&self, seat: &Seat, say: &Say) -> Result<Message, &'static str> {
        let decimal = |minor: i64| {
            let currency = Currency::parse(&seat.currency).ok();
            currency.map_or_else(|| minor.to_string(), |currency| currency.format(minor))
        };
        let of_round = |action: &str, kind: &str, id: &str, round: &str, amount: &str| {
            named(&[
                ("action", action),
                ("type", kind),
                ("game_uuid", &seat.game),
                ("transaction_id", id),
                ("round_id", round),
                ("amount", amount),
            ])
        };
        let said = match say {
            Say::Open => return Err("nothing is said when a player sits down"),
            Say::Balance => named(&[("action", "balance")]),
            Say::Bet { id, round, amount } => of_round("bet", "bet", id, round, &decimal(*amount)),
            Say::FreeBet { id, round, amount } => of_round("bet", "freespin", id, round, &decimal(*amount)),
            Say::OddBet { id, round, odd } => of_round("bet", "bet", id, round, odd_amount(*odd)),
            Say::OddWin { id, round, odd, .. } => of_round("win", "win", id, round, odd_amount(*odd)),
            Say::Win {
                id, round, amount, ..
            } => of_round("win", "win", id, round, &decimal(*amount)),
            Say::Jackpot { id, round, amount } => of_round("win", "jackpot", id, round, &decimal(*amount)),
            Say::PromoWin { id, round, amount } => of_round("win", "freespin", id, round, &decimal(*amount)),
            Say::Rollback {
                id,
                of,
                undoes: Undoes::Bet,
                ..
            } => named(&[
                ("action", "refund"),
                ("transaction_id", id),
                ("bet_transaction_id", of),
            ]),
            Say::Rollback { .. } => listing(std::slice::from_ref(say), decimal)?,
            Say::EndRound { .. } => return Err("a round ends with a bet or win that says finished"),
            Say::Together(all) => listing(all, decimal)?,
        };
        let common = named(&[
            ("player_id", &seat.user),
            ("currency", &seat.currency),
            ("session_id", &seat.token),
        ]);
        let all = said.iter().chain(&common);
        let body = form::write(all.map(|(name, value)| (name.as_str(), value.as_str())));
        Ok(Message {
            path: String::new(),
            headers: vec![(
                "content-type".to_owned(),
                "application/x-www-form-urlencoded".to_owned(),
            )],
            body: body.into_bytes(),
        })
    }

    fn sign(&self, key: &ProviderKey, _: &str, message: Message, at: OffsetDateTime) -> Message {
        let (nonce, time) = (
            Uuid::new_v4().simple().to_string(),
            at.unix_timestamp().to_string(),
        );
        let values = [self.merchant.as_str(), &nonce, &time];
        let form = Form::parse(&message.body).ok();
        let signed = form.and_then(|form| signature::message(&form, values));
        let (ProviderKey::Secret(secret), Some(signed)) = (key, signed) else {
            return message;
        };
        let sign = secret.prove(signature::MAC, signed.as_bytes());
        let headers = signature::SIGNED.into_iter().zip(values);
        headers
            .fold(message, |message, (name, value)| {
                message.with_header(&name.to_ascii_lowercase(), value)
            })
            .with_header(signature::HEADER, sign)
    }

    fn hear(&self, http: u16, body: &[u8], seat: &Seat) -> Heard {
        let told: Told = serde_json::from_slice(body).unwrap_or_default();
        let currency = Currency::parse(&seat.currency).ok();
        let balance = told.balance.as_ref().zip(currency);
        let balance = balance.and_then(|(balance, currency)| currency.parse_amount(balance.get()).ok());
        let why = told.error_description.unwrap_or_default();
        let class = match told.error_code.as_deref() {
            _ if http != 200 => Class::Nonsense,
            None if balance.is_some() => Class::Done,
            Some("INSUFFICIENT_FUNDS") => Class::NoFunds,
            // There is no code for it; operators say it in words.
            Some("INTERNAL_ERROR") if is_of_signature(&why) => Class::BadSignature,
            Some("INTERNAL_ERROR") => Class::Retry,
            _ => Class::Nonsense,
        };
        Heard {
            http,
            class,
            code: match told.error_code {
                None => "OK".to_owned(),
                Some(code) => format!("{code}: {why}"),
            },
            balance,
            was: None,
            operator_ids: told.transaction_id.into_iter().collect(),
            amiss: Vec::new(),
        }
    }

    fn amiss(&self, asked: &Message, body: &[u8], _: &Seat, heard: &Heard) -> Vec<String> {
        let told: Value = serde_json::from_slice(body).unwrap_or_default();
        let mut telling = Telling::of(&told, heard.is_accepted());
        let asked = Form::parse(&asked.body).ok().filter(|_| heard.is_accepted());
        let Some(asked) = asked else {
            return telling.amiss();
        };
        telling.tells("balance", Value::is_number);
        if asked.optional("transaction_id").is_some() {
            telling.names("transaction_id");
        }
        let listed = asked.iter().filter(|(name, _)| {
            name.starts_with("rollback_transactions[") && name.ends_with("][transaction_id]")
        });
        let listed: Vec<_> = listed.map(|(_, id)| id).collect();
        if !listed.is_empty() {
            telling.again("rollback_transactions", &json!(listed));
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
            Point::RollbackOfSpent => &[Class::NoFunds],
            Point::Signature => &[Class::BadSignature],
            // One code for everything else.
            Point::Conflict
            | Point::ConflictOfWin
            | Point::UnknownToken
            | Point::UnknownPlayer
            | Point::Expired
            | Point::Disabled
            | Point::UnknownGame
            | Point::BrandClosed
            | Point::ForeignCurrency
            | Point::OddAmount
            | Point::Malformed
            | Point::Limit => &[Class::Retry],
        }
    }

    fn wins_name_bets(&self) -> bool {
        false
    }

    fn outlives_its_time(&self) -> Result<(), &'static str> {
        Err("whether a call that is said again is signed again nobody says")
    }

    fn refunds_are_of_bets(&self) -> bool {
        true
    }

    fn rollbacks_have_lists(&self) -> bool {
        true
    }

    /// A rollback has one id, whatever it lists.
    fn ids(&self, say: &Say) -> Vec<String> {
        match say {
            Say::Together(_) => say.ids().into_iter().take(1).collect(),
            _ => say.ids(),
        }
    }
}

/// Whether it is the signature that is wrong, and not a player who is signed out.
fn is_of_signature(why: &str) -> bool {
    let mut words = why.split(|letter: char| !letter.is_ascii_alphabetic());
    words.any(|word| word.eq_ignore_ascii_case("sign") || word.eq_ignore_ascii_case("signature"))
}

/// A rollback of all of these, under the id of the first.
fn listing(all: &[Say], decimal: impl Fn(i64) -> String) -> Result<Parameters, &'static str> {
    let mut told = named(&[("action", "rollback")]);
    for (at, each) in all.iter().enumerate() {
        let Say::Rollback {
            id,
            of,
            undoes,
            amount,
            ..
        } = each
        else {
            return Err("a call is one bet or win, or a rollback");
        };
        if at == 0 {
            told.extend(named(&[("transaction_id", id)]));
        }
        let action = match undoes {
            Undoes::Bet => "bet",
            Undoes::Win => "win",
        };
        for (part, value) in [
            ("action", action),
            ("amount", &decimal(*amount)),
            ("transaction_id", of),
        ] {
            told.push((format!("rollback_transactions[{at}][{part}]"), value.to_owned()));
        }
    }
    Ok(told)
}

fn odd_amount(odd: Odd) -> &'static str {
    match odd {
        Odd::Negative => "-1.00",
        Odd::TooPrecise => "1.00000000001",
        Odd::TooLarge => "18446744073709551615",
        Odd::Word => "ten",
    }
}
