//! From Hub88's words to neutral ones.

use croupier_brand::Currency;
use croupier_wallet::{Amount, GameId, RoundId, TransactionId};

use super::{Call, SCALE};
use crate::{
    hub88::{
        PROVIDER,
        policy::Hub88Policy,
        wire::{BetRequest, Movement as Wire, RollbackRequest, Status, WinRequest},
    },
    rounds::{Movement, RoundRequest},
};

/// A request on its way to [`crate::rounds`].
pub(in crate::hub88) trait IntoRound {
    /// Which kind of answer it gets.
    const CALL: Call;

    /// The neutral request, for the brand's own `account`.
    fn into_round(self, account: &str, policy: Hub88Policy) -> Result<RoundRequest, Status>;
}

impl IntoRound for BetRequest {
    const CALL: Call = Call::Bet;

    fn into_round(self, account: &str, policy: Hub88Policy) -> Result<RoundRequest, Status> {
        let wire = self.movement;
        let (currency, nominal) = money(&wire)?;
        // A free bet stakes nothing, whatever amount it names; the amount must still be the same
        // in a repeat.
        let free = wire.is_free || wire.is_supplier_promo;
        let agreed = if free {
            vec![("nominal_amount".to_owned(), wire.amount.to_string())]
        } else {
            Vec::new()
        };
        let movement = Movement::Bet {
            amount: if free { Amount::ZERO } else { nominal },
            currency,
            // A bet that names no round is a round of its own.
            round: round(wire.round.as_deref().unwrap_or(&wire.transaction_uuid))?,
            game: game(&wire.game_code)?,
            promotional: wire.is_supplier_promo,
        };
        Ok(RoundRequest {
            provider: PROVIDER,
            account: account.to_owned(),
            token: wire.token,
            transaction: transaction(&wire.transaction_uuid)?,
            movement,
            policy: policy.of_command(false),
            agreed,
        })
    }
}

impl IntoRound for WinRequest {
    const CALL: Call = Call::Win;

    fn into_round(self, account: &str, policy: Hub88Policy) -> Result<RoundRequest, Status> {
        let (wire, reference) = (self.movement, self.reference_transaction_uuid);
        let (currency, amount) = money(&wire)?;
        // Only a supplier's promotion is read without a reference.
        let policy = policy.of_command(reference.is_none());
        let own_round = reference.as_deref().unwrap_or(&wire.transaction_uuid);
        let movement = Movement::Win {
            amount,
            currency,
            round: round(wire.round.as_deref().unwrap_or(own_round))?,
            game: game(&wire.game_code)?,
            bet: reference.as_deref().map(transaction).transpose()?,
        };
        Ok(RoundRequest {
            provider: PROVIDER,
            account: account.to_owned(),
            token: wire.token,
            transaction: transaction(&wire.transaction_uuid)?,
            movement,
            policy,
            agreed: Vec::new(),
        })
    }
}

impl IntoRound for RollbackRequest {
    const CALL: Call = Call::Rollback;

    fn into_round(self, account: &str, policy: Hub88Policy) -> Result<RoundRequest, Status> {
        // A transaction cannot undo itself.
        if self.transaction_uuid == self.reference_transaction_uuid {
            return Err(Status::WrongSyntax);
        }
        let movement = Movement::Rollback {
            of: transaction(&self.reference_transaction_uuid)?,
            round: self.round.as_deref().map(round).transpose()?,
            game: self.game_code.as_deref().map(game).transpose()?,
        };
        Ok(RoundRequest {
            provider: PROVIDER,
            account: account.to_owned(),
            token: self.token,
            transaction: transaction(&self.transaction_uuid)?,
            movement,
            policy: policy.of_command(false),
            agreed: Vec::new(),
        })
    }
}

fn money(wire: &Wire) -> Result<(Currency, Amount), Status> {
    let currency = Currency::parse(&wire.currency).map_err(|_| Status::WrongCurrency)?;
    // Never rounded: an amount finer than the currency is not an amount of it.
    let minor = currency
        .from_scaled(wire.amount, SCALE)
        .map_err(|_| Status::WrongSyntax)?;
    Ok((currency, Amount::new(minor).map_err(|_| Status::WrongSyntax)?))
}

fn transaction(text: &str) -> Result<TransactionId, Status> {
    TransactionId::new(text).map_err(|_| Status::WrongSyntax)
}

fn round(text: &str) -> Result<RoundId, Status> {
    RoundId::new(text).map_err(|_| Status::WrongSyntax)
}

fn game(text: &str) -> Result<GameId, Status> {
    GameId::new(text).map_err(|_| Status::WrongSyntax)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::hub88::wire::Request;

    fn body() -> Value {
        json!({
            "user": "auroraalice", "game_code": "clt_northernlights", "token": "t", "request_uuid": "q", "transaction_uuid": "x1",
            "round": "r1", "amount": 356_000, "currency": "EUR", "reference_transaction_uuid": "b1",
        })
    }

    fn with(field: &str, value: Value) -> Value {
        let mut body = body();
        body[field] = value;
        body
    }

    fn round_of<R: Request + IntoRound>(body: &Value) -> Result<RoundRequest, Status> {
        R::parse(body.to_string().as_bytes())
            .unwrap()
            .into_round("alice", Hub88Policy::default())
    }

    fn bet_of(body: &Value) -> (Amount, String, bool, Vec<(String, String)>) {
        let request = round_of::<BetRequest>(body).unwrap();
        match request.movement {
            Movement::Bet {
                amount,
                round,
                promotional,
                ..
            } => (amount, round.to_string(), promotional, request.agreed),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn money_06_amounts_become_minor_units_exactly() {
        for (amount, currency, minor) in [
            (356_000, "EUR", 356),
            (0, "EUR", 0),
            (100_000, "JPY", 1),
            (1, "BTC", 1_000),
            (10, "USDT", 100),
        ] {
            let mut body = with("amount", json!(amount));
            body["currency"] = json!(currency);
            assert_eq!(bet_of(&body).0.minor(), minor, "{amount} {currency}");
        }
        for (amount, currency) in [
            (1, "EUR"),
            (356_001, "EUR"),
            (999, "EUR"),
            (1_000, "JPY"),
            (i64::MAX, "BTC"),
            (i64::MAX, "EUR"),
        ] {
            let mut body = with("amount", json!(amount));
            body["currency"] = json!(currency);
            assert_eq!(
                round_of::<BetRequest>(&body).unwrap_err(),
                Status::WrongSyntax,
                "{amount} {currency}"
            );
        }
        for currency in ["XXX", "eur", "EURO"] {
            assert_eq!(
                round_of::<BetRequest>(&with("currency", json!(currency))).unwrap_err(),
                Status::WrongCurrency,
                "{currency}"
            );
        }
    }

    #[test]
    fn a_free_bet_stakes_nothing_but_must_repeat_its_amount() {
        assert_eq!(
            bet_of(&body()),
            (Amount::new(356).unwrap(), "r1".to_owned(), false, Vec::new())
        );
        let nominal = vec![("nominal_amount".to_owned(), "356000".to_owned())];
        assert_eq!(
            bet_of(&with("is_free", json!(true))),
            (Amount::ZERO, "r1".to_owned(), false, nominal.clone())
        );
        assert_eq!(
            bet_of(&with("is_supplier_promo", json!(true))),
            (Amount::ZERO, "r1".to_owned(), true, nominal)
        );
    }

    #[test]
    fn what_names_no_round_is_a_round_of_its_own() {
        let body = with("round", Value::Null);
        assert_eq!(bet_of(&body).1, "x1");
        match round_of::<WinRequest>(&body).unwrap().movement {
            Movement::Win { round, bet, .. } => {
                assert_eq!((round.as_str(), bet.unwrap().as_str()), ("b1", "b1"))
            }
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn only_a_promotional_win_goes_without_its_bet() {
        use croupier_wallet::WinWithoutBet::{Allow, Refuse};
        let mut promo = with("is_supplier_promo", json!(true));
        assert_eq!(
            round_of::<WinRequest>(&promo).unwrap().policy.win_without_bet,
            Refuse
        );
        promo["reference_transaction_uuid"] = Value::Null;
        assert_eq!(
            round_of::<WinRequest>(&promo).unwrap().policy.win_without_bet,
            Allow
        );
    }

    #[test]
    fn a_rollback_of_itself_is_refused() {
        assert!(round_of::<RollbackRequest>(&body()).is_ok());
        assert_eq!(
            round_of::<RollbackRequest>(&with("transaction_uuid", json!("b1"))).unwrap_err(),
            Status::WrongSyntax
        );
        let other_case = with("transaction_uuid", json!("B1"));
        assert!(
            round_of::<RollbackRequest>(&other_case).is_ok(),
            "ids are case-sensitive"
        );
    }
}
