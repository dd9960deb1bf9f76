//! The settings, typed: a struct a concern, read from a file and the environment, judged as a
//! whole before anything starts. Every fault is listed at once; no secret is ever printed.

mod house;
mod internal;
mod providers;
mod secrets;
mod source;
mod tokens;

use std::{collections::HashMap, fmt, net::SocketAddr};

use croupier_brand::{
    domain::MapLimits,
    enforcement::Mode,
    signature::{BrandKey, Secret},
    tx::{Pooler, StatementLimits},
};
use croupier_gateway::EdgeConfig;
use serde::Deserialize;

pub use house::{HouseConfig, Stage};
pub use internal::{Caller, HostPort, InternalConfig};
pub use providers::{ProviderConfig, ProvidersConfig};
pub use source::{ConfigError, Environment};
pub use tokens::TokenConfig;

/// Everything that can be set; `config.default.toml` documents each key.
#[derive(Clone, Debug)]
pub struct Config {
    /// How strictly claims about brands are taken.
    pub enforcement: Mode,
    /// `[house]`.
    pub house: HouseConfig,
    /// `[brands]`.
    pub brands: BrandsConfig,
    /// `[edge]`.
    pub edge: EdgeConfig,
    /// `[admin]`.
    pub admin: AdminConfig,
    /// `[database]`.
    pub database: DatabaseConfig,
    /// `[redis]`.
    pub redis: RedisConfig,
    /// `[domains]`.
    pub domains: MapLimits,
    /// `[tokens]`.
    pub tokens: TokenConfig,
    /// `[password]`.
    pub password: croupier_player::PasswordCost,
    /// `[sign_in]`.
    pub sign_in: croupier_player::SignInLimits,
    /// `[sessions]`.
    pub sessions: croupier_player::SessionLimits,
    /// `[exclusion]`.
    pub exclusion: croupier_player::ExclusionLimits,
    /// `[limits]`.
    pub limits: croupier_wallet::PersonalLimits,
    /// `[wallet]`.
    pub wallet: croupier_wallet::WalletLimits,
    /// `[rounds]`.
    pub rounds: RoundsConfig,
    /// `[payments]`.
    pub payments: PaymentsConfig,
    /// `[game]`.
    pub game: GameConfig,
    /// `[providers]`.
    pub providers: ProvidersConfig,
    /// `[internal]`.
    pub internal: InternalConfig,
    /// `[log]`.
    pub log: LogConfig,
    /// `BRAND_SIGNING_KEY`.
    pub signing_keys: Vec<BrandKey>,
    /// `INTERNAL_SERVICE_TOKEN_<CALLER>`, by caller.
    pub service_tokens: HashMap<Caller, Secret>,
}

/// Brands as a whole.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BrandsConfig {
    /// The code of the brand that unbelieved claims run under in the modes that let them pass.
    pub default: Option<String>,
}

/// The back office's listener.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AdminConfig {
    /// Where operators are served.
    pub listen: SocketAddr,
}

impl Default for AdminConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8090)),
        }
    }
}

/// The application role's connections.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// The application role's URL.
    pub url: SecretUrl,
    /// Connections kept at the most.
    pub max_connections: u32,
    /// Connections that one brand may hold at a time, so that its rush leaves the others some.
    pub max_connections_per_brand: u32,
    /// Milliseconds a request waits for one.
    pub acquire_timeout_ms: u64,
    /// Milliseconds the server works on a statement.
    pub statement_timeout_ms: u32,
    /// Milliseconds a transaction waits for its next statement.
    pub idle_in_transaction_timeout_ms: u32,
    /// Milliseconds an answer is waited for before its connection is taken for lost.
    pub answer_timeout_ms: u32,
    /// Seconds after which the server asks whether the other end of a silent connection is there.
    pub keepalive_seconds: u32,
    /// What stands between the application and PostgreSQL.
    pub pooler: Pooler,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            url: SecretUrl("postgres://croupier_app@127.0.0.1:5432/croupier".to_owned()),
            max_connections: 32,
            max_connections_per_brand: 16,
            acquire_timeout_ms: 3_000,
            statement_timeout_ms: 30_000,
            idle_in_transaction_timeout_ms: 30_000,
            answer_timeout_ms: 35_000,
            keepalive_seconds: 60,
            pooler: Pooler::None,
        }
    }
}

impl DatabaseConfig {
    /// What statements are held to.
    #[must_use]
    pub fn statement_limits(&self) -> StatementLimits {
        StatementLimits::new(
            self.statement_timeout_ms,
            self.idle_in_transaction_timeout_ms,
            self.answer_timeout_ms,
        )
    }
}

/// Redis.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RedisConfig {
    /// Its URL.
    pub url: SecretUrl,
}

impl Default for RedisConfig {
    fn default() -> Self {
        Self {
            url: SecretUrl("redis://127.0.0.1:6379".to_owned()),
        }
    }
}

/// What `croupier rounds` looks for.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoundsConfig {
    /// Minutes after which a bet without a result makes its round one that hangs.
    pub hang_after_minutes: u32,
    /// How many days back hanging rounds are looked for.
    pub look_back_days: u32,
}

impl Default for RoundsConfig {
    fn default() -> Self {
        Self {
            hang_after_minutes: 15,
            look_back_days: 30,
        }
    }
}

/// Where deposits come from.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PaymentsConfig {
    /// Approve deposits without taking money. Never where money is real.
    pub sandbox: bool,
    /// How often deposits that were begun and are not over are gone on with, milliseconds. 0: never by this process.
    pub finish_interval_ms: u32,
}

impl Default for PaymentsConfig {
    fn default() -> Self {
        Self {
            sandbox: false,
            finish_interval_ms: 30_000,
        }
    }
}

/// Launches and providers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GameConfig {
    /// Where launch URLs lead.
    pub launch_base: String,
    /// Hours a launch's token is good for bets.
    pub session_hours: u32,
}

impl Default for GameConfig {
    fn default() -> Self {
        Self {
            launch_base: "http://127.0.0.1:8080/sandbox/launch".to_owned(),
            session_hours: 12,
        }
    }
}

/// The log.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// Lines for machines or for people.
    pub format: LogFormat,
    /// tracing's filter.
    pub filter: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            format: LogFormat::Json,
            filter: "info,sqlx=warn".to_owned(),
        }
    }
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A JSON object a line.
    #[default]
    Json,
    /// For people.
    Pretty,
}

/// A URL that may carry a password. Never printed.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct SecretUrl(pub String);

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretUrl(…)")
    }
}
