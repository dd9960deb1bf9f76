//! Runs the program and listens to it.

use std::{collections::BTreeMap, path::PathBuf, process::Stdio, time::Duration};

use tokio::{process::Command, time::timeout};

/// How a run ended and what it said.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ended {
    /// Fails unless it succeeded; gives what it said.
    #[track_caller]
    pub fn well(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// Fails unless it was a refusal that says all of this, and neither a panic nor a secret.
    #[track_caller]
    pub fn refused(&self, parts: &[&str]) {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert!(self.err.starts_with("croupier: "), "{self:?}");
        for part in parts {
            assert!(self.err.contains(part), "{part:?} is missing in {self:?}");
        }
        for unwanted in ["panicked", "hunter2", "croupier_app:", "croupier_owner:"] {
            assert!(!self.err.contains(unwanted), "{unwanted:?} is in {self:?}");
        }
    }
}

/// What the program sees: this and nothing of the environment the tests run in.
#[derive(Clone, Default)]
pub struct Env(BTreeMap<String, String>);

impl Env {
    pub fn of<const N: usize>(variables: [(&str, &str); N]) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    pub fn with(&self, name: &str, value: impl Into<String>) -> Self {
        let mut more = self.clone();
        more.0.insert(name.to_owned(), value.into());
        more
    }

    pub fn without(&self, name: &str) -> Self {
        let mut less = self.clone();
        less.0.remove(name);
        less
    }

    pub fn get(&self, name: &str) -> String {
        self.0[name].clone()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_croupier"));
        command
            .args(arguments)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        for kept in ["PATH", "HOME", "TMPDIR"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        command.envs(&self.0);
        command
    }

    /// Runs it to its end.
    pub async fn croupier(&self, arguments: &[&str]) -> Ended {
        let output = timeout(Duration::from_secs(120), self.command(arguments).output())
            .await
            .expect("it ends")
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended {
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}

/// A folder that goes when this does.
pub struct TempDir(pub PathBuf);

impl TempDir {
    pub fn new() -> Self {
        let dir = std::env::temp_dir().join(format!("croupier-test-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&dir).unwrap();
        Self(dir)
    }

    pub fn text(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
