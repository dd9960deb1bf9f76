//! A server process that cannot outlive us.
//!
//! Each server runs under a few lines of shell (`watchdog.sh`) that hold the read end of a pipe of ours. When we close
//! it, or die in whatever way, the watchdog stops the server in order and, for ephemeral data, removes the folder.
//! Both are in a process group of their own, so that Ctrl-C in a terminal reaches us alone and we stop things in order.

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    time::Duration,
};

use super::{error::ServersError, unprivileged::RunAs};

const WATCHDOG: &str = include_str!("watchdog.sh");

/// What a server is started with.
pub(crate) struct Spec<'a> {
    /// The program and its arguments.
    pub(crate) command: Vec<std::ffi::OsString>,
    /// More environment, which unlike arguments is not shown to other users.
    pub(crate) env: Vec<(&'static str, String)>,
    /// The signals that stop it, the politest first.
    pub(crate) signals: &'a str,
    /// Removed when we are gone or ask it to stop; not when the server dies by itself.
    pub(crate) remove: Option<PathBuf>,
    /// Where its output goes.
    pub(crate) log: File,
}

/// A running server and its watchdog.
#[derive(Debug)]
pub(crate) struct Supervised {
    watchdog: Child,
    /// Closing it asks the watchdog to stop the server.
    lifeline: Option<ChildStdin>,
    server_pid: u32,
}

impl Supervised {
    /// Starts the server. Returns as soon as its process exists, which is before it is ready.
    pub(crate) async fn start(spec: Spec<'_>, run_as: &RunAs) -> Result<Self, ServersError> {
        let mut command = run_as.command("/bin/sh");
        command
            .arg("-c")
            .arg(WATCHDOG)
            .arg("croupier-watchdog")
            .arg(spec.signals);
        command
            .arg(spec.remove.unwrap_or_default().as_os_str())
            .args(&spec.command);
        command.envs(spec.env).process_group(0);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(spec.log);
        spawn(command).await
    }

    /// The process id of the server itself.
    pub(crate) fn pid(&self) -> u32 {
        self.server_pid
    }

    /// How the server ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.watchdog.try_wait().ok().flatten()
    }

    /// Asks the watchdog to stop the server and waits until both are gone.
    pub(crate) async fn stop(mut self) {
        self.lifeline.take();
        self.wait().await;
    }

    /// Kills the server on the spot, as a crash would, and waits until it is gone.
    pub(crate) async fn kill(mut self) {
        // Once it has ended its number may be somebody else's.
        if self.ended().is_none() {
            signal(self.server_pid, "KILL");
        }
        self.wait().await;
    }

    /// Waits until the server ends by itself, which is not a reason to remove its folder.
    pub(crate) async fn wait_ended(mut self) -> ExitStatus {
        self.wait().await
    }

    /// The watchdog bounds the wait once the lifeline is closed: its signals, ten seconds each.
    async fn wait(&mut self) -> ExitStatus {
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Supervised {
    /// Only lets go of the lifeline: stopping takes a while, and the watchdog sees to it without us.
    fn drop(&mut self) {
        self.lifeline.take();
        // Reaps it if it has ended already; otherwise whoever inherits our children does.
        let _ = self.watchdog.try_wait();
    }
}

/// The standard library's processes rather than tokio's: they belong to no runtime, so servers started by one test's
/// runtime live on in the next.
async fn spawn(mut command: Command) -> Result<Supervised, ServersError> {
    let started = tokio::task::spawn_blocking(move || -> std::io::Result<Supervised> {
        let mut watchdog = command.spawn()?;
        let lifeline = watchdog.stdin.take();
        let mut line = String::new();
        if let Some(stdout) = watchdog.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let server_pid = line
            .trim()
            .parse()
            .map_err(|_| std::io::Error::other("the watchdog did not say a pid"))?;
        Ok(Supervised {
            watchdog,
            lifeline,
            server_pid,
        })
    });
    let failed = |detail: String| ServersError::Program {
        program: "/bin/sh".to_owned(),
        detail,
        next: "check that /bin/sh works and that more processes may be started (ulimit -u)",
    };
    match started.await {
        Ok(Ok(supervised)) => Ok(supervised),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(error) => Err(failed(error.to_string())),
    }
}

/// Sends a signal. Through the shell's own `kill`, which every system has. False when there is no such process or it
/// is not ours to signal.
pub(crate) fn signal(pid: u32, name: &str) -> bool {
    let sent = Command::new("/bin/sh")
        .args(["-c", "kill \"-$1\" \"$2\"", "sh", name, &pid.to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status();
    sent.is_ok_and(|status| status.success())
}

/// Waits until the process is gone, at most this long; false when it is still there.
pub(crate) async fn wait_gone(pid: u32, at_most: Duration) -> bool {
    let deadline = tokio::time::Instant::now() + at_most;
    while signal(pid, "0") && !is_zombie(pid) {
        if tokio::time::Instant::now() >= deadline {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    true
}

/// A process that has ended and whose parent has not asked how still answers to signal 0.
fn is_zombie(pid: u32) -> bool {
    let status = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    // The state follows the command's name, which is in parentheses and may hold anything.
    status.is_ok_and(|stat| {
        stat.rsplit(')')
            .next()
            .is_some_and(|rest| rest.trim_start().starts_with('Z'))
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// Whether a process has this among its arguments.
    fn runs(argument: &str) -> bool {
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        let mut lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
        lines.any(|line| {
            line.split(|byte| *byte == 0)
                .any(|part| part == argument.as_bytes())
        })
    }

    #[tokio::test]
    async fn a_server_whose_parent_is_gone_before_it_said_its_pid_is_stopped() {
        // No other process has such an argument.
        let length = format!("7{:07}.25", std::process::id());
        for _ in 0..5 {
            let mut watchdog = Command::new("/bin/sh")
                .args(["-c", WATCHDOG, "croupier-watchdog", "TERM KILL", "", "sleep"])
                .arg(&length)
                .process_group(0)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            drop((watchdog.stdin.take(), watchdog.stdout.take()));
            tokio::task::spawn_blocking(move || watchdog.wait())
                .await
                .unwrap()
                .unwrap();
            assert!(!runs(&length), "the server outlived its watchdog");
        }
    }
}
