//! What the provider says.

use serde_json::{Value, json};
use uuid::Uuid;

/// Whose launch a call speaks of, and in which game.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The account the launch gave out.
    pub user: String,
    /// The token the launch gave out.
    pub token: String,
    /// The provider's name of the game.
    pub game_code: String,
    /// The launch's currency.
    pub currency: String,
}

/// A bet: `/transaction/bet`.
#[derive(Clone, Debug)]
pub struct Bet {
    /// The provider's id of the transaction.
    pub transaction: String,
    /// The round.
    pub round: String,
    /// × 100 000.
    pub amount: i64,
    /// Of a free spin.
    pub is_free: bool,
}

impl Bet {
    /// A bet under a new id.
    #[must_use]
    pub fn new(round: &str, amount: i64) -> Self {
        Self {
            transaction: Uuid::new_v4().to_string(),
            round: round.to_owned(),
            amount,
            is_free: false,
        }
    }
}

/// A win: `/transaction/win`.
#[derive(Clone, Debug)]
pub struct Win {
    /// The provider's id of the transaction.
    pub transaction: String,
    /// The bet it answers; a supplier's promotion may have none.
    pub reference: Option<String>,
    /// The round.
    pub round: String,
    /// × 100 000. Zero closes a lost round.
    pub amount: i64,
    /// Given by the supplier.
    pub is_supplier_promo: bool,
}

impl Win {
    /// A win of `bet`, under a new id.
    #[must_use]
    pub fn of(bet: &Bet, amount: i64) -> Self {
        Self {
            transaction: Uuid::new_v4().to_string(),
            reference: Some(bet.transaction.clone()),
            round: bet.round.clone(),
            amount,
            is_supplier_promo: false,
        }
    }
}

/// A rollback: `/transaction/rollback`.
#[derive(Clone, Debug)]
pub struct Rollback {
    /// The provider's id of the transaction.
    pub transaction: String,
    /// What it undoes.
    pub reference: String,
    /// The round.
    pub round: String,
}

impl Rollback {
    /// A rollback of the transaction `reference`, under a new id.
    #[must_use]
    pub fn of(reference: &str, round: &str) -> Self {
        Self {
            transaction: Uuid::new_v4().to_string(),
            reference: reference.to_owned(),
            round: round.to_owned(),
        }
    }
}

/// The document of a bet, to be sent or spoiled.
#[must_use]
pub fn bet_body(launch: &Launch, bet: &Bet) -> Value {
    json!({
        "user": launch.user, "token": launch.token, "game_code": launch.game_code, "currency": launch.currency,
        "request_uuid": Uuid::new_v4(), "transaction_uuid": bet.transaction, "supplier_transaction_id": format!("sim-{}", bet.transaction),
        "supplier_user": null, "round": bet.round, "round_closed": false, "amount": bet.amount, "is_free": bet.is_free,
        "is_supplier_promo": false, "is_aggregated": false, "reward_uuid": null, "bet": "zero", "meta": {},
    })
}

/// The document of a win.
#[must_use]
pub fn win_body(launch: &Launch, win: &Win) -> Value {
    json!({
        "user": launch.user, "token": launch.token, "game_code": launch.game_code, "currency": launch.currency,
        "request_uuid": Uuid::new_v4(), "transaction_uuid": win.transaction, "supplier_transaction_id": format!("sim-{}", win.transaction),
        "reference_transaction_uuid": win.reference, "supplier_user": null, "round": win.round, "round_closed": true, "amount": win.amount,
        "is_free": win.is_supplier_promo, "is_supplier_promo": win.is_supplier_promo, "is_aggregated": false, "reward_uuid": null,
        "bet": "zero", "meta": {},
    })
}

/// The document of a rollback.
#[must_use]
pub fn rollback_body(launch: &Launch, rollback: &Rollback) -> Value {
    json!({
        "user": launch.user, "token": launch.token, "game_code": launch.game_code, "request_uuid": Uuid::new_v4(),
        "transaction_uuid": rollback.transaction, "supplier_transaction_id": format!("sim-{}", rollback.transaction),
        "reference_transaction_uuid": rollback.reference, "round": rollback.round, "round_closed": true, "meta": {},
    })
}
