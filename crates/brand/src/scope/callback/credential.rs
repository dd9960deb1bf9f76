//! How a provider proves that a callback is its own.
//!
//! Several keys may be good at a time, so that one replaces another without a call being refused. Every
//! comparison takes as long for a wrong value as for the right one, and every key is tried whatever
//! the others said. No key is ever printed.

use std::{fmt, sync::Arc};

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac as _};
use md5::{Digest as _, Md5};
use sha1::Sha1;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::VerifiedCallback;

/// The keys by which one provider's callbacks are known. Without any, none is.
#[derive(Clone)]
pub enum ProviderCredential {
    /// base64 of RSA-SHA256 (PKCS#1 v1.5) over the raw body, by any of these public keys.
    RsaSha256(Vec<Arc<ParsedPublicKey>>),
    /// Secrets that the provider has too.
    Secrets(Vec<ProviderSecret>),
}

/// A secret shared with a provider, as the provider gave it.
#[derive(Clone)]
pub struct ProviderSecret(Zeroizing<String>);

/// How a shared secret proves something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mac {
    /// Hexadecimal HMAC-SHA256 of the message.
    HmacSha256,
    /// Hexadecimal HMAC-SHA1 of the message. Broken as a hash, not as a MAC; what a provider asks for.
    HmacSha1,
    /// Hexadecimal MD5 of the message with the secret after it. What a provider asks for, and no more
    /// than that: it keeps out who does not know the secret.
    Md5BeforeSecret,
    /// The secret itself, sent along. The message is not looked at, so the connection must be the
    /// provider's alone.
    Shown,
}

/// Why a credential cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// Not a PEM public key.
    #[error("is not a PEM file with a PUBLIC KEY")]
    NotAPublicKey,
    /// Nobody's secret.
    #[error("is not a secret: it must be {min} to {max} printable characters without spaces", min = ProviderSecret::MIN_LEN, max = ProviderSecret::MAX_LEN)]
    NotASecret,
}

impl ProviderSecret {
    /// The fewest characters: the provider chooses it, so this only keeps out what is left empty.
    pub const MIN_LEN: usize = 8;
    /// The most characters.
    pub const MAX_LEN: usize = 512;

    /// Takes a secret as it is given, without the line's end after it.
    ///
    /// # Errors
    /// [`CredentialError::NotASecret`].
    pub fn parse(text: &str) -> Result<Self, CredentialError> {
        let text = text.trim_end_matches(['\r', '\n']);
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
        if (Self::MIN_LEN..=Self::MAX_LEN).contains(&text.len()) && printable {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err(CredentialError::NotASecret)
        }
    }

    /// What a holder of this secret would present for `message`.
    #[must_use]
    pub fn prove(&self, mac: Mac, message: &[u8]) -> String {
        match mac {
            Mac::Shown => self.0.to_string(),
            _ => hex::encode(self.bytes(mac, message)),
        }
    }

    fn bytes(&self, mac: Mac, message: &[u8]) -> Vec<u8> {
        let key = self.0.as_bytes();
        // A key of any length is a key to HMAC (RFC 2104, 3), so the empty MACs are never used.
        match mac {
            Mac::HmacSha256 => Hmac::<Sha256>::new_from_slice(key)
                .map(|keyed| keyed.chain_update(message).finalize().into_bytes().to_vec())
                .unwrap_or_default(),
            Mac::HmacSha1 => Hmac::<Sha1>::new_from_slice(key)
                .map(|keyed| keyed.chain_update(message).finalize().into_bytes().to_vec())
                .unwrap_or_default(),
            Mac::Md5BeforeSecret => Md5::new()
                .chain_update(message)
                .chain_update(key)
                .finalize()
                .to_vec(),
            Mac::Shown => key.to_vec(),
        }
    }

    fn proves(&self, mac: Mac, message: &[u8], presented: &str) -> bool {
        let presented = match mac {
            Mac::Shown => presented.as_bytes().to_vec(),
            _ => hex::decode(presented).unwrap_or_default(),
        };
        let expected = self.bytes(mac, message);
        !expected.is_empty() && bool::from(expected.ct_eq(&presented))
    }
}

impl ProviderCredential {
    /// Reads one or more RSA public keys from PEM text.
    ///
    /// # Errors
    /// [`CredentialError`] when there is none in it.
    pub fn rsa_sha256_pem(text: &[u8]) -> Result<Self, CredentialError> {
        let blocks = pem::parse_many(text).map_err(|_| CredentialError::NotAPublicKey)?;
        // SubjectPublicKeyInfo, DER.
        let keys: Result<Vec<_>, _> = blocks
            .iter()
            .filter(|block| block.tag() == "PUBLIC KEY")
            .map(|block| ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, block.contents()).map(Arc::new))
            .collect();
        match keys {
            Ok(keys) if !keys.is_empty() => Ok(Self::RsaSha256(keys)),
            _ => Err(CredentialError::NotAPublicKey),
        }
    }

    /// The keys of both, while one replaces the other. Keys of two kinds are not one credential: the
    /// others are left out.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::RsaSha256(mut keys), Self::RsaSha256(more)) => {
                keys.extend(more);
                Self::RsaSha256(keys)
            }
            (Self::Secrets(mut secrets), Self::Secrets(more)) => {
                secrets.extend(more);
                Self::Secrets(secrets)
            }
            (mine, _) => mine,
        }
    }

    /// Whether there is no key, so that nothing is ever verified.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::RsaSha256(keys) => keys.is_empty(),
            Self::Secrets(secrets) => secrets.is_empty(),
        }
    }

    /// Verifies an RSA signature (base64) of a callback's raw body. None when it is not the provider's.
    #[must_use]
    pub fn verify<'a>(&self, body: &'a [u8], signature: &str) -> Option<VerifiedCallback<'a>> {
        let Self::RsaSha256(keys) = self else { return None };
        let signature = BASE64_STANDARD.decode(signature).ok()?;
        let verified = keys.iter().any(|key| key.verify_sig(body, &signature).is_ok());
        verified.then_some(VerifiedCallback { body })
    }

    /// Verifies what a provider presents for `message` and gives the callback's raw `body`, which the
    /// message must say all of. None when no secret proves it.
    #[must_use]
    pub fn verify_mac<'a>(
        &self,
        mac: Mac,
        message: &[u8],
        presented: &str,
        body: &'a [u8],
    ) -> Option<VerifiedCallback<'a>> {
        let Self::Secrets(secrets) = self else { return None };
        let proven = secrets.iter().fold(false, |proven, secret| {
            secret.proves(mac, message, presented) | proven
        });
        proven.then_some(VerifiedCallback { body })
    }
}

impl fmt::Debug for ProviderCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RsaSha256(keys) => write!(f, "RsaSha256({} keys)", keys.len()),
            Self::Secrets(secrets) => write!(f, "Secrets({})", secrets.len()),
        }
    }
}

impl fmt::Debug for ProviderSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProviderSecret(…)")
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn secret(text: &str) -> ProviderSecret {
        ProviderSecret::parse(text).unwrap()
    }

    fn of(texts: &[&str]) -> ProviderCredential {
        ProviderCredential::Secrets(texts.iter().map(|text| secret(text)).collect())
    }

    /// RFC 4231, 2 and RFC 2202, 3 (test case 2), with a longer key where theirs is shorter than a secret
    /// may be; RFC 1321, A.5.
    #[test]
    fn the_macs_are_the_published_ones() {
        let jefe = ProviderSecret(Zeroizing::new("Jefe".to_owned()));
        let message = b"what do ya want for nothing?";
        assert_eq!(
            jefe.prove(Mac::HmacSha256, message),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            jefe.prove(Mac::HmacSha1, message),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        );
        assert_eq!(
            secret("ghijklmnopqrstuvwxyz").prove(Mac::Md5BeforeSecret, b"abcdef"),
            "c3fcd3d76192e4007dfb496cca67e13b"
        );
    }

    #[test]
    fn any_of_the_secrets_proves_it_and_no_other() {
        let body = b"{\"user\":\"auroraalice\"}";
        for mac in [Mac::HmacSha256, Mac::HmacSha1, Mac::Md5BeforeSecret, Mac::Shown] {
            let both = of(&["old-secret", "new-secret"]);
            for good in ["old-secret", "new-secret"] {
                let shown = secret(good).prove(mac, body);
                assert_eq!(both.verify_mac(mac, body, &shown, body).unwrap().body(), body);
            }
            let other = secret("other-secret").prove(mac, body);
            for bad in [other.as_str(), "", " ", "zz", "OLD-SECRET"] {
                assert!(both.verify_mac(mac, body, bad, body).is_none(), "{mac:?} {bad}");
            }
            assert!(of(&[]).verify_mac(mac, body, "", body).is_none(), "{mac:?}");
            let shown = secret("old-secret").prove(mac, body);
            assert!(of(&["new-secret"]).verify_mac(mac, body, &shown, body).is_none());
            assert!(
                ProviderCredential::RsaSha256(Vec::new())
                    .verify_mac(mac, body, &shown, body)
                    .is_none()
            );
        }
    }

    #[test]
    fn a_secret_is_whole_and_never_printed() {
        for bad in [
            "",
            "short",
            "has a space",
            "tab\tinside",
            "\n\n\n\n\n\n\n\n\n",
            "ünïcödé1",
        ] {
            assert_eq!(
                ProviderSecret::parse(bad).unwrap_err(),
                CredentialError::NotASecret,
                "{bad:?}"
            );
        }
        assert!(ProviderSecret::parse(&"s".repeat(513)).is_err());
        let kept = secret("very-secret-indeed\n");
        assert_eq!(kept.prove(Mac::Shown, b""), "very-secret-indeed");
        let printed = format!("{kept:?} {:?}", ProviderCredential::Secrets(vec![kept.clone()]));
        assert!(!printed.contains("very"), "{printed}");
    }
}
