//! PostgreSQL and Redis in containers, for a machine without their programs but with a running Docker engine.
//!
//! Ports are published on 127.0.0.1 only; passwords go through the environment, not the command line; containers are
//! `--rm`, named and labelled after the data folder; kept data is in a named volume. The containers stop with us, as
//! other servers do, because each `docker run` stays in the foreground under the same watchdog.
//!
//! What was tested: the commands issued here, against a stand-in `docker` that starts the machine's own servers.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use sqlx::{Connection as _, PgConnection};
use tokio::{process::Command, sync::Mutex, time::timeout};

use super::{
    config::{Durability, ServersConfig},
    data_dir::{Home, fingerprint},
    error::{CHOOSE_A_FOLDER, ServersError},
    ports,
    programs::Search,
    ready,
    redis::ping,
    roles::{APP_ROLE, DATABASE, OWNER_ROLE},
    secrets::Secrets,
    supervise::{Spec, Supervised},
    unprivileged::RunAs,
};

const RUNNER: &str = include_str!("container.sh");
const POSTGRES_IMAGE: &str = "postgres:17-alpine";
const REDIS_IMAGE: &str = "redis:7-alpine";
/// The runner passes the first on to `docker stop`, which takes up to 20 s; the watchdog leaves 10 s to each.
const SIGNALS: &str = "TERM TERM TERM KILL";
const READY_WITHIN: Duration = Duration::from_secs(90);

/// The `docker` program, if its engine answers.
pub async fn running(search: &Search) -> Option<PathBuf> {
    let docker = search.program("docker")?;
    let mut command = Command::new(&docker);
    command
        .arg("info")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    // A DOCKER_HOST that is gone can take minutes to say so.
    match timeout(Duration::from_secs(10), command.status()).await {
        Ok(Ok(status)) if status.success() => Some(docker),
        _ => None,
    }
}

/// A server in a container.
#[derive(Debug)]
pub struct Container {
    docker: PathBuf,
    name: String,
    arguments: Vec<OsString>,
    env: Vec<(&'static str, String)>,
    removed_volume: String,
    removed_folder: Option<PathBuf>,
    log: PathBuf,
    process: Mutex<Option<Supervised>>,
    urls: Urls,
}

#[derive(Clone)]
enum Urls {
    Postgres {
        superuser: String,
        owner: String,
        app: String,
    },
    Redis(String),
}

impl std::fmt::Debug for Urls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Urls(…)")
    }
}

impl Container {
    pub(crate) async fn start_postgres(
        config: &ServersConfig,
        home: &Home,
        secrets: &Secrets,
        docker: PathBuf,
    ) -> Result<Self, ServersError> {
        let port = ports::choose(config.postgres_port)?;
        let mut settings = config.postgres_settings.clone();
        if config.durability == Durability::TestFast {
            for name in ["fsync", "full_page_writes"] {
                settings.insert(0, (name.to_owned(), "off".to_owned()));
            }
        }
        settings.insert(0, ("max_connections".to_owned(), "200".to_owned()));
        let after_image: Vec<String> = settings
            .iter()
            .flat_map(|(name, value)| ["-c".to_owned(), format!("{name}={value}")])
            .collect();
        let url = |role: &str, password: &str, database: &str| {
            format!("postgres://{role}:{password}@127.0.0.1:{port}/{database}?sslmode=disable")
        };
        let mut env = vec![("POSTGRES_PASSWORD", secrets.superuser.clone())];
        env.push((
            "POSTGRES_INITDB_ARGS",
            "--auth-host=scram-sha-256 --encoding=UTF8 --locale=C".to_owned(),
        ));
        let what = Image {
            server: "postgres",
            image: POSTGRES_IMAGE,
            publish: (port, 5432),
            data: "/var/lib/postgresql/data",
            user: None,
            command: after_image,
        };
        let urls = Urls::Postgres {
            superuser: url("postgres", &secrets.superuser, "postgres"),
            owner: url(OWNER_ROLE, &secrets.owner, DATABASE),
            app: url(APP_ROLE, &secrets.app, DATABASE),
        };
        Self::start(config, home, docker, what, env, urls).await
    }

    pub(crate) async fn start_redis(
        config: &ServersConfig,
        home: &Home,
        secrets: &Secrets,
        docker: PathBuf,
    ) -> Result<Self, ServersError> {
        let port = ports::choose(config.redis_port)?;
        // The password reaches the server in a file inside the container, written from the environment.
        let keep = if home.is_ephemeral() { "no" } else { "yes" };
        let script = format!(
            "umask 077; printf 'requirepass %s\\nsave \"\"\\nappendonly {keep}\\n' \"$REDIS_PASSWORD\" \
             >/tmp/redis.conf && exec redis-server /tmp/redis.conf"
        );
        let what = Image {
            server: "redis",
            image: REDIS_IMAGE,
            publish: (port, 6379),
            data: "/data",
            user: Some("redis"),
            command: vec!["sh".to_owned(), "-c".to_owned(), script],
        };
        let env = vec![("REDIS_PASSWORD", secrets.redis.clone())];
        let urls = Urls::Redis(format!("redis://:{}@127.0.0.1:{port}/0", secrets.redis));
        Self::start(config, home, docker, what, env, urls).await
    }

    async fn start(
        config: &ServersConfig,
        home: &Home,
        docker: PathBuf,
        what: Image,
        env: Vec<(&'static str, String)>,
        urls: Urls,
    ) -> Result<Self, ServersError> {
        let tag = format!("{:016x}", fingerprint(home.path()));
        let name = format!("croupier-{}-{tag}", what.server);
        if run(&docker, &["image", "inspect", what.image]).await.is_err() {
            (config.progress)(&format!("pulling {} (the first time only)", what.image));
            run(&docker, &["pull", what.image]).await?;
        }
        // One of an earlier run that was killed before it could stop it. The lock on the home says it is ours.
        let _ = run(&docker, &["rm", "--force", &name]).await;
        (config.progress)(&format!("starting {} in Docker", what.image));
        let server = Self {
            docker,
            arguments: what.arguments(&name, &tag, &env),
            removed_volume: if home.is_ephemeral() {
                name.clone()
            } else {
                String::new()
            },
            removed_folder: home.removed_on_stop(what.server),
            log: home.open_log(what.server)?.0,
            name,
            env,
            process: Mutex::new(None),
            urls,
        };
        server.launch().await.map(|()| server)
    }

    async fn launch(&self) -> Result<(), ServersError> {
        let log = std::fs::OpenOptions::new()
            .append(true)
            .open(&self.log)
            .map_err(ServersError::files("opening", &self.log, CHOOSE_A_FOLDER))?;
        let mut command: Vec<OsString> = ["/bin/sh", "-c", RUNNER, "croupier-container"]
            .map(OsString::from)
            .into();
        command.extend([
            self.name.clone().into(),
            self.removed_volume.clone().into(),
            self.docker.clone().into(),
        ]);
        command.extend(self.arguments.iter().cloned());
        let spec = Spec {
            command,
            env: self.env.clone(),
            signals: SIGNALS,
            remove: self.removed_folder.clone(),
            log,
        };
        // As ourselves: who may use Docker is decided by who we are.
        let mut process = Supervised::start(spec, &RunAs::detect()?.ourselves()).await?;
        let ready = ready::wait(
            self.title(),
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
                process.stop().await;
                Err(error)
            }
        }
    }

    fn title(&self) -> &'static str {
        match self.urls {
            Urls::Postgres { .. } => "PostgreSQL",
            Urls::Redis(_) => "Redis",
        }
    }

    async fn answers(&self) -> Result<(), String> {
        match &self.urls {
            Urls::Postgres { superuser, .. } => {
                let connection = PgConnection::connect(superuser)
                    .await
                    .map_err(|error| error.to_string())?;
                connection.close().await.map_err(|error| error.to_string())
            }
            Urls::Redis(url) => ping(url).await,
        }
    }

    pub(crate) fn superuser_url(&self) -> String {
        match &self.urls {
            Urls::Postgres { superuser: url, .. } | Urls::Redis(url) => url.clone(),
        }
    }

    pub(crate) fn owner_url(&self) -> String {
        match &self.urls {
            Urls::Postgres { owner: url, .. } | Urls::Redis(url) => url.clone(),
        }
    }

    pub(crate) fn app_url(&self) -> String {
        match &self.urls {
            Urls::Postgres { app: url, .. } | Urls::Redis(url) => url.clone(),
        }
    }

    /// Kills the server inside with SIGKILL. Its volume stays.
    pub(crate) async fn kill(&self) -> Result<(), ServersError> {
        if let Some(process) = self.process.lock().await.take() {
            run(&self.docker, &["kill", &self.name]).await?;
            process.wait_ended().await;
        }
        Ok(())
    }

    pub(crate) async fn restart(&self) -> Result<(), ServersError> {
        if let Some(process) = self.process.lock().await.take() {
            run(&self.docker, &["stop", "--time", "20", &self.name]).await?;
            process.wait_ended().await;
        }
        self.launch().await
    }

    pub(crate) async fn stop(&self) {
        if let Some(process) = self.process.lock().await.take() {
            process.stop().await;
        }
    }
}

/// What to run and how.
struct Image {
    server: &'static str,
    image: &'static str,
    /// The port of 127.0.0.1 and the one inside.
    publish: (u16, u16),
    /// The folder inside that the volume is mounted on.
    data: &'static str,
    user: Option<&'static str>,
    command: Vec<String>,
}

impl Image {
    /// The arguments of `docker`. Variables are passed by name; `docker` takes the values from its own environment.
    fn arguments(&self, name: &str, tag: &str, env: &[(&'static str, String)]) -> Vec<OsString> {
        let (outside, inside) = self.publish;
        let mut arguments = vec!["run".to_owned(), "--rm".to_owned()];
        let mut option = |option: &str, value: String| arguments.extend([option.to_owned(), value]);
        option("--name", name.to_owned());
        option("--label", format!("croupier.home={tag}"));
        option("--publish", format!("127.0.0.1:{outside}:{inside}"));
        option("--volume", format!("{name}:{}", self.data));
        for (variable, _) in env {
            option("--env", (*variable).to_owned());
        }
        if let Some(user) = self.user {
            option("--user", user.to_owned());
        }
        arguments.push(self.image.to_owned());
        arguments.extend(self.command.iter().cloned());
        arguments.into_iter().map(OsString::from).collect()
    }
}

async fn run(docker: &Path, arguments: &[&str]) -> Result<(), ServersError> {
    let failed = |detail| ServersError::Program {
        program: format!("docker {}", arguments.join(" ")),
        detail,
        next: "check that Docker runs and can reach its registry, or run script/bootstrap to install the servers",
    };
    let output = Command::new(docker)
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(format!(
        "{}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    )))
}
