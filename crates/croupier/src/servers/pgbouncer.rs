//! A private PgBouncer in front of a PostgreSQL, in transaction mode, for tests.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{ConnectOptions as _, Connection as _, postgres::PgConnectOptions};

use super::{
    config::{Data, Port, ServersConfig},
    data_dir::Home,
    error::{CHOOSE_A_FOLDER, ServersError},
    ports,
    programs::Search,
    ready,
    supervise::{Spec, Supervised},
    unprivileged::RunAs,
};

/// At once, whoever is connected; and what nobody survives.
const SIGNALS: &str = "TERM KILL";
const READY_WITHIN: Duration = Duration::from_secs(30);
const PORT_ATTEMPTS: u32 = 5;

/// A PgBouncer of ours, listening on 127.0.0.1 only, in front of one PostgreSQL and for one of its roles.
///
/// Dropping it stops it a moment later, without waiting.
#[derive(Debug)]
pub struct PrivatePgBouncer {
    url: String,
    home: Home,
    process: Supervised,
}

/// The parts of `postgres://role:password@server/database`.
struct Behind<'a> {
    role: &'a str,
    password: &'a str,
    host: &'a str,
    port: &'a str,
    database: &'a str,
}

impl PrivatePgBouncer {
    /// Starts one in front of the server of `url`, for the role of `url`, and waits until it answers. It lends
    /// `connections` of the server's at a time.
    ///
    /// # Errors
    /// [`ServersError::NoPooler`] when the program is not installed.
    pub async fn start(url: &str, connections: u32) -> Result<Self, ServersError> {
        // Of the servers' settings only where programs are looked for and whom they run as matter.
        let config = ServersConfig::private(Data::Ephemeral);
        let program = program(&config.search)?;
        let behind = Behind::of(url).ok_or(ServersError::Given {
            variable: "DATABASE_URL",
            why: "PgBouncer cannot be put in front of it".to_owned(),
            next: "write it as postgres://role:password@host:port/database",
        })?;
        let run_as = RunAs::detect()?;
        let home = Home::open(&config.data, &run_as, &config.progress)?;
        let dir = home.make_private("pgbouncer", &run_as)?;
        let users = format!("\"{}\" \"{}\"\n", behind.role, behind.password);
        write(&dir.join("users.txt"), &users, &run_as)?;
        for attempt in 1.. {
            let port = ports::choose(Port::Free)?;
            let settings = dir.join("pgbouncer.ini");
            let _ = fs::remove_file(&settings);
            write(&settings, &behind.settings(&dir, port, connections), &run_as)?;
            let url = format!(
                "postgres://{}:{}@127.0.0.1:{port}/{}",
                behind.role, behind.password, behind.database
            );
            let (log, file) = home.open_log("pgbouncer")?;
            let spec = Spec {
                command: vec![program.clone().into(), settings.into()],
                env: Vec::new(),
                signals: SIGNALS,
                remove: home.removed_on_stop("pgbouncer"),
                log: file,
            };
            let mut process = Supervised::start(spec, &run_as).await?;
            let ready = ready::wait(
                "PgBouncer",
                &log,
                READY_WITHIN,
                || process.ended(),
                || answers(&url),
            );
            match ready.await {
                Ok(()) => return Ok(Self { url, home, process }),
                Err(ServersError::NotReady { tail, .. })
                    if tail.contains("Address already in use") && attempt < PORT_ATTEMPTS =>
                {
                    process.kill().await;
                }
                Err(fault) => {
                    process.stop().await;
                    home.leave().await;
                    return Err(fault);
                }
            }
        }
        Err(ServersError::NoPooler)
    }

    /// The URL that was given, through PgBouncer.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it writes its log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.home.path().join("log/pgbouncer.log")
    }

    /// Stops it and waits until it is gone.
    pub async fn stop(self) {
        self.process.stop().await;
        self.home.leave().await;
    }
}

fn program(search: &Search) -> Result<PathBuf, ServersError> {
    search.program("pgbouncer").ok_or(ServersError::NoPooler)
}

impl<'a> Behind<'a> {
    fn of(url: &'a str) -> Option<Self> {
        let (_, rest) = url.split_once("://")?;
        let (login, rest) = rest.split_once('@')?;
        let (role, password) = login.split_once(':')?;
        let (server, database) = rest.split_once('/')?;
        let (host, port) = server.split_once(':')?;
        let database = database.split('?').next()?;
        Some(Self {
            role,
            password,
            host,
            port,
            database,
        })
    }

    /// The password is in a file of its own; PgBouncer proves it to both sides with it.
    fn settings(&self, dir: &Path, port: u16, connections: u32) -> String {
        let (host, server_port, users) = (self.host, self.port, dir.join("users.txt"));
        format!(
            "[databases]\n\
             * = host={host} port={server_port}\n\
             [pgbouncer]\n\
             listen_addr = 127.0.0.1\n\
             listen_port = {port}\n\
             unix_socket_dir =\n\
             auth_type = scram-sha-256\n\
             auth_file = {}\n\
             pool_mode = transaction\n\
             default_pool_size = {connections}\n\
             max_client_conn = 200\n",
            users.display()
        )
    }
}

fn write(path: &Path, text: &str, run_as: &RunAs) -> Result<(), ServersError> {
    let write = || -> std::io::Result<()> {
        let mut file = fs::OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(text.as_bytes())?;
        run_as.give(path)
    };
    write().map_err(ServersError::files("writing", path, CHOOSE_A_FOLDER))
}

async fn answers(url: &str) -> Result<(), String> {
    let refused = |fault: sqlx::Error| fault.to_string();
    let options: PgConnectOptions = url.parse().map_err(refused)?;
    // A parameter that PgBouncer would refuse.
    let connection = options
        .extra_float_digits(None)
        .connect()
        .await
        .map_err(refused)?;
    connection.close().await.map_err(refused)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_with_what_installs_it() {
        let missing = program(&Search::only(vec![])).unwrap_err().to_string();
        assert!(
            missing.contains("PgBouncer") && missing.contains("script/bootstrap --tests"),
            "{missing}"
        );
    }

    #[test]
    fn a_url_is_taken_apart() {
        let behind = Behind::of("postgres://app:secret@127.0.0.1:5432/casino?sslmode=disable").unwrap();
        assert_eq!(
            (behind.role, behind.password, behind.database),
            ("app", "secret", "casino")
        );
        assert_eq!((behind.host, behind.port), ("127.0.0.1", "5432"));
        assert!(Behind::of("postgres://app@127.0.0.1/casino").is_none());
    }
}
