//! What a player allows themselves: the most they deposit, stake or lose in a day, a week, a month.
//!
//! * **Stricter at once, looser later.** A limit that is lowered, or set where there was none, holds from the answer on.
//!   One that is raised or given up waits for the house's cooling period ([`PersonalLimits`]), and holds as it was until then;
//!   what is made stricter meanwhile ends the wait.
//! * **A period is the time that has just passed**: 24 hours, 7 days, 30 days, at every moment. No time zone has a say, and
//!   no midnight lets twice as much through.
//! * **What counts** is what was booked in the period, what was charged and is not booked yet, and what was begun and may
//!   still be charged; not what the payment gateway declined. A deposit is measured when it is taken up
//!   (`admission`), holding the player's row, so that of two at once the second sees the first. What was taken up is
//!   booked, whatever the player changes meanwhile.
//!
//! Stakes and losses are counted in the wallet's row ([`engine::play_limit`](crate::engine::play_limit)), from when the
//! limit was set.
//!
//! A limit is of one currency, the wallet's. UKGC RTS 12 and GLI-19 ask for these.

use croupier_brand::{BrandPool, BrandScope, BrandTx, Currency, token::PlayerId};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::{
    engine::{command::Amount, play_limit::Measure},
    repo::{self, RepoError},
    service::WalletError,
};

/// How players' own limits are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PersonalLimits {
    /// Hours that a limit holds on after its player asked for a higher one or for none. At least 1, at most a year.
    pub raise_after_hours: u32,
}

impl Default for PersonalLimits {
    /// A day.
    fn default() -> Self {
        Self {
            raise_after_hours: 24,
        }
    }
}

impl PersonalLimits {
    /// What is wrong with these settings, each fault with its key.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        if (1..=8_784).contains(&self.raise_after_hours) {
            Vec::new()
        } else {
            vec!["limits.raise_after_hours must be 1 to 8784 (a year)".to_owned()]
        }
    }

    fn cooling(self) -> Duration {
        Duration::hours(self.raise_after_hours.into())
    }
}

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitKind {
    /// What is deposited.
    Deposit,
    /// What is staked in bets.
    Stake,
    /// What is staked in bets, less what is won.
    Loss,
}

impl LimitKind {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Deposit, Self::Stake, Self::Loss];

    /// The name the database and the API use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deposit => "deposit",
            Self::Stake => "stake",
            Self::Loss => "loss",
        }
    }

    /// Reads that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What of play it limits; none: it is about deposits.
    pub(crate) fn measure(self) -> Option<Measure> {
        match self {
            Self::Deposit => None,
            Self::Stake => Some(Measure::Stake),
            Self::Loss => Some(Measure::Loss),
        }
    }
}

impl From<Measure> for LimitKind {
    fn from(measure: Measure) -> Self {
        match measure {
            Measure::Stake => Self::Stake,
            Measure::Loss => Self::Loss,
        }
    }
}

/// For how long a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// The last 24 hours.
    Day,
    /// The last 7 days.
    Week,
    /// The last 30 days.
    Month,
}

impl Period {
    /// Every one, the shortest first.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// The name the database and the API use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// Reads that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.as_str() == text)
    }

    pub(crate) fn length(self) -> Duration {
        Duration::days(match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 30,
        })
    }

    /// What happened after this moment counts at `now`.
    pub(crate) fn begins(self, now: OffsetDateTime) -> OffsetDateTime {
        now.saturating_sub(self.length())
    }
}

/// One limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limit {
    /// What holds until something else is in force.
    pub(crate) amount: Amount,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pending: Option<Pending>,
}

/// What a limit will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pending {
    /// More than holds now; none: no limit.
    pub(crate) amount: Option<Amount>,
    /// From this moment on.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) from: OffsetDateTime,
}

impl Limit {
    /// What holds at `now`; none: nothing does any more.
    pub(crate) fn in_force(self, now: OffsetDateTime) -> Option<Amount> {
        match self.pending {
            Some(pending) if pending.from <= now => pending.amount,
            Some(_) | None => Some(self.amount),
        }
    }

    /// What is not in force yet.
    pub(crate) fn waits(self, now: OffsetDateTime) -> Option<Pending> {
        self.pending.filter(|pending| now < pending.from)
    }

    /// Whether it is the same as another from `now` on.
    pub(crate) fn comes_to(self, other: Self, now: OffsetDateTime) -> bool {
        (self.in_force(now), self.waits(now)) == (other.in_force(now), other.waits(now))
    }
}

/// What a limit comes to whose player wants `wanted` from `now` on (none: no limit); none: there is none, and none is
/// to be.
pub(crate) fn changed(
    held: Option<Limit>,
    wanted: Option<Amount>,
    now: OffsetDateTime,
    settings: PersonalLimits,
) -> Option<Limit> {
    let in_force = held.and_then(|held| held.in_force(now));
    let looser = |one: Option<Amount>, other: Option<Amount>| match (one, other) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(one), Some(other)) => one.minor() <= other.minor(),
    };
    match (in_force, wanted) {
        (None, None) => None,
        (None, Some(amount)) => Some(Limit {
            amount,
            pending: None,
        }),
        (Some(current), Some(amount)) if amount.minor() <= current.minor() => Some(Limit {
            amount,
            pending: None,
        }),
        (Some(current), wanted) => {
            // Who has waited for as much or more has waited for this.
            let waited = held
                .and_then(|held| held.waits(now))
                .filter(|pending| looser(wanted, pending.amount));
            let from = waited.map_or_else(|| now.saturating_add(settings.cooling()), |pending| pending.from);
            Some(Limit {
                amount: current,
                pending: Some(Pending { amount: wanted, from }),
            })
        }
    }
}

/// A change of a player's limits, as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When it was asked for.
    pub at: OffsetDateTime,
    /// Who asked: `player`.
    pub asked_by: String,
    /// Of which currency the limit is.
    pub currency: Currency,
    /// What it limits.
    pub kind: LimitKind,
    /// For how long it counts.
    pub period: Period,
    /// What was asked for; none: no limit.
    pub wanted: Option<Amount>,
    /// What held from then on.
    pub holds: Amount,
    /// From when on what else would hold, unless it was changed again: none: no limit.
    pub from: Option<(OffsetDateTime, Option<Amount>)>,
}

/// Every change of a player's limits, the first first: for operators and auditors. What changed nothing is not among
/// them.
///
/// # Errors
/// [`WalletError`].
pub async fn changes(
    pool: &BrandPool,
    scope: &BrandScope,
    player: PlayerId,
) -> Result<Vec<Change>, WalletError> {
    let mut tx = BrandTx::open(pool, scope).await.map_err(RepoError::from)?;
    let changes = repo::personal::changes(&mut tx, player).await?;
    tx.rollback().await.map_err(RepoError::from)?;
    Ok(changes)
}

/// A limit and what was deposited in its period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Measured {
    pub(crate) period: Period,
    pub(crate) limit: Limit,
    pub(crate) deposited: i64,
}

impl Measured {
    /// How much may be deposited yet; none where nothing limits it any more.
    pub(crate) fn left(&self, now: OffsetDateTime) -> Option<i64> {
        let limit = self.limit.in_force(now)?;
        Some(limit.minor().saturating_sub(self.deposited).max(0))
    }
}

/// A limit as its player is shown it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) kind: LimitKind,
    pub(crate) period: Period,
    pub(crate) limit: Limit,
    pub(crate) left: i64,
}

/// What a player wants a limit to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) kind: LimitKind,
    pub(crate) period: Period,
    /// None: no limit.
    pub(crate) amount: Option<Amount>,
}

/// A limit that a deposit would exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// Which.
    pub period: Period,
    /// How much it leaves, in minor units.
    pub left: i64,
}

/// The limit that leaves least, if that is less than `amount`.
pub(crate) fn exceeded(limits: &[Measured], amount: Amount, now: OffsetDateTime) -> Option<Exceeded> {
    let left = limits.iter().filter_map(|measured| {
        let left = measured.left(now)?;
        Some(Exceeded {
            period: measured.period,
            left,
        })
    });
    left.min_by_key(|exceeded| exceeded.left)
        .filter(|exceeded| exceeded.left < amount.minor())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
    const SETTINGS: PersonalLimits = PersonalLimits {
        raise_after_hours: 24,
    };

    fn cents(minor: i64) -> Amount {
        Amount::new(minor).unwrap()
    }

    fn after(hours: i64) -> OffsetDateTime {
        NOW + Duration::hours(hours)
    }

    /// What holds after each of some wishes, (hours, wanted), and at the end of it all.
    fn story(wishes: &[(i64, Option<i64>)], hours: i64) -> Option<i64> {
        let mut limit = None;
        for (hours, wanted) in wishes {
            limit = changed(limit, wanted.map(cents), after(*hours), SETTINGS);
        }
        limit
            .and_then(|limit| limit.in_force(after(hours)))
            .map(Amount::minor)
    }

    #[test]
    fn what_is_stricter_holds_at_once_and_what_is_looser_later() {
        assert_eq!(story(&[], 0), None);
        assert_eq!(story(&[(0, None)], 0), None);
        assert_eq!(story(&[(0, Some(100))], 0), Some(100));
        assert_eq!(story(&[(0, Some(100)), (1, Some(50))], 1), Some(50));
        for (looser, then) in [(Some(200), Some(200)), (None, None)] {
            let wishes = [(0, Some(100)), (1, looser)];
            assert_eq!(story(&wishes, 1), Some(100));
            assert_eq!(story(&wishes, 24), Some(100));
            assert_eq!(story(&wishes, 25), then, "to the moment");
        }
    }

    #[test]
    fn what_waits_is_ended_by_what_is_stricter_and_not_begun_anew_by_what_is_no_looser() {
        let raised = [(0, Some(100)), (0, Some(200))];
        let and = |wish| {
            let mut wishes = raised.to_vec();
            wishes.push(wish);
            wishes
        };
        // The limit as it is, or less: the player thought better of it.
        assert_eq!(story(&and((1, Some(100))), 48), Some(100));
        assert_eq!(story(&and((1, Some(50))), 48), Some(50));
        // The same again, or between: it has been waited for.
        assert_eq!(story(&and((23, Some(200))), 24), Some(200));
        assert_eq!(story(&and((23, Some(150))), 24), Some(150));
        // More: it has not.
        assert_eq!(story(&and((23, Some(300))), 24), Some(100));
        assert_eq!(story(&and((23, Some(300))), 47), Some(300));
        assert_eq!(story(&and((23, None)), 24), Some(100));
        assert_eq!(story(&and((23, None)), 47), None);
        // Once it holds it is the limit like any other.
        assert_eq!(story(&and((24, Some(300))), 25), Some(200));
        // What was given up and is set again holds at once.
        assert_eq!(
            story(&[(0, Some(100)), (0, None), (24, Some(500))], 24),
            Some(500)
        );
        assert_eq!(story(&[(0, Some(0)), (0, Some(1))], 23), Some(0));
    }

    #[test]
    fn the_tightest_limit_decides() {
        let measured = |period, limit, deposited| Measured {
            period,
            limit: Limit {
                amount: cents(limit),
                pending: None,
            },
            deposited,
        };
        let limits = [
            measured(Period::Day, 100, 30),
            measured(Period::Week, 300, 260),
            measured(Period::Month, 900, 0),
        ];
        assert_eq!(exceeded(&limits, cents(40), NOW), None);
        assert_eq!(
            exceeded(&limits, cents(41), NOW),
            Some(Exceeded {
                period: Period::Week,
                left: 40
            })
        );
        // Lowered below what was deposited already.
        let over = [measured(Period::Day, 10, 30)];
        assert_eq!(exceeded(&over, cents(1), NOW).unwrap().left, 0);
        assert_eq!(exceeded(&[], cents(1), NOW), None);
    }

    #[test]
    fn a_cooling_period_has_its_bounds() {
        assert_eq!(PersonalLimits::default().faults(), Vec::<String>::new());
        for hours in [0, 8_785] {
            let bad = PersonalLimits {
                raise_after_hours: hours,
            };
            assert!(bad.faults()[0].starts_with("limits.raise_after_hours must be "));
        }
    }
}
