//! Whether a process may serve: judged before anything is connected or listened on, all faults at once.
//!
//! * `links` — what a role has to know of the others
//! * `production` — what must not be where players' money is real

pub(crate) mod links;
mod production;

use std::fmt;

use croupier_brand::Clock;

use crate::{
    config::{Config, Stage},
    runtime::Role,
};
use links::Links;

/// What is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    what: String,
    next: String,
}

impl Fault {
    fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            next: next.into(),
        }
    }
}

/// Why a process does not serve: every fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct NotReady {
    role: Role,
    stage: Stage,
    faults: Vec<Fault>,
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (role, stage) = (self.role, self.stage);
        write!(f, "the {role} role is not ready for {stage}:")?;
        for Fault { what, next } in &self.faults {
            write!(f, "\n  - {what}\n    next: {next}")?;
        }
        if stage == Stage::Production {
            f.write_str(
                "\nA house for development does without some of this: CROUPIER_HOUSE__ENVIRONMENT=development",
            )?;
        }
        Ok(())
    }
}

/// What the role knows of the others, if it may serve.
///
/// # Errors
/// [`NotReady`] with every fault.
pub(crate) fn check(config: &Config, role: Role, clock: &Clock) -> Result<Links, NotReady> {
    let (links, mut faults) = match Links::read(config, role, clock) {
        Ok(links) => (Some(links), Vec::new()),
        Err(faults) => (None, faults),
    };
    if config.house.environment == Stage::Production {
        faults.extend(production::faults(config, role));
    }
    match links {
        Some(links) if faults.is_empty() => Ok(links),
        _ => Err(NotReady {
            role,
            stage: config.house.environment,
            faults,
        }),
    }
}
