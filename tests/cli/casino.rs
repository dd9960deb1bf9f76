//! A casino that `croupier dev` runs, and what is left of it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use croupier::{demo::client::Casino, local::BRANDS};
use serde_json::Value;
use tokio::{
    io::AsyncReadExt,
    process::Child,
    time::{sleep, timeout},
};

use super::process::{Ended, Env};
use crate::kills::house::{LONG, quiet_port, until};

/// Hashing that is quick; the tests are about starting and stopping.
pub fn environment(dir: &Path) -> Env {
    Env::of([
        ("CROUPIER_DATA_DIR", dir.to_str().unwrap()),
        ("CROUPIER_PORT", &quiet_port().to_string()),
        ("CROUPIER_ADMIN_PORT", &quiet_port().to_string()),
        ("CROUPIER_PASSWORD__MEMORY_KIB", "1024"),
        ("CROUPIER_PASSWORD__PASSES", "1"),
        ("CROUPIER_LOG__FILTER", "error"),
    ])
}

/// A casino that `croupier dev` runs.
pub struct Dev {
    child: Child,
    /// What dev.json says.
    pub ready: Value,
}

impl Dev {
    /// Starts it and waits for dev.json.
    pub async fn start(env: &Env) -> Self {
        let file = PathBuf::from(env.get("CROUPIER_DATA_DIR")).join("dev.json");
        // A killed one may have left its own.
        let stale = std::fs::read(&file).ok();
        let mut child = env.command(&["dev"]).spawn().unwrap();
        let deadline = tokio::time::Instant::now() + LONG;
        while std::fs::read(&file)
            .ok()
            .is_none_or(|now| stale.as_ref() == Some(&now))
        {
            if child.try_wait().unwrap().is_some() || tokio::time::Instant::now() > deadline {
                let _ = child.start_kill();
                panic!(
                    "croupier dev did not become ready: {:?}",
                    Self {
                        child,
                        ready: Value::Null
                    }
                    .ended()
                    .await
                );
            }
            sleep(Duration::from_millis(20)).await;
        }
        // It is renamed into place, so it is whole as soon as it is there.
        let ready = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        Self { child, ready }
    }

    /// One whose readiness is not waited for.
    pub fn begin(env: &Env, command: &str) -> Self {
        Self {
            child: env.command(&[command]).spawn().unwrap(),
            ready: Value::Null,
        }
    }

    pub fn edge(&self) -> &str {
        self.ready["edge"].as_str().unwrap()
    }

    pub fn at(&self, brand: usize) -> Casino {
        Casino::new(self.edge(), BRANDS[brand].domain)
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().unwrap().to_string();
        assert!(
            std::process::Command::new("kill")
                .args([&format!("-{name}"), &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    pub async fn ended(mut self) -> Ended {
        let status = timeout(LONG, self.child.wait()).await.expect("it ends").unwrap();
        let (mut out, mut err) = (String::new(), String::new());
        self.child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut out)
            .await
            .unwrap();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut err)
            .await
            .unwrap();
        Ended {
            code: status.code(),
            out,
            err,
        }
    }

    /// Ends it as Ctrl-C does; gives what it said.
    pub async fn interrupt(self) -> String {
        self.signal("INT");
        let ended = self.ended().await;
        assert_eq!(ended.err, "", "a quiet run has nothing to complain of");
        ended.well()
    }

    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

/// What runs in or on a folder: private servers work in theirs, watchdogs name it.
pub fn running_on(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for process in std::fs::read_dir("/proc").unwrap().flatten() {
        let works_there =
            std::fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(dir));
        let command = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        if works_there || command.contains(dir.to_str().unwrap()) {
            found.push(format!("{}: {command}", process.file_name().display()));
        }
    }
    found
}

pub async fn nothing_runs_on(dir: &Path) {
    until("no process of ours is left", async || running_on(dir).is_empty()).await;
}

/// Signs up or in and gives the token.
pub async fn token(casino: &Casino, sign_up: bool) -> String {
    if sign_up {
        assert_eq!(
            casino
                .sign_up("carol", "correct horse battery")
                .await
                .unwrap()
                .status,
            201
        );
    }
    let session = casino.sign_in("carol", "correct horse battery").await.unwrap();
    assert_eq!(session.status, 201, "{session:?}");
    session.text("access_token").to_owned()
}
