//! Keeping out: a player's time-out or self-exclusion at their brand.
//!
//! Only longer, never shorter: an exclusion takes the place of one that holds only where it ends no earlier, whoever
//! asks. It ends by the clock. The sessions end with its beginning, in the same transaction ([`PlayerStanding`]); the player may
//! sign in again, sees until when they keep out, and takes their money out
//! ([`croupier_brand::eligibility`]). The bounds are those that licences ask for: UKGC LCCP 3.3.4 (time-outs of a day to six weeks)
//! and 3.5.3 (self-exclusions of at least six months); GLI-19 asks for both without a length.
//!
//! [`PlayerStanding`]: crate::standing::PlayerStanding

use std::fmt;

use croupier_brand::exclusion::{Exclusion, ExclusionKind};
use serde::Deserialize;
use time::{Duration, OffsetDateTime};

/// How long exclusions may be that players ask for, in days. An operator who enters one is bound by
/// [`Length::MAX_DAYS`] alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExclusionLimits {
    /// The shortest time-out. At least 1.
    pub time_out_min_days: u32,
    /// The longest. At least the shortest.
    pub time_out_max_days: u32,
    /// The shortest self-exclusion. At least 1.
    pub self_exclusion_min_days: u32,
    /// The longest that has an end; for good is always possible. At most [`Length::MAX_DAYS`].
    pub self_exclusion_max_days: u32,
}

impl Default for ExclusionLimits {
    /// A day to six weeks; six months, whichever they are, to five years.
    fn default() -> Self {
        Self {
            time_out_min_days: 1,
            time_out_max_days: 42,
            self_exclusion_min_days: 184,
            self_exclusion_max_days: 1_826,
        }
    }
}

impl ExclusionLimits {
    /// What is wrong with these settings, each fault with its key.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let most = Length::MAX_DAYS;
        let bounds = [
            ("time_out", self.time_out_min_days, self.time_out_max_days),
            (
                "self_exclusion",
                self.self_exclusion_min_days,
                self.self_exclusion_max_days,
            ),
        ];
        bounds
            .into_iter()
            .filter(|(_, least, longest)| *least == 0 || least > longest || *longest > most)
            .map(|(kind, ..)| {
                format!("exclusion.{kind}_min_days and exclusion.{kind}_max_days must be 1 to {most}, the first no more than the second")
            })
            .collect()
    }

    /// Whether a player may ask for this.
    ///
    /// # Errors
    /// What is accepted.
    pub fn check(&self, kind: ExclusionKind, length: Length) -> Result<(), OutOfBounds> {
        let (least, most, for_good) = match kind {
            ExclusionKind::TimeOut => (self.time_out_min_days, self.time_out_max_days, false),
            ExclusionKind::SelfExclusion => {
                (self.self_exclusion_min_days, self.self_exclusion_max_days, true)
            }
        };
        let fits = match length {
            Length::Days(days) => (least..=most).contains(&days),
            Length::ForGood => for_good,
        };
        if fits {
            Ok(())
        } else {
            Err(OutOfBounds {
                least,
                most,
                for_good,
            })
        }
    }
}

/// A length that a player may not ask for, and those they may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfBounds {
    least: u32,
    most: u32,
    for_good: bool,
}

impl fmt::Display for OutOfBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "must be {}d to {}d", self.least, self.most)?;
        if self.for_good {
            write!(f, ", or for_good")?;
        }
        Ok(())
    }
}

/// How long somebody wants to keep out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Days of 24 hours from the moment it begins: no time zone has a say.
    Days(u32),
    /// Without an end.
    ForGood,
}

impl Length {
    /// The most days: a hundred years.
    pub const MAX_DAYS: u32 = 36_525;

    /// Reads `7d` or `for_good`.
    ///
    /// # Errors
    /// What is accepted, for the player.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text == "for_good" {
            return Ok(Self::ForGood);
        }
        let days = text
            .strip_suffix('d')
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok());
        days.filter(|days| (1..=Self::MAX_DAYS).contains(days))
            .map(Self::Days)
            .ok_or("must be a number of days such as 7d, or for_good")
    }

    /// What keeps out from `now` on.
    #[must_use]
    pub fn from(self, kind: ExclusionKind, now: OffsetDateTime) -> Exclusion {
        let until = match self {
            Self::Days(days) => Some(now.saturating_add(Duration::days(days.into()))),
            Self::ForGood => None,
        };
        Exclusion { kind, until }
    }
}

/// Who asked for an exclusion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedBy {
    /// The player.
    Player,
    /// An operator, in the player's name or by the house's duty.
    Operator,
}

impl AskedBy {
    /// The name the database uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Player => "player",
            Self::Operator => "operator",
        }
    }

    /// Reads that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Player, Self::Operator]
            .into_iter()
            .find(|who| who.as_str() == text)
    }
}

/// An exclusion as it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// When.
    pub at: OffsetDateTime,
    /// Who asked for it.
    pub asked_by: AskedBy,
    /// What kept the player out from then on.
    pub exclusion: Exclusion,
}

/// What an exclusion asked for now comes to, where `held` may hold: the later end of the two, never an earlier one. A
/// self-exclusion that holds is not made a time-out by one that ends later.
///
/// # Errors
/// The one that holds, where it ends later.
pub(crate) fn longer(
    held: Option<Exclusion>,
    wanted: Exclusion,
    now: OffsetDateTime,
) -> Result<Exclusion, Exclusion> {
    match held.filter(|held| held.holds(now)) {
        Some(held) if wanted.ends_before(held) => Err(held),
        Some(held) => Ok(Exclusion {
            kind: held.kind.max(wanted.kind),
            ..wanted
        }),
        None => Ok(wanted),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    #[test]
    fn bounds_that_contradict_one_another_are_named() {
        assert_eq!(ExclusionLimits::default().faults(), Vec::<String>::new());
        let bad = ExclusionLimits {
            time_out_min_days: 0,
            self_exclusion_max_days: 183,
            ..ExclusionLimits::default()
        };
        let faults = bad.faults();
        assert!(faults[0].contains("exclusion.time_out_min_days"), "{faults:?}");
        assert!(
            faults[1].contains("exclusion.self_exclusion_max_days"),
            "{faults:?}"
        );
    }

    #[test]
    fn lengths_are_read_as_they_are_said() {
        assert_eq!(Length::parse("1d"), Ok(Length::Days(1)));
        assert_eq!(Length::parse("36525d"), Ok(Length::Days(36_525)));
        assert_eq!(Length::parse("for_good"), Ok(Length::ForGood));
        for bad in [
            "",
            "d",
            "0d",
            "-1d",
            "+1d",
            "1",
            "1h",
            "1.5d",
            "36526d",
            "99999999999d",
            "For_Good",
            " 1d",
        ] {
            assert!(Length::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn each_kind_has_its_bounds_and_only_a_self_exclusion_is_for_good() {
        let limits = ExclusionLimits::default();
        let fits = |kind, text| limits.check(kind, Length::parse(text).unwrap()).is_ok();
        for (text, time_out, self_exclusion) in [
            ("1d", true, false),
            ("42d", true, false),
            ("43d", false, false),
            ("183d", false, false),
            ("184d", false, true),
            ("1826d", false, true),
            ("1827d", false, false),
            ("for_good", false, true),
        ] {
            assert_eq!(fits(ExclusionKind::TimeOut, text), time_out, "{text}");
            assert_eq!(fits(ExclusionKind::SelfExclusion, text), self_exclusion, "{text}");
        }
    }

    #[test]
    fn it_only_ever_grows_longer() {
        let of = |kind, days: Option<u32>| days.map_or(Length::ForGood, Length::Days).from(kind, NOW);
        let (short, long) = (
            of(ExclusionKind::TimeOut, Some(1)),
            of(ExclusionKind::TimeOut, Some(2)),
        );
        let forever = of(ExclusionKind::SelfExclusion, None);
        assert_eq!(longer(None, short, NOW), Ok(short));
        assert_eq!(longer(Some(short), short, NOW), Ok(short));
        assert_eq!(longer(Some(short), long, NOW), Ok(long));
        assert_eq!(longer(Some(long), short, NOW), Err(long));
        assert_eq!(longer(Some(long), forever, NOW), Ok(forever));
        assert_eq!(longer(Some(forever), long, NOW), Err(forever));
        // What is over binds nobody.
        assert_eq!(longer(Some(long), short, long.until.unwrap()), Ok(short));
        let half_year = of(ExclusionKind::SelfExclusion, Some(1));
        assert_eq!(
            longer(Some(half_year), long, NOW).unwrap().kind,
            ExclusionKind::SelfExclusion
        );
    }
}
