//! How long and how often the wallet tries.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Limits of one submit. Reaching one gives `Retryable`, never a half-done command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WalletLimits {
    /// How many writers there are, each with its queue and a connection. A wallet has one of them.
    pub shards: u16,
    /// The most jobs of one transaction. A job is a command, or a group of one wallet's commands.
    pub batch: u32,
    /// The most commands of a group.
    pub group: u32,
    /// How many commands may wait for a writer. One more is refused at once, `Retryable`. At least `group`: a group waits
    /// as a whole.
    pub queue: u32,
    /// How many of them may be one brand's. At least `group` too.
    pub queue_per_brand: u32,
    /// How long to wait for a row that somebody else holds, milliseconds (`lock_timeout`).
    pub lock_timeout_ms: u32,
    /// How long a command may wait to be begun, and then how long its batch may take until its write is
    /// sent, milliseconds, the wait for a connection included.
    ///
    /// A submit takes no longer than twice this and twice `commit_timeout_ms`. Game providers give up
    /// after 3 to 10 seconds.
    pub deadline_ms: u32,
    /// How long to wait for the answer to a write and its COMMIT before asking what became of it, and then
    /// for the answer to that, milliseconds.
    pub commit_timeout_ms: u32,
    /// How often to start over when another writer was faster: the next time finds what the other wrote.
    pub attempts: u8,
    /// How many wallets the writers remember, with up to four open bets each, so that a command is decided without reading
    /// its wallet and the bet that it refers to: about 300 bytes a wallet and 700 a bet, and for a while as many wallets
    /// again. 0: none.
    pub remembered: u32,
    /// How long between two rounds of sealing the journal, milliseconds. 0: this process seals nothing.
    pub seal_interval_ms: u32,
}

impl Default for WalletLimits {
    fn default() -> Self {
        Self {
            shards: 2,
            batch: 256,
            group: 256,
            queue: 2_048,
            queue_per_brand: 1_024,
            lock_timeout_ms: 500,
            deadline_ms: 4_000,
            commit_timeout_ms: 4_000,
            attempts: 4,
            remembered: 50_000,
            seal_interval_ms: 10_000,
        }
    }
}

impl WalletLimits {
    /// What is wrong with these settings, each fault with its key.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let at_least_one = [
            ("wallet.shards", self.shards.into()),
            ("wallet.batch", self.batch),
            ("wallet.lock_timeout_ms", self.lock_timeout_ms),
            ("wallet.deadline_ms", self.deadline_ms),
            ("wallet.commit_timeout_ms", self.commit_timeout_ms),
            ("wallet.attempts", self.attempts.into()),
        ];
        let too_few = at_least_one
            .iter()
            .filter(|(_, value)| *value == 0)
            .map(|(key, _)| format!("{key} must be at least 1"));
        // A result and the prize that dropped with it are two.
        let too_small = (self.group < 2).then(|| "wallet.group must be at least 2".to_owned());
        let queues = [
            ("wallet.queue", self.queue),
            ("wallet.queue_per_brand", self.queue_per_brand),
        ];
        // A group that no queue has room for would be told to try again for ever.
        let too_short = queues
            .iter()
            .filter(|(_, places)| *places < self.group)
            .map(|(key, _)| format!("{key} must be at least wallet.group ({})", self.group));
        too_few.chain(too_small).chain(too_short).collect()
    }

    /// The most commands that a sender may give as a group.
    pub(crate) fn largest_group(&self) -> usize {
        usize::try_from(self.group).unwrap_or(usize::MAX)
    }

    /// How long the answer to a command is waited for in another process: as long as one may wait to be begun, and
    /// a COMMIT for its answer. One that takes longer is `Retryable` there; its repeat finds what became of it.
    pub(crate) fn answer_timeout(&self) -> Duration {
        self.deadline() + self.commit_timeout()
    }

    pub(crate) fn remembered_by_a_writer(&self) -> usize {
        let each = self.remembered.div_ceil(self.shards.max(1).into());
        usize::try_from(each).unwrap_or(usize::MAX)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_44_a_queue_that_a_group_would_never_find_room_in_is_refused() {
        assert_eq!(WalletLimits::default().faults(), Vec::<String>::new());
        let short = WalletLimits {
            group: 40,
            queue: 40,
            queue_per_brand: 39,
            attempts: 0,
            ..WalletLimits::default()
        };
        assert_eq!(
            short.faults(),
            [
                "wallet.attempts must be at least 1",
                "wallet.queue_per_brand must be at least wallet.group (40)"
            ]
        );
        let lone = WalletLimits {
            group: 1,
            ..WalletLimits::default()
        };
        assert_eq!(lone.faults(), ["wallet.group must be at least 2"]);
    }
}
