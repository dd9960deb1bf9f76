//! What can go wrong, what is refused, and the one place where both become answers.

use argon2::password_hash;
use croupier_brand::{http::problem::Problem, token::KeyError};
use http::StatusCode;

/// A failure of ours. Logged once, here, when it becomes an answer; the answer tells nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum PlayerError {
    /// The database failed or refused.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// A row that this version cannot read.
    #[error("the database holds a {0} that this version cannot read")]
    Unreadable(&'static str),
    /// Too many passwords are being hashed: 503 `busy`.
    #[error("too many password hashes are waiting")]
    Busy,
    /// argon2 refused, for want of memory most likely.
    #[error("a password could not be hashed: {0}")]
    Hashing(#[from] password_hash::Error),
    /// The thread that hashed is gone.
    #[error("a password hash was given up")]
    HashThread,
    /// A task that was to end a session is gone.
    #[error("a task was given up")]
    Task,
    /// A token could not be signed, or the key set not be written.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Settings that cannot be used; start-up ends with them.
    #[error("{}", .0.join("; "))]
    Settings(Vec<String>),
}

/// What was asked for is not to be had. A value, not a failure: nothing is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Another player of the brand has the account.
    AccountTaken,
    /// No such account, or not its password. Which of the two is told to nobody.
    InvalidCredentials,
    /// Sign-ins of this account have failed too often, whether or not the brand has it.
    TooManyAttempts {
        /// Seconds until the next is taken.
        retry_after: u32,
    },
    /// Unknown, spent, ended, of an ended session, or another brand's.
    InvalidRefreshToken,
    /// The brand has closed its doors to the player. Told only to who proved to be the player.
    Blocked,
    /// The player's account was closed for good. Told only to who proved to be the player.
    Closed,
    /// The player keeps out for longer already.
    ExclusionNotShortened,
    /// The token speaks for a player or a session that this brand does not have.
    Unauthenticated,
}

impl Refusal {
    /// The stable code, as answers and metrics name it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::AccountTaken => "account_taken",
            Self::InvalidCredentials => "invalid_credentials",
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::InvalidRefreshToken => "invalid_refresh_token",
            Self::Blocked => "player_blocked",
            Self::Closed => "player_closed",
            Self::ExclusionNotShortened => "exclusion_not_shortened",
            Self::Unauthenticated => "unauthenticated",
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, detail) = match refusal {
            Refusal::AccountTaken => (
                StatusCode::CONFLICT,
                "Another player has this account. Choose another.",
            ),
            Refusal::InvalidCredentials => {
                (StatusCode::UNAUTHORIZED, "The account or the password is wrong.")
            }
            Refusal::TooManyAttempts { retry_after } => {
                return Self::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    refusal.code(),
                    "Too many sign-ins to this account have failed. Try again later.",
                )
                .retry_after(retry_after);
            }
            Refusal::InvalidRefreshToken => (
                StatusCode::UNAUTHORIZED,
                "The refresh token is not valid. Sign in again.",
            ),
            Refusal::Blocked => (
                StatusCode::FORBIDDEN,
                "This player is blocked. Ask the brand's support.",
            ),
            Refusal::Closed => (StatusCode::FORBIDDEN, "This player's account is closed."),
            Refusal::ExclusionNotShortened => (
                StatusCode::CONFLICT,
                "You keep out for longer than that already. It can be made longer, never shorter.",
            ),
            Refusal::Unauthenticated => return Self::unauthenticated(),
        };
        Self::new(status, refusal.code(), detail)
    }
}

impl From<PlayerError> for Problem {
    fn from(fault: PlayerError) -> Self {
        match &fault {
            PlayerError::Busy => {
                tracing::warn!(%fault, "a request was turned away");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "busy",
                    "Too many people are signing in. Try again in a moment.",
                )
                .retry_after(1)
            }
            PlayerError::Database(cause) if is_passing(cause) => {
                tracing::error!(%fault, "the database is away");
                Self::unavailable()
            }
            _ => {
                tracing::error!(%fault, "a request failed");
                Self::internal()
            }
        }
    }
}

/// Whether a repeat has a chance: the database could not be reached, was busy, or gave way to another
/// transaction (SQLSTATE classes 08, 40, 53, 57; 25P03 a transaction the server gave up).
fn is_passing(fault: &sqlx::Error) -> bool {
    match fault {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => {
            true
        }
        sqlx::Error::Database(fault) => fault.code().is_some_and(|code| {
            ["08", "25P03", "40", "53", "57"]
                .iter()
                .any(|class| code.starts_with(class))
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_nothing_of_its_cause() {
        let faults = [
            PlayerError::Database(sqlx::Error::ColumnNotFound("password_hash".to_owned())),
            PlayerError::Database(sqlx::Error::PoolTimedOut),
            PlayerError::Unreadable("password hash"),
            PlayerError::HashThread,
        ];
        for fault in faults {
            let problem = Problem::from(fault);
            assert!(matches!(problem.code(), "internal" | "unavailable"));
            assert!(!format!("{problem:?}").contains("password"));
        }
    }

    #[test]
    fn what_may_pass_is_503_and_the_rest_500() {
        let status = |fault| Problem::from(PlayerError::Database(fault)).status();
        assert_eq!(status(sqlx::Error::PoolTimedOut), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            status(sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into())),
            StatusCode::SERVICE_UNAVAILABLE
        );
        assert_eq!(
            status(sqlx::Error::RowNotFound),
            StatusCode::INTERNAL_SERVER_ERROR
        );
        assert_eq!(
            Problem::from(PlayerError::Busy).status(),
            StatusCode::SERVICE_UNAVAILABLE
        );
        assert_eq!(Problem::from(PlayerError::Busy).code(), "busy");
    }

    #[test]
    fn a_refusal_answers_with_its_code() {
        let all = [
            (Refusal::AccountTaken, 409),
            (Refusal::InvalidCredentials, 401),
            (Refusal::TooManyAttempts { retry_after: 9 }, 429),
            (Refusal::InvalidRefreshToken, 401),
            (Refusal::Blocked, 403),
            (Refusal::Closed, 403),
            (Refusal::ExclusionNotShortened, 409),
            (Refusal::Unauthenticated, 401),
        ];
        for (refusal, status) in all {
            let problem = Problem::from(refusal);
            assert_eq!(
                (problem.status().as_u16(), problem.code()),
                (status, refusal.code())
            );
        }
    }
}
