//! JSON objects read strictly, field by field, for every protocol that speaks JSON.
//!
//! Fields that are not known are tolerated, because protocols grow; what is ambiguous is not: a key that
//! comes twice. A number is read from its own text, so `1e400`, `1.0` and what `i64` does not hold are
//! wrong types of one field, not a broken document, and no float is ever made.

use std::{collections::BTreeMap, fmt};

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

/// An object's fields as raw text.
#[derive(Debug)]
pub struct Object {
    fields: BTreeMap<String, Box<RawValue>>,
    repeated: bool,
}

impl Object {
    /// Reads a document that is one object. Whether a key came twice is told by [`Self::once`], so that an id may be
    /// echoed of a document that is refused for it.
    ///
    /// # Errors
    /// [`Fault::Syntax`].
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
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
        text(field, self.fields.get(field)?).ok()
    }

    /// A text of 1 to 128 bytes without control characters, as it is.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn text(&self, field: &'static str) -> Result<String, Fault> {
        text(field, self.fields.get(field).ok_or(Fault::Missing(field))?)
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
        let raw = self.fields.get(field).ok_or(Fault::Missing(field))?.get();
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
        let raw = self.fields.get(field).ok_or(Fault::Missing(field))?.get();
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
        let each: Vec<Box<RawValue>> = serde_json::from_str(raw.get()).map_err(|_| Fault::Type(field))?;
        each.iter().map(|raw| within(field, raw)).collect()
    }

    fn present(&self, field: &str) -> Option<&RawValue> {
        self.fields
            .get(field)
            .map(|raw| &**raw)
            .filter(|raw| raw.get() != "null")
    }
}

fn within(field: &'static str, raw: &RawValue) -> Result<Object, Fault> {
    let object: Object = serde_json::from_str(raw.get()).map_err(|_| Fault::Type(field))?;
    object.once()?;
    Ok(object)
}

fn text(field: &'static str, raw: &RawValue) -> Result<String, Fault> {
    if !raw.get().starts_with('"') {
        return Err(Fault::Type(field));
    }
    let text: String = serde_json::from_str(raw.get()).map_err(|_| Fault::Value(field))?;
    let acceptable = (1..=MAX_TEXT).contains(&text.len()) && !text.chars().any(char::is_control);
    if acceptable {
        Ok(text)
    } else {
        Err(Fault::Value(field))
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut object = Object {
                    fields: BTreeMap::new(),
                    repeated: false,
                };
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    object.repeated |= object.fields.insert(name, value).is_some();
                }
                Ok(object)
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn lists_and_objects_within_are_read_as_strictly() {
        let read = |text: &str| Object::parse(text.as_bytes()).unwrap();
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
}
