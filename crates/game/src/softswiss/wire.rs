//! What comes over the wire, read strictly ([`crate::provider::json`]), and what goes back.

use serde::Serialize;

use crate::provider::json::{Fault, Object};

/// `/play` and `/rollback`: what a game says of one round, in one or several actions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) user_id: String,
    pub(super) currency: String,
    pub(super) game: String,
    /// The round. A question for the balance has none.
    pub(super) game_id: Option<String>,
    /// Whether the round is over.
    pub(super) finished: bool,
    /// None of them: a question for the balance.
    pub(super) actions: Vec<Action>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Bet { id: String, amount: i64 },
    Win { id: String, amount: i64 },
    Rollback { id: String, original: String },
}

/// `/freespins`: what came of spins that the operator gave away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Freespins {
    pub(super) issue_id: String,
    pub(super) status: String,
    pub(super) total_amount: i64,
}

impl Report {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Fault> {
        let fields = Object::parse(body)?;
        fields.once()?;
        // Told, and made nothing of: sessions are the provider's own, and may change within a round.
        fields.optional_text("session_id")?;
        Ok(Self {
            user_id: fields.text("user_id")?,
            currency: fields.text("currency")?,
            game: fields.text("game")?,
            game_id: fields.optional_text("game_id")?,
            finished: fields.flag("finished")?,
            actions: fields
                .list("actions")?
                .iter()
                .map(Action::read)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl Action {
    fn read(fields: &Object<'_>) -> Result<Self, Fault> {
        let id = fields.text("action_id")?;
        match fields.text("action")?.as_str() {
            "bet" => Ok(Self::Bet {
                id,
                amount: fields.amount("amount")?,
            }),
            "win" => Ok(Self::Win {
                id,
                amount: fields.amount("amount")?,
            }),
            "rollback" => Ok(Self::Rollback {
                id,
                original: fields.text("original_action_id")?,
            }),
            _ => Err(Fault::Value("action")),
        }
    }

    pub(super) fn id(&self) -> &str {
        match self {
            Self::Bet { id, .. } | Self::Win { id, .. } | Self::Rollback { id, .. } => id,
        }
    }
}

impl Freespins {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Fault> {
        let fields = Object::parse(body)?;
        fields.once()?;
        Ok(Self {
            issue_id: fields.text("issue_id")?,
            status: fields.text("status")?,
            total_amount: fields.amount("total_amount")?,
        })
    }
}

/// What is answered with HTTP 200.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Done {
    /// What can be staked, minor units.
    pub(super) balance: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) game_id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) transactions: Vec<Transaction>,
}

/// What became of an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Transaction {
    pub(super) action_id: String,
    /// Ours.
    pub(super) tx_id: String,
    /// When, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) processed_at: Option<String>,
}

/// What is answered otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Refused {
    pub(super) code: u16,
    pub(super) message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) balance: Option<i64>,
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn play() -> Value {
        json!({
            "user_id": "auroraalice", "currency": "EUR", "game": "softswiss:AmberReels", "game_id": "r1", "finished": true, "session_id": "s",
            "actions": [{"action": "bet", "action_id": "b1", "amount": 100, "jackpot_contribution": 0.5}, {"action": "win", "action_id": "w1", "amount": 250}],
        })
    }

    fn fault(change: impl Fn(&mut Value)) -> Fault {
        let mut body = play();
        change(&mut body);
        Report::parse(body.to_string().as_bytes()).unwrap_err()
    }

    #[test]
    fn a_call_is_read_whole_or_not_at_all() {
        let read = Report::parse(play().to_string().as_bytes()).unwrap();
        assert_eq!((read.game_id.as_deref(), read.finished), (Some("r1"), true));
        let ids: Vec<_> = read.actions.iter().map(Action::id).collect();
        assert_eq!(ids, ["b1", "w1"]);
        for (at, value, told) in [
            ("amount", json!(-1), Fault::Value("amount")),
            ("amount", json!("100"), Fault::Type("amount")),
            ("amount", json!(u64::MAX), Fault::Type("amount")),
            ("amount", json!(null), Fault::Type("amount")),
            ("action", json!("tip"), Fault::Value("action")),
            ("action_id", json!(7), Fault::Type("action_id")),
        ] {
            assert_eq!(
                fault(|body| body["actions"][1][at] = value.clone()),
                told,
                "{at} {value}"
            );
        }
        assert_eq!(fault(|body| body["actions"] = json!({})), Fault::Type("actions"));
        assert_eq!(
            fault(|body| body["actions"][0]["action"] = json!("rollback")),
            Fault::Missing("original_action_id")
        );
    }

    proptest! {
        #[test]
        fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (Report::parse(&body), Freespins::parse(&body));
        }
    }
}
