//! The ids under which a provider's transactions are booked: the one place where adapters read and make them.
//!
//! Mostly they are the provider's own. Where a call has none, or one that stands for several transactions, the adapter
//! makes one: a word, a colon, and the ids that it is made of. No two meet, whatever the provider says:
//!
//! * The words are reserved ([`Ids::reserving`]): an id of the provider's that begins with one, and a colon or `#` after it,
//!   is refused as one that cannot be read, as those are that begin as the house's own.
//! * A word has one or two ids behind it, always as many. Of two the first has its length in front.
//! * What would be longer than the wallet keeps is its word, `#` and the SHA-256 of the ids. So none is too long to be undone.
//!
//! A protocol all of whose ids have a word in front refuses none: nothing of the provider's is booked as it is.

use croupier_wallet::TransactionId;

use crate::named::name_of;

/// How a provider's transactions are named in the wallet. Ids that were written under a word go on meaning what they meant:
/// a word and its form are changed only where a repeat under another id does nothing more.
#[derive(Clone, Copy, Debug)]
pub struct Ids {
    words: &'static [&'static str],
}

impl Ids {
    /// Ids of a provider that are booked as they are, beside those that its adapter makes with these words.
    #[must_use]
    pub const fn reserving(words: &'static [&'static str]) -> Self {
        Self { words }
    }

    /// A provider's own id, as it is; none where it is not one, or could be taken for one that is made.
    #[must_use]
    pub fn own(self, text: &str) -> Option<TransactionId> {
        let reserved = |word: &&str| {
            let rest = text.strip_prefix(*word);
            rest.is_some_and(|rest| rest.starts_with([':', '#']))
        };
        if self.words.iter().any(reserved) {
            return None;
        }
        TransactionId::new(text).ok()
    }

    /// The id made of a reserved word and one of the provider's; none where that is no id.
    #[must_use]
    pub fn made(self, word: &str, of: &str) -> Option<TransactionId> {
        self.named(word, &format!("{word}:{of}"), &[of])
    }

    /// The id made of a reserved word and two of the provider's; none where one of them is no id.
    #[must_use]
    pub fn made_of_two(self, word: &str, one: &str, other: &str) -> Option<TransactionId> {
        self.named(
            word,
            &format!("{word}:{}:{one}:{other}", one.len()),
            &[one, other],
        )
    }

    /// `text`, unless it is too long.
    fn named(self, word: &str, text: &str, of: &[&str]) -> Option<TransactionId> {
        // A word that is not reserved would make ids that the provider could say.
        if !self.words.contains(&word) || of.iter().any(|id| TransactionId::kept(id).is_err()) {
            return None;
        }
        let short = TransactionId::new(text).ok();
        short.or_else(|| TransactionId::new(&format!("{word}#{}", name_of(of))).ok())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const IDS: Ids = Ids::reserving(&["refund", "rollback"]);

    #[test]
    fn a_provider_says_no_id_that_is_made() {
        for made in [
            IDS.made("refund", "b1").unwrap(),
            IDS.made("refund", &"b".repeat(200)).unwrap(),
            IDS.made_of_two("rollback", "x1", "b1").unwrap(),
            IDS.made_of_two("rollback", &"x".repeat(200), &"b".repeat(200))
                .unwrap(),
        ] {
            assert_eq!(IDS.own(made.as_str()), None, "{made}");
        }
        for own in [
            "refund",
            "refunded:b1",
            "Refund:b1",
            " refund:b1",
            "b1:refund:",
            "x1:b1",
            "#",
        ] {
            assert_eq!(IDS.own(own).unwrap().as_str(), own);
        }
        assert_eq!(IDS.own("croupier:void:0:1"), None, "the house's");
        assert_eq!(IDS.made("freespins", "b1"), None, "not reserved");
        for bad in ["", "a\nb", &"x".repeat(201)] {
            assert_eq!((IDS.own(bad), IDS.made("refund", bad)), (None, None), "{bad:?}");
            assert_eq!(IDS.made_of_two("rollback", bad, "b1"), None);
            assert_eq!(IDS.made_of_two("rollback", "x1", bad), None);
        }
    }

    #[test]
    fn what_is_short_can_be_read_and_what_is_long_is_told_apart() {
        assert_eq!(IDS.made("refund", "b1").unwrap().as_str(), "refund:b1");
        let two = IDS.made_of_two("rollback", "x1", "b1").unwrap();
        assert_eq!(two.as_str(), "rollback:2:x1:b1");
        let long = |end: &str| IDS.made("refund", &format!("{}{end}", "b".repeat(199))).unwrap();
        assert!(long("1").as_str().starts_with("refund#"));
        assert_ne!(long("1"), long("2"));
    }

    proptest! {
        #[test]
        fn no_two_pairs_have_one_id(one in "[a:0-9#]{1,6}", other in "[a:0-9#]{1,6}", third in "[a:0-9#]{1,6}", fourth in "[a:0-9#]{1,6}", long in any::<bool>()) {
            let front = if long { "é".repeat(194) } else { String::new() };
            let id = |one: &str, other: &str| IDS.made_of_two("rollback", &format!("{front}{one}"), &format!("{front}{other}")).unwrap();
            prop_assert_eq!(id(&one, &other) == id(&third, &fourth), (&one, &other) == (&third, &fourth));
            let single = |of: &str| IDS.made("refund", &format!("{front}{of}")).unwrap();
            prop_assert_eq!(single(&one) == single(&other), one == other);
            prop_assert_eq!(IDS.own(id(&one, &other).as_str()), None);
        }
    }
}
