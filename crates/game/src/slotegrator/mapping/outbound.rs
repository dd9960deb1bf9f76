//! From neutral decisions to Slotegrator's words.

use croupier_brand::Currency;
use croupier_wallet::{Balance, Outcome, Reason, Verdict};
use http::StatusCode;
use serde_json::value::RawValue;

use super::Echo;
use crate::{
    provider::{Reply, Told, stopped},
    rounds::Refusal,
    slotegrator::wire::{Done, Refused},
};

/// Why it is not done. The protocol has two codes for that; people read the description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::slotegrator) enum Why {
    Funds,
    Signature,
    Parameters,
    TooMany,
    Amount,
    Currency,
    Player,
    Session,
    Game,
    Disabled,
    Closed,
    Limit,
    Conflict,
    Reference,
    Undone,
    Irreversible,
    Unknown,
}

impl Why {
    fn parts(self) -> (&'static str, &'static str) {
        let description = match self {
            Self::Funds => return ("INSUFFICIENT_FUNDS", "Not enough money to continue playing"),
            Self::Signature => "Invalid signature",
            Self::Parameters => "Parameters are missing or cannot be read",
            Self::TooMany => "More transactions are listed than one call may have",
            Self::Amount => "The amount is not one of the currency",
            Self::Currency => "Not the currency of the session",
            Self::Player => "Player not found",
            Self::Session => "Session not found or over",
            Self::Game => "Game not found or disabled",
            Self::Disabled => "Player is disabled",
            Self::Closed => "The casino takes no bets",
            Self::Limit => "A limit stops the bet",
            Self::Conflict => "The transaction id was used for something else",
            Self::Reference => "The transaction is not known",
            Self::Undone => "The transaction was settled or undone before",
            Self::Irreversible => "The transaction cannot be rolled back",
            Self::Unknown => "Internal error, try again",
        };
        ("INTERNAL_ERROR", description)
    }
}

/// The answer that it is not done. Always HTTP 200, and nothing beside the error.
pub(in crate::slotegrator) fn refused(why: Why) -> Reply {
    let (error_code, error_description) = why.parts();
    let refused = Refused {
        error_code,
        error_description,
    };
    Reply::json(StatusCode::OK, error_code, &refused)
}

/// The answer to whatever was asked.
pub(in crate::slotegrator) fn answer(echo: Echo, told: Told) -> Reply {
    match told {
        Told::Refused { why, .. } => refused(of_refusal(why)),
        // No call asks whether a player is known.
        Told::NoAnswer | Told::Known => refused(Why::Unknown),
        Told::Balance {
            currency, balance, ..
        } => match number(balance, currency) {
            Some(balance) => done(balance, None, None),
            None => refused(Why::Unknown),
        },
        Told::Played {
            currency,
            outcomes,
            balance,
            ..
        } => {
            let balance = balance.and_then(|balance| number(balance, currency));
            match (not_done(&outcomes), balance) {
                (Some(why), _) => refused(why),
                (None, Some(balance)) => {
                    let receipt = outcomes.first().and_then(|first| first.verdict()?.receipt());
                    let id = receipt.map(|receipt| receipt.entry.to_string());
                    done(balance, id, echo.rolled_back)
                }
                (None, None) => refused(Why::Unknown),
            }
        }
    }
}

fn done(balance: Box<RawValue>, transaction_id: Option<String>, rolled_back: Option<Vec<String>>) -> Reply {
    let done = Done {
        balance,
        transaction_id,
        rollback_transactions: rolled_back,
    };
    Reply::json(StatusCode::OK, "OK", &done)
}

/// What can be staked, with all of the currency's digits.
fn number(balance: Balance, currency: Currency) -> Option<Box<RawValue>> {
    RawValue::from_string(currency.format(balance.stakeable)).ok()
}

/// A bet that comes after its refund succeeds and moves nothing: both are told, and come to nothing together.
fn not_done(outcomes: &[Outcome]) -> Option<Why> {
    stopped(outcomes).map(of_outcome)
}

fn of_refusal(refusal: Refusal) -> Why {
    match refusal {
        Refusal::UnknownUser => Why::Player,
        Refusal::UnknownToken | Refusal::TokenExpired => Why::Session,
        Refusal::UnknownGame => Why::Game,
        Refusal::ForeignCurrency => Why::Currency,
        Refusal::OddAmount => Why::Amount,
        Refusal::BrandClosed => Why::Closed,
        Refusal::PlayerDisabled => Why::Disabled,
        Refusal::LimitReached => Why::Limit,
        Refusal::TooMany => Why::TooMany,
    }
}

/// Of what was not accepted.
fn of_outcome(outcome: Outcome) -> Why {
    match outcome {
        Outcome::Conflict { .. } => Why::Conflict,
        Outcome::Retryable => Why::Unknown,
        Outcome::Decided(verdict) | Outcome::Replayed { verdict, .. } => match verdict {
            Verdict::InsufficientFunds { .. } => Why::Funds,
            Verdict::MissingReference { .. } => Why::Reference,
            Verdict::AlreadySettled { .. } => Why::Undone,
            Verdict::Rejected { reason, .. } => of_reason(reason),
            // Accepted.
            Verdict::Applied(_) | Verdict::Neutralised { .. } => Why::Unknown,
        },
    }
}

fn of_reason(reason: Reason) -> Why {
    match reason {
        Reason::ForeignCurrency => Why::Currency,
        Reason::UnknownPlayer => Why::Player,
        Reason::MaxBet
        | Reason::MaxBetWithBonus
        | Reason::StakeLimit
        | Reason::LossLimit
        | Reason::BalanceLimit => Why::Limit,
        Reason::NotReversible => Why::Irreversible,
        Reason::ZeroAmount => Why::Amount,
        Reason::InvalidGroup => Why::TooMany,
        // None of these answers a call of this protocol.
        Reason::GroupRefused
        | Reason::PaymentDeclined
        | Reason::NotDivisible
        | Reason::UnknownBucket
        | Reason::SameBucket
        | Reason::NotForGrants
        | Reason::TooManyGrants
        | Reason::WagerOpen
        | Reason::NotEligible
        | Reason::NotYetExpired => Why::Unknown,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::collections::HashSet;

    use croupier_wallet::{EntryId, Neutral, Receipt};
    use uuid::Uuid;

    use super::*;

    const NOW: Balance = Balance {
        available: 120,
        held: 7,
        stakeable: 105,
    };

    fn said(echo: Echo, outcome: Outcome) -> String {
        let told = Told::Played {
            account: "auroraalice".to_owned(),
            currency: Currency::parse("EUR").unwrap(),
            outcomes: vec![outcome],
            balance: Some(NOW),
        };
        let reply = answer(echo, told);
        assert_eq!(reply.http, StatusCode::OK);
        String::from_utf8(reply.body().to_vec()).unwrap()
    }

    #[test]
    fn money_12_every_refusal_and_outcome_has_its_words() {
        let all: HashSet<_> = Refusal::ALL.into_iter().map(of_refusal).collect();
        assert_eq!(
            all.len(),
            Refusal::ALL.len() - 1,
            "a launch that is over is a session not found"
        );
        let balance = NOW;
        let rejected = |reason| Outcome::Decided(Verdict::Rejected { reason, balance });
        for (outcome, why) in [
            (Outcome::Conflict { balance }, Why::Conflict),
            (Outcome::Retryable, Why::Unknown),
            (
                Outcome::Decided(Verdict::InsufficientFunds { balance, usable: 1 }),
                Why::Funds,
            ),
            (
                Outcome::Decided(Verdict::MissingReference { balance }),
                Why::Reference,
            ),
            (Outcome::Decided(Verdict::AlreadySettled { balance }), Why::Undone),
            (rejected(Reason::MaxBet), Why::Limit),
            (rejected(Reason::MaxBetWithBonus), Why::Limit),
            (rejected(Reason::StakeLimit), Why::Limit),
            (rejected(Reason::LossLimit), Why::Limit),
            (rejected(Reason::BalanceLimit), Why::Limit),
            (rejected(Reason::UnknownPlayer), Why::Player),
            (rejected(Reason::ForeignCurrency), Why::Currency),
            (rejected(Reason::NotReversible), Why::Irreversible),
            (rejected(Reason::InvalidGroup), Why::TooMany),
        ] {
            assert_eq!(not_done(&[outcome]), Some(why), "{outcome:?}");
        }
        for reason in Reason::ALL {
            assert!(not_done(&[rejected(reason)]).is_some(), "{reason:?}");
        }
    }

    #[test]
    fn answers_are_as_seen() {
        let receipt = Receipt {
            entry: EntryId(Uuid::nil()),
            balance: NOW,
        };
        let applied = Outcome::Decided(Verdict::Applied(receipt));
        assert_eq!(
            said(Echo::default(), applied),
            r#"{"balance":1.05,"transaction_id":"00000000-0000-0000-0000-000000000000"}"#
        );
        let list = Echo {
            rolled_back: Some(vec!["b1".to_owned(), "w1".to_owned()]),
        };
        assert!(said(list, applied).ends_with(r#""rollback_transactions":["b1","w1"]}"#));
        let funds = Verdict::InsufficientFunds {
            balance: NOW,
            usable: 1,
        };
        assert_eq!(
            said(Echo::default(), Outcome::Decided(funds)),
            r#"{"error_code":"INSUFFICIENT_FUNDS","error_description":"Not enough money to continue playing"}"#
        );
        let late = Outcome::Decided(Verdict::Neutralised {
            receipt,
            why: Neutral::RolledBackBefore,
        });
        assert!(said(Echo::default(), late).starts_with(r#"{"balance""#));
    }
}
