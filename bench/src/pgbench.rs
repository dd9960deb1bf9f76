//! pgbench, and the peer that is its own: TPC-B, prepared, on the same server.

use std::process::Command;

use crate::databases::Databases;

/// More branches than clients, as pgbench's manual asks; else clients wait for one another's rows.
const SCALE: &str = "40";

/// Transactions per second of TPC-B, the best of 8 and 32 clients.
pub(crate) async fn tpc_b(databases: &Databases<'_>, seconds: u32) -> u64 {
    databases.create("tpcb").await;
    let url = databases.superuser_url("tpcb");
    pgbench(&["-q", "-i", "-s", SCALE, &url]);
    let mut best = 0;
    for clients in [8, 32] {
        databases.checkpoint().await;
        best = best.max(run(&url, clients, seconds, &[]));
    }
    databases.drop("tpcb").await;
    best
}

/// Transactions per second of one run, prepared, after a warm-up of a quarter of its time.
pub(crate) fn run(url: &str, clients: usize, seconds: u32, script: &[&str]) -> u64 {
    let clients = clients.to_string();
    let threads = if clients == "1" { "1" } else { "2" };
    let tps = |seconds: u32| {
        let time = seconds.max(1).to_string();
        let fixed = ["-n", "-M", "prepared", "-c", &clients, "-j", threads, "-T", &time];
        let output = pgbench(&[&fixed[..], script, &[url]].concat());
        let line = output.lines().find(|line| line.starts_with("tps = "));
        let number = line
            .expect("pgbench says its tps")
            .trim_start_matches("tps = ")
            .split(['.', ' '])
            .next();
        number.unwrap().parse::<u64>().unwrap()
    };
    tps(seconds / 4);
    tps(seconds)
}

fn pgbench(arguments: &[&str]) -> String {
    let bin = Command::new("pg_config")
        .arg("--bindir")
        .output()
        .ok()
        .map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    let program = bin.map_or_else(|| "pgbench".to_owned(), |bin| format!("{bin}/pgbench"));
    let output = Command::new(&program)
        .args(arguments)
        .output()
        .unwrap_or_else(|fault| panic!("{program}: {fault}; it comes with PostgreSQL's server package"));
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}
