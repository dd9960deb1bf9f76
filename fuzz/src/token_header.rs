//! The access token: whatever its header says, only what the house signed is believed, and only as it was signed.

use std::sync::LazyLock;

use arbitrary::{Arbitrary, Unstructured};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as B64};
use croupier_brand::{
    Clock,
    token::{Halves, KeyDir, KeyRing, Kid, OperatorClaims, PlayerClaims, TokenVerifier},
};

struct House {
    verifier: TokenVerifier,
    header: String,
    claims: String,
    signature: String,
}

static HOUSE: LazyLock<House> = LazyLock::new(|| {
    let clock = Clock::manual(time::OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000));
    let dir = std::env::temp_dir().join(format!("croupier-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let keys = KeyDir::new(&dir);
    keys.generate(&Kid::parse("k1").unwrap(), clock.now()).unwrap();
    let keys = KeyRing::open(keys, Halves::Both, clock.clone()).unwrap();
    let claims: PlayerClaims = serde_json::from_value(serde_json::json!({
        "iss": "croupier", "aud": "croupier:player", "sub": uuid::Uuid::from_u128(1), "brand_id": 7,
        "sid": uuid::Uuid::from_u128(2), "jti": uuid::Uuid::from_u128(3),
        "iat": clock.unix_seconds(), "exp": clock.unix_seconds() + 900,
    }))
    .unwrap();
    let token = keys.sign(&claims).unwrap();
    let verifier = TokenVerifier::new(keys, "croupier", clock);
    std::fs::remove_dir_all(&dir).unwrap();
    assert!(verifier.verify::<PlayerClaims>(&token).is_ok());
    let mut parts = token.split('.').map(str::to_owned);
    House {
        verifier,
        header: parts.next().unwrap(),
        claims: parts.next().unwrap(),
        signature: parts.next().unwrap(),
    }
});

/// What is drawn from the bytes.
type Input = (u8, Vec<u8>);

/// Tries one input.
pub fn run(bytes: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(bytes)) else {
        return;
    };
    let (way, bytes) = input;
    let house = &*HOUSE;
    let (header, claims, signature) = (&house.header, &house.claims, &house.signature);
    let encoded = B64.encode(&bytes);
    let token = match way % 5 {
        0 => String::from_utf8_lossy(&bytes).into_owned(),
        1 => format!("{encoded}.{claims}.{signature}"),
        2 => format!("{header}.{encoded}.{signature}"),
        3 => format!("{header}.{claims}.{encoded}"),
        _ => format!("{}.{claims}.{signature}", String::from_utf8_lossy(&bytes)),
    };
    let genuine = token == format!("{header}.{claims}.{signature}");
    assert_eq!(
        house.verifier.verify::<PlayerClaims>(&token).is_ok(),
        genuine,
        "{token:?}"
    );
    assert!(house.verifier.verify::<OperatorClaims>(&token).is_err());
}
