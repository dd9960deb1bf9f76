//! How a provider proves that a callback is its own.
//!
//! Several keys may be good at a time, so that one replaces another without a call being refused. Every
//! comparison takes as long for a wrong value as for the right one, and every key is tried whatever
//! the others said. No key is ever printed.

use std::{fmt, sync::Arc};

use aws_lc_rs::signature::ParsedPublicKey;
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac as _};
use md5::{Digest as _, Md5};
use sha1::Sha1;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::VerifiedCallback;
use crate::rsa_public::usable;

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

/// What is accepted of a provider that signs with a key of its own.
const ACCEPTED: &str =
    "accepted are RSA keys of 2048 to 8192 bits for PKCS#1 v1.5 signatures, each a BEGIN PUBLIC KEY";
/// How a block of PEM begins (RFC 7468, 3).
const BEGIN: &[u8] = b"-----BEGIN ";

/// Why a credential cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// Not public keys in PEM, or something beside them: what was not read would be a key that is missing.
    #[error("is not a PEM file of PUBLIC KEYs and nothing else: {ACCEPTED}")]
    NotPublicKeys,
    /// A key by which no signature would ever be verified; which one of the file, from 1.
    #[error("has a PUBLIC KEY (number {0}) by which no call could be verified: {ACCEPTED}")]
    UnusableKey(usize),
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
    /// Reads one or more RSA public keys from PEM text: all of it, and each of them such that it verifies what its other
    /// half signs.
    ///
    /// # Errors
    /// [`CredentialError`] when there is none in it, something else, or one that cannot be used.
    pub fn rsa_sha256_pem(text: &[u8]) -> Result<Self, CredentialError> {
        let blocks = pem::parse_many(text).map_err(|_| CredentialError::NotPublicKeys)?;
        // The reader stops at a block without its end, as if nothing more had been there.
        let begun = text.windows(BEGIN.len()).filter(|part| *part == BEGIN).count();
        if blocks.is_empty()
            || blocks.len() != begun
            || blocks.iter().any(|block| block.tag() != "PUBLIC KEY")
        {
            return Err(CredentialError::NotPublicKeys);
        }
        let keys = blocks.iter().enumerate().map(|(at, block)| {
            let key = usable(block.contents()).ok_or(CredentialError::UnusableKey(at + 1))?;
            Ok(Arc::new(key))
        });
        Ok(Self::RsaSha256(keys.collect::<Result<_, _>>()?))
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

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len();
        let mut all = vec![tag];
        match length {
            0..128 => all.push(u8::try_from(length).unwrap()),
            _ => all.extend([
                0x82,
                u8::try_from(length >> 8).unwrap(),
                u8::try_from(length & 0xff).unwrap(),
            ]),
        }
        all.extend(content);
        all
    }

    /// A public key of RSA (`kind` 1), or of RSA for PSS alone (10), with this exponent and a modulus of so many bits.
    fn rsa(kind: u8, bits: usize, exponent: u8) -> Vec<u8> {
        let mut modulus = vec![0xff; bits.div_ceil(8)];
        modulus[0] = 0xff >> (modulus.len() * 8 - bits);
        if modulus[0] >= 0x80 {
            modulus.insert(0, 0);
        }
        let key = der(0x30, &[der(2, &modulus), der(2, &[exponent])].concat());
        let mut algorithm = hex::decode("06092a864886f70d010101").unwrap();
        algorithm[10] = kind;
        if kind == 1 {
            algorithm.extend([5, 0]);
        }
        der(
            0x30,
            &[der(0x30, &algorithm), der(3, &[&[0][..], &key].concat())].concat(),
        )
    }

    fn block(tag: &str, content: &[u8]) -> String {
        pem::encode(&pem::Pem::new(tag, content))
    }

    #[test]
    fn a_key_by_which_nothing_could_be_verified_is_refused_when_it_is_read() {
        let read = |text: &str| ProviderCredential::rsa_sha256_pem(text.as_bytes()).map(drop);
        let of = |spki: &[u8]| read(&block("PUBLIC KEY", spki));
        for bits in [2048, 2049, 3072, 4096, 8192] {
            assert_eq!(of(&rsa(1, bits, 3)), Ok(()), "{bits}");
        }
        let curve = hex::decode(
            "302a300506032b6570032100d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        );
        for (what, spki) in [
            ("512 bits", rsa(1, 512, 3)),
            ("1024 bits", rsa(1, 1024, 3)),
            ("2047 bits", rsa(1, 2047, 3)),
            ("8193 bits", rsa(1, 8193, 3)),
            ("an exponent of 1", rsa(1, 2048, 1)),
            ("an even exponent", rsa(1, 2048, 4)),
            ("PSS alone", rsa(10, 2048, 3)),
            ("Ed25519", curve.unwrap()),
            ("nothing", Vec::new()),
        ] {
            assert_eq!(of(&spki), Err(CredentialError::UnusableKey(1)), "{what}");
        }
        // One that is good makes no other good, and the fault says which it is.
        let (good, small) = (
            block("PUBLIC KEY", &rsa(1, 2048, 3)),
            block("PUBLIC KEY", &rsa(1, 1024, 3)),
        );
        assert_eq!(
            read(&format!("{good}{small}")),
            Err(CredentialError::UnusableKey(2))
        );
        assert_eq!(read(&format!("{good}{good}")), Ok(()));
        let told = CredentialError::UnusableKey(2).to_string();
        assert!(
            told.contains("number 2") && told.contains("2048 to 8192 bits"),
            "{told}"
        );
        // What is not read is a key that is missing.
        let cut = good.lines().take(4).collect::<Vec<_>>().join("\n");
        for text in [
            String::new(),
            "a secret".to_owned(),
            block("RSA PUBLIC KEY", &rsa(1, 2048, 3)),
            format!("{good}{}", block("RSA PUBLIC KEY", &rsa(1, 2048, 3))),
            format!("{good}{}", block("PRIVATE KEY", b"key")),
            format!("{good}{}", block("CERTIFICATE", b"certificate")),
            format!("{good}{cut}"),
            cut.clone(),
        ] {
            assert_eq!(read(&text), Err(CredentialError::NotPublicKeys), "{text}");
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
