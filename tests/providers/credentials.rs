//! Keys of every provider: one byte changed anywhere, rotation with overlap, none at all.

use axum::body::Bytes;
use croupier_game::{
    conformance::{Kit, Message, ProviderKey, Say, Seat},
    provider::{Call, PROTOCOLS, Protocol},
};
use http::{HeaderMap, HeaderName, HeaderValue};
