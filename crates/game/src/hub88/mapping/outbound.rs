//! From neutral decisions to Hub88's words.

use croupier_brand::Currency;
use croupier_wallet::{Balance, Neutral, Outcome, Reason, Verdict};

use super::{Call, Echo, SCALE};
use crate::{
    hub88::wire::{Answer, Status},
    provider::Told,
    rounds::Refusal,
};

/// The answer to whatever was asked.
pub(in crate::hub88) fn answer(echo: Echo, told: Told) -> Answer {
    let kind = echo.kind;
    match told {
        Told::Known => echo.only(Status::Ok),
        Told::Refused { why, .. } => echo.only(of_refusal(why)),
        Told::NoAnswer => echo.only(Status::Unknown),
        Told::Balance {
            currency, balance, ..
        } => Answer {
            currency: Some(currency.code()),
            balance: Some(scaled(balance, currency)),
            ..echo.only(Status::Ok)
        },
        Told::Played {
            currency,
            outcomes,
            balance,
            ..
        } => {
            let status = match (kind, outcomes.first()) {
                (Some(call), Some(outcome)) => of_outcome(call, *outcome),
                _ => Status::Unknown,
            };
            Answer {
                currency: Some(currency.code()),
                balance: balance.map(|balance| scaled(balance, currency)),
                ..echo.only(status)
            }
        }
    }
}

/// The status of a request that did not reach the wallet.
fn of_refusal(refusal: Refusal) -> Status {
    match refusal {
        // The provider has no status for a user that does not exist; it learns no more than that
        // this token is not that user's.
        Refusal::UnknownUser | Refusal::UnknownToken => Status::InvalidToken,
        Refusal::UnknownGame => Status::InvalidGame,
        Refusal::ForeignCurrency => Status::WrongCurrency,
        // A call is one transaction.
        Refusal::OddAmount | Refusal::TooMany => Status::WrongSyntax,
        Refusal::BrandClosed => Status::InvalidPartner,
        Refusal::TokenExpired => Status::TokenExpired,
        Refusal::PlayerDisabled => Status::UserDisabled,
        Refusal::LimitReached => Status::LimitReached,
    }
}

fn of_outcome(call: Call, outcome: Outcome) -> Status {
    match outcome {
        Outcome::Decided(verdict) | Outcome::Replayed { verdict, .. } => of_verdict(call, verdict),
        Outcome::Conflict { .. } => Status::DuplicateTransaction,
        Outcome::Retryable => Status::Unknown,
    }
}

fn of_verdict(call: Call, verdict: Verdict) -> Status {
    match verdict {
        Verdict::Applied(_) => Status::Ok,
        // An `RS_OK` would say that a stake was taken; the provider rolled this bet back already.
        Verdict::Neutralised {
            why: Neutral::RolledBackBefore,
            ..
        } if call == Call::Bet => Status::TransactionDoesNotExist,
        Verdict::Neutralised { .. } => Status::Ok,
        // Of a win: the bet is unknown, or was rolled back.
        Verdict::MissingReference { .. } | Verdict::AlreadySettled { .. } => Status::TransactionDoesNotExist,
        Verdict::InsufficientFunds { .. } => Status::NotEnoughMoney,
        Verdict::Rejected { reason, .. } => match reason {
            Reason::ForeignCurrency => Status::WrongCurrency,
            Reason::UnknownPlayer => Status::InvalidToken,
            Reason::BalanceLimit
            | Reason::MaxBet
            | Reason::MaxBetWithBonus
            | Reason::StakeLimit
            | Reason::LossLimit => Status::LimitReached,
            Reason::NotReversible => Status::TransactionDoesNotExist,
            // None of these answers a whole bet, win or rollback.
            Reason::ZeroAmount
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
            | Reason::InvalidGroup => Status::Unknown,
        },
    }
}

/// A balance as the provider reads it: what can be staked, × 100 000. What a currency has beyond
/// five digits is not shown; what an `int64` cannot hold is shown as the most it can.
fn scaled(balance: Balance, currency: Currency) -> i64 {
    currency.to_scaled(balance.stakeable, SCALE).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use croupier_wallet::{EntryId, Receipt};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn every_refusal_has_its_status() {
        for (refusal, status) in [
            (Refusal::UnknownUser, Status::InvalidToken),
            (Refusal::UnknownToken, Status::InvalidToken),
            (Refusal::UnknownGame, Status::InvalidGame),
            (Refusal::ForeignCurrency, Status::WrongCurrency),
            (Refusal::OddAmount, Status::WrongSyntax),
            (Refusal::BrandClosed, Status::InvalidPartner),
            (Refusal::TokenExpired, Status::TokenExpired),
            (Refusal::PlayerDisabled, Status::UserDisabled),
            (Refusal::LimitReached, Status::LimitReached),
        ] {
            assert_eq!(of_refusal(refusal), status, "{refusal:?}");
        }
    }

    const THEN: Balance = Balance {
        available: 120,
        held: 7,
        stakeable: 100,
    };
    const NOW: Balance = Balance {
        available: 250,
        held: 0,
        stakeable: 250,
    };

    fn receipt() -> Receipt {
        Receipt {
            entry: EntryId(Uuid::nil()),
            balance: THEN,
        }
    }

    #[test]
    fn every_verdict_has_its_status() {
        let rejected = |reason| Verdict::Rejected {
            reason,
            balance: THEN,
        };
        let neutral = |why| Verdict::Neutralised {
            receipt: receipt(),
            why,
        };
        for (call, verdict, status) in [
            (Call::Bet, Verdict::Applied(receipt()), Status::Ok),
            (Call::Win, Verdict::Applied(receipt()), Status::Ok),
            (Call::Rollback, Verdict::Applied(receipt()), Status::Ok),
            (
                Call::Bet,
                neutral(Neutral::RolledBackBefore),
                Status::TransactionDoesNotExist,
            ),
            (Call::Win, neutral(Neutral::RolledBackBefore), Status::Ok),
            (Call::Rollback, neutral(Neutral::NotYetSeen), Status::Ok),
            (Call::Rollback, neutral(Neutral::AlreadyReversed), Status::Ok),
            (Call::Rollback, neutral(Neutral::NeverApplied), Status::Ok),
            (
                Call::Win,
                Verdict::MissingReference { balance: THEN },
                Status::TransactionDoesNotExist,
            ),
            (
                Call::Rollback,
                Verdict::MissingReference { balance: THEN },
                Status::TransactionDoesNotExist,
            ),
            (
                Call::Win,
                Verdict::AlreadySettled { balance: THEN },
                Status::TransactionDoesNotExist,
            ),
            (
                Call::Bet,
                Verdict::InsufficientFunds {
                    balance: THEN,
                    usable: 100,
                },
                Status::NotEnoughMoney,
            ),
            (
                Call::Bet,
                rejected(Reason::ForeignCurrency),
                Status::WrongCurrency,
            ),
            (Call::Bet, rejected(Reason::UnknownPlayer), Status::InvalidToken),
            (Call::Win, rejected(Reason::BalanceLimit), Status::LimitReached),
            (Call::Bet, rejected(Reason::MaxBet), Status::LimitReached),
            (Call::Bet, rejected(Reason::MaxBetWithBonus), Status::LimitReached),
            (Call::Bet, rejected(Reason::StakeLimit), Status::LimitReached),
            (Call::Bet, rejected(Reason::LossLimit), Status::LimitReached),
            (
                Call::Rollback,
                rejected(Reason::NotReversible),
                Status::TransactionDoesNotExist,
            ),
        ] {
            assert_eq!(
                of_outcome(call, Outcome::Decided(verdict)),
                status,
                "{call:?} {verdict:?}"
            );
        }
    }

    #[test]
    fn a_repeat_gets_the_same_status_and_a_conflict_its_own() {
        let funds = Verdict::InsufficientFunds {
            balance: THEN,
            usable: 100,
        };
        for (verdict, status) in [
            (Verdict::Applied(receipt()), Status::Ok),
            (funds, Status::NotEnoughMoney),
        ] {
            let replayed = Outcome::Replayed {
                verdict,
                balance: NOW,
            };
            assert_eq!(of_outcome(Call::Bet, replayed), status);
        }
        assert_eq!(
            of_outcome(Call::Win, Outcome::Conflict { balance: NOW }),
            Status::DuplicateTransaction
        );
        assert_eq!(of_outcome(Call::Bet, Outcome::Retryable), Status::Unknown);
    }

    #[test]
    fn a_balance_is_what_can_be_staked() {
        let currency = |code| Currency::parse(code).unwrap();
        assert_eq!(scaled(THEN, currency("EUR")), 100_000);
        let stakeable = |stakeable| Balance {
            available: -5,
            held: 0,
            stakeable,
        };
        assert_eq!(scaled(stakeable(1_999), currency("BTC")), 1);
        assert_eq!(scaled(stakeable(0), currency("EUR")), 0);
        assert_eq!(scaled(stakeable(i64::MAX), currency("EUR")), i64::MAX);
    }
}
