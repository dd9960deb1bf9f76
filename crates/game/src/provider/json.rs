//! JSON objects read strictly, field by field, for every protocol that speaks JSON.
//!
//! Fields that are not known are tolerated, because protocols grow; what is ambiguous is not: a key that
//! comes twice. A number is read from its own text, so `1e400`, `1.0` and what `i64` does not hold are
//! wrong types of one field, not a broken document, and no float is ever made.

use std::{
    borrow::{Borrow, Cow},
    collections::BTreeMap,
    fmt,
};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The longest id or name looked at, in bytes. UUIDs have 36; the ledger keeps at most 200.
pub const MAX_TEXT: usize = 128;

/// What is wrong with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Not one object, or a key of it comes twice.
    Syntax,
    /// The field is not there.
    Missing(&'static str),
    /// The field is of another type.
    Type(&'static str),
    /// The field has a value that cannot be meant.
    Value(&'static str),
}

/// An object's fields as raw text, where they stand in the document.
#[derive(Debug)]
pub struct Object<'a> {
    fields: BTreeMap<Name<'a>, &'a RawValue>,
    repeated: bool,
}

/// A field's name: the document's own text, but for one that is written with escapes.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name<'a>(Cow<'a, str>);

impl<'a> Object<'a> {
    /// Reads a document that is one object. Whether a key came twice is told by [`Self::once`], so that an id may be
    /// echoed of a document that is refused for it.
    ///
    /// # Errors
    /// [`Fault::Syntax`].
    pub fn parse(body: &'a [u8]) -> Result<Self, Fault> {
        serde_json::from_slice(body).map_err(|_| Fault::Syntax)
    }

    /// That no key came twice.
    ///
    /// # Errors
    /// [`Fault::Syntax`].
    pub fn once(&self) -> Result<(), Fault> {
        if self.repeated { Err(Fault::Syntax) } else { Ok(()) }
    }

    /// The field if it is an acceptable text, for an answer to a document that is not read further.
    #[must_use]
    pub fn peek_text(&self, field: &'static str) -> Option<String> {
        text(field, self.field(field)?).ok()
    }

    /// A text of 1 to 128 bytes without control characters, as it is.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn text(&self, field: &'static str) -> Result<String, Fault> {
        text(field, self.field(field).ok_or(Fault::Missing(field))?)
    }

    /// The same, where it may be absent or null.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn optional_text(&self, field: &'static str) -> Result<Option<String>, Fault> {
        self.present(field).map(|raw| text(field, raw)).transpose()
    }

    /// A truth value; absent or null is false.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn flag(&self, field: &'static str) -> Result<bool, Fault> {
        match self.present(field).map(|raw| raw.get()) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Fault::Type(field)),
        }
    }

    /// A whole number, not negative, that an `i64` holds.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn amount(&self, field: &'static str) -> Result<i64, Fault> {
        let raw = self.field(field).ok_or(Fault::Missing(field))?.get();
        let amount: i64 = raw.parse().map_err(|_| Fault::Type(field))?;
        if amount < 0 {
            Err(Fault::Value(field))
        } else {
            Ok(amount)
        }
    }

    /// A number as it is written, so that a decimal can be read without a float ([`croupier_brand::Currency::parse_amount`]).
    ///
    /// # Errors
    /// [`Fault`].
    pub fn number_text(&self, field: &'static str) -> Result<&str, Fault> {
        let raw = self.field(field).ok_or(Fault::Missing(field))?.get();
        let begins = raw.starts_with(|letter: char| letter == '-' || letter.is_ascii_digit());
        if begins { Ok(raw) } else { Err(Fault::Type(field)) }
    }

    /// An object within this one; none where it is absent or null.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn object(&self, field: &'static str) -> Result<Option<Self>, Fault> {
        self.present(field).map(|raw| within(field, raw)).transpose()
    }

    /// A list of objects; none where it is absent or null.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn list(&self, field: &'static str) -> Result<Vec<Self>, Fault> {
        let Some(raw) = self.present(field) else {
            return Ok(Vec::new());
        };
        let each: Vec<&'a RawValue> = serde_json::from_str(raw.get()).map_err(|_| Fault::Type(field))?;
        each.into_iter().map(|raw| within(field, raw)).collect()
    }

    fn field(&self, field: &str) -> Option<&'a RawValue> {
        self.fields.get(field).copied()
    }

    fn present(&self, field: &str) -> Option<&'a RawValue> {
        self.field(field).filter(|raw| raw.get() != "null")
    }
}

fn within<'a>(field: &'static str, raw: &'a RawValue) -> Result<Object<'a>, Fault> {
    let object: Object<'a> = serde_json::from_str(raw.get()).map_err(|_| Fault::Type(field))?;
    object.once()?;
    Ok(object)
}

fn text(field: &'static str, raw: &RawValue) -> Result<String, Fault> {
    let Some(written) = raw
        .get()
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    else {
        return Err(Fault::Type(field));
    };
    // It was read as JSON once: without an escape it is what is written.
    let text = if written.contains('\\') {
        serde_json::from_str(raw.get()).map_err(|_| Fault::Value(field))?
    } else {
        written.to_owned()
    };
    let acceptable = (1..=MAX_TEXT).contains(&text.len()) && !text.chars().any(char::is_control);
    if acceptable {
        Ok(text)
    } else {
        Err(Fault::Value(field))
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut object = Object {
                    fields: BTreeMap::new(),
                    repeated: false,
                };
                while let Some((name, value)) = map.next_entry()? {
                    object.repeated |= object.fields.insert(name, value).is_some();
                }
                Ok(object)
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a field's name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl Borrow<str> for Name<'_> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn lists_and_objects_within_are_read_as_strictly() {
        fn read(text: &str) -> Object<'_> {
            Object::parse(text.as_bytes()).unwrap()
        }
        let object = read(r#"{"a":[{"id":"x"},{"id":"y"}],"b":{"id":"z"},"c":null,"d":1.50}"#);
        let ids: Vec<_> = object
            .list("a")
            .unwrap()
            .iter()
            .map(|each| each.text("id").unwrap())
            .collect();
        assert_eq!(ids, ["x", "y"]);
        assert_eq!(object.object("b").unwrap().unwrap().text("id").unwrap(), "z");
        assert!(object.list("c").unwrap().is_empty() && object.object("none").unwrap().is_none());
        assert_eq!(object.number_text("d"), Ok("1.50"));
        assert_eq!(object.number_text("a"), Err(Fault::Type("a")));
        assert_eq!(object.list("b").unwrap_err(), Fault::Type("b"));
        assert_eq!(object.object("a").unwrap_err(), Fault::Type("a"));
        let twice = read(r#"{"a":[{"id":"x","id":"x"}]}"#);
        assert_eq!(twice.list("a").unwrap_err(), Fault::Syntax);
        assert_eq!(read(r#"{"a":[1]}"#).list("a").unwrap_err(), Fault::Type("a"));
    }

    #[test]
    fn an_escape_is_the_letter_that_it_stands_for() {
        let written = r#"{"\u0061":"\u0078\"","b":"é"}"#;
        let object = Object::parse(written.as_bytes()).unwrap();
        assert_eq!(object.text("a").unwrap(), "x\"");
        assert_eq!(object.text("b").unwrap(), "é");
        let twice = Object::parse(br#"{"a":1,"\u0061":2}"#).unwrap();
        assert_eq!(twice.once(), Err(Fault::Syntax));
        for control in [
            r#"{"a":"\u0000"}"#,
            r#"{"a":"\n"}"#,
            r#"{"a":"\ud800"}"#,
            r#"{"a":""}"#,
        ] {
            let object = Object::parse(control.as_bytes()).unwrap();
            assert_eq!(object.text("a"), Err(Fault::Value("a")), "{control}");
        }
        for broken in [
            "{\"a\":\"\u{1}\"}".as_bytes(),
            b"{\"a\":\"\xff\"}",
            b"{\"\xff\":1}",
        ] {
            assert_eq!(Object::parse(broken).unwrap_err(), Fault::Syntax, "{broken:?}");
        }
    }
}
