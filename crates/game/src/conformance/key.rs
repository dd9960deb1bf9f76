//! What a provider signs with.

use croupier_brand::scope::{CredentialError, Mac, ProviderCredential, ProviderSecret};
use reqwest::Url;

use crate::{
    hub88::simulator::{SimulatorError, SimulatorKey},
    provider::{KeyKind, form},
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

/// A text as a query is written for a browser, which leaves some signs that others encode.
fn in_an_address(text: &str) -> String {
    let Ok(mut address) = Url::parse("http://localhost/") else {
        return text.to_owned();
    };
    address.query_pairs_mut().append_pair("", text);
    let query = address.query().unwrap_or_default();
    query.strip_prefix('=').unwrap_or(query).to_owned()
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

    /// What is never shown: a secret that both sides have, as it is and as addresses and documents write it.
    pub(super) fn hidden(&self) -> Vec<String> {
        let Self::Secret(secret) = self else {
            return Vec::new();
        };
        let plain = secret.prove(Mac::Shown, &[]);
        let encoded = form::write([("", plain.as_str())])
            .trim_start_matches('=')
            .to_owned();
        let quoted = serde_json::Value::String(plain.clone()).to_string();
        let quoted = quoted
            .strip_prefix('"')
            .and_then(|quoted| quoted.strip_suffix('"'))
            .unwrap_or(&plain)
            .to_owned();
        // Addresses and documents are written in more ways than one.
        let slashed = [plain.replace('/', "\\/"), quoted.replace('/', "\\/")];
        let mut all = vec![encoded, in_an_address(&plain), quoted, plain];
        all.extend(slashed);
        all.retain(|text| !text.is_empty());
        // The longest first: one that has another in it is found whole.
        all.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        all.dedup();
        all
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
