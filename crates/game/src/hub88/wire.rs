//! What comes over the wire, read strictly, and what goes back.
//!
//! The readers take a body that was already verified. They tolerate fields they do not know,
//! because protocols grow, and refuse what is ambiguous: a key that comes twice. A number is
//! read from its own text, so `1e400`, `1.0` and what `int64` does not hold are wrong types of one
//! field, not a broken document. What was read of `request_uuid` is echoed even when the rest is at fault.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Serialize,
    de::{Deserializer, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// The longest id or name looked at, in bytes. UUIDs have 36; the ledger keeps at most 200.
const MAX_TEXT: usize = 128;

/// The answer's `status` (Seamless Wallet response statuses, Operator API).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum Status {
    /// Done, or done before.
    #[serde(rename = "RS_OK")]
    Ok,
    /// Something of ours failed; nothing is known to have happened.
    #[serde(rename = "RS_ERROR_UNKNOWN")]
    Unknown,
    /// The brand takes no bets now.
    #[serde(rename = "RS_ERROR_INVALID_PARTNER")]
    InvalidPartner,
    /// The token was not issued, or is not this user's; also a user of no brand.
    #[serde(rename = "RS_ERROR_INVALID_TOKEN")]
    InvalidToken,
    /// The brand does not offer the game.
    #[serde(rename = "RS_ERROR_INVALID_GAME")]
    InvalidGame,
    /// Not the wallet's currency.
    #[serde(rename = "RS_ERROR_WRONG_CURRENCY")]
    WrongCurrency,
    /// Not enough money for the bet; the balance is in the answer.
    #[serde(rename = "RS_ERROR_NOT_ENOUGH_MONEY")]
    NotEnoughMoney,
    /// The player may not bet.
    #[serde(rename = "RS_ERROR_USER_DISABLED")]
    UserDisabled,
    /// The body was not signed by the provider.
    #[serde(rename = "RS_ERROR_INVALID_SIGNATURE")]
    InvalidSignature,
    /// The launch no longer takes bets.
    #[serde(rename = "RS_ERROR_TOKEN_EXPIRED")]
    TokenExpired,
    /// Not a JSON object, a field that is missing or comes twice, or a value that cannot be meant.
    #[serde(rename = "RS_ERROR_WRONG_SYNTAX")]
    WrongSyntax,
    /// A field of another type.
    #[serde(rename = "RS_ERROR_WRONG_TYPES")]
    WrongTypes,
    /// The transaction id was used for another transaction.
    #[serde(rename = "RS_ERROR_DUPLICATE_TRANSACTION")]
    DuplicateTransaction,
    /// The bet that a win refers to is not there, or was rolled back.
    #[serde(rename = "RS_ERROR_TRANSACTION_DOES_NOT_EXIST")]
    TransactionDoesNotExist,
    /// A limit of the player's or the house's stops the bet.
    #[serde(rename = "RS_ERROR_LIMIT_REACHED")]
    LimitReached,
}

impl Status {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "RS_OK",
            Self::Unknown => "RS_ERROR_UNKNOWN",
            Self::InvalidPartner => "RS_ERROR_INVALID_PARTNER",
            Self::InvalidToken => "RS_ERROR_INVALID_TOKEN",
            Self::InvalidGame => "RS_ERROR_INVALID_GAME",
            Self::WrongCurrency => "RS_ERROR_WRONG_CURRENCY",
            Self::NotEnoughMoney => "RS_ERROR_NOT_ENOUGH_MONEY",
            Self::UserDisabled => "RS_ERROR_USER_DISABLED",
            Self::InvalidSignature => "RS_ERROR_INVALID_SIGNATURE",
            Self::TokenExpired => "RS_ERROR_TOKEN_EXPIRED",
            Self::WrongSyntax => "RS_ERROR_WRONG_SYNTAX",
            Self::WrongTypes => "RS_ERROR_WRONG_TYPES",
            Self::DuplicateTransaction => "RS_ERROR_DUPLICATE_TRANSACTION",
            Self::TransactionDoesNotExist => "RS_ERROR_TRANSACTION_DOES_NOT_EXIST",
            Self::LimitReached => "RS_ERROR_LIMIT_REACHED",
        }
    }
}

/// The answer to `/user/balance` and `/transaction/*`, and to `/user/info` where the provider
/// learns nothing more from us. What is not known is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Answer {
    /// The user that was asked for, once there is known to be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// What became of the request.
    pub status: Status,
    /// The request's own id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_uuid: Option<String>,
    /// The wallet's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<&'static str>,
    /// What the player has, × 100 000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<i64>,
}

impl Answer {
    /// An answer that says no more than a status.
    #[must_use]
    pub fn bare(status: Status, request_uuid: Option<String>) -> Self {
        Self { user: None, status, request_uuid, currency: None, balance: None }
    }
}

/// A request that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) status: Status,
    pub(super) request_uuid: Option<String>,
}

/// What every request says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Envelope {
    pub(super) request_uuid: String,
    pub(super) user: String,
}

/// `/user/balance`. `game_code` is there for statistics and is not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BalanceRequest {
    pub(super) envelope: Envelope,
    pub(super) token: String,
}

/// What `/transaction/bet` and `/transaction/win` have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Movement {
    pub(super) envelope: Envelope,
    pub(super) token: String,
    pub(super) transaction_uuid: String,
    pub(super) round: Option<String>,
    pub(super) game_code: String,
    /// × 100 000, never negative.
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) is_free: bool,
    pub(super) is_supplier_promo: bool,
}

/// `/transaction/bet`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BetRequest {
    pub(super) movement: Movement,
}

/// `/transaction/win`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WinRequest {
    pub(super) movement: Movement,
    /// Only a supplier's promotion goes without.
    pub(super) reference_transaction_uuid: Option<String>,
}

/// `/transaction/rollback`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RollbackRequest {
    pub(super) envelope: Envelope,
    pub(super) token: String,
    pub(super) transaction_uuid: String,
    pub(super) reference_transaction_uuid: String,
    pub(super) round: Option<String>,
    pub(super) game_code: Option<String>,
}

/// A request that is read from a verified body.
pub(super) trait Request: Sized {
    fn read(fields: &mut Object) -> Result<Self, Status>;

    fn envelope(&self) -> &Envelope;

    /// Reads a verified body.
    fn parse(body: &[u8]) -> Result<Self, Fault> {
        let mut object = Object::parse(body)?;
        let request_uuid = object.peek_text("request_uuid");
        let read = if object.repeated { Err(Status::WrongSyntax) } else { Self::read(&mut object) };
        read.map_err(|status| Fault { status, request_uuid })
    }
}

impl Request for Envelope {
    fn read(fields: &mut Object) -> Result<Self, Status> {
        Ok(Self { request_uuid: fields.text("request_uuid")?, user: fields.text("user")? })
    }

    fn envelope(&self) -> &Envelope {
        self
    }
}

impl Request for BalanceRequest {
    fn read(fields: &mut Object) -> Result<Self, Status> {
        Ok(Self { envelope: Envelope::read(fields)?, token: fields.text("token")? })
    }

    fn envelope(&self) -> &Envelope {
        &self.envelope
    }
}

impl Movement {
    fn read(fields: &mut Object) -> Result<Self, Status> {
        Ok(Self {
            envelope: Envelope::read(fields)?,
            token: fields.text("token")?,
            transaction_uuid: fields.text("transaction_uuid")?,
            round: fields.optional_text("round")?,
            game_code: fields.text("game_code")?,
            amount: fields.amount("amount")?,
            currency: fields.text("currency")?,
            is_free: fields.flag("is_free")?,
            is_supplier_promo: fields.flag("is_supplier_promo")?,
        })
    }
}

impl Request for BetRequest {
    fn read(fields: &mut Object) -> Result<Self, Status> {
        Ok(Self { movement: Movement::read(fields)? })
    }

    fn envelope(&self) -> &Envelope {
        &self.movement.envelope
    }
}

impl Request for WinRequest {
    fn read(fields: &mut Object) -> Result<Self, Status> {
        let movement = Movement::read(fields)?;
        let reference_transaction_uuid = fields.optional_text("reference_transaction_uuid")?;
        if reference_transaction_uuid.is_none() && !movement.is_supplier_promo {
            return Err(Status::WrongSyntax);
        }
        Ok(Self { movement, reference_transaction_uuid })
    }

    fn envelope(&self) -> &Envelope {
        &self.movement.envelope
    }
}

impl Request for RollbackRequest {
    fn read(fields: &mut Object) -> Result<Self, Status> {
        Ok(Self {
            envelope: Envelope::read(fields)?,
            token: fields.text("token")?,
            transaction_uuid: fields.text("transaction_uuid")?,
            reference_transaction_uuid: fields.text("reference_transaction_uuid")?,
            round: fields.optional_text("round")?,
            game_code: fields.optional_text("game_code")?,
        })
    }

    fn envelope(&self) -> &Envelope {
        &self.envelope
    }
}

/// An object's fields as raw text.
pub(super) struct Object {
    fields: BTreeMap<String, Box<RawValue>>,
    repeated: bool,
}

impl Object {
    fn parse(body: &[u8]) -> Result<Self, Fault> {
        serde_json::from_slice(body).map_err(|_| Fault { status: Status::WrongSyntax, request_uuid: None })
    }

    /// The field if it is an acceptable text, for an answer to a request that is not read further.
    fn peek_text(&self, field: &str) -> Option<String> {
        text(self.fields.get(field)?).ok()
    }

    fn text(&mut self, field: &str) -> Result<String, Status> {
        text(self.fields.get(field).ok_or(Status::WrongSyntax)?)
    }

    fn optional_text(&mut self, field: &str) -> Result<Option<String>, Status> {
        match self.fields.get(field) {
            None => Ok(None),
            Some(raw) if raw.get() == "null" => Ok(None),
            Some(raw) => text(raw).map(Some),
        }
    }

    fn flag(&mut self, field: &str) -> Result<bool, Status> {
        match self.fields.get(field).map(|raw| raw.get()) {
            None | Some("null" | "false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Status::WrongTypes),
        }
    }

    fn amount(&mut self, field: &str) -> Result<i64, Status> {
        let raw = self.fields.get(field).ok_or(Status::WrongSyntax)?.get();
        let amount: i64 = raw.parse().map_err(|_| Status::WrongTypes)?;
        if amount < 0 { Err(Status::WrongSyntax) } else { Ok(amount) }
    }
}

/// A JSON string of 1 to 128 bytes without control characters, taken as it is: ids are
/// case-sensitive and never normalised.
fn text(raw: &RawValue) -> Result<String, Status> {
    if !raw.get().starts_with('"') {
        return Err(Status::WrongTypes);
    }
    let text: String = serde_json::from_str(raw.get()).map_err(|_| Status::WrongSyntax)?;
    let acceptable = (1..=MAX_TEXT).contains(&text.len()) && !text.chars().any(char::is_control);
    if acceptable { Ok(text) } else { Err(Status::WrongSyntax) }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut object = Object { fields: BTreeMap::new(), repeated: false };
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    object.repeated |= object.fields.insert(name, value).is_some();
                }
                Ok(object)
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn bet() -> Value {
        json!({
            "user": "auroraalice", "game_code": "clt_northernlights", "token": "55b7518e-b89e-41e7-81be-58404eea6d16",
            "request_uuid": "583c985f-fee6-4c0e-bbf5-308aad6265af", "transaction_uuid": "16d2dcfe-b89e-11e7-854a-58404eea6d16",
            "supplier_transaction_id": "41ecc3ad-b181-4235-bf9d-acf0a7ad9730", "round": "rNEMwgzJAOZ6eR3V", "round_closed": true,
            "amount": 356_000, "currency": "EUR", "is_free": false, "is_supplier_promo": false, "is_aggregated": false,
            "reward_uuid": null, "bet": "zero", "meta": {"selection": "home_team", "odds": 1.5},
        })
    }

    fn with(mut body: Value, field: &str, value: &str) -> Vec<u8> {
        body.as_object_mut().unwrap().remove(field);
        let text = body.to_string();
        format!("{},\"{field}\":{value}}}", &text[..text.len() - 1]).into_bytes()
    }

    fn without(mut body: Value, field: &str) -> Vec<u8> {
        body.as_object_mut().unwrap().remove(field);
        body.to_string().into_bytes()
    }

    fn fault_of(body: &[u8]) -> Status {
        BetRequest::parse(body).unwrap_err().status
    }

    #[test]
    fn a_documented_bet_is_read() {
        let request = BetRequest::parse(bet().to_string().as_bytes()).unwrap().movement;
        assert_eq!(request.envelope.user, "auroraalice");
        assert_eq!((request.amount, request.currency.as_str()), (356_000, "EUR"));
        assert_eq!(request.round.as_deref(), Some("rNEMwgzJAOZ6eR3V"));
        assert!(!request.is_free && !request.is_supplier_promo);
    }

    #[test]
    fn fields_that_are_not_known_are_tolerated_and_nulls_are_absent() {
        for (field, value) in [("new_field", "{\"deep\":[1,2]}"), ("round", "null"), ("is_free", "null"), ("meta", "1e400")] {
            assert!(BetRequest::parse(&with(bet(), field, value)).is_ok(), "{field}");
        }
        for field in ["round", "is_free", "is_supplier_promo", "meta", "bet", "supplier_transaction_id", "round_closed"] {
            assert!(BetRequest::parse(&without(bet(), field)).is_ok(), "{field}");
        }
    }

    #[test]
    fn amounts_are_whole_numbers_that_int64_holds() {
        for (text, amount) in [("0", 0), ("1", 1), ("9223372036854775807", i64::MAX), ("-0", 0)] {
            assert_eq!(BetRequest::parse(&with(bet(), "amount", text)).unwrap().movement.amount, amount, "{text}");
        }
        for text in ["1.0", "1.5", "1e2", "1e400", "-1e400", "9223372036854775808", "\"100\"", "null", "true", "[1]", "{}"] {
            assert_eq!(fault_of(&with(bet(), "amount", text)), Status::WrongTypes, "{text}");
        }
        for text in ["-1", "-9223372036854775808"] {
            assert_eq!(fault_of(&with(bet(), "amount", text)), Status::WrongSyntax, "{text}");
        }
        for text in ["NaN", "Infinity", "0x10", "01", "+1", ".5", ""] {
            assert_eq!(fault_of(&with(bet(), "amount", text)), Status::WrongSyntax, "{text}");
        }
    }

    #[test]
    fn what_is_missing_or_of_another_type_has_its_own_answer() {
        for field in ["user", "token", "request_uuid", "transaction_uuid", "game_code", "currency", "amount"] {
            assert_eq!(fault_of(&without(bet(), field)), Status::WrongSyntax, "{field}");
            assert_eq!(fault_of(&with(bet(), field, "true")), Status::WrongTypes, "{field}");
        }
        for field in ["user", "token", "request_uuid", "transaction_uuid", "game_code", "currency"] {
            assert_eq!(fault_of(&with(bet(), field, "5")), Status::WrongTypes, "{field}");
            assert_eq!(fault_of(&with(bet(), field, "\"\"")), Status::WrongSyntax, "{field}");
            assert_eq!(fault_of(&with(bet(), field, "\"a\\u0000b\"")), Status::WrongSyntax, "{field}");
            assert_eq!(fault_of(&with(bet(), field, "\"\\ud800\"")), Status::WrongSyntax, "{field}");
            assert_eq!(fault_of(&with(bet(), field, &format!("\"{}\"", "a".repeat(MAX_TEXT + 1)))), Status::WrongSyntax, "{field}");
        }
        for field in ["is_free", "is_supplier_promo"] {
            assert_eq!(fault_of(&with(bet(), field, "\"true\"")), Status::WrongTypes, "{field}");
            assert_eq!(fault_of(&with(bet(), field, "1")), Status::WrongTypes, "{field}");
        }
    }

    #[test]
    fn what_is_not_one_object_is_wrong_syntax() {
        for body in ["", " ", "null", "[]", "5", "\"text\"", "{", "{}{}", "{\"a\":1,}", "{'a':1}", "\u{feff}{}"] {
            assert_eq!(Envelope::parse(body.as_bytes()).unwrap_err(), Fault { status: Status::WrongSyntax, request_uuid: None }, "{body}");
        }
        assert_eq!(Envelope::parse(b"{\"user\":\"\xff\"}").unwrap_err().status, Status::WrongSyntax);
        assert!(Envelope::parse("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn a_key_that_comes_twice_is_refused_even_if_it_says_the_same() {
        let text = bet().to_string();
        for field in ["\"amount\":356000", "\"amount\":1", "\"new_field\":1,\"new_field\":1"] {
            let body = format!("{},{field}}}", &text[..text.len() - 1]);
            assert_eq!(BetRequest::parse(body.as_bytes()).unwrap_err().status, Status::WrongSyntax, "{field}");
        }
    }

    #[test]
    fn the_request_id_is_echoed_whenever_it_could_be_read() {
        let id = Some("583c985f-fee6-4c0e-bbf5-308aad6265af".to_owned());
        assert_eq!(BetRequest::parse(&with(bet(), "amount", "1e400")).unwrap_err().request_uuid, id);
        assert_eq!(BetRequest::parse(&without(bet(), "user")).unwrap_err().request_uuid, id);
        assert_eq!(BetRequest::parse(&with(bet(), "request_uuid", "7")).unwrap_err().request_uuid, None);
    }

    #[test]
    fn a_win_needs_its_bet_unless_the_supplier_gives_it_away() {
        let promo = |flag: &str| with(bet(), "is_supplier_promo", flag);
        assert_eq!(WinRequest::parse(&promo("false")).unwrap_err().status, Status::WrongSyntax);
        assert_eq!(WinRequest::parse(&promo("true")).unwrap().reference_transaction_uuid, None);
        let win = WinRequest::parse(&with(bet(), "reference_transaction_uuid", "\"b1\"")).unwrap();
        assert_eq!(win.reference_transaction_uuid.as_deref(), Some("b1"));
    }

    #[test]
    fn a_rollback_names_what_it_undoes_and_neither_amount_nor_currency() {
        let body = json!({"user": "auroraalice", "token": "t", "request_uuid": "r", "transaction_uuid": "x", "reference_transaction_uuid": "b"});
        assert!(RollbackRequest::parse(body.to_string().as_bytes()).is_ok());
        for field in ["user", "token", "request_uuid", "transaction_uuid", "reference_transaction_uuid"] {
            assert_eq!(RollbackRequest::parse(&without(body.clone(), field)).unwrap_err().status, Status::WrongSyntax, "{field}");
        }
    }

    #[test]
    fn ids_are_taken_as_they_are() {
        let request = BetRequest::parse(&with(bet(), "transaction_uuid", "\" 16D2dcfe \\u00e9\"")).unwrap();
        assert_eq!(request.movement.transaction_uuid, " 16D2dcfe é");
    }

    proptest! {
        #[test]
        fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (Envelope::parse(&body), BetRequest::parse(&body), WinRequest::parse(&body), RollbackRequest::parse(&body));
        }

        #[test]
        fn no_value_of_a_field_panics(value in "\\PC{0,30}", field in 0_usize..6) {
            let field = ["amount", "user", "is_free", "round", "token", "request_uuid"][field];
            let _ = BetRequest::parse(&with(bet(), field, &value));
        }
    }
}
