//! Scope for a worker: from the envelope of the event it takes up.
//!
//! Since version 2 an event's envelope carries its `brand_id`. Version 1 is from before there were
//! brands: such an event is the default brand's while the flag lets it pass, and is refused once it does not.
//! A brand in the event's *payload* is never a source of scope.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::BrandScope;
use crate::{
    brand::BrandId,
    directory::BrandDirectory,
    enforcement::{Enforcement, Reason, Rejection},
};

/// What is written around an event. A field that is not named here, or is of another type, makes it no envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// 2. Events of version 1 have no brand.
    pub schema_version: u32,
    /// The event's own id; a repeat has the same.
    pub event_id: Uuid,
    /// What happened: `wallet.bet_placed`.
    pub kind: String,
    /// The number of the brand it happened in. Version 2 always has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand_id: Option<i64>,
    /// When it happened.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// What there is to say about it.
    pub payload: serde_json::Value,
}

impl Envelope {
    /// The version that carries the brand.
    pub const VERSION: u32 = 2;

    /// An event that happened in `scope`'s brand.
    #[must_use]
    pub fn of(
        scope: &BrandScope,
        event_id: Uuid,
        kind: &str,
        at: OffsetDateTime,
        payload: serde_json::Value,
    ) -> Self {
        Self {
            schema_version: Self::VERSION,
            event_id,
            kind: kind.to_owned(),
            brand_id: Some(scope.id().get().into()),
            at,
            payload,
        }
    }
}

/// Earns scopes for events.
#[derive(Clone, Debug)]
pub struct Worker {
    enforcement: Enforcement,
    directory: BrandDirectory,
    default_brand: Option<String>,
}

impl Worker {
    /// `default_brand` is the code of the brand that events of version 1 are while the flag is `off` or
    /// `observe`; none refuses them in every mode.
    #[must_use]
    pub fn new(enforcement: Enforcement, directory: BrandDirectory, default_brand: Option<String>) -> Self {
        Self {
            enforcement,
            directory,
            default_brand,
        }
    }

    /// The scope of an event. Each event earns its own: a worker keeps none from one to the next.
    ///
    /// # Errors
    /// [`Reason::EventLegacySchema`] for an event without a brand, [`Reason::CrossBrandTarget`] for one whose
    /// brand there is not; the latter in every mode. A refused event belongs among the dead letters.
    pub fn scope(&self, envelope: &Envelope) -> Result<BrandScope, Rejection> {
        if envelope.schema_version >= Envelope::VERSION {
            let Some(number) = envelope.brand_id else {
                return Err(self.enforcement.reject(Reason::EventLegacySchema));
            };
            let brand = BrandId::new(number).ok().and_then(|id| self.directory.by_id(id));
            return brand
                .map(BrandScope::earned)
                .ok_or_else(|| self.enforcement.reject(Reason::CrossBrandTarget));
        }
        let default = self.default_brand.as_deref();
        match default.and_then(|code| self.directory.by_code(code)) {
            Some(brand) => self
                .enforcement
                .check(Reason::EventLegacySchema, false)
                .map(|()| BrandScope::earned(brand)),
            None => Err(self.enforcement.reject(Reason::EventLegacySchema)),
        }
    }
}
