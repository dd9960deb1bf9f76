//! The secret that renews a session: 32 random bytes, good once.
//!
//! The database keeps its SHA-256 and never the secret, so a copy of the table renews nothing. A
//! plain digest is enough because the secret is random: there is nothing to guess.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use rand::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// A refresh token. `Debug` does not show it.
#[derive(Clone)]
pub struct RefreshToken(Zeroizing<[u8; 32]>);

/// A text that is not a refresh token of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a refresh token")]
pub struct NotARefreshToken;

impl RefreshToken {
    /// A new one.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut secret = Zeroizing::new([0; 32]);
        rng.fill_bytes(secret.as_mut());
        Self(secret)
    }

    /// Reads one: base64url of 32 bytes, without padding, in its only spelling.
    ///
    /// # Errors
    /// [`NotARefreshToken`].
    pub fn parse(text: &str) -> Result<Self, NotARefreshToken> {
        let mut secret = Zeroizing::new([0; 32]);
        match BASE64.decode_slice(text, secret.as_mut()) {
            Ok(32) => Ok(Self(secret)),
            _ => Err(NotARefreshToken),
        }
    }

    /// The text that the player's client keeps: 43 characters.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64.encode(self.0.as_ref()))
    }

    /// What the database keeps.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_ref()).into()
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_reads_back_and_is_shown_nowhere() {
        let token = RefreshToken::generate(&mut rand::rng());
        let text = token.reveal();
        assert_eq!(text.len(), 43);
        assert_eq!(RefreshToken::parse(&text).unwrap().digest(), token.digest());
        assert!(!format!("{token:?} {token:#?}").contains(text.as_str()));
        assert_ne!(token.digest(), RefreshToken::generate(&mut rand::rng()).digest());
    }

    #[test]
    fn the_digest_is_sha_256_of_the_bytes() {
        // SHA-256 of 32 zero bytes, a published value.
        let zero = RefreshToken::parse(&"A".repeat(43)).unwrap();
        assert_eq!(zero.digest()[..4], [0x66, 0x68, 0x7a, 0xad]);
    }

    #[test]
    fn other_texts_are_no_tokens() {
        // The last has bits set that 32 bytes do not have: another spelling of the first.
        let bad = [
            "",
            "A",
            &"A".repeat(42),
            &"A".repeat(44),
            &"A".repeat(4096),
            &format!("{}=", "A".repeat(43)),
            &format!("{}B", "A".repeat(42)),
        ];
        for text in bad {
            assert!(RefreshToken::parse(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_text_has_one_spelling(text in "[A-Za-z0-9_-]{43}") {
            if let Ok(token) = RefreshToken::parse(&text) {
                let spelled = token.reveal();
                prop_assert_eq!(spelled.as_str(), text.as_str());
            }
        }

        #[test]
        fn any_text_is_read_without_harm(text in any::<String>()) {
            let _ = RefreshToken::parse(&text);
        }
    }
}
