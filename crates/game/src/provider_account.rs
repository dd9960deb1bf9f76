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

/// Which accounts a provider takes, the brand's code in front included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountRules {
    /// The fewest characters.
    pub min: usize,
    /// The most.
    pub max: usize,
    /// What it takes beside a-z and 0-9.
    pub others: &'static str,
}

/// An account that cannot be sent to a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRepresentable {
    /// Longer with the brand's code in front than the provider takes.
    #[error(
        "is {length} characters long with the casino's code in front; this game's provider takes at most {max}"
    )]
    TooLong {
        /// How long it is.
        length: usize,
        /// What is taken.
        max: usize,
    },
    /// Shorter with the brand's code in front than the provider takes.
    #[error(
        "is {length} characters long with the casino's code in front; this game's provider takes no fewer than {min}"
    )]
    TooShort {
        /// How long it is.
        length: usize,
        /// What is taken.
        min: usize,
    },
    /// Has characters that the provider does not take.
    #[error("has the character {0:?}; this game's provider takes a-z, 0-9 and {1:?}")]
    Character(char, &'static str),
}

impl ProviderAccount {
    /// Puts the scope's brand in front of `account`.
    ///
    /// # Errors
    /// [`NotRepresentable`], naming what is accepted.
    pub fn compose(scope: &BrandScope, rules: AccountRules, account: &str) -> Result<Self, NotRepresentable> {
        Self::join(scope.code(), rules, account)
    }

    fn join(code: &BrandCode, rules: AccountRules, account: &str) -> Result<Self, NotRepresentable> {
        let length = code.as_str().len() + account.chars().count();
        if account.is_empty() || length < rules.min {
            let min = rules.min.max(code.as_str().len() + 1);
            return Err(NotRepresentable::TooShort { length, min });
        }
        if length > rules.max {
            return Err(NotRepresentable::TooLong {
                length,
                max: rules.max,
            });
        }
        let sendable = |letter: char| {
            letter.is_ascii_lowercase() || letter.is_ascii_digit() || rules.others.contains(letter)
        };
        match account.chars().find(|letter| !sendable(*letter)) {
            Some(letter) => Err(NotRepresentable::Character(letter, rules.others)),
            None => Ok(Self(format!("{code}{account}"))),
        }
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

    const RULES: AccountRules = AccountRules {
        min: 4,
        max: 64,
        others: "_.",
    };

    #[test]
    fn the_brand_comes_first() {
        assert_eq!(
            ProviderAccount::join(&code("aurora"), RULES, "alice")
                .unwrap()
                .as_str(),
            "auroraalice"
        );
    }

    #[test]
    fn what_a_provider_could_not_take_is_refused_by_name() {
        let too_short = |length, min| Err(NotRepresentable::TooShort { length, min });
        assert_eq!(ProviderAccount::join(&code("au"), RULES, "a"), too_short(3, 4));
        assert_eq!(ProviderAccount::join(&code("aurora"), RULES, ""), too_short(6, 7));
        assert_eq!(
            ProviderAccount::join(&code("aurora"), RULES, &"a".repeat(59)),
            Err(NotRepresentable::TooLong { length: 65, max: 64 })
        );
        assert!(ProviderAccount::join(&code("aurora"), RULES, &"a".repeat(58)).is_ok());
        for (account, letter) in [
            ("Alice", 'A'),
            ("al ice", ' '),
            ("al-ice", '-'),
            ("älice", 'ä'),
            ("al\nice", '\n'),
            ("al\0ice", '\0'),
            ("al/ice", '/'),
        ] {
            let fault = ProviderAccount::join(&code("aurora"), RULES, account).unwrap_err();
            assert_eq!(fault, NotRepresentable::Character(letter, "_."), "{account:?}");
        }
        let strict = AccountRules {
            others: "",
            max: 20,
            ..RULES
        };
        let fault = ProviderAccount::join(&code("aurora"), strict, "al.ice").unwrap_err();
        assert!(fault.to_string().contains("takes a-z, 0-9"), "{fault}");
        let fault = ProviderAccount::join(&code("aurora"), strict, &"a".repeat(15)).unwrap_err();
        assert!(fault.to_string().ends_with("takes at most 20"), "{fault}");
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
            let sent = ProviderAccount::join(&brand, RULES, &account).unwrap();
            prop_assert_eq!(split(&codes, sent.as_str()), vec![(brand, account.as_str())]);
        }

        /// Two players are never one to a provider, whatever their brands.
        #[test]
        fn different_players_have_different_names(
            one in "[a-c0-1_.]{3,8}", other in "[a-c0-1_.]{3,8}", same_brand in any::<bool>(),
        ) {
            let (first, second) = (code("ab"), if same_brand { code("ab") } else { code("ac1") });
            prop_assume!(!(same_brand && one == other));
            prop_assert_ne!(ProviderAccount::join(&first, RULES, &one).unwrap(), ProviderAccount::join(&second, RULES, &other).unwrap());
        }
    }
}
