//! The signed brand header: a call is believed as it was signed and in no other way.

use std::{collections::HashMap, sync::LazyLock};

use arbitrary::{Arbitrary, Unstructured};
use croupier_brand::{
    BrandId, Clock,
    signature::{BrandKey, BrandSigner, BrandVerifier, INTERNAL_HEADERS, SIGNATURE, Secret, SignedRequest},
};
use http::{HeaderMap, HeaderValue, Method, Uri};
use uuid::Uuid;

const PATH: &str = "/api/v1/wallet/deposits?limit=5";
const BODY: &[u8] = br#"{"amount":"5.00","currency":"EUR"}"#;
const REQUEST: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);

#[derive(Arbitrary, Debug)]
enum Change {
    /// Another value in a header's place.
    Replace(u8, Vec<u8>),
    /// A second value beside it.
    Append(u8, Vec<u8>),
    /// One byte of it is another.
    Flip(u8, u8, u8),
    /// It is gone.
    Remove(u8),
    Method(bool),
    Path(String),
    Body(Vec<u8>),
}

struct Ends {
    headers: HeaderMap,
    /// The least version that is believed: 1, 2.
    verifiers: [BrandVerifier; 2],
}

static ENDS: LazyLock<Ends> = LazyLock::new(|| {
    let clock = Clock::manual(time::OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000));
    let secret = |letter: &str| Secret::new(letter.repeat(64)).unwrap();
    let key = BrandKey {
        id: "k1".to_owned(),
        secret: secret("s"),
    };
    let signer = BrandSigner::new("gateway", key.clone(), &secret("g"), clock.clone()).unwrap();
    let mut headers = HeaderMap::new();
    signer.sign(
        &mut headers,
        BrandId::new(7).unwrap(),
        REQUEST,
        SignedRequest {
            method: &Method::POST,
            uri: &Uri::from_static(PATH),
            body: BODY,
        },
    );
    let callers = HashMap::from([
        ("gateway".to_owned(), secret("g")),
        ("game".to_owned(), secret("h")),
    ]);
    Ends {
        headers,
        verifiers: [1, 2]
            .map(|least| BrandVerifier::new(vec![key.clone()], callers.clone(), least, clock.clone())),
    }
});

/// What is drawn from the bytes.
type Input = Vec<Change>;

/// Tries one input.
pub fn run(bytes: &[u8]) {
    let Ok(changes) = Input::arbitrary_take_rest(Unstructured::new(bytes)) else {
        return;
    };
    let ends = &*ENDS;
    let (mut headers, mut method, mut path, mut body) = (
        ends.headers.clone(),
        Method::POST,
        Uri::from_static(PATH),
        BODY.to_vec(),
    );
    for change in changes {
        let name = |at: u8| INTERNAL_HEADERS[usize::from(at) % INTERNAL_HEADERS.len()].clone();
        match change {
            Change::Replace(at, value) => {
                if let Ok(value) = HeaderValue::from_bytes(&value) {
                    headers.insert(name(at), value);
                }
            }
            Change::Append(at, value) => {
                if let Ok(value) = HeaderValue::from_bytes(&value) {
                    headers.append(name(at), value);
                }
            }
            Change::Flip(at, place, by) => {
                if let Some(value) = headers.get_mut(name(at)) {
                    let mut bytes = value.as_bytes().to_vec();
                    let length = bytes.len().max(1);
                    if let Some(byte) = bytes.get_mut(usize::from(place) % length) {
                        *byte ^= by;
                    }
                    if let Ok(changed) = HeaderValue::from_bytes(&bytes) {
                        *value = changed;
                    }
                }
            }
            Change::Remove(at) => {
                headers.remove(name(at));
            }
            Change::Method(get) => method = if get { Method::GET } else { Method::POST },
            Change::Path(text) => path = text.parse().unwrap_or(path),
            Change::Body(bytes) => body = bytes,
        }
    }
    for verifier in &ends.verifiers {
        let Ok(presented) = verifier.headers(&headers) else {
            continue;
        };
        let request = SignedRequest {
            method: &method,
            uri: &path,
            body: &body,
        };
        if presented.verify(request).is_ok() {
            assert_eq!(method, Method::POST);
            assert_eq!(path.path_and_query().map(|path| path.as_str()), Some(PATH));
            assert_eq!(body, BODY);
            for name in &INTERNAL_HEADERS {
                let [sent, signed] =
                    [&headers, &ends.headers].map(|headers| headers.get_all(name).iter().collect::<Vec<_>>());
                // Hexadecimal digits are read in either case; nothing else has two spellings.
                let same = sent == signed
                    || (*name == SIGNATURE && sent[0].as_bytes().eq_ignore_ascii_case(signed[0].as_bytes()));
                assert!(same && sent.len() == 1, "{name}: {sent:?}");
            }
        }
    }
}
