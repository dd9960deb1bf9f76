//! From neutral decisions to Spribe's words.

use croupier_brand::Currency;
use croupier_wallet::{Balance, Neutral, Outcome, Reason, Verdict};
use http::StatusCode;

use super::{Echo, Movement, scale};
use crate::{
    provider::{Reply, Told},
    rounds::Refusal,
    spribe::wire::{Answer, Data},
};

/// The protocol's codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::spribe) enum Code {
    Done,
    Token,
    Funds,
    Expired,
    NoRetry,
    NotFound,
    Duplicate,
    Signature,
    Internal,
}

impl Code {
    fn parts(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::Done => (200, "200", "ok"),
            Self::Token => (401, "401", "User token is invalid"),
            Self::Funds => (402, "402", "Insufficient fund"),
            Self::Expired => (403, "403", "User token is expired"),
            Self::NoRetry => (405, "405", "Internal error with no retry"),
            Self::NotFound => (408, "408", "Transaction does not found"),
            Self::Duplicate => (409, "409", "Duplicate transaction"),
            Self::Signature => (413, "413", "Invalid client signature"),
            Self::Internal => (500, "500", "Internal error"),
        }
    }
}

fn reply(code: Code, data: Option<Data>) -> Reply {
    let (number, name, message) = code.parts();
    let answer = Answer {
        code: number,
        message,
        data,
    };
    Reply::json(StatusCode::OK, name, &answer)
}

/// The answer that it is not done.
pub(in crate::spribe) fn refused(code: Code) -> Reply {
    reply(code, None)
}

/// The answer to whatever was asked.
pub(in crate::spribe) fn answer(echo: Echo, told: Told) -> Reply {
    match (echo, told) {
        (_, Told::Refused { why, .. }) => refused(of_refusal(why)),
        (
            Echo::Player,
            Told::Balance {
                account,
                currency,
                balance,
            },
        ) => reply(Code::Done, Some(player(account, currency, balance))),
        (
            Echo::Transaction(movement),
            Told::Played {
                account,
                currency,
                outcomes,
                balance,
            },
        ) => match outcomes.first() {
            Some(outcome) => played(movement, *outcome, (account, currency, balance)),
            None => refused(Code::Internal),
        },
        // What is not known, and what no call asks.
        (_, Told::NoAnswer | Told::Known | Told::Balance { .. } | Told::Played { .. }) => {
            refused(Code::Internal)
        }
    }
}

fn played(
    movement: Movement,
    outcome: Outcome,
    (account, currency, balance): (String, Currency, Option<Balance>),
) -> Reply {
    let code = of_outcome(outcome, movement.is_bet);
    let verdict = outcome.verdict();
    let receipt = verdict.and_then(|verdict| verdict.receipt());
    let data = match (code, receipt, balance) {
        (Code::Done | Code::Duplicate, Some(receipt), Some(balance)) => {
            let new_balance = scaled(balance, currency);
            let moved = match verdict {
                Some(Verdict::Applied(_)) => movement.moved,
                _ => 0,
            };
            Some(Data::Transaction {
                user_id: account,
                operator_tx_id: receipt.entry.0.to_string(),
                provider: movement.provider,
                provider_tx_id: movement.provider_tx_id,
                old_balance: new_balance.saturating_sub(moved),
                new_balance,
                currency: currency.code(),
            })
        }
        (Code::Done | Code::Duplicate, ..) => return refused(Code::Internal),
        (Code::Funds, _, Some(balance)) => Some(player(account, currency, balance)),
        _ => None,
    };
    reply(code, data)
}

fn player(account: String, currency: Currency, balance: Balance) -> Data {
    Data::Player {
        user_id: account.clone(),
        username: account,
        balance: scaled(balance, currency),
        currency: currency.code(),
    }
}

/// A balance as the provider reads it: what can be staked. What an `int64` cannot hold is shown as the most it can.
fn scaled(balance: Balance, currency: Currency) -> i64 {
    currency
        .to_scaled(balance.stakeable, scale(currency))
        .unwrap_or(i64::MAX)
}

/// The code of a call that did not reach the wallet.
fn of_refusal(refusal: Refusal) -> Code {
    match refusal {
        Refusal::UnknownUser | Refusal::UnknownToken => Code::Token,
        Refusal::TokenExpired => Code::Expired,
        // The provider has no code for any of these; a repeat would be told the same.
        Refusal::UnknownGame
        | Refusal::ForeignCurrency
        | Refusal::OddAmount
        | Refusal::BrandClosed
        | Refusal::PlayerDisabled
        | Refusal::LimitReached
        | Refusal::TooMany => Code::NoRetry,
    }
}

fn of_outcome(outcome: Outcome, is_bet: bool) -> Code {
    match outcome {
        Outcome::Decided(verdict) => of_verdict(verdict, is_bet),
        Outcome::Replayed { verdict, .. } => match of_verdict(verdict, is_bet) {
            Code::Done => Code::Duplicate,
            refused => refused,
        },
        // 409 would say that this very bet stands.
        Outcome::Conflict { .. } => Code::NoRetry,
        Outcome::Retryable => Code::Internal,
    }
}

fn of_verdict(verdict: Verdict, is_bet: bool) -> Code {
    match verdict {
        Verdict::Applied(_) => Code::Done,
        Verdict::Neutralised { why, .. } => match why {
            // 200 would say that a stake was taken; the provider rolled this bet back already.
            Neutral::RolledBackBefore if is_bet => Code::NoRetry,
            Neutral::RolledBackBefore | Neutral::AlreadyReversed => Code::Done,
            // Remembered, and told as operators tell it.
            Neutral::NotYetSeen | Neutral::NeverApplied | Neutral::WinStands => Code::NotFound,
        },
        // Of a win: the bet is unknown, or was rolled back.
        Verdict::MissingReference { .. } | Verdict::AlreadySettled { .. } => Code::NotFound,
        Verdict::InsufficientFunds { .. } => Code::Funds,
        Verdict::Rejected { reason, .. } => match reason {
            Reason::UnknownPlayer => Code::Token,
            Reason::NotReversible => Code::NotFound,
            // A repeat may succeed.
            Reason::BalanceLimit => Code::Internal,
            Reason::ForeignCurrency
            | Reason::MaxBet
            | Reason::MaxBetWithBonus
            | Reason::StakeLimit
            | Reason::LossLimit
            // None of these answers a whole bet, win or rollback.
            | Reason::ZeroAmount
            | Reason::PaymentDeclined
            | Reason::NotDivisible
            | Reason::UnknownBucket
            | Reason::SameBucket
            | Reason::NotForGrants
            | Reason::TooManyGrants
            | Reason::WagerOpen
            | Reason::NotEligible
            | Reason::NotYetExpired
            | Reason::GroupRefused
            | Reason::InvalidGroup => Code::NoRetry,
        },
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use croupier_wallet::{EntryId, Receipt};
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn every_refusal_has_its_code() {
        for refusal in Refusal::ALL {
            let code = match refusal {
                Refusal::UnknownUser | Refusal::UnknownToken => 401,
                Refusal::TokenExpired => 403,
                _ => 405,
            };
            assert_eq!(of_refusal(refusal).parts().0, code, "{refusal:?}");
        }
    }

    const BALANCE: Balance = Balance {
        available: 250,
        held: 0,
        stakeable: 250,
    };
    const RECEIPT: Receipt = Receipt {
        entry: EntryId(Uuid::nil()),
        balance: BALANCE,
    };

    fn neutral(why: Neutral) -> Verdict {
        Verdict::Neutralised {
            receipt: RECEIPT,
            why,
        }
    }

    #[test]
    fn every_verdict_has_its_code_the_first_time_and_again() {
        let rejected = |reason| Verdict::Rejected {
            reason,
            balance: BALANCE,
        };
        for (verdict, first, again) in [
            (Verdict::Applied(RECEIPT), 200, 409),
            (neutral(Neutral::AlreadyReversed), 200, 409),
            (neutral(Neutral::RolledBackBefore), 200, 409),
            (neutral(Neutral::NotYetSeen), 408, 408),
            (neutral(Neutral::NeverApplied), 408, 408),
            (Verdict::MissingReference { balance: BALANCE }, 408, 408),
            (Verdict::AlreadySettled { balance: BALANCE }, 408, 408),
            (
                Verdict::InsufficientFunds {
                    balance: BALANCE,
                    usable: 250,
                },
                402,
                402,
            ),
            (rejected(Reason::UnknownPlayer), 401, 401),
            (rejected(Reason::NotReversible), 408, 408),
            (rejected(Reason::BalanceLimit), 500, 500),
            (rejected(Reason::MaxBet), 405, 405),
            (rejected(Reason::StakeLimit), 405, 405),
            (rejected(Reason::LossLimit), 405, 405),
            (rejected(Reason::ForeignCurrency), 405, 405),
        ] {
            let replayed = Outcome::Replayed {
                verdict,
                balance: BALANCE,
            };
            let codes = (
                of_outcome(Outcome::Decided(verdict), false).parts().0,
                of_outcome(replayed, false).parts().0,
            );
            assert_eq!(codes, (first, again), "{verdict:?}");
        }
        for reason in Reason::ALL {
            let code = of_verdict(rejected(reason), true);
            assert!(!matches!(code, Code::Done | Code::Duplicate), "{reason:?}");
        }
        assert_eq!(
            of_outcome(Outcome::Conflict { balance: BALANCE }, true),
            Code::NoRetry
        );
        assert_eq!(of_outcome(Outcome::Retryable, true), Code::Internal);
        let late = Outcome::Decided(neutral(Neutral::RolledBackBefore));
        assert_eq!(of_outcome(late, true), Code::NoRetry);
    }

    fn told(moved: i64, outcome: Outcome) -> Value {
        let echo = Echo::Transaction(Movement {
            provider: "p".to_owned(),
            provider_tx_id: "t1".to_owned(),
            moved,
            is_bet: moved < 0,
        });
        let played = Told::Played {
            account: "auroraalice".to_owned(),
            currency: Currency::parse("EUR").unwrap(),
            outcomes: vec![outcome],
            balance: Some(BALANCE),
        };
        serde_json::from_slice(answer(echo, played).body()).unwrap()
    }

    #[test]
    fn an_answer_tells_the_balance_before_and_after_in_thousandths() {
        let bet = told(-1_000, Outcome::Decided(Verdict::Applied(RECEIPT)));
        assert_eq!(
            bet,
            json!({"code": 200, "message": "ok", "data": {
                "user_id": "auroraalice", "operator_tx_id": Uuid::nil().to_string(), "provider": "p", "provider_tx_id": "t1",
                "old_balance": 3_500, "new_balance": 2_500, "currency": "EUR",
            }})
        );
        let neutral = told(1_000, Outcome::Decided(neutral(Neutral::AlreadyReversed)));
        assert_eq!(neutral["data"]["old_balance"], 2_500, "nothing moved");
        let funds = Verdict::InsufficientFunds {
            balance: BALANCE,
            usable: 250,
        };
        let funds = told(-9_000, Outcome::Decided(funds));
        assert_eq!(
            (&funds["code"], &funds["data"]["balance"]),
            (&json!(402), &json!(2_500))
        );
    }
}
