//! The peer: pgbench's TPC-B, prepared, on the same server.

use std::process::Command;

use croupier::servers::Servers;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// Transactions per second, the best of 8 and 32 clients.
pub(crate) async fn run(servers: &Servers, seconds: u32) -> u64 {
    let mut root = PgConnection::connect(&servers.superuser_url()).await.unwrap();
    root.execute(AssertSqlSafe("CREATE DATABASE pgbench".to_owned()))
        .await
        .unwrap();
    let url = format!("{}/pgbench", servers.superuser_url().rsplit_once('/').unwrap().0);
    pgbench(&["-q", "-i", "-s", "20", &url]);
    let tps = |clients: &str| {
        let output = pgbench(&[
            "-n",
            "-M",
            "prepared",
            "-c",
            clients,
            "-j",
            "2",
            "-T",
            &seconds.to_string(),
            &url,
        ]);
        let line = output
            .lines()
            .find(|line| line.starts_with("tps = "))
            .expect("pgbench says its tps");
        let number = line
            .trim_start_matches("tps = ")
            .split(['.', ' '])
            .next()
            .unwrap();
        number.parse::<u64>().unwrap()
    };
    tps("8").max(tps("32"))
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
