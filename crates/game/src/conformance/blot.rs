//! What nobody may see, blotted out of what is shown, however it is spelled there.
//!
//! A secret that both sides have comes back in an operator's answers as documents, addresses and pages of errors write it,
//! each sign in any of its spellings: so every sign is looked for in all of them, in whatever mixture.

/// What stands for a secret.
const BLOT: &str = "[secret]";

/// A secret that both sides have: printable ASCII, as [`croupier_brand::scope::ProviderSecret`] is.
#[derive(Clone)]
pub(crate) struct Blot(Vec<u8>);

impl Blot {
    /// Blots out this. An empty one is found nowhere.
    pub(super) fn of(secret: &str) -> Self {
        Self(secret.as_bytes().to_vec())
    }

    /// Blots out nothing.
    pub(super) fn nothing() -> Self {
        Self(Vec::new())
    }

    /// The text without it.
    pub(crate) fn out_of(&self, text: &str) -> String {
        let bytes = text.as_bytes();
        let (mut kept, mut from, mut at) = (String::new(), 0, 0);
        while at < bytes.len() {
            match self.end(bytes, at) {
                // Both ends are beside ASCII: a character's bounds.
                Some(end) => {
                    kept.push_str(text.get(from..at).unwrap_or_default());
                    kept.push_str(BLOT);
                    (from, at) = (end, end);
                }
                None => at += 1,
            }
        }
        kept.push_str(text.get(from..).unwrap_or_default());
        kept
    }

    /// Where it ends, if it begins here; the furthest where spellings leave a choice.
    fn end(&self, text: &[u8], begin: usize) -> Option<usize> {
        let mut ends = vec![begin];
        for sign in &self.0 {
            let mut next: Vec<usize> = ends.iter().flat_map(|end| after(text, *end, *sign)).collect();
            next.sort_unstable();
            next.dedup();
            ends = next;
            if ends.is_empty() {
                return None;
            }
        }
        ends.last().copied().filter(|end| *end > begin)
    }
}

/// Where a sign ends that begins here, by each spelling that it may have.
fn after(text: &[u8], at: usize, sign: u8) -> Vec<usize> {
    let rest = text.get(at..).unwrap_or_default();
    let mut lengths = Vec::new();
    // One sign may be meant by several: `\u` and `\u0075` both may be a `u`.
    if rest.first() == Some(&sign) {
        lengths.push(1);
    }
    match rest {
        // `\/` and `\"`, `\u002f`, `\x2f`: JSON, and what programs print.
        [b'\\', escaped @ ..] => lengths.extend(backslash(escaped, sign).map(|length| length + 1)),
        [b'%', ..] => lengths.extend(percent(rest, sign)),
        [b'&', ..] => lengths.extend(entity(rest, sign)),
        _ => {}
    }
    lengths.into_iter().map(|length| at + length).collect()
}

/// What stands after a backslash.
fn backslash(escaped: &[u8], sign: u8) -> impl Iterator<Item = usize> {
    let itself = escaped.first() == Some(&sign);
    let number = match escaped {
        [b'u' | b'U', b'0', b'0', high, low, ..] if hex(*high, *low) == Some(sign) => Some(5),
        [b'x' | b'X', high, low, ..] if hex(*high, *low) == Some(sign) => Some(3),
        _ => None,
    };
    itself.then_some(1).into_iter().chain(number)
}

/// `%2f`, `%2F`, and where an address was put into another `%252f`.
fn percent(rest: &[u8], sign: u8) -> Vec<usize> {
    let mut lengths = Vec::new();
    let mut digits = 1;
    while let Some([high, low]) = rest.get(digits..digits + 2) {
        if hex(*high, *low) == Some(sign) {
            lengths.push(digits + 2);
        }
        if (*high, *low) != (b'2', b'5') {
            break;
        }
        digits += 2;
    }
    lengths
}

/// `&quot;`, `&#34;`, `&#x22;`: a page of HTML.
fn entity(rest: &[u8], sign: u8) -> Option<usize> {
    // The longest that says one ASCII sign, with zeros before it.
    let length = rest.iter().take(12).position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(rest.get(1..length)?).ok()?;
    let says = match name {
        "quot" => b'"',
        "apos" => b'\'',
        "amp" => b'&',
        "lt" => b'<',
        "gt" => b'>',
        _ => {
            let number = name.strip_prefix('#')?;
            match number.strip_prefix(['x', 'X']) {
                Some(digits) => u8::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            }
        }
    };
    (says == sign).then_some(length + 1)
}

fn hex(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every spelling there is of a sign.
    const SPELLINGS: [fn(char) -> String; 13] = [
        |sign| sign.to_string(),
        |sign| format!("\\{sign}"),
        |sign| format!("\\u00{:02x}", sign as u32),
        |sign| format!("\\u00{:02X}", sign as u32),
        |sign| format!("\\x{:02x}", sign as u32),
        |sign| format!("%{:02x}", sign as u32),
        |sign| format!("%{:02X}", sign as u32),
        |sign| format!("%25{:02x}", sign as u32),
        |sign| format!("&#{};", sign as u32),
        |sign| format!("&#x{:x};", sign as u32),
        |sign| format!("&#0{};", sign as u32),
        |sign| {
            let quoted = serde_json::Value::String(sign.to_string()).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        },
        |sign| match sign {
            '"' => "&quot;".to_owned(),
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '\'' => "&apos;".to_owned(),
            other => other.to_string(),
        },
    ];

    #[test]
    fn one_spelling_throughout_and_what_stands_around_it() {
        for secret in ["tell*nobody/of-this+one=\"", "50%25\\\\u002f&amp;", "%%%%%%%%"] {
            let blot = Blot::of(secret);
            for spell in SPELLINGS {
                let spelled: String = secret.chars().map(spell).collect();
                let told = blot.out_of(&format!("ü{spelled}é {spelled}"));
                assert_eq!(told, "ü[secret]é [secret]", "{spelled}");
            }
        }
    }

    #[test]
    fn what_is_not_it_stays() {
        let blot = Blot::of("tell-nobody");
        for text in [
            "",
            "tell",
            "tell-nobod",
            "TELL-NOBODY",
            "%74ell-nobod%7",
            "\\u0074",
            "tell-nobodé",
            "&#116;",
        ] {
            assert_eq!(blot.out_of(text), text);
        }
        assert_eq!(blot.out_of("ttell-nobodyy"), "t[secret]y");
        assert_eq!(Blot::nothing().out_of("anything"), "anything");
    }

    proptest! {
        /// Whatever the secret is, and whichever way each of its signs is written.
        #[test]
        fn no_mixture_of_spellings_hides_it(
            secret in "[!-~]{8,40}", ways in proptest::collection::vec(0..SPELLINGS.len(), 40), around in "[é ]{0,4}",
        ) {
            let spelled: String = secret.chars().zip(ways).map(|(sign, way)| SPELLINGS[way](sign)).collect();
            let told = Blot::of(&secret).out_of(&format!("{around}{spelled}{around}"));
            prop_assert_eq!(told, format!("{around}[secret]{around}"));
        }
    }
}
