//! Verification: RS256 only, a listed key id, the right type, issuer and audience, not ended.
//!
//! What the token's header suggests about keys (`jku`, `jwk`, `x5u`, a `kid` that looks like a
//! path) is never followed. A token that fails here is refused in every enforcement mode.

use jsonwebtoken::{Algorithm, Validation};

use super::{claims::Audience, keys::KeyRing};
use crate::clock::Clock;

/// The longest token looked at, in bytes. Ours are under 1 KiB.
const MAX_TOKEN: usize = 4096;

/// Why a token was not accepted. For logs; an answer says `unauthenticated` and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a compact JWS of a sensible length, or a claim of the wrong type.
    #[error("malformed")]
    Malformed,
    /// Any algorithm but RS256.
    #[error("algorithm")]
    Algorithm,
    /// The `typ` of another kind of token.
    #[error("type")]
    Type,
    /// A header that must be understood and is not (`crit`, RFC 7515 4.1.11).
    #[error("critical header")]
    Critical,
    /// A key id that is not in the list.
    #[error("unknown key id")]
    UnknownKey,
    /// The signature is not that key's.
    #[error("signature")]
    Signature,
    /// Another issuer.
    #[error("issuer")]
    Issuer,
    /// Another audience.
    #[error("audience")]
    Audience,
    /// Past its end.
    #[error("expired")]
    Expired,
}

/// Verifies tokens of one issuer.
#[derive(Clone, Debug)]
pub struct TokenVerifier {
    keys: KeyRing,
    issuer: String,
    clock: Clock,
}

/// Claims whose signature, type, issuer, audience and time were verified. Only [`TokenVerifier`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<C>(C);

impl<C> Verified<C> {
    /// The claims.
    #[must_use]
    pub fn claims(&self) -> &C {
        &self.0
    }
}

impl TokenVerifier {
    /// Verifies what `issuer` signed with one of `keys`, as they are at that time.
    #[must_use]
    pub fn new(keys: KeyRing, issuer: impl Into<String>, clock: Clock) -> Self {
        Self {
            keys,
            issuer: issuer.into(),
            clock,
        }
    }

    /// Verifies a compact token.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn verify<C: Audience>(&self, token: &str) -> Result<Verified<C>, TokenError> {
        if token.len() > MAX_TOKEN {
            return Err(TokenError::Malformed);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Malformed)?;
        if header.alg != Algorithm::RS256 {
            return Err(TokenError::Algorithm);
        }
        if !header
            .typ
            .as_deref()
            .is_some_and(|typ| typ.eq_ignore_ascii_case(C::TYPE))
        {
            return Err(TokenError::Type);
        }
        if header.crit.is_some() {
            return Err(TokenError::Critical);
        }
        let keys = self.keys.public();
        let key = header
            .kid
            .as_deref()
            .and_then(|kid| keys.get(kid))
            .ok_or(TokenError::UnknownKey)?;
        let claims =
            jsonwebtoken::decode::<C>(token, key, &signature_only()).map_err(|fault| match fault.kind() {
                jsonwebtoken::errors::ErrorKind::InvalidSignature => TokenError::Signature,
                _ => TokenError::Malformed,
            })?;
        self.judge(claims.claims)
    }

    /// Issuer, audience and end are judged here, by our clock and without leeway: the services
    /// that issue and verify share a clock to within a second, and a token may end early, not late.
    fn judge<C: Audience>(&self, claims: C) -> Result<Verified<C>, TokenError> {
        let (issuer, audience, expires) = claims.registered();
        if issuer != self.issuer {
            return Err(TokenError::Issuer);
        }
        if audience != C::AUDIENCE {
            return Err(TokenError::Audience);
        }
        if expires <= self.clock.unix_seconds() {
            return Err(TokenError::Expired);
        }
        Ok(Verified(claims))
    }
}

fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as B64};
    use serde_json::{Value, json};
    use time::{Duration, OffsetDateTime};
    use uuid::Uuid;

    use super::*;
    use crate::{
        brand::BrandId,
        token::{Halves, KeyDir, Kid, OperatorClaims, PlayerClaims, PlayerId, SessionId, SigningKey},
    };

    struct Bench {
        _dir: TempDir,
        key: SigningKey,
        verifier: TokenVerifier,
        clock: Clock,
        public_pem: Vec<u8>,
        private_pem: Vec<u8>,
    }

    struct TempDir(std::path::PathBuf);
    impl Drop for TempDir {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn bench() -> Bench {
        let dir = std::env::temp_dir().join(format!("croupier-keys-{}", Uuid::new_v4()));
        let (keys, kid) = (KeyDir::new(&dir), Kid::parse("k1").unwrap());
        let clock = Clock::manual(OffsetDateTime::UNIX_EPOCH + Duration::days(20_000));
        keys.generate(&kid, clock.now()).unwrap();
        Bench {
            key: keys.signing_key(clock.now()).unwrap(),
            verifier: TokenVerifier::new(
                KeyRing::open(keys.clone(), Halves::Public, clock.clone()).unwrap(),
                "https://house.example",
                clock.clone(),
            ),
            clock,
            public_pem: std::fs::read(keys.public_path(&kid)).unwrap(),
            private_pem: std::fs::read(keys.private_path(&kid)).unwrap(),
            _dir: TempDir(dir),
        }
    }

    fn claims(clock: &Clock) -> PlayerClaims {
        let now = clock.unix_seconds();
        PlayerClaims {
            iss: "https://house.example".to_owned(),
            aud: PlayerClaims::AUDIENCE.to_owned(),
            sub: PlayerId(Uuid::from_u128(1)),
            brand_id: Some(BrandId::new(7).unwrap()),
            sid: SessionId(Uuid::from_u128(2)),
            jti: Uuid::from_u128(3),
            iat: now,
            exp: now + 900,
        }
    }

    /// A token with any header and payload, really signed by the house's key.
    fn forge(bench: &Bench, header: &Value, payload: &str) -> String {
        let message = format!("{}.{}", B64.encode(header.to_string()), B64.encode(payload));
        let key = jsonwebtoken::EncodingKey::from_rsa_pem(&bench.private_pem).unwrap();
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::RS256).unwrap();
        format!("{message}.{signature}")
    }

    fn good_header() -> Value {
        json!({ "alg": "RS256", "typ": "at+jwt", "kid": "k1" })
    }

    #[test]
    fn a_good_token_is_verified_until_it_ends() {
        let bench = bench();
        let token = bench.key.sign(&claims(&bench.clock)).unwrap();
        assert_eq!(
            bench.verifier.verify::<PlayerClaims>(&token).unwrap().claims(),
            &claims(&bench.clock)
        );
        bench.clock.advance(Duration::seconds(899));
        assert!(bench.verifier.verify::<PlayerClaims>(&token).is_ok());
        bench.clock.advance(Duration::seconds(1));
        assert_eq!(
            bench.verifier.verify::<PlayerClaims>(&token),
            Err(TokenError::Expired)
        );
    }

    #[test]
    fn iso_18_a_brand_claim_is_one_whole_number_or_absent() {
        let bench = bench();
        let base = serde_json::to_value(claims(&bench.clock)).unwrap();
        for bad in [
            json!(null),
            json!(""),
            json!("7"),
            json!([7]),
            json!(7.5),
            json!(0),
            json!(-7),
            json!({}),
            json!(true),
        ] {
            let mut payload = base.clone();
            payload["brand_id"] = bad.clone();
            let token = forge(&bench, &good_header(), &payload.to_string());
            assert_eq!(
                bench.verifier.verify::<PlayerClaims>(&token),
                Err(TokenError::Malformed),
                "{bad}"
            );
        }
        let twice = base
            .to_string()
            .replacen("\"brand_id\":7", "\"brand_id\":7,\"brand_id\":8", 1);
        assert!(twice.contains("\"brand_id\":8"));
        assert_eq!(
            bench
                .verifier
                .verify::<PlayerClaims>(&forge(&bench, &good_header(), &twice)),
            Err(TokenError::Malformed)
        );

        let mut absent = base;
        absent.as_object_mut().unwrap().remove("brand_id");
        let token = forge(&bench, &good_header(), &absent.to_string());
        assert_eq!(
            bench
                .verifier
                .verify::<PlayerClaims>(&token)
                .unwrap()
                .claims()
                .brand_id,
            None
        );
    }

    #[test]
    fn iso_19_only_rs256_is_an_algorithm() {
        let bench = bench();
        let payload = serde_json::to_string(&claims(&bench.clock)).unwrap();
        for alg in ["none", "None", "rs256", "RS512", "PS256", "ES256", "HS256"] {
            let token = forge(
                &bench,
                &json!({ "alg": alg, "typ": "at+jwt", "kid": "k1" }),
                &payload,
            );
            assert!(bench.verifier.verify::<PlayerClaims>(&token).is_err(), "{alg}");
        }
        // HS256 with the public key as its secret, the classic confusion.
        let header = json!({ "alg": "HS256", "typ": "at+jwt", "kid": "k1" }).to_string();
        let message = format!("{}.{}", B64.encode(header), B64.encode(&payload));
        let secret = jsonwebtoken::EncodingKey::from_secret(&bench.public_pem);
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &secret, Algorithm::HS256).unwrap();
        assert_eq!(
            bench
                .verifier
                .verify::<PlayerClaims>(&format!("{message}.{signature}")),
            Err(TokenError::Algorithm)
        );
        let unsigned = format!(
            "{}.{}.",
            B64.encode(r#"{"alg":"none","typ":"at+jwt","kid":"k1"}"#),
            B64.encode(&payload)
        );
        assert!(bench.verifier.verify::<PlayerClaims>(&unsigned).is_err());
    }

    #[test]
    fn iso_20_keys_come_from_the_list_and_nowhere_else() {
        let bench = bench();
        let payload = serde_json::to_string(&claims(&bench.clock)).unwrap();
        for kid in [
            "k2",
            "",
            "../k1",
            "/etc/passwd",
            "https://evil.example/k1",
            "k1\0",
            "K1",
        ] {
            let token = forge(
                &bench,
                &json!({ "alg": "RS256", "typ": "at+jwt", "kid": kid }),
                &payload,
            );
            assert_eq!(
                bench.verifier.verify::<PlayerClaims>(&token),
                Err(TokenError::UnknownKey),
                "{kid:?}"
            );
        }
        let without = forge(&bench, &json!({ "alg": "RS256", "typ": "at+jwt" }), &payload);
        assert_eq!(
            bench.verifier.verify::<PlayerClaims>(&without),
            Err(TokenError::UnknownKey)
        );
        let critical = forge(
            &bench,
            &json!({ "alg": "RS256", "typ": "at+jwt", "kid": "k1", "crit": ["b64"] }),
            &payload,
        );
        assert_eq!(
            bench.verifier.verify::<PlayerClaims>(&critical),
            Err(TokenError::Critical)
        );

        // Another house's key under our key id, with its own public half suggested in the header.
        let other = self::bench();
        let suggested = other.verifier.keys.public().jwks().unwrap()["keys"][0].clone();
        let header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": "k1", "jku": "https://evil.example", "x5u": "https://evil.example", "jwk": suggested });
        assert_eq!(
            bench
                .verifier
                .verify::<PlayerClaims>(&forge(&other, &header, &payload)),
            Err(TokenError::Signature)
        );
    }

    #[test]
    fn iso_21_issuer_and_audience_are_required_and_ours() {
        let bench = bench();
        let base = serde_json::to_value(claims(&bench.clock)).unwrap();
        for field in ["iss", "aud", "exp", "sub", "sid"] {
            let mut payload = base.clone();
            payload.as_object_mut().unwrap().remove(field);
            let token = forge(&bench, &good_header(), &payload.to_string());
            assert_eq!(
                bench.verifier.verify::<PlayerClaims>(&token),
                Err(TokenError::Malformed),
                "{field}"
            );
        }
        for (field, value, fault) in [
            ("iss", json!("https://other.example"), TokenError::Issuer),
            ("aud", json!("croupier:operator"), TokenError::Audience),
            ("aud", json!(["croupier:player"]), TokenError::Malformed),
        ] {
            let mut payload = base.clone();
            payload[field] = value;
            assert_eq!(
                bench
                    .verifier
                    .verify::<PlayerClaims>(&forge(&bench, &good_header(), &payload.to_string())),
                Err(fault)
            );
        }
    }

    #[test]
    fn iso_22_a_players_token_is_no_operators_and_the_reverse() {
        let bench = bench();
        let now = bench.clock.unix_seconds();
        let operator = OperatorClaims {
            iss: "https://house.example".to_owned(),
            aud: OperatorClaims::AUDIENCE.to_owned(),
            admin_id: "ops".to_owned(),
            jti: Uuid::from_u128(9),
            iat: now,
            exp: now + 60,
        };
        let operator = bench.key.sign(&operator).unwrap();
        let player = bench.key.sign(&claims(&bench.clock)).unwrap();
        assert!(bench.verifier.verify::<OperatorClaims>(&operator).is_ok());
        assert_eq!(
            bench.verifier.verify::<PlayerClaims>(&operator).unwrap_err(),
            TokenError::Type
        );
        assert_eq!(
            bench.verifier.verify::<OperatorClaims>(&player).unwrap_err(),
            TokenError::Type
        );
    }

    #[test]
    fn a_changed_byte_anywhere_is_refused() {
        let bench = bench();
        let token = bench.key.sign(&claims(&bench.clock)).unwrap();
        for at in (0..token.len()).step_by(7) {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            // The last character of a part may carry bits that mean nothing in base64.
            if changed != token && !matches!(token.as_bytes().get(at + 1), None | Some(b'.')) {
                assert!(
                    bench.verifier.verify::<PlayerClaims>(&changed).is_err(),
                    "byte {at}"
                );
            }
        }
        assert_eq!(
            bench.verifier.verify::<PlayerClaims>(&"a".repeat(5_000)),
            Err(TokenError::Malformed)
        );
    }
}
