//! What to start, where and how.

use std::{env, fmt, path::PathBuf, sync::Arc};

use super::programs::Search;

/// Receives one line for a person for every step that takes time.
pub type Progress = Arc<dyn Fn(&str) + Send + Sync>;

/// Where the servers' data lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// In this folder, found again by the next start.
    Kept(PathBuf),
    /// In a folder of its own under the system's temporary folder, removed when the servers stop,
    /// even when they stop because this process was killed.
    Ephemeral,
}

/// What a committed transaction survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Power loss: `fsync`, `full_page_writes` and `synchronous_commit` are on.
    #[default]
    Full,
    /// The death of the server process (kill -9 included), not of the machine: `fsync` and `full_page_writes` are off,
    /// `synchronous_commit` stays on, since without it a killed server forgets what it acknowledged. For tests.
    TestFast,
}

/// Which port of 127.0.0.1 a server listens on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Port {
    /// Whichever is free.
    #[default]
    Free,
    /// This one; when it is taken, the message names the variable to change.
    Fixed {
        /// The port.
        port: u16,
        /// The environment variable that chooses it.
        set_by: &'static str,
    },
}

/// Everything [`super::Servers::start`] needs to know.
#[derive(Clone)]
pub struct ServersConfig {
    /// Where the data of private servers lives.
    pub data: Data,
    /// What a commit survives, on a private PostgreSQL.
    pub durability: Durability,
    /// More `-c name=value` settings for a private PostgreSQL; they win over those set here.
    pub postgres_settings: Vec<(String, String)>,
    /// Where a private PostgreSQL listens.
    pub postgres_port: Port,
    /// Where a private Redis listens.
    pub redis_port: Port,
    /// A PostgreSQL to use instead of a private one; see [`super::given`] for what is derived from it.
    pub database_url: Option<String>,
    /// The role that sets up and migrates, when it is not the one of `database_url`.
    pub owner_database_url: Option<String>,
    /// A Redis to use instead of a private one.
    pub redis_url: Option<String>,
    /// Where programs are looked for.
    pub search: Search,
    /// Told of every step that takes time.
    pub progress: Progress,
}

impl ServersConfig {
    /// Private servers with free ports and full durability, whatever the environment says. Silent.
    #[must_use]
    pub fn private(data: Data) -> Self {
        Self {
            data,
            durability: Durability::Full,
            postgres_settings: Vec::new(),
            postgres_port: Port::Free,
            redis_port: Port::Free,
            database_url: None,
            owner_database_url: None,
            redis_url: None,
            search: Search::system(),
            progress: Arc::new(|_| {}),
        }
    }

    /// As [`Self::private`], but with the servers of `DATABASE_URL`, `OWNER_DATABASE_URL` and `REDIS_URL`
    /// where those are set and not empty.
    #[must_use]
    pub fn from_env(data: Data) -> Self {
        let set = |name| env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            database_url: set("DATABASE_URL"),
            owner_database_url: set("OWNER_DATABASE_URL"),
            redis_url: set("REDIS_URL"),
            ..Self::private(data)
        }
    }
}

impl fmt::Debug for ServersConfig {
    /// Names the given servers without their passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServersConfig")
            .field("data", &self.data)
            .field("durability", &self.durability)
            .field("postgres_settings", &self.postgres_settings)
            .field("postgres_port", &self.postgres_port)
            .field("redis_port", &self.redis_port)
            .field("database_url", &self.database_url.as_ref().map(|_| "…"))
            .field("redis_url", &self.redis_url.as_ref().map(|_| "…"))
            .finish_non_exhaustive()
    }
}
