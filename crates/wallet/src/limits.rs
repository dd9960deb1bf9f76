//! How long and how often the wallet tries.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Limits of one submit. Reaching one gives `Retryable`, never a half-done command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WalletLimits {
    /// How long to wait for another command of the same wallet, milliseconds (`lock_timeout`).
    pub lock_timeout_ms: u32,
    /// How long a submit may take until its COMMIT is sent, milliseconds, the wait for a connection
    /// included. Game providers give up after 3 to 10 seconds.
    pub deadline_ms: u32,
    /// How long to wait for the answer to a COMMIT before asking what became of it, milliseconds.
    pub commit_timeout_ms: u32,
    /// How often to start over when two wallets meet on one transaction id: the second time finds
    /// what the other wrote.
    pub attempts: u8,
}

impl Default for WalletLimits {
    fn default() -> Self {
        Self {
            lock_timeout_ms: 2_000,
            deadline_ms: 4_000,
            commit_timeout_ms: 5_000,
            attempts: 4,
        }
    }
}

impl WalletLimits {
    /// What is wrong with these settings, each fault with its key.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let at_least_one = [
            ("wallet.lock_timeout_ms", self.lock_timeout_ms),
            ("wallet.deadline_ms", self.deadline_ms),
            ("wallet.commit_timeout_ms", self.commit_timeout_ms),
            ("wallet.attempts", self.attempts.into()),
        ];
        at_least_one
            .iter()
            .filter(|(_, value)| *value == 0)
            .map(|(key, _)| format!("{key} must be at least 1"))
            .collect()
    }

    /// How long the answer to a command is waited for in another process: until its COMMIT is sent, and until
    /// that is answered.
    pub(crate) fn answer_timeout(&self) -> Duration {
        self.deadline() + self.commit_timeout()
    }

    pub(crate) fn lock_timeout(&self) -> Duration {
        Duration::from_millis(self.lock_timeout_ms.into())
    }

    pub(crate) fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_ms.into())
    }

    pub(crate) fn commit_timeout(&self) -> Duration {
        Duration::from_millis(self.commit_timeout_ms.into())
    }
}
