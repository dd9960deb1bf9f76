//! How long what a player signs in to lasts, and how often signing in may fail.

use croupier_brand::throttle::ThrottleLimits;
use serde::Deserialize;
use time::{Duration, OffsetDateTime};

/// Lifetimes of sessions and their tokens, in seconds.
///
/// Three clocks run: an access token is short because it is believed without a look-up; a refresh
/// token slides, so a player who stays away is signed out; the session ends absolutely, however
/// often it was refreshed, and neither token outlives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionLimits {
    /// An access token's life. 60 to [`SessionLimits::MAX_ACCESS_SECONDS`].
    pub access_seconds: u32,
    /// A refresh token's life, counted anew with each refresh. At least the access token's.
    pub refresh_seconds: u32,
    /// A session's life from sign-in. At least a refresh token's, at most a year.
    pub session_seconds: u32,
}

impl Default for SessionLimits {
    /// 15 minutes, 7 days, 30 days.
    fn default() -> Self {
        Self {
            access_seconds: 15 * 60,
            refresh_seconds: 7 * 24 * 3600,
            session_seconds: 30 * 24 * 3600,
        }
    }
}

impl SessionLimits {
    /// The longest life an access token may be given.
    ///
    /// A revocation is kept this long and not for the configured life: a token that was issued before
    /// the setting was shortened is still revoked to its end.
    pub const MAX_ACCESS_SECONDS: u32 = 3600;

    const MIN_ACCESS_SECONDS: u32 = 60;
    const MAX_SESSION_SECONDS: u32 = 365 * 24 * 3600;

    /// Processes that issue tokens agree on the time to within this.
    const CLOCK_SKEW: Duration = Duration::minutes(1);

    /// What is wrong with these settings, each fault with its key.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let (least, most) = (Self::MIN_ACCESS_SECONDS, Self::MAX_ACCESS_SECONDS);
        let mut faults = Vec::new();
        if !(least..=most).contains(&self.access_seconds) {
            faults.push(format!("sessions.access_seconds must be {least} to {most}"));
        }
        if self.refresh_seconds < self.access_seconds {
            faults.push("sessions.refresh_seconds must be at least sessions.access_seconds".to_owned());
        }
        if self.session_seconds < self.refresh_seconds {
            faults.push("sessions.session_seconds must be at least sessions.refresh_seconds".to_owned());
        }
        if self.session_seconds > Self::MAX_SESSION_SECONDS {
            faults.push(format!(
                "sessions.session_seconds must be at most {} (a year)",
                Self::MAX_SESSION_SECONDS
            ));
        }
        faults
    }

    /// When a session that begins now ends for good.
    pub(crate) fn session_end(&self, now: OffsetDateTime) -> OffsetDateTime {
        now + seconds(self.session_seconds)
    }

    /// When an access token issued now ends.
    pub(crate) fn access_end(&self, now: OffsetDateTime, session_end: OffsetDateTime) -> OffsetDateTime {
        session_end.min(now + seconds(self.access_seconds))
    }

    /// When a refresh token issued now ends.
    pub(crate) fn refresh_end(&self, now: OffsetDateTime, session_end: OffsetDateTime) -> OffsetDateTime {
        session_end.min(now + seconds(self.refresh_seconds))
    }

    /// Until when the revocation of a session must be kept: when the last access token that can have
    /// been issued for it has ended.
    pub(crate) fn revoked_until(now: OffsetDateTime, session_end: OffsetDateTime) -> OffsetDateTime {
        session_end.min(now + seconds(Self::MAX_ACCESS_SECONDS) + Self::CLOCK_SKEW)
    }
}

/// How often signing in to one account of a brand may fail, whether or not the brand has the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignInLimits {
    /// Failures within a window, beyond which sign-ins to the account are answered 429. 1 to 1 000.
    pub failures: u32,
    /// Seconds from the first failure until all is forgotten; also the longest a player is kept out by what
    /// others try. 1 to 86 400.
    pub window_seconds: u32,
    /// The most accounts whose failures a process counts by itself. At least 1.
    pub entries: u64,
}

impl Default for SignInLimits {
    fn default() -> Self {
        Self {
            failures: 10,
            window_seconds: 15 * 60,
            entries: 100_000,
        }
    }
}

impl SignInLimits {
    /// What is wrong with these settings, each fault with its key.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let bounds = [
            ("sign_in.failures", u64::from(self.failures), 1_000),
            ("sign_in.window_seconds", u64::from(self.window_seconds), 86_400),
            ("sign_in.entries", self.entries, 100_000_000),
        ];
        let outside = bounds
            .iter()
            .filter(|(_, value, most)| !(1..=*most).contains(value));
        outside
            .map(|(key, _, most)| format!("{key} must be 1 to {most}"))
            .collect()
    }

    /// The same, as the throttle takes them.
    #[must_use]
    pub fn throttle(&self) -> ThrottleLimits {
        ThrottleLimits {
            failures: self.failures,
            window: std::time::Duration::from_secs(self.window_seconds.into()),
            entries: self.entries,
        }
    }
}

fn seconds(count: u32) -> Duration {
    Duration::seconds(count.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    #[test]
    fn the_defaults_are_sound_and_every_fault_is_named() {
        assert_eq!(SessionLimits::default().faults(), Vec::<String>::new());
        let bad = SessionLimits {
            access_seconds: 7200,
            refresh_seconds: 10,
            session_seconds: 5,
        };
        let faults = bad.faults().join("\n");
        for key in [
            "sessions.access_seconds",
            "sessions.refresh_seconds must",
            "sessions.session_seconds must",
        ] {
            assert!(faults.contains(key), "{faults}");
        }
        let endless = SessionLimits {
            session_seconds: u32::MAX,
            ..SessionLimits::default()
        };
        assert_eq!(endless.faults().len(), 1);
    }

    #[test]
    fn limits_of_sign_ins_out_of_bounds_are_all_named() {
        assert_eq!(SignInLimits::default().faults(), Vec::<String>::new());
        let bad = SignInLimits {
            failures: 0,
            window_seconds: 86_401,
            entries: 0,
        };
        let faults = bad.faults();
        for (fault, key) in faults.iter().zip(["failures", "window_seconds", "entries"]) {
            assert!(fault.starts_with(&format!("sign_in.{key} must be ")), "{fault}");
        }
        assert_eq!(faults.len(), 3);
    }

    #[test]
    fn no_token_outlives_its_session() {
        let limits = SessionLimits::default();
        let end = limits.session_end(NOW);
        assert_eq!(end - NOW, Duration::days(30));
        assert_eq!(limits.access_end(NOW, end) - NOW, Duration::minutes(15));
        assert_eq!(limits.refresh_end(NOW, end) - NOW, Duration::days(7));

        let late = end - Duration::minutes(5);
        assert_eq!(limits.access_end(late, end), end);
        assert_eq!(limits.refresh_end(late, end), end);
    }

    #[test]
    fn a_revocation_is_kept_until_the_last_access_token_has_ended() {
        let end = SessionLimits::default().session_end(NOW);
        let longest = SessionLimits {
            access_seconds: SessionLimits::MAX_ACCESS_SECONDS,
            ..SessionLimits::default()
        };
        assert!(SessionLimits::revoked_until(NOW, end) > longest.access_end(NOW, end));
        let late = end - Duration::seconds(1);
        assert!(SessionLimits::revoked_until(late, end) >= longest.access_end(late, end));
    }
}
