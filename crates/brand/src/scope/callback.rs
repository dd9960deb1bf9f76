//! Scope for a provider's callback: its signature first, over the raw bytes, then the account in the
//! body that was verified.
//!
//! Provider credentials are global, so the credential does not tell the brand; the account does,
//! because its beginning is the brand's code.

use std::fmt;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::{Engine, prelude::BASE64_STANDARD};

use super::BrandScope;
use crate::{
    directory::BrandDirectory,
    enforcement::{Enforcement, Reason, Rejection},
};

/// How a provider proves that a callback is its own.
#[derive(Clone)]
pub enum ProviderCredential {
    /// base64 of RSA-SHA256 (PKCS#1 v1.5) over the raw body, by any of these public keys; more than
    /// one while the provider rotates. DER, SubjectPublicKeyInfo.
    RsaSha256(Vec<Vec<u8>>),
}

/// Why a credential cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// Not a PEM public key.
    #[error("is not a PEM file with a PUBLIC KEY")]
    NotAPublicKey,
}

impl ProviderCredential {
    /// Reads one or more RSA public keys from PEM text.
    ///
    /// # Errors
    /// [`CredentialError`] when there is none in it.
    pub fn rsa_sha256_pem(text: &[u8]) -> Result<Self, CredentialError> {
        let blocks = pem::parse_many(text).map_err(|_| CredentialError::NotAPublicKey)?;
        let keys: Vec<_> = blocks
            .into_iter()
            .filter(|block| block.tag() == "PUBLIC KEY")
            .map(pem::Pem::into_contents)
            .collect();
        let all_rsa = keys
            .iter()
            .all(|key| aws_lc_rs::rsa::PublicKey::from_der(key).is_ok());
        if keys.is_empty() || !all_rsa {
            Err(CredentialError::NotAPublicKey)
        } else {
            Ok(Self::RsaSha256(keys))
        }
    }

    /// Verifies a callback's raw body. None when the signature is not the provider's.
    #[must_use]
    pub fn verify<'a>(&self, body: &'a [u8], signature: &str) -> Option<VerifiedCallback<'a>> {
        match self {
            Self::RsaSha256(keys) => {
                let signature = BASE64_STANDARD.decode(signature).ok()?;
                keys.iter()
                    .any(|key| {
                        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)
                            .verify(body, &signature)
                            .is_ok()
                    })
                    .then_some(VerifiedCallback { body })
            }
        }
    }
}

impl fmt::Debug for ProviderCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RsaSha256(keys) => write!(f, "RsaSha256({} keys)", keys.len()),
        }
    }
}

/// The body of a callback whose signature was verified. Only [`ProviderCredential::verify`] makes one.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedCallback<'a> {
    body: &'a [u8],
}

impl<'a> VerifiedCallback<'a> {
    /// The verified bytes.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// The scope of the brand whose code begins `provider_account`, and the brand's own account.
    ///
    /// # Errors
    /// [`Reason::UnknownCallbackBrand`] in every mode: there is no brand to run under.
    pub fn scope<'b>(
        &self,
        directory: &BrandDirectory,
        enforcement: &Enforcement,
        provider_account: &'b str,
    ) -> Result<(BrandScope, &'b str), Rejection> {
        match directory.of_provider_account(provider_account) {
            Some((brand, account)) => Ok((BrandScope::earned(brand), account)),
            None => Err(enforcement.reject(Reason::UnknownCallbackBrand)),
        }
    }
}
