//! A JSON object, field by field.

use std::{collections::BTreeMap, fmt};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Fault, Status};

/// The longest id or name looked at, in bytes. UUIDs have 36; the ledger keeps at most 200.
pub(super) const MAX_TEXT: usize = 128;

/// An object's fields as raw text.
pub(in crate::hub88) struct Object {
    fields: BTreeMap<String, Box<RawValue>>,
    pub(super) repeated: bool,
}

impl Object {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Fault> {
        serde_json::from_slice(body).map_err(|_| Fault {
            status: Status::WrongSyntax,
            request_uuid: None,
        })
    }

    /// The field if it is an acceptable text, for an answer to a request that is not read further.
    pub(super) fn peek_text(&self, field: &str) -> Option<String> {
        text(self.fields.get(field)?).ok()
    }

    pub(super) fn text(&mut self, field: &str) -> Result<String, Status> {
        text(self.fields.get(field).ok_or(Status::WrongSyntax)?)
    }

    pub(super) fn optional_text(&mut self, field: &str) -> Result<Option<String>, Status> {
        match self.fields.get(field) {
            None => Ok(None),
            Some(raw) if raw.get() == "null" => Ok(None),
            Some(raw) => text(raw).map(Some),
        }
    }

    pub(super) fn flag(&mut self, field: &str) -> Result<bool, Status> {
        match self.fields.get(field).map(|raw| raw.get()) {
            None | Some("null" | "false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Status::WrongTypes),
        }
    }

    pub(super) fn amount(&mut self, field: &str) -> Result<i64, Status> {
        let raw = self.fields.get(field).ok_or(Status::WrongSyntax)?.get();
        let amount: i64 = raw.parse().map_err(|_| Status::WrongTypes)?;
        if amount < 0 {
            Err(Status::WrongSyntax)
        } else {
            Ok(amount)
        }
    }
}

/// A JSON string of 1 to 128 bytes without control characters, taken as it is: ids are
/// case-sensitive and never normalised.
fn text(raw: &RawValue) -> Result<String, Status> {
    if !raw.get().starts_with('"') {
        return Err(Status::WrongTypes);
    }
    let text: String = serde_json::from_str(raw.get()).map_err(|_| Status::WrongSyntax)?;
    let acceptable = (1..=MAX_TEXT).contains(&text.len()) && !text.chars().any(char::is_control);
    if acceptable {
        Ok(text)
    } else {
        Err(Status::WrongSyntax)
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
