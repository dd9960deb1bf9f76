//! What is said of one thing that was looked at.

use std::io::Write;

/// What a line comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Good,
    /// Worth knowing; nothing fails for it.
    Note,
    Missing,
}

/// One line of the table.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) verdict: Verdict,
    pub(super) what: &'static str,
    pub(super) found: String,
    pub(super) next: Option<String>,
}

impl Finding {
    pub(super) fn good(what: &'static str, found: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Good,
            what,
            found: found.into(),
            next: None,
        }
    }

    pub(super) fn note(what: &'static str, found: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Note,
            what,
            found: found.into(),
            next: None,
        }
    }

    pub(super) fn missing(what: &'static str, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Missing,
            what,
            found: found.into(),
            next: Some(next.into()),
        }
    }
}

/// Writes the table.
pub(super) fn print(findings: &[Finding], out: &mut dyn Write) -> std::io::Result<()> {
    for finding in findings {
        let verdict = match finding.verdict {
            Verdict::Good => "ok",
            Verdict::Note => "note",
            Verdict::Missing => "FAIL",
        };
        writeln!(out, "{verdict:<5} {:<20} {}", finding.what, finding.found)?;
        if let Some(next) = &finding.next {
            writeln!(out, "{:<26} next: {next}", "")?;
        }
    }
    Ok(())
}
