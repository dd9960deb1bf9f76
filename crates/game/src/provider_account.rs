//! What a provider calls a player: the brand's code, then the brand's own account.
//!
//! Deterministic, so that one player is one player to the provider for ever; reversible, because
//! no brand's code is a prefix of another's ([`croupier_brand::directory::BrandDirectory::of_provider_account`]
//! is the way back, behind a verified signature). Nothing separates the two parts: the codes being
//! prefix-free is what makes the seam unambiguous.

use std::fmt;

use croupier_brand::{BrandCode, BrandScope};

/// A player's name as sent to providers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProviderAccount(String);

/// An account that cannot be sent to a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRepresentable {
    /// Longer with the brand's code in front than providers take.
    #[error("is {0} characters long with the casino's code in front; game providers take at most {max}", max = ProviderAccount::MAX_LEN)]
    TooLong(usize),
    /// Shorter with the brand's code in front than providers take.
    #[error("is {0} characters long with the casino's code in front; game providers take no fewer than {min}", min = ProviderAccount::MIN_LEN)]
    TooShort(usize),
    /// Has characters that do not survive every provider's transport.
    #[error("has a character other than a-z, 0-9, _ and .")]
    Character,
}

impl ProviderAccount {
    /// The most characters sent. Ours: Hub88 publishes no upper limit for `user`.
    pub const MAX_LEN: usize = 64;
    /// The fewest characters sent: Hub88 asks for at least 4 (Wallet API, `user`).
    pub const MIN_LEN: usize = 4;

    /// Puts the scope's brand in front of `account`.
    ///
    /// # Errors
    /// [`NotRepresentable`].
    pub fn compose(scope: &BrandScope, account: &str) -> Result<Self, NotRepresentable> {
        Self::join(scope.code(), account)
    }

    fn join(code: &BrandCode, account: &str) -> Result<Self, NotRepresentable> {
        let length = code.as_str().len() + account.chars().count();
        if account.is_empty() || length < Self::MIN_LEN {
            return Err(NotRepresentable::TooShort(length));
        }
        if length > Self::MAX_LEN {
            return Err(NotRepresentable::TooLong(length));
        }
        let sendable =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'.';
        if !account.bytes().all(sendable) {
            return Err(NotRepresentable::Character);
        }
        Ok(Self(format!("{code}{account}")))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> BrandCode {
        BrandCode::parse(text).unwrap()
    }

    /// The way back, as the directory of brands goes it: the one code that begins the text.
    fn split<'a>(codes: &[BrandCode], sent: &'a str) -> Vec<(BrandCode, &'a str)> {
        codes
            .iter()
            .filter_map(|code| Some((code.clone(), sent.strip_prefix(code.as_str())?)))
            .collect()
    }

    #[test]
    fn the_brand_comes_first() {
        assert_eq!(
            ProviderAccount::join(&code("aurora"), "alice").unwrap().as_str(),
            "auroraalice"
        );
    }

    #[test]
    fn what_a_provider_could_not_take_is_refused_by_name() {
        assert_eq!(
            ProviderAccount::join(&code("au"), "a"),
            Err(NotRepresentable::TooShort(3))
        );
        assert_eq!(
            ProviderAccount::join(&code("aurora"), ""),
            Err(NotRepresentable::TooShort(6))
        );
        assert_eq!(
            ProviderAccount::join(&code("aurora"), &"a".repeat(59)),
            Err(NotRepresentable::TooLong(65))
        );
        assert!(ProviderAccount::join(&code("aurora"), &"a".repeat(58)).is_ok());
        for account in [
            "Alice", "al ice", "al-ice", "älice", "al\nice", "al\0ice", "al/ice",
        ] {
            assert_eq!(
                ProviderAccount::join(&code("aurora"), account),
                Err(NotRepresentable::Character),
                "{account:?}"
            );
        }
    }

    proptest! {
        /// Of any prefix-free set of codes, exactly the brand that composed is found again, with
        /// exactly the account that it composed.
        #[test]
        fn composing_is_reversible(
            texts in proptest::collection::btree_set("[a-c][a-c0-1]{1,5}", 1..12),
            pick in any::<prop::sample::Index>(),
            account in "[a-c0-1_.]{3,32}",
        ) {
            let mut codes: Vec<BrandCode> = Vec::new();
            for text in &texts {
                if !codes.iter().any(|other| text.starts_with(other.as_str()) || other.as_str().starts_with(text.as_str())) {
                    codes.push(code(text));
                }
            }
            let brand = pick.get(&codes).clone();
            let sent = ProviderAccount::join(&brand, &account).unwrap();
            prop_assert_eq!(split(&codes, sent.as_str()), vec![(brand, account.as_str())]);
        }

        /// Two players are never one to a provider, whatever their brands.
        #[test]
        fn different_players_have_different_names(
            one in "[a-c0-1_.]{3,8}", other in "[a-c0-1_.]{3,8}", same_brand in any::<bool>(),
        ) {
            let (first, second) = (code("ab"), if same_brand { code("ab") } else { code("ac1") });
            prop_assume!(!(same_brand && one == other));
            prop_assert_ne!(ProviderAccount::join(&first, &one).unwrap(), ProviderAccount::join(&second, &other).unwrap());
        }
    }
}
