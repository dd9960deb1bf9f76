//! A server of an earlier run that is still alive: its owner was killed and it has not finished stopping, or its
//! watchdog was killed too. It is stopped before a new one starts on the same folder.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use super::{
    config::Progress,
    error::ServersError,
    supervise::{signal, wait_gone},
};

/// Stops what the pid file says runs on `dir`, if it really does. A pid of another program, which took the number
/// over since, is left alone; then a stale pid file is removed, because PostgreSQL would refuse to start beside it.
pub(crate) async fn stop(
    server: &'static str,
    pid_file: &Path,
    dir: &Path,
    signals: &[&str],
    progress: &Progress,
) -> Result<(), ServersError> {
    let Some(pid) = read_pid(pid_file) else {
        return Ok(());
    };
    if !signal(pid, "0") {
        return Ok(()); // The server itself clears up after a crash.
    }
    if !works_in(pid, dir) {
        // Only if really nothing runs here any more: a crashed server's children may outlive it for a moment.
        if !anything_works_in(dir) {
            let _ = fs::remove_file(pid_file);
        }
        return Ok(());
    }
    progress(&format!(
        "stopping the {server} that an earlier run left behind (pid {pid})"
    ));
    for name in signals {
        signal(pid, name);
        if wait_gone(pid, Duration::from_secs(20)).await {
            return Ok(());
        }
    }
    Err(ServersError::Program {
        program: server.to_owned(),
        detail: format!(
            "pid {pid}, left by an earlier run, still runs on {}",
            dir.display()
        ),
        next: "stop it by hand and start again",
    })
}

/// The first line of both PostgreSQL's `postmaster.pid` and Redis's pid file.
fn read_pid(file: &Path) -> Option<u32> {
    fs::read_to_string(file).ok()?.lines().next()?.trim().parse().ok()
}

/// Both servers make their data folder their working folder; where the system does not show that, the command line
/// has to name it.
fn works_in(pid: u32, dir: &Path) -> bool {
    if Path::new("/proc/self").exists() {
        return cwd(pid).is_some_and(|cwd| cwd == dir);
    }
    let listed = Command::new("ps")
        .args(["-o", "command=", "-p", &pid.to_string()])
        .output();
    listed.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(&*dir.to_string_lossy()))
}

fn anything_works_in(dir: &Path) -> bool {
    let Ok(processes) = fs::read_dir("/proc") else {
        return true;
    };
    processes
        .flatten()
        .filter_map(|process| process.file_name().to_str()?.parse().ok())
        .any(|pid| cwd(pid).is_some_and(|cwd| cwd == dir))
}

fn cwd(pid: u32) -> Option<PathBuf> {
    fs::read_link(Path::new("/proc").join(pid.to_string()).join("cwd")).ok()
}
