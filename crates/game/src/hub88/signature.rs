//! `X-Hub88-Signature`: base64 of RSA-SHA256 (PKCS#1 v1.5) over the body's raw bytes.
//!
//! It is verified before anything is parsed and fails closed: no header, two headers, bad base64
//! and another key's signature are all the same answer.

use croupier_brand::scope::{ProviderCredential, VerifiedCallback};

use crate::provider::Call;

/// The header's name, as HTTP/2 spells it.
pub(super) const HEADER: &str = "x-hub88-signature";

/// The body, if its signature is the provider's.
pub(super) fn verify<'a>(credential: &ProviderCredential, call: &'a Call) -> Option<VerifiedCallback<'a>> {
    credential.verify(&call.body, call.header(HEADER)?)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::*;
    use crate::hub88::simulator::SimulatorKey;

    const PUBLIC_KEY: &[u8] = include_bytes!("../../tests-data/hub88/public.pem");
    const VECTORS: &str = include_str!("../../tests-data/hub88/signatures.csv");

    fn credential() -> ProviderCredential {
        ProviderCredential::rsa_sha256_pem(PUBLIC_KEY).unwrap()
    }

    fn vectors() -> Vec<(&'static str, &'static str)> {
        VECTORS
            .lines()
            .skip(1)
            .map(|line| line.rsplit_once(';').unwrap())
            .collect()
    }

    /// Whether these bytes with these headers are taken for the provider's.
    fn verify(credential: &ProviderCredential, headers: &HeaderMap, body: &[u8]) -> Option<Vec<u8>> {
        let call = Call {
            spec: &crate::hub88::CALLS[0],
            uri: "/callbacks/hub88/user/info".parse().unwrap(),
            headers: headers.clone(),
            body: body.to_vec().into(),
        };
        super::verify(credential, &call).map(|callback| callback.body().to_vec())
    }

    fn signed(signature: &str) -> HeaderMap {
        HeaderMap::from_iter([(HEADER.parse().unwrap(), HeaderValue::from_str(signature).unwrap())])
    }

    #[test]
    fn the_published_examples_verify() {
        assert_eq!(vectors().len(), 5);
        for (data, signature) in vectors() {
            let callback = verify(&credential(), &signed(signature), data.as_bytes());
            assert_eq!(callback.unwrap(), data.as_bytes(), "{data}");
        }
    }

    #[test]
    fn one_changed_byte_anywhere_is_refused() {
        for (data, signature) in vectors() {
            for at in 0..data.len() {
                let mut body = data.as_bytes().to_vec();
                body[at] ^= 1;
                assert!(
                    verify(&credential(), &signed(signature), &body).is_none(),
                    "{data} at {at}"
                );
            }
            for body in [
                format!("{data} "),
                format!(" {data}"),
                format!("{data}\n"),
                data[1..].to_owned(),
                String::new(),
            ] {
                assert!(
                    verify(&credential(), &signed(signature), body.as_bytes()).is_none(),
                    "{body}"
                );
            }
        }
    }

    #[test]
    fn a_changed_signature_is_refused() {
        let (data, signature) = vectors()[0];
        for at in 0..signature.len() {
            let mut text = signature.as_bytes().to_vec();
            text[at] = if text[at] == b'A' { b'B' } else { b'A' };
            assert!(
                verify(
                    &credential(),
                    &signed(std::str::from_utf8(&text).unwrap()),
                    data.as_bytes()
                )
                .is_none(),
                "{at}"
            );
        }
        for text in [
            "",
            "=",
            "good",
            &signature[..signature.len() - 4],
            &format!("{signature}AAAA"),
            &signature.replace('+', "-").replace('/', "_"),
        ] {
            assert!(
                verify(&credential(), &signed(text), data.as_bytes()).is_none(),
                "{text}"
            );
        }
    }

    #[test]
    fn a_missing_header_and_a_second_one_are_refused() {
        let (data, signature) = vectors()[2];
        assert!(verify(&credential(), &HeaderMap::new(), data.as_bytes()).is_none());
        let mut twice = signed(signature);
        twice.append(HEADER, HeaderValue::from_str(signature).unwrap());
        assert!(verify(&credential(), &twice, data.as_bytes()).is_none());
        let mut odd = HeaderMap::new();
        odd.insert(HEADER, HeaderValue::from_bytes(b"\xff\xfe").unwrap());
        assert!(verify(&credential(), &odd, data.as_bytes()).is_none());
    }

    #[test]
    fn another_providers_key_is_refused_and_a_rotation_knows_both() {
        let (old, new) = (
            SimulatorKey::generate().unwrap(),
            SimulatorKey::generate().unwrap(),
        );
        let body = br#"{"user":"auroraalice"}"#;
        let only_new = ProviderCredential::rsa_sha256_pem(new.public_pem().as_bytes()).unwrap();
        let both = ProviderCredential::rsa_sha256_pem(
            format!("{}{}", old.public_pem(), new.public_pem()).as_bytes(),
        )
        .unwrap();
        for key in [&old, &new] {
            assert!(verify(&both, &signed(&key.sign(body).unwrap()), body).is_some());
        }
        assert!(verify(&only_new, &signed(&old.sign(body).unwrap()), body).is_none());
        assert!(verify(&credential(), &signed(&new.sign(body).unwrap()), body).is_none());
    }
}
