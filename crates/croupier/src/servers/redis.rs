//! A private Redis: its configuration, its start, its readiness, its end.

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::sync::Mutex;

use super::{
    config::{Port, ServersConfig},
    data_dir::Home,
    error::{CHOOSE_A_FOLDER, ServersError},
    leftover, ports, ready,
    secrets::Secrets,
    supervise::{Spec, Supervised},
    unprivileged::RunAs,
};

const SIGNALS: &str = "TERM KILL";
const READY_WITHIN: Duration = Duration::from_secs(30);
const PORT_ATTEMPTS: u32 = 5;

/// A Redis of ours, listening on 127.0.0.1 only, with a password.
#[derive(Debug)]
pub struct PrivateRedis {
    program: PathBuf,
    run_as: RunAs,
    dir: PathBuf,
    remove: Option<PathBuf>,
    port: u16,
    password: String,
    log: PathBuf,
    process: Mutex<Option<Supervised>>,
}

impl PrivateRedis {
    /// Starts the server and waits until it answers.
    pub(crate) async fn start(
        config: &ServersConfig,
        home: &Home,
        run_as: &RunAs,
        secrets: &Secrets,
        program: PathBuf,
    ) -> Result<Self, ServersError> {
        (config.progress)("starting Redis");
        let dir = home.make_private("redis", run_as)?;
        leftover::stop(
            "Redis",
            &dir.join("redis.pid"),
            &dir,
            &["TERM", "KILL"],
            &config.progress,
        )
        .await?;
        let mut server = Self {
            program,
            run_as: run_as.clone(),
            dir,
            remove: home.removed_on_stop("redis"),
            port: 0,
            password: secrets.redis.clone(),
            log: PathBuf::new(),
            process: Mutex::new(None),
        };
        let mut attempt = 1;
        loop {
            server.port = ports::choose(config.redis_port)?;
            server.write_config(!home.is_ephemeral())?;
            let (path, file) = home.open_log("redis")?;
            server.log = path;
            match server.launch(file).await {
                Err(ServersError::NotReady { tail, .. })
                    if tail.contains("Address already in use") && attempt < PORT_ATTEMPTS =>
                {
                    if let Port::Fixed { .. } = config.redis_port {
                        continue; // `choose` will say who holds it.
                    }
                    attempt += 1;
                }
                result => return result.map(|()| server),
            }
        }
    }

    fn config_file(&self) -> PathBuf {
        self.dir.join("redis.conf")
    }

    /// In a file rather than arguments, which would show the password to every user of the machine.
    fn write_config(&self, kept: bool) -> Result<(), ServersError> {
        let path = self.config_file();
        let text = self.config_text(kept);
        let write = || -> std::io::Result<()> {
            // Anew each time: the file belongs to the server's account, and a mode is given only on creation.
            let _ = fs::remove_file(&path);
            let mut file = fs::OpenOptions::new()
                .create_new(true)
                .write(true)
                .mode(0o600)
                .open(&path)?;
            file.write_all(text.as_bytes())?;
            self.run_as.give(&path)
        };
        write().map_err(ServersError::files("writing", &path, CHOOSE_A_FOLDER))
    }

    fn config_text(&self, kept: bool) -> String {
        let dir = self
            .dir
            .display()
            .to_string()
            .replace('\\', "\\\\")
            .replace('"', "\\\"");
        let mut text = String::from("bind 127.0.0.1\nprotected-mode yes\ndaemonize no\nsave \"\"\n");
        let _ = writeln!(text, "port {}", self.port);
        let _ = writeln!(text, "requirepass {}", self.password);
        let _ = writeln!(text, "dir \"{dir}\"");
        let _ = writeln!(text, "pidfile \"{dir}/redis.pid\"");
        // A database for each of many tests that run at once.
        let _ = writeln!(text, "databases 1024");
        let _ = writeln!(text, "appendonly {}", if kept { "yes" } else { "no" });
        text
    }

    async fn launch(&self, log: fs::File) -> Result<(), ServersError> {
        let command = vec![self.program.clone().into(), self.config_file().into()];
        let spec = Spec {
            command,
            env: Vec::new(),
            signals: SIGNALS,
            remove: self.remove.clone(),
            log,
        };
        let mut process = Supervised::start(spec, &self.run_as).await?;
        let url = self.url();
        let ready = ready::wait(
            "Redis",
            &self.log,
            READY_WITHIN,
            || process.ended(),
            || ping(&url),
        )
        .await;
        match ready {
            Ok(()) => {
                *self.process.lock().await = Some(process);
                Ok(())
            }
            Err(error) => {
                process.kill().await;
                Err(error)
            }
        }
    }

    /// The URL with the password, database 0.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://:{}@127.0.0.1:{}/0", self.password, self.port)
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

    /// Kills it with SIGKILL and waits until it is gone.
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
        if let Some(process) = self.process.lock().await.take() {
            super::supervise::signal(process.pid(), "TERM");
            process.wait_ended().await;
        }
        let log = fs::OpenOptions::new()
            .append(true)
            .open(&self.log)
            .map_err(ServersError::files("opening", &self.log, CHOOSE_A_FOLDER))?;
        self.launch(log).await
    }

    pub(crate) async fn stop(&self) {
        if let Some(process) = self.process.lock().await.take() {
            process.stop().await;
        }
    }
}

/// One round trip that a server which is still loading its data refuses.
pub(crate) async fn ping(url: &str) -> Result<(), String> {
    let client = redis::Client::open(url).map_err(|error| error.to_string())?;
    let mut connection = client
        .get_multiplexed_async_connection()
        .await
        .map_err(|error| error.to_string())?;
    redis::cmd("PING")
        .query_async::<String>(&mut connection)
        .await
        .map(|_| ())
        .map_err(|error| error.to_string())
}
