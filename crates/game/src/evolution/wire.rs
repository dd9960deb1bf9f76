//! What comes over the wire, read strictly ([`crate::provider::json`]), and what goes back.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::provider::json::{Fault, Object};

/// What every call says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) sid: String,
    pub(super) user_id: String,
    pub(super) uuid: String,
}

/// `balance`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Balance {
    pub(super) caller: Caller,
    pub(super) currency: Option<String>,
}

/// `debit`, `credit` and `cancel`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trade {
    pub(super) caller: Caller,
    pub(super) currency: String,
    /// The round.
    pub(super) game: String,
    pub(super) table: String,
    pub(super) transaction: String,
    /// The bet.
    pub(super) reference: String,
    /// A decimal number, as it is written.
    pub(super) amount: String,
}

/// `promo_payout`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Promo {
    pub(super) caller: Caller,
    pub(super) currency: String,
    pub(super) kind: String,
    pub(super) id: String,
    /// A decimal number, as it is written.
    pub(super) amount: String,
}

/// The call's own id, of a document that is not read further.
pub(super) fn uuid(body: &[u8]) -> Option<String> {
    Object::parse(body).ok()?.peek_text("uuid")
}

fn document(body: &[u8]) -> Result<(Object<'_>, Caller), Fault> {
    let fields = Object::parse(body)?;
    fields.once()?;
    let caller = Caller {
        sid: fields.text("sid")?,
        user_id: fields.text("userId")?,
        uuid: fields.text("uuid")?,
    };
    Ok((fields, caller))
}

fn within<'a>(fields: &Object<'a>, field: &'static str) -> Result<Object<'a>, Fault> {
    fields.object(field)?.ok_or(Fault::Missing(field))
}

impl Caller {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Fault> {
        document(body).map(|(_, caller)| caller)
    }
}

impl Balance {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Fault> {
        let (fields, caller) = document(body)?;
        Ok(Self {
            caller,
            currency: fields.optional_text("currency")?,
        })
    }
}

impl Trade {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Fault> {
        let (fields, caller) = document(body)?;
        let game = within(&fields, "game")?;
        let table = within(&within(&game, "details")?, "table")?;
        let transaction = within(&fields, "transaction")?;
        Ok(Self {
            caller,
            currency: fields.text("currency")?,
            game: game.text("id")?,
            table: table.text("id")?,
            transaction: transaction.text("id")?,
            reference: transaction.text("refId")?,
            amount: transaction.number_text("amount")?.to_owned(),
        })
    }
}

impl Promo {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Fault> {
        let (fields, caller) = document(body)?;
        let promo = within(&fields, "promoTransaction")?;
        Ok(Self {
            caller,
            currency: fields.text("currency")?,
            kind: promo.text("type")?,
            id: promo.text("id")?,
            amount: promo.number_text("amount")?.to_owned(),
        })
    }
}

/// Any answer. HTTP's status is 200 whatever it says.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Answer {
    pub(super) status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sid: Option<String>,
    /// A decimal number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) balance: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bonus: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uuid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) retransmission: Option<bool>,
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn debit() -> Value {
        json!({
            "sid": "s", "userId": "auroraalice", "uuid": "u", "currency": "EUR", "channel": {"type": "P"},
            "game": {"id": "r1", "type": "roulette", "details": {"table": {"id": "t1", "vid": null}}},
            "transaction": {"id": "x1", "refId": "b1", "amount": 1},
        })
    }

    fn read(body: &Value) -> Result<Trade, Fault> {
        Trade::parse(body.to_string().as_bytes())
    }

    #[test]
    fn a_call_is_read_whole_or_not_at_all() {
        let text = debit()
            .to_string()
            .replace("\"amount\":1", "\"amount\":10.110000");
        let good = Trade::parse(text.as_bytes()).unwrap();
        assert_eq!(
            (good.amount.as_str(), good.reference.as_str(), good.table.as_str()),
            ("10.110000", "b1", "t1")
        );
        for (path, value, fault) in [
            ("/transaction/amount", json!("10"), Fault::Type("amount")),
            ("/transaction/amount", json!(null), Fault::Type("amount")),
            ("/transaction/refId", json!(7), Fault::Type("refId")),
            ("/transaction/id", json!(""), Fault::Value("id")),
            ("/game/details/table", json!(null), Fault::Missing("table")),
            ("/game/details", json!([]), Fault::Type("details")),
            ("/userId", json!(7), Fault::Type("userId")),
        ] {
            let mut body = debit();
            *body.pointer_mut(path).unwrap() = value;
            assert_eq!(read(&body), Err(fault), "{path}");
        }
        for field in ["sid", "userId", "uuid", "currency", "game", "transaction"] {
            let mut body = debit();
            body.as_object_mut().unwrap().remove(field);
            assert_eq!(read(&body), Err(Fault::Missing(field)));
        }
    }

    proptest! {
        #[test]
        fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (Caller::parse(&body), Balance::parse(&body), Trade::parse(&body), Promo::parse(&body), uuid(&body));
        }
    }
}
