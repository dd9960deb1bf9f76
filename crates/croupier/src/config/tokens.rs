//! `[tokens]`: the keys of access tokens, and how they rotate.

use std::path::PathBuf;

use serde::Deserialize;

/// Tokens and their keys.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TokenConfig {
    /// The `iss` claim.
    pub issuer: String,
    /// The folder of the keys of players' tokens.
    pub keys_dir: PathBuf,
    /// The folder of the keys of operators' tokens.
    pub operator_keys_dir: PathBuf,
    /// Seconds for which a new key is published before it signs.
    pub publish_seconds: u32,
    /// Milliseconds between two readings of the folders by a running process.
    pub reload_ms: u32,
}

impl Default for TokenConfig {
    fn default() -> Self {
        Self {
            issuer: "croupier".to_owned(),
            keys_dir: PathBuf::from("keys"),
            operator_keys_dir: PathBuf::from("operator-keys"),
            publish_seconds: 600,
            reload_ms: 5_000,
        }
    }
}

impl TokenConfig {
    /// What is wrong with these settings, each fault with its key.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let rules = [
            ("tokens.issuer must not be empty", !self.issuer.is_empty()),
            (
                "tokens.publish_seconds must be 2 to 604800 (a week)",
                (2..=604_800).contains(&self.publish_seconds),
            ),
            ("tokens.reload_ms must be at least 10", self.reload_ms >= 10),
            (
                "tokens.reload_ms must be at most a quarter of tokens.publish_seconds: a key has to be known before it signs",
                u64::from(self.reload_ms) * 4 <= u64::from(self.publish_seconds) * 1_000,
            ),
            (
                "tokens.operator_keys_dir must be another folder than tokens.keys_dir: the player role holds the private keys of the one, nobody those of the other",
                self.operator_keys_dir != self.keys_dir,
            ),
        ];
        rules
            .iter()
            .filter(|(_, good)| !good)
            .map(|(rule, _)| (*rule).to_owned())
            .collect()
    }

    /// Seconds for which others may keep the key set: half the time that a new key is in it before it
    /// signs. The other half is for the processes that read the folder now and then.
    #[must_use]
    pub fn jwks_max_age(&self) -> u32 {
        self.publish_seconds / 2
    }
}
