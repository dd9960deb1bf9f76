//! What comes over the wire, read strictly ([`crate::provider::form`]), and what goes back.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    provider::form::{Fault, Form},
    rounds::Decimal,
};

/// A call, as far as anything is made of it. What else it says was signed, and is not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asks {
    pub(super) player_id: String,
    pub(super) currency: String,
    /// The launch's token, given to the provider with the launch.
    pub(super) session_id: Option<String>,
    pub(super) action: Action,
}

/// What it asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Balance,
    Bet(Transaction, BetKind),
    Win(Transaction, WinKind),
    Refund {
        id: String,
        bet: String,
    },
    /// The ids that it lists, and nothing else.
    Rollback {
        id: String,
        of: Vec<Listed>,
    },
}

/// One that a rollback lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) id: String,
    /// Whether the call says that it is a win.
    pub(super) is_win: bool,
}

/// What happened in a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Transaction {
    pub(super) id: String,
    pub(super) game: String,
    pub(super) round: String,
    pub(super) amount: Decimal,
    /// Whether the round is over.
    pub(super) finished: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BetKind {
    Bet,
    Tip,
    Freespin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WinKind {
    Win,
    Jackpot,
}

/// Before the session's id, where a call names no round.
const SESSION_ROUND: &str = "session:";
/// The list of a rollback.
const LIST: &str = "rollback_transactions";

impl Asks {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Fault> {
        let form = &Form::parse(body)?;
        let action = match form.text("action")? {
            "balance" => Action::Balance,
            "bet" => {
                let kind = match form.optional("type") {
                    None | Some("bet") => BetKind::Bet,
                    Some("tip") => BetKind::Tip,
                    Some("freespin") => BetKind::Freespin,
                    Some(_) => return Err(Fault::Value("type")),
                };
                Action::Bet(Transaction::read(form)?, kind)
            }
            "win" => {
                // Whatever else a win is called, it is one.
                let kind = match form.optional("type") {
                    Some("jackpot") => WinKind::Jackpot,
                    _ => WinKind::Win,
                };
                Action::Win(Transaction::read(form)?, kind)
            }
            "refund" => Action::Refund {
                id: form.text("transaction_id")?.to_owned(),
                bet: form.text("bet_transaction_id")?.to_owned(),
            },
            "rollback" => Action::Rollback {
                id: form.text("transaction_id")?.to_owned(),
                of: listed(form)?,
            },
            _ => return Err(Fault::Value("action")),
        };
        Ok(Self {
            player_id: form.text("player_id")?.to_owned(),
            currency: form.text("currency")?.to_owned(),
            session_id: form.optional("session_id").map(str::to_owned),
            action,
        })
    }
}

impl Transaction {
    fn read(form: &Form) -> Result<Self, Fault> {
        let round = match form.optional("round_id") {
            Some(round) => round.to_owned(),
            None => format!("{SESSION_ROUND}{}", form.text("session_id")?),
        };
        let finished = match form.optional("finished") {
            None | Some("0" | "false") => false,
            Some("1" | "true") => true,
            Some(_) => return Err(Fault::Value("finished")),
        };
        Ok(Self {
            id: form.text("transaction_id")?.to_owned(),
            game: form.text("game_uuid")?.to_owned(),
            round,
            amount: Decimal::parse(form.text("amount")?).ok_or(Fault::Value("amount"))?,
            finished,
        })
    }
}

/// The ids that a rollback lists, by their numbers: `rollback_transactions[0][transaction_id]`. Each must have one.
fn listed(form: &Form) -> Result<Vec<Listed>, Fault> {
    let mut items: BTreeMap<u16, (Option<String>, bool)> = BTreeMap::new();
    for (name, value) in form.iter() {
        let Some(rest) = name.strip_prefix(LIST) else {
            continue;
        };
        let (number, part) = rest
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .and_then(|rest| rest.split_once("]["))
            .ok_or(Fault::Value(LIST))?;
        let at = number.parse().ok().filter(|at: &u16| at.to_string() == number);
        let item = items.entry(at.ok_or(Fault::Value(LIST))?).or_default();
        match part {
            "transaction_id" => item.0 = Some(value.to_owned()),
            "action" => item.1 = value == "win",
            _ => {}
        }
    }
    let items = items.into_values();
    let items: Option<Vec<_>> = items
        .map(|(id, is_win)| id.map(|id| Listed { id, is_win }))
        .collect();
    match items {
        Some(items) if !items.is_empty() && items.iter().all(|item| !item.id.is_empty()) => Ok(items),
        _ => Err(Fault::Value(LIST)),
    }
}

/// What is answered where it is done.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Done {
    /// A JSON number, written digit by digit.
    pub(super) balance: Box<RawValue>,
    /// Ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) transaction_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rollback_transactions: Option<Vec<String>>,
}

/// What is answered where it is not.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Refused {
    pub(super) error_code: &'static str,
    pub(super) error_description: &'static str,
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BET: &str = "action=bet&player_id=auroraalice&currency=EUR&session_id=s1&game_uuid=g&transaction_id=b1&amount=1.50&type=bet&round_id=r1";

    fn fault(body: &str) -> Fault {
        Asks::parse(body.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_call_is_read_whole_or_not_at_all() {
        let Action::Bet(bet, BetKind::Bet) = Asks::parse(BET.as_bytes()).unwrap().action else {
            unreachable!("a bet")
        };
        assert_eq!(
            (bet.id.as_str(), bet.round.as_str(), bet.finished),
            ("b1", "r1", false)
        );
        for name in [
            "action",
            "player_id",
            "currency",
            "game_uuid",
            "transaction_id",
            "amount",
        ] {
            let told = BET.replace(&format!("{name}="), &format!("{name}_="));
            assert_eq!(fault(&told), Fault::Missing(name));
        }
        for (from, to, name) in [
            ("1.50", "-1.50", "amount"),
            ("1.50", "1e2", "amount"),
            ("1.50", "ten", "amount"),
            ("action=bet", "action=steal", "action"),
            ("type=bet", "type=loan", "type"),
            ("round_id=r1", "finished=maybe&round_id=r1", "finished"),
        ] {
            assert_eq!(fault(&BET.replace(from, to)), Fault::Value(name), "{to}");
        }
        let Action::Bet(bet, _) = Asks::parse(BET.replace("&round_id=r1", "&finished=1").as_bytes())
            .unwrap()
            .action
        else {
            unreachable!("a bet")
        };
        assert_eq!((bet.round.as_str(), bet.finished), ("session:s1", true));
    }

    #[test]
    fn a_rollback_is_of_what_it_lists() {
        let head = "action=rollback&player_id=auroraalice&currency=EUR&transaction_id=x1";
        let of = |list: &str| match Asks::parse(format!("{head}{list}").as_bytes()).map(|asks| asks.action) {
            Ok(Action::Rollback { of, .. }) => Ok(of.into_iter().map(|one| one.id).collect::<Vec<_>>()),
            Ok(_) => unreachable!("a rollback"),
            Err(fault) => Err(fault),
        };
        let one = |at: &str, id: &str| {
            format!(
                "&rollback_transactions[{at}][action]=bet&rollback_transactions[{at}][transaction_id]={id}"
            )
        };
        assert_eq!(
            of(&(one("10", "c") + &one("2", "b") + &one("0", "a"))),
            Ok(vec!["a".to_owned(), "b".to_owned(), "c".to_owned()])
        );
        for bad in [
            "",
            "&rollback_transactions=[]",
            "&rollback_transactions[0][action]=bet",
            "&rollback_transactions[0]=b",
            &one("00", "a"),
            &one("x", "a"),
            &one("-1", "a"),
            &one("0", ""),
            &one("70000", "a"),
        ] {
            assert_eq!(of(bad), Err(Fault::Value(LIST)), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..200), list in "rollback_transactions[\\[\\]0-9a-z_=&]{0,40}") {
            let _ = Asks::parse(&body);
            let _ = Asks::parse(format!("action=rollback&transaction_id=x&{list}").as_bytes());
        }
    }
}
