//! Statements that must pass, and statements that must not, each with what it is told.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use super::{Form, Refusal, check, tied};
use crate::schema::Schema;

fn schema() -> Schema {
    let mut schema = Schema::default();
    schema
        .read(
            "CREATE TABLE brand (id int, code text);
             CREATE TABLE game (game_id text, name text);
             CREATE TABLE player (brand_id int, player_id uuid, account text, status text, CONSTRAINT player_account_taken UNIQUE (brand_id, account), CONSTRAINT player_account UNIQUE (account));
             CREATE TABLE session (brand_id int, session_id uuid, player_id uuid, state text);
             CREATE TABLE wallet (brand_id int, player_id uuid, amount bigint);
             CREATE VIEW posting AS SELECT brand_id, amount FROM wallet;",
        )
        .unwrap();
    schema
}

#[test]
fn what_is_tied_passes() {
    for sql in [
        "SELECT * FROM player WHERE brand_id = $1",
        "SELECT * FROM player WHERE $1 = brand_id AND account = $2",
        "SELECT * FROM player p WHERE (p.brand_id = $1 AND (p.account = $2 OR p.status = 'x'))",
        "SELECT * FROM PLAYER AS P WHERE P.Brand_Id = $1",
        "SELECT * FROM public.player WHERE brand_id = $1",
        "SELECT * FROM posting WHERE brand_id = $1",
        "SELECT * FROM player WHERE (brand_id, account) = ($1, $2)",
        "SELECT p.account FROM player p JOIN session s ON s.brand_id = p.brand_id AND s.player_id = p.player_id WHERE p.brand_id = $1",
        "SELECT p.account FROM player p, session s WHERE s.brand_id = $1 AND p.brand_id = s.brand_id",
        "SELECT p.account FROM player p LEFT JOIN session s ON s.brand_id = $1 AND s.player_id = p.player_id WHERE p.brand_id = $1",
        "SELECT p.account FROM player p LEFT JOIN session s ON s.brand_id = p.brand_id AND s.player_id = p.player_id WHERE p.brand_id = $1",
        "SELECT g.name FROM game g JOIN session s ON s.brand_id = $1 AND s.state = g.game_id",
        "SELECT account FROM player WHERE brand_id = $1 AND EXISTS (SELECT FROM session s WHERE s.brand_id = $1)",
        "SELECT account FROM player p WHERE p.brand_id = $1 AND EXISTS (SELECT FROM session s WHERE s.brand_id = p.brand_id)",
        "SELECT (SELECT count(*) FROM session s WHERE s.brand_id = player.brand_id) FROM player WHERE brand_id = $1",
        "WITH s AS (SELECT * FROM session WHERE brand_id = $1) SELECT * FROM s JOIN player p ON p.brand_id = $1 AND p.player_id = s.player_id",
        "SELECT account FROM player WHERE brand_id = $1 UNION ALL SELECT state FROM session WHERE brand_id = $1",
        "SELECT p.* FROM player p CROSS JOIN LATERAL (SELECT * FROM session s WHERE s.brand_id = p.brand_id LIMIT 1) last WHERE p.brand_id = $1",
        "SELECT p.* FROM player p JOIN unnest($2::uuid[]) AS w (id) ON w.id = p.player_id WHERE p.brand_id = $1",
        "SELECT * FROM player WHERE brand_id = $1 ORDER BY account LIMIT $2 FOR UPDATE",
        "INSERT INTO player (brand_id, player_id) VALUES ($1, $2), ($1, $3)",
        "INSERT INTO player (player_id, brand_id) SELECT s.player_id, s.brand_id FROM session s WHERE s.brand_id = $1",
        "INSERT INTO player (brand_id, player_id) SELECT $1, id FROM unnest($2::uuid[]) AS u (id)",
        "INSERT INTO player (brand_id, account) VALUES ($1, $2) ON CONFLICT (brand_id, account) DO NOTHING",
        "INSERT INTO player (brand_id, account) VALUES ($1, $2) ON CONFLICT (brand_id, account) DO UPDATE SET status = excluded.status RETURNING player_id",
        "INSERT INTO player (brand_id, account) VALUES ($1, $2) ON CONFLICT ON CONSTRAINT player_account_taken DO NOTHING",
        "UPDATE player SET status = $2 WHERE brand_id = $1 AND player_id = $3",
        "UPDATE player p SET status = s.state FROM session s WHERE p.brand_id = $1 AND s.brand_id = p.brand_id",
        "DELETE FROM session WHERE brand_id = $1 RETURNING session_id",
        "DELETE FROM session s USING player p WHERE s.brand_id = $1 AND p.brand_id = s.brand_id",
        "WITH gone AS (DELETE FROM session WHERE brand_id = $1 RETURNING session_id), kept AS (INSERT INTO wallet (brand_id, amount) VALUES ($1, 0) RETURNING amount) SELECT * FROM gone, kept",
        "SELECT CASE WHEN status = 'x' THEN (SELECT max(amount) FROM wallet w WHERE w.brand_id = $1) END FROM player WHERE brand_id = $1",
    ] {
        assert!(tied(sql, &schema(), Form::One).is_ok(), "{sql}");
    }
}

#[test]
fn iso_37_what_is_not_tied_does_not_pass() {
    for (sql, told) in [
        ("SELECT * FROM player", "player is brand-scoped"),
        (
            "SELECT * FROM player WHERE account = $2",
            "add `AND brand_id = $1`",
        ),
        (
            "SELECT * FROM player WHERE brand_id = $2",
            "player is brand-scoped",
        ),
        (
            "SELECT * FROM player WHERE brand_id = 7",
            "player is brand-scoped",
        ),
        (
            "SELECT * FROM player WHERE brand_id = ANY($1)",
            "player is brand-scoped",
        ),
        (
            "SELECT * FROM player WHERE brand_id >= $1",
            "player is brand-scoped",
        ),
        (
            "SELECT * FROM player WHERE brand_id = $1 OR account = $2",
            "not under OR",
        ),
        (
            "SELECT * FROM player WHERE account = $2 OR (brand_id = $1 AND true)",
            "not under OR",
        ),
        (
            "SELECT * FROM player WHERE NOT (brand_id = $1)",
            "player is brand-scoped",
        ),
        (
            "SELECT * FROM player WHERE (brand_id = $1) IS NOT TRUE",
            "player is brand-scoped",
        ),
        (
            "SELECT * FROM player WHERE brand_id = $1 + 1",
            "player is brand-scoped",
        ),
        (
            "SELECT * FROM player WHERE brand_id = brand_id",
            "player is brand-scoped",
        ),
        (
            "SELECT * FROM player HAVING brand_id = $1",
            "player is brand-scoped",
        ),
        ("SELECT * FROM posting", "posting is brand-scoped"),
        (
            "SELECT * FROM player p JOIN session s ON s.player_id = p.player_id WHERE p.brand_id = $1",
            "session (called s)",
        ),
        (
            "SELECT * FROM player p, session s WHERE p.brand_id = $1",
            "session (called s)",
        ),
        (
            "SELECT * FROM player p, session s WHERE brand_id = $1",
            "player (called p)",
        ),
        (
            "SELECT * FROM player p LEFT JOIN session s ON s.player_id = p.player_id WHERE p.brand_id = $1 AND s.brand_id = $1",
            "to the ON of its LEFT JOIN",
        ),
        (
            "SELECT * FROM player p LEFT JOIN session s ON s.brand_id = p.brand_id",
            "player (called p)",
        ),
        (
            "SELECT * FROM player p LEFT JOIN session s ON s.brand_id = $1 AND p.brand_id = $1",
            "player (called p)",
        ),
        (
            "SELECT * FROM player p RIGHT JOIN session s ON s.brand_id = p.brand_id WHERE p.brand_id = $1",
            "this kind of join",
        ),
        (
            "SELECT * FROM player p FULL JOIN session s ON s.brand_id = p.brand_id WHERE p.brand_id = $1",
            "this kind of join",
        ),
        (
            "SELECT * FROM player p JOIN session s USING (brand_id) WHERE p.brand_id = $1",
            "write the join's condition out",
        ),
        (
            "SELECT * FROM player NATURAL JOIN session WHERE player.brand_id = $1",
            "write the join's condition out",
        ),
        ("SELECT * FROM game", "no brand-scoped table"),
        ("SELECT * FROM nothing WHERE brand_id = $1", "in no migration"),
        (
            "SELECT * FROM pg_catalog.pg_class WHERE brand_id = $1",
            "not a table of ours",
        ),
        (
            "SELECT account FROM player WHERE brand_id = $1 AND player_id IN (SELECT player_id FROM session)",
            "session is brand-scoped",
        ),
        (
            "SELECT account FROM player p WHERE p.brand_id = $1 AND EXISTS (SELECT FROM session s WHERE s.brand_id = s.brand_id)",
            "session (called s)",
        ),
        (
            "SELECT (SELECT count(*) FROM session) FROM player WHERE brand_id = $1",
            "session is brand-scoped",
        ),
        (
            "SELECT account FROM player WHERE brand_id = $1 ORDER BY (SELECT max(state) FROM session)",
            "session is brand-scoped",
        ),
        (
            "SELECT account FROM player WHERE brand_id = $1 LIMIT (SELECT count(*) FROM session)",
            "session is brand-scoped",
        ),
        (
            "SELECT account FROM player WHERE brand_id = $1 UNION SELECT state FROM session",
            "session is brand-scoped",
        ),
        (
            "SELECT * FROM (SELECT * FROM player) p WHERE p.brand_id = $1",
            "player is brand-scoped",
        ),
        (
            "WITH p AS (SELECT * FROM player) SELECT * FROM p WHERE p.brand_id = $1",
            "player is brand-scoped",
        ),
        (
            "WITH x AS (SELECT $1 AS brand_id) SELECT * FROM player p JOIN x ON x.brand_id = p.brand_id",
            "player (called p)",
        ),
        (
            "SELECT * FROM player p CROSS JOIN LATERAL (SELECT * FROM session s WHERE s.player_id = p.player_id) last WHERE p.brand_id = $1",
            "session (called s)",
        ),
        (
            "SELECT * FROM player AS p (x, brand_id) WHERE p.brand_id = $1",
            "cannot be renamed",
        ),
        // A nearer source hides a tied table of the same name.
        (
            "SELECT account FROM player p WHERE p.brand_id = $1 AND EXISTS (SELECT FROM (SELECT 2 AS brand_id) p, session s WHERE s.brand_id = p.brand_id)",
            "session (called s)",
        ),
        (
            "SELECT account FROM player p WHERE p.brand_id = $1 AND EXISTS (SELECT FROM unnest($2::int[]) AS p (brand_id), session s WHERE s.brand_id = p.brand_id)",
            "session (called s)",
        ),
        (
            "WITH q AS (SELECT 2 AS brand_id) SELECT account FROM player p WHERE p.brand_id = $1 AND EXISTS (SELECT FROM q p, session s WHERE s.brand_id = p.brand_id)",
            "session (called s)",
        ),
        (
            "SELECT account FROM player p WHERE p.brand_id = $1 AND EXISTS (SELECT FROM (SELECT 2 AS brand_id) p WHERE EXISTS (SELECT FROM session s WHERE s.brand_id = p.brand_id))",
            "session (called s)",
        ),
        (
            "SELECT account FROM player p WHERE p.brand_id = $1 AND EXISTS (SELECT FROM game p, session s WHERE s.brand_id = p.brand_id)",
            "session (called s)",
        ),
        (
            "INSERT INTO player (player_id) VALUES ($2)",
            "name brand_id among the columns",
        ),
        (
            "INSERT INTO player VALUES ($1, $2)",
            "name brand_id among the columns",
        ),
        (
            "INSERT INTO player (brand_id, player_id) VALUES ($2, $1)",
            "must be $1",
        ),
        (
            "INSERT INTO player (brand_id, player_id) VALUES ($1, $2), (2, $3)",
            "must be $1",
        ),
        ("INSERT INTO player (brand_id) DEFAULT VALUES", "cannot be parsed"),
        (
            "INSERT INTO player (brand_id, player_id) SELECT brand_id, player_id FROM session",
            "session is brand-scoped",
        ),
        (
            "INSERT INTO player (brand_id, player_id) SELECT $2, player_id FROM session WHERE brand_id = $1",
            "must be $1",
        ),
        (
            "INSERT INTO player (brand_id, player_id) SELECT s.*, $1 FROM session s WHERE s.brand_id = $1",
            "must be $1",
        ),
        (
            "INSERT INTO player (brand_id, account) VALUES ($1, $2) ON CONFLICT (account) DO NOTHING",
            "without brand_id",
        ),
        (
            "INSERT INTO player (brand_id, account) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            "without a target",
        ),
        (
            "INSERT INTO player (brand_id, account) VALUES ($1, $2) ON CONFLICT ON CONSTRAINT player_account DO NOTHING",
            "not known to begin",
        ),
        (
            "INSERT INTO player (brand_id, account) VALUES ($1, $2) ON CONFLICT (brand_id, account) DO UPDATE SET brand_id = 2",
            "never changes its brand",
        ),
        (
            "INSERT INTO player (brand_id, account) VALUES ($1, (SELECT account FROM player LIMIT 1))",
            "player is brand-scoped",
        ),
        ("INSERT INTO brand (id) VALUES ($1)", "brand is global"),
        ("UPDATE player SET status = $2", "player is brand-scoped"),
        (
            "UPDATE player SET brand_id = $1 WHERE brand_id = $1",
            "never changes its brand",
        ),
        (
            "UPDATE player SET \"brand_id\" = $2 WHERE brand_id = $1",
            "never changes its brand",
        ),
        (
            "UPDATE player SET (status, brand_id) = ($2, $3) WHERE brand_id = $1",
            "never changes its brand",
        ),
        (
            "UPDATE player p SET status = s.state FROM session s WHERE p.brand_id = $1",
            "session (called s)",
        ),
        (
            "UPDATE player p SET status = s.state FROM session s WHERE s.brand_id = $1",
            "player (called p)",
        ),
        (
            "UPDATE player SET status = (SELECT max(state) FROM session) WHERE brand_id = $1",
            "session is brand-scoped",
        ),
        (
            "UPDATE game SET name = $2 FROM player WHERE player.brand_id = $1",
            "game is global",
        ),
        ("DELETE FROM session", "session is brand-scoped"),
        (
            "DELETE FROM session s USING player p WHERE p.brand_id = $1",
            "session (called s)",
        ),
        ("TRUNCATE player", "TRUNCATE is not for brand-scoped tables"),
        ("COPY player TO STDOUT", "COPY is not for brand-scoped tables"),
        ("DROP TABLE player", "DROP is not for"),
        ("SET croupier.brand_ids = ',2,'", "SET is not for"),
        ("SELECT 1; SELECT 2", "write one statement"),
        (
            "SELECT set_config('croupier.brand_ids', ',2,', true) FROM player WHERE brand_id = $1",
            "set_config() reaches past",
        ),
        (
            "SELECT pg_catalog.set_config('croupier.brand_ids', ',2,', true) FROM player WHERE brand_id = $1",
            "set_config() reaches past",
        ),
        (
            "SELECT set_config('lock_timeout', $2, false) FROM player WHERE brand_id = $1",
            "set_config() reaches past",
        ),
        (
            "SELECT set_config($2, $3, true) FROM player WHERE brand_id = $1",
            "set_config() reaches past",
        ),
        (
            "SELECT query_to_xml('select * from player', true, true, '') FROM player WHERE brand_id = $1",
            "reaches past",
        ),
        (
            "SELECT * FROM player p, dblink('x') d WHERE p.brand_id = $1",
            "dblink() in FROM",
        ),
        (
            "SELECT * INTO copy FROM player WHERE brand_id = $1",
            "not understood",
        ),
        ("TABLE player", "cannot be parsed"),
        (
            "MERGE INTO player p USING session s ON p.brand_id = s.brand_id WHEN MATCHED THEN DELETE",
            "MERGE is not for",
        ),
    ] {
        match tied(sql, &schema(), Form::One) {
            Ok(_) => panic!("passed: {sql}"),
            Err(refusal) => assert!(
                refusal.message().contains(told),
                "{sql}\n told: {}\n not:  {told}",
                refusal.message()
            ),
        }
    }
}

#[test]
fn a_refusal_shows_the_place() {
    let sql = "SELECT p.account\n  FROM player p\n  JOIN session s ON s.player_id = p.player_id\n WHERE p.brand_id = $1";
    let told = tied(sql, &schema(), Form::One).unwrap_err().in_sql(sql);
    assert!(
        told.ends_with("\n  | JOIN session s ON s.player_id = p.player_id\n  |      ^ here"),
        "{told}"
    );
}

fn refused<T: std::fmt::Debug>(sql: &str, judged: Result<T, Refusal>, told: &str) {
    let refusal = judged.expect_err(sql);
    assert!(
        refusal.message().contains(told),
        "{sql}\n told: {}\n not:  {told}",
        refusal.message()
    );
}

#[test]
fn rows_say_whose_they_are() {
    for (sql, columns) in [
        (
            "SELECT brand_id, account FROM player WHERE brand_id = $1",
            &["brand_id"][..],
        ),
        ("SELECT * FROM player WHERE brand_id = $1", &["brand_id"]),
        ("SELECT p.* FROM player p WHERE p.brand_id = $1", &["brand_id"]),
        (
            r#"SELECT p.brand_id AS "brand_id!", s.brand_id AS "session_brand_id?" FROM player p LEFT JOIN session s ON s.brand_id = $1 WHERE p.brand_id = $1"#,
            &["brand_id", "session_brand_id"],
        ),
        (
            r#"SELECT count(*) AS n, min(brand_id) AS "brand_id: _" FROM player WHERE brand_id = $1"#,
            &["brand_id"],
        ),
        (
            "SELECT brand_id FROM player WHERE brand_id = $1 UNION ALL SELECT s.brand_id FROM session s WHERE s.brand_id = $1",
            &["brand_id"],
        ),
        (
            "UPDATE player SET status = $2 WHERE brand_id = $1 RETURNING brand_id, account",
            &["brand_id"],
        ),
        (
            "WITH gone AS (DELETE FROM session WHERE brand_id = $1 RETURNING brand_id) SELECT gone.brand_id FROM gone",
            &["brand_id"],
        ),
    ] {
        let judgement = check(sql, &schema(), Form::One).expect(sql);
        assert_eq!(judgement.brand_columns.as_deref().unwrap(), columns, "{sql}");
    }
    for sql in [
        "UPDATE player SET status = $2 WHERE brand_id = $1",
        "INSERT INTO player (brand_id, account) VALUES ($1, $2)",
        "WITH s AS (INSERT INTO session (brand_id) VALUES ($1)) UPDATE player SET status = $2 WHERE brand_id = $1",
    ] {
        let judgement = check(sql, &schema(), Form::One).expect(sql);
        assert_eq!(judgement.brand_columns, None, "{sql}");
    }
    for (sql, told) in [
        (
            "SELECT account FROM player WHERE brand_id = $1",
            "do not say whose",
        ),
        (
            "SELECT count(*) AS n FROM player WHERE brand_id = $1",
            "do not say whose",
        ),
        (
            "SELECT $1 AS brand_id, account FROM player WHERE brand_id = $1",
            "a row's own brand_id",
        ),
        (
            "SELECT 7 AS brand_id FROM player WHERE brand_id = $1",
            "a row's own brand_id",
        ),
        (
            "SELECT p.brand_id, $1 AS session_brand_id FROM player p WHERE p.brand_id = $1",
            "a row's own brand_id",
        ),
        (
            "SELECT brand_id AS mine FROM player WHERE brand_id = $1",
            "do not say whose",
        ),
        (
            "UPDATE player SET status = $2 WHERE brand_id = $1 RETURNING account",
            "do not say whose",
        ),
        (
            "SELECT brand_id FROM player WHERE brand_id = $1 UNION ALL SELECT 1 FROM session WHERE brand_id = $1",
            "same places",
        ),
    ] {
        refused(sql, check(sql, &schema(), Form::One), told);
    }
}

#[test]
fn each_of_postgresqls_locks_of_rows_is_read_and_asked_the_same() {
    for lock in [
        "FOR UPDATE",
        "FOR NO KEY UPDATE",
        "FOR SHARE",
        "for  key\nshare",
        "FOR NO KEY UPDATE OF player SKIP LOCKED",
    ] {
        let sql = format!("SELECT brand_id FROM player WHERE brand_id = $1 {lock}");
        check(&sql, &schema(), Form::One).expect(&sql);
        refused(&sql, check(&sql, &schema(), Form::Read), "locks");
        let sql = format!("SELECT brand_id FROM player {lock}");
        refused(&sql, check(&sql, &schema(), Form::One), "not tied");
    }
    for lock in [
        "FOR NO UPDATE",
        "FOR KEY UPDATE",
        "FOR NO KEY SHARE",
        "FOR \"no\" KEY UPDATE",
    ] {
        let sql = format!("SELECT brand_id FROM player WHERE brand_id = $1 {lock}");
        refused(&sql, check(&sql, &schema(), Form::One), "cannot be parsed");
    }
}

#[test]
fn a_single_read_is_a_select_that_locks_nothing() {
    for sql in [
        "SELECT brand_id, account FROM player WHERE brand_id = $1 AND player_id = $2",
        "SELECT brand_id FROM player WHERE brand_id = $1 ORDER BY account LIMIT $2",
        "WITH s AS (SELECT * FROM session WHERE brand_id = $1) SELECT * FROM s",
    ] {
        check(sql, &schema(), Form::Read).expect(sql);
    }
    for (sql, told) in [
        ("SELECT brand_id FROM player", "not tied"),
        (
            "SELECT brand_id FROM player WHERE brand_id = $1 FOR UPDATE",
            "locks",
        ),
        (
            "SELECT brand_id FROM player WHERE brand_id = $1 ORDER BY account",
            "order",
        ),
        ("DELETE FROM session WHERE brand_id = $1", "is for a SELECT"),
        (
            "UPDATE player SET status = 'x' WHERE brand_id = $1 RETURNING brand_id",
            "is for a SELECT",
        ),
    ] {
        refused(sql, check(sql, &schema(), Form::Read), told);
    }
}

#[test]
fn iso_39_a_set_joins_on_the_brands_of_its_items() {
    const ITEM: &str = "unnest($1::int[], $2::uuid[]) AS item (brand_id, player_id)";
    for sql in [
        "SELECT w.brand_id, w.amount FROM {ITEM} JOIN wallet w ON w.brand_id = item.brand_id AND w.player_id = item.player_id",
        "SELECT w.brand_id, item.player_id FROM {ITEM} LEFT JOIN wallet w ON w.brand_id = item.brand_id AND w.player_id = item.player_id",
        "UPDATE wallet w SET amount = 0 FROM {ITEM} WHERE w.brand_id = item.brand_id AND w.player_id = item.player_id RETURNING w.brand_id",
        "DELETE FROM session s USING {ITEM} WHERE s.brand_id = item.brand_id AND s.player_id = item.player_id",
        "INSERT INTO wallet (brand_id, player_id, amount) SELECT item.brand_id, item.player_id, 0 FROM {ITEM} ON CONFLICT (brand_id, player_id) DO NOTHING",
        "INSERT INTO wallet (brand_id, player_id) SELECT brand_id, player_id FROM {ITEM}",
        "INSERT INTO wallet (brand_id, player_id) SELECT s.brand_id, s.player_id FROM {ITEM} JOIN session s ON s.brand_id = item.brand_id",
        "SELECT p.brand_id FROM {ITEM} JOIN player p ON p.brand_id = item.brand_id JOIN session s ON s.brand_id = p.brand_id AND s.player_id = p.player_id",
        "SELECT p.brand_id FROM {ITEM} JOIN player p ON p.brand_id = item.brand_id WHERE EXISTS (SELECT FROM session s WHERE s.brand_id = item.brand_id)",
        "SELECT w.brand_id, sum(w.amount) AS n FROM {ITEM} JOIN wallet w ON w.brand_id = item.brand_id GROUP BY w.brand_id",
        "SELECT w.brand_id, (SELECT sum(x.amount) FROM wallet x WHERE x.brand_id = w.brand_id) AS n FROM {ITEM} JOIN wallet w ON w.brand_id = item.brand_id",
        "WITH x AS (SELECT p.brand_id, p.account FROM {ITEM} JOIN player p ON p.brand_id = item.brand_id) SELECT w.brand_id, x.account FROM {ITEM} JOIN wallet w ON w.brand_id = item.brand_id JOIN x ON x.brand_id = w.brand_id",
        "WITH x AS (SELECT p.brand_id, p.account FROM {ITEM} JOIN player p ON p.brand_id = item.brand_id) SELECT x.brand_id, x.account FROM x",
        "WITH paid AS (INSERT INTO wallet (brand_id, player_id) SELECT item.brand_id, item.player_id FROM {ITEM}) UPDATE session s SET state = 'x' FROM {ITEM} WHERE s.brand_id = item.brand_id",
    ] {
        let sql = sql.replace("{ITEM}", ITEM);
        check(&sql, &schema(), Form::Set(1)).expect(&sql);
    }
    for (sql, told) in [
        (
            "SELECT w.brand_id FROM {ITEM} JOIN wallet w ON w.player_id = item.player_id",
            "join it on brand_id with a set",
        ),
        (
            "SELECT w.brand_id FROM {ITEM} JOIN wallet w ON w.brand_id = $1 AND w.player_id = item.player_id",
            "join it on brand_id with a set",
        ),
        (
            "SELECT w.brand_id FROM {ITEM}, wallet w WHERE w.brand_id = ANY ($1)",
            "join it on brand_id with a set",
        ),
        (
            "SELECT w.brand_id FROM unnest($2::int[], $1::int[]) AS item (brand_id, other) JOIN wallet w ON w.brand_id = item.brand_id",
            "join it on brand_id with a set",
        ),
        (
            "SELECT w.brand_id FROM unnest($1::int[], $2::uuid[]) AS item (player_id, brand_id) JOIN wallet w ON w.brand_id = item.brand_id",
            "its brands first",
        ),
        (
            "SELECT w.brand_id FROM unnest($1::int[]) AS item JOIN wallet w ON w.brand_id = item.brand_id",
            "its brands first",
        ),
        (
            "SELECT w.brand_id FROM {ITEM} JOIN wallet w ON w.brand_id = item.brand_id AND w.amount = ($1)[1]",
            "stand nowhere else",
        ),
        (
            "SELECT w.brand_id FROM unnest($2::int[]) AS item (brand_id) JOIN wallet w ON w.brand_id = item.brand_id",
            "join it on brand_id with a set",
        ),
        (
            "INSERT INTO wallet (brand_id, player_id) VALUES ($1, $2)",
            "a set's item.brand_id",
        ),
        (
            "INSERT INTO wallet (brand_id, player_id) SELECT $1, item.player_id FROM {ITEM}",
            "a set's item.brand_id",
        ),
        (
            "INSERT INTO wallet (brand_id, player_id) SELECT 7, item.player_id FROM {ITEM}",
            "a set's item.brand_id",
        ),
        (
            "INSERT INTO wallet (brand_id, player_id) SELECT item.brand_id, item.player_id FROM {ITEM} ON CONFLICT (player_id) DO NOTHING",
            "ON CONFLICT without brand_id",
        ),
        (
            "UPDATE wallet w SET brand_id = item.brand_id FROM {ITEM} WHERE w.brand_id = item.brand_id",
            "never changes its brand",
        ),
        (
            "SELECT w.amount FROM {ITEM} JOIN wallet w ON w.brand_id = item.brand_id",
            "do not say whose",
        ),
        (
            "SELECT item.brand_id FROM {ITEM}",
            "touches no brand-scoped table",
        ),
    ] {
        let sql = sql.replace("{ITEM}", ITEM);
        refused(&sql, check(&sql, &schema(), Form::Set(1)), told);
    }
    let two = "WITH paid AS (INSERT INTO wallet (brand_id, player_id) SELECT w.brand_id, w.id FROM unnest($1::int[], $3::uuid[]) AS w (brand_id, id))
               UPDATE session s SET state = 'x' FROM unnest($2::int[], $4::uuid[]) AS i (brand_id, id) WHERE s.brand_id = i.brand_id AND s.player_id = i.id";
    check(two, &schema(), Form::Set(2)).expect(two);
    refused(two, check(two, &schema(), Form::Set(3)), "stand nowhere else");
    refused(
        two,
        check(two, &schema(), Form::Set(1)),
        "join it on brand_id with a set",
    );
}

/// Statements that would be tied if names were what they seem: each was read by PostgreSQL otherwise.
#[test]
fn iso_39_a_set_that_is_read_or_written_alone_is_judged_as_any_set() {
    let read = "SELECT p.brand_id, p.account FROM unnest($1::int[], $2::uuid[]) AS item (brand_id, player_id) JOIN player p ON p.brand_id = item.brand_id AND p.player_id = item.player_id";
    let write = "WITH one AS (INSERT INTO session (brand_id, session_id) SELECT item.brand_id, item.id FROM unnest($1::int[], $2::uuid[]) AS item (brand_id, id)) UPDATE player p SET status = item.status FROM unnest($3::int[], $4::text[]) AS item (brand_id, status) WHERE p.brand_id = item.brand_id";
    let write = write.replace("$3", "#").replace("$2", "$3").replace('#', "$2");
    check(read, &schema(), Form::SetRead(1)).expect(read);
    check(&write, &schema(), Form::SetWrite(2)).expect(&write);
    for (sql, form, told) in [
        (write.as_str(), Form::SetRead(2), "is for a SELECT"),
        (
            &format!("{read} FOR UPDATE"),
            Form::SetRead(1),
            "so would the locks",
        ),
        (
            &format!("{read} ORDER BY 1"),
            Form::SetRead(1),
            "does not keep an order",
        ),
        (
            &format!("{write} RETURNING p.brand_id"),
            Form::SetWrite(2),
            "leave RETURNING out",
        ),
        (read, Form::SetWrite(1), "leave RETURNING out"),
        (
            &read.replace("p.brand_id = item.brand_id AND ", ""),
            Form::SetRead(1),
            "join it on brand_id with a set",
        ),
        (
            &write.replace("WHERE p.brand_id = item.brand_id", ""),
            Form::SetWrite(2),
            "join it on brand_id with a set",
        ),
        (
            &write.replace("SELECT item.brand_id", "SELECT 2"),
            Form::SetWrite(2),
            "must be a set's item.brand_id",
        ),
    ] {
        refused(sql, check(sql, &schema(), form), told);
    }
}

#[test]
fn iso_37_names_that_are_not_what_they_seem_tie_nothing() {
    let long = "a".repeat(63);
    let truncated = format!(
        "SELECT {long}x.brand_id FROM player {long}x WHERE {long}x.brand_id = $1 AND EXISTS (SELECT FROM (SELECT 2 AS brand_id) {long}y, session s WHERE s.brand_id = {long}x.brand_id)"
    );
    for (sql, told) in [
        // PostgreSQL looks a target up among the tables, never among the CTEs.
        (
            "WITH player AS (SELECT brand_id FROM session WHERE brand_id = $1) UPDATE player SET status = 'closed'",
            "called player",
        ),
        (
            "WITH session AS (SELECT brand_id FROM player WHERE brand_id = $1) DELETE FROM session",
            "called session",
        ),
        // A join that is called something hides the names within it.
        (
            "SELECT j.brand_id, j.account FROM (player p CROSS JOIN game g) AS j CROSS JOIN (SELECT 1 AS brand_id) AS p WHERE p.brand_id = $1",
            "joined tables",
        ),
        (
            "SELECT p.brand_id FROM player p WHERE p.brand_id = $1 AND EXISTS (SELECT FROM (game g CROSS JOIN (SELECT 2 AS brand_id) q) AS p JOIN session s ON s.brand_id = p.brand_id)",
            "joined tables",
        ),
        // A derived table does not see its neighbours, a condition only what it joins: both see what is further out.
        (
            "SELECT x.brand_id FROM player x CROSS JOIN (SELECT 2 AS brand_id) p WHERE x.brand_id = $1 AND EXISTS (SELECT FROM player p CROSS JOIN (SELECT s.state FROM session s WHERE s.brand_id = p.brand_id) q WHERE p.brand_id = $1)",
            "a name of its own",
        ),
        (
            "SELECT x.brand_id FROM player x CROSS JOIN (SELECT 2 AS brand_id) p WHERE x.brand_id = $1 AND EXISTS (SELECT FROM game g JOIN session s ON s.brand_id = p.brand_id, player p WHERE p.brand_id = $1)",
            "a name of its own",
        ),
        (
            "SELECT x.brand_id FROM player x CROSS JOIN (SELECT 2 AS brand_id) p WHERE x.brand_id = $1 AND EXISTS (SELECT FROM LATERAL (SELECT s.state FROM session s WHERE s.brand_id = p.brand_id) q, player p WHERE p.brand_id = $1)",
            "a name of its own",
        ),
        // A function without an alias is called by its own name.
        (
            "SELECT unnest.brand_id FROM player unnest WHERE unnest.brand_id = $1 AND EXISTS (SELECT FROM unnest($2::session[]), session s WHERE s.brand_id = unnest.brand_id)",
            "session (called s)",
        ),
        // PostgreSQL cuts names off after 63 bytes.
        (truncated.as_str(), "63 bytes"),
    ] {
        match tied(sql, &schema(), Form::One) {
            Ok(_) => panic!("passed: {sql}"),
            Err(refusal) => assert!(
                refusal.message().contains(told),
                "{sql}\n told: {}\n not:  {told}",
                refusal.message()
            ),
        }
    }
}

/// Texts that the parser and PostgreSQL read differently.
#[test]
fn iso_37_a_text_that_can_be_read_in_two_ways_is_not_read() {
    for sql in [
        "SELECT brand_id FROM player WHERE account !~-- $2 AND brand_id = $1 AND account =\n $3",
        "SELECT brand_id FROM player /* all of them */ WHERE brand_id = $1",
        "SELECT brand_id FROM player WHERE brand_id = $1 -- and no other",
        "SELECT brand_id FROM player WHERE brand_id = $1 AND account = E'\\'' ",
        "SELECT brand_id FROM player WHERE brand_id = $1 AND account = $x$ a $x$",
        "SELECT brand_id FROM player WHERE brand_id = $1 AND account = U&'\\0061'",
        "SELECT brand_id FROM player\u{a0}p WHERE brand_id = $1",
    ] {
        let judged = tied(sql, &schema(), Form::One);
        refused(sql, judged, "two ways");
    }
}

/// What runs SQL of its own, reads what has no brand, or reaches other sessions.
#[test]
fn iso_54_functions_that_are_not_known_are_not_called() {
    for call in [
        "ts_rewrite('a'::tsquery, 'SELECT t, s FROM x')",
        "pg_terminate_backend(1)",
        "pg_relation_size('player')",
        "pg_stat_get_activity(NULL)",
        "lo_from_bytea(0, $2)",
        "loread(1, 1)",
        "pg_sleep(1)",
        "public.count(*)",
    ] {
        let sql = format!("SELECT brand_id, {call} FROM player WHERE brand_id = $1");
        refused(
            &sql,
            tied(&sql, &schema(), Form::One),
            "is not among the functions",
        );
    }
}

/// The row wall compares a row's own `brand_id`, wherever in the statement the row was made.
#[test]
fn a_brand_cannot_be_made_up_further_in() {
    for sql in [
        "WITH x AS (SELECT $1::int AS brand_id, account FROM player WHERE brand_id = $1) SELECT x.brand_id, x.account FROM x",
        "WITH x (brand_id, account) AS (SELECT 1, account FROM player WHERE brand_id = $1) SELECT x.brand_id, x.account FROM x",
        "SELECT q.* FROM (SELECT 7 AS brand_id, account FROM player WHERE brand_id = $1) AS q",
        "SELECT q.brand_id FROM (SELECT 7, account FROM player WHERE brand_id = $1) AS q (brand_id, account)",
        "SELECT w.brand_id, p.account FROM player p, unnest($2::int[]) AS w (brand_id) WHERE p.brand_id = $1",
        "SELECT * FROM player WHERE brand_id = $1 UNION ALL SELECT $1, player_id, state, state FROM session WHERE brand_id = $1",
    ] {
        let judged = check(sql, &schema(), Form::One);
        assert!(judged.is_err(), "{sql}");
    }
}

/// A row of a set is of one brand: what it is made of must be of the same.
#[test]
fn iso_39_a_set_never_mixes_the_brands_of_its_items() {
    for (sql, told) in [
        // Two sets whose brands need not agree.
        (
            "UPDATE wallet w SET amount = b.amount FROM unnest($1::int[]) AS a (brand_id), unnest($1::int[], $2::bigint[]) AS b (brand_id, amount) WHERE w.brand_id = a.brand_id",
            "same brand",
        ),
        (
            "SELECT w.brand_id, p.account FROM unnest($1::int[]) AS a (brand_id) JOIN wallet w ON w.brand_id = a.brand_id, unnest($1::int[]) AS b (brand_id) JOIN player p ON p.brand_id = b.brand_id",
            "same brand",
        ),
        // A set within reaches every brand of the batch.
        (
            "SELECT w.brand_id, (SELECT sum(x.amount) FROM unnest($1::int[]) AS b (brand_id) JOIN wallet x ON x.brand_id = b.brand_id) AS n FROM unnest($1::int[]) AS a (brand_id) JOIN wallet w ON w.brand_id = a.brand_id",
            "same brand",
        ),
        (
            "WITH x AS (SELECT p.brand_id, p.account FROM unnest($1::int[]) AS b (brand_id) JOIN player p ON p.brand_id = b.brand_id) SELECT w.brand_id, x.account FROM unnest($1::int[]) AS a (brand_id) JOIN wallet w ON w.brand_id = a.brand_id CROSS JOIN x",
            "same brand",
        ),
        (
            "SELECT q.brand_id, r.account FROM (SELECT w.brand_id FROM unnest($1::int[]) AS a (brand_id) JOIN wallet w ON w.brand_id = a.brand_id) q, (SELECT p.account FROM unnest($1::int[]) AS b (brand_id) JOIN player p ON p.brand_id = b.brand_id) r",
            "same brand",
        ),
        (
            "WITH x AS (SELECT p.brand_id, p.account FROM unnest($1::int[]) AS b (brand_id) JOIN player p ON p.brand_id = b.brand_id) SELECT w.brand_id, (SELECT max(x.account) FROM x) AS n FROM unnest($1::int[]) AS a (brand_id) JOIN wallet w ON w.brand_id = a.brand_id",
            "same brand",
        ),
        // Rows that are added up over brands.
        (
            "SELECT min(w.brand_id) AS brand_id, sum(w.amount) AS n FROM unnest($1::int[]) AS a (brand_id) JOIN wallet w ON w.brand_id = a.brand_id",
            "GROUP BY",
        ),
        (
            "SELECT w.brand_id, sum(w.amount) OVER () AS n FROM unnest($1::int[]) AS a (brand_id) JOIN wallet w ON w.brand_id = a.brand_id",
            "OVER",
        ),
        // Brands that are turned into others.
        (
            "SELECT w.brand_id FROM unnest($1::int[]::bool[]::int[]) AS a (brand_id) JOIN wallet w ON w.brand_id = a.brand_id",
            "set",
        ),
    ] {
        refused(sql, check(sql, &schema(), Form::Set(1)), told);
    }
}

#[test]
fn an_unnest_of_ones_own_ties_nothing_to_one_brand() {
    for sql in [
        "SELECT w.brand_id FROM unnest($1::int[]) AS item (brand_id) JOIN wallet w ON w.brand_id = item.brand_id",
        "SELECT w.brand_id FROM unnest($2::int[]) AS item (brand_id) JOIN wallet w ON w.brand_id = item.brand_id",
    ] {
        refused(sql, check(sql, &schema(), Form::One), "not tied");
    }
}
