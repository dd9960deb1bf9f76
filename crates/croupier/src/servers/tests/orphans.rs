//! Servers whose owner was killed. The owner is this test binary, run again for the one test.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use super::*;
use crate::servers::programs::Search;

/// Set for the second process, to the data folder to use, or to nothing for an ephemeral one.
const OWNER_OF: &str = "CROUPIER_TEST_OWNER_OF";

/// A process of ours that owns a pair of servers.
struct Owner {
    process: Child,
    home: PathBuf,
    servers: [u32; 2],
}

impl Owner {
    fn start(test: &str, data: &str) -> Self {
        let mut process = Command::new(env::current_exe().unwrap())
            .args([
                &format!("{}::{test}", module_path!().split_once("::").unwrap().1),
                "--exact",
                "--nocapture",
            ])
            .env(OWNER_OF, data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        // The harness prints around it, on the same line too.
        let line = lines
            .map_while(Result::ok)
            .find_map(|line| line.split_once("OWNER ").map(|(_, rest)| rest.to_owned()));
        let words: Vec<String> = line.unwrap().split(' ').map(str::to_owned).collect();
        Self {
            process,
            servers: [words[0].parse().unwrap(), words[1].parse().unwrap()],
            home: PathBuf::from(&words[2]),
        }
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// In the second process: starts the servers, says so, and waits to be killed. Returns in the first process.
async fn own_servers_if_told() {
    let Ok(data) = env::var(OWNER_OF) else { return };
    let data = if data.is_empty() {
        Data::Ephemeral
    } else {
        Data::Kept(data.into())
    };
    let servers = Servers::start(fast(data)).await.unwrap();
    let pids = (
        servers.postgres.pid().await.unwrap(),
        servers.redis.pid().await.unwrap(),
    );
    #[expect(clippy::print_stdout, reason = "read by the process that started this one")]
    {
        println!(
            "OWNER {} {} {}",
            pids.0,
            pids.1,
            servers.home().unwrap().display()
        );
    }
    std::future::pending::<()>().await;
}

/// The watchdog's process and, inside it, the one that waits for the pipe.
fn watchdogs_of(server: u32) -> Vec<u32> {
    let parent_of = |pid: u32| -> Option<u32> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()
    };
    let watchdog = parent_of(server).unwrap();
    let all = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut found: Vec<u32> = all
        .filter(|pid| *pid != server && parent_of(*pid) == Some(watchdog))
        .collect();
    found.push(watchdog);
    found
}

#[tokio::test]
async fn a_killed_owner_leaves_no_process_and_no_ephemeral_data() {
    own_servers_if_told().await;
    let mut owner = Owner::start("a_killed_owner_leaves_no_process_and_no_ephemeral_data", "");
    let servers = owner.servers;
    let watchdogs: Vec<u32> = servers.iter().flat_map(|server| watchdogs_of(*server)).collect();
    assert_eq!(watchdogs.len(), 4);
    assert!(servers.iter().chain(&watchdogs).all(|pid| is_alive(*pid)));
    owner.kill();
    for pid in servers.into_iter().chain(watchdogs) {
        assert_gone(pid).await;
    }
    // Its guard has waited for the watchdogs, too.
    assert_folder_gone(&owner.home).await;
}

#[tokio::test]
async fn a_start_right_after_a_killed_owner_succeeds_with_the_data() {
    own_servers_if_told().await;
    let scratch = Scratch::new();
    let name = "a_start_right_after_a_killed_owner_succeeds_with_the_data";
    let mut owner = Owner::start(name, scratch.to_str().unwrap());
    owner.kill();
    // The watchdogs are stopping the old servers while the new ones start.
    let servers = start_kept(&scratch).await;
    for pid in owner.servers {
        assert_gone(pid).await;
    }
    assert_eq!(
        text(&servers.app_url(), "SELECT current_user::text").await,
        "croupier_app"
    );
    servers.stop().await;
}

#[tokio::test]
async fn servers_whose_watchdogs_were_killed_too_are_stopped_by_the_next_start() {
    own_servers_if_told().await;
    let scratch = Scratch::new();
    let name = "servers_whose_watchdogs_were_killed_too_are_stopped_by_the_next_start";
    let mut owner = Owner::start(name, scratch.to_str().unwrap());
    for watchdog in owner.servers.iter().flat_map(|server| watchdogs_of(*server)) {
        assert!(signal(watchdog, "KILL"));
    }
    owner.kill();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(
        owner.servers.iter().all(|pid| is_alive(*pid)),
        "nobody is left to stop them"
    );

    let servers = start_kept(&scratch).await;
    for pid in owner.servers {
        assert_gone(pid).await;
    }
    assert_ne!(servers.postgres.pid().await.unwrap(), owner.servers[0]);
    servers.stop().await;
}

/// In place of `postgres`: the first time, a server of an earlier start gets there between our look and our own server,
/// which goes on to log into the same file.
const BEATEN: &str = r#"#!/bin/sh
if [ "$1" = -D ] && [ ! -e "$2/beaten" ]; then
    touch "$2/beaten"
    @REAL@ "$@" -c listen_addresses= -c unix_socket_directories="$2" &
    while [ ! -s "$2/postmaster.pid" ]; do sleep 0.01; done
    @REAL@ "$@"
    status=$?
    for _ in 1 2 3 4 5 6; do echo "LOG: the faster server goes on" >&2; done
    exit $status
fi
exec @REAL@ "$@"
"#;

#[tokio::test]
async fn a_server_that_shows_itself_late_is_stopped_too() {
    let scratch = Scratch::new();
    let real = Search::system().new_enough_postgres().unwrap().bindir;
    let bin = scratch.join("bin");
    fs::create_dir(&bin).unwrap();
    let stand_in = bin.join("postgres");
    fs::write(
        &stand_in,
        BEATEN.replace("@REAL@", real.join("postgres").to_str().unwrap()),
    )
    .unwrap();
    fs::set_permissions(&stand_in, fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink(real.join("initdb"), bin.join("initdb")).unwrap();
    let redis = Search::system().redis().unwrap();
    std::os::unix::fs::symlink(redis, bin.join("redis-server")).unwrap();

    let servers = Servers::start(ServersConfig {
        search: Search::only(vec![bin]),
        ..fast(Data::Kept(scratch.join("data")))
    })
    .await
    .unwrap();
    assert!(scratch.join("data/postgres/beaten").exists());
    assert_eq!(
        text(&servers.app_url(), "SELECT current_user::text").await,
        "croupier_app"
    );
    servers.stop().await;
}

#[tokio::test]
async fn a_pid_file_that_names_another_program_is_stale() {
    let scratch = Scratch::new();
    start_kept(&scratch).await.stop().await;
    // A crash left the file, and the number now belongs to somebody the server's own check takes for a server.
    let mut bystander = crate::servers::unprivileged::RunAs::detect()
        .unwrap()
        .command("sleep")
        .arg("60")
        .spawn()
        .unwrap();
    for file in ["postgres/postmaster.pid", "redis/redis.pid"] {
        fs::write(
            scratch.join(file),
            format!("{}\n{}\n", bystander.id(), scratch.join("postgres").display()),
        )
        .unwrap();
    }
    start_kept(&scratch).await.stop().await;
    assert!(
        bystander.try_wait().unwrap().is_none(),
        "a bystander was signalled"
    );
    bystander.kill().unwrap();
    bystander.wait().unwrap();
}
