//! What a call looks at is its own brand's, however many brands there are beside it.

use std::collections::HashMap;

use croupier::runtime::Role;
use croupier_game::hub88::simulator::Bet;
use futures_util::future::join_all;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::{Table, ok};
use crate::harness::{EUR, House, until};

const NEIGHBOURS: usize = 300;
const BETS: usize = 100;
/// Entries of one index, and rows of one table gone through, that a call may look at. It is two or three of most.
const A_FEW: usize = 8;

/// Brands that offer every game.
async fn settle(house: &House) {
    let mut owner = PgConnection::connect(&house.local.owner_url).await.unwrap();
    let brands = || (1..=NEIGHBOURS).map(|at| 1_000 + at);
    let setting: String = brands().fold(",".to_owned(), |all, id| format!("{all}{id},"));
    let begin = AssertSqlSafe(format!("BEGIN; SET LOCAL croupier.brand_ids = '{setting}'"));
    let mut tx = owner.begin_with(begin).await.unwrap();
    for sql in [
        "INSERT INTO brand (id, code, name, currency) SELECT 1000 + n, 'n' || 1000 + n, 'Neighbour', 'EUR' FROM generate_series(1, $1) AS n",
        "INSERT INTO brand_game (brand_id, game_id, position) SELECT 1000 + n, game_id, position FROM game, generate_series(1, $1) AS n",
    ] {
        let many = i32::try_from(NEIGHBOURS).unwrap();
        sqlx::query(sql).bind(many).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    // What this looked at is not what calls do: a connection that ends has told it.
    owner.close().await.unwrap();
    until("the server tells who came", async || {
        looked_at(house).await["brand_pkey"] >= i64::try_from(NEIGHBOURS).unwrap()
    })
    .await;
}

/// A connection that ends tells what it looked at, and is on the list until then.
async fn all_told(house: &House) {
    until("the house's connections ended", async || {
        let open = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'croupier_app' AND datname = current_database()";
        let open: i64 = sqlx::query_scalar(open).fetch_one(&house.owner).await.unwrap();
        open == 0
    })
    .await;
}

/// What was looked at until now, by index and by table; of the brands and their domains every process reads all.
async fn looked_at(house: &House) -> HashMap<String, i64> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT indexrelname::text, idx_tup_read FROM pg_stat_user_indexes
         UNION ALL SELECT relname::text, seq_tup_read FROM pg_stat_user_tables WHERE relname NOT IN ('brand', 'brand_domain')",
    )
    .fetch_all(&house.owner)
    .await
    .unwrap();
    rows.into_iter().collect()
}

#[tokio::test]
async fn iso_69_a_call_looks_at_nothing_of_the_brands_beside_it() {
    let mut table = Table::open().await;
    settle(&table.house).await;
    table
        .house
        .owner
        .execute("ANALYZE brand_game, game")
        .await
        .unwrap();
    let before = looked_at(&table.house).await;
    let bets: Vec<_> = (0..BETS).map(|at| Bet::new(&format!("r{at}"), EUR)).collect();
    let told = join_all(bets.iter().map(|bet| table.bet(bet))).await;
    assert_eq!(told.iter().filter(|told| **told == ok(0)).count(), 1, "{told:?}");
    table.house.stop(Role::All).await;
    all_told(&table.house).await;
    let after = looked_at(&table.house).await;
    let since = |name: &str| after[name] - before.get(name).copied().unwrap_or_default();
    let launches = since("game_session_pkey") + since("game_session_newest");
    assert!(launches >= i64::try_from(BETS).unwrap(), "{launches} launches");
    let most = i64::try_from(A_FEW * BETS).unwrap();
    let too_many: Vec<_> = after
        .keys()
        .filter(|name| since(name) > most)
        .map(|name| (name, since(name)))
        .collect();
    assert!(too_many.is_empty(), "for {BETS} bets: {too_many:?}");
}
