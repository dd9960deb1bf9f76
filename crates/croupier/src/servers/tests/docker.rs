//! The commands issued to Docker, against a stand-in that notes them and runs the machine's own servers in place of
//! the images: it honours `--publish`, `--volume`, `--env` and the settings, and `stop`, `kill` and `rm` by name.

use std::fs;

use super::*;
use crate::servers::{Postgres, Redis, ServersError, programs::Search, unprivileged::RunAs};

const STAND_IN: &str = include_str!("stand-in-docker.sh");

struct Engine {
    scratch: Scratch,
}

impl Engine {
    fn new() -> Self {
        let scratch = Scratch::new();
        let system = Search::system();
        let bin = scratch.join("bin");
        fs::create_dir(&bin).unwrap();
        let run_as = RunAs::detect().unwrap();
        let state = scratch.join("state");
        fs::create_dir(&state).unwrap();
        run_as.give(&state).unwrap();
        let drop = run_as.account().map_or_else(String::new, |account| {
            format!(
                "setpriv --reuid={} --regid={} --clear-groups",
                account.uid, account.gid
            )
        });
        let script = STAND_IN
            .replace("@STATE@", state.to_str().unwrap())
            .replace(
                "@POSTGRES@",
                system.new_enough_postgres().unwrap().bindir.to_str().unwrap(),
            )
            .replace("@REDIS@", system.redis().unwrap().to_str().unwrap())
            .replace("@DROP@", &drop);
        fs::write(bin.join("docker"), script).unwrap();
        fs::set_permissions(bin.join("docker"), fs::Permissions::from_mode(0o755)).unwrap();
        Self { scratch }
    }

    fn config(&self, data: Data) -> ServersConfig {
        ServersConfig {
            search: Search::only(vec![self.scratch.join("bin")]),
            ..fast(data)
        }
    }

    /// Every command issued so far, one a line.
    fn commands(&self) -> Vec<String> {
        let text = fs::read_to_string(self.scratch.join("state/commands")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn volumes(&self) -> Vec<PathBuf> {
        let volumes = fs::read_dir(self.scratch.join("state/volumes"))
            .unwrap()
            .flatten();
        volumes.map(|volume| volume.path()).collect()
    }
}

#[tokio::test]
async fn containers_are_private_named_and_removed() {
    let engine = Engine::new();
    let servers = Servers::start(engine.config(Data::Ephemeral)).await.unwrap();
    assert!(
        matches!(servers.postgres, Postgres::Container(_)) && matches!(servers.redis, Redis::Container(_))
    );
    assert_eq!(
        text(&servers.app_url(), "SELECT current_user::text").await,
        "croupier_app"
    );
    assert_eq!(text(&servers.superuser_url(), "SHOW fsync").await, "off");
    redis_command(&servers.redis_url(), &["SET", "a", "b"]).await;

    let commands = engine.commands();
    for image in ["postgres:17-alpine", "redis:7-alpine"] {
        assert!(commands.contains(&format!("pull {image}")), "{commands:?}");
        let run = commands
            .iter()
            .find(|line| line.starts_with("run ") && line.contains(image))
            .unwrap();
        for part in [
            "--rm",
            "--name croupier-",
            "--label croupier.home=",
            "--publish 127.0.0.1:",
            "--volume croupier-",
        ] {
            assert!(run.contains(part), "{part} is missing in {run}");
        }
    }
    let secrets: serde_json::Value =
        serde_json::from_slice(&fs::read(servers.home().unwrap().join("secrets.json")).unwrap()).unwrap();
    for secret in secrets.as_object().unwrap().values() {
        assert!(
            !commands
                .iter()
                .any(|line| line.contains(secret.as_str().unwrap())),
            "a password on a command line"
        );
    }

    let home = servers.home().unwrap().to_path_buf();
    servers.stop().await;
    assert!(!home.exists());
    assert!(engine.volumes().is_empty(), "{:?}", engine.volumes());
    let stops = engine
        .commands()
        .iter()
        .filter(|line| line.starts_with("stop "))
        .count();
    assert_eq!(stops, 2);
}

#[tokio::test]
async fn kept_data_outlives_a_stop_and_a_crash() {
    let engine = Engine::new();
    let data = Data::Kept(engine.scratch.join("data"));
    let servers = Servers::start(engine.config(data.clone())).await.unwrap();
    sql(&servers.owner_url(), "CREATE TABLE t AS SELECT 'kept' AS word")
        .await
        .unwrap();
    redis_command(&servers.redis_url(), &["SET", "word", "kept"]).await;
    servers.postgres.kill().await.unwrap();
    assert!(sql(&servers.owner_url(), "SELECT 1").await.is_err());
    servers.postgres.restart().await.unwrap();
    assert_eq!(text(&servers.owner_url(), "SELECT word FROM t").await, "kept");
    servers.stop().await;
    assert_eq!(engine.volumes().len(), 2);

    let servers = Servers::start(engine.config(data)).await.unwrap();
    assert_eq!(text(&servers.owner_url(), "SELECT word FROM t").await, "kept");
    assert_eq!(
        redis_command(&servers.redis_url(), &["GET", "word"])
            .await
            .as_deref(),
        Some("kept")
    );
    servers.stop().await;
}

#[tokio::test]
async fn an_engine_that_does_not_run_is_no_engine() {
    let engine = Engine::new();
    fs::write(engine.scratch.join("state/stopped"), "").unwrap();
    let error = Servers::start(engine.config(Data::Ephemeral)).await.unwrap_err();
    assert!(matches!(error, ServersError::Missing { .. }), "{error}");
}

#[tokio::test]
async fn a_failed_pull_says_what_docker_said() {
    let engine = Engine::new();
    fs::write(engine.scratch.join("state/offline"), "").unwrap();
    let error = Servers::start(engine.config(Data::Ephemeral))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("docker pull") && error.contains("no route to the registry"),
        "{error}"
    );
}
