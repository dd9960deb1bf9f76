//! From Spribe's words to neutral ones.

use croupier_brand::Currency;
use croupier_wallet::{Amount, GameId, Promotion, RoundId, TransactionId};

use super::{Code, Echo, scale};
use crate::{
    provider::{Asked, Contract, Ids, Launch, Named, What},
    rounds::{Move, Play},
    spribe::wire::{Auth, Deposit, Info, Movement, Rollback, Withdraw},
};

/// Every transaction has an id of its own.
const IDS: Ids = Ids::reserving(&[]);
/// Actions that pay what no bet was taken for.
const GIVEN: [&str; 5] = [
    "freebet",
    "rainfreebet",
    "promofreebet",
    "challengefreebet",
    "challengeprizemoney",
];
/// Actions of wins, beside those.
const WIN: &str = "win";

/// What a call asks.
pub(in crate::spribe) fn read(call: &str, body: &[u8], contract: &Contract) -> Result<(Asked, Echo), Code> {
    match call {
        "auth" => auth(Auth::parse(body).map_err(|_| Code::NoRetry)?),
        "info" => info(Info::parse(body).map_err(|_| Code::NoRetry)?),
        "withdraw" => withdraw(Withdraw::parse(body).map_err(|_| Code::NoRetry)?, contract),
        "deposit" => deposit(Deposit::parse(body).map_err(|_| Code::NoRetry)?, contract),
        _ => rollback(Rollback::parse(body).map_err(|_| Code::NoRetry)?, contract),
    }
}

fn auth(call: Auth) -> Result<(Asked, Echo), Code> {
    let what = What::Open(Launch::Newest, Some(known(&call.currency)?));
    Ok(asks(Named::Holder(call.user_token), what))
}

fn info(call: Info) -> Result<(Asked, Echo), Code> {
    let what = What::Balance(Launch::Newest, Some(known(&call.currency)?));
    Ok(asks(Named::Account(call.user_id), what))
}

fn asks(who: Named, what: What) -> (Asked, Echo) {
    (Asked { who, what, id: None }, Echo::Player)
}

fn withdraw(call: Withdraw, contract: &Contract) -> Result<(Asked, Echo), Code> {
    let wire = call.movement;
    let money = money(&call.currency, wire.amount)?;
    let id = transaction(&wire.provider_tx_id)?;
    let bet = Move::bet(id, money, round(&wire)?, game(&wire)?, contract.policy());
    Ok(asks_play(wire, bet, Direction::Taken, true))
}

fn deposit(call: Deposit, contract: &Contract) -> Result<(Asked, Echo), Code> {
    let wire = call.movement;
    let (currency, amount) = money(&call.currency, wire.amount)?;
    let id = transaction(&wire.provider_tx_id)?;
    let given = GIVEN.contains(&wire.action.as_str());
    let win = if given && call.bet.is_none() {
        let promotion = format!("{}:{}", wire.action, wire.action_id);
        let promotion = Promotion::new(&promotion).map_err(|_| Code::NoRetry)?;
        Move::promo(id, (Some(currency), amount), promotion, contract.policy())
    } else {
        let bet = call.bet.as_deref().map(transaction).transpose()?;
        Move::win(
            id,
            (currency, amount),
            round(&wire)?,
            game(&wire)?,
            bet,
            contract.policy(),
        )
    };
    Ok(asks_play(wire, win, Direction::Given, false))
}

fn rollback(call: Rollback, contract: &Contract) -> Result<(Asked, Echo), Code> {
    let wire = call.movement;
    // A transaction cannot undo itself.
    if wire.provider_tx_id == call.of {
        return Err(Code::NoRetry);
    }
    let id = transaction(&wire.provider_tx_id)?;
    let of = transaction(&call.of)?;
    // The call names no currency, so its amount cannot be read as money; it is all of what it names that is undone.
    let undo = Move::rollback(id, of, None, None, None, contract.policy())
        .agreeing_on("amount", wire.amount.to_string());
    let of_win = wire.action == WIN || GIVEN.contains(&wire.action.as_str());
    let direction = if of_win {
        Direction::Taken
    } else {
        Direction::Given
    };
    Ok(asks_play(wire, undo, direction, false))
}

/// Whether a call that is done leaves the player with less or with more.
#[derive(Clone, Copy)]
enum Direction {
    Taken,
    Given,
}

fn asks_play(wire: Movement, only: Move, direction: Direction, is_bet: bool) -> (Asked, Echo) {
    let echo = super::Movement {
        provider: wire.provider,
        provider_tx_id: wire.provider_tx_id.clone(),
        // Amounts are not negative.
        moved: match direction {
            Direction::Taken => -wire.amount,
            Direction::Given => wire.amount,
        },
        is_bet,
    };
    let asked = Asked {
        who: Named::Account(wire.user_id),
        what: What::Play(Launch::Newest, Play::one(only)),
        id: Some(wire.provider_tx_id),
    };
    (asked, Echo::Transaction(echo))
}

fn known(currency: &str) -> Result<Currency, Code> {
    Currency::parse(currency).map_err(|_| Code::NoRetry)
}

fn money(currency: &str, amount: i64) -> Result<(Currency, Amount), Code> {
    let currency = known(currency)?;
    // Never rounded: an amount finer than the currency is not an amount of it.
    let minor = currency
        .from_scaled(amount, scale(currency))
        .map_err(|_| Code::NoRetry)?;
    Ok((currency, Amount::new(minor).map_err(|_| Code::NoRetry)?))
}

fn transaction(text: &str) -> Result<TransactionId, Code> {
    IDS.own(text).ok_or(Code::NoRetry)
}

fn round(wire: &Movement) -> Result<RoundId, Code> {
    RoundId::new(&wire.action_id).map_err(|_| Code::NoRetry)
}

fn game(wire: &Movement) -> Result<GameId, Code> {
    GameId::new(&wire.game).map_err(|_| Code::NoRetry)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use croupier_wallet::Action;
    use serde_json::{Value, json};

    use super::*;
    use crate::spribe::policy::CONTRACT;

    fn body() -> Value {
        json!({
            "user_id": "auroraalice", "currency": "EUR", "amount": 3_560, "provider": "p", "provider_tx_id": "t1", "rollback_provider_tx_id": "b1",
            "game": "skylark", "action": "bet", "action_id": "r1", "session_token": "s",
        })
    }

    fn asked(call: &str, body: &Value) -> Result<Asked, Code> {
        Ok(read(call, body.to_string().as_bytes(), &CONTRACT)?.0)
    }

    fn action(call: &str, body: &Value) -> Result<Action, Code> {
        match asked(call, body)?.what {
            What::Play(Launch::Newest, play) => Ok(play.moves[0].action().clone()),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn money_06_amounts_become_minor_units_exactly() {
        for (amount, currency, minor) in [
            (3_560, "EUR", Ok(356)),
            (0, "EUR", Ok(0)),
            (3_561, "EUR", Err(Code::NoRetry)),
            (1_000, "JPY", Ok(1)),
            (1_001, "JPY", Err(Code::NoRetry)),
            (1, "KWD", Ok(1)),
            (1, "BTC", Ok(1)),
            (100, "USDT", Ok(1)),
            (99, "USDT", Err(Code::NoRetry)),
            (1_000, "EURO", Err(Code::NoRetry)),
        ] {
            let mut body = body();
            (body["amount"], body["currency"]) = (json!(amount), json!(currency));
            let told = action("withdraw", &body).map(|action| action.amount().unwrap().minor());
            assert_eq!(told, minor, "{amount} {currency}");
        }
    }

    #[test]
    fn what_is_given_away_has_no_bet_and_a_win_has() {
        let mut body = body();
        for given in GIVEN {
            body["action"] = json!(given);
            assert!(
                matches!(action("deposit", &body), Ok(Action::PromoWin { .. })),
                "{given}"
            );
        }
        // One that names a bet is a win of it, whatever it is called.
        body["withdraw_provider_tx_id"] = json!("b1");
        let win = action("deposit", &body).unwrap();
        assert_eq!(win.reference().unwrap().as_str(), "b1");
        body.as_object_mut().unwrap().remove("withdraw_provider_tx_id");
        body["action"] = json!("win");
        assert!(matches!(
            action("deposit", &body),
            Ok(Action::Settle { bet: None, .. })
        ));
    }

    #[test]
    fn a_rollback_undoes_the_whole_and_never_itself() {
        let undo = action("rollback", &body()).unwrap();
        assert!(matches!(undo, Action::Rollback { amount: None, .. }));
        let mut own = body();
        own["rollback_provider_tx_id"] = json!("t1");
        assert_eq!(action("rollback", &own).unwrap_err(), Code::NoRetry);
    }

    #[test]
    fn a_token_or_an_account_says_who() {
        let auth = json!({"user_token": "aurora123", "session_token": "s", "platform": "desktop", "currency": "EUR"});
        let asked_auth = asked("auth", &auth).unwrap();
        assert!(matches!(&asked_auth.who, Named::Holder(token) if token == "aurora123"));
        let asked_info = asked("info", &body()).unwrap();
        assert!(matches!(&asked_info.who, Named::Account(account) if account == "auroraalice"));
        assert!(matches!(asked_info.what, What::Balance(Launch::Newest, Some(_))));
    }
}
