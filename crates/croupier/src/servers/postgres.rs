//! A private PostgreSQL: its cluster, its start, its readiness, its end.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{Connection as _, PgConnection};
use tokio::{sync::Mutex, time::Instant};

use super::{
    config::{Durability, Port, Progress, ServersConfig},
    data_dir::Home,
    error::{CHOOSE_A_FOLDER, ServersError},
    leftover, ports,
    programs::{OLDEST_POSTGRES, PostgresPrograms},
    ready,
    roles::{APP_ROLE, DATABASE, OWNER_ROLE},
    secrets::Secrets,
    supervise::{Spec, Supervised},
    unprivileged::RunAs,
};

/// Fast shutdown, immediate shutdown, and what nobody survives.
const SIGNALS: &str = "INT QUIT KILL";
const SUPERUSER: &str = "postgres";
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
        let programs = matching(&dir, programs, config)?;
        if is_cluster(&dir)? {
            leftover::stop(
                "PostgreSQL",
                &dir.join("postmaster.pid"),
                &dir,
                &["INT", "QUIT", "KILL"],
                &config.progress,
            )
            .await?;
        } else {
            init_cluster(home, run_as, &secrets, &programs, &config.progress).await?;
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
            let log = fs::OpenOptions::new()
                .append(true)
                .open(&self.log)
                .map_err(ServersError::files("opening", &self.log, CHOOSE_A_FOLDER))?;
            match self.launch(log).await {
                // The crashed server's children hold its memory for a moment longer than it lived.
                Err(ServersError::NotReady { tail, .. })
                    if Instant::now() < deadline && is_passing(&tail) =>
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

/// Whether a start failed for a reason that is gone a moment after a crash. Only the last lines: those above them are of
/// earlier attempts.
fn is_passing(tail: &str) -> bool {
    let last: Vec<&str> = tail.lines().rev().take(4).collect();
    [
        "pre-existing shared memory block",
        "lock file \"postmaster.pid\" already exists",
    ]
    .iter()
    .any(|reason| last.iter().any(|line| line.contains(reason)))
}

/// A cluster is opened by the version that wrote it; another installed version may be that one.
fn matching(
    dir: &Path,
    newest: PostgresPrograms,
    config: &ServersConfig,
) -> Result<PostgresPrograms, ServersError> {
    let Ok(wrote) = fs::read_to_string(dir.join("PG_VERSION")) else {
        return Ok(newest);
    };
    let wrote = wrote.trim().to_owned();
    if wrote == newest.major.to_string() {
        return Ok(newest);
    }
    let installed = newest.major;
    config
        .search
        .postgres()
        .into_iter()
        .find(|programs| programs.major >= OLDEST_POSTGRES && programs.major.to_string() == wrote)
        .ok_or_else(|| ServersError::WrongMajor {
            dir: dir.to_path_buf(),
            wrote,
            installed,
        })
}

/// Whether the cluster is there. The folder gets its name only when it is whole, so anything else in it is not ours.
fn is_cluster(dir: &Path) -> Result<bool, ServersError> {
    if dir.join("PG_VERSION").is_file() && dir.join("global/pg_control").is_file() {
        return Ok(true);
    }
    match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(ServersError::files("reading", dir, CHOOSE_A_FOLDER)(error)),
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(ServersError::NotACluster(dir.to_path_buf()));
            }
            fs::remove_dir(dir).map_err(ServersError::files("removing", dir, CHOOSE_A_FOLDER))?;
            Ok(false)
        }
    }
}

/// Makes the cluster aside and renames it when it is whole, so that an interrupted first start is simply done again.
async fn init_cluster(
    home: &Home,
    run_as: &RunAs,
    secrets: &Secrets,
    programs: &PostgresPrograms,
    progress: &Progress,
) -> Result<(), ServersError> {
    let unfinished = home.path().join("postgres.incomplete");
    let files = |doing| ServersError::files(doing, &unfinished, CHOOSE_A_FOLDER);
    if unfinished.exists() {
        progress("an earlier first start was interrupted; making the cluster anew");
        fs::remove_dir_all(&unfinished).map_err(files("removing"))?;
    }
    progress(&format!("initialising PostgreSQL {}", programs.major));
    home.make_private("postgres.incomplete", run_as)?;
    let password = unfinished.join("password");
    fs::write(&password, &secrets.superuser).map_err(files("writing into"))?;
    run_as.give(&password).map_err(files("giving away"))?;

    let cluster = unfinished.join("cluster");
    let mut command: Vec<OsString> = vec![programs.bindir.join("initdb").into()];
    command.extend([
        "-D".into(),
        cluster.clone().into(),
        format!("--username={SUPERUSER}").into(),
    ]);
    command.push(format!("--pwfile={}", password.display()).into());
    command.extend(
        [
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-instructions",
        ]
        .map(OsString::from),
    );
    // Data that is thrown away needs neither to be on disk nor to be checked for the disk's faults.
    command.push(
        if home.is_ephemeral() {
            "--no-sync"
        } else {
            "--data-checksums"
        }
        .into(),
    );

    let (log_path, log) = home.open_log("initdb")?;
    let remove = home.is_ephemeral().then(|| unfinished.clone());
    let spec = Spec {
        command,
        env: Vec::new(),
        signals: "TERM KILL",
        remove,
        log,
    };
    let status = Supervised::start(spec, run_as).await?.wait_ended().await;
    if !status.success() {
        return Err(ServersError::Program {
            program: "initdb".to_owned(),
            detail: format!("{status}\n{}", ready::tail(&log_path)),
            next: CHOOSE_A_FOLDER,
        });
    }
    fs::rename(&cluster, home.path().join("postgres")).map_err(files("renaming"))?;
    fs::remove_dir_all(&unfinished).map_err(files("removing"))
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
