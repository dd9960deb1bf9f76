//! What a provider signs with.

use croupier_brand::scope::{CredentialError, Mac, ProviderCredential, ProviderSecret};
use uuid::Uuid;

use super::blot::Blot;
use crate::{
    hub88::simulator::{SimulatorError, SimulatorKey},
    provider::KeyKind,
};

/// A provider's own key.
#[derive(Debug)]
pub enum ProviderKey {
    /// The private half of what the operator verifies with.
    Rsa(SimulatorKey),
    /// What the operator has too.
    Secret(ProviderSecret),
}

/// The certificates of a PEM file, as DER.
///
/// # Errors
/// [`KeyFault::NotCertificates`].
pub fn authorities(content: &[u8]) -> Result<Vec<Vec<u8>>, KeyFault> {
    let parts = pem::parse_many(content).map_err(|_| KeyFault::NotCertificates)?;
    if parts.is_empty() || parts.iter().any(|part| part.tag() != "CERTIFICATE") {
        return Err(KeyFault::NotCertificates);
    }
    Ok(parts.into_iter().map(pem::Pem::into_contents).collect())
}

/// Why a key cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// Not a private key.
    #[error(transparent)]
    Rsa(#[from] SimulatorError),
    /// Not a secret.
    #[error(transparent)]
    Secret(#[from] CredentialError),
    /// Not certificates.
    #[error("is not a PEM file with CERTIFICATEs")]
    NotCertificates,
    /// Not even a text.
    #[error("is not a text")]
    NotText,
}

impl ProviderKey {
    /// Reads what a file holds: a private key (PEM, PKCS#8), or a secret.
    ///
    /// # Errors
    /// [`KeyFault`].
    pub fn read(kind: KeyKind, content: &[u8]) -> Result<Self, KeyFault> {
        match kind {
            KeyKind::PublicKeys => Ok(Self::Rsa(SimulatorKey::from_pem(content)?)),
            KeyKind::Secrets => {
                let text = std::str::from_utf8(content).map_err(|_| KeyFault::NotText)?;
                Ok(Self::Secret(ProviderSecret::parse(text)?))
            }
        }
    }

    /// A key of the same kind, which is nobody's.
    pub(crate) fn another(&self) -> Result<Self, KeyFault> {
        Ok(match self {
            Self::Rsa(_) => Self::Rsa(SimulatorKey::generate()?),
            Self::Secret(_) => Self::Secret(ProviderSecret::parse(&Uuid::new_v4().simple().to_string())?),
        })
    }

    /// What is never shown: a secret that both sides have.
    pub(crate) fn hidden(&self) -> Blot {
        match self {
            Self::Rsa(_) => Blot::nothing(),
            Self::Secret(secret) => Blot::of(&secret.prove(Mac::Shown, &[])),
        }
    }

    /// What an operator verifies with.
    ///
    /// # Errors
    /// [`KeyFault`] when the public half cannot be written.
    pub fn credential(&self) -> Result<ProviderCredential, KeyFault> {
        Ok(match self {
            Self::Rsa(key) => ProviderCredential::rsa_sha256_pem(key.public_pem().as_bytes())?,
            Self::Secret(secret) => ProviderCredential::Secrets(vec![secret.clone()]),
        })
    }
}
