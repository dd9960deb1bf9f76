//! The two halves of a key, read.

use std::{collections::BTreeMap, fmt, path::Path, sync::Arc};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rsa::{KeyPair, KeySize},
    signature::KeyPair as _,
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, jwk::Jwk};
use zeroize::Zeroizing;

use super::{KeyError, Kid};
use crate::{rsa_public::usable, token::claims::Audience};

/// A new pair of 2048 bits (RFC 7518, 3.3 wants no fewer): the private half, the public half.
pub(super) fn make() -> Result<(Zeroizing<Vec<u8>>, Vec<u8>), KeyError> {
    let encode = |_| KeyError::Crypto("encode a key");
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Crypto("make a key"))?;
    let private: Pkcs8V1Der<'_> = pair.as_der().map_err(encode)?;
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(encode)?;
    Ok((
        Zeroizing::new(private.as_ref().to_vec()),
        public.as_ref().to_vec(),
    ))
}

/// A private key with its id. It signs and does nothing else.
#[derive(Clone)]
pub struct SigningKey {
    kid: Kid,
    key: EncodingKey,
}

impl SigningKey {
    pub(super) fn from_pem(kid: Kid, path: &Path, text: &[u8]) -> Result<Self, KeyError> {
        let not_a_key = || KeyError::NotAKey(path.to_owned());
        let key = EncodingKey::from_rsa_pem(text).map_err(|_| not_a_key())?;
        // What it signs is verified by its other half, which may be elsewhere.
        let pair = KeyPair::from_der(key.as_bytes()).map_err(|_| not_a_key())?;
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(|_| not_a_key())?;
        usable(public.as_ref()).ok_or_else(not_a_key)?;
        Ok(Self { kid, key })
    }

    /// Issues a token with these claims.
    ///
    /// # Errors
    /// [`KeyError::Crypto`] when the signature cannot be made.
    pub fn sign<C: Audience>(&self, claims: &C) -> Result<String, KeyError> {
        let mut header = Header::new(Algorithm::RS256);
        header.typ = Some(C::TYPE.to_owned());
        header.kid = Some(self.kid.as_str().to_owned());
        jsonwebtoken::encode(&header, claims, &self.key).map_err(|_| KeyError::Crypto("sign a token"))
    }

    /// The key's id.
    #[must_use]
    pub fn kid(&self) -> &Kid {
        &self.kid
    }

    /// Whether what this signs is what `public` verifies: two halves of one key.
    pub(super) fn is_half_of(&self, public: &PublicKey) -> bool {
        const PROBE: &[u8] = b"croupier";
        jsonwebtoken::crypto::sign(PROBE, &self.key, Algorithm::RS256)
            .and_then(|signature| {
                jsonwebtoken::crypto::verify(&signature, PROBE, &public.key, Algorithm::RS256)
            })
            .unwrap_or(false)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// A public key.
#[derive(Clone, Debug)]
pub(super) struct PublicKey {
    key: DecodingKey,
    jwk: Jwk,
}

impl PublicKey {
    pub(super) fn from_pem(path: &Path, text: &[u8]) -> Result<Self, KeyError> {
        Self::read(text).ok_or_else(|| KeyError::NotAKey(path.to_owned()))
    }

    fn read(text: &[u8]) -> Option<Self> {
        // A private half under a public half's name would be taken for one.
        let block = pem::parse(text).ok()?;
        let spki = (block.tag() == "PUBLIC KEY").then(|| block.contents())?;
        usable(spki)?;
        let key = DecodingKey::from_rsa_pem(text).ok()?;
        let jwk = Jwk::from_decoding_key(&key, Some(Algorithm::RS256)).ok()?;
        Some(Self { key, jwk })
    }
}

/// The keys that tokens are verified with, by id.
#[derive(Clone, Debug, Default)]
pub struct PublicKeys(Arc<BTreeMap<Kid, PublicKey>>);

impl PublicKeys {
    pub(super) fn of(keys: BTreeMap<Kid, PublicKey>) -> Self {
        Self(Arc::new(keys))
    }

    pub(in crate::token) fn get(&self, kid: &str) -> Option<&DecodingKey> {
        Kid::parse(kid)
            .ok()
            .and_then(|kid| self.0.get(&kid))
            .map(|public| &public.key)
    }

    /// Whether there is none: nothing could be verified.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key ids, sorted.
    pub fn kids(&self) -> impl Iterator<Item = &Kid> {
        self.0.keys()
    }

    /// Whether this is the very same set, not only an equal one.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The key set as `/.well-known/jwks.json` gives it (RFC 7517, 5).
    ///
    /// # Errors
    /// [`KeyError::Crypto`] when a key cannot be written as JSON.
    pub fn jwks(&self) -> Result<serde_json::Value, KeyError> {
        let mut keys = Vec::new();
        for (kid, public) in self.0.iter() {
            let mut jwk = serde_json::to_value(&public.jwk).map_err(|_| KeyError::Crypto("encode a key"))?;
            jwk["kid"] = kid.as_str().into();
            jwk["use"] = "sig".into();
            keys.push(jwk);
        }
        Ok(serde_json::json!({ "keys": keys }))
    }
}
