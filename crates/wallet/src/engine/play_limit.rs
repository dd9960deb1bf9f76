//! The most that a player allows themselves to stake, or to lose, in a period; and what counts to it.
//!
//! A wallet keeps its player's limits in its row, with what was played since they were set, so that a bet is measured
//! by the very row whose revision its write has to find unchanged: of two bets at once the second counts the first,
//! whichever process decides it.
//!
//! * **A period is the time that has just passed**, counted in slots of a 24th of it (an hour, 7 hours, 30 hours). What
//!   was staked in a slot counts until all of the slot is a period old: never shorter than the period, and up to a 24th
//!   of it longer. So there is no span of a period's length in which more is staked than the limit.
//! * **A stake limit** counts bets, of whatever bucket; a tip is no stake. What is rolled back is taken off again, where
//!   it was counted.
//! * **A loss limit** counts bets less what was won in rounds and jackpots. Of a slot that is partly older than the
//!   period, a loss counts and a gain does not. A bet is measured as if it were lost.
//! * **What was played before a limit was set** does not count to it, and what is taken back of that takes nothing off.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::outcome::Reason;
use crate::personal::{Limit, Period};

/// How many slots a period has. One more is kept: the oldest, of which a part may be older.
const SLOTS: usize = 24;

/// What of play is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// What is bet.
    Stake,
    /// What is bet, less what is won.
    Loss,
}

/// A limit on play, as its wallet keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlayLimit {
    pub(crate) measure: Measure,
    pub(crate) period: Period,
    pub(crate) limit: Limit,
    /// What was played from this moment on counts.
    #[serde(with = "time::serde::rfc3339")]
    since: OffsetDateTime,
    /// The number of the newest slot: slots are numbered from 1970 on.
    newest: i64,
    /// What counts in each slot, minor units, the newest first; at most [`SLOTS`] and one.
    counted: Vec<i64>,
}

/// What a command means to the limits on play. Amounts are minor units, never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// A bet.
    Staked(i64),
    /// Won in a round, or a jackpot.
    Won(i64),
    /// So much of a bet that was made then is undone.
    StakeUndone(i64, OffsetDateTime),
    /// What was won then is undone.
    WinUndone(i64, OffsetDateTime),
}

impl PlayLimit {
    /// One to which nothing counts that was played before `since`.
    pub(crate) fn new(measure: Measure, period: Period, limit: Limit, since: OffsetDateTime) -> Self {
        Self {
            measure,
            period,
            limit,
            since,
            newest: slot(period, since),
            counted: Vec::new(),
        }
    }

    /// How much may be staked, or lost, yet; none where nothing limits it any more. Of a loss limit it is more than the
    /// limit where the player has won.
    pub(crate) fn left(&self, now: OffsetDateTime) -> Option<i64> {
        let limit = self.limit.in_force(now)?;
        let counted = self.rolled(now);
        let (whole, oldest) = counted.split_at(counted.len().min(SLOTS));
        let oldest = oldest.iter().map(|slot| (*slot).max(0));
        let used = whole
            .iter()
            .copied()
            .chain(oldest)
            .fold(0_i64, i64::saturating_add);
        Some(limit.minor().saturating_sub(used).max(0))
    }

    /// The slots as they are at `now`. A clock that stands behind the one that counted last moves nothing.
    fn rolled(&self, now: OffsetDateTime) -> Vec<i64> {
        let passed = slot(self.period, now).saturating_sub(self.newest).max(0);
        let passed = usize::try_from(passed).unwrap_or(usize::MAX).min(SLOTS + 1);
        let mut slots = vec![0; passed];
        slots.extend(self.counted.iter().take(SLOTS + 1 - passed));
        slots
    }

    fn count(&mut self, counted: Counted, now: OffsetDateTime) {
        let (amount, made_at) = match (counted, self.measure) {
            (Counted::Staked(amount), _) => (amount, None),
            (Counted::StakeUndone(amount, at), _) => (-amount, Some(at)),
            (Counted::Won(amount), Measure::Loss) => (-amount, None),
            (Counted::WinUndone(amount, at), Measure::Loss) => (amount, Some(at)),
            (Counted::Won(_) | Counted::WinUndone(..), Measure::Stake) => return,
        };
        if made_at.is_some_and(|at| at < self.since) {
            return;
        }
        self.counted = self.rolled(now);
        self.newest = self.newest.max(slot(self.period, now));
        let made_in = made_at.map_or(self.newest, |at| slot(self.period, at));
        // What was counted by a clock that stood behind was counted in the slot that was the newest then.
        let Ok(age) = usize::try_from(self.newest.saturating_sub(made_in).max(0)) else {
            return;
        };
        if age > SLOTS {
            return;
        }
        if self.counted.len() <= age {
            self.counted.resize(age + 1, 0);
        }
        self.counted[age] = self.counted[age].saturating_add(amount);
    }
}

/// Why a bet of this stake is refused; none where it is not. A stake of nothing is in every limit.
pub(super) fn exceeded(limits: &[PlayLimit], stake: i64, now: OffsetDateTime) -> Option<Reason> {
    let broken = limits
        .iter()
        .find(|limit| limit.left(now).is_some_and(|left| stake > left))?;
    Some(match broken.measure {
        Measure::Stake => Reason::StakeLimit,
        Measure::Loss => Reason::LossLimit,
    })
}

/// Counts what happened at `now` to each of these.
pub(super) fn count(limits: &mut [PlayLimit], counted: Counted, now: OffsetDateTime) {
    for limit in limits {
        limit.count(counted, now);
    }
}

fn slot(period: Period, at: OffsetDateTime) -> i64 {
    let slots = i64::try_from(SLOTS).unwrap_or(i64::MAX);
    at.unix_timestamp()
        .div_euclid(period.length().whole_seconds() / slots)
}
