//! What the two versions of the signature are made of.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::{BrandKey, SignedRequest};

/// The fields as they stand in the headers, so that what is signed is what is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim<'a> {
    pub(super) caller: &'a str,
    pub(super) brand: &'a str,
    pub(super) request_id: &'a str,
    pub(super) timestamp: &'a str,
}

pub(super) type HmacSha256 = Hmac<Sha256>;

fn mac(key: &BrandKey) -> HmacSha256 {
    // A key of any length is a key to HMAC (RFC 2104, 3), so the empty MAC is never used.
    HmacSha256::new_from_slice(key.secret.expose().as_bytes())
        .unwrap_or_else(|_| HmacSha256::new(&Default::default()))
}

pub(super) fn v1(key: &BrandKey, claim: &Claim<'_>) -> HmacSha256 {
    let mut mac = mac(key);
    mac.update(
        [claim.caller, claim.brand, claim.request_id, claim.timestamp]
            .join("|")
            .as_bytes(),
    );
    mac
}

pub(super) fn v2(key: &BrandKey, claim: &Claim<'_>, request: SignedRequest<'_>) -> HmacSha256 {
    let target = request
        .uri
        .path_and_query()
        .map_or("/", http::uri::PathAndQuery::as_str);
    let body = Sha256::digest(request.body);
    let mut mac = mac(key);
    mac.update(b"croupier-brand-v2");
    for field in [
        key.id.as_bytes(),
        claim.caller.as_bytes(),
        claim.brand.as_bytes(),
        claim.request_id.as_bytes(),
        claim.timestamp.as_bytes(),
        request.method.as_str().as_bytes(),
        target.as_bytes(),
        body.as_slice(),
    ] {
        mac.update(&(field.len() as u64).to_be_bytes());
        mac.update(field);
    }
    mac
}
