//! This machine: programs, the account, the data folder, ports.

use std::{
    path::{self, Path},
    process::Command,
};

use super::Finding;
use crate::servers::{Outlook, ServersConfig, ports, unprivileged::RunAs};

/// Enough for the clusters, their logs and a build.
const ENOUGH_DISK_MIB: u64 = 1024;

/// The programs of a private PostgreSQL.
pub(super) fn postgres(servers: &ServersConfig, docker: bool) -> Finding {
    const WHAT: &str = "PostgreSQL";
    match servers.search.new_enough_postgres() {
        Ok(found) => Finding::good(WHAT, format!("{} in {}", found.major, found.bindir.display())),
        Err(_) if servers.database_url.is_some() => Finding::note(WHAT, "not installed; DATABASE_URL is set"),
        Err(_) if docker => Finding::good(WHAT, "not installed; will run in Docker"),
        Err(error) => Finding::missing(WHAT, error.to_string(), "script/bootstrap"),
    }
}

/// The program of a private Redis.
pub(super) fn redis(servers: &ServersConfig, docker: bool) -> Finding {
    const WHAT: &str = "Redis";
    match servers.search.redis() {
        Some(found) => Finding::good(WHAT, found.display().to_string()),
        None if servers.redis_url.is_some() => Finding::note(WHAT, "not installed; REDIS_URL is set"),
        None if docker => Finding::good(WHAT, "not installed; will run in Docker"),
        None => Finding::missing(
            WHAT,
            "neither redis-server nor valkey-server is installed",
            "script/bootstrap",
        ),
    }
}

/// Where a private server keeps its data, and how much room there is.
pub(super) fn data_folder(data: &Path, outlook: &Outlook) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.push(match (&outlook.held_by, outlook.writable) {
        (Some(pid), _) => Finding::note(
            "data folder",
            format!("{}, in use by pid {pid}", outlook.home.display()),
        ),
        (None, true) => Finding::good("data folder", outlook.home.display().to_string()),
        (None, false) => Finding::missing(
            "data folder",
            format!("{} cannot be written", data.display()),
            "set CROUPIER_DATA_DIR to a folder you can write to",
        ),
    });
    if outlook.home != data && path::absolute(data).is_ok_and(|asked| asked != outlook.home) {
        findings.push(Finding::note(
            "",
            format!("{} cannot be entered by the servers' account", data.display()),
        ));
    }
    let there = outlook.home.ancestors().find(|ancestor| ancestor.exists());
    findings.extend(there.and_then(free_mib).map(|free| {
        if free >= ENOUGH_DISK_MIB {
            Finding::good("disk space", format!("{free} MiB free"))
        } else {
            Finding::missing(
                "disk space",
                format!("{free} MiB free"),
                format!("make room for {ENOUGH_DISK_MIB} MiB, or set CROUPIER_DATA_DIR to a larger disk"),
            )
        }
    }));
    findings
}

/// What runs servers where their programs are not installed.
pub(super) fn docker_engine(running: bool) -> Finding {
    const WHAT: &str = "Docker";
    if running {
        Finding::good(WHAT, "running")
    } else {
        Finding::note(WHAT, "not running; only needed without the programs above")
    }
}

/// Whom the servers run as.
pub(super) fn account(run_as: &RunAs) -> Finding {
    match run_as.account() {
        Some(account) => Finding::good(
            "account",
            format!("root; the servers will run as {}", account.name),
        ),
        None => Finding::good("account", "an ordinary user; the servers will run as the same"),
    }
}

/// Whether what a variable says is a port that can be listened on.
pub(super) fn port(variable: &'static str, value: &str, outlook: &Outlook) -> Finding {
    let Ok(port) = value.parse() else {
        return Finding::missing(
            variable,
            format!("{value:?} is not a port"),
            "set it to a number up to 65535",
        );
    };
    if ports::is_free(port) {
        return Finding::good(variable, format!("{port}, free"));
    }
    let holder = ports::holder(port).map_or_else(String::new, |holder| format!(" by {holder}"));
    let found = format!("{port}, taken{holder}");
    match &outlook.held_by {
        Some(pid) if holder.contains(&format!("pid {pid} ")) => Finding::note(variable, found),
        _ => Finding::missing(
            variable,
            found,
            format!("stop what holds it, or set {variable} to another port"),
        ),
    }
}

/// What `df` says is free for us where this folder is; none where there is no `df` to ask.
fn free_mib(folder: &Path) -> Option<u64> {
    let output = Command::new("df").arg("-Pk").arg(folder).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let kib: u64 = text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    Some(kib / 1024)
}
