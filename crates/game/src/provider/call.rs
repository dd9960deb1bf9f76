//! A call as it came, and as it is answered.

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse, Response},
};
use croupier_brand::scope::VerifiedCallback;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use serde::Serialize;

use super::CallSpec;

/// A call as it came.
#[derive(Clone, Debug)]
pub struct Call {
    /// Which of the provider's.
    pub spec: &'static CallSpec,
    /// The path and query it was sent to, as the provider wrote them.
    pub uri: Uri,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, byte for byte.
    pub body: Bytes,
}

impl Call {
    /// A header that must be there once, as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (Some(only), None) => only.to_str().ok(),
            _ => None,
        }
    }

    /// The path with its query.
    #[must_use]
    pub fn target(&self) -> &str {
        self.uri
            .path_and_query()
            .map_or("/", http::uri::PathAndQuery::as_str)
    }
}

/// A call that proved to be the provider's.
#[derive(Clone, Copy, Debug)]
pub struct Verified<'a> {
    /// The call. What of it is not in the verified body was proved as the protocol proves it, or not at all.
    pub call: &'a Call,
    /// What was verified.
    pub callback: VerifiedCallback<'a>,
}

impl<'a> Verified<'a> {
    /// The verified body.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.callback.body()
    }
}

/// Why a call is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unserved {
    /// The body is larger than any of the provider's, or did not arrive whole.
    Body,
    /// It does not prove to be the provider's.
    Signature,
}

/// An answer in the protocol's words.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP's status.
    pub http: StatusCode,
    /// The protocol's word for what became of the call, for metrics and logs: of a few.
    pub code: &'static str,
    content_type: HeaderValue,
    body: Vec<u8>,
}

impl Reply {
    /// A JSON document.
    #[must_use]
    pub fn json(http: StatusCode, code: &'static str, document: &impl Serialize) -> Self {
        Self {
            http,
            code,
            content_type: HeaderValue::from_static("application/json"),
            // The answers are plain structures: they serialise.
            body: serde_json::to_vec(document).unwrap_or_default(),
        }
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.http;
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, self.content_type);
        response
    }
}
