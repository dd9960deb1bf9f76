//! From neutral decisions to Pragmatic Play's words.

use croupier_brand::Currency;
use croupier_wallet::{Balance, Neutral, Outcome, Reason, Verdict};
use http::StatusCode;
use serde_json::value::RawValue;

use super::{Echo, Kind};
use crate::{
    pragmatic::wire::Answer,
    provider::{Reply, Told, stopped},
    rounds::Refusal,
};

/// What an answer says became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::pragmatic) enum Code {
    Ok,
    Funds,
    Player,
    NotAllowed,
    Authentication,
    Hash,
    Frozen,
    Parameters,
    Game,
    Limit,
    Retry,
    Final,
    EndRoundRetry,
    BetLimits,
}

impl Code {
    fn parts(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::Ok => (0, "0", "Success"),
            Self::Funds => (1, "1", "Insufficient balance"),
            Self::Player => (2, "2", "Player not found or is logged out"),
            Self::NotAllowed => (3, "3", "Bet is not allowed"),
            Self::Authentication => (4, "4", "Player authentication failed"),
            Self::Hash => (5, "5", "Invalid hash code"),
            Self::Frozen => (6, "6", "Player is frozen"),
            Self::Parameters => (7, "7", "Bad parameters in the request"),
            Self::Game => (8, "8", "Game is not found or disabled"),
            Self::Limit => (50, "50", "Bet limit has been reached"),
            Self::Retry => (100, "100", "Internal server error, retry"),
            Self::Final => (120, "120", "Internal server error, do not retry"),
            Self::EndRoundRetry => (130, "130", "Internal server error on the end of a round, retry"),
            Self::BetLimits => (310, "310", "Bet is out of the bet limits"),
        }
    }
}

/// The answer that says no more than this.
pub(in crate::pragmatic) fn refused(code: Code) -> Reply {
    reply(code, Answer::default())
}

/// The answer to whatever was asked.
pub(in crate::pragmatic) fn answer(Echo(kind): Echo, told: Told) -> Reply {
    match told {
        Told::Refused { why, .. } => refused(of_refusal(why)),
        Told::NoAnswer => refused(retry(&kind)),
        // No call asks that.
        Told::Known => refused(Code::Final),
        Told::Balance {
            account,
            currency,
            balance,
        } => {
            let answer = holdings(Some(balance), currency);
            match kind {
                Kind::Authenticate(token) => {
                    let answer = Answer {
                        user_id: Some(account),
                        token: Some(token),
                        ..answer
                    };
                    reply(Code::Ok, answer)
                }
                _ => reply(Code::Ok, answer),
            }
        }
        Told::Played {
            currency,
            outcomes,
            balance,
            ..
        } => match not_done(&outcomes, &kind) {
            Some(code) => reply(code, holdings(balance, currency)),
            // What an accepted call is told needs a balance, but for refunds.
            None if balance.is_none() && kind != Kind::Refund => refused(retry(&kind)),
            None => {
                let receipt = outcomes.first().and_then(|first| first.verdict()?.receipt());
                let done = match kind {
                    Kind::Refund => Answer::default(),
                    Kind::Bet => Answer {
                        used_promo: number("0.00".to_owned()),
                        ..holdings(balance, currency)
                    },
                    _ => holdings(balance, currency),
                };
                let answer = Answer {
                    // 32 characters at the most.
                    transaction_id: receipt.map(|receipt| receipt.entry.0.simple().to_string()),
                    ..done
                };
                reply(Code::Ok, answer)
            }
        },
    }
}

/// Always HTTP 200: what became of the call is in the body.
fn reply(code: Code, answer: Answer) -> Reply {
    let (error, name, description) = code.parts();
    let answer = Answer {
        error,
        description,
        ..answer
    };
    Reply::json(StatusCode::OK, name, &answer)
}

/// What can be staked, all of it as cash: bonus money is the wallet's to tell apart.
fn holdings(balance: Option<Balance>, currency: Currency) -> Answer {
    let written = balance.and_then(|balance| number(currency.format(balance.stakeable)));
    Answer {
        currency: Some(currency.code()),
        bonus: written.as_ref().and_then(|_| number("0.00".to_owned())),
        cash: written,
        ..Answer::default()
    }
}

fn number(digits: String) -> Option<Box<RawValue>> {
    RawValue::from_string(digits).ok()
}

fn retry(kind: &Kind) -> Code {
    match kind {
        Kind::EndRound => Code::EndRoundRetry,
        _ => Code::Retry,
    }
}

/// Why it was not done, if it was not.
fn not_done(outcomes: &[Outcome], kind: &Kind) -> Option<Code> {
    match stopped(outcomes) {
        Some(outcome) => Some(of_outcome(outcome, kind)),
        None => outcomes.iter().find_map(|outcome| match outcome.verdict() {
            // A success would say that a stake was taken; the provider refunded this bet already.
            Some(Verdict::Neutralised {
                why: Neutral::RolledBackBefore,
                ..
            }) if *kind == Kind::Bet => Some(Code::Final),
            _ => None,
        }),
    }
}

fn of_refusal(refusal: Refusal) -> Code {
    match refusal {
        Refusal::UnknownUser => Code::Player,
        Refusal::UnknownToken | Refusal::TokenExpired => Code::Authentication,
        Refusal::UnknownGame => Code::Game,
        Refusal::ForeignCurrency | Refusal::OddAmount | Refusal::TooMany => Code::Parameters,
        Refusal::BrandClosed => Code::NotAllowed,
        Refusal::PlayerDisabled => Code::Frozen,
        Refusal::LimitReached => Code::Limit,
    }
}

/// Of what was not accepted. After any code but 1, 3, 50, 120 and 310 the provider refunds a bet by its reference:
/// were that said of a reference which was used for something else, the refund would undo the first.
fn of_outcome(outcome: Outcome, kind: &Kind) -> Code {
    match outcome {
        Outcome::Conflict { .. } => Code::Final,
        Outcome::Retryable => retry(kind),
        Outcome::Decided(verdict) | Outcome::Replayed { verdict, .. } => match verdict {
            Verdict::InsufficientFunds { .. } => Code::Funds,
            // The bet may be on its way.
            Verdict::MissingReference { .. } => retry(kind),
            Verdict::AlreadySettled { .. } => Code::Final,
            Verdict::Rejected { reason, .. } => of_reason(reason, kind),
            // Accepted.
            Verdict::Applied(_) | Verdict::Neutralised { .. } => retry(kind),
        },
    }
}

fn of_reason(reason: Reason, kind: &Kind) -> Code {
    match reason {
        Reason::ForeignCurrency => Code::Parameters,
        Reason::UnknownPlayer => Code::Player,
        Reason::MaxBet | Reason::MaxBetWithBonus if *kind == Kind::Bet => Code::BetLimits,
        Reason::StakeLimit | Reason::LossLimit if *kind == Kind::Bet => Code::Limit,
        // There may be room later; what is too much of an adjustment needs somebody to look at it.
        Reason::BalanceLimit
        | Reason::MaxBet
        | Reason::MaxBetWithBonus
        | Reason::StakeLimit
        | Reason::LossLimit => retry(kind),
        Reason::NotReversible | Reason::GroupRefused | Reason::InvalidGroup => Code::Final,
        // None of these answers a call of this protocol.
        Reason::ZeroAmount
        | Reason::PaymentDeclined
        | Reason::NotDivisible
        | Reason::UnknownBucket
        | Reason::SameBucket
        | Reason::NotForGrants
        | Reason::TooManyGrants
        | Reason::WagerOpen
        | Reason::NotEligible
        | Reason::NotYetExpired => Code::Final,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use croupier_wallet::{EntryId, Receipt};
    use uuid::Uuid;

    use super::*;

    const NOW: Balance = Balance {
        available: 120,
        held: 7,
        stakeable: 105,
    };

    fn accepted(verdict: fn(Receipt) -> Verdict) -> Outcome {
        let receipt = Receipt {
            entry: EntryId(Uuid::nil()),
            balance: NOW,
        };
        Outcome::Decided(verdict(receipt))
    }

    fn said(kind: Kind, outcomes: Vec<Outcome>) -> String {
        let told = Told::Played {
            account: "auroraalice".to_owned(),
            currency: Currency::parse("EUR").unwrap(),
            outcomes,
            balance: Some(NOW),
        };
        let reply = answer(Echo(kind), told);
        assert_eq!(reply.http, StatusCode::OK);
        String::from_utf8(reply.body().to_vec()).unwrap()
    }

    #[test]
    fn every_refusal_has_its_code() {
        for (refusal, code) in [
            (Refusal::UnknownUser, 2),
            (Refusal::UnknownToken, 4),
            (Refusal::TokenExpired, 4),
            (Refusal::UnknownGame, 8),
            (Refusal::ForeignCurrency, 7),
            (Refusal::OddAmount, 7),
            (Refusal::BrandClosed, 3),
            (Refusal::PlayerDisabled, 6),
            (Refusal::LimitReached, 50),
            (Refusal::TooMany, 7),
        ] {
            assert_eq!(of_refusal(refusal).parts().0, code, "{refusal:?}");
        }
    }

    #[test]
    fn money_12_every_outcome_has_its_code() {
        let decided = Outcome::Decided;
        let (balance, funds) = (
            NOW,
            Verdict::InsufficientFunds {
                balance: NOW,
                usable: 1,
            },
        );
        let rejected = |reason| decided(Verdict::Rejected { reason, balance });
        for (outcome, kind, code) in [
            (Outcome::Conflict { balance }, Kind::Bet, 120),
            (Outcome::Retryable, Kind::Bet, 100),
            (Outcome::Retryable, Kind::EndRound, 130),
            (decided(funds), Kind::Bet, 1),
            (
                Outcome::Replayed {
                    verdict: funds,
                    balance,
                },
                Kind::Win,
                1,
            ),
            (decided(Verdict::MissingReference { balance }), Kind::Refund, 100),
            (decided(Verdict::AlreadySettled { balance }), Kind::Refund, 120),
            (rejected(Reason::MaxBet), Kind::Bet, 310),
            (rejected(Reason::MaxBetWithBonus), Kind::Bet, 310),
            (rejected(Reason::StakeLimit), Kind::Bet, 50),
            (rejected(Reason::LossLimit), Kind::Bet, 50),
            (rejected(Reason::MaxBet), Kind::Win, 100),
            (rejected(Reason::BalanceLimit), Kind::Win, 100),
            (rejected(Reason::UnknownPlayer), Kind::Bet, 2),
            (rejected(Reason::ForeignCurrency), Kind::Bet, 7),
            (rejected(Reason::NotReversible), Kind::Refund, 120),
        ] {
            assert_eq!(
                not_done(&[outcome], &kind).unwrap().parts().0,
                code,
                "{outcome:?}"
            );
        }
        for reason in Reason::ALL {
            assert!(not_done(&[rejected(reason)], &Kind::Win).is_some(), "{reason:?}");
        }
    }

    #[test]
    fn answers_are_as_documented() {
        let applied = || vec![accepted(Verdict::Applied)];
        assert_eq!(
            said(Kind::Bet, applied()),
            r#"{"transactionId":"00000000000000000000000000000000","currency":"EUR","cash":1.05,"bonus":0.00,"usedPromo":0.00,"error":0,"description":"Success"}"#
        );
        assert_eq!(
            said(Kind::Refund, applied()),
            r#"{"transactionId":"00000000000000000000000000000000","error":0,"description":"Success"}"#
        );
        assert_eq!(
            said(Kind::EndRound, Vec::new()),
            r#"{"currency":"EUR","cash":1.05,"bonus":0.00,"error":0,"description":"Success"}"#
        );
        let funds = Outcome::Decided(Verdict::InsufficientFunds {
            balance: NOW,
            usable: 1,
        });
        assert_eq!(
            said(Kind::Bet, vec![funds]),
            r#"{"currency":"EUR","cash":1.05,"bonus":0.00,"error":1,"description":"Insufficient balance"}"#
        );
        assert_eq!(
            String::from_utf8_lossy(refused(Code::Hash).body()),
            r#"{"error":5,"description":"Invalid hash code"}"#
        );
    }

    #[test]
    fn a_bet_after_its_refund_is_not_accepted_and_a_refund_of_nothing_is() {
        let late = |receipt| Verdict::Neutralised {
            receipt,
            why: Neutral::RolledBackBefore,
        };
        assert_eq!(not_done(&[accepted(late)], &Kind::Bet), Some(Code::Final));
        let unseen = |receipt| Verdict::Neutralised {
            receipt,
            why: Neutral::NotYetSeen,
        };
        assert_eq!(not_done(&[accepted(unseen)], &Kind::Refund), None);
    }
}
