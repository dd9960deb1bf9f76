//! The same ids in two brands at the same time: each keeps a row of its own.

use std::collections::BTreeMap;

use sqlx::Row;

use crate::walk::statements::{
    Trial,
    parameters::parameter_of,
    stage::{Act, Outcome, Stage},
    statement::Statement,
};

/// What an upsert changes: a part of the statement, the parameter or the field of one, and a value that no row has yet.
const CHANGES: [(&str, usize, &str); 3] = [
    ("INTO wallet_hold", 2006, "'released'"),
    ("INTO wallet_grant", 2005, "'{}'::jsonb"),
    ("INTO wallet_limit", 6, "999"),
];

/// What rows are told apart by, of each table: the columns of its unique indexes, the brand aside, its primary key first.
type Keys = BTreeMap<String, Vec<Vec<String>>>;

async fn keys(stage: &mut Stage) -> Keys {
    let mut keys = Keys::new();
    let indexes = "SELECT i.indrelid::regclass::text,
                          ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
                                   AND a.attname <> 'brand_id')::text
                     FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
                    WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace ORDER BY i.indisprimary DESC";
    for row in stage.rows(indexes).await {
        let columns: String = row.get(1);
        let columns = columns.trim_matches(['{', '}']).split(',').map(str::to_owned);
        keys.entry(row.get(0)).or_default().push(columns.collect());
    }
    keys
}

/// The rows that an act writes, by their tables: by each key that the act says all of, `column = value AND …`.
fn written(statement: &Statement, act: &Act, keys: &Keys) -> Vec<(String, Vec<String>)> {
    let words: Vec<_> = statement.sql.split_whitespace().collect();
    let inserted = |table: &&String| {
        words
            .windows(3)
            .any(|words| words == ["INSERT", "INTO", table.as_str()])
    };
    let value = |table: &String, column: &String| {
        let of = (table.clone(), column.clone());
        let mut columns = statement.parameters.columns.iter();
        let (number, _) = columns.find(|(_, columns)| columns.contains(&of))?;
        Some(format!("{column} = {}", act.given[number]))
    };
    let which = |table: &String| {
        let said = |key: &Vec<String>| {
            key.iter()
                .map(|column| value(table, column))
                .collect::<Option<Vec<_>>>()
        };
        let keys = keys[table].iter().filter_map(said);
        keys.map(|parts| parts.join(" AND ")).collect()
    };
    let tables = statement.parameters.tables.iter().filter(inserted);
    tables.map(|table| (table.clone(), which(table))).collect()
}

async fn rows(stage: &mut Stage, brand: i64, table: &str, which: &str) -> Vec<String> {
    let query = format!(
        "SELECT (to_jsonb(t) - 'brand_id' - 'xid')::text FROM {table} t WHERE brand_id = {brand} AND {which} ORDER BY 1"
    );
    let rows = stage.rows(&query).await;
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn iso_38_iso_42_the_same_ids_in_two_brands_at_once_are_two_rows() {
    let mut trial = Trial::begin().await;
    let [first, second] = [0, 1].map(|side| trial.estate.sides[side].brand.id);
    let player = trial.estate.sides[0].ids.player.clone();
    let rows_of_first = trial.rows(first).await;
    let mut other = Stage::of(&trial.estate.house).await;
    let keys = keys(&mut trial.stage).await;
    // The second brand has a player, sign-ins and a wallet by the very ids of the first's.
    for table in ["player", "player_session", "wallet_account"] {
        let columns: Vec<_> = trial.catalogue[table]
            .iter()
            .filter(|column| *column != "brand_id")
            .cloned()
            .collect();
        let names = columns.join(", ");
        // But for an account of which there may be one.
        let values = names.replace("account", "account || '.twin'");
        let copy = format!(
            "INSERT INTO {table} (brand_id, {names}) SELECT {second}, {values} FROM {table} WHERE brand_id = {first}"
        );
        trial.stage.run(&copy).await;
    }
    let statements = std::mem::take(&mut trial.statements);
    let inserts = statements.iter().filter(|statement| {
        // The sets that tests make of their own have other tests; the product's are the wallet's.
        let products = statement.types[0].name() == "int4"
            || statement
                .parameters
                .tables
                .iter()
                .all(|table| table.starts_with("wallet_"));
        statement.sql.contains("INSERT INTO") && products
    });
    let (mut tried, mut changed) = (0, 0);
    for statement in inserts {
        let same_player = |act: &Act| {
            let columns = statement.parameters.columns.iter();
            let mut of_player =
                columns.filter(|(_, columns)| columns.iter().any(|(_, column)| column == "player_id"));
            of_player.all(|(number, _)| act.given[number] == format!("'{player}'"))
        };
        let acts = statement.acts(first, &rows_of_first);
        let act = acts.into_iter().find(same_player);
        let act = act.unwrap_or_else(|| panic!("no row of the player's: {}", statement.sql));
        let acts = [first, second].map(|brand| {
            let mut act = act.clone();
            act.brand = brand;
            for parameter in statement.brands() {
                let of_set = statement.parameters.items.contains(&parameter);
                act.values[parameter - 1] = if of_set {
                    format!("ARRAY[{brand}::int4]")
                } else {
                    brand.to_string()
                };
            }
            act.settings = "SET LOCAL lock_timeout = '20s'".to_owned();
            act
        });
        let written = written(statement, &act, &keys);
        for (table, keys) in &written {
            // All of them where no value is given: what is inserted is chosen by the statement itself.
            let which = if keys.is_empty() {
                "true".to_owned()
            } else {
                keys.join(" OR ")
            };
            let clear = format!(
                "SET session_replication_role = replica; DELETE FROM {table} WHERE brand_id IN ({first}, {second}) AND ({which});
                 SET session_replication_role = origin"
            );
            trial.stage.run(&clear).await;
        }
        // Once for new rows, and once more where an upsert meets them.
        let rounds = if statement.sql.contains("ON CONFLICT") {
            2
        } else {
            1
        };
        for round in 0..rounds {
            let outcome = trial.stage.start(&acts[round % 2]).await;
            // The first is not over yet: who waited for it would wait for ever.
            let of_other = other.start(&acts[(round + 1) % 2]).await;
            assert_eq!(outcome, of_other, "{act:#?}");
            assert!(matches!(outcome, Outcome::Done(..)), "{outcome:?}: {act:#?}");
            other.commit().await;
            trial.stage.commit().await;
        }
        for (table, keys) in &written {
            let any = "true".to_owned();
            let which = keys.first().unwrap_or(&any);
            let mine = rows(&mut trial.stage, first, table, which).await;
            let theirs = rows(&mut trial.stage, second, table, which).await;
            assert_eq!(mine, theirs, "{table}: {which}");
            assert!(
                !mine.is_empty() && (keys.is_empty() || mine.len() == 1),
                "{table}: {which}"
            );
        }
        tried += 1;
        if !statement.sql.contains("DO UPDATE") {
            continue;
        }
        // What an upsert changes, it changes of its own brand's row.
        let (_, parameter, value) = CHANGES
            .iter()
            .find(|(part, ..)| statement.sql.contains(part))
            .unwrap_or_else(|| panic!("say in CHANGES what this upsert changes: {}", statement.sql));
        let mut change = acts[1].clone();
        change.given.insert(*parameter, (*value).to_owned());
        let at = parameter_of(*parameter) - 1;
        change.values[at] = statement.values(&change.given).swap_remove(at);
        let (table, keys) = &written[0];
        let which = &keys[0];
        let before = rows(&mut trial.stage, first, table, which).await;
        assert!(matches!(other.start(&change).await, Outcome::Done(1, _)));
        other.commit().await;
        assert_eq!(rows(&mut trial.stage, first, table, which).await, before);
        assert_ne!(rows(&mut trial.stage, second, table, which).await, before);
        changed += 1;
    }
    assert!(tried > 10, "{tried} statements insert");
    assert_eq!(changed, CHANGES.len());
}
