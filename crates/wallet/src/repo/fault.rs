//! What a failure of the store means, by SQLSTATE and constraint name, never by message text.

use croupier_brand::tx::NotInBatch;

use crate::service::WalletError;

/// A statement did not give what it should.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RepoError {
    /// Somebody else wrote to one of the wallets, or decided one of the ids, meanwhile: start over, and see it.
    #[error("somebody else was faster")]
    Overtaken,
    /// Not within the time that it may take.
    #[error("it took too long")]
    Late,
    /// Somebody holds one of the rows, for longer than we wait.
    #[error("a row is locked")]
    Locked,
    /// The brand has no such player.
    #[error("there is no such player")]
    UnknownPlayer,
    /// Away, overloaded, deadlocked or too slow; it passes.
    #[error("the store cannot answer now: {0}")]
    Passing(#[source] sqlx::Error),
    /// The store refused what it should accept.
    #[error("the store failed: {0}")]
    Refused(#[source] sqlx::Error),
    /// Rows that this version cannot read, or that contradict one another.
    #[error("rows that make no sense: {0}")]
    Inconsistent(&'static str),
}

impl From<sqlx::Error> for RepoError {
    fn from(fault: sqlx::Error) -> Self {
        let sqlx::Error::Database(database) = &fault else {
            return if is_passing(&fault) {
                Self::Passing(fault)
            } else {
                Self::Refused(fault)
            };
        };
        match (database.code().as_deref().unwrap_or(""), database.constraint()) {
            // unique_violation, foreign_key_violation
            ("23505", Some("wallet_command_once")) => Self::Overtaken,
            ("23503", Some("wallet_account_player" | "wallet_request_player")) => Self::UnknownPlayer,
            // serialization_failure, deadlock_detected: this transaction is undone and may be run again.
            ("40001" | "40P01", _) => Self::Overtaken,
            // lock_not_available
            ("55P03", _) => Self::Locked,
            (code, _) if is_passing_state(code) => Self::Passing(fault),
            _ => Self::Refused(fault),
        }
    }
}

/// Whether the connection or the pool is at fault, rather than what was asked.
fn is_passing(fault: &sqlx::Error) -> bool {
    use sqlx::Error::{Io, PoolClosed, PoolTimedOut, Protocol, Tls, WorkerCrashed};
    matches!(
        fault,
        Io(_) | Tls(_) | Protocol(_) | PoolTimedOut | PoolClosed | WorkerCrashed
    )
}

/// PostgreSQL, appendix A: classes 08 connection, 40 transaction rollback, 53 resources,
/// 57 operator intervention, 58 system; 25006 a server that has
/// become a standby, 25P03 a transaction the server gave up.
fn is_passing_state(code: &str) -> bool {
    matches!(code, "25006" | "25P03")
        || ["08", "40", "53", "57", "58"]
            .iter()
            .any(|class| code.starts_with(class))
}

impl From<RepoError> for WalletError {
    fn from(fault: RepoError) -> Self {
        match fault {
            RepoError::Passing(cause) => Self::Unavailable(cause.into()),
            other => Self::Broken(other.to_string()),
        }
    }
}

impl From<NotInBatch> for RepoError {
    fn from(_: NotInBatch) -> Self {
        Self::Inconsistent("an item of a brand that the batch is not for")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_by_its_state() {
        for passing in ["40003", "57014", "57P01", "57P03", "08006", "53300", "58030"] {
            assert!(is_passing_state(passing), "{passing}");
        }
        for lasting in ["", "23505", "23514", "42501", "42P01", "22003", "25001", "25P02"] {
            assert!(!is_passing_state(lasting), "{lasting}");
        }
        assert!(is_passing(&sqlx::Error::PoolTimedOut));
        assert!(!is_passing(&sqlx::Error::RowNotFound));
    }
}
