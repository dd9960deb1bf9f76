//! `croupier serve` in a process of its own, as the demo and the tests start it, stop it and kill it.
//!
//! It runs under the same watchdog as the private servers, so it is gone when whoever started it is.

use std::{
    fs::OpenOptions,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};

use crate::{
    local::LocalHouse,
    servers::{
        Port, ServersError, ports, ready,
        supervise::{Spec, Supervised, signal},
        unprivileged::RunAs,
    },
};

const READY_WITHIN: Duration = Duration::from_secs(30);

/// What is served, where and how.
#[derive(Clone)]
pub struct Serving {
    /// The `croupier` program.
    pub program: PathBuf,
    /// The house it serves.
    pub house: LocalHouse,
    /// The edge's port.
    pub port: u16,
    /// The back office's port.
    pub admin_port: u16,
    /// More of the environment; it wins over what is set here.
    pub settings: Vec<(&'static str, String)>,
    /// A folder that goes when the server is stopped or its starter is gone: one directly in the
    /// folder of ephemeral servers, which goes with it. Not when the server is killed.
    pub remove: Option<PathBuf>,
}

impl Serving {
    /// On free ports, enforcing unless the environment says otherwise.
    ///
    /// # Errors
    /// [`ServersError`] when there is no free port.
    pub fn new(program: PathBuf, house: LocalHouse) -> Result<Self, ServersError> {
        let (port, admin_port) = (ports::choose(Port::Free)?, ports::choose(Port::Free)?);
        Ok(Self {
            program,
            house,
            port,
            admin_port,
            settings: Vec::new(),
            remove: None,
        })
    }

    /// The edge: `http://127.0.0.1:…`.
    #[must_use]
    pub fn edge(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Where the server writes its log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.house.dir.join(format!("serve-{}.log", self.port))
    }

    /// Starts the program and waits until it answers.
    ///
    /// # Errors
    /// [`ServersError::NotReady`] with the end of its log when it ended or was too slow; then nothing is left running.
    pub async fn start(&self) -> Result<ServerProcess, ServersError> {
        let log = self.log();
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)
            .map_err(ServersError::files("opening", &log, "check its folder"))?;
        let spec = Spec {
            command: vec![self.program.clone().into(), "serve".into()],
            env: self.env(),
            signals: "TERM KILL",
            remove: self.remove.clone(),
            log: file,
        };
        let mut process = Supervised::start(spec, &RunAs::detect()?.ourselves()).await?;
        let health = format!("{}/health/live", self.edge());
        let ready = ready::wait(
            "the server",
            &log,
            READY_WITHIN,
            || process.ended(),
            || answers(&health),
        )
        .await;
        match ready {
            Ok(()) => Ok(ServerProcess { process }),
            Err(fault) => {
                process.kill().await;
                Err(fault)
            }
        }
    }

    fn env(&self) -> Vec<(&'static str, String)> {
        let house = &self.house;
        let (provider, kid) = house.provider_key();
        let text = |path: &Path| path.display().to_string();
        let mut env = vec![
            ("CROUPIER_HOUSE__ENVIRONMENT", "development".to_owned()),
            ("DATABASE_URL", house.app_url.clone()),
            ("REDIS_URL", house.redis_url.clone()),
            (
                "MULTI_BRAND_ENFORCEMENT",
                std::env::var("MULTI_BRAND_ENFORCEMENT").unwrap_or_else(|_| "enforce".to_owned()),
            ),
            ("CROUPIER_EDGE__LISTEN", format!("127.0.0.1:{}", self.port)),
            ("CROUPIER_ADMIN__LISTEN", format!("127.0.0.1:{}", self.admin_port)),
            ("CROUPIER_TOKENS__KEYS_DIR", text(house.keys().path())),
            (
                "CROUPIER_TOKENS__OPERATOR_KEYS_DIR",
                text(house.operator_keys().path()),
            ),
            (
                "CROUPIER_PROVIDERS__HUB88__KEYS",
                text(&provider.public_path(&kid)),
            ),
            ("CROUPIER_PAYMENTS__SANDBOX", "true".to_owned()),
            ("CROUPIER_LOG__FILTER", "error".to_owned()),
        ];
        env.extend(self.settings.iter().cloned());
        env
    }
}

async fn answers(url: &str) -> Result<(), String> {
    let http = reqwest::Client::builder()
        .no_proxy()
        .build()
        .map_err(|fault| fault.to_string())?;
    let answer = http.get(url).send().await.map_err(|fault| fault.to_string())?;
    if answer.status().is_success() {
        Ok(())
    } else {
        Err(format!("it answers {}", answer.status()))
    }
}

/// A server that runs. Dropping it stops it a moment later, without waiting.
#[derive(Debug)]
pub struct ServerProcess {
    process: Supervised,
}

impl ServerProcess {
    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Kills it as a crash would (SIGKILL), and waits until it is gone.
    pub async fn kill(self) {
        self.process.kill().await;
    }

    /// Asks it to end, as an operator does (SIGTERM). It still answers what it admitted.
    pub fn terminate(&self) {
        signal(self.process.pid(), "TERM");
    }

    /// Waits until it has ended by itself.
    pub async fn ended(self) -> ExitStatus {
        self.process.wait_ended().await
    }

    /// Stops it in order and waits until it is gone.
    pub async fn stop(self) {
        self.process.stop().await;
    }
}
