//! What came of a run, and how it is written down.
//!
//! * [`json`] — for programs; its schema is stable and versioned
//! * [`html`] — for people: one file, nothing loaded, nothing run
//! * [`junit`] — for build servers
//!
//! Everything in a report that the operator said is a stranger's text: whatever writes it escapes it.

pub mod html;
pub mod json;
pub mod junit;

use std::time::Duration;

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{ENDED_EARLY, Ended, Verdict, cases::GROUPS};
use crate::provider::Protocol;

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The protocol.
    pub protocol: &'static Protocol,
    /// The operator's base URL.
    pub target: String,
    /// When it began, UTC.
    pub started_at: OffsetDateTime,
    /// How long it took.
    pub took: Duration,
    /// Every case, by group.
    pub cases: Vec<Ended>,
}

/// How a report is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Html,
    /// For programs.
    Json,
    /// For build servers.
    Junit,
}

impl Format {
    /// The format of this name: `html`, `json`, `junit`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "html" => Some(Self::Html),
            "json" => Some(Self::Json),
            "junit" => Some(Self::Junit),
            _ => None,
        }
    }

    /// The format of a file with this ending, in either case: `html`, `json`, `xml`.
    #[must_use]
    pub fn of_ending(ending: &str) -> Option<Self> {
        match ending.to_ascii_lowercase().as_str() {
            "xml" => Some(Self::Junit),
            "junit" => None,
            other => Self::named(other),
        }
    }

    /// The whole document.
    #[must_use]
    pub fn write(self, report: &Report) -> String {
        match self {
            Self::Html => html::write(report),
            Self::Json => json::write(report),
            Self::Junit => junit::write(report),
        }
    }
}

/// How many cases came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Held.
    pub held: usize,
    /// Did not hold.
    pub failed: usize,
    /// Were not run.
    pub not_run: usize,
    /// Are none of the protocol's.
    pub not_said: usize,
}

impl Report {
    /// How many cases came to what.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for ended in &self.cases {
            match ended.verdict {
                Verdict::Held => counts.held += 1,
                Verdict::Failed(_) => counts.failed += 1,
                Verdict::NotRun(_) => counts.not_run += 1,
                Verdict::NotSaid(_) => counts.not_said += 1,
            }
        }
        counts
    }

    /// Whether something was run, and everything that was run held.
    #[must_use]
    pub fn held(&self) -> bool {
        let counts = self.counts();
        counts.failed == 0 && counts.held > 0
    }

    /// How many cases were not run, or not to their end, because the run was ended early.
    #[must_use]
    pub fn ended_early(&self) -> usize {
        let early =
            |ended: &&Ended| matches!(&ended.verdict, Verdict::NotRun(why) if why.starts_with(ENDED_EARLY));
        self.cases.iter().filter(early).count()
    }

    fn started(&self) -> String {
        self.started_at.format(&Rfc3339).unwrap_or_default()
    }
}

impl Verdict {
    /// For programs. Stable.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Failed(_) => "failed",
            Self::NotRun(_) => "not_run",
            Self::NotSaid(_) => "not_applicable",
        }
    }

    /// What there is to say of it.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Held => None,
            Self::Failed(why) | Self::NotRun(why) => Some(why),
            Self::NotSaid(why) => Some(why),
        }
    }
}

/// A group's title.
fn group_title(number: u8) -> &'static str {
    let found = GROUPS.iter().find(|(group, _)| *group == number);
    found.map_or("", |(_, title)| title)
}

/// Thousandths of a second as seconds.
fn seconds(took: Duration) -> String {
    format!("{}.{:03}", took.as_secs(), took.subsec_millis())
}
