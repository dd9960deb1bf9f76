//! A player's own decision to keep out of their brand for a time, or for good.
//!
//! It is data, not a status: who keeps out is in good standing otherwise, signs in and takes their money out, and is back
//! when the time has come, by the clock alone. What it keeps from is the table of [`crate::eligibility`].

use time::OffsetDateTime;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ExclusionKind {
    /// A break of days or weeks.
    TimeOut,
    /// A self-exclusion: months, years, or for good.
    SelfExclusion,
}

impl ExclusionKind {
    /// The name the database and the API use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TimeOut => "time_out",
            Self::SelfExclusion => "self_exclusion",
        }
    }

    /// Reads that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::TimeOut, Self::SelfExclusion]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// A player keeps out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exclusion {
    /// What they asked for.
    pub kind: ExclusionKind,
    /// The first moment at which it is over; none: it is for good.
    pub until: Option<OffsetDateTime>,
}

/// A row that says of an exclusion what this version cannot read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an exclusion of another kind, or an end without one")]
pub struct UnreadableExclusion;

impl Exclusion {
    /// As a player's row has it; none where the player never kept out.
    ///
    /// # Errors
    /// [`UnreadableExclusion`]: whoever meets it must not take the player for one who may.
    pub fn of_row(
        kind: Option<&str>,
        until: Option<OffsetDateTime>,
    ) -> Result<Option<Self>, UnreadableExclusion> {
        match (kind, until) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(UnreadableExclusion),
            (Some(kind), until) => {
                let kind = ExclusionKind::parse(kind).ok_or(UnreadableExclusion)?;
                Ok(Some(Self { kind, until }))
            }
        }
    }

    /// Whether it holds at `now`.
    #[must_use]
    pub fn holds(self, now: OffsetDateTime) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// Whether it ends before another does.
    #[must_use]
    pub fn ends_before(self, other: Self) -> bool {
        match (self.until, other.until) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(until), Some(others)) => until < others,
        }
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn until(seconds: Option<i64>) -> Exclusion {
        Exclusion {
            kind: ExclusionKind::SelfExclusion,
            until: seconds.map(|seconds| NOW + Duration::seconds(seconds)),
        }
    }

    #[test]
    fn it_holds_until_its_end_and_for_good_without_one() {
        for (end, holds) in [(Some(1), true), (Some(0), false), (Some(-1), false), (None, true)] {
            assert_eq!(until(end).holds(NOW), holds, "{end:?}");
        }
    }

    #[test]
    fn for_good_is_the_longest() {
        for (one, other, before) in [
            (Some(1), Some(2), true),
            (Some(2), Some(2), false),
            (Some(3), Some(2), false),
            (Some(1), None, true),
            (None, Some(1), false),
            (None, None, false),
        ] {
            assert_eq!(until(one).ends_before(until(other)), before, "{one:?} {other:?}");
        }
    }

    #[test]
    fn what_a_row_says_is_read_or_refused() {
        for kind in [ExclusionKind::TimeOut, ExclusionKind::SelfExclusion] {
            let read = Exclusion::of_row(Some(kind.as_str()), Some(NOW));
            assert_eq!(
                read,
                Ok(Some(Exclusion {
                    kind,
                    until: Some(NOW)
                }))
            );
        }
        assert_eq!(Exclusion::of_row(None, None), Ok(None));
        for (kind, until) in [(Some("holiday"), Some(NOW)), (Some(""), None), (None, Some(NOW))] {
            assert_eq!(Exclusion::of_row(kind, until), Err(UnreadableExclusion));
        }
    }
}
