//! Text that got into a statement: whatever it calls, it sees one brand.
//!
//! sqlx sends one statement a message, so what got in is a part of one. A statement of its own could set
//! what it likes; that there is none put together at run time is the compile-time wall's part.

use croupier_brand::{BrandPool, BrandRead, BrandScope, BrandTx};
use sqlx::{AssertSqlSafe, Executor, Row, postgres::PgRow};

use crate::{
    harness::{brands_of, sqlstate},
    walk::estate::{Estate, scope_of},
};

/// What is put in the place of a text in a statement on aurora's players.
const INJECTED: [&str; 45] = [
    "'' OR true",
    "'' OR brand_id = 2",
    "'' OR set_config('croupier.brand_ids', ',2,', true) IS NOT NULL",
    "'' OR set_config('croupier.brand_ids', ',1,2,', false) IS NOT NULL",
    "'' OR pg_catalog.set_config('croupier.brand_ids', ',2,', true) IS NOT NULL",
    "'' OR \"set_config\"('croupier.brand_ids', ',2,', true) IS NOT NULL",
    "'' OR croupier_scope(2) IS NOT NULL",
    "'' OR public.croupier_scope(2) IS NOT NULL",
    "(SELECT croupier_scope(2)) OR true",
    "(SELECT set_config('croupier.brand_ids', ',2,', true)) OR true",
    "'' OR current_setting('croupier.brand_ids') IS NOT NULL",
    "'' OR EXISTS (SELECT FROM pg_settings WHERE name = 'croupier.brand_ids')",
    "'' UNION ALL SELECT brand_id, account FROM player",
    "'' UNION ALL SELECT p.brand_id, p.account FROM (SELECT croupier_scope(2) AS s OFFSET 0) s CROSS JOIN LATERAL (SELECT * FROM player WHERE s.s IS NOT NULL OFFSET 0) p",
    "'' UNION ALL SELECT p.brand_id, p.account FROM (SELECT set_config('croupier.brand_ids', ',2,', true) AS s OFFSET 0) s CROSS JOIN LATERAL (SELECT * FROM player WHERE s.s IS NOT NULL OFFSET 0) p",
    "'' UNION ALL SELECT 1, database_to_xml(true, true, '')::text",
    "'' UNION ALL SELECT 1, schema_to_xml('public', true, true, '')::text",
    "'' UNION ALL SELECT 1, table_to_xml('player', true, true, '')::text",
    "'' UNION ALL SELECT 1, query_to_xml('SELECT * FROM player', true, true, '')::text",
    "'' UNION ALL SELECT 1, query_to_xml('SET croupier.brand_ids = '',2,''', true, true, '')::text",
    "'' UNION ALL SELECT 1, query_to_xml('SELECT set_config(''croupier.brand_ids'', '',2,'', true)', true, true, '')::text",
    "'' UNION ALL SELECT 1, query_to_xml('SELECT croupier_scope(2)', true, true, '')::text",
    "'' UNION ALL SELECT 1, query_to_xml('DO $x$ BEGIN SET LOCAL croupier.brand_ids = '',2,''; END $x$', true, true, '')::text",
    "'' UNION ALL SELECT 1, query_to_xml('CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS ''SELECT 1''', true, true, '')::text",
    "'' UNION ALL SELECT 1, query_to_xml('UPDATE pg_settings SET setting = '',2,'' WHERE name = ''croupier.brand_ids''', true, true, '')::text",
    "'' UNION ALL SELECT ndoc, word FROM ts_stat('SET croupier.brand_ids = '',2,''')",
    "'' UNION ALL SELECT ndoc, word FROM ts_stat('SELECT to_tsvector(account) FROM player')",
    "'' UNION ALL SELECT 1, ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, account::tsquery FROM player')::text",
    "'' UNION ALL SELECT 1, dblink('dbname=postgres', 'SELECT account FROM player')::text",
    "'' UNION ALL SELECT 1, most_common_vals::text FROM pg_stats WHERE tablename = 'player'",
    "'' UNION ALL SELECT 1, histogram_bounds::text FROM pg_stats WHERE tablename = 'player'",
    "'' UNION ALL SELECT 1, stavalues1::text FROM pg_statistic",
    "'' UNION ALL SELECT 1, query FROM pg_stat_activity",
    "'' UNION ALL SELECT 1, pg_read_file('PG_VERSION')",
    "'' UNION ALL SELECT 1, lo_import('/etc/hostname')::text",
    "'' UNION ALL SELECT 1, pg_ls_dir('.')",
    // Rows that a condition looks at before row security did would be told by its failure.
    "'' OR account::int > 0",
    "'' OR 1 / (brand_id - 2) > 0",
    "'' OR length(query_to_xml('SELECT ' || account, true, true, '')::text) > 0",
    // More than one statement.
    "''; SET croupier.brand_ids = ',2,'; SELECT brand_id, account FROM player",
    "''; DO $$ BEGIN SET LOCAL croupier.brand_ids = ',2,'; END $$; SELECT brand_id, account FROM player",
    "''; PREPARE x AS SET croupier.brand_ids = ',2,'; SELECT brand_id, account FROM player",
    "''; RESET ROLE; SELECT brand_id, account FROM player",
    "''; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; SELECT brand_id, account FROM player",
    "''; COPY player TO PROGRAM 'cat'; SELECT brand_id, account FROM player",
];

/// Statements of their own that lay something out for a later one: none of them is for the application to make.
const LAID_OUT: [&str; 14] = [
    "CREATE FUNCTION public.leak() RETURNS text LANGUAGE plpgsql AS 'BEGIN SET LOCAL croupier.brand_ids = '',2,''; RETURN ''''; END'",
    "CREATE FUNCTION pg_temp.leak() RETURNS text LANGUAGE plpgsql AS 'BEGIN SET LOCAL croupier.brand_ids = '',2,''; RETURN ''''; END'",
    "CREATE OR REPLACE FUNCTION croupier_scope(brand integer) RETURNS text LANGUAGE sql AS 'SELECT '''''",
    "ALTER FUNCTION croupier_scope(integer) SECURITY DEFINER",
    "CREATE TEMPORARY TABLE player (brand_id integer)",
    "CREATE TABLE leak AS SELECT * FROM player",
    "CREATE VIEW leak AS SELECT * FROM player",
    "CREATE SCHEMA leak",
    "CREATE RULE leak AS ON SELECT TO player DO INSTEAD SELECT 1",
    "CREATE POLICY leak ON player USING (true)",
    "UPDATE pg_settings SET setting = ',2,' WHERE name = 'croupier.brand_ids'",
    "ALTER ROLE croupier_app BYPASSRLS",
    "SET ROLE croupier_owner",
    "SET session_replication_role = replica",
];

/// How a connection takes a statement: the rows as texts, or the failure as one.
async fn told(outcome: Result<Vec<PgRow>, sqlx::Error>) -> (bool, String) {
    match outcome {
        Ok(rows) => {
            let text = |row: &PgRow| format!("{} {}", row.get::<i32, _>(0), row.get::<String, _>(1));
            (true, rows.iter().map(text).collect::<Vec<_>>().join("\n"))
        }
        Err(fault) => (false, format!("{fault:?}")),
    }
}

#[tokio::test]
async fn iso_54_what_is_injected_into_a_transaction_sees_its_brand_alone() {
    let (estate, scope, pool) = open().await;
    let secrets = secrets(&estate);
    let mut passed = 0;
    for injected in INJECTED {
        let mut tx = BrandTx::open(&pool, &scope).await.unwrap();
        let sql = format!("SELECT brand_id, account FROM player WHERE brand_id = 1 AND account = {injected}");
        let (done, text) = told(tx.conn().fetch_all(sqlx::query(AssertSqlSafe(sql))).await).await;
        passed += usize::from(done);
        silent(&text, &secrets, injected);
        if done {
            // Nor did it change what the next statement sees.
            let after = "SELECT DISTINCT brand_id, '' FROM player";
            let (_, text) = told(tx.conn().fetch_all(after).await).await;
            assert_eq!(text, "1 ", "{injected}");
        }
        drop(tx);
        clean(&pool, &scope).await;
    }
    assert!(passed > 8, "{passed} of them are statements that run");
}

#[tokio::test]
async fn iso_54_what_is_injected_into_a_single_read_sees_its_brand_alone() {
    let (estate, scope, pool) = open().await;
    let secrets = secrets(&estate);
    let mut passed = 0;
    for injected in INJECTED {
        let mut reads = BrandRead::open(&pool, &scope).await.unwrap();
        let sql = format!(
            "SELECT r.* FROM (SELECT croupier_scope(1) AS ids OFFSET 0) AS scope
              CROSS JOIN LATERAL (SELECT q.* FROM (SELECT brand_id, account FROM player WHERE brand_id = 1 AND account = {injected}) AS q WHERE scope.ids IS NOT NULL OFFSET 0) AS r"
        );
        let (done, text) = told(reads.conn().fetch_all(sqlx::query(AssertSqlSafe(sql))).await).await;
        passed += usize::from(done);
        silent(&text, &secrets, injected);
        let (_, after) = told(
            reads
                .conn()
                .fetch_all("SELECT brand_id, account FROM player")
                .await,
        )
        .await;
        assert_eq!(after, "", "{injected}: something was left on the connection");
        drop(reads);
        clean(&pool, &scope).await;
    }
    assert!(passed > 8, "{passed} of them are statements that run");
}

#[tokio::test]
async fn iso_54_nothing_can_be_laid_out_for_a_later_statement() {
    let (_, scope, pool) = open().await;
    for statement in LAID_OUT {
        let mut tx = BrandTx::open(&pool, &scope).await.unwrap();
        let refused = tx.conn().execute(statement).await;
        let refused = refused.expect_err(statement);
        assert_eq!(sqlstate(&refused), "42501", "{statement}: {refused}");
    }
}

async fn open() -> (Estate, BrandScope, BrandPool) {
    let estate = Estate::open().await;
    // What a planner has gathered of the rows must not tell of them either.
    for brand in [1, 2] {
        let mut rows = estate.house.rows_of(brand).await;
        rows.execute("ANALYZE player").await.unwrap();
        rows.commit().await.unwrap();
    }
    let scope = scope_of(&estate.house, 1).await;
    let pool = estate.house.brand_pool(2).await;
    (estate, scope, pool)
}

/// What only a row of the other brand's could tell.
fn secrets(estate: &Estate) -> Vec<String> {
    let ids = &estate.sides[1].ids;
    vec![ids.account.clone(), ids.friend.clone(), ids.player.clone()]
}

fn silent(text: &str, secrets: &[String], injected: &str) {
    assert!(
        !text.lines().any(|line| line.starts_with("2 ")),
        "{injected}: {text}"
    );
    for secret in secrets {
        assert!(!text.contains(secret.as_str()), "{injected}: {text}");
    }
    assert!(
        !text.contains("22012"),
        "{injected}: a row of the other brand was looked at: {text}"
    );
}

/// The next who borrows the connections is in nobody's brand.
async fn clean(pool: &BrandPool, scope: &BrandScope) {
    let mut reads = BrandRead::open(pool, scope).await.unwrap();
    assert_eq!(brands_of(reads.conn()).await, "");
}
