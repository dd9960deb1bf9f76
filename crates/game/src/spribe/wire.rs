//! What comes over the wire, read strictly ([`crate::provider::json`]), and what goes back.

use serde::Serialize;

use crate::provider::json::{Fault, Object};

/// `auth`: a launch's token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Auth {
    pub(super) user_token: String,
    pub(super) currency: String,
}

/// `info`: a player.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Info {
    pub(super) user_id: String,
    pub(super) currency: String,
}

/// What `withdraw`, `deposit` and `rollback` say alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Movement {
    pub(super) user_id: String,
    /// Thousandths, or hundred-millionths: see the currency.
    pub(super) amount: i64,
    /// The provider's name of the game's maker. Echoed.
    pub(super) provider: String,
    pub(super) provider_tx_id: String,
    pub(super) game: String,
    /// What it was in the game: `bet`, `win`, `freebet` …
    pub(super) action: String,
    /// The round.
    pub(super) action_id: String,
}

/// `withdraw`: a bet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Withdraw {
    pub(super) movement: Movement,
    pub(super) currency: String,
}

/// `deposit`: a win.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Deposit {
    pub(super) movement: Movement,
    pub(super) currency: String,
    /// The bet. What was given away has none.
    pub(super) bet: Option<String>,
}

/// `rollback`: of a bet or a win.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rollback {
    pub(super) movement: Movement,
    pub(super) of: String,
}

fn document(body: &[u8]) -> Result<Object<'_>, Fault> {
    let fields = Object::parse(body)?;
    fields.once()?;
    // Told, and made nothing of: the session is the provider's own, and the platform is for reports.
    fields.optional_text("session_token")?;
    fields.optional_text("platform")?;
    Ok(fields)
}

impl Auth {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Fault> {
        let fields = document(body)?;
        Ok(Self {
            user_token: fields.text("user_token")?,
            currency: fields.text("currency")?,
        })
    }
}

impl Info {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Fault> {
        let fields = document(body)?;
        Ok(Self {
            user_id: fields.text("user_id")?,
            currency: fields.text("currency")?,
        })
    }
}

impl Movement {
    fn read(fields: &Object<'_>) -> Result<Self, Fault> {
        Ok(Self {
            user_id: fields.text("user_id")?,
            amount: fields.amount("amount")?,
            provider: fields.text("provider")?,
            provider_tx_id: fields.text("provider_tx_id")?,
            game: fields.text("game")?,
            action: fields.text("action")?,
            action_id: fields.text("action_id")?,
        })
    }
}

impl Withdraw {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Fault> {
        let fields = document(body)?;
        Ok(Self {
            movement: Movement::read(&fields)?,
            currency: fields.text("currency")?,
        })
    }
}

impl Deposit {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Fault> {
        let fields = document(body)?;
        Ok(Self {
            movement: Movement::read(&fields)?,
            currency: fields.text("currency")?,
            bet: fields.optional_text("withdraw_provider_tx_id")?,
        })
    }
}

impl Rollback {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Fault> {
        let fields = document(body)?;
        Ok(Self {
            movement: Movement::read(&fields)?,
            of: fields.text("rollback_provider_tx_id")?,
        })
    }
}

/// Any answer. HTTP's status is 200 whatever it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Answer {
    pub(super) code: u16,
    pub(super) message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<Data>,
}

/// What an answer tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Data {
    Player {
        user_id: String,
        username: String,
        balance: i64,
        currency: &'static str,
    },
    Transaction {
        user_id: String,
        /// Ours.
        operator_tx_id: String,
        provider: String,
        provider_tx_id: String,
        old_balance: i64,
        new_balance: i64,
        currency: &'static str,
    },
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn deposit() -> Value {
        json!({
            "user_id": "auroraalice", "currency": "EUR", "amount": 2_500, "provider": "p", "provider_tx_id": "w1", "withdraw_provider_tx_id": "b1",
            "game": "skylark", "action": "win", "action_id": "r1", "session_token": "s", "platform": "mobile", "later": {"a": [1]},
        })
    }

    #[test]
    fn a_call_is_read_whole_or_not_at_all() {
        let read = |body: &Value| Deposit::parse(body.to_string().as_bytes());
        let good = read(&deposit()).unwrap();
        assert_eq!((good.movement.amount, good.bet.as_deref()), (2_500, Some("b1")));
        for (at, value, fault) in [
            ("amount", json!(-1), Fault::Value("amount")),
            ("amount", json!("2500"), Fault::Type("amount")),
            ("amount", json!(2500.0), Fault::Type("amount")),
            ("amount", json!(u64::MAX), Fault::Type("amount")),
            ("amount", json!(null), Fault::Type("amount")),
            ("provider_tx_id", json!(""), Fault::Value("provider_tx_id")),
            (
                "provider_tx_id",
                json!("x".repeat(129)),
                Fault::Value("provider_tx_id"),
            ),
            (
                "withdraw_provider_tx_id",
                json!(7),
                Fault::Type("withdraw_provider_tx_id"),
            ),
            ("user_id", json!(7), Fault::Type("user_id")),
        ] {
            let mut body = deposit();
            body[at] = value.clone();
            assert_eq!(read(&body), Err(fault), "{at} {value}");
        }
        for field in [
            "user_id",
            "currency",
            "amount",
            "provider",
            "provider_tx_id",
            "game",
            "action",
            "action_id",
        ] {
            let mut body = deposit();
            body.as_object_mut().unwrap().remove(field);
            assert_eq!(read(&body), Err(Fault::Missing(field)));
        }
        assert_eq!(Withdraw::parse(br#"{"amount":1,"amount":2}"#), Err(Fault::Syntax));
        assert_eq!(
            Rollback::parse(deposit().to_string().as_bytes()),
            Err(Fault::Missing("rollback_provider_tx_id"))
        );
    }

    proptest! {
        #[test]
        fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (Auth::parse(&body), Info::parse(&body), Withdraw::parse(&body), Deposit::parse(&body), Rollback::parse(&body));
        }
    }
}
