//! A month of the journal, UTC.

use std::{fmt, str::FromStr};

use time::{Date, Month as Name, OffsetDateTime, UtcOffset};

/// A month of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    year: i32,
    /// 1 to 12.
    number: u8,
}

impl Month {
    /// The month of a time.
    #[must_use]
    pub fn of(at: OffsetDateTime) -> Self {
        let at = at.to_offset(UtcOffset::UTC);
        Self {
            year: at.year(),
            number: at.month().into(),
        }
    }

    /// The month after it.
    #[must_use]
    pub fn next(self) -> Self {
        match self.number {
            12 => Self {
                year: self.year + 1,
                number: 1,
            },
            number => Self {
                number: number + 1,
                ..self
            },
        }
    }

    /// Its first moment, as PostgreSQL reads it.
    #[must_use]
    pub fn start(self) -> String {
        format!("{self}-01 00:00:00+00")
    }

    /// Its first moment.
    #[must_use]
    pub fn begins(self) -> Option<OffsetDateTime> {
        let name = Name::try_from(self.number).ok()?;
        let date = Date::from_calendar_date(self.year, name, 1).ok()?;
        Some(date.midnight().assume_utc())
    }

    /// The name of the journal's part that holds it.
    #[must_use]
    pub fn part(self) -> String {
        format!("wallet_ledger_{:04}_{:02}", self.year, self.number)
    }

    /// The month that a part of this name holds.
    #[must_use]
    pub fn of_part(name: &str) -> Option<Self> {
        name.strip_prefix("wallet_ledger_")?
            .replace('_', "-")
            .parse()
            .ok()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.number)
    }
}

impl FromStr for Month {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fault = || format!("{text:?} is not a month; write it as 2026-11");
        let (year, number) = text.split_once('-').ok_or_else(fault)?;
        if year.len() != 4 || number.len() != 2 {
            return Err(fault());
        }
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        match (year.parse(), number.parse()) {
            (Ok(year), Ok(number @ 1..=12)) if digits(text.replace('-', "").as_str()) => {
                Ok(Self { year, number })
            }
            _ => Err(fault()),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn months_follow_one_another_and_are_read_as_they_are_written() {
        let november: Month = "2026-11".parse().unwrap();
        assert_eq!(november.next().to_string(), "2026-12");
        assert_eq!(november.next().next().to_string(), "2027-01");
        assert_eq!(november.part(), "wallet_ledger_2026_11");
        assert_eq!(Month::of_part("wallet_ledger_2026_11"), Some(november));
        assert_eq!(Month::of_part("wallet_ledger_rest"), None);
        assert_eq!(Month::of(november.begins().unwrap()), november);
        for bad in [
            "2026", "2026-13", "2026-00", "26-11", "2026-1", "2026-+1", "-026-11", "november",
        ] {
            assert!(bad.parse::<Month>().is_err(), "{bad}");
        }
    }
}
