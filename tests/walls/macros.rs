//! The macros carry the row wall: whatever rows come, each says whose it is and is compared.
//!
//! Their statements are tied, so that for another brand's row to come the database itself must lie: here
//! the policies are dropped, and two integers are always equal.

use croupier_brand::{
    BatchTx, BrandRead, BrandScope, BrandTx, brand_query, brand_query_as, brand_read, brand_read_as,
    brand_set_query, brand_set_query_as,
};
use sqlx::{AssertSqlSafe, Executor};
use uuid::Uuid;

use super::{drop_policies, is_foreign_row};
use crate::{
    harness::House,
    walk::estate::{Estate, scope_of},
};

/// From now on, for whoever connects anew, one integer is equal to another.
async fn let_all_be_equal(house: &House) {
    let database = house.local.owner_url.rsplit_once('/').unwrap().1;
    let lie = format!(
        "CREATE SCHEMA lies;
         CREATE FUNCTION lies.always(integer, integer) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true';
         CREATE OPERATOR lies.= (FUNCTION = lies.always, LEFTARG = integer, RIGHTARG = integer);
         GRANT USAGE ON SCHEMA lies TO croupier_app;
         ALTER DATABASE {database} SET search_path = lies, pg_catalog, public"
    );
    house
        .owner
        .execute(sqlx::raw_sql(AssertSqlSafe(lie)))
        .await
        .unwrap();
}

#[expect(dead_code, reason = "what is read is never seen")]
#[derive(Debug)]
struct PlayerRow {
    brand_id: i32,
    account: String,
}

/// Reads of one player, and a write that gives the row, by each of the macros: how each ended.
async fn by_every_macro(
    house: &House,
    scope: &BrandScope,
    player: Uuid,
) -> Vec<(&'static str, Result<usize, sqlx::Error>)> {
    let pool = house.brand_pool(4).await;
    let mut tx = BrandTx::open(&pool, scope).await.unwrap();
    let query = brand_query!(
        tx,
        "SELECT brand_id, account FROM player WHERE brand_id = $1 AND player_id = $2",
        player
    );
    let query = query.fetch_all(tx.conn()).await.map(|rows| rows.len());
    let query_as = brand_query_as!(
        PlayerRow,
        tx,
        "SELECT brand_id, account FROM player WHERE brand_id = $1 AND player_id = $2",
        player
    );
    let query_as = query_as.fetch_all(tx.conn()).await.map(|rows| rows.len());
    let optional = brand_query!(
        tx,
        "SELECT brand_id, account FROM player WHERE brand_id = $1 AND player_id = $2",
        player
    );
    let optional = optional
        .fetch_optional(tx.conn())
        .await
        .map(|row| usize::from(row.is_some()));
    let update = brand_query!(
        tx,
        "UPDATE player SET exclusion = NULL WHERE brand_id = $1 AND player_id = $2 RETURNING brand_id, account",
        player
    );
    let update = update.fetch_all(tx.conn()).await.map(|rows| rows.len());
    let joined = brand_query!(
        tx,
        r#"SELECT one.one AS "one!", p.brand_id AS "player_brand_id?"
             FROM (SELECT 1 AS one) AS one LEFT JOIN player p ON p.brand_id = $1 AND p.player_id = $2"#,
        player
    );
    let joined = joined.fetch_all(tx.conn()).await.map(|rows| rows.len());
    tx.rollback().await.unwrap();

    let mut reads = BrandRead::open(&pool, scope).await.unwrap();
    let read = brand_read!(
        reads,
        "SELECT brand_id, account FROM player WHERE brand_id = $1 AND player_id = $2",
        player
    );
    let read = read.fetch_all(reads.conn()).await.map(|rows| rows.len());
    let read_as = brand_read_as!(
        PlayerRow,
        reads,
        "SELECT brand_id, account FROM player WHERE brand_id = $1 AND player_id = $2",
        player
    );
    let read_as = read_as.fetch_all(reads.conn()).await.map(|rows| rows.len());

    let mut batch = BatchTx::open(&pool, [scope]).await.unwrap();
    let (brands, players) = (batch.brands([scope]).unwrap(), [player]);
    let set = brand_set_query!(
        batch,
        brands,
        "SELECT p.brand_id, p.account FROM unnest($1::int[], $2::uuid[]) AS item (brand_id, player_id)
           JOIN player p ON p.brand_id = item.brand_id AND p.player_id = item.player_id",
        &players
    );
    let set = set.fetch_all(batch.conn()).await.map(|rows| rows.len());
    let set_as = brand_set_query_as!(
        PlayerRow,
        batch,
        brands,
        "SELECT p.brand_id, p.account FROM unnest($1::int[], $2::uuid[]) AS item (brand_id, player_id)
           JOIN player p ON p.brand_id = item.brand_id AND p.player_id = item.player_id",
        &players
    );
    let set_as = set_as.fetch_all(batch.conn()).await.map(|rows| rows.len());
    vec![
        ("brand_query!", query),
        ("brand_query_as!", query_as),
        ("brand_query! of one row", optional),
        ("brand_query! that writes", update),
        ("brand_query! of a LEFT JOIN", joined),
        ("brand_read!", read),
        ("brand_read_as!", read_as),
        ("brand_set_query!", set),
        ("brand_set_query_as!", set_as),
    ]
}

#[tokio::test]
async fn iso_35_every_macro_compares_the_rows_with_the_scope() {
    let Estate { house, sides } = Estate::open().await;
    let (aurora, bonanza) = (scope_of(&house, 1).await, scope_of(&house, 2).await);
    let player: Uuid = sides[0].ids.player.parse().unwrap();
    drop_policies(&house).await;
    for (name, outcome) in by_every_macro(&house, &bonanza, player).await {
        // A LEFT JOIN has a row for whatever it finds.
        let expected = usize::from(name.contains("LEFT"));
        assert_eq!(
            outcome.unwrap(),
            expected,
            "{name}: the predicate holds by itself"
        );
    }
    let_all_be_equal(&house).await;
    for (name, outcome) in by_every_macro(&house, &aurora, player).await {
        assert_eq!(outcome.unwrap(), 1, "{name}: the row is there");
    }
    for (name, outcome) in by_every_macro(&house, &bonanza, player).await {
        assert!(is_foreign_row(&outcome), "{name}: {outcome:?}");
    }
}
