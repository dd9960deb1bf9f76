//! `X-Spribe-Client-Signature`: hexadecimal HMAC-SHA256, by the secret that both sides have, of the time in
//! `X-Spribe-Client-TS`, the path with its query, and the body's raw bytes, with nothing between them.
//!
//! Nothing between them, so each must end where it must: the time is digits and the path begins with a slash; a path
//! that had taken in a part of the body would be nobody's route.

use croupier_brand::scope::{Mac, ProviderCredential, VerifiedCallback};

use crate::provider::Call;

/// The signature's header, as HTTP/2 spells it.
pub(super) const HEADER: &str = "x-spribe-client-signature";
/// The header with the time of the signature, whole seconds.
pub(super) const TIME: &str = "x-spribe-client-ts";
/// How the secret proves the call.
pub(super) const MAC: Mac = Mac::HmacSha256;
/// The most digits of a time.
const MAX_TIME: usize = 20;

/// What is signed.
pub(super) fn message(time: &str, target: &str, body: &[u8]) -> Vec<u8> {
    [time.as_bytes(), target.as_bytes(), body].concat()
}

/// The body, if its signature is the provider's.
pub(super) fn verify<'a>(credential: &ProviderCredential, call: &'a Call) -> Option<VerifiedCallback<'a>> {
    let time = call.header(TIME)?;
    let digits = (1..=MAX_TIME).contains(&time.len()) && time.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return None;
    }
    let message = message(time, call.target(), &call.body);
    credential.verify_mac(MAC, &message, call.header(HEADER)?, &call.body)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use croupier_brand::scope::ProviderSecret;
    use http::{HeaderMap, HeaderValue};
    use proptest::prelude::*;

    use super::*;
    use crate::spribe::CALLS;

    fn secret() -> ProviderSecret {
        ProviderSecret::parse("a-secret-of-the-provider").unwrap()
    }

    fn call(time: &str, target: &str, body: &[u8], signature: &str) -> Call {
        let mut headers = HeaderMap::new();
        headers.insert(TIME, HeaderValue::from_str(time).unwrap());
        headers.insert(HEADER, HeaderValue::from_str(signature).unwrap());
        Call {
            spec: &CALLS[2],
            uri: target.parse().unwrap(),
            headers,
            body: body.to_vec().into(),
        }
    }

    fn holds(call: &Call) -> bool {
        verify(&ProviderCredential::Secrets(vec![secret()]), call).is_some()
    }

    fn prove(time: &str, target: &str, body: &[u8]) -> String {
        secret().prove(MAC, &message(time, target, body))
    }

    /// A vector made with another implementation:
    /// `printf %s '1731283200/callbacks/spribe/info?a=1{"user_id":"x"}' | openssl dgst -sha256 -hmac a-secret-of-the-provider`.
    #[test]
    fn what_another_implementation_signs_is_taken() {
        let signature = "41ee287004acef9d452b26c9c7dda49f1b11926634ceb43544f6a45a76f99e11";
        let (target, body) = ("/callbacks/spribe/info?a=1", br#"{"user_id":"x"}"#);
        assert_eq!(prove("1731283200", target, body), signature);
        assert!(holds(&call("1731283200", target, body, signature)));
        assert!(holds(&call(
            "1731283200",
            target,
            body,
            &signature.to_uppercase()
        )));
    }

    const TARGET: &str = "/callbacks/spribe/withdraw?client=1&new=2";
    const BODY: &[u8] = br#"{"user_id":"auroraalice","amount":1000}"#;

    #[test]
    fn one_changed_byte_of_time_path_query_body_or_signature_is_refused() {
        let (time, good) = ("1731283200", prove("1731283200", TARGET, BODY));
        assert!(holds(&call(time, TARGET, BODY, &good)));
        for at in 0..time.len() {
            let mut other = time.as_bytes().to_vec();
            other[at] ^= 1;
            let other = String::from_utf8(other).unwrap();
            assert!(!holds(&call(&other, TARGET, BODY, &good)), "{other}");
        }
        for at in 1..TARGET.len() {
            let mut other = TARGET.as_bytes().to_vec();
            other[at] = if other[at] == b'a' { b'b' } else { b'a' };
            let other = String::from_utf8(other).unwrap();
            assert!(!holds(&call(time, &other, BODY, &good)), "{other}");
        }
        for at in 0..good.len() {
            let mut other = good.clone().into_bytes();
            other[at] = if other[at] == b'0' { b'1' } else { b'0' };
            let other = String::from_utf8(other).unwrap();
            assert!(!holds(&call(time, TARGET, BODY, &other)), "{other}");
        }
        // A parameter that nobody knows is signed as all others are.
        for other in [
            "/callbacks/spribe/withdraw?client=1",
            "/callbacks/spribe/withdraw?client=1&new=2&x=",
            "/callbacks/spribe/deposit?client=1&new=2",
        ] {
            assert!(!holds(&call(time, other, BODY, &good)), "{other}");
        }
    }

    #[test]
    fn a_time_is_digits_and_there_once() {
        for odd in ["", "-1", "1731283200 ", "17312832.0", "now", &"1".repeat(21)] {
            let good = prove(odd, TARGET, BODY);
            assert!(!holds(&call(odd, TARGET, BODY, &good)), "{odd:?}");
        }
        let good = prove("1", TARGET, BODY);
        let mut twice = call("1", TARGET, BODY, &good);
        twice.headers.append(TIME, HeaderValue::from_static("1"));
        assert!(!holds(&twice));
        let mut none = call("1", TARGET, BODY, &good);
        none.headers.remove(TIME);
        assert!(!holds(&none));
        let mut none = call("1", TARGET, BODY, &good);
        none.headers.remove(HEADER);
        assert!(!holds(&none));
    }

    proptest! {
        #[test]
        fn a_signature_holds_for_its_own_message_alone(
            body in proptest::collection::vec(any::<u8>(), 1..120), at in any::<prop::sample::Index>(), byte in any::<u8>(), time in 0_u64..,
        ) {
            let time = time.to_string();
            let good = prove(&time, TARGET, &body);
            prop_assert!(holds(&call(&time, TARGET, &body, &good)));
            let mut other = body.clone();
            other[at.index(body.len())] = byte;
            prop_assert_eq!(holds(&call(&time, TARGET, &other, &good)), other == body);
        }
    }
}
