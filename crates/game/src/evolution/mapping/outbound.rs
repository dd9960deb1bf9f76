//! From neutral decisions to Evolution's words.

use croupier_brand::Currency;
use croupier_wallet::{Balance, Neutral, Outcome, Reason, Verdict};
use http::StatusCode;
use serde_json::value::RawValue;

use super::{Echo, Kind};
use crate::{
    evolution::wire::Answer,
    provider::{Reply, Told},
    rounds::Refusal,
};

/// The protocol's statuses, those that are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::evolution) enum Status {
    Ok,
    TemporaryError,
    InvalidTokenId,
    InvalidSid,
    InvalidParameter,
    AccountLocked,
    InsufficientFunds,
    BetAlreadyExist,
    BetAlreadySettled,
    BetDoesNotExist,
    FinalErrorActionFailed,
}

impl Status {
    pub(in crate::evolution) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::TemporaryError => "TEMPORARY_ERROR",
            Self::InvalidTokenId => "INVALID_TOKEN_ID",
            Self::InvalidSid => "INVALID_SID",
            Self::InvalidParameter => "INVALID_PARAMETER",
            Self::AccountLocked => "ACCOUNT_LOCKED",
            Self::InsufficientFunds => "INSUFFICIENT_FUNDS",
            Self::BetAlreadyExist => "BET_ALREADY_EXIST",
            Self::BetAlreadySettled => "BET_ALREADY_SETTLED",
            Self::BetDoesNotExist => "BET_DOES_NOT_EXIST",
            Self::FinalErrorActionFailed => "FINAL_ERROR_ACTION_FAILED",
        }
    }
}

/// The answer that it is not done.
pub(in crate::evolution) fn refused(status: Status, uuid: Option<String>) -> Reply {
    let answer = Answer {
        status: status.as_str(),
        sid: None,
        balance: None,
        bonus: None,
        uuid,
        retransmission: None,
    };
    Reply::json(StatusCode::OK, status.as_str(), &answer)
}

/// The answer to whatever was asked.
pub(in crate::evolution) fn answer(echo: Echo, told: Told) -> Reply {
    let Echo { kind, uuid, sid } = echo;
    let (status, purse, again) = match told {
        Told::Refused { why, .. } => return refused(of_refusal(why), Some(uuid)),
        // What is not known, and what no call asks.
        Told::NoAnswer | Told::Known => return refused(Status::TemporaryError, Some(uuid)),
        Told::Balance { .. } if kind == Kind::Launch => {
            let answer = Answer {
                status: Status::Ok.as_str(),
                sid: Some(sid),
                balance: None,
                bonus: None,
                uuid: Some(uuid),
                retransmission: None,
            };
            return Reply::json(StatusCode::OK, Status::Ok.as_str(), &answer);
        }
        Told::Balance {
            currency, balance, ..
        } => (Status::Ok, Some((balance, currency)), None),
        Told::Played {
            currency,
            outcomes,
            balance,
            ..
        } => match outcomes.first() {
            Some(outcome) => (
                of_outcome(kind, *outcome),
                balance.map(|balance| (balance, currency)),
                Some(matches!(outcome, Outcome::Replayed { .. })),
            ),
            None => (Status::TemporaryError, None, None),
        },
    };
    let answer = Answer {
        status: status.as_str(),
        sid: None,
        bonus: purse.map(|_| 0),
        balance: purse.and_then(|(balance, currency)| decimal(balance, currency)),
        uuid: Some(uuid),
        retransmission: again,
    };
    Reply::json(StatusCode::OK, status.as_str(), &answer)
}

/// What can be staked, as a decimal number of at most six digits after the point; what a currency has beyond is not
/// shown.
fn decimal(balance: Balance, currency: Currency) -> Option<Box<RawValue>> {
    let mut text = currency.format(balance.stakeable);
    if let Some(point) = text.find('.') {
        text.truncate(text.len().min(point + 7));
    }
    RawValue::from_string(text).ok()
}

/// The status of a call that did not reach the wallet.
fn of_refusal(refusal: Refusal) -> Status {
    match refusal {
        Refusal::UnknownUser | Refusal::ForeignCurrency | Refusal::OddAmount => Status::InvalidParameter,
        Refusal::UnknownToken | Refusal::TokenExpired => Status::InvalidSid,
        Refusal::PlayerDisabled => Status::AccountLocked,
        // The provider has no status for any of these; a repeat would be told the same.
        Refusal::UnknownGame | Refusal::BrandClosed | Refusal::LimitReached | Refusal::TooMany => {
            Status::FinalErrorActionFailed
        }
    }
}

fn of_outcome(kind: Kind, outcome: Outcome) -> Status {
    match outcome {
        Outcome::Decided(verdict) => of_verdict(kind, verdict),
        Outcome::Replayed { verdict, .. } => match (of_verdict(kind, verdict), kind) {
            (Status::Ok, Kind::Debit) => Status::BetAlreadyExist,
            (Status::Ok, Kind::Credit | Kind::Cancel) => Status::BetAlreadySettled,
            (told, _) => told,
        },
        // A bet has one credit and one cancel: another is another's word for what was done.
        Outcome::Conflict { .. } => match kind {
            Kind::Credit | Kind::Cancel => Status::BetAlreadySettled,
            // `BET_ALREADY_EXIST` would say that this very bet stands.
            Kind::Launch | Kind::Balance | Kind::Debit | Kind::Promo => Status::FinalErrorActionFailed,
        },
        Outcome::Retryable => Status::TemporaryError,
    }
}

fn of_verdict(kind: Kind, verdict: Verdict) -> Status {
    match verdict {
        Verdict::Applied(_) => Status::Ok,
        Verdict::Neutralised { why, .. } => match why {
            // `OK` would say that a stake was taken; the provider cancelled this bet already.
            Neutral::RolledBackBefore if kind == Kind::Debit => Status::FinalErrorActionFailed,
            Neutral::RolledBackBefore | Neutral::AlreadyReversed => Status::BetAlreadySettled,
            // Remembered, and told as operators tell it.
            Neutral::NotYetSeen | Neutral::NeverApplied | Neutral::WinStands => Status::BetDoesNotExist,
        },
        Verdict::MissingReference { .. } => Status::BetDoesNotExist,
        Verdict::AlreadySettled { .. } => Status::BetAlreadySettled,
        Verdict::InsufficientFunds { .. } => Status::InsufficientFunds,
        Verdict::Rejected { reason, .. } => match reason {
            Reason::UnknownPlayer | Reason::ForeignCurrency => Status::InvalidParameter,
            Reason::NotReversible => Status::BetDoesNotExist,
            // A repeat may succeed.
            Reason::BalanceLimit => Status::TemporaryError,
            Reason::MaxBet
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
            | Reason::InvalidGroup => Status::FinalErrorActionFailed,
        },
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use croupier_wallet::{EntryId, Receipt};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn every_refusal_has_its_status() {
        for refusal in Refusal::ALL {
            let status = match refusal {
                Refusal::UnknownUser | Refusal::ForeignCurrency | Refusal::OddAmount => "INVALID_PARAMETER",
                Refusal::UnknownToken | Refusal::TokenExpired => "INVALID_SID",
                Refusal::PlayerDisabled => "ACCOUNT_LOCKED",
                _ => "FINAL_ERROR_ACTION_FAILED",
            };
            assert_eq!(of_refusal(refusal).as_str(), status, "{refusal:?}");
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
    const KINDS: [Kind; 4] = [Kind::Debit, Kind::Credit, Kind::Cancel, Kind::Promo];

    #[test]
    fn every_verdict_has_its_status_the_first_time_and_again() {
        let neutral = |why| Verdict::Neutralised {
            receipt: RECEIPT,
            why,
        };
        let rejected = |reason| Verdict::Rejected {
            reason,
            balance: BALANCE,
        };
        let funds = Verdict::InsufficientFunds {
            balance: BALANCE,
            usable: 250,
        };
        let (exist, settled, none) = ("BET_ALREADY_EXIST", "BET_ALREADY_SETTLED", "BET_DOES_NOT_EXIST");
        let failed = "FINAL_ERROR_ACTION_FAILED";
        for (verdict, first, again) in [
            (
                Verdict::Applied(RECEIPT),
                ["OK"; 4],
                [exist, settled, settled, "OK"],
            ),
            (
                neutral(Neutral::RolledBackBefore),
                [failed, settled, settled, settled],
                [failed, settled, settled, settled],
            ),
            (neutral(Neutral::AlreadyReversed), [settled; 4], [settled; 4]),
            (neutral(Neutral::NotYetSeen), [none; 4], [none; 4]),
            (neutral(Neutral::NeverApplied), [none; 4], [none; 4]),
            (
                Verdict::MissingReference { balance: BALANCE },
                [none; 4],
                [none; 4],
            ),
            (
                Verdict::AlreadySettled { balance: BALANCE },
                [settled; 4],
                [settled; 4],
            ),
            (funds, ["INSUFFICIENT_FUNDS"; 4], ["INSUFFICIENT_FUNDS"; 4]),
            (rejected(Reason::MaxBet), [failed; 4], [failed; 4]),
            (rejected(Reason::StakeLimit), [failed; 4], [failed; 4]),
            (rejected(Reason::LossLimit), [failed; 4], [failed; 4]),
            (
                rejected(Reason::BalanceLimit),
                ["TEMPORARY_ERROR"; 4],
                ["TEMPORARY_ERROR"; 4],
            ),
            (
                rejected(Reason::ForeignCurrency),
                ["INVALID_PARAMETER"; 4],
                ["INVALID_PARAMETER"; 4],
            ),
        ] {
            let replayed = Outcome::Replayed {
                verdict,
                balance: BALANCE,
            };
            let told = |outcome| KINDS.map(|kind| of_outcome(kind, outcome).as_str());
            assert_eq!(told(Outcome::Decided(verdict)), first, "{verdict:?}");
            assert_eq!(told(replayed), again, "{verdict:?} again");
        }
        for reason in Reason::ALL {
            assert_ne!(
                of_verdict(Kind::Debit, rejected(reason)),
                Status::Ok,
                "{reason:?}"
            );
        }
        let conflict = Outcome::Conflict { balance: BALANCE };
        assert_eq!(
            KINDS.map(|kind| of_outcome(kind, conflict).as_str()),
            [failed, settled, settled, failed]
        );
        assert_eq!(
            of_outcome(Kind::Debit, Outcome::Retryable),
            Status::TemporaryError
        );
    }

    #[test]
    fn a_balance_is_a_decimal_number_of_at_most_six_digits() {
        for (minor, currency, text) in [
            (250, "EUR", "2.50"),
            (0, "EUR", "0.00"),
            (7, "JPY", "7"),
            (199, "BTC", "0.000001"),
            (i64::MAX, "EUR", "92233720368547758.07"),
        ] {
            let balance = Balance {
                available: minor,
                held: 0,
                stakeable: minor,
            };
            let told = decimal(balance, Currency::parse(currency).unwrap()).unwrap();
            assert_eq!(told.get(), text);
        }
        let echo = Echo {
            kind: Kind::Debit,
            uuid: "u".to_owned(),
            sid: "s".to_owned(),
        };
        let played = Told::Played {
            account: "auroraalice".to_owned(),
            currency: Currency::parse("EUR").unwrap(),
            outcomes: vec![Outcome::Decided(Verdict::Applied(RECEIPT))],
            balance: Some(BALANCE),
        };
        assert_eq!(
            String::from_utf8_lossy(answer(echo, played).body()),
            r#"{"status":"OK","balance":2.50,"bonus":0,"uuid":"u","retransmission":false}"#
        );
    }
}
