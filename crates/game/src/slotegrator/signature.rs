//! `X-Sign`: hexadecimal HMAC-SHA1, by the merchant's key, of everything that came: the body's parameters and the three
//! headers `X-Merchant-Id`, `X-Timestamp` and `X-Nonce`, sorted by name and written as PHP's `http_build_query` writes
//! them. A list's parts (`rollback_transactions[0][action]`) are sorted by the list's name and stay in the order in
//! which they came.

use croupier_brand::scope::{Mac, ProviderCredential, VerifiedCallback};

use crate::provider::{
    Call,
    form::{Form, write},
};

/// The header with the signature, as HTTP/2 spells it.
pub(super) const HEADER: &str = "x-sign";
/// The headers that are signed, as the provider spells them.
pub(super) const SIGNED: [&str; 3] = ["X-Merchant-Id", "X-Nonce", "X-Timestamp"];
/// How the key proves them.
pub(super) const MAC: Mac = Mac::HmacSha1;

/// The body, if its signature is the provider's.
pub(super) fn verify<'a>(credential: &ProviderCredential, call: &'a Call) -> Option<VerifiedCallback<'a>> {
    let presented = call.header(HEADER)?;
    // One text has one signature.
    if presented.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let headers = SIGNED.map(|name| call.header(&name.to_ascii_lowercase()));
    let [Some(merchant), Some(nonce), Some(timestamp)] = headers else {
        return None;
    };
    let form = Form::parse(&call.body).ok()?;
    let message = message(&form, [merchant, nonce, timestamp])?;
    credential.verify_mac(MAC, message.as_bytes(), presented, &call.body)
}

/// What is signed; `headers` are in the order of [`SIGNED`]. None where a parameter could be taken for one of them.
pub(super) fn message(form: &Form, headers: [&str; 3]) -> Option<String> {
    let mut all: Vec<_> = SIGNED.into_iter().zip(headers).collect();
    for (name, value) in form.iter() {
        if name
            .get(..2)
            .is_some_and(|front| front.eq_ignore_ascii_case("x-"))
        {
            return None;
        }
        all.push((name, value));
    }
    let list = |name: &str| name.split('[').next().unwrap_or_default().to_owned();
    all.sort_by_key(|(name, _)| list(name));
    Some(write(all))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use croupier_brand::scope::ProviderSecret;
    use http::{HeaderMap, HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    const HEADERS: [&str; 3] = ["merchant-1", "e115cf0f66a645aca08225c9c1b20b80", "1471857411"];

    fn secret() -> ProviderSecret {
        ProviderSecret::parse("merchant-key").unwrap()
    }

    fn verifies(body: &str, headers: &[(&str, &str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::try_from(*name).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        let call = Call {
            spec: &crate::slotegrator::CALLS[0],
            uri: "/callbacks/slotegrator".parse().unwrap(),
            headers: map,
            body: body.as_bytes().to_vec().into(),
        };
        verify(&ProviderCredential::Secrets(vec![secret()]), &call).is_some()
    }

    fn sign(body: &str) -> String {
        let message = message(&Form::parse(body.as_bytes()).unwrap(), HEADERS).unwrap();
        secret().prove(MAC, message.as_bytes())
    }

    fn with(sign: &str) -> Vec<(&'static str, &str)> {
        let mut all: Vec<_> = SIGNED.into_iter().zip(HEADERS).collect();
        all.push((HEADER, sign));
        all
    }

    /// By `openssl dgst -sha1 -hmac merchant-key` over the sorted, encoded text.
    #[test]
    fn the_signature_is_of_the_sorted_encoded_parameters_and_headers() {
        let body = "session_id=s1&action=rollback&rollback_transactions[0][transaction_id]=b%201&rollback_transactions%5B0%5D%5Baction%5D=bet&player_id=auroraalice&unknown=1";
        assert_eq!(
            message(&Form::parse(body.as_bytes()).unwrap(), HEADERS).unwrap(),
            "X-Merchant-Id=merchant-1&X-Nonce=e115cf0f66a645aca08225c9c1b20b80&X-Timestamp=1471857411&action=rollback&player_id=auroraalice&rollback_transactions%5B0%5D%5Btransaction_id%5D=b+1&rollback_transactions%5B0%5D%5Baction%5D=bet&session_id=s1&unknown=1"
        );
        let good = "1797c649bfa9e684f8e9b5ac6ab6a73821b8e1f9";
        assert!(verifies(body, &with(good)));
        for other in [
            body.replace("&unknown=1", ""),
            format!("{body}&more="),
            body.replace("s1", "s2"),
            format!("{body}&player_id=auroraalice"),
            format!("{body}&X-Nonce=1"),
            format!("{body}&x-more=1"),
            String::new(),
        ] {
            assert!(!verifies(&other, &with(good)), "{other}");
        }
        for at in 0..4 {
            let (mut changed, mut without, mut twice) = (with(good), with(good), with(good));
            let upper = good.to_uppercase();
            changed[at].1 = if at == 3 { &upper } else { "1" };
            without.remove(at);
            twice.push(twice[at]);
            for headers in [changed, without, twice] {
                assert!(!verifies(body, &headers), "{headers:?}");
            }
        }
    }

    proptest! {
        /// Any byte of the body changed, and what is read is another thing or nothing: refused.
        #[test]
        fn one_changed_byte_is_refused(
            parameters in proptest::collection::btree_map("[a-w_]{1,8}", "[a-zA-Z0-9., &=]{0,12}", 1..6),
            at in any::<prop::sample::Index>(),
            to in any::<u8>(),
        ) {
            let body = write(parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            let sign = sign(&body);
            prop_assert!(verifies(&body, &with(&sign)));
            let mut changed = body.clone().into_bytes();
            let at = at.index(changed.len());
            changed[at] = to;
            let Ok(changed) = String::from_utf8(changed) else { return Ok(()) };
            let same = Form::parse(changed.as_bytes()) == Form::parse(body.as_bytes());
            prop_assert!(same || !verifies(&changed, &with(&sign)), "{}", changed);
        }
    }
}
