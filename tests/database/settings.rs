//! What row security makes of the setting, of NULL and of conditions that say less than they seem to.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};

use super::{READ_BY_ALL, app, scopes};
use crate::{
    harness::{House, sqlstate},
    walk::{estate::Estate, kept::readable},
};
use croupier_brand::BrandTx;

/// The brands whose rows a connection sees, in any table.
async fn seen(connection: &mut PgConnection, tables: &[String], condition: &str) -> Vec<i32> {
    let selects: Vec<_> = tables
        .iter()
        .filter(|table| !READ_BY_ALL.contains(&table.as_str()))
        .map(|table| format!("SELECT brand_id FROM {table} WHERE {condition}"))
        .collect();
    let rows = connection
        .fetch_all(AssertSqlSafe(format!("{} ORDER BY 1", selects.join(" UNION "))))
        .await
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn iso_43_every_row_of_a_scoped_table_has_a_brand() {
    let house = House::open().await;
    let columns = sqlx::query(
        "SELECT c.relname::text, a.attnotnull, a.atttypid::regtype::text, a.atthasdef OR a.attidentity <> '' AS makes_one_up
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'brand_id' AND NOT a.attisdropped
          WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')",
    );
    let columns = columns.fetch_all(&house.owner).await.unwrap();
    assert!(columns.len() > 10);
    for column in columns {
        let table: String = column.get(0);
        // A domain that was taken off its brand keeps its version, and no brand.
        let may_be_null = READ_BY_ALL.contains(&table.as_str());
        assert_eq!(column.get::<bool, _>(1), !may_be_null, "{table}");
        assert_eq!(column.get::<String, _>(2), "integer", "{table}");
        assert!(!column.get::<bool, _>(3), "{table} makes a brand up");
    }
}

#[tokio::test]
async fn iso_43_iso_46_a_setting_shows_the_brands_that_stand_between_its_commas_and_no_others() {
    let Estate { house, .. } = Estate::open().await;
    let tables = readable(&house).await;
    let mut connection = PgConnection::connect(&house.local.app_url).await.unwrap();
    let long = format!(",{}", "9,".repeat(20_000));
    for (setting, brands) in [
        (",1,", &[1][..]),
        (",2,", &[2]),
        (",1,2,", &[1, 2]),
        (",2,77,1,", &[1, 2]),
        ("", &[]),
        (",", &[]),
        (",,", &[]),
        ("1", &[]),
        ("1,", &[]),
        (",1", &[]),
        (", 1,", &[]),
        (",1 ,", &[]),
        (",01,", &[]),
        (",+1,", &[]),
        (",-1,", &[]),
        (",1.0,", &[]),
        (",1e0,", &[]),
        (",11,", &[]),
        (",21,", &[]),
        (",12,", &[]),
        (",111,211,", &[]),
        (",99999999999999999999,", &[]),
        ("%", &[]),
        (",%,", &[]),
        (",_,", &[]),
        (",*,", &[]),
        ("{1}", &[]),
        ("null", &[]),
        (",NULL,", &[]),
        ("true", &[]),
        ("';--", &[]),
        ("١", &[]),
        (",１,", &[]),
        (&long, &[]),
        // Not what anybody writes. What it names it shows, and nothing else.
        (",1,2", &[1]),
        (" ,1,", &[1]),
        ("1,2,1", &[2]),
    ] {
        let set = format!("SET croupier.brand_ids = '{}'", setting.replace('\'', "''"));
        connection.execute(AssertSqlSafe(set)).await.unwrap();
        assert_eq!(
            seen(&mut connection, &tables, "true").await,
            brands,
            "{setting:.60}"
        );
    }
}

#[tokio::test]
async fn iso_43_conditions_that_say_less_than_they_seem_to_show_one_brand() {
    let Estate { house, .. } = Estate::open().await;
    let tables = readable(&house).await;
    let mut connection = PgConnection::connect(&house.local.app_url).await.unwrap();
    connection
        .execute("SET croupier.brand_ids = ',1,'")
        .await
        .unwrap();
    for (condition, brands) in [
        ("brand_id = 1", &[1][..]),
        // AND binds closer than OR.
        ("brand_id = 1 AND false OR true", &[1]),
        ("brand_id = 1 OR brand_id = 2 AND true", &[1]),
        ("NOT brand_id = 1 OR true", &[1]),
        ("brand_id = 2 OR brand_id <> 2", &[1]),
        ("brand_id <> 1", &[]),
        ("brand_id = 2", &[]),
        ("brand_id IS NULL", &[]),
        ("brand_id = NULL", &[]),
        ("NOT (brand_id = NULL)", &[]),
        ("(brand_id = NULL) IS NULL", &[1]),
        ("brand_id IS DISTINCT FROM NULL", &[1]),
        ("brand_id IS NOT DISTINCT FROM NULL", &[]),
        ("brand_id IN (1, 2, NULL)", &[1]),
        ("brand_id NOT IN (1, NULL)", &[]),
        ("coalesce(NULL, brand_id) > 0", &[1]),
        ("brand_id = ANY ('{1,2}'::int[])", &[1]),
        ("brand_id::text LIKE '%'", &[1]),
    ] {
        assert_eq!(
            seen(&mut connection, &tables, condition).await,
            brands,
            "{condition}"
        );
    }
}

#[tokio::test]
async fn iso_43_a_row_without_a_brand_cannot_be_written() {
    let house = House::open().await;
    let guest = house.guest(&house.aurora, "alice").await;
    let ([aurora, _], pool) = (scopes(&house).await, app(&house).await);
    for (statement, code) in [
        (
            "INSERT INTO token_revocation (brand_id, session_id, expires_at) VALUES (NULL, gen_random_uuid(), now())",
            "42501",
        ),
        (
            "INSERT INTO token_revocation (session_id, expires_at) VALUES (gen_random_uuid(), now())",
            "42501",
        ),
        ("UPDATE player SET brand_id = NULL", "42501"),
        ("UPDATE player SET brand_id = 2", "42501"),
        (
            "INSERT INTO player_session SELECT 2, gen_random_uuid(), player_id, now(), now() FROM player",
            "42501",
        ),
    ] {
        let mut tx = BrandTx::open(&pool, &aurora).await.unwrap();
        let refused = tx.conn().execute(statement).await.unwrap_err();
        assert_eq!(sqlstate(&refused), code, "{statement}: {refused}");
    }
    assert_eq!(guest.total().await, "0.00");
    // Where row security does not stand, the column itself refuses.
    let mut rows = house.rows_of(1).await;
    let refused = rows
        .execute("ALTER TABLE player DISABLE ROW LEVEL SECURITY")
        .await;
    refused.unwrap();
    let refused = rows
        .execute("UPDATE player SET brand_id = NULL")
        .await
        .unwrap_err();
    assert_eq!(sqlstate(&refused), "23502", "{refused}");
}

#[tokio::test]
async fn iso_43_a_scope_of_nothing_shows_nothing() {
    let Estate { house, .. } = Estate::open().await;
    let mut connection = PgConnection::connect(&house.local.app_url).await.unwrap();
    for (brand, rows) in [
        ("NULL", false),
        ("NULL::int", false),
        ("0", false),
        ("-1", false),
        ("11", false),
        ("2147483647", false),
        ("-2147483648", false),
        ("1", true),
    ] {
        let read = format!(
            "SELECT r.* FROM (SELECT croupier_scope({brand}) AS ids OFFSET 0) AS scope
              CROSS JOIN LATERAL (SELECT q.* FROM (SELECT brand_id, account FROM player) AS q WHERE scope.ids IS NOT NULL OFFSET 0) AS r"
        );
        let seen = connection.fetch_all(AssertSqlSafe(read)).await.unwrap();
        assert_eq!(!seen.is_empty(), rows, "{brand}");
        assert!(seen.iter().all(|row| row.get::<i32, _>(0) == 1), "{brand}");
        // And nothing is left of it.
        let after = connection.fetch_all("SELECT FROM player").await.unwrap();
        assert!(after.is_empty(), "{brand}");
    }
    for brand in ["2147483648", "'1; 2'", "'x'"] {
        let call = format!("SELECT croupier_scope({brand})");
        assert!(connection.execute(AssertSqlSafe(call)).await.is_err(), "{brand}");
    }
}
