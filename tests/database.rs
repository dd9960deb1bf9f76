//! The second wall: what PostgreSQL itself refuses, whoever asks.

mod collisions;
mod granted;
mod injected;
mod planner;
mod settings;
mod shares;
mod stuck;

use std::sync::Arc;

use croupier::{
    local::BRANDS,
    runtime::{Parts, Role, StartError},
};
use croupier_brand::{Brand, BrandPool, BrandScope, BrandTx, Clock, global};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row, postgres::PgPoolOptions};

use crate::harness::{House, brands_of, sqlstate};

/// Tables that belong to no brand, and why they are allowed to.
const GLOBAL: [(&str, &str); 5] = [
    ("brand", "it is what everything else is scoped by"),
    ("game", "a provider's catalogue is the same for every brand"),
    (
        "journal_consumer",
        "how far somebody has read the journal of all brands",
    ),
    (
        "journal_numbering",
        "what is added to a restored cluster's numbers of transactions",
    ),
    ("_sqlx_migrations", "the schema's own history"),
];

/// Scoped tables whose policy is not the brand's: they are read before a scope exists.
const READ_BY_ALL: [&str; 1] = ["brand_domain"];

async fn app(house: &House) -> BrandPool {
    house.brand_pool(3).await
}

async fn scopes(house: &House) -> [BrandScope; 2] {
    let brands: Vec<Brand> = global::all_brands(&house.owner).await.unwrap();
    let grant = |brand: &Brand| {
        let brand = Arc::new(brand.clone());
        async {
            BrandScope::for_operator(
                &BrandPool::new(house.owner.clone()),
                brand,
                "test",
                "look",
                &Clock::system(),
            )
            .await
            .unwrap()
        }
    };
    [grant(&brands[0]).await, grant(&brands[1]).await]
}

#[tokio::test]
async fn iso_45_every_table_is_scoped_with_a_forced_policy_or_listed_as_global() {
    let house = House::open().await;
    let tables = sqlx::query(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
                EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'brand_id' AND NOT a.attisdropped) AS scoped,
                coalesce((SELECT string_agg(pg_get_expr(p.polqual, p.polrelid) || ' / ' || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), ''), ';')
                            FROM pg_policy p WHERE p.polrelid = c.oid), '') AS policies
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')",
    )
    .fetch_all(&house.owner)
    .await
    .unwrap();
    assert!(tables.len() > 10);
    for table in tables {
        let name: String = table.get("relname");
        let (scoped, enabled, forced): (bool, bool, bool) = (
            table.get("scoped"),
            table.get("relrowsecurity"),
            table.get("relforcerowsecurity"),
        );
        if !scoped {
            assert!(
                GLOBAL.iter().any(|(global, _)| *global == name),
                "{name} has no brand_id and is not listed as global"
            );
            continue;
        }
        assert!(
            enabled && forced,
            "{name} has brand_id but row security is not enabled and forced"
        );
        let policies: String = table.get("policies");
        if !READ_BY_ALL.contains(&name.as_str()) {
            assert_eq!(
                policies.matches("croupier.brand_ids").count(),
                2,
                "{name}: USING and WITH CHECK: {policies}"
            );
        }
    }
}

#[tokio::test]
async fn iso_51_keys_of_scoped_tables_begin_with_the_brand() {
    let house = House::open().await;
    let keys = sqlx::query(
        "SELECT t.relname AS table, k.conname, k.contype::text AS kind,
                (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = k.conkey[1])::text AS first,
                r.relname AS target,
                EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = k.confrelid AND a.attname = 'brand_id') AS to_scoped
           FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
           LEFT JOIN pg_class r ON r.oid = k.confrelid
          WHERE n.nspname = 'public' AND k.contype IN ('p', 'u', 'f')
            AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = 'brand_id')",
    )
    .fetch_all(&house.owner)
    .await
    .unwrap();
    assert!(keys.len() > 10);
    for key in keys {
        let (table, name, kind, first): (String, String, String, String) = (
            key.get("table"),
            key.get("conname"),
            key.get("kind"),
            key.get("first"),
        );
        let to_global = kind == "f" && !key.get::<bool, _>("to_scoped");
        if !READ_BY_ALL.contains(&table.as_str()) && !to_global {
            assert_eq!(first, "brand_id", "{table}.{name}");
        }
    }
}

#[tokio::test]
async fn iso_46_without_the_setting_there_are_no_rows() {
    let house = House::open().await;
    house.guest(&house.aurora, "alice").await;
    let mut connection = PgConnection::connect(&house.local.app_url).await.unwrap();
    for setting in [
        "",
        "SET croupier.brand_ids = ''",
        "SET croupier.brand_ids = ','",
        "SET croupier.brand_ids = ',,'",
        "SET croupier.brand_ids = 'x'",
        "SET croupier.brand_ids = '1'",
    ] {
        connection.execute(setting).await.unwrap();
        let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM player")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(seen, 0, "{setting}");
    }
    connection
        .execute("SET croupier.brand_ids = ',1,'")
        .await
        .unwrap();
    let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM player")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(seen, 1, "the test looks where there is something to see");
}

#[tokio::test]
async fn iso_54_whatever_sql_runs_in_a_scope_sees_one_brand() {
    let house = House::open().await;
    house.guest(&house.aurora, "alice").await;
    house.guest(&house.bonanza, "bob").await;
    let ([aurora, _], pool) = (scopes(&house).await, app(&house).await);
    let mut tx = BrandTx::open(&pool, &aurora).await.unwrap();
    let seen: Vec<String> = sqlx::query_scalar("SELECT account FROM player WHERE brand_id = 2 OR true")
        .fetch_all(tx.conn())
        .await
        .unwrap();
    assert_eq!(seen, ["alice"]);
    let changed = tx
        .conn()
        .execute("UPDATE player SET password_hash = 'x'")
        .await
        .unwrap()
        .rows_affected();
    assert_eq!(changed, 1);
    tx.rollback().await.unwrap();
    // And nothing can be put into another brand.
    let mut tx = BrandTx::open(&pool, &aurora).await.unwrap();
    let smuggled = tx.conn().execute("INSERT INTO player (brand_id, player_id, account, password_hash, created_at) VALUES (2, gen_random_uuid(), 'mallory', 'x', now())").await;
    assert_eq!(sqlstate(&smuggled.unwrap_err()), "42501");
    drop(tx);
    let mut tx = BrandTx::open(&pool, &aurora).await.unwrap();
    let moved = tx
        .conn()
        .execute("UPDATE player SET brand_id = 2 WHERE account = 'alice'")
        .await;
    assert!(moved.is_err());
}

#[tokio::test]
async fn iso_52_the_view_of_postings_runs_with_its_readers_rights() {
    let house = House::open().await;
    let a = house.guest(&house.aurora, "alice").await;
    a.casino
        .move_money("deposits", &a.token, "k", "5.00")
        .await
        .unwrap();
    let ([aurora, bonanza], pool) = (scopes(&house).await, app(&house).await);
    // Operations read it; the application, which has no use for it, is a reader whom row security holds to one brand.
    house
        .owner
        .execute("GRANT SELECT ON wallet_posting TO croupier_app")
        .await
        .unwrap();
    for (scope, lines) in [(aurora, 2_i64), (bonanza, 0)] {
        let mut tx = BrandTx::open(&pool, &scope).await.unwrap();
        let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM wallet_posting")
            .fetch_one(tx.conn())
            .await
            .unwrap();
        assert_eq!(seen, lines, "{scope:?}");
    }
}

#[tokio::test]
async fn iso_53_money_05_the_application_cannot_rewrite_history() {
    let house = House::open().await;
    let a = house.guest(&house.aurora, "alice").await;
    a.casino
        .move_money("deposits", &a.token, "k", "5.00")
        .await
        .unwrap();
    let ([aurora, _], pool) = (scopes(&house).await, app(&house).await);
    for statement in [
        "UPDATE wallet_ledger SET amount = 1",
        "DELETE FROM wallet_ledger",
        "TRUNCATE wallet_ledger",
        "SELECT FROM wallet_ledger_rest",
        "INSERT INTO wallet_ledger_rest SELECT * FROM wallet_ledger",
        "DELETE FROM wallet_ledger_rest",
        "ALTER TABLE wallet_ledger DETACH PARTITION wallet_ledger_rest",
        "UPDATE wallet_command SET verdict = 'rejected'",
        "DELETE FROM wallet_command",
        "DELETE FROM wallet_account",
        "DELETE FROM operator_audit",
        "UPDATE brand SET status = 'active'",
        "DELETE FROM brand_domain",
        "INSERT INTO brand_domain (domain, brand_id) VALUES ('x.example', 1)",
        "ALTER TABLE player DISABLE ROW LEVEL SECURITY",
        "DROP POLICY brand_scope ON player",
    ] {
        let mut tx = BrandTx::open(&pool, &aurora).await.unwrap();
        let refused = tx.conn().execute(statement).await;
        assert_eq!(sqlstate(&refused.unwrap_err()), "42501", "{statement}");
    }
}

#[tokio::test]
async fn money_01_the_database_refuses_a_journal_row_that_does_not_sum_to_zero() {
    let house = House::open().await;
    let a = house.guest(&house.aurora, "alice").await;
    a.casino
        .move_money("deposits", &a.token, "k", "5.00")
        .await
        .unwrap();
    let ([aurora, _], pool) = (scopes(&house).await, app(&house).await);
    for (accounts, amounts, constraint) in [
        (
            "{player:cash,house:gaming}",
            "{100,-99}",
            "wallet_ledger_sums_to_zero",
        ),
        ("{player:cash}", "{1}", "wallet_ledger_sums_to_zero"),
        ("{player:cash,house:gaming}", "{100}", "wallet_ledger"),
    ] {
        let mut tx = BrandTx::open(&pool, &aurora).await.unwrap();
        let row = format!(
            "INSERT INTO wallet_ledger (brand_id, entry_id, player_id, currency, version, n, hash, kind, source, transaction_id, amount, accounts, amounts, balance, at)
             VALUES (1, gen_random_uuid(), '{}', 'EUR', 99, 0, sha256('x'), 'deposit', 's', 't', 100, '{accounts}', '{amounts}', 0, now())",
            a.id
        );
        let refused = tx.conn().execute(AssertSqlSafe(row)).await.unwrap_err();
        let refused = refused.as_database_error().unwrap();
        assert_eq!(refused.code().unwrap(), "23514", "{amounts}");
        assert!(
            refused.constraint().unwrap().starts_with(constraint),
            "{amounts}: {refused}"
        );
    }
}

#[tokio::test]
async fn iso_47_a_begin_that_is_cancelled_at_any_point_leaves_nothing_behind() {
    let house = House::open().await;
    let [aurora, bonanza] = scopes(&house).await;
    let connections = PgPoolOptions::new().max_connections(1);
    let connections = connections.connect(&house.local.app_url).await.unwrap();
    let pool = BrandPool::new(connections.clone());
    for polls in 0..40 {
        let mut open = Box::pin(BrandTx::open(&pool, &aurora));
        for _ in 0..polls {
            // Poll once, then let the socket make some progress, as a runtime would.
            let done =
                std::future::poll_fn(|cx| std::task::Poll::Ready(open.as_mut().poll(cx).is_ready())).await;
            if done {
                break;
            }
            // Long enough, now and then, for an answer to arrive.
            tokio::time::sleep(std::time::Duration::from_micros(if polls % 2 == 0 {
                1
            } else {
                300
            }))
            .await;
        }
        // Dropped here, wherever it was.
        drop(open);
        let mut next = connections.acquire().await.unwrap();
        assert_eq!(brands_of(&mut *next).await, "", "after {polls} polls");
        // A savepoint can be made inside a transaction only: its refusal proves that there is none.
        let inside = next.execute("SAVEPOINT probe").await;
        assert_eq!(
            sqlstate(&inside.unwrap_err()),
            "25P01",
            "inside somebody's transaction after {polls} polls"
        );
        drop(next);
        let mut tx = BrandTx::open(&pool, &bonanza).await.unwrap();
        assert_eq!(brands_of(tx.conn()).await, ",2,");
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn iso_48_a_query_dropped_half_way_or_a_killed_backend_leaves_nothing_behind() {
    let house = House::open().await;
    let [aurora, bonanza] = scopes(&house).await;
    let pool = house.brand_pool(1).await;
    let mut tx = BrandTx::open(&pool, &aurora).await.unwrap();
    let slow = tokio::time::timeout(
        std::time::Duration::from_millis(50),
        tx.conn().execute("SELECT pg_sleep(5)"),
    )
    .await;
    assert!(slow.is_err());
    drop(tx);
    let mut tx = BrandTx::open(&pool, &bonanza).await.unwrap();
    assert_eq!(brands_of(tx.conn()).await, ",2,");
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(tx.conn())
        .await
        .unwrap();
    let mut root = PgConnection::connect(&crate::harness::Cluster::get().await.servers().superuser_url())
        .await
        .unwrap();
    sqlx::query("SELECT pg_terminate_backend($1)")
        .bind(pid)
        .execute(&mut root)
        .await
        .unwrap();
    assert!(tx.commit().await.is_err());
    let mut tx = BrandTx::open(&pool, &aurora).await.unwrap();
    assert_eq!(brands_of(tx.conn()).await, ",1,");
}

#[tokio::test]
async fn iso_44_a_role_that_could_step_over_row_security_does_not_start() {
    let house = House::open().await;
    let superuser = crate::harness::Cluster::get().await.servers().superuser_url();
    let database = house.local.app_url.rsplit_once('/').unwrap().1;
    let as_superuser = format!("{}/{database}", superuser.rsplit_once('/').unwrap().0);
    for url in [house.local.owner_url.clone(), as_superuser] {
        let mut config = house
            .local
            .config(&croupier::config::Environment::default())
            .unwrap();
        config.database.url = croupier::config::SecretUrl(url);
        let refused = Parts::connect(config, Role::All, Clock::system())
            .await
            .err()
            .unwrap();
        assert!(matches!(refused, StartError::OverPrivileged), "{refused}");
    }
}

#[tokio::test]
async fn iso_46_connections_that_would_begin_inside_a_brand_do_not_start() {
    let house = House::open().await;
    let started = async || {
        let config = house
            .local
            .config(&croupier::config::Environment::default())
            .unwrap();
        Parts::connect(config, Role::All, Clock::system()).await.err()
    };
    assert!(started().await.is_none());
    let database = house.local.app_url.rsplit_once('/').unwrap().1;
    let mut root = PgConnection::connect(&crate::harness::Cluster::get().await.servers().superuser_url())
        .await
        .unwrap();
    let set = format!("ALTER ROLE croupier_app IN DATABASE {database} SET croupier.brand_ids = ',1,'");
    root.execute(AssertSqlSafe(set)).await.unwrap();
    let refused = started().await.unwrap();
    assert!(matches!(refused, StartError::InsideABrand), "{refused}");
    let reset = format!("ALTER ROLE croupier_app IN DATABASE {database} RESET croupier.brand_ids");
    root.execute(AssertSqlSafe(reset)).await.unwrap();
    assert!(started().await.is_none());
}

#[tokio::test]
async fn the_operations_role_reads_every_brands_books_and_no_secret_and_changes_nothing() {
    let house = House::open().await;
    for (casino, account) in [(&house.aurora, "alice"), (&house.bonanza, "bob")] {
        let guest = house.guest(casino, account).await;
        casino
            .move_money("deposits", &guest.token, "k", "5.00")
            .await
            .unwrap();
    }
    let database = house.local.app_url.rsplit_once('/').unwrap().1;
    let superuser = crate::harness::Cluster::get().await.servers().superuser_url();
    let mut auditor = PgConnection::connect(&format!("{}/{database}", superuser.rsplit_once('/').unwrap().0))
        .await
        .unwrap();
    auditor.execute("SET ROLE croupier_operations").await.unwrap();
    let brands: i64 = sqlx::query_scalar("SELECT count(DISTINCT brand_id) FROM wallet_ledger")
        .fetch_one(&mut auditor)
        .await
        .unwrap();
    assert_eq!(brands, 2);
    let players: Vec<String> = sqlx::query_scalar("SELECT account FROM player ORDER BY account")
        .fetch_all(&mut auditor)
        .await
        .unwrap();
    assert_eq!(players, ["alice", "bob"]);
    for statement in [
        "SELECT password_hash FROM player",
        "SELECT email FROM player",
        "SELECT * FROM player",
        "SELECT FROM player_refresh_token",
        "SELECT token FROM game_session",
        "UPDATE player SET status = 'blocked'",
        "DELETE FROM wallet_ledger",
        "INSERT INTO operator_audit SELECT * FROM operator_audit",
        "TRUNCATE wallet_account",
        "CREATE TABLE mine ()",
    ] {
        let refused = auditor.execute(statement).await;
        assert_eq!(sqlstate(&refused.unwrap_err()), "42501", "{statement}");
    }
}

#[tokio::test]
async fn what_players_decided_is_read_by_operations_and_changed_by_nobody() {
    let house = House::open().await;
    let decided = "SELECT grantee || ' ' || privilege_type || ' ' || table_name FROM information_schema.table_privileges
                    WHERE grantee IN ('croupier_app', 'croupier_operations', 'PUBLIC') AND table_name IN ('player_exclusion', 'wallet_limit_change')
                    ORDER BY 1";
    let decided: Vec<String> = sqlx::query_scalar(decided).fetch_all(&house.owner).await.unwrap();
    assert_eq!(
        decided,
        [
            "croupier_app INSERT player_exclusion",
            "croupier_app INSERT wallet_limit_change",
            "croupier_app SELECT player_exclusion",
            "croupier_app SELECT wallet_limit_change",
            "croupier_operations SELECT player_exclusion",
            "croupier_operations SELECT wallet_limit_change",
        ]
    );
}

#[tokio::test]
async fn what_a_failed_statement_undid_is_never_taken_for_committed() {
    let house = House::open().await;
    let ([aurora, _], pool) = (scopes(&house).await, app(&house).await);
    let mut tx = BrandTx::open(&pool, &aurora).await.unwrap();
    tx.conn()
        .execute("INSERT INTO token_revocation (brand_id, session_id, expires_at) VALUES (1, gen_random_uuid(), now())")
        .await
        .unwrap();
    assert!(tx.conn().execute("SELECT 1 / 0").await.is_err());
    let ended = tx.commit().await.unwrap_err();
    assert_eq!(sqlstate(&ended), "25P02");
    // Its connection was closed; the next transaction is whole.
    let mut tx = BrandTx::open(&pool, &aurora).await.unwrap();
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM token_revocation")
        .fetch_one(tx.conn())
        .await
        .unwrap();
    assert_eq!(kept, 0);
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn iso_56_no_brand_code_begins_another_also_when_they_are_written_at_once() {
    let house = House::open().await;
    for code in ["aurora", "aur", "auroraborealis", "bonanza2", "bo"] {
        let refused = sqlx::query("INSERT INTO brand (id, code, name, currency) VALUES (99, $1, 'x', 'EUR')")
            .bind(code)
            .execute(&house.owner)
            .await;
        assert!(refused.is_err(), "{code}");
    }
    let insert = |id: i32, code: &'static str| {
        let owner = house.owner.clone();
        async move {
            sqlx::query("INSERT INTO brand (id, code, name, currency) VALUES ($1, $2, 'x', 'EUR')")
                .bind(id)
                .bind(code)
                .execute(&owner)
                .await
                .is_ok()
        }
    };
    for round in 0..10 {
        let (short, long) = tokio::join!(insert(100 + round * 2, "zed"), insert(101 + round * 2, "zedstar"));
        assert!(short ^ long, "exactly one of two that collide is written");
        sqlx::query("DELETE FROM brand WHERE id >= 100")
            .execute(&house.owner)
            .await
            .unwrap();
    }
    assert_eq!(BRANDS.len(), 2);
}
