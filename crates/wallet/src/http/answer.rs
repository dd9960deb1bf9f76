//! The one place that turns what the wallet says into problems.

use croupier_brand::{
    Currency,
    eligibility::Ineligible,
    http::{idempotency::IdempotencyKey, problem::Problem},
};
use http::StatusCode;

use crate::{
    cashier::CashierError,
    engine::outcome::{Outcome, Reason, Receipt, Verdict},
    payments::GatewayError,
    personal::Exceeded,
    service::WalletError,
};

impl From<WalletError> for Problem {
    fn from(fault: WalletError) -> Self {
        match &fault {
            WalletError::Unavailable(cause) => {
                tracing::warn!(%fault, %cause, "the wallet cannot answer now");
                Self::unavailable()
            }
            WalletError::Broken(_) => {
                tracing::error!(%fault, "the wallet failed");
                Self::internal()
            }
        }
    }
}

/// What the cashier says instead of an outcome.
pub(super) fn unanswered(fault: CashierError, currency: Currency) -> Problem {
    match fault {
        CashierError::KeyReused | CashierError::Gateway(GatewayError::KeyReused) => IdempotencyKey::reused(),
        CashierError::UnknownPlayer => rejected(Reason::UnknownPlayer, currency),
        CashierError::Ineligible(why) => ineligible(why),
        CashierError::DepositLimit(exceeded) => deposit_limit(exceeded, currency),
        CashierError::Pending => Problem::new(
            StatusCode::CONFLICT,
            "deposit_pending",
            "A deposit under this Idempotency-Key was begun, and it is not known yet whether it was charged. If it was, it is booked. Repeat with the same key to be told; nothing else is charged for it.",
        ),
        CashierError::BalanceLimit => rejected(Reason::BalanceLimit, currency),
        CashierError::Gateway(fault @ GatewayError::Unavailable) => {
            tracing::warn!(%fault, "a deposit waits for the payment gateway");
            Problem::unavailable()
        }
        // A repeat is told when it is booked.
        CashierError::NotBooked => Problem::unavailable(),
        CashierError::Wallet(fault) => fault.into(),
    }
}

/// Why the player may not. Said to who has proved to be the player.
fn ineligible(why: Ineligible) -> Problem {
    let detail = match why {
        Ineligible::PlayerBlocked => "This player is blocked. Ask the brand's support.",
        Ineligible::PlayerClosed => "This player's account is closed.",
        Ineligible::PlayerExcluded => {
            "You keep out by your own decision, and deposit nothing until that is over. What you have you can withdraw."
        }
        Ineligible::LimitReached => "A limit of yours is reached.",
        Ineligible::BrandClosed => {
            return Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                why.code(),
                "This casino is closed for now.",
            );
        }
        Ineligible::GameWithdrawn | Ineligible::GameUnknown => {
            tracing::error!(
                reason = why.code(),
                "a deposit or withdrawal was refused for a game"
            );
            return Problem::internal();
        }
    };
    Problem::new(StatusCode::FORBIDDEN, why.code(), detail)
}

fn deposit_limit(exceeded: Exceeded, currency: Currency) -> Problem {
    let (left, period) = (currency.format(exceeded.left), exceeded.period.as_str());
    Problem::new(
        StatusCode::CONFLICT,
        "deposit_limit_reached",
        format!("Your own limit for a {period} leaves {left} {currency} to deposit."),
    )
    .with_error(
        "amount",
        format!("is more than the {left} {currency} that your limit for a {period} leaves"),
    )
}

/// 422 `invalid_fields` for one field.
pub(super) fn invalid(field: &str, message: impl Into<String>) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "invalid_fields",
        "Some fields are not as they must be.",
    )
    .with_error(field, message)
}

/// The receipt of a deposit or withdrawal, now or repeated.
///
/// # Errors
/// The problem to answer with; the same one for every repeat.
pub(super) fn receipt(
    outcome: Result<Outcome, CashierError>,
    currency: Currency,
) -> Result<Receipt, Problem> {
    let verdict = match outcome.map_err(|fault| unanswered(fault, currency))? {
        Outcome::Decided(verdict) | Outcome::Replayed { verdict, .. } => verdict,
        Outcome::Conflict { .. } => return Err(IdempotencyKey::reused()),
        Outcome::Retryable => return Err(Problem::unavailable()),
    };
    match verdict {
        Verdict::Applied(receipt) => Ok(receipt),
        Verdict::InsufficientFunds { usable, .. } => Err(insufficient_funds(usable, currency)),
        Verdict::Rejected { reason, .. } => Err(rejected(reason, currency)),
        Verdict::Neutralised { .. } | Verdict::MissingReference { .. } | Verdict::AlreadySettled { .. } => {
            tracing::error!(
                verdict = verdict.as_str(),
                "a deposit or withdrawal was decided as only play can be"
            );
            Err(Problem::internal())
        }
    }
}

fn insufficient_funds(usable: i64, currency: Currency) -> Problem {
    let available = currency.format(usable);
    Problem::new(
        StatusCode::CONFLICT,
        "insufficient_funds",
        format!("The wallet does not have that much to withdraw. Available: {available} {currency}."),
    )
    .with_error(
        "amount",
        format!("is more than the {available} {currency} that can be withdrawn"),
    )
}

fn rejected(reason: Reason, currency: Currency) -> Problem {
    match reason {
        Reason::PaymentDeclined => Problem::new(
            StatusCode::PAYMENT_REQUIRED,
            "payment_declined",
            "The payment was declined. Try another amount or another way to pay, with a new Idempotency-Key.",
        ),
        Reason::ZeroAmount => invalid("amount", "must be more than zero"),
        Reason::BalanceLimit => invalid("amount", "would take the wallet over its limit"),
        Reason::ForeignCurrency => invalid(
            "currency",
            format!("must be {currency}, the currency of this wallet"),
        ),
        // The token is good and the brand has no such player: it speaks for nobody here.
        Reason::UnknownPlayer => Problem::unauthenticated(),
        Reason::NotReversible
        | Reason::NotDivisible
        | Reason::UnknownBucket
        | Reason::SameBucket
        | Reason::NotForGrants
        | Reason::TooManyGrants
        | Reason::WagerOpen
        | Reason::NotEligible
        | Reason::NotYetExpired
        | Reason::MaxBet
        | Reason::MaxBetWithBonus
        | Reason::StakeLimit
        | Reason::LossLimit
        | Reason::GroupRefused
        | Reason::InvalidGroup => {
            tracing::error!(
                reason = reason.as_str(),
                "a deposit or withdrawal was refused as neither can be"
            );
            Problem::internal()
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::engine::{ids::EntryId, outcome::Balance};

    fn eur() -> Currency {
        Currency::parse("EUR").unwrap()
    }

    #[test]
    fn a_repeat_is_answered_as_the_first_time() {
        let balance = Balance {
            available: 700,
            held: 300,
            stakeable: 700,
        };
        let verdicts = [
            Verdict::Applied(Receipt {
                entry: EntryId(Uuid::nil()),
                balance,
            }),
            Verdict::InsufficientFunds { balance, usable: 650 },
            Verdict::Rejected {
                reason: Reason::PaymentDeclined,
                balance,
            },
        ];
        for verdict in verdicts {
            let replay = Outcome::Replayed {
                verdict,
                balance: Balance::default(),
            };
            assert_eq!(
                receipt(Ok(replay), eur()),
                receipt(Ok(Outcome::Decided(verdict)), eur())
            );
        }
    }

    #[test]
    fn each_refusal_has_its_problem() {
        let balance = Balance::default();
        let answer = |outcome| {
            let problem = receipt(Ok(outcome), eur()).unwrap_err();
            (problem.status().as_u16(), problem.code())
        };
        let rejected = |reason| Outcome::Decided(Verdict::Rejected { reason, balance });
        assert_eq!(
            answer(rejected(Reason::PaymentDeclined)),
            (402, "payment_declined")
        );
        assert_eq!(answer(rejected(Reason::BalanceLimit)), (422, "invalid_fields"));
        assert_eq!(answer(rejected(Reason::UnknownPlayer)), (401, "unauthenticated"));
        assert_eq!(
            answer(Outcome::Conflict { balance }),
            (422, "idempotency_key_reused")
        );
        assert_eq!(answer(Outcome::Retryable), (503, "unavailable"));
        let broke = receipt(
            Ok(Outcome::Decided(Verdict::InsufficientFunds {
                balance,
                usable: 1250,
            })),
            eur(),
        )
        .unwrap_err();
        assert_eq!(
            (broke.status().as_u16(), broke.code()),
            (409, "insufficient_funds")
        );
        assert!(broke.errors()[0].message.contains("12.50 EUR"));
    }
}
