//! A house that has just begun: PostgreSQL knows nothing of its tables yet, and plans all the same.

use croupier_wallet::{Verdict, Wallet};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::Till;
use crate::{books, harness::until};

/// How much is played of each kind.
const PLAYED: i64 = 200;

/// How many rows a table was given, how many entries of its key's index were read, and how many rows by going through it.
async fn read(owner: &mut PgConnection, table: &str, key: &str) -> (i64, i64, i64) {
    sqlx::query_as(
        "SELECT n_tup_ins, (SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = $2), seq_tup_read
           FROM pg_stat_user_tables WHERE relname = $1",
    )
    .bind(table)
    .bind(key)
    .fetch_one(owner)
    .await
    .unwrap()
}

/// How many decisions there are, and what was read of them, when the server has told all of it.
async fn commands_read(till: &Till, owner: &mut PgConnection) -> (i64, (i64, i64, i64)) {
    let written = till.count("wallet_command").await;
    let mut commands = (0, 0, 0);
    until("the server tells what was read", async || {
        commands = read(owner, "wallet_command", "wallet_command_once").await;
        commands.0 == written
    })
    .await;
    (written, commands)
}

#[tokio::test]
async fn a_house_that_has_just_begun_looks_up_by_whole_keys() {
    let till = Till::open().await;
    let mut owner = PgConnection::connect(&till.house.local.owner_url).await.unwrap();
    // PostgreSQL would look for itself within the minute.
    for table in ["wallet_command", "wallet_tombstone"] {
        let alone = format!("ALTER TABLE {table} SET (autovacuum_enabled = false)");
        owner.execute(AssertSqlSafe(alone)).await.unwrap();
    }
    let ids = || 0..PLAYED;
    till.together(ids().map(|n| till.bet(&format!("b{n}"), 1))).await;
    till.together(ids().map(|n| till.rollback(&format!("r{n}"), &format!("never came {n}"))))
        .await;
    let wins = till
        .together(ids().map(|n| till.win(&format!("w{n}"), 1, &format!("b{n}"))))
        .await;
    assert!(
        wins.iter()
            .all(|win| matches!(win.verdict(), Some(Verdict::Applied(_)))),
        "{wins:?}"
    );
    assert_eq!(till.count("wallet_tombstone").await, PLAYED);
    for n in 0..PLAYED / 5 {
        till.applied(till.bet(&format!("alone {n}"), 1)).await;
    }
    // A connection that ends tells what it has read and written.
    till.wallet.drain().await;
    let (written, commands) = commands_read(&till, &mut owner).await;
    let stones = read(&mut owner, "wallet_tombstone", "wallet_tombstone_pkey").await;
    // A command asks for a few rows. By a part of a key it would read all that was written before it.
    for (_, entries, rows) in [commands, stones] {
        assert!(entries < 5 * written, "{commands:?} {stones:?}");
        // By whom it was counted above.
        assert!(rows <= written, "{commands:?} {stones:?}");
    }
    books::audit(&till.house).await;
}

#[tokio::test]
async fn a_house_that_was_analysed_when_it_was_empty_looks_for_no_earlier_bet_where_there_is_no_win() {
    let till = Till::open().await;
    let mut owner = PgConnection::connect(&till.house.local.owner_url).await.unwrap();
    for sql in [
        "ALTER TABLE wallet_command SET (autovacuum_enabled = false)",
        "ANALYZE wallet_command",
    ] {
        owner.execute(sql).await.unwrap();
    }
    // Its connections begin, and plan, with what PostgreSQL knows now: one row.
    let other = till.another_process().await;
    for n in 0..PLAYED {
        let outcome = other.submit(&till.scope, till.bet(&format!("b{n}"), 1)).await;
        assert!(matches!(outcome.unwrap().verdict(), Some(Verdict::Applied(_))));
    }
    till.wallet.drain().await;
    other.drain().await;
    let (written, commands) = commands_read(&till, &mut owner).await;
    assert!(commands.1 < 5 * written, "{commands:?}");
}
