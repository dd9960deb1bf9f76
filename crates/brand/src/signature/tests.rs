use std::collections::HashMap;

use hmac::Mac;
use http::{HeaderMap, HeaderValue};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{
    mac::{Claim, v1},
    *,
};
use crate::{brand::BrandId, clock::Clock, enforcement::Reason};

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

impl Ends {
    fn verify(&self, headers: &HeaderMap, request: SignedRequest<'_>) -> Result<SignedBrand, Reason> {
        self.verifier.headers(headers)?.verify(request)
    }
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
    let believed = ends.verify(&signed(&ends, request), request).unwrap();
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
        assert_eq!(ends.verify(&headers, other), Err(Reason::BadSignature));
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
        assert_eq!(ends.verify(&twice, request), Err(Reason::BadSignature), "{name}");
        let mut missing = signed(&ends, request);
        missing.remove(&name);
        assert_eq!(
            ends.verify(&missing, request),
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
        assert!(ends.verify(&changed, request).is_err(), "{name}: {value}");
    }
}

#[test]
fn iso_30_a_signature_is_fresh_for_thirty_seconds_either_way() {
    let (ends, uri) = (ends(), Uri::from_static("/"));
    let request = call(&Method::GET, &uri, b"");
    let headers = signed(&ends, request);
    ends.clock.advance(Duration::seconds(30));
    assert!(ends.verify(&headers, request).is_ok());
    ends.clock.advance(Duration::seconds(1));
    assert_eq!(ends.verify(&headers, request), Err(Reason::StaleSignature));
    ends.clock.advance(Duration::seconds(-62));
    assert_eq!(ends.verify(&headers, request), Err(Reason::StaleSignature));
}

#[test]
fn iso_34_a_caller_signs_as_itself_with_a_listed_key() {
    let (ends, uri) = (ends(), Uri::from_static("/"));
    let request = call(&Method::GET, &uri, b"");
    let as_other = |caller: &str, token: char, key: BrandKey| {
        let signer = BrandSigner::new(caller, key, &secret(token), ends.clock.clone()).unwrap();
        let mut headers = HeaderMap::new();
        signer.sign(&mut headers, brand(7), Uuid::from_u128(5), request);
        ends.verify(&headers, request).map(|signed| signed.caller)
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
    assert_eq!(ends.verify(&headers, request), Err(Reason::BadSignature));
    ends.verifier.min_version = 1;
    assert!(ends.verify(&headers, request).is_ok());
}

#[test]
fn secrets_are_long_and_never_printed() {
    assert!(Secret::new("short".to_owned()).is_err());
    assert!(!format!("{:?}", key("b1", 'k')).contains("kkk"));
}
