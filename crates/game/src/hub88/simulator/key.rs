//! The provider's key.

use std::fmt;

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, prelude::BASE64_STANDARD};

use super::SimulatorError;

/// The provider's RSA key.
pub struct SimulatorKey(RsaKeyPair);

impl SimulatorKey {
    /// Makes a new key of 2048 bits.
    ///
    /// # Errors
    /// [`SimulatorError::Crypto`].
    pub fn generate() -> Result<Self, SimulatorError> {
        RsaKeyPair::generate(KeySize::Rsa2048)
            .map(Self)
            .map_err(|_| SimulatorError::Crypto)
    }

    /// Reads a private key (PEM, PKCS#8).
    ///
    /// # Errors
    /// [`SimulatorError::NotAPrivateKey`].
    pub fn from_pem(text: &[u8]) -> Result<Self, SimulatorError> {
        let block = pem::parse(text)
            .ok()
            .filter(|block| block.tag() == "PRIVATE KEY")
            .ok_or(SimulatorError::NotAPrivateKey)?;
        RsaKeyPair::from_pkcs8(block.contents())
            .map(Self)
            .map_err(|_| SimulatorError::NotAPrivateKey)
    }

    /// The private key (PEM, PKCS#8).
    ///
    /// # Errors
    /// [`SimulatorError::Crypto`].
    pub fn private_pem(&self) -> Result<String, SimulatorError> {
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&self.0).map_err(|_| SimulatorError::Crypto)?;
        Ok(pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref())))
    }

    /// The public key (PEM, SubjectPublicKeyInfo), as an operator configures it.
    #[must_use]
    pub fn public_pem(&self) -> String {
        // Encoding a key that exists fails only without memory; an empty key is refused by whoever reads it.
        AsDer::<PublicKeyX509Der<'_>>::as_der(self.0.public_key())
            .map(|der| pem::encode(&pem::Pem::new("PUBLIC KEY", der.as_ref())))
            .unwrap_or_default()
    }

    /// The signature of a body, as the header carries it.
    ///
    /// # Errors
    /// [`SimulatorError::Crypto`].
    pub fn sign(&self, body: &[u8]) -> Result<String, SimulatorError> {
        let mut bytes = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), body, &mut bytes)
            .map_err(|_| SimulatorError::Crypto)?;
        Ok(BASE64_STANDARD.encode(bytes))
    }
}

impl fmt::Debug for SimulatorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SimulatorKey")
    }
}
