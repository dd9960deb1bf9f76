//! How long a statement may take, on the server and here.
//!
//! A server that lives ends a statement by itself, and a transaction that nobody goes on with, so that no row stays
//! locked by somebody who is gone. A server that does not answer at all, because it hangs or because the way to it has
//! become a hole, ends nothing: its answer is waited for here no longer than [`StatementLimits::answer_ms`], and
//! its connection is closed. What became of the statement is then not known, as with any connection that is lost.

use std::{io, time::Duration};

use futures_util::{StreamExt, stream, stream::BoxStream};
use tokio::time::timeout;

use super::Pooler;

/// An hour, in milliseconds.
const HOUR: u32 = 3_600_000;

/// Limits of statements, in milliseconds; 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatementLimits {
    statement_ms: u32,
    idle_in_transaction_ms: u32,
    answer_ms: u32,
    /// Whether they are others than the connection's own.
    unhurried: bool,
}

impl StatementLimits {
    /// Longest the server works on a statement (`statement_timeout`); longest a transaction waits for its next one
    /// (`idle_in_transaction_session_timeout`); longest an answer is waited for before its connection is taken for lost,
    /// which should be longer than the first.
    #[must_use]
    pub fn new(statement_ms: u32, idle_in_transaction_ms: u32, answer_ms: u32) -> Self {
        Self {
            statement_ms,
            idle_in_transaction_ms,
            answer_ms,
            unhurried: false,
        }
    }

    /// The same for work that nobody waits for and that may take long, such as sealing what was written in a day: an
    /// hour for a statement.
    #[must_use]
    pub fn unhurried(self) -> Self {
        let an_hour = |limit: u32| if limit == 0 { 0 } else { limit.max(HOUR) };
        Self {
            statement_ms: an_hour(self.statement_ms),
            answer_ms: an_hour(self.answer_ms),
            unhurried: true,
            ..self
        }
    }

    /// The settings that the server is to hold a connection to, with their values.
    #[must_use]
    pub fn settings(self) -> [(&'static str, String); 2] {
        [
            ("statement_timeout", self.statement_ms.to_string()),
            (
                "idle_in_transaction_session_timeout",
                self.idle_in_transaction_ms.to_string(),
            ),
        ]
    }

    /// What follows the BEGIN of a transaction that is to be held to them. Behind a pooler connections are nobody's
    /// own, so there each transaction says it; elsewhere it is the connection's setting.
    pub(super) fn of_a_transaction(self, pooler: Pooler) -> String {
        if pooler == Pooler::None && !self.unhurried {
            return String::new();
        }
        let each = self.settings();
        each.map(|(name, value)| format!("; SET LOCAL {name} = {value}"))
            .concat()
    }

    /// How long an answer is waited for.
    pub(super) fn answer(self) -> Option<Duration> {
        (self.answer_ms > 0).then(|| Duration::from_millis(self.answer_ms.into()))
    }

    /// An answer, or the error of a connection that is lost.
    pub(super) async fn answered<T>(
        self,
        answer: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        match self.answer() {
            None => answer.await,
            Some(most) => timeout(most, answer).await.unwrap_or_else(|_| Err(no_answer())),
        }
    }

    /// The parts of an answer, each waited for as long.
    pub(super) fn parts<'e, T: Send + 'e>(
        self,
        parts: BoxStream<'e, Result<T, sqlx::Error>>,
    ) -> BoxStream<'e, Result<T, sqlx::Error>> {
        let Some(most) = self.answer() else {
            return parts;
        };
        let next = move |parts: Option<BoxStream<'e, Result<T, sqlx::Error>>>| async move {
            let mut parts = parts?;
            match timeout(most, parts.next()).await {
                Ok(part) => part.map(|part| (part, Some(parts))),
                Err(_) => Some((Err(no_answer()), None)),
            }
        };
        stream::unfold(Some(parts), next).boxed()
    }
}

fn no_answer() -> sqlx::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the database does not answer").into()
}
