//! Signing: the caller's end.

use hmac::Mac;
use http::{HeaderMap, HeaderValue};
use uuid::Uuid;

use super::{
    BRAND_ID, BrandKey, CALLER, KEY_ID, REQUEST_ID, SERVICE_TOKEN, SIGNATURE, Secret, SignedRequest,
    TIMESTAMP,
    mac::{Claim, v2},
};
use crate::{brand::BrandId, clock::Clock};

/// Signs a service's calls.
#[derive(Clone, Debug)]
pub struct BrandSigner {
    caller: HeaderValue,
    key: BrandKey,
    key_id: HeaderValue,
    token: HeaderValue,
    clock: Clock,
}

impl BrandSigner {
    /// Signs as `caller`, with its own service token. None when a name or the token cannot be a header's value.
    #[must_use]
    pub fn new(caller: &str, key: BrandKey, token: &Secret, clock: Clock) -> Option<Self> {
        let mut token = HeaderValue::from_str(token.expose()).ok()?;
        token.set_sensitive(true);
        let key_id = HeaderValue::from_str(&key.id).ok()?;
        Some(Self {
            caller: HeaderValue::from_str(caller).ok()?,
            key,
            key_id,
            token,
            clock,
        })
    }

    /// Puts the headers for `brand` on a call, in place of any that are there. A mutation is taken once
    /// under its `request_id`: whoever sends it again signs it again, under another.
    pub fn sign(
        &self,
        headers: &mut HeaderMap,
        brand: BrandId,
        request_id: Uuid,
        request: SignedRequest<'_>,
    ) {
        let timestamp = self.clock.unix_seconds();
        let id = request_id.to_string();
        let claim = Claim {
            caller: self.caller.to_str().unwrap_or_default(),
            brand: &brand.to_string(),
            request_id: &id,
            timestamp: &timestamp.to_string(),
        };
        let signature = hex::encode(v2(&self.key, &claim, request).finalize().into_bytes());
        headers.insert(BRAND_ID, HeaderValue::from(brand.get()));
        headers.insert(CALLER, self.caller.clone());
        headers.insert(TIMESTAMP, HeaderValue::from(timestamp));
        headers.insert(KEY_ID, self.key_id.clone());
        headers.insert(SERVICE_TOKEN, self.token.clone());
        if let (Ok(signature), Ok(id)) = (
            HeaderValue::from_str(&format!("v2={signature}")),
            HeaderValue::from_str(&id),
        ) {
            headers.insert(SIGNATURE, signature);
            headers.insert(REQUEST_ID, id);
        }
    }

    /// Puts who calls on a call that is for no brand: a provider's callback, or what is public.
    pub fn introduce(&self, headers: &mut HeaderMap, request_id: Uuid) {
        headers.insert(CALLER, self.caller.clone());
        headers.insert(SERVICE_TOKEN, self.token.clone());
        if let Ok(id) = HeaderValue::from_str(&request_id.to_string()) {
            headers.insert(REQUEST_ID, id);
        }
    }
}
