//! The domain map: which brand a host belongs to.
//!
//! PostgreSQL is the truth (`brand_domain`), and the only one that is believed: what Redis says
//! cannot be told from what was true a minute ago, nor from what somebody wrote there. Redis holds
//! a projection for others to read, `domain:agent:{host}` and `domain:level:{host}`, each a JSON object
//! that binds one `brand_id`, and carries the message that makes a change seen sooner. Nothing here
//! waits for it.
//!
//! **A host is never served for two brands at once.** What PostgreSQL says may be acted on for
//! [`LEASE`], counted from before the question was asked. A host that changes hands is put on hold
//! first (`moving`): whoever sees that serves it for nobody, and begins to serve it for the new brand
//! [`HOLD`] after it saw so, or when the mover has taken the hold off, which the mover does [`HOLD`]
//! after it was committed. By then, [`HOLD`] being more than [`LEASE`], nobody can still act on an
//! answer from before the hold. Only durations are measured, each by one process's monotonic clock: what
//! time any of them believes it is plays no part. A mover that dies leaves a hold that every process ends
//! for itself.
//!
//! | file | what |
//! |---|---|
//! | `map.rs` | a request's question |
//! | `memory.rs` | what is known in this process, bounded, and how long it may be acted on |
//! | `asker.rs` | the one task that asks PostgreSQL, for everybody at once |
//! | `mover.rs` | binding, moving and unbinding, through the owner's connection |
//! | `projection.rs` | the two keys in Redis |

mod asker;
mod map;
mod memory;
mod mover;
mod projection;

use std::{sync::Arc, time::Duration};

use serde::Deserialize;

use crate::brand::{Brand, BrandId};

pub use map::DomainMap;
pub use mover::DomainMover;

/// How long an answer of PostgreSQL may be acted on, counted from before it was asked.
pub const LEASE: Duration = Duration::from_millis(400);
/// How long a host that changes hands is nobody's. What it has more than [`LEASE`] is for a process that
/// is held up between looking at its lease and acting on it.
pub const HOLD: Duration = Duration::from_millis(500);
const _: () = assert!(LEASE.as_millis() < HOLD.as_millis());

/// Bounds of the map in memory.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MapLimits {
    /// The most hosts kept that are a brand's.
    pub entries: u64,
    /// The most hosts kept that are nobody's.
    pub unknown_entries: u64,
    /// Seconds that a known host is served while PostgreSQL does not answer, to requests that change
    /// nothing. 0 refuses them all.
    pub hard_expiry: u32,
}

impl Default for MapLimits {
    fn default() -> Self {
        Self {
            entries: 10_000,
            unknown_entries: 10_000,
            hard_expiry: 600,
        }
    }
}

/// What is known of a domain. `brand_id` is none where it was taken off a brand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binding {
    pub(crate) brand_id: Option<i32>,
    pub(crate) agent_id: Option<i64>,
    pub(crate) level: Option<String>,
    /// Whether it is on its way to `brand_id` and may not have arrived.
    pub(crate) moving: bool,
    pub(crate) version: i64,
}

/// Where players who come through a domain are led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainTarget {
    /// The brand.
    pub brand: BrandId,
    /// The agent whose players they are, if the domain has one.
    pub agent_id: Option<i64>,
    /// The level they start at, if the domain has one.
    pub level: Option<String>,
}

/// A host that the map found to be a brand's. Only the map makes one.
#[derive(Clone, Debug)]
pub struct ResolvedDomain {
    pub(crate) brand: Arc<Brand>,
    /// The agent whose players come through this domain.
    pub agent_id: Option<i64>,
    /// The level players of this domain start at.
    pub level: Option<String>,
    /// Whether PostgreSQL said so within the lease. Where it does not answer, a host is resolved from
    /// memory and may be another brand's by now: nothing that changes anything may be done then.
    pub confirmed: bool,
}

/// Whose a host is.
#[derive(Clone, Debug)]
pub enum Resolution {
    /// This brand's.
    Brand(ResolvedDomain),
    /// No brand's.
    Nobody,
    /// No brand's for this moment: it changes hands.
    Moving,
}

/// PostgreSQL does not answer and the host is not in memory, or its brand is not known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the domain map cannot be read now")]
pub struct MapUnavailable;
