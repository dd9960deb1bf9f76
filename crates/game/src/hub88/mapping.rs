//! From Hub88's words to neutral ones and back. Pure.

use croupier_brand::Currency;
use croupier_wallet::{Amount, Balance, GameId, Neutral, Outcome, Reason, RoundId, TransactionId, Verdict};

use super::{
    PROVIDER,
    policy::Hub88Policy,
    wire::{BetRequest, Movement as Wire, RollbackRequest, Status, WinRequest},
};
use crate::rounds::{Movement, Refusal, RoundRequest};

/// Amounts are whole numbers × 10^5.
const SCALE: u32 = 5;

/// A request on its way to [`crate::rounds`].
pub(super) trait IntoRound {
    /// Which kind of answer it gets.
    const CALL: Call;

    /// The neutral request, for the brand's own `account`.
    fn into_round(self, account: &str, policy: Hub88Policy) -> Result<RoundRequest, Status>;
}

/// The calls that move money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Bet,
    Win,
    Rollback,
}

impl IntoRound for BetRequest {
    const CALL: Call = Call::Bet;

    fn into_round(self, account: &str, policy: Hub88Policy) -> Result<RoundRequest, Status> {
        let wire = self.movement;
        let (currency, nominal) = money(&wire)?;
        // A free bet stakes nothing, whatever amount it names; the amount must still be the same
        // in a repeat.
        let free = wire.is_free || wire.is_supplier_promo;
        let agreed = if free { vec![("nominal_amount".to_owned(), wire.amount.to_string())] } else { Vec::new() };
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
    let minor = currency.from_scaled(wire.amount, SCALE).map_err(|_| Status::WrongSyntax)?;
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

/// The status of a request that did not reach the wallet.
pub(super) fn of_refusal(refusal: Refusal) -> Status {
    match refusal {
        // The provider has no status for a user that does not exist; it learns no more than that
        // this token is not that user's.
        Refusal::UnknownUser | Refusal::UnknownToken => Status::InvalidToken,
        Refusal::UnknownGame => Status::InvalidGame,
        Refusal::ForeignCurrency => Status::WrongCurrency,
        Refusal::BrandClosed => Status::InvalidPartner,
        Refusal::TokenExpired => Status::TokenExpired,
        Refusal::PlayerDisabled => Status::UserDisabled,
    }
}

/// The status of a decision, with the balance that goes with it.
///
/// What was accepted is repeated with the balance of its time: the same answer. A refusal is
/// repeated with the balance there is, which is what the provider asks for with
/// `RS_ERROR_NOT_ENOUGH_MONEY`.
pub(super) fn of_outcome(call: Call, outcome: Outcome) -> (Status, Option<Balance>) {
    let (verdict, now) = match outcome {
        Outcome::Decided(verdict) => (verdict, verdict.balance()),
        Outcome::Replayed { verdict, balance } => (verdict, balance),
        Outcome::Conflict { balance } => return (Status::DuplicateTransaction, Some(balance)),
        Outcome::Retryable => return (Status::Unknown, None),
    };
    let status = of_verdict(call, verdict);
    (status, Some(if status == Status::Ok { verdict.balance() } else { now }))
}

fn of_verdict(call: Call, verdict: Verdict) -> Status {
    match verdict {
        Verdict::Applied(_) => Status::Ok,
        // An `RS_OK` would say that a stake was taken; the provider rolled this bet back already.
        Verdict::Neutralised { why: Neutral::RolledBackBefore, .. } if call == Call::Bet => Status::TransactionDoesNotExist,
        Verdict::Neutralised { .. } => Status::Ok,
        // Of a win: the bet is unknown, or was rolled back.
        Verdict::MissingReference { .. } | Verdict::AlreadySettled { .. } => Status::TransactionDoesNotExist,
        Verdict::InsufficientFunds { .. } => Status::NotEnoughMoney,
        Verdict::Rejected { reason, .. } => match reason {
            Reason::ForeignCurrency => Status::WrongCurrency,
            Reason::UnknownPlayer => Status::InvalidToken,
            Reason::BalanceLimit => Status::LimitReached,
            Reason::NotReversible => Status::TransactionDoesNotExist,
            Reason::ZeroAmount | Reason::PaymentDeclined => Status::Unknown,
        },
    }
}

/// A balance as the provider reads it: what can be staked, × 100 000. What a currency has beyond
/// five digits is not shown; what an `int64` cannot hold is shown as the most it can.
pub(super) fn scaled(balance: Balance, currency: Currency) -> i64 {
    let most = if balance.available < 0 { i64::MIN } else { i64::MAX };
    currency.to_scaled(balance.available, SCALE).unwrap_or(most)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use croupier_wallet::{EntryId, Receipt};
    use serde_json::{Value, json};
    use uuid::Uuid;

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
        R::parse(body.to_string().as_bytes()).unwrap().into_round("alice", Hub88Policy::default())
    }

    fn bet_of(body: &Value) -> (Amount, String, bool, Vec<(String, String)>) {
        let request = round_of::<BetRequest>(body).unwrap();
        match request.movement {
            Movement::Bet { amount, round, promotional, .. } => (amount, round.to_string(), promotional, request.agreed),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn money_06_amounts_become_minor_units_exactly() {
        for (amount, currency, minor) in [(356_000, "EUR", 356), (0, "EUR", 0), (100_000, "JPY", 1), (1, "BTC", 1_000), (10, "USDT", 100)] {
            let mut body = with("amount", json!(amount));
            body["currency"] = json!(currency);
            assert_eq!(bet_of(&body).0.minor(), minor, "{amount} {currency}");
        }
        for (amount, currency) in [(1, "EUR"), (356_001, "EUR"), (999, "EUR"), (1_000, "JPY"), (i64::MAX, "BTC"), (i64::MAX, "EUR")] {
            let mut body = with("amount", json!(amount));
            body["currency"] = json!(currency);
            assert_eq!(round_of::<BetRequest>(&body).unwrap_err(), Status::WrongSyntax, "{amount} {currency}");
        }
        for currency in ["XXX", "eur", "EURO"] {
            assert_eq!(round_of::<BetRequest>(&with("currency", json!(currency))).unwrap_err(), Status::WrongCurrency, "{currency}");
        }
    }

    #[test]
    fn a_free_bet_stakes_nothing_but_must_repeat_its_amount() {
        assert_eq!(bet_of(&body()), (Amount::new(356).unwrap(), "r1".to_owned(), false, Vec::new()));
        let nominal = vec![("nominal_amount".to_owned(), "356000".to_owned())];
        assert_eq!(bet_of(&with("is_free", json!(true))), (Amount::ZERO, "r1".to_owned(), false, nominal.clone()));
        assert_eq!(bet_of(&with("is_supplier_promo", json!(true))), (Amount::ZERO, "r1".to_owned(), true, nominal));
    }

    #[test]
    fn what_names_no_round_is_a_round_of_its_own() {
        let body = with("round", Value::Null);
        assert_eq!(bet_of(&body).1, "x1");
        match round_of::<WinRequest>(&body).unwrap().movement {
            Movement::Win { round, bet, .. } => assert_eq!((round.as_str(), bet.unwrap().as_str()), ("b1", "b1")),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn only_a_promotional_win_goes_without_its_bet() {
        use croupier_wallet::engine::command::WinWithoutBet::{Allow, Refuse};
        let mut promo = with("is_supplier_promo", json!(true));
        assert_eq!(round_of::<WinRequest>(&promo).unwrap().policy.win_without_bet, Refuse);
        promo["reference_transaction_uuid"] = Value::Null;
        assert_eq!(round_of::<WinRequest>(&promo).unwrap().policy.win_without_bet, Allow);
    }

    #[test]
    fn a_rollback_of_itself_is_refused() {
        assert!(round_of::<RollbackRequest>(&body()).is_ok());
        assert_eq!(round_of::<RollbackRequest>(&with("transaction_uuid", json!("b1"))).unwrap_err(), Status::WrongSyntax);
        let other_case = with("transaction_uuid", json!("B1"));
        assert!(round_of::<RollbackRequest>(&other_case).is_ok(), "ids are case-sensitive");
    }

    #[test]
    fn every_refusal_has_its_status() {
        for (refusal, status) in [
            (Refusal::UnknownUser, Status::InvalidToken),
            (Refusal::UnknownToken, Status::InvalidToken),
            (Refusal::UnknownGame, Status::InvalidGame),
            (Refusal::ForeignCurrency, Status::WrongCurrency),
            (Refusal::BrandClosed, Status::InvalidPartner),
            (Refusal::TokenExpired, Status::TokenExpired),
            (Refusal::PlayerDisabled, Status::UserDisabled),
        ] {
            assert_eq!(of_refusal(refusal), status, "{refusal:?}");
        }
    }

    const THEN: Balance = Balance { available: 100, held: 7 };
    const NOW: Balance = Balance { available: 250, held: 0 };

    fn receipt() -> Receipt {
        Receipt { entry: EntryId(Uuid::nil()), balance: THEN }
    }

    #[test]
    fn every_verdict_has_its_status() {
        let rejected = |reason| Verdict::Rejected { reason, balance: THEN };
        let neutral = |why| Verdict::Neutralised { receipt: receipt(), why };
        for (call, verdict, status) in [
            (Call::Bet, Verdict::Applied(receipt()), Status::Ok),
            (Call::Win, Verdict::Applied(receipt()), Status::Ok),
            (Call::Rollback, Verdict::Applied(receipt()), Status::Ok),
            (Call::Bet, neutral(Neutral::RolledBackBefore), Status::TransactionDoesNotExist),
            (Call::Win, neutral(Neutral::RolledBackBefore), Status::Ok),
            (Call::Rollback, neutral(Neutral::NotYetSeen), Status::Ok),
            (Call::Rollback, neutral(Neutral::AlreadyReversed), Status::Ok),
            (Call::Rollback, neutral(Neutral::NeverApplied), Status::Ok),
            (Call::Win, Verdict::MissingReference { balance: THEN }, Status::TransactionDoesNotExist),
            (Call::Rollback, Verdict::MissingReference { balance: THEN }, Status::TransactionDoesNotExist),
            (Call::Win, Verdict::AlreadySettled { balance: THEN }, Status::TransactionDoesNotExist),
            (Call::Bet, Verdict::InsufficientFunds { balance: THEN, usable: 100 }, Status::NotEnoughMoney),
            (Call::Bet, rejected(Reason::ForeignCurrency), Status::WrongCurrency),
            (Call::Bet, rejected(Reason::UnknownPlayer), Status::InvalidToken),
            (Call::Win, rejected(Reason::BalanceLimit), Status::LimitReached),
            (Call::Rollback, rejected(Reason::NotReversible), Status::TransactionDoesNotExist),
        ] {
            assert_eq!(of_outcome(call, Outcome::Decided(verdict)), (status, Some(THEN)), "{call:?} {verdict:?}");
        }
    }

    #[test]
    fn money_11_a_repeat_gets_the_same_answer_and_a_refusal_the_balance_there_is() {
        let replayed = |verdict| Outcome::Replayed { verdict, balance: NOW };
        assert_eq!(of_outcome(Call::Bet, replayed(Verdict::Applied(receipt()))), (Status::Ok, Some(THEN)));
        let funds = Verdict::InsufficientFunds { balance: THEN, usable: 100 };
        assert_eq!(of_outcome(Call::Bet, replayed(funds)), (Status::NotEnoughMoney, Some(NOW)));
        assert_eq!(of_outcome(Call::Win, Outcome::Conflict { balance: NOW }), (Status::DuplicateTransaction, Some(NOW)));
        assert_eq!(of_outcome(Call::Bet, Outcome::Retryable), (Status::Unknown, None));
    }

    #[test]
    fn a_balance_is_what_can_be_staked() {
        let currency = |code| Currency::parse(code).unwrap();
        assert_eq!(scaled(THEN, currency("EUR")), 100_000);
        assert_eq!(scaled(Balance { available: 1_999, held: 0 }, currency("BTC")), 1);
        assert_eq!(scaled(Balance { available: -5, held: 0 }, currency("EUR")), -5_000);
        assert_eq!(scaled(Balance { available: i64::MAX, held: 0 }, currency("EUR")), i64::MAX);
    }
}
