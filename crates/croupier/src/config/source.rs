//! Where settings come from: a file, then the environment, each section read by itself so that a
//! fault in one does not hide the faults of the others.

use std::{collections::HashMap, path::Path};

use config::{File, FileFormat};
use serde::de::DeserializeOwned;

use super::{Config, SecretUrl, secrets};

/// Why the server does not start: every fault of the settings.
#[derive(Debug, thiserror::Error)]
#[error("the settings are not as they must be:\n  - {}\nconfig.default.toml says what each setting takes", .0.join("\n  - "))]
pub struct ConfigError(pub Vec<String>);

/// The environment's variables, by name.
#[derive(Clone, Debug, Default)]
pub struct Environment(HashMap<String, String>);

impl Environment {
    /// The process's own.
    #[must_use]
    pub fn process() -> Self {
        Self(
            std::env::vars_os()
                .filter_map(|(name, value)| {
                    // A value that is no text is a fault of its setting, not an absent one.
                    Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
                })
                .collect(),
        )
    }

    /// These and no others.
    #[must_use]
    pub fn of<const N: usize>(variables: [(&str, &str); N]) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    /// A variable that is set and not empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.set(name).filter(|value| !value.is_empty())
    }

    /// A variable that is set, to nothing maybe.
    fn set(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// `CROUPIER_SECTION__KEY`, the settings among the variables.
    fn settings(&self) -> HashMap<String, String> {
        let setting = |name: &str| {
            name.strip_prefix("CROUPIER_")
                .is_some_and(|rest| rest.contains("__"))
        };
        self.0
            .iter()
            .filter(|(name, _)| setting(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

const SECTIONS: [&str; 20] = [
    "house",
    "brands",
    "edge",
    "admin",
    "database",
    "redis",
    "domains",
    "tokens",
    "password",
    "sign_in",
    "sessions",
    "exclusion",
    "limits",
    "wallet",
    "rounds",
    "payments",
    "game",
    "providers",
    "internal",
    "log",
];

/// The settings that hold lists, which the environment writes with commas.
const LISTS: [&str; 5] = [
    "edge.trusted_proxies",
    "edge.metrics_peers",
    "internal.player_callers",
    "internal.wallet_callers",
    "internal.game_callers",
];

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// [`ConfigError`] with every fault.
    pub fn load(file: Option<&Path>, env: &Environment) -> Result<Self, ConfigError> {
        let mut builder = config::Config::builder();
        if let Some(file) = file {
            builder = builder.add_source(File::from(file).format(FileFormat::Toml).required(true));
        }
        let mut variables = config::Environment::with_prefix("CROUPIER")
            .prefix_separator("_")
            .separator("__")
            .try_parsing(true)
            .list_separator(",")
            .source(Some(env.settings()));
        for list in LISTS {
            variables = variables.with_list_parse_key(list);
        }
        for protocol in &croupier_game::provider::PROTOCOLS {
            for list in ["keys", "peers"] {
                variables =
                    variables.with_list_parse_key(&format!("providers.{}.{list}", protocol.spec.name));
            }
        }
        let raw = builder
            .add_source(variables)
            .build()
            .map_err(|fault| ConfigError(vec![fault.to_string()]))?;
        Self::read(&raw, env)
    }

    fn read(raw: &config::Config, env: &Environment) -> Result<Self, ConfigError> {
        let mut faults = Vec::new();
        if let Ok(table) = raw.cache.clone().into_table() {
            let mut unknown: Vec<_> = table
                .into_keys()
                .filter(|key| !SECTIONS.contains(&key.as_str()))
                .collect();
            unknown.sort();
            faults.extend(
                unknown.iter().map(|section| {
                    format!("[{section}] is not a section; there are {}", SECTIONS.join(", "))
                }),
            );
        }
        let mut config = Self {
            // Set to nothing it is none of the three: somebody meant to set it.
            enforcement: match env.set("MULTI_BRAND_ENFORCEMENT").map(str::parse) {
                None => Default::default(),
                Some(Ok(mode)) => mode,
                Some(Err(fault)) => {
                    faults.push(format!("{fault}"));
                    Default::default()
                }
            },
            house: section(raw, "house", &mut faults),
            brands: section(raw, "brands", &mut faults),
            edge: section(raw, "edge", &mut faults),
            admin: section(raw, "admin", &mut faults),
            database: section(raw, "database", &mut faults),
            redis: section(raw, "redis", &mut faults),
            domains: section(raw, "domains", &mut faults),
            tokens: section(raw, "tokens", &mut faults),
            password: section(raw, "password", &mut faults),
            sign_in: section(raw, "sign_in", &mut faults),
            sessions: section(raw, "sessions", &mut faults),
            exclusion: section(raw, "exclusion", &mut faults),
            limits: section(raw, "limits", &mut faults),
            wallet: section(raw, "wallet", &mut faults),
            rounds: section(raw, "rounds", &mut faults),
            payments: section(raw, "payments", &mut faults),
            game: section(raw, "game", &mut faults),
            providers: section(raw, "providers", &mut faults),
            internal: section(raw, "internal", &mut faults),
            log: section(raw, "log", &mut faults),
            signing_keys: secrets::signing_keys(env, &mut faults),
            service_tokens: secrets::service_tokens(env, &mut faults),
        };
        config.providers.read_secrets(env, &mut faults);
        if let Some(url) = env.get("DATABASE_URL") {
            config.database.url = SecretUrl(url.to_owned());
        }
        if let Some(url) = env.get("REDIS_URL") {
            config.redis.url = SecretUrl(url.to_owned());
        }
        faults.extend(config.faults());
        if faults.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError(faults))
        }
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = self.edge.faults();
        faults.extend(self.password.faults());
        faults.extend(self.sign_in.faults());
        faults.extend(self.sessions.faults());
        faults.extend(self.exclusion.faults());
        faults.extend(self.limits.faults());
        faults.extend(self.wallet.faults());
        faults.extend(self.internal.faults());
        faults.extend(self.tokens.faults());
        faults.extend(self.providers.faults());
        let rules = [
            (
                "database.max_connections must be at least 2",
                self.database.max_connections >= 2,
            ),
            (
                "database.max_connections_per_brand must be at least 1",
                self.database.max_connections_per_brand >= 1,
            ),
            (
                "database.acquire_timeout_ms must be at least 1",
                self.database.acquire_timeout_ms > 0,
            ),
            (
                "database.statement_timeout_ms must be 100 to 3600000",
                (100..=3_600_000).contains(&self.database.statement_timeout_ms),
            ),
            (
                "database.idle_in_transaction_timeout_ms must be 1000 to 3600000",
                (1_000..=3_600_000).contains(&self.database.idle_in_transaction_timeout_ms),
            ),
            (
                "database.answer_timeout_ms must be more than database.statement_timeout_ms, and no more than 7200000",
                (self.database.statement_timeout_ms.saturating_add(1)..=7_200_000)
                    .contains(&self.database.answer_timeout_ms),
            ),
            (
                "database.keepalive_seconds must be 1 to 7200",
                (1..=7_200).contains(&self.database.keepalive_seconds),
            ),
            (
                "database.url must begin with postgres://",
                self.database.url.0.starts_with("postgres"),
            ),
            (
                "redis.url must begin with redis:// or rediss://",
                self.redis.url.0.starts_with("redis"),
            ),
            ("domains.entries must be at least 1", self.domains.entries > 0),
            (
                "domains.unknown_entries must be at least 1",
                self.domains.unknown_entries > 0,
            ),
            (
                "game.session_hours must be 1 to 720",
                (1..=720).contains(&self.game.session_hours),
            ),
            (
                "rounds.hang_after_minutes must be at least 1",
                self.rounds.hang_after_minutes > 0,
            ),
            (
                "rounds.look_back_days must be 1 to 3650",
                (1..=3_650).contains(&self.rounds.look_back_days),
            ),
        ];
        faults.extend(
            rules
                .iter()
                .filter(|(_, good)| !good)
                .map(|(rule, _)| (*rule).to_owned()),
        );
        faults
    }
}

fn section<T: DeserializeOwned + Default>(raw: &config::Config, name: &str, faults: &mut Vec<String>) -> T {
    match raw.get::<T>(name) {
        Ok(section) => section,
        Err(config::ConfigError::NotFound(_)) => T::default(),
        Err(fault) => {
            let each = faults_by_key::<T>(raw, name);
            faults.extend(if each.is_empty() {
                vec![format!("[{name}] {fault}")]
            } else {
                each
            });
            T::default()
        }
    }
}

/// A fault as the reader of a whole section gives it names no key and hides the faults after it, so each key is read
/// alone. Every section has defaults for the others.
fn faults_by_key<T: DeserializeOwned>(raw: &config::Config, name: &str) -> Vec<String> {
    let Ok(table) = raw.get_table(name) else {
        return Vec::new();
    };
    let mut keys: Vec<_> = table.into_iter().collect();
    keys.sort_by(|(key, _), (other, _)| key.cmp(other));
    let alone = |(key, value): (String, config::Value)| {
        let fault = T::deserialize(config::Value::from(HashMap::from([(key.clone(), value)]))).err()?;
        Some(format!("[{name}] {key}: {fault}"))
    };
    keys.into_iter().filter_map(alone).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use croupier_brand::enforcement::Mode;

    use super::*;

    #[test]
    fn the_documented_defaults_are_the_defaults() {
        let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config.default.toml"));
        let documented = Config::load(Some(file), &Environment::default()).unwrap();
        let built_in = Config::load(None, &Environment::default()).unwrap();
        assert_eq!(format!("{documented:?}"), format!("{built_in:?}"));
    }

    #[test]
    fn a_providers_secrets_come_from_the_environment_and_are_not_printed() {
        let env = Environment::of([
            ("PROVIDER_SECRET_SOFTSWISS", "the-first-secret,the-second-secret"),
            (
                "CROUPIER_PROVIDERS__SOFTSWISS__PEERS",
                "198.51.100.0/24,192.0.2.7/32",
            ),
            ("CROUPIER_PROVIDERS__HUB88__UNKNOWN_ROLLBACK", "refuse"),
        ]);
        let config = Config::load(None, &env).unwrap();
        let softswiss = config.providers.of("softswiss");
        assert_eq!((softswiss.secrets.len(), softswiss.peers.len()), (2, 2));
        assert!(config.providers.of("hub88").agreed().unknown_rollback.is_some());
        let printed = format!("{config:?}");
        assert!(
            !printed.contains("the-first") && !printed.contains("the-second"),
            "{printed}"
        );
        for (name, value, fault) in [
            (
                "PROVIDER_SECRET_SOFTSWISS",
                "the-first-secret,short",
                "PROVIDER_SECRET_SOFTSWISS: part 2",
            ),
            (
                "PROVIDER_SECRET_HUB88",
                "the-first-secret",
                "providers.hub88.keys",
            ),
            (
                "CROUPIER_PROVIDERS__NOBODY__LAUNCH_BASE",
                "https://x/",
                "[providers.nobody] is no provider; there are hub88",
            ),
            ("CROUPIER_PROVIDERS__HUB88__PEERS", "everywhere", "peers"),
            (
                "CROUPIER_PROVIDERS__HUB88__MERCHANT",
                "m",
                "providers.hub88.merchant: nothing is asked of hub88",
            ),
            (
                "CROUPIER_PROVIDERS__SLOTEGRATOR__API",
                "https://user:password@example.com/",
                "providers.slotegrator.api must have no user",
            ),
        ] {
            let said = Config::load(None, &Environment::of([(name, value)]))
                .unwrap_err()
                .to_string();
            assert!(said.contains(fault) && !said.contains("the-first"), "{said}");
        }
    }

    #[test]
    fn the_environment_wins_and_needs_no_file() {
        let env = Environment::of([
            ("CROUPIER_EDGE__LISTEN", "127.0.0.1:9999"),
            ("CROUPIER_EDGE__TRUSTED_PROXIES", "10.0.0.0/8,192.0.2.1/32"),
            ("MULTI_BRAND_ENFORCEMENT", "enforce"),
            ("DATABASE_URL", "postgres://somebody@127.0.0.1/x"),
            ("CROUPIER_PORT", "1"),
        ]);
        let config = Config::load(None, &env).unwrap();
        assert_eq!(
            (config.edge.listen.port(), config.edge.trusted_proxies.len()),
            (9999, 2)
        );
        assert_eq!(config.enforcement, Mode::Enforce);
        assert!(config.database.url.0.contains("somebody"));
    }

    #[test]
    fn every_fault_is_listed_at_once_and_no_secret() {
        let env = Environment::of([
            ("MULTI_BRAND_ENFORCEMENT", "strict"),
            ("CROUPIER_EDGE__MAX_BODY", "many"),
            ("CROUPIER_EDGE__NONSENSE", "1"),
            ("CROUPIER_GAME__SESSION_HOURS", "0"),
            ("CROUPIER_TYPO__X", "1"),
            ("BRAND_SIGNING_KEY", "k1:hunter2"),
            ("INTERNAL_SERVICE_TOKEN_GAME", "hunter3"),
        ]);
        let message = Config::load(None, &env).unwrap_err().to_string();
        for part in [
            "MULTI_BRAND_ENFORCEMENT",
            "[edge]",
            "session_hours",
            "[typo]",
            "BRAND_SIGNING_KEY",
            "INTERNAL_SERVICE_TOKEN_GAME",
        ] {
            assert!(message.contains(part), "{part} is missing in: {message}");
        }
        assert!(!message.contains("hunter"), "{message}");
    }

    #[test]
    fn secrets_are_not_printed() {
        let secret = "s".repeat(40);
        let keys = format!("k1:{secret}");
        let env = Environment::of([
            ("BRAND_SIGNING_KEY", keys.as_str()),
            ("DATABASE_URL", "postgres://u:ssssssssss@h/d"),
        ]);
        let printed = format!("{:?}", Config::load(None, &env).unwrap());
        assert!(!printed.contains("sssss"), "{printed}");
    }
}
