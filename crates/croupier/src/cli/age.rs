//! Lengths of time on the command line.

use std::{fmt, str::FromStr};

use time::Duration;

/// A length of time as a person writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Age(pub(super) Duration);

impl FromStr for Age {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no age; write a number and s, m, h or d, as 90s, 15m, 48h, 7d");
        let unit = text.chars().next_back().ok_or_else(wrong)?;
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return Err(wrong()),
        };
        let count: u32 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
        // Ten years: more than anybody keeps.
        let age = i64::from(count) * seconds;
        if age > 3_650 * 86_400 {
            return Err(format!("{text:?} is longer than 3650d"));
        }
        Ok(Self(Duration::seconds(age)))
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.whole_seconds();
        match [(86_400, 'd'), (3_600, 'h'), (60, 'm')]
            .into_iter()
            .find(|(unit, _)| seconds >= *unit && seconds % unit == 0)
        {
            Some((unit, letter)) => write!(f, "{}{letter}", seconds / unit),
            None => write!(f, "{seconds}s"),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_a_number_and_a_unit() {
        for (text, seconds) in [
            ("90s", 90),
            ("15m", 900),
            ("48h", 172_800),
            ("7d", 604_800),
            ("0s", 0),
        ] {
            let age: Age = text.parse().unwrap();
            assert_eq!(age.0.whole_seconds(), seconds);
        }
        for text in ["", "m", "15", "-1m", "1.5h", "15 m", "4000d", "1w", "5é"] {
            assert!(text.parse::<Age>().is_err(), "{text:?}");
        }
        for text in ["90s", "15m", "49h", "7d"] {
            assert_eq!(text.parse::<Age>().unwrap().to_string(), text);
        }
    }
}
