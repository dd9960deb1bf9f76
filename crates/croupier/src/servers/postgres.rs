//! A private PostgreSQL: its cluster, its start, its readiness, its end.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{Connection as _, PgConnection};
use tokio::{sync::Mutex, time::Instant};

use super::{
    cluster,
    config::{Durability, Port, ServersConfig},
    data_dir::Home,
    error::{CHOOSE_A_FOLDER, ServersError},
    leftover, ports,
    programs::PostgresPrograms,
    ready,
    roles::{APP_ROLE, DATABASE, OWNER_ROLE},
    secrets::Secrets,
    supervise::{Spec, Supervised},
    unprivileged::RunAs,
};

/// Fast shutdown, immediate shutdown, and what nobody survives.
const SIGNALS: &str = "INT QUIT KILL";
pub(super) const SUPERUSER: &str = "postgres";
/// Crash recovery replays what a kill -9 left, which takes a while on a slow disk.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How often a free port may be lost to somebody faster.
const PORT_ATTEMPTS: u32 = 5;

/// A PostgreSQL of ours, listening on 127.0.0.1 only.
#[derive(Debug)]
pub struct PrivatePostgres {
    programs: PostgresPrograms,
    run_as: RunAs,
    dir: PathBuf,
    remove: Option<PathBuf>,
    settings: Vec<(String, String)>,
    port: u16,
    secrets: Secrets,
    log: PathBuf,
    process: Mutex<Option<Supervised>>,
}

impl PrivatePostgres {
    /// Makes the cluster on the first start, starts the server, and waits until it answers.
    pub(crate) async fn start(
        config: &ServersConfig,
        home: &Home,
        run_as: &RunAs,
        secrets: Secrets,
        programs: PostgresPrograms,
    ) -> Result<Self, ServersError> {
        let dir = home.path().join("postgres");
        let programs = cluster::matching(&dir, programs, config)?;
        let interrupted = cluster::sweep(home);
        if cluster::is_there(&dir)? {
            stop_leftover(&dir, config).await?;
        } else {
            if interrupted {
                (config.progress)("an earlier first start was interrupted; making the cluster anew");
            }
            cluster::make(home, run_as, &secrets, &programs, &config.progress).await?;
        }

        (config.progress)(&format!("starting PostgreSQL {}", programs.major));
        let mut server = Self {
            programs,
            run_as: run_as.clone(),
            dir,
            remove: home.removed_on_stop("postgres"),
            settings: settings(config, home),
            port: 0,
            secrets,
            log: PathBuf::new(),
            process: Mutex::new(None),
        };
        let mut attempt = 1;
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            server.port = ports::choose(config.postgres_port)?;
            let (path, file) = home.open_log("postgres")?;
            server.log = path;
            match server.launch(file).await {
                // Somebody took the port between our look and the server's.
                Err(ServersError::NotReady { tail, .. })
                    if tail.contains("Address already in use") && attempt < PORT_ATTEMPTS =>
                {
                    if let Port::Fixed { .. } = config.postgres_port {
                        continue; // `choose` will say who holds it.
                    }
                    attempt += 1;
                }
                // An interrupted start's server had not written its pid yet when we looked for one.
                Err(ServersError::NotReady { .. })
                    if Instant::now() < deadline && is_passing(&server.log, 0) =>
                {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    stop_leftover(&server.dir, config).await?;
                }
                result => return result.map(|()| server),
            }
        }
    }

    async fn launch(&self, log: fs::File) -> Result<(), ServersError> {
        let mut command: Vec<OsString> = vec![self.programs.bindir.join("postgres").into()];
        command.extend(["-D".into(), self.dir.clone().into()]);
        let port = ("port".to_owned(), self.port.to_string());
        for (name, value) in self.settings.iter().chain([&port]) {
            command.extend(["-c".into(), format!("{name}={value}").into()]);
        }
        let spec = Spec {
            command,
            env: Vec::new(),
            signals: SIGNALS,
            remove: self.remove.clone(),
            log,
        };
        let mut process = Supervised::start(spec, &self.run_as).await?;
        let ready = ready::wait(
            "PostgreSQL",
            &self.log,
            READY_WITHIN,
            || process.ended(),
            || self.answers(),
        )
        .await;
        match ready {
            Ok(()) => {
                *self.process.lock().await = Some(process);
                Ok(())
            }
            Err(error) => {
                // Not `stop`, which would remove the folder of an ephemeral server that is about to be tried again.
                process.kill().await;
                Err(error)
            }
        }
    }

    async fn answers(&self) -> Result<(), String> {
        let connection = PgConnection::connect(&self.superuser_url())
            .await
            .map_err(|error| error.to_string())?;
        connection.close().await.map_err(|error| error.to_string())
    }

    fn url(&self, role: &str, password: &str, database: &str) -> String {
        format!(
            "postgres://{role}:{password}@127.0.0.1:{}/{database}?sslmode=disable",
            self.port
        )
    }

    /// The superuser's URL, to the `postgres` database.
    #[must_use]
    pub fn superuser_url(&self) -> String {
        self.url(SUPERUSER, &self.secrets.superuser, "postgres")
    }

    /// The owner's URL, to the `croupier` database.
    #[must_use]
    pub fn owner_url(&self) -> String {
        self.url(OWNER_ROLE, &self.secrets.owner, DATABASE)
    }

    /// The application's URL, to the `croupier` database.
    #[must_use]
    pub fn app_url(&self) -> String {
        self.url(APP_ROLE, &self.secrets.app, DATABASE)
    }

    /// The server's pid; none after [`Self::kill`].
    pub async fn pid(&self) -> Option<u32> {
        self.process.lock().await.as_ref().map(Supervised::pid)
    }

    /// Where it writes its log.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Kills the postmaster with SIGKILL and waits until it is gone. Data stays, ephemeral data too.
    pub async fn kill(&self) {
        if let Some(process) = self.process.lock().await.take() {
            process.kill().await;
        }
    }

    /// Starts it again on the same port, after [`Self::kill`] or a crash; stops it first when it still runs.
    ///
    /// # Errors
    /// [`ServersError::NotReady`] when it does not answer.
    pub async fn restart(&self) -> Result<(), ServersError> {
        // A crash of an ephemeral server must not cost its data, so this never stops it the way `stop` does.
        if let Some(process) = self.process.lock().await.take() {
            super::supervise::signal(process.pid(), "INT");
            process.wait_ended().await;
        }
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            let opened = ServersError::files("opening", &self.log, CHOOSE_A_FOLDER);
            let (log, began) = fs::OpenOptions::new()
                .append(true)
                .open(&self.log)
                .and_then(|log| log.metadata().map(|before| (log, before.len())))
                .map_err(opened)?;
            match self.launch(log).await {
                // The crashed server's children hold its memory for a moment longer than it lived.
                Err(ServersError::NotReady { .. })
                    if Instant::now() < deadline && is_passing(&self.log, began) =>
                {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                result => return result,
            }
        }
    }

    /// Fast shutdown: open transactions are rolled back, everything committed is on disk.
    pub(crate) async fn stop(&self) {
        if let Some(process) = self.process.lock().await.take() {
            process.stop().await;
        }
    }
}

/// Stops the server of an earlier run, if one still works in the cluster.
async fn stop_leftover(dir: &Path, config: &ServersConfig) -> Result<(), ServersError> {
    let pid_file = dir.join("postmaster.pid");
    leftover::stop(
        "PostgreSQL",
        &pid_file,
        dir,
        &["INT", "QUIT", "KILL"],
        &config.progress,
    )
    .await
}

/// Whether a start failed for a reason that is gone a moment after a crash. Read from where its log `began`: what stands
/// before is of earlier starts. What stands after its reason may be of the server that was faster.
fn is_passing(log: &Path, began: u64) -> bool {
    let written = fs::read(log).unwrap_or_default();
    let began = usize::try_from(began).unwrap_or(usize::MAX).min(written.len());
    let written = String::from_utf8_lossy(&written[began..]);
    [
        "pre-existing shared memory block",
        "lock file \"postmaster.pid\" already exists",
    ]
    .iter()
    .any(|reason| written.contains(reason))
}

fn settings(config: &ServersConfig, home: &Home) -> Vec<(String, String)> {
    let mut settings = vec![
        ("listen_addresses", "127.0.0.1"),
        // No socket: its folder would have to be private, short and reachable all at once.
        ("unix_socket_directories", ""),
        ("max_connections", "200"),
        ("log_line_prefix", "%m [%p] %q%u@%d "),
        ("log_destination", "stderr"),
        ("logging_collector", "off"),
    ];
    if config.durability == Durability::TestFast {
        settings.extend([("fsync", "off"), ("full_page_writes", "off")]);
    }
    if home.is_ephemeral() {
        // Many small clusters at once on a test machine should not each take a production one's memory.
        settings.push(("shared_buffers", "64MB"));
    }
    let mut settings: Vec<(String, String)> = settings
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    settings.extend(config.postgres_settings.iter().cloned());
    settings
}
