//! `MULTI_BRAND_ENFORCEMENT`: how strictly a request's *claims* about its brand are taken.
//!
//! Every check of a claim goes through [`Enforcement::check`]. `off` lets pass, `observe` counts
//! and lets pass, `enforce` rejects. The mode never loosens a query: in every mode a repository
//! sees one brand. What a check lets pass runs under the brand that the domain gives, never under
//! the brand that the doubtful claim names.

use std::{fmt, str::FromStr};

use http::StatusCode;

use crate::http::problem::Problem;

/// How strictly claims are checked. Read once at start, shown in `/health`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    /// No check rejects and none is counted.
    Off,
    /// A failed check is counted and let pass. The default.
    #[default]
    Observe,
    /// A failed check rejects the request.
    Enforce,
}

/// A text that is not one of the three modes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("MULTI_BRAND_ENFORCEMENT must be off, observe or enforce, not {0:?}")]
pub struct InvalidMode(String);

impl FromStr for Mode {
    type Err = InvalidMode;

    fn from_str(text: &str) -> Result<Self, InvalidMode> {
        [Self::Off, Self::Observe, Self::Enforce]
            .into_iter()
            .find(|mode| mode.as_str() == text)
            .ok_or_else(|| InvalidMode(text.chars().take(32).collect()))
    }
}

impl Mode {
    /// The mode's name, as the flag spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Observe => "observe",
            Self::Enforce => "enforce",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a claim was not believed; the `reason` label of `brand_resolution_failed_total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// No brand has this domain.
    UnknownDomain,
    /// The token names no brand.
    JwtMissingBrand,
    /// The token names another brand than the domain.
    JwtBrandMismatch,
    /// A service call came without the signed brand headers.
    MissingBrandHeader,
    /// The brand header's signature is not ours.
    BadSignature,
    /// The signature's time is too far from now.
    StaleSignature,
    /// The signed request was seen before.
    ReplayedSignature,
    /// The caller is not one that this service answers, or its token is wrong.
    CallerNotAllowed,
    /// A command aims at another brand's record.
    CrossBrandTarget,
    /// The agent does not serve this brand.
    AgentNotAllowed,
    /// A provider's account belongs to no brand.
    UnknownCallbackBrand,
    /// An event envelope of before brands.
    EventLegacySchema,
}

impl Reason {
    /// Every reason, in the order of the design.
    pub const ALL: [Self; 12] = [
        Self::UnknownDomain,
        Self::JwtMissingBrand,
        Self::JwtBrandMismatch,
        Self::MissingBrandHeader,
        Self::BadSignature,
        Self::StaleSignature,
        Self::ReplayedSignature,
        Self::CallerNotAllowed,
        Self::CrossBrandTarget,
        Self::AgentNotAllowed,
        Self::UnknownCallbackBrand,
        Self::EventLegacySchema,
    ];

    /// The label's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownDomain => "unknown_domain",
            Self::JwtMissingBrand => "jwt_missing_brand",
            Self::JwtBrandMismatch => "jwt_brand_mismatch",
            Self::MissingBrandHeader => "missing_brand_header",
            Self::BadSignature => "bad_signature",
            Self::StaleSignature => "stale_signature",
            Self::ReplayedSignature => "replayed_signature",
            Self::CallerNotAllowed => "caller_not_allowed",
            Self::CrossBrandTarget => "cross_brand_target",
            Self::AgentNotAllowed => "agent_not_allowed",
            Self::UnknownCallbackBrand => "unknown_callback_brand",
            Self::EventLegacySchema => "event_legacy_schema",
        }
    }
}

/// A claim that was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.as_str())]
pub struct Rejection(pub Reason);

impl From<Rejection> for Problem {
    fn from(Rejection(reason): Rejection) -> Self {
        match reason {
            Reason::UnknownDomain => Self::new(
                StatusCode::NOT_FOUND,
                "unknown_domain",
                "No casino answers at this domain.",
            ),
            Reason::JwtMissingBrand | Reason::JwtBrandMismatch => Self::new(
                StatusCode::FORBIDDEN,
                "brand_mismatch",
                "The access token was not issued for this casino.",
            ),
            other => Self::new(
                StatusCode::FORBIDDEN,
                other.as_str(),
                "The call is not from a service that may make it.",
            ),
        }
    }
}

/// A claim that could not be judged because what would tell is away: refused for now, to be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} cannot be judged now", .0.as_str())]
pub struct Unjudged(pub Reason);

impl From<Unjudged> for Problem {
    fn from(_: Unjudged) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "Whether this request was made before cannot be told now, so nothing was done. Repeat it in a moment.",
        )
        .retry_after(1)
    }
}

/// The flag together with the service that reads it.
#[derive(Clone, Copy, Debug)]
pub struct Enforcement {
    mode: Mode,
    service: &'static str,
}

impl Enforcement {
    /// The flag as `service` reads it; the name becomes the counter's `service` label.
    #[must_use]
    pub fn new(mode: Mode, service: &'static str) -> Self {
        Self { mode, service }
    }

    /// The mode.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The one place a claim is judged.
    ///
    /// # Errors
    /// [`Rejection`] when the claim does not hold and the mode is `enforce`.
    pub fn check(&self, reason: Reason, holds: bool) -> Result<(), Rejection> {
        if holds || self.mode == Mode::Off {
            return Ok(());
        }
        metrics::counter!("brand_resolution_failed_total", "reason" => reason.as_str(), "service" => self.service).increment(1);
        tracing::warn!(
            reason = reason.as_str(),
            mode = self.mode.as_str(),
            "a claim about the brand does not hold"
        );
        match self.mode {
            Mode::Enforce => Err(Rejection(reason)),
            Mode::Observe | Mode::Off => Ok(()),
        }
    }

    /// For a claim that cannot be judged because what would tell is away. `enforce` refuses, without
    /// counting it among the claims that do not hold; `observe` counts what would be refused
    /// (`brand_check_unavailable_total`) and lets pass; `off` lets pass.
    ///
    /// # Errors
    /// [`Unjudged`] when the mode is `enforce`.
    pub fn cannot_judge(&self, reason: Reason) -> Result<(), Unjudged> {
        if self.mode == Mode::Off {
            return Ok(());
        }
        metrics::counter!("brand_check_unavailable_total", "reason" => reason.as_str(), "service" => self.service).increment(1);
        match self.mode {
            Mode::Enforce => Err(Unjudged(reason)),
            Mode::Observe | Mode::Off => Ok(()),
        }
    }

    /// For a claim without which there is no brand to run under: counted as in [`Self::check`],
    /// and rejected in every mode, because nothing else could be done.
    #[must_use]
    pub fn reject(&self, reason: Reason) -> Rejection {
        let _ = self.check(reason, false);
        Rejection(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_33_only_enforce_rejects_and_only_what_does_not_hold() {
        for mode in [Mode::Off, Mode::Observe, Mode::Enforce] {
            for reason in Reason::ALL {
                let enforcement = Enforcement::new(mode, "test");
                assert_eq!(enforcement.check(reason, true), Ok(()));
                assert_eq!(
                    enforcement.check(reason, false).is_err(),
                    mode == Mode::Enforce,
                    "{mode} {reason:?}"
                );
                assert_eq!(enforcement.reject(reason), Rejection(reason));
                assert_eq!(
                    enforcement.cannot_judge(reason),
                    if mode == Mode::Enforce {
                        Err(Unjudged(reason))
                    } else {
                        Ok(())
                    }
                );
            }
        }
    }

    #[test]
    fn the_flag_is_one_of_three_words() {
        assert_eq!("enforce".parse(), Ok(Mode::Enforce));
        assert_eq!(Mode::default(), Mode::Observe);
        for bad in ["", "Enforce", "on", "enforce ", "0"] {
            assert!(bad.parse::<Mode>().is_err(), "{bad:?}");
        }
    }
}
