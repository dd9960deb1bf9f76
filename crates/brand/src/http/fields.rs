//! A JSON body read field by field, so that every fault of it is reported at once.
//!
//! Each field is parsed from its own raw text. A number such as `1e400`, which no number type
//! holds, is thereby a fault of its field, not of the whole document; unknown fields, repeated
//! fields and wrong types are faults with a name as well.

use std::{collections::BTreeMap, fmt};

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
};
use http::{StatusCode, header};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::problem::{FieldError, Problem};

/// The most unknown fields, and the most repeated ones, that an answer names: a body of nothing else
/// would be answered with ten times its size.
const MAX_STRANGERS: usize = 32;

/// The fields of a JSON object, and the faults found so far.
///
/// As an axum extractor it refuses other content types with 415 `unsupported_media_type` and a
/// body that is not a JSON object with 400 `malformed_body`.
#[derive(Debug)]
pub struct Fields {
    raw: BTreeMap<String, Box<RawValue>>,
    faults: Vec<FieldError>,
}

impl Fields {
    /// Reads a JSON object.
    ///
    /// # Errors
    /// 400 `malformed_body` when the text is not one JSON object.
    pub fn parse(body: &[u8]) -> Result<Self, Problem> {
        let object: RawObject = serde_json::from_slice(body).map_err(|fault| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "malformed_body",
                "The body must be one JSON object.",
            )
            .with_error(
                "body",
                format!(
                    "is not a JSON object: line {}, column {}",
                    fault.line(),
                    fault.column()
                ),
            )
        })?;
        let faults = object
            .repeated
            .into_iter()
            .map(|field| fault(shown(&field), "appears more than once"))
            .collect();
        Ok(Self {
            raw: object.fields,
            faults,
        })
    }

    /// A field that must be there and be a string `read` accepts. A fault is noted and gives `None`.
    pub fn text<T, E: fmt::Display>(
        &mut self,
        field: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match self.raw.remove(field) {
            None => self.note(field, "is required"),
            Some(raw) => self.read(field, &raw, read),
        }
    }

    /// A field that may be absent or null.
    pub fn optional_text<T, E: fmt::Display>(
        &mut self,
        field: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<Option<T>> {
        match self.raw.remove(field) {
            None => Some(None),
            Some(raw) if raw.get() == "null" => Some(None),
            Some(raw) => self.read(field, &raw, read).map(Some),
        }
    }

    /// Notes a fault found by other means.
    pub fn fault(&mut self, field: &str, message: impl fmt::Display) {
        let _: Option<()> = self.note(field, message);
    }

    /// Ends the reading: what is left is unknown. All fields when nothing was at fault.
    ///
    /// # Errors
    /// 422 `invalid_fields` naming every fault.
    pub fn finish<T: AllRead>(mut self, read: T) -> Result<T::Values, Problem> {
        for field in std::mem::take(&mut self.raw).into_keys().take(MAX_STRANGERS) {
            self.fault(&shown(&field), "is not a field of this request");
        }
        match (read.all(), self.faults.is_empty()) {
            (Some(values), true) => Ok(values),
            _ => Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid_fields",
                "Some fields are not as they must be.",
            )
            .with_errors(self.faults)),
        }
    }

    fn read<T, E: fmt::Display>(
        &mut self,
        field: &str,
        raw: &RawValue,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match serde_json::from_str::<String>(raw.get()) {
            Err(_) => self.note(field, "must be a string"),
            Ok(text) => match read(&text) {
                Ok(value) => Some(value),
                Err(message) => self.note(field, message),
            },
        }
    }

    fn note<T>(&mut self, field: &str, message: impl fmt::Display) -> Option<T> {
        self.faults.push(fault(field.to_owned(), message));
        None
    }
}

/// As much of a name that the client made up as an answer repeats.
fn shown(field: &str) -> String {
    field.chars().take(64).collect()
}

fn fault(field: String, message: impl fmt::Display) -> FieldError {
    FieldError {
        field,
        message: message.to_string(),
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let media_type = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("");
        if !media_type
            .split(';')
            .next()
            .unwrap_or("")
            .trim()
            .eq_ignore_ascii_case("application/json")
        {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "Send the body as application/json.",
            )
            .with_error("Content-Type", "must be application/json"));
        }
        Self::parse(&read_body(request, state).await?)
    }
}

/// Reads a body whole, within the limit that the router set.
///
/// # Errors
/// 413 `body_too_large`, or 400 `malformed_body` when the client broke off.
pub async fn read_body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state)
        .await
        .map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                "The body is larger than this server accepts.",
            )
            .with_error("body", "is too large"),
            _ => Problem::new(
                StatusCode::BAD_REQUEST,
                "malformed_body",
                "The body could not be read.",
            ),
        })
}

/// Fields that were each read, or not: a tuple of options.
pub trait AllRead {
    /// The tuple without the options.
    type Values;
    /// All of them, if each was read.
    fn all(self) -> Option<Self::Values>;
}

macro_rules! all_read {
    ($($name:ident: $kind:ident),+) => {
        impl<$($kind),+> AllRead for ($(Option<$kind>,)+) {
            type Values = ($($kind,)+);
            fn all(self) -> Option<Self::Values> {
                let ($($name,)+) = self;
                Some(($($name?,)+))
            }
        }
    };
}
all_read!(a: A);
all_read!(a: A, b: B);
all_read!(a: A, b: B, c: C);
all_read!(a: A, b: B, c: C, d: D);

/// An object's fields as raw text, with the names that came more than once.
struct RawObject {
    fields: BTreeMap<String, Box<RawValue>>,
    repeated: Vec<String>,
}

impl<'de> Deserialize<'de> for RawObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = RawObject;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawObject, A::Error> {
                let mut object = RawObject {
                    fields: BTreeMap::new(),
                    repeated: Vec::new(),
                };
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    if object.fields.insert(name.clone(), value).is_some()
                        && object.repeated.len() < MAX_STRANGERS
                    {
                        object.repeated.push(name);
                    }
                }
                Ok(object)
            }
        }
        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn any(text: &str) -> Result<String, &'static str> {
        Ok(text.to_owned())
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let mut fields = Fields::parse(br#"{"a": 1e400, "b": null, "c": "x", "c": "y", "d": true}"#).unwrap();
        let (a, b, c) = (
            fields.text("a", any),
            fields.text("b", any),
            fields.text("c", any),
        );
        let e = fields.text("e", |_| Err::<(), _>("never"));
        let problem = fields.finish((a, b, c, e)).unwrap_err();
        let mut named: Vec<_> = problem
            .errors()
            .iter()
            .map(|error| error.field.as_str())
            .collect();
        named.sort_unstable();
        assert_eq!(named, ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn what_is_not_an_object_is_malformed() {
        for body in [
            "",
            "[]",
            "nul",
            "{\"a\":}",
            "{\"a\":NaN}",
            "{} {}",
            "\"text\"",
            "{\"a\":\"\u{0}\"}",
        ] {
            assert_eq!(
                Fields::parse(body.as_bytes()).unwrap_err().code(),
                "malformed_body",
                "{body}"
            );
        }
    }

    #[test]
    fn optional_fields_may_be_absent_or_null() {
        for body in [r#"{"a":"x"}"#, r#"{"a":"x","email":null}"#] {
            let mut fields = Fields::parse(body.as_bytes()).unwrap();
            let read = (fields.text("a", any), fields.optional_text("email", any));
            assert_eq!(fields.finish(read).unwrap(), ("x".to_owned(), None));
        }
    }
}
