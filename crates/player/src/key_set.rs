//! The public keys as they are published, named by their digest.

use croupier_brand::token::{KeyError, PublicKeys};
use sha2::{Digest, Sha256};

/// A JWK set (RFC 7517, 5) with the entity tag of its bytes.
#[derive(Debug)]
pub(crate) struct KeySet {
    body: String,
    etag: String,
}

impl KeySet {
    pub(crate) fn new(keys: &PublicKeys) -> Result<Self, KeyError> {
        let body = keys.jwks()?.to_string();
        let digest = Sha256::digest(body.as_bytes());
        let etag = format!(
            "\"{}\"",
            digest
                .iter()
                .take(16)
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        );
        Ok(Self { body, etag })
    }

    pub(crate) fn body(&self) -> &str {
        &self.body
    }

    pub(crate) fn etag(&self) -> &str {
        &self.etag
    }

    /// Whether an `If-None-Match` names this set (RFC 9110, 13.1.2: weak comparison).
    pub(crate) fn is_named_by(&self, if_none_match: &str) -> bool {
        if_none_match
            .split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.etag)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use croupier_brand::{
        Clock,
        token::{KeyDir, Kid},
    };
    use uuid::Uuid;

    use super::*;

    /// Fresh keys of these ids.
    fn keys(kids: &[&str]) -> PublicKeys {
        let path = std::env::temp_dir().join(format!("croupier-player-{}", Uuid::new_v4()));
        let dir = KeyDir::new(&path);
        for kid in kids {
            dir.generate(&Kid::parse(kid).unwrap(), Clock::system().now())
                .unwrap();
        }
        let keys = dir.public_keys().unwrap();
        std::fs::remove_dir_all(path).unwrap();
        keys
    }

    #[test]
    fn every_key_is_published_and_nothing_private() {
        let set = KeySet::new(&keys(&["k1", "k2"])).unwrap();
        let json: serde_json::Value = serde_json::from_str(set.body()).unwrap();
        assert_eq!(json["keys"].as_array().unwrap().len(), 2);
        for key in json["keys"].as_array().unwrap() {
            assert_eq!(
                (key["kty"].as_str(), key["use"].as_str(), key["alg"].as_str()),
                (Some("RSA"), Some("sig"), Some("RS256"))
            );
            for private in ["d", "p", "q", "dp", "dq", "qi"] {
                assert!(key.get(private).is_none(), "{private}");
            }
        }
    }

    #[test]
    fn the_tag_names_the_set_and_no_other() {
        let (one, other) = (
            KeySet::new(&keys(&["k1"])).unwrap(),
            KeySet::new(&keys(&["k1"])).unwrap(),
        );
        assert_ne!(one.etag(), other.etag());
        for header in [
            one.etag().to_owned(),
            format!("W/{}", one.etag()),
            format!("\"x\", {}", one.etag()),
            "*".to_owned(),
        ] {
            assert!(one.is_named_by(&header), "{header}");
        }
        for header in ["", "\"\"", other.etag(), one.etag().trim_matches('"')] {
            assert!(!one.is_named_by(header), "{header}");
        }
    }
}
