//! Which RSA public keys are any use: the one rule for providers' keys and for those of tokens.
//!
//! The cryptography library takes keys of any size when it reads them, and refuses every signature by those that are too
//! small or too large. So a key is judged here when it is read, in bits, and not by the bytes of its modulus: 2041 to 2047
//! bits fill as many as 2048 do.

use aws_lc_rs::{
    rsa::PublicEncryptingKey,
    signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256},
};

/// The object identifier of RSA keys for any use, DER (RFC 8017, A.1): a key for PSS alone has another.
const RSA_ENCRYPTION: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// A key (SubjectPublicKeyInfo, DER), if RSA-SHA256 signatures (PKCS#1 v1.5) can be verified by it: 2048 to 8192 bits, for
/// any use.
pub(crate) fn usable(spki: &[u8]) -> Option<ParsedPublicKey> {
    // It knows the same bounds.
    PublicEncryptingKey::from_der(spki).ok()?;
    let mut head = spki.windows(RSA_ENCRYPTION.len()).take(16);
    let any_use = head.any(|part| part == RSA_ENCRYPTION);
    let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, spki).ok()?;
    any_use.then_some(key)
}
