//! One name for several texts.

use aws_lc_rs::digest::{SHA256, digest};

/// The SHA-256 of texts, hexadecimal. Each goes in with its length, so that no others have the same.
pub(crate) fn name_of(parts: &[&str]) -> String {
    let mut named = Vec::new();
    for part in parts {
        named.extend((part.len() as u64).to_be_bytes());
        named.extend(part.as_bytes());
    }
    let hash = digest(&SHA256, &named);
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
