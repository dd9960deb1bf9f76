//! From neutral decisions to SOFTSWISS's words.

use croupier_wallet::{Outcome, Reason, Verdict};
use http::StatusCode;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::Echo;
use crate::{
    provider::{Reply, Told, stopped},
    rounds::Refusal,
    softswiss::wire::{Done, Refused, Transaction},
};

/// What is answered where it is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::softswiss) enum Code {
    Funds,
    Player,
    PersonalLimit,
    MaxBet,
    Game,
    Disabled,
    Currency,
    Immutable,
    BadRequest,
    TooMany,
    Forbidden,
    NotFound,
    Unknown,
}

impl Code {
    fn parts(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::Funds => (100, "100", "Player has not enough funds to process an action."),
            Self::Player => (101, "101", "Player is invalid."),
            Self::PersonalLimit => (105, "105", "Player reached a limit of their own."),
            Self::MaxBet => (106, "106", "Bet exceeds the largest one."),
            Self::Game => (107, "107", "Game is forbidden to the player."),
            Self::Disabled => (110, "110", "Player is disabled."),
            Self::Currency => (154, "154", "Currency is not allowed."),
            Self::Immutable => (155, "155", "A field that cannot change was changed."),
            Self::BadRequest => (400, "400", "Bad request."),
            Self::TooMany => (400, "400", "More actions than one call may have."),
            Self::Forbidden => (403, "403", "Forbidden."),
            Self::NotFound => (404, "404", "Not found."),
            Self::Unknown => (500, "500", "Unknown error."),
        }
    }

    /// HTTP's own statuses are answered as such, the protocol's with 412.
    fn http(self) -> StatusCode {
        match self {
            Self::BadRequest | Self::TooMany => StatusCode::BAD_REQUEST,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Unknown => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::PRECONDITION_FAILED,
        }
    }
}

/// The answer that it is not done.
pub(in crate::softswiss) fn refused(code: Code, balance: Option<i64>) -> Reply {
    let (number, name, message) = code.parts();
    let refused = Refused {
        code: number,
        message,
        balance,
    };
    Reply::json(code.http(), name, &refused)
}

/// The answer to whatever was asked.
pub(in crate::softswiss) fn answer(echo: Echo, told: Told) -> Reply {
    match told {
        Told::Refused { why, balance } => refused(of_refusal(why), balance.map(|balance| balance.stakeable)),
        Told::NoAnswer => refused(Code::Unknown, None),
        // No call asks that.
        Told::Known => refused(Code::Unknown, None),
        Told::Balance { balance, .. } => done(echo, balance.stakeable, Vec::new()),
        Told::Played {
            outcomes, balance, ..
        } => {
            let balance = balance.map(|balance| balance.stakeable);
            match (stopped(&outcomes), balance) {
                (Some(outcome), balance) => refused(of_outcome(outcome), balance),
                (None, Some(balance)) => {
                    let transactions = echo.action_ids.iter().zip(&outcomes);
                    let transactions = transactions.filter_map(|(id, outcome)| transaction(id, *outcome));
                    let transactions = transactions.collect();
                    done(echo, balance, transactions)
                }
                (None, None) => refused(Code::Unknown, None),
            }
        }
    }
}

fn done(echo: Echo, balance: i64, transactions: Vec<Transaction>) -> Reply {
    let done = Done {
        balance,
        game_id: echo.game_id,
        transactions,
    };
    Reply::json(StatusCode::OK, "200", &done)
}

/// Our id of what was accepted. It carries its time, so a repeat tells the first.
fn transaction(action_id: &str, outcome: Outcome) -> Option<Transaction> {
    let entry = outcome.verdict()?.receipt()?.entry.0;
    let at = entry.get_timestamp().map(|stamp| stamp.to_unix());
    let at =
        at.and_then(|(seconds, _)| OffsetDateTime::from_unix_timestamp(i64::try_from(seconds).ok()?).ok());
    Some(Transaction {
        action_id: action_id.to_owned(),
        tx_id: entry.to_string(),
        processed_at: at.and_then(|at| at.format(&Rfc3339).ok()),
    })
}

fn of_refusal(refusal: Refusal) -> Code {
    match refusal {
        // Sessions are the provider's own: a launch that is over or never was is the player's fault to it.
        Refusal::UnknownUser | Refusal::UnknownToken | Refusal::TokenExpired => Code::Player,
        Refusal::UnknownGame => Code::Game,
        Refusal::ForeignCurrency => Code::Currency,
        Refusal::OddAmount => Code::BadRequest,
        Refusal::BrandClosed | Refusal::PlayerDisabled => Code::Disabled,
        Refusal::LimitReached => Code::PersonalLimit,
        Refusal::TooMany => Code::TooMany,
    }
}

/// Of what was not accepted.
fn of_outcome(outcome: Outcome) -> Code {
    match outcome {
        Outcome::Conflict { .. } => Code::Immutable,
        Outcome::Retryable => Code::Unknown,
        Outcome::Decided(verdict) | Outcome::Replayed { verdict, .. } => match verdict {
            Verdict::InsufficientFunds { .. } => Code::Funds,
            Verdict::MissingReference { .. } => Code::NotFound,
            Verdict::AlreadySettled { .. } => Code::Immutable,
            Verdict::Rejected { reason, .. } => match reason {
                Reason::ForeignCurrency => Code::Currency,
                Reason::UnknownPlayer => Code::Player,
                Reason::MaxBet | Reason::MaxBetWithBonus => Code::MaxBet,
                Reason::StakeLimit | Reason::LossLimit => Code::PersonalLimit,
                // There may be room later: it is no limit of the player's, and a repeat may succeed.
                Reason::BalanceLimit => Code::Unknown,
                Reason::NotReversible => Code::NotFound,
                Reason::InvalidGroup => Code::TooMany,
                _ => Code::Unknown,
            },
            // Accepted.
            Verdict::Applied(_) | Verdict::Neutralised { .. } => Code::Unknown,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn money_12_what_may_succeed_later_is_no_refusal_of_the_players() {
        let full = Verdict::Rejected {
            reason: Reason::BalanceLimit,
            balance: croupier_wallet::Balance::default(),
        };
        assert_eq!(of_outcome(Outcome::Decided(full)), Code::Unknown);
        assert_eq!(of_outcome(Outcome::Retryable), Code::Unknown);
    }

    #[test]
    fn every_refusal_has_a_code_of_the_list() {
        let codes: HashSet<_> = Refusal::ALL
            .into_iter()
            .map(|refusal| of_refusal(refusal).parts().0)
            .collect();
        assert_eq!(codes, HashSet::from([101, 105, 107, 110, 154, 400]));
        assert_eq!(refused(Code::Forbidden, None).http, StatusCode::FORBIDDEN);
        let funds = refused(Code::Funds, Some(250));
        assert_eq!(funds.http.as_u16(), 412);
        assert_eq!(
            String::from_utf8_lossy(funds.body()),
            r#"{"code":100,"message":"Player has not enough funds to process an action.","balance":250}"#
        );
    }
}
