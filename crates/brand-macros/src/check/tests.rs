//! Statements that must pass, and statements that must not, each with what it is told.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::check;
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
        "SELECT p.* FROM player p CROSS JOIN LATERAL (SELECT * FROM session s WHERE s.brand_id = p.brand_id LIMIT 1) s WHERE p.brand_id = $1",
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
        "SELECT p.account FROM (SELECT set_config('lock_timeout', $2, true) AS x) AS limits JOIN player p ON p.brand_id = $1",
        "SELECT CASE WHEN status = 'x' THEN (SELECT max(amount) FROM wallet w WHERE w.brand_id = $1) END FROM player WHERE brand_id = $1",
    ] {
        assert_eq!(check(sql, &schema()), Ok(()), "{sql}");
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
            "SELECT * FROM player p CROSS JOIN LATERAL (SELECT * FROM session s WHERE s.player_id = p.player_id) s WHERE p.brand_id = $1",
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
        match check(sql, &schema()) {
            Ok(()) => panic!("passed: {sql}"),
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
    let told = check(sql, &schema()).unwrap_err().in_sql(sql);
    assert!(
        told.ends_with("\n  | JOIN session s ON s.player_id = p.player_id\n  |      ^ here"),
        "{told}"
    );
}
