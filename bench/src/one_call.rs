//! The peer that an operator would write: a bet is one call of a stored function (`one_call.sql`), prepared and
//! driven by pgbench, in a database of its own on the same server.

use std::path::PathBuf;

use serde::Serialize;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::{databases::Databases, floor::FLOAT, pgbench};

const TABLES: &str = include_str!("one_call.sql");
const SCRIPT: &str = include_str!("one_call.pgbench");
const SETS: &str = include_str!("sets.pgbench");
/// Bets in a set.
const SET: usize = 256;
const DATABASE: &str = "one_call";

/// Bets a second at each number of clients.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct OneCall {
    /// At one client.
    pub(crate) at_1: u64,
    /// At eight.
    pub(crate) at_8: u64,
    /// At 32.
    pub(crate) at_32: u64,
    /// The same rows written in sets by SQL alone, which decides nothing: what this server can take of them.
    pub(crate) in_sets: u64,
}

impl OneCall {
    /// The best of 8 and 32.
    pub(crate) fn best(&self) -> u64 {
        self.at_8.max(self.at_32)
    }

    /// What so many in flight are compared with: the peer at as many clients, or its best.
    pub(crate) fn against(&self, in_flight: usize) -> u64 {
        match in_flight {
            1 => self.at_1,
            8 => self.at_8,
            _ => self.best(),
        }
    }
}

/// Runs it over as many wallets as Croupier's cells have. Every number of clients begins with fresh tables.
pub(crate) async fn run(databases: &Databases<'_>, brands: usize, players: usize, seconds: u32) -> OneCall {
    databases.create(DATABASE).await;
    let mut conn = databases.superuser(DATABASE).await;
    conn.execute(TABLES).await.unwrap();
    check(&mut conn).await;
    let fill = format!(
        "INSERT INTO wallet SELECT brand, player, 'EUR', 1, {FLOAT}, 0 FROM generate_series(1, {brands}) AS brand, generate_series(1, {players}) AS player"
    );
    conn.execute(AssertSqlSafe(fill)).await.unwrap();
    conn.execute("VACUUM ANALYZE").await.unwrap();
    conn.close().await.unwrap();

    let floor = [format!("brands={brands}"), format!("players={players}")];
    let at = async |clients: usize, script: &str, more: &[String]| {
        let name = databases.copy(DATABASE).await;
        let file = write(script);
        let mut arguments = vec!["-f".to_owned(), file.display().to_string()];
        for variable in floor.iter().chain(more) {
            arguments.extend(["-D".to_owned(), variable.clone()]);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let tps = pgbench::run(&databases.superuser_url(&name), clients, seconds, &arguments);
        std::fs::remove_file(file).unwrap();
        audit(&mut databases.superuser(&name).await).await;
        databases.drop(&name).await;
        tps
    };
    let mut found = OneCall {
        at_1: at(1, SCRIPT, &[]).await,
        at_8: at(8, SCRIPT, &[]).await,
        at_32: at(32, SCRIPT, &[]).await,
        in_sets: 0,
    };
    for clients in [2, 4] {
        let sets = at(
            clients,
            SETS,
            &[format!("set={SET}"), format!("clients={clients}")],
        )
        .await;
        found.in_sets = found.in_sets.max(sets * SET as u64);
    }
    databases.drop(DATABASE).await;
    found
}

fn write(script: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("croupier-bench-{}.pgbench", std::process::id()));
    std::fs::write(&path, script).unwrap();
    path
}

/// The peer does what it is compared for: it pays from cash and then bonus, refuses, repeats and finds conflicts.
async fn check(conn: &mut PgConnection) {
    conn.execute("INSERT INTO wallet VALUES (1, 1, 'EUR', 1, 3, 2)")
        .await
        .unwrap();
    let steps = [
        ("a", 1, "\\x01", "applied", 4),
        ("b", 3, "\\x02", "applied", 1),
        ("a", 1, "\\x01", "applied", 4),
        ("a", 2, "\\x03", "conflict", 4),
        ("c", 2, "\\x04", "insufficient_funds", 1),
        ("c", 2, "\\x04", "insufficient_funds", 1),
    ];
    for (id, amount, fingerprint, verdict, balance) in steps {
        let call = format!(
            "SELECT verdict, balance FROM bet(1, 1, 'EUR', 'hub88', '{id}', '{id}', 'northern-lights', {amount}, '{fingerprint}')"
        );
        let told: (String, i64) = sqlx::query_as(AssertSqlSafe(call))
            .fetch_one(&mut *conn)
            .await
            .unwrap();
        assert_eq!(told, (verdict.to_owned(), balance), "the stored function, {id}");
    }
    let parts: (i64, i64) = sqlx::query_as("SELECT cash, bonus FROM command WHERE transaction_id = 'b'")
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    assert_eq!(parts, (2, 1), "the stored function's parts");
    conn.execute("TRUNCATE wallet, journal, command").await.unwrap();
}

/// It did all of it: as many commands as entries, and the wallets are what the entries left.
async fn audit(conn: &mut PgConnection) {
    let right: bool = sqlx::query_scalar(AssertSqlSafe(format!(
        "SELECT (SELECT count(*) FROM journal) = (SELECT count(*) FROM command)
            AND (SELECT count(*) * {FLOAT} - sum(cash + bonus) FROM wallet) = (SELECT sum(house) FROM journal)"
    )))
    .fetch_one(conn)
    .await
    .unwrap();
    assert!(right, "the stored function's books are not right");
}
