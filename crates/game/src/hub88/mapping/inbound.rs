//! From Hub88's words to neutral ones.

use croupier_brand::Currency;
use croupier_wallet::{Amount, GameId, RoundId, TransactionId};

use super::SCALE;
use crate::{
    hub88::wire::{BetRequest, Movement as Wire, RollbackRequest, Status, WinRequest},
    provider::{Contract, Ids, Launch, What},
    rounds::{Move, Play},
};

/// Every transaction has an id of its own.
const IDS: Ids = Ids::reserving(&[]);

/// A request on its way to [`crate::rounds`].
pub(in crate::hub88) trait IntoPlay {
    /// The same in neutral words.
    fn into_play(self, contract: &Contract) -> Result<What, Status>;
}

impl IntoPlay for BetRequest {
    fn into_play(self, contract: &Contract) -> Result<What, Status> {
        let wire = self.movement;
        let (currency, nominal) = money(&wire)?;
        // A free bet stakes nothing, whatever amount it names; the amount must still be the same
        // in a repeat.
        let free = wire.is_free || wire.is_supplier_promo;
        let amount = if free { Amount::ZERO } else { nominal };
        // A bet that names no round is a round of its own.
        let round = round(wire.round.as_deref().unwrap_or(&wire.transaction_uuid))?;
        let game = game(&wire.game_code)?;
        let ends = wire.round_closed.then(|| (round.clone(), game.clone()));
        let id = transaction(&wire.transaction_uuid)?;
        let mut bet = Move::bet(id, (currency, amount), round, game, contract.policy());
        if free {
            bet = bet.agreeing_on("nominal_amount", wire.amount.to_string());
        }
        if wire.is_supplier_promo {
            bet = bet.promotional();
        }
        let play = Play {
            ends,
            ..Play::one(bet)
        };
        Ok(What::Play(Launch::Token(wire.token), play))
    }
}

impl IntoPlay for WinRequest {
    fn into_play(self, contract: &Contract) -> Result<What, Status> {
        let (wire, reference) = (self.movement, self.reference_transaction_uuid);
        let money = money(&wire)?;
        // Only a supplier's promotion is read without a reference.
        let policy = match reference {
            Some(_) => contract.policy(),
            None => contract.policy_without_bet(),
        };
        let own_round = reference.as_deref().unwrap_or(&wire.transaction_uuid);
        let round = round(wire.round.as_deref().unwrap_or(own_round))?;
        let bet = reference.as_deref().map(transaction).transpose()?;
        let id = transaction(&wire.transaction_uuid)?;
        let win = Move::win(id, money, round, game(&wire.game_code)?, bet, policy);
        Ok(What::Play(Launch::Token(wire.token), Play::one(win)))
    }
}

impl IntoPlay for RollbackRequest {
    fn into_play(self, contract: &Contract) -> Result<What, Status> {
        // A transaction cannot undo itself.
        if self.transaction_uuid == self.reference_transaction_uuid {
            return Err(Status::WrongSyntax);
        }
        let rollback = Move::rollback(
            transaction(&self.transaction_uuid)?,
            transaction(&self.reference_transaction_uuid)?,
            self.round.as_deref().map(round).transpose()?,
            self.game_code.as_deref().map(game).transpose()?,
            None,
            contract.policy(),
        );
        Ok(What::Play(Launch::Token(self.token), Play::one(rollback)))
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
    IDS.own(text).ok_or(Status::WrongSyntax)
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

    fn move_of<R: Request + IntoPlay>(body: &Value) -> Result<Move, Status> {
        let what = R::parse(body.to_string().as_bytes())
            .unwrap()
            .into_play(&crate::hub88::policy::CONTRACT)?;
        match what {
            What::Play(_, mut play) => Ok(play.moves.remove(0)),
            other => unreachable!("{other:?}"),
        }
    }

    fn bet_of(body: &Value) -> (Amount, String, Vec<(String, String)>) {
        let bet = move_of::<BetRequest>(body).unwrap();
        let (amount, round) = (bet.action().amount().unwrap(), bet.action().round().unwrap());
        (amount, round.to_string(), bet.agreed.clone())
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
                move_of::<BetRequest>(&body).unwrap_err(),
                Status::WrongSyntax,
                "{amount} {currency}"
            );
        }
        for currency in ["XXX", "eur", "EURO"] {
            assert_eq!(
                move_of::<BetRequest>(&with("currency", json!(currency))).unwrap_err(),
                Status::WrongCurrency,
                "{currency}"
            );
        }
    }

    #[test]
    fn a_free_bet_stakes_nothing_but_must_repeat_its_amount() {
        assert_eq!(
            bet_of(&body()),
            (Amount::new(356).unwrap(), "r1".to_owned(), Vec::new())
        );
        let nominal = vec![("nominal_amount".to_owned(), "356000".to_owned())];
        for flag in ["is_free", "is_supplier_promo"] {
            assert_eq!(
                bet_of(&with(flag, json!(true))),
                (Amount::ZERO, "r1".to_owned(), nominal.clone())
            );
        }
    }

    #[test]
    fn what_names_no_round_is_a_round_of_its_own() {
        let body = with("round", Value::Null);
        assert_eq!(bet_of(&body).1, "x1");
        let win = move_of::<WinRequest>(&body).unwrap();
        let named = (win.action().round().unwrap(), win.action().reference().unwrap());
        assert_eq!((named.0.as_str(), named.1.as_str()), ("b1", "b1"));
    }

    #[test]
    fn a_bet_that_closes_its_round_leaves_nobody_waiting() {
        let ends = |closed: bool| {
            let body = with("round_closed", json!(closed));
            let read = BetRequest::parse(body.to_string().as_bytes()).unwrap();
            match read.into_play(&crate::hub88::policy::CONTRACT).unwrap() {
                What::Play(_, play) => play.ends.map(|(round, _)| round.to_string()),
                other => unreachable!("{other:?}"),
            }
        };
        assert_eq!((ends(true), ends(false)), (Some("r1".to_owned()), None));
    }

    #[test]
    fn only_a_promotional_win_goes_without_its_bet() {
        use croupier_wallet::WinWithoutBet::{Allow, Refuse};
        let mut promo = with("is_supplier_promo", json!(true));
        assert_eq!(
            move_of::<WinRequest>(&promo).unwrap().policy.win_without_bet,
            Refuse
        );
        promo["reference_transaction_uuid"] = Value::Null;
        assert_eq!(
            move_of::<WinRequest>(&promo).unwrap().policy.win_without_bet,
            Allow
        );
    }

    #[test]
    fn a_rollback_of_itself_is_refused() {
        assert!(move_of::<RollbackRequest>(&body()).is_ok());
        assert_eq!(
            move_of::<RollbackRequest>(&with("transaction_uuid", json!("b1"))).unwrap_err(),
            Status::WrongSyntax
        );
        let other_case = with("transaction_uuid", json!("B1"));
        assert!(
            move_of::<RollbackRequest>(&other_case).is_ok(),
            "ids are case-sensitive"
        );
    }
}
