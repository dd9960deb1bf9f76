//! The signed brand header: how one service tells another for which brand it calls.
//!
//! `X-Brand-Id`, `X-Caller-Service`, `X-Request-Id`, `X-Brand-Timestamp` (Unix seconds),
//! `X-Brand-Key-Id` and `X-Brand-Signature: v2=<hex>`; with them the caller's own
//! `X-Service-Token`. Both ends share the signing key; the token is the caller's alone, so one
//! service's token cannot speak for another.
//!
//! * v1 = HMAC-SHA256(key, `caller|brand|request|timestamp`), as ADR-009 has it. Accepted only
//!   where `signature_min_version` is 1.
//! * v2 also binds the key id, the method, the path with its query and the SHA-256 of the body. Each
//!   field is preceded by its length, so that no two field lists make the same bytes.

use std::{collections::HashMap, fmt};

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{brand::BrandId, clock::Clock, enforcement::Reason, http::request_id::RequestId};

/// The brand's number.
pub const BRAND_ID: HeaderName = HeaderName::from_static("x-brand-id");
/// The calling service's name.
pub const CALLER: HeaderName = HeaderName::from_static("x-caller-service");
/// When it was signed, Unix seconds.
pub const TIMESTAMP: HeaderName = HeaderName::from_static("x-brand-timestamp");
/// Which key signed it.
pub const KEY_ID: HeaderName = HeaderName::from_static("x-brand-key-id");
/// The signature, `v1=<hex>` or `v2=<hex>`.
pub const SIGNATURE: HeaderName = HeaderName::from_static("x-brand-signature");
/// The caller's own token.
pub const SERVICE_TOKEN: HeaderName = HeaderName::from_static("x-service-token");
const REQUEST_ID: HeaderName = HeaderName::from_static(RequestId::HEADER);

/// Every header that only a service may send. The edge removes them from what comes from outside.
pub const INTERNAL_HEADERS: [HeaderName; 7] = [
    BRAND_ID,
    CALLER,
    TIMESTAMP,
    KEY_ID,
    SIGNATURE,
    SERVICE_TOKEN,
    REQUEST_ID,
];

/// How far a signature's time may be from now, in seconds, either way.
const TOLERANCE: i64 = 30;

/// A secret text: a signing key or a service token. Never printed.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

/// A secret that is too short to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be at least 32 characters; make one with: openssl rand -hex 32")]
pub struct WeakSecret;

impl Secret {
    /// Takes a secret of 32 characters or more.
    ///
    /// # Errors
    /// [`WeakSecret`].
    pub fn new(text: String) -> Result<Self, WeakSecret> {
        if text.len() < 32 {
            Err(WeakSecret)
        } else {
            Ok(Self(Zeroizing::new(text)))
        }
    }

    /// The secret, for the one header that carries it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A signing key with its id.
#[derive(Clone, Debug)]
pub struct BrandKey {
    /// Its id, which travels with the signature.
    pub id: String,
    /// The key.
    pub secret: Secret,
}

/// What v2 binds besides the brand headers.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// The method.
    pub method: &'a Method,
    /// The target; its path and query are bound.
    pub uri: &'a Uri,
    /// The whole body.
    pub body: &'a [u8],
}

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

    /// Puts the headers for `brand` on a call, in place of any that are there.
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
}

impl BrandSigner {
    /// Puts who calls on a call that is for no brand: a provider's callback, or what is public.
    pub fn introduce(&self, headers: &mut HeaderMap, request_id: Uuid) {
        headers.insert(CALLER, self.caller.clone());
        headers.insert(SERVICE_TOKEN, self.token.clone());
        if let Ok(id) = HeaderValue::from_str(&request_id.to_string()) {
            headers.insert(REQUEST_ID, id);
        }
    }
}

/// A call whose caller, time and signature were verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBrand {
    /// The brand it is for.
    pub brand: BrandId,
    /// The service that made it.
    pub caller: String,
    /// The request's id.
    pub request_id: Uuid,
}

/// Verifies services' calls.
#[derive(Clone, Debug)]
pub struct BrandVerifier {
    keys: Vec<BrandKey>,
    /// The callers that are answered, with the token of each.
    callers: HashMap<String, Secret>,
    min_version: u8,
    clock: Clock,
}

impl BrandVerifier {
    /// Answers `callers` whose signature is by any of `keys` (more than one while they rotate).
    /// `min_version` is 1 or 2.
    #[must_use]
    pub fn new(keys: Vec<BrandKey>, callers: HashMap<String, Secret>, min_version: u8, clock: Clock) -> Self {
        Self {
            keys,
            callers,
            min_version,
            clock,
        }
    }

    /// Judges a call's headers. The order is: are they there, may the caller call, is the
    /// signature ours, is it fresh.
    ///
    /// # Errors
    /// The [`Reason`] it is not believed.
    pub fn verify(&self, headers: &HeaderMap, request: SignedRequest<'_>) -> Result<SignedBrand, Reason> {
        let one = |name: &HeaderName| one(headers, name);
        let claim = Claim {
            caller: one(&CALLER)?,
            brand: one(&BRAND_ID)?,
            request_id: one(&REQUEST_ID)?,
            timestamp: one(&TIMESTAMP)?,
        };
        let signature = one(&SIGNATURE)?;
        self.verify_caller(headers)?;
        self.verify_signature(signature, one(&KEY_ID).ok(), &claim, request)?;

        let timestamp = canonical::<i64>(claim.timestamp).ok_or(Reason::BadSignature)?;
        if self
            .clock
            .unix_seconds()
            .saturating_sub(timestamp)
            .saturating_abs()
            > TOLERANCE
        {
            return Err(Reason::StaleSignature);
        }
        Ok(SignedBrand {
            brand: canonical::<i64>(claim.brand)
                .and_then(|id| BrandId::new(id).ok())
                .ok_or(Reason::BadSignature)?,
            caller: claim.caller.to_owned(),
            request_id: canonical::<Uuid>(claim.request_id).ok_or(Reason::BadSignature)?,
        })
    }

    /// Judges who calls, for a call that is for no brand. Gives the request's id, if it is one.
    ///
    /// # Errors
    /// [`Reason::MissingBrandHeader`] or [`Reason::CallerNotAllowed`].
    pub fn verify_caller(&self, headers: &HeaderMap) -> Result<Option<Uuid>, Reason> {
        let expected = self
            .callers
            .get(one(headers, &CALLER)?)
            .ok_or(Reason::CallerNotAllowed)?;
        if !equal(
            expected.expose().as_bytes(),
            one(headers, &SERVICE_TOKEN)?.as_bytes(),
        ) {
            return Err(Reason::CallerNotAllowed);
        }
        Ok(one(headers, &REQUEST_ID).ok().and_then(canonical::<Uuid>))
    }

    fn verify_signature(
        &self,
        signature: &str,
        key_id: Option<&str>,
        claim: &Claim<'_>,
        request: SignedRequest<'_>,
    ) -> Result<(), Reason> {
        let (version, hex) = signature.split_once('=').ok_or(Reason::BadSignature)?;
        let bytes = hex::decode(hex).map_err(|_| Reason::BadSignature)?;
        let good = match version {
            "v2" => self.keys.iter().any(|key| {
                Some(key.id.as_str()) == key_id && v2(key, claim, request).verify_slice(&bytes).is_ok()
            }),
            "v1" if self.min_version <= 1 => self
                .keys
                .iter()
                .any(|key| v1(key, claim).verify_slice(&bytes).is_ok()),
            _ => false,
        };
        if good { Ok(()) } else { Err(Reason::BadSignature) }
    }
}

/// The fields as they stand in the headers, so that what is signed is what is read.
struct Claim<'a> {
    caller: &'a str,
    brand: &'a str,
    request_id: &'a str,
    timestamp: &'a str,
}

type HmacSha256 = Hmac<Sha256>;

fn mac(key: &BrandKey) -> HmacSha256 {
    // A key of any length is a key to HMAC (RFC 2104, 3), so the empty MAC is never used.
    HmacSha256::new_from_slice(key.secret.expose().as_bytes())
        .unwrap_or_else(|_| HmacSha256::new(&Default::default()))
}

fn v1(key: &BrandKey, claim: &Claim<'_>) -> HmacSha256 {
    let mut mac = mac(key);
    mac.update(
        [claim.caller, claim.brand, claim.request_id, claim.timestamp]
            .join("|")
            .as_bytes(),
    );
    mac
}

fn v2(key: &BrandKey, claim: &Claim<'_>, request: SignedRequest<'_>) -> HmacSha256 {
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

fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a str, Reason> {
    let mut values = headers.get_all(name).iter();
    match (values.next().map(HeaderValue::to_str), values.next()) {
        (Some(Ok(value)), None) => Ok(value),
        (None, _) => Err(Reason::MissingBrandHeader),
        // Unreadable, or there twice: which of the two was signed is not for us to guess.
        _ => Err(Reason::BadSignature),
    }
}

/// Reads a value that is written in the one way we write it: no `+7`, no ` 7`, no other spelling of a UUID.
fn canonical<T: std::str::FromStr + ToString>(text: &str) -> Option<T> {
    text.parse::<T>().ok().filter(|value| value.to_string() == text)
}

fn equal(a: &[u8], b: &[u8]) -> bool {
    // Digests first: their length says nothing about the secret's.
    Sha256::digest(a).ct_eq(&Sha256::digest(b)).into()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use time::{Duration, OffsetDateTime};

    use super::*;

    fn secret(letter: char) -> Secret {
        Secret::new(letter.to_string().repeat(40)).unwrap()
    }

    fn key(id: &str, letter: char) -> BrandKey {
        BrandKey {
            id: id.to_owned(),
            secret: secret(letter),
        }
    }

    struct Ends {
        signer: BrandSigner,
        verifier: BrandVerifier,
        clock: Clock,
    }

    fn ends() -> Ends {
        let clock = Clock::manual(OffsetDateTime::UNIX_EPOCH + Duration::days(20_000));
        let callers = HashMap::from([
            ("gateway".to_owned(), secret('g')),
            ("game".to_owned(), secret('m')),
        ]);
        Ends {
            signer: BrandSigner::new("gateway", key("b1", 'k'), &secret('g'), clock.clone()).unwrap(),
            verifier: BrandVerifier::new(vec![key("b1", 'k'), key("b0", 'o')], callers, 2, clock.clone()),
            clock,
        }
    }

    fn brand(id: i64) -> BrandId {
        BrandId::new(id).unwrap()
    }

    fn call<'a>(method: &'a Method, uri: &'a Uri, body: &'a [u8]) -> SignedRequest<'a> {
        SignedRequest { method, uri, body }
    }

    fn signed(ends: &Ends, request: SignedRequest<'_>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        ends.signer
            .sign(&mut headers, brand(7), Uuid::from_u128(5), request);
        headers
    }

    #[test]
    fn what_is_signed_is_believed() {
        let (ends, uri) = (ends(), Uri::from_static("/wallet?limit=1"));
        let request = call(&Method::POST, &uri, b"body");
        let believed = ends.verifier.verify(&signed(&ends, request), request).unwrap();
        assert_eq!((believed.brand, believed.caller.as_str()), (brand(7), "gateway"));
    }

    #[test]
    fn iso_29_a_signature_is_good_for_one_method_path_query_and_body() {
        let (ends, uri) = (ends(), Uri::from_static("/wallet?limit=1"));
        let headers = signed(&ends, call(&Method::POST, &uri, b"body"));
        let (path, query) = (
            Uri::from_static("/wallet/x?limit=1"),
            Uri::from_static("/wallet?limit=2"),
        );
        for other in [
            call(&Method::PUT, &uri, b"body"),
            call(&Method::POST, &path, b"body"),
            call(&Method::POST, &query, b"body"),
            call(&Method::POST, &uri, b"bodY"),
        ] {
            assert_eq!(ends.verifier.verify(&headers, other), Err(Reason::BadSignature));
        }
    }

    #[test]
    fn iso_28_iso_32_repeated_or_respelt_headers_are_refused() {
        let (ends, uri) = (ends(), Uri::from_static("/"));
        let request = call(&Method::GET, &uri, b"");
        for name in [BRAND_ID, CALLER, TIMESTAMP, SIGNATURE, SERVICE_TOKEN, REQUEST_ID] {
            let mut twice = signed(&ends, request);
            let same = twice[&name].clone();
            twice.append(&name, same);
            assert_eq!(
                ends.verifier.verify(&twice, request),
                Err(Reason::BadSignature),
                "{name}"
            );
            let mut missing = signed(&ends, request);
            missing.remove(&name);
            assert_eq!(
                ends.verifier.verify(&missing, request),
                Err(Reason::MissingBrandHeader),
                "{name}"
            );
        }
        for (name, value) in [
            (BRAND_ID, "8"),
            (BRAND_ID, "07"),
            (BRAND_ID, "7|x"),
            (CALLER, "gateway|7"),
            (TIMESTAMP, "0"),
            (REQUEST_ID, "x"),
        ] {
            let mut changed = signed(&ends, request);
            changed.insert(name.clone(), HeaderValue::from_static(value));
            assert!(
                ends.verifier.verify(&changed, request).is_err(),
                "{name}: {value}"
            );
        }
    }

    #[test]
    fn iso_30_a_signature_is_fresh_for_thirty_seconds_either_way() {
        let (ends, uri) = (ends(), Uri::from_static("/"));
        let request = call(&Method::GET, &uri, b"");
        let headers = signed(&ends, request);
        ends.clock.advance(Duration::seconds(30));
        assert!(ends.verifier.verify(&headers, request).is_ok());
        ends.clock.advance(Duration::seconds(1));
        assert_eq!(
            ends.verifier.verify(&headers, request),
            Err(Reason::StaleSignature)
        );
        ends.clock.advance(Duration::seconds(-62));
        assert_eq!(
            ends.verifier.verify(&headers, request),
            Err(Reason::StaleSignature)
        );
    }

    #[test]
    fn iso_34_a_caller_signs_as_itself_with_a_listed_key() {
        let (ends, uri) = (ends(), Uri::from_static("/"));
        let request = call(&Method::GET, &uri, b"");
        let as_other = |caller: &str, token: char, key: BrandKey| {
            let signer = BrandSigner::new(caller, key, &secret(token), ends.clock.clone()).unwrap();
            let mut headers = HeaderMap::new();
            signer.sign(&mut headers, brand(7), Uuid::from_u128(5), request);
            ends.verifier
                .verify(&headers, request)
                .map(|signed| signed.caller)
        };
        assert_eq!(
            as_other("game", 'm', key("b0", 'o')),
            Ok("game".to_owned()),
            "the older key, in overlap"
        );
        assert_eq!(
            as_other("game", 'g', key("b1", 'k')),
            Err(Reason::CallerNotAllowed),
            "gateway's token as game"
        );
        assert_eq!(
            as_other("recon", 'r', key("b1", 'k')),
            Err(Reason::CallerNotAllowed),
            "nobody we answer"
        );
        assert_eq!(
            as_other("gateway", 'g', key("b9", 'k')),
            Err(Reason::BadSignature),
            "unknown key id"
        );
        assert_eq!(
            as_other("gateway", 'g', key("b1", 'x')),
            Err(Reason::BadSignature),
            "another key under a known id"
        );
    }

    #[test]
    fn version_one_counts_only_where_it_is_allowed() {
        let (mut ends, uri) = (ends(), Uri::from_static("/"));
        let request = call(&Method::GET, &uri, b"");
        let mut headers = signed(&ends, request);
        let timestamp = headers[TIMESTAMP].to_str().unwrap().to_owned();
        let id = Uuid::from_u128(5).to_string();
        let claim = Claim {
            caller: "gateway",
            brand: "7",
            request_id: &id,
            timestamp: &timestamp,
        };
        let old = format!(
            "v1={}",
            hex::encode(v1(&key("b1", 'k'), &claim).finalize().into_bytes())
        );
        headers.insert(SIGNATURE, HeaderValue::from_str(&old).unwrap());
        assert_eq!(ends.verifier.verify(&headers, request), Err(Reason::BadSignature));
        ends.verifier.min_version = 1;
        assert!(ends.verifier.verify(&headers, request).is_ok());
    }

    #[test]
    fn secrets_are_long_and_never_printed() {
        assert!(Secret::new("short".to_owned()).is_err());
        assert!(!format!("{:?}", key("b1", 'k')).contains("kkk"));
    }
}
