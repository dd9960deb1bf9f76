//! PostgreSQL and Redis for development, demonstrations and tests: private ones, started and stopped with us.
//!
//! [`Servers::start`] leaves the machine as it found it but for the data folder: servers listen on free ports of
//! 127.0.0.1 with random passwords, run as an unprivileged account when we are root, and are gone when we are, in
//! whatever way we went. Their programs come from the machine ([`programs`]), else from Docker ([`docker`]); the servers
//! of `DATABASE_URL` and `REDIS_URL` are used instead where those are set ([`given`]).

mod cluster;
pub mod config;
mod data_dir;
pub mod docker;
pub mod error;
pub mod given;
mod guard;
mod leftover;
pub mod pgbouncer;
pub mod ports;
pub mod postgres;
pub mod programs;
pub(crate) mod ready;
pub mod redis;
pub mod roles;
mod secrets;
pub(crate) mod supervise;
pub mod unprivileged;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use config::{Data, Durability, Port, Progress, ServersConfig};
pub use data_dir::Home;
pub(crate) use data_dir::Outlook;
pub use error::ServersError;

use self::{
    docker::Container, given::GivenPostgres, postgres::PrivatePostgres, redis::PrivateRedis, roles::Role,
    secrets::Secrets, unprivileged::RunAs,
};

/// A running PostgreSQL and a running Redis.
///
/// Dropping it without [`Servers::stop`] stops private servers too, a moment later and without waiting.
#[derive(Debug)]
pub struct Servers {
    /// Where accounts, money and brands are.
    pub postgres: Postgres,
    /// Where projections are.
    pub redis: Redis,
    /// None when both servers are given. Dropped after the servers, so the lock outlives them.
    home: Option<Home>,
}

/// Whose PostgreSQL it is.
#[derive(Debug)]
pub enum Postgres {
    /// A process of ours.
    Private(Box<PrivatePostgres>),
    /// A container of ours.
    Container(Box<Container>),
    /// That of `DATABASE_URL`.
    Given(GivenPostgres),
}

/// Whose Redis it is.
#[derive(Debug)]
pub enum Redis {
    /// A process of ours.
    Private(Box<PrivateRedis>),
    /// A container of ours.
    Container(Box<Container>),
    /// That of `REDIS_URL`.
    Given(String),
}

impl Servers {
    /// Starts what is not given, both at once, and returns when each answers and PostgreSQL has its roles.
    ///
    /// The migrations are not run: the database may be empty.
    ///
    /// # Errors
    /// Each [`ServersError`] says what happened and what to do next. Nothing is left running.
    pub async fn start(config: ServersConfig) -> Result<Self, ServersError> {
        let (postgres, redis) = tokio::try_join!(given::postgres(&config), given::redis(&config))?;
        if let (Some(postgres), Some(redis)) = (&postgres, &redis) {
            let postgres = Postgres::Given(postgres.clone());
            return Ok(Self {
                postgres,
                redis: Redis::Given(redis.clone()),
                home: None,
            });
        }

        let run_as = RunAs::detect()?;
        let home = Home::open(&config.data, &run_as, &config.progress)?;
        let started = start_private(&config, &home, &run_as, postgres, redis).await;
        match started {
            Ok((postgres, redis)) => Ok(Self {
                postgres,
                redis,
                home: Some(home),
            }),
            Err(error) => {
                home.leave().await;
                Err(error)
            }
        }
    }

    /// For whatever needs more than the owner may: databases for tests. To the `postgres` database of a private
    /// server; for a given one it is the owner's URL.
    #[must_use]
    pub fn superuser_url(&self) -> String {
        match &self.postgres {
            Postgres::Private(server) => server.superuser_url(),
            Postgres::Container(server) => server.superuser_url(),
            Postgres::Given(given) => given.owner_url.clone(),
        }
    }

    /// For migrations: the owner of the database.
    #[must_use]
    pub fn owner_url(&self) -> String {
        match &self.postgres {
            Postgres::Private(server) => server.owner_url(),
            Postgres::Container(server) => server.owner_url(),
            Postgres::Given(given) => given.owner_url.clone(),
        }
    }

    /// For the application: a role that owns nothing and obeys row security.
    #[must_use]
    pub fn app_url(&self) -> String {
        match &self.postgres {
            Postgres::Private(server) => server.app_url(),
            Postgres::Container(server) => server.app_url(),
            Postgres::Given(given) => given.app_url.clone(),
        }
    }

    /// For the application.
    #[must_use]
    pub fn redis_url(&self) -> String {
        match &self.redis {
            Redis::Private(server) => server.url(),
            Redis::Container(server) => server.superuser_url(),
            Redis::Given(url) => url.clone(),
        }
    }

    /// Where the data, the logs and the passwords of private servers are. Not always the folder that was asked for.
    #[must_use]
    pub fn home(&self) -> Option<&Path> {
        self.home.as_ref().map(Home::path)
    }

    /// The folder of the servers' logs.
    #[must_use]
    pub fn logs(&self) -> Option<PathBuf> {
        self.home().map(|home| home.join("log"))
    }

    /// Stops private servers in order, waits until they are gone, and removes ephemeral data.
    pub async fn stop(self) {
        tokio::join!(self.postgres.stop(), self.redis.stop());
        if let Some(home) = self.home {
            home.leave().await;
        }
    }
}

/// Refuses a data folder that a running process holds, before anything in it is touched.
///
/// # Errors
/// [`ServersError::AlreadyRunning`]; [`ServersError::NoAccount`] and its like when we cannot tell.
pub(crate) fn nobody_holds(dir: &Path) -> Result<(), ServersError> {
    match Outlook::of(dir, &RunAs::detect()?) {
        Outlook {
            home,
            held_by: Some(pid),
            ..
        } => Err(ServersError::AlreadyRunning { dir: home, pid }),
        _ => Ok(()),
    }
}

async fn start_private(
    config: &ServersConfig,
    home: &Home,
    run_as: &RunAs,
    postgres: Option<GivenPostgres>,
    redis: Option<String>,
) -> Result<(Postgres, Redis), ServersError> {
    let secrets = Secrets::load_or_make(home, &home.path().join("postgres"))?;
    let (postgres, redis) = tokio::join!(
        async {
            match postgres {
                Some(given) => Ok(Postgres::Given(given)),
                None => Postgres::start(config, home, run_as, &secrets).await,
            }
        },
        async {
            match redis {
                Some(url) => Ok(Redis::Given(url)),
                None => Redis::start(config, home, run_as, &secrets).await,
            }
        }
    );
    match (postgres, redis) {
        (Ok(postgres), Ok(redis)) => Ok((postgres, redis)),
        (Ok(postgres), Err(error)) => {
            postgres.stop().await;
            Err(error)
        }
        (Err(error), Ok(redis)) => {
            redis.stop().await;
            Err(error)
        }
        (Err(error), Err(_)) => Err(error),
    }
}

impl Postgres {
    async fn start(
        config: &ServersConfig,
        home: &Home,
        run_as: &RunAs,
        secrets: &Secrets,
    ) -> Result<Self, ServersError> {
        let server = match config.search.new_enough_postgres() {
            Ok(programs) => {
                let server = PrivatePostgres::start(config, home, run_as, secrets.clone(), programs).await?;
                Self::Private(Box::new(server))
            }
            Err(missing) => match docker::running(&config.search).await {
                Some(docker) => Self::Container(Box::new(
                    Container::start_postgres(config, home, secrets, docker).await?,
                )),
                None => return Err(missing),
            },
        };
        match server.set_up(secrets).await {
            Ok(()) => Ok(server),
            Err(error) => {
                server.stop().await;
                Err(error)
            }
        }
    }

    /// On every start, because an interrupted first one may have made only some of it.
    async fn set_up(&self, secrets: &Secrets) -> Result<(), ServersError> {
        let superuser_url = match self {
            Self::Private(server) => server.superuser_url(),
            Self::Container(server) => server.superuser_url(),
            Self::Given(_) => return Ok(()),
        };
        let owner = Role {
            name: roles::OWNER_ROLE,
            password: Some(&secrets.owner),
        };
        let app = Role {
            name: roles::APP_ROLE,
            password: Some(&secrets.app),
        };
        roles::ensure(&superuser_url, &[owner, app]).await?;
        roles::ensure_database(&superuser_url).await
    }

    /// The server's process, if it is one of ours and runs.
    pub async fn pid(&self) -> Option<u32> {
        match self {
            Self::Private(server) => server.pid().await,
            Self::Container(_) | Self::Given(_) => None,
        }
    }

    /// Kills it as a crash would (SIGKILL), and waits until it is gone. Its data stays.
    ///
    /// # Errors
    /// [`ServersError::External`] for a given server.
    pub async fn kill(&self) -> Result<(), ServersError> {
        match self {
            Self::Private(server) => {
                server.kill().await;
                Ok(())
            }
            Self::Container(server) => server.kill().await,
            Self::Given(_) => Err(ServersError::External("DATABASE_URL")),
        }
    }

    /// Starts it again on the same port with the same data; stops it in order first when it still runs.
    ///
    /// # Errors
    /// [`ServersError::External`] for a given server, [`ServersError::NotReady`] when it does not answer.
    pub async fn restart(&self) -> Result<(), ServersError> {
        match self {
            Self::Private(server) => server.restart().await,
            Self::Container(server) => server.restart().await,
            Self::Given(_) => Err(ServersError::External("DATABASE_URL")),
        }
    }

    async fn stop(&self) {
        match self {
            Self::Private(server) => server.stop().await,
            Self::Container(server) => server.stop().await,
            Self::Given(_) => {}
        }
    }
}

impl Redis {
    async fn start(
        config: &ServersConfig,
        home: &Home,
        run_as: &RunAs,
        secrets: &Secrets,
    ) -> Result<Self, ServersError> {
        if let Some(program) = config.search.redis() {
            let server = PrivateRedis::start(config, home, run_as, secrets, program).await?;
            return Ok(Self::Private(Box::new(server)));
        }
        match docker::running(&config.search).await {
            Some(docker) => Ok(Self::Container(Box::new(
                Container::start_redis(config, home, secrets, docker).await?,
            ))),
            None => Err(ServersError::Missing {
                what: "Redis (redis-server)",
            }),
        }
    }

    /// The server's process, if it is one of ours and runs.
    pub async fn pid(&self) -> Option<u32> {
        match self {
            Self::Private(server) => server.pid().await,
            Self::Container(_) | Self::Given(_) => None,
        }
    }

    /// Kills it as a crash would (SIGKILL), and waits until it is gone.
    ///
    /// # Errors
    /// [`ServersError::External`] for a given server.
    pub async fn kill(&self) -> Result<(), ServersError> {
        match self {
            Self::Private(server) => {
                server.kill().await;
                Ok(())
            }
            Self::Container(server) => server.kill().await,
            Self::Given(_) => Err(ServersError::External("REDIS_URL")),
        }
    }

    /// Starts it again on the same port; stops it in order first when it still runs.
    ///
    /// # Errors
    /// [`ServersError::External`] for a given server, [`ServersError::NotReady`] when it does not answer.
    pub async fn restart(&self) -> Result<(), ServersError> {
        match self {
            Self::Private(server) => server.restart().await,
            Self::Container(server) => server.restart().await,
            Self::Given(_) => Err(ServersError::External("REDIS_URL")),
        }
    }

    async fn stop(&self) {
        match self {
            Self::Private(server) => server.stop().await,
            Self::Container(server) => server.stop().await,
            Self::Given(_) => {}
        }
    }
}
