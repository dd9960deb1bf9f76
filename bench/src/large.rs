//! A house with a past: a million wallets and twenty million entries, and what that changes.
//!
//! In each brand one player deposits and bets through the wallet; everybody else gets a copy of what that left in
//! every table, under ids of their own. So the rows are the product's, whatever its tables look like, and every wallet
//! is the sum of its entries. (The copies' hash chains are not their own; nothing here verifies them.)

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use croupier::servers::roles::DATABASE;
use croupier_brand::token::PlayerId;
use serde::Serialize;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    cells::{self, FULL, Floors, HOUSE_BRANDS, Measured, Peers},
    choices::Load,
    databases::Databases,
    floor::Floor,
    meters::Meters,
    report::{fine_ratio, ratio},
};

/// Entries of each wallet: a deposit, and bets.
const ENTRIES: usize = 20;
/// Players in a statement.
const CHUNK: usize = 5_000;
/// Connections that fill.
const FILLERS: usize = 2;

/// The same cell beside a short past and a long one.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Large {
    /// Wallets with a past.
    wallets: usize,
    /// Rows of the journal before the cell.
    entries: i64,
    /// The database's size before the cell, megabytes.
    database_mb: i64,
    /// The small floor.
    small: Measured,
    /// The large one.
    large: Measured,
    /// large ÷ small.
    ratio: serde_json::Number,
}

/// Fills and measures.
pub(crate) async fn run(
    databases: &Databases<'_>,
    meters: &mut Meters,
    floors: &Floors,
    wallets: usize,
    peers: Peers,
    time: Duration,
) -> Large {
    let name = databases.copy(DATABASE).await;
    let floor = fill(databases, &name, wallets).await;
    let mut conn = databases.superuser(&name).await;
    let (entries, database_mb): (i64, i64) =
        sqlx::query_as("SELECT count(*), pg_database_size(current_database()) / 1048576 FROM wallet_ledger")
            .fetch_one(&mut conn)
            .await
            .unwrap();
    conn.close().await.unwrap();
    println!("  {entries} entries, {database_mb} MB; the cell beside a short past, then beside this one");
    cells::head();
    let hall = databases.fresh_hall().await;
    let small = cells::one(
        meters,
        &floors[&HOUSE_BRANDS],
        &hall.wallet,
        Load::Uniform,
        FULL,
        time,
    )
    .await;
    cells::row(&small, peers);
    hall.tear_down(databases).await;
    databases.checkpoint().await;
    let hall = databases.hall(&name).await;
    let large = cells::one(meters, &floor, &hall.wallet, Load::Uniform, FULL, time).await;
    cells::row(&large, peers);
    hall.tear_down(databases).await;
    println!(
        "  long past ÷ short past: {}",
        ratio(large.cell.tps, small.cell.tps)
    );
    Large {
        wallets: floor.houses.iter().map(|(_, players)| players.len()).sum(),
        entries,
        database_mb,
        small,
        large,
        ratio: fine_ratio(large.cell.tps, small.cell.tps),
    }
}

async fn fill(databases: &Databases<'_>, name: &str, wallets: usize) -> Arc<Floor> {
    let owner = databases.owner(name).await;
    let players = wallets.div_ceil(HOUSE_BRANDS);
    println!("\n  · a past: {HOUSE_BRANDS} brands with {players} players each");
    let floor = Arc::new(Floor::open(&owner, 'z', HOUSE_BRANDS, players).await);
    let hall = databases.hall(name).await;
    for (scope, players) in &floor.houses {
        floor.deposit(&hall.wallet, scope, players[0]).await;
        for _ in 1..ENTRIES {
            assert!(
                floor.bet_of(&hall.wallet, scope, players[0]).await,
                "a bet was not taken"
            );
        }
    }
    hall.leave().await;
    owner.close().await;

    // Filling needs neither checks of what is copied nor a disk that has it at once; the cell after it does.
    let mut root = databases.superuser(name).await;
    durable(&mut root, false).await;
    let tables = Arc::new(copies(&mut root).await);
    let done = Arc::new(AtomicUsize::new(0));
    let mut fillers = JoinSet::new();
    for filler in 0..FILLERS {
        let (floor, tables, done) = (Arc::clone(&floor), Arc::clone(&tables), Arc::clone(&done));
        let mut conn = databases.superuser(name).await;
        fillers.spawn(async move {
            conn.execute("SET session_replication_role = replica")
                .await
                .unwrap();
            for (scope, players) in floor.houses.iter().skip(filler).step_by(FILLERS) {
                for chunk in players[1..].chunks(CHUNK) {
                    copy(&mut conn, &tables, scope.id().get(), players[0], chunk).await;
                    let before = done.fetch_add(chunk.len(), Ordering::Relaxed);
                    progress(before, before + chunk.len(), wallets);
                }
            }
        });
    }
    while let Some(filler) = fillers.join_next().await {
        filler.unwrap();
    }
    println!("  · statistics");
    root.execute("VACUUM ANALYZE").await.unwrap();
    durable(&mut root, true).await;
    audit(&mut root).await;
    root.close().await.unwrap();
    databases.checkpoint().await;
    floor
}

/// A line for every twentieth part.
fn progress(before: usize, after: usize, of: usize) {
    let part = |count: usize| count * 20 / of.max(1);
    if part(before) < part(after) {
        println!("  · {} % of {of} wallets have a past", part(after) * 5);
    }
}

/// The statement for each of the wallet's tables that copies a player's rows to other players.
async fn copies(root: &mut PgConnection) -> Vec<String> {
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT c.relname::text, a.attname::text
           FROM pg_class c
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
          WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND c.relname LIKE 'wallet\\_%'
            AND EXISTS (SELECT FROM pg_attribute p WHERE p.attrelid = c.oid AND p.attname = 'player_id')
          ORDER BY c.relname, a.attnum",
    )
    .fetch_all(root)
    .await
    .unwrap();
    let of_table = |table: &str| {
        let columns: Vec<&str> = columns
            .iter()
            .filter(|(of, _)| of == table)
            .map(|(_, name)| name.as_str())
            .collect();
        let values: Vec<String> = columns.iter().map(|name| value(name)).collect();
        format!(
            "INSERT INTO {table} ({}) SELECT {} FROM {table} AS h CROSS JOIN unnest($3::uuid[]) AS other (id)
              WHERE h.brand_id = $1 AND h.player_id = $2",
            columns.join(", "),
            values.join(", ")
        )
    };
    let mut tables: Vec<&str> = columns.iter().map(|(table, _)| table.as_str()).collect();
    tables.dedup();
    tables.into_iter().map(of_table).collect()
}

/// What a copy has in a column. Ids made of the other player's are as scattered as providers' are.
fn value(column: &str) -> String {
    match column {
        "player_id" => "other.id".to_owned(),
        "entry_id" => "md5(other.id::text || h.entry_id::text)::uuid".to_owned(),
        "transaction_id" | "round_id" => format!("md5(other.id::text || h.{column})::uuid::text"),
        // The journal's order: each statement's rows are one transaction's.
        "xid" => "pg_current_xact_id()".to_owned(),
        "n" => "(row_number() OVER () - 1)::integer".to_owned(),
        "source" => "replace(h.source, h.player_id::text, other.id::text)".to_owned(),
        _ => format!("h.{column}"),
    }
}

async fn copy(conn: &mut PgConnection, tables: &[String], brand: i32, from: PlayerId, to: &[PlayerId]) {
    let to: Vec<Uuid> = to.iter().map(|player| player.0).collect();
    for table in tables {
        sqlx::query(AssertSqlSafe(table.clone()))
            .bind(brand)
            .bind(from.0)
            .bind(&to)
            .execute(&mut *conn)
            .await
            .unwrap();
    }
}

/// Switches the server's durability off for filling, and on again.
async fn durable(root: &mut PgConnection, on: bool) {
    for name in ["fsync", "full_page_writes", "autovacuum"] {
        let statement = if on {
            format!("ALTER SYSTEM RESET {name}")
        } else {
            format!("ALTER SYSTEM SET {name} = off")
        };
        root.execute(AssertSqlSafe(statement)).await.unwrap();
    }
    root.execute("SELECT pg_reload_conf()").await.unwrap();
    let expected = if on { "on" } else { "off" };
    for _ in 0..100 {
        let now: String = sqlx::query_scalar("SELECT current_setting('fsync')")
            .fetch_one(&mut *root)
            .await
            .unwrap();
        if now == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the server did not take its settings up again");
}

/// Every wallet is where its last entry left it, and has as many entries as its version says.
async fn audit(root: &mut PgConnection) {
    let wrong: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM wallet_account a
           JOIN LATERAL (SELECT count(*) AS entries, max(l.version) AS version,
                                (array_agg(l.balance ORDER BY l.version DESC))[1] AS balance
                           FROM wallet_ledger l
                          WHERE l.brand_id = a.brand_id AND l.player_id = a.player_id AND l.currency = a.currency) j ON true
          WHERE (SELECT sum(sums.amount) FROM unnest(a.available || a.held) AS sums (amount)) IS DISTINCT FROM j.balance
             OR a.version <> j.entries OR a.version <> j.version",
    )
    .fetch_one(root)
    .await
    .unwrap();
    assert_eq!(wrong, 0, "wallets that are not the sum of their entries");
}
