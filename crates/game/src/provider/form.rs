//! Forms (`application/x-www-form-urlencoded`), read strictly: every parameter that came, whether or not anybody
//! knows it, since protocols that sign parameters sign all of them.
//!
//! A parameter that comes twice is refused: which of the two was signed is anybody's guess. So is a percent sign
//! that escapes nothing, and what is no UTF-8 when it is decoded.

/// The most parameters. The largest calls have some thirty, and lists a few for each item: so many that no list which the
/// wallet would take is refused for them.
pub const MAX_PARAMETERS: usize = 2_048;
/// The most bytes of a name, decoded.
pub const MAX_NAME: usize = 128;

/// Why a form is not read. The names are the protocol's, never the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not a form.
    #[error("the body is not a form")]
    Syntax,
    /// A parameter that came twice.
    #[error("a parameter came twice")]
    Twice,
    /// More parameters, or a longer name, than any call has.
    #[error("the form is larger than any of this protocol")]
    Size,
    /// A parameter that must be there.
    #[error("{0} is missing or empty")]
    Missing(&'static str),
    /// A parameter that says nothing that can be meant.
    #[error("{0} cannot be read")]
    Value(&'static str),
}

/// The parameters of a call, decoded, in the order in which they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a body.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let mut read: Vec<(String, String)> = Vec::new();
        if body.is_empty() {
            return Ok(Self(read));
        }
        for pair in body.split(|byte| *byte == b'&') {
            let at = pair.iter().position(|byte| *byte == b'=').ok_or(Fault::Syntax)?;
            let (name, value) = pair.split_at(at);
            let (name, value) = (decoded(name)?, decoded(value.get(1..).unwrap_or_default())?);
            if name.is_empty() {
                return Err(Fault::Syntax);
            }
            if name.len() > MAX_NAME || read.len() == MAX_PARAMETERS {
                return Err(Fault::Size);
            }
            read.push((name, value));
        }
        let mut names: Vec<_> = read.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        if names.windows(2).any(|two| two[0] == two[1]) {
            return Err(Fault::Twice);
        }
        Ok(Self(read))
    }

    /// All of them, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A parameter, as it came; empty ones are as good as none.
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<&str> {
        let found = self.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value).filter(|value| !value.is_empty())
    }

    /// A parameter that must be there.
    ///
    /// # Errors
    /// [`Fault::Missing`].
    pub fn text(&self, name: &'static str) -> Result<&str, Fault> {
        self.optional(name).ok_or(Fault::Missing(name))
    }
}

/// Percent-decoded, with `+` for a space.
fn decoded(text: &[u8]) -> Result<String, Fault> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let (high, low) = (rest.next().and_then(nibble), rest.next().and_then(nibble));
                high.zip(low)
                    .map(|(high, low)| high * 16 + low)
                    .ok_or(Fault::Syntax)?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| Fault::Syntax)
}

fn nibble(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

/// Writes a text as PHP's `urlencode` does, which is how the senders of forms that are signed in their encoded
/// shape write theirs: letters, digits and `-_.` as they are, a space as `+`, everything else as `%XX`.
pub fn encode(text: &str, into: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => into.push(char::from(byte)),
            b' ' => into.push('+'),
            other => {
                into.push('%');
                into.push(char::from(HEX[usize::from(other >> 4)]));
                into.push(char::from(HEX[usize::from(other & 15)]));
            }
        }
    }
}

/// A body of these parameters.
#[must_use]
pub fn write<'p>(parameters: impl IntoIterator<Item = (&'p str, &'p str)>) -> String {
    let mut body = String::new();
    for (name, value) in parameters {
        if !body.is_empty() {
            body.push('&');
        }
        encode(name, &mut body);
        body.push('=');
        encode(value, &mut body);
    }
    body
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(body: &str) -> Vec<(String, String)> {
        Form::parse(body.as_bytes()).unwrap().0
    }

    #[test]
    fn parameters_are_decoded_and_keep_their_order() {
        let read = pairs("b=1&a=x%20y+z%2B&c=&d=1=2&%61b=%E2%82%AC");
        let names: Vec<_> = read
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            names,
            [("b", "1"), ("a", "x y z+"), ("c", ""), ("d", "1=2"), ("ab", "€")]
        );
        let form = Form::parse(b"a=1&b=").unwrap();
        assert_eq!(
            (form.text("a"), form.text("b")),
            (Ok("1"), Err(Fault::Missing("b")))
        );
        assert_eq!(pairs(""), []);
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for (body, fault) in [
            ("a=1&a=2", Fault::Twice),
            ("a=1&%61=1", Fault::Twice),
            ("a", Fault::Syntax),
            ("a=1&", Fault::Syntax),
            ("&a=1", Fault::Syntax),
            ("=1", Fault::Syntax),
            ("a=%", Fault::Syntax),
            ("a=%4", Fault::Syntax),
            ("a=%zz", Fault::Syntax),
            ("a=%+1", Fault::Syntax),
            ("a=%ff", Fault::Syntax),
            ("{\"a\":1}", Fault::Syntax),
        ] {
            assert_eq!(Form::parse(body.as_bytes()), Err(fault), "{body}");
        }
        let long = format!("{}=1", "n".repeat(MAX_NAME + 1));
        assert_eq!(Form::parse(long.as_bytes()), Err(Fault::Size));
        let many: Vec<_> = (0..=MAX_PARAMETERS).map(|at| format!("p{at}=1")).collect();
        assert_eq!(Form::parse(many.join("&").as_bytes()), Err(Fault::Size));
        assert!(Form::parse(many[1..].join("&").as_bytes()).is_ok());
    }

    proptest! {
        #[test]
        fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Form::parse(&body);
        }

        #[test]
        fn what_is_written_is_read(parameters in proptest::collection::btree_map(".{1,20}", ".{0,20}", 0..8)) {
            let body = write(parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            let read: std::collections::BTreeMap<_, _> = Form::parse(body.as_bytes()).unwrap().0.into_iter().collect();
            prop_assert_eq!(read, parameters);
        }
    }
}
