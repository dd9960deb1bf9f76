//! From Evolution's words to neutral ones.

use croupier_brand::Currency;
use croupier_wallet::{Amount, GameId, Promotion, RoundId, TransactionId};

use super::{Echo, Kind, Status};
use crate::{
    evolution::wire::{Balance, Caller, Promo, Trade},
    provider::{Asked, Contract, Ids, Launch, Named, What, json::Fault},
    rounds::{Move, Play},
};

/// Every transaction is named by what it is and which bet or promotion it is of.
const IDS: Ids = Ids::reserving(&["debit", "credit", "cancel", "promo"]);
/// The most digits after an amount's point.
const MAX_DIGITS: usize = 6;

/// What a call asks.
pub(in crate::evolution) fn read(
    call: &str,
    body: &[u8],
    contract: &Contract,
) -> Result<(Asked, Echo), Status> {
    match call {
        "debit" => debit(Trade::parse(body)?, contract),
        "credit" => credit(Trade::parse(body)?, contract),
        "cancel" => cancel(Trade::parse(body)?, contract),
        "promo_payout" => promo(Promo::parse(body)?, contract),
        "balance" => {
            let Balance { caller, currency } = Balance::parse(body)?;
            let currency = currency.as_deref().map(known).transpose()?;
            let what = What::Balance(Launch::Token(caller.sid.clone()), currency);
            Ok(asks(caller, Kind::Balance, what))
        }
        // `check` and `sid`.
        _ => {
            let caller = Caller::parse(body)?;
            let what = What::Open(Launch::Token(caller.sid.clone()), None);
            Ok(asks(caller, Kind::Launch, what))
        }
    }
}

impl From<Fault> for Status {
    fn from(_: Fault) -> Self {
        Self::InvalidParameter
    }
}

fn asks(caller: Caller, kind: Kind, what: What) -> (Asked, Echo) {
    let asked = Asked {
        who: Named::Account(caller.user_id),
        what,
        id: Some(caller.uuid.clone()),
    };
    let echo = Echo {
        kind,
        uuid: caller.uuid,
        sid: caller.sid,
    };
    (asked, echo)
}

fn plays(caller: Caller, kind: Kind, only: Move) -> (Asked, Echo) {
    let what = What::Play(Launch::Token(caller.sid.clone()), Play::one(only));
    asks(caller, kind, what)
}

fn debit(trade: Trade, contract: &Contract) -> Result<(Asked, Echo), Status> {
    let bet = Move::bet(
        transaction("debit", &trade.reference)?,
        money(&trade.currency, &trade.amount)?,
        round(&trade)?,
        game(&trade)?,
        contract.policy(),
    );
    Ok(plays(trade.caller, Kind::Debit, bet))
}

fn credit(trade: Trade, contract: &Contract) -> Result<(Asked, Echo), Status> {
    let win = Move::win(
        transaction("credit", &trade.reference)?,
        money(&trade.currency, &trade.amount)?,
        round(&trade)?,
        game(&trade)?,
        Some(transaction("debit", &trade.reference)?),
        contract.policy(),
    );
    Ok(plays(trade.caller, Kind::Credit, win))
}

fn cancel(trade: Trade, contract: &Contract) -> Result<(Asked, Echo), Status> {
    // Read, so that nonsense is refused; it is all of the bet that is undone, and a bet has one cancel whatever else that
    // says.
    money(&trade.currency, &trade.amount)?;
    round(&trade)?;
    game(&trade)?;
    let undo = Move::rollback(
        transaction("cancel", &trade.reference)?,
        transaction("debit", &trade.reference)?,
        None,
        None,
        None,
        contract.policy(),
    );
    Ok(plays(trade.caller, Kind::Cancel, undo))
}

fn promo(promo: Promo, contract: &Contract) -> Result<(Asked, Echo), Status> {
    let (currency, amount) = money(&promo.currency, &promo.amount)?;
    let promotion = Promotion::new(&promo.kind).map_err(|_| Status::InvalidParameter)?;
    let id = transaction("promo", &promo.id)?;
    let win = Move::promo(id, (Some(currency), amount), promotion, contract.policy());
    Ok(plays(promo.caller, Kind::Promo, win))
}

fn known(currency: &str) -> Result<Currency, Status> {
    Currency::parse(currency).map_err(|_| Status::InvalidParameter)
}

fn money(currency: &str, amount: &str) -> Result<(Currency, Amount), Status> {
    let currency = known(currency)?;
    let digits = amount.split_once('.').map_or(0, |(_, digits)| digits.len());
    if digits > MAX_DIGITS {
        return Err(Status::InvalidParameter);
    }
    // Never rounded: an amount finer than the currency is not an amount of it. A sign or an exponent is none.
    let minor = currency
        .parse_amount(amount)
        .map_err(|_| Status::InvalidParameter)?;
    let amount = Amount::new(minor).map_err(|_| Status::InvalidParameter)?;
    Ok((currency, amount))
}

/// The wallet's id: what it is, and of which bet or promotion.
fn transaction(what: &str, id: &str) -> Result<TransactionId, Status> {
    IDS.made(what, id).ok_or(Status::InvalidParameter)
}

fn round(trade: &Trade) -> Result<RoundId, Status> {
    RoundId::new(&trade.game).map_err(|_| Status::InvalidParameter)
}

fn game(trade: &Trade) -> Result<GameId, Status> {
    GameId::new(&trade.table).map_err(|_| Status::InvalidParameter)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::evolution::policy::CONTRACT;

    fn body(amount: &str, currency: &str) -> String {
        format!(
            r#"{{"sid":"s","userId":"auroraalice","uuid":"u","currency":"{currency}","game":{{"id":"r1","details":{{"table":{{"id":"t1"}}}}}},
            "transaction":{{"id":"x1","refId":"b1","amount":{amount}}},"promoTransaction":{{"type":"FreeRoundPlayableSpent","id":"p1","amount":{amount}}}}}"#
        )
    }

    fn only(call: &str, amount: &str, currency: &str) -> Result<Move, Status> {
        match read(call, body(amount, currency).as_bytes(), &CONTRACT)?.0.what {
            What::Play(Launch::Token(sid), mut play) if sid == "s" => Ok(play.moves.remove(0)),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn money_06_amounts_become_minor_units_exactly() {
        for (amount, currency, minor) in [
            ("10.11", "EUR", Some(1_011)),
            ("10.110000", "EUR", Some(1_011)),
            ("0", "EUR", Some(0)),
            ("0.000000", "JPY", Some(0)),
            ("7", "JPY", Some(7)),
            ("0.000001", "USDT", Some(1)),
            ("0.000001", "BTC", Some(100)),
            ("10.111", "EUR", None),
            ("7.5", "JPY", None),
            ("10.1100000", "EUR", None),
            ("0.00000001", "BTC", None),
            ("-1", "EUR", None),
            ("-0", "EUR", None),
            ("1e2", "EUR", None),
            ("1E400", "EUR", None),
            ("92233720368547758.08", "EUR", None),
            ("99999999999999999999999999999999999999999999", "EUR", None),
            ("1", "EURO", None),
        ] {
            for call in ["debit", "credit", "promo_payout"] {
                let told = only(call, amount, currency).map(|one| one.action().amount().unwrap().minor());
                assert_eq!(
                    told,
                    minor.ok_or(Status::InvalidParameter),
                    "{call} {amount} {currency}"
                );
            }
            assert_eq!(
                only("cancel", amount, currency).is_ok(),
                minor.is_some(),
                "{amount}"
            );
        }
    }

    #[test]
    fn the_reference_is_the_bet_and_every_call_has_an_id_of_its_own() {
        let (bet, win, undo, promo) = (
            only("debit", "1", "EUR").unwrap(),
            only("credit", "1", "EUR").unwrap(),
            only("cancel", "1", "EUR").unwrap(),
            only("promo_payout", "1", "EUR").unwrap(),
        );
        assert_eq!(bet.transaction.as_str(), "debit:b1");
        assert_eq!(
            (
                win.transaction.as_str(),
                win.action().reference().unwrap().as_str()
            ),
            ("credit:b1", "debit:b1")
        );
        assert_eq!(
            (
                undo.transaction.as_str(),
                undo.action().reference().unwrap().as_str()
            ),
            ("cancel:b1", "debit:b1")
        );
        assert_eq!(promo.transaction.as_str(), "promo:p1");
        assert_eq!(
            (
                bet.action().round().unwrap().as_str(),
                bet.action().game().unwrap().as_str()
            ),
            ("r1", "t1")
        );
    }
}
