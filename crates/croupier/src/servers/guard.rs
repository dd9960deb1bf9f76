//! What removes an ephemeral home when we are gone in whatever way we went: a few lines of shell (`guard.sh`) that hold
//! the read end of a pipe of ours.

use std::{
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, ChildStdin, Stdio},
    time::Duration,
};

use super::{error::ServersError, unprivileged::RunAs};

const GUARD: &str = include_str!("guard.sh");

/// A guard at work. Dropped, it removes the home a moment later, when the servers' watchdogs have ended.
#[derive(Debug)]
pub(super) struct Guard {
    process: Child,
    /// Closing it asks for the removal.
    lifeline: Option<ChildStdin>,
}

impl Guard {
    /// Of a home that is not there yet. As ourselves, because it asks after watchdogs of every account.
    pub(super) fn of(home: &Path, run_as: &RunAs) -> Result<Self, ServersError> {
        let mut command = run_as.ourselves().command("/bin/sh");
        command.args(["-c", GUARD, "croupier-guard"]).arg(home);
        command.process_group(0);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut process = command.spawn().map_err(|fault| ServersError::Program {
            program: "/bin/sh".to_owned(),
            detail: fault.to_string(),
            next: "check that /bin/sh works and that more processes may be started (ulimit -u)",
        })?;
        Ok(Self {
            lifeline: process.stdin.take(),
            process,
        })
    }

    /// Has the home removed, and waits until it is.
    pub(super) async fn remove(mut self) {
        self.lifeline.take();
        while !matches!(self.process.try_wait(), Ok(Some(_)) | Err(_)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Guard {
    /// Only lets go of the lifeline: removing takes a while, and the guard sees to it without us.
    fn drop(&mut self) {
        self.lifeline.take();
        let _ = self.process.try_wait();
    }
}
