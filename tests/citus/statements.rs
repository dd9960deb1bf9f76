//! What the repositories ask. `.sqlx` holds every statement; `script/sqlx-prepare --check` proves it complete.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    ops::ControlFlow,
    path::Path,
};

use serde_json::Value;
use sqlparser::ast::{
    Expr, Insert, ObjectName, OnConflictAction, OnInsert, Query, SetExpr, Statement, TableObject, Visit,
    Visitor,
};
use sqlx::{Connection, PgConnection};

use crate::harness::{Cluster, statement};

/// How much a function's value may change: `i`mmutable, `s`table, `v`olatile.
type Volatility = BTreeMap<String, char>;

/// What looks like a function and stands in no catalogue.
const SYNTAX: [(&str, char); 10] = [
    ("coalesce", 'i'),
    ("greatest", 'i'),
    ("least", 'i'),
    ("nullif", 'i'),
    ("current_timestamp", 's'),
    ("current_date", 's'),
    ("localtimestamp", 's'),
    ("current_user", 's'),
    ("session_user", 's'),
    ("any", 'i'),
];

/// Parts of one statement that write one table and never one row of it, so that neither could see what the other did, and
/// why.
const APART: [(&str, &str, &str); 1] = [(
    "command",
    "play",
    "a play that changes was decided before, under another id than any decision that is new",
)];

/// The most volatile function of each name.
async fn volatility() -> Volatility {
    let house = Cluster::get().await.house().await;
    let mut database = PgConnection::connect(&house.owner_url).await.unwrap();
    // By chance, `v` is the last of the three letters and `i` the first.
    let known: Vec<(String, String)> =
        sqlx::query_as("SELECT proname::text, max(provolatile::text) FROM pg_proc GROUP BY proname")
            .fetch_all(&mut database)
            .await
            .unwrap();
    let known = known
        .into_iter()
        .map(|(name, kind)| (name, kind.chars().next().unwrap()));
    let syntax = SYNTAX.map(|(name, kind)| (name.to_owned(), kind));
    known.chain(syntax).collect()
}

/// What Citus would say of a statement.
fn faults(sql: &str, volatility: &Volatility) -> Vec<String> {
    let statement = statement(sql);
    let mut faults = Vec::new();
    if let Statement::Query(query) = &statement {
        siblings(query, &mut faults);
        locks(sql, query, &mut faults);
    }
    for part in parts(&statement) {
        match part {
            Statement::Insert(insert) => inserted(insert, volatility, &mut faults),
            Statement::Update(_) | Statement::Delete(_) => {
                let calls = functions(part, volatility, &['v']);
                faults.extend(calls.map(|call| format!("{call}() is volatile, in an UPDATE or DELETE")));
            }
            _ => {}
        }
        let returning = match part {
            Statement::Insert(insert) => insert.returning.as_ref(),
            Statement::Update(update) => update.returning.as_ref(),
            Statement::Delete(delete) => delete.returning.as_ref(),
            _ => None,
        };
        for item in returning.into_iter().flatten() {
            let calls = functions(item, volatility, &['s', 'v']);
            faults.extend(calls.map(|call| format!("{call}() is not immutable, in RETURNING")));
        }
    }
    faults
}

/// The statements in a statement that write, and it itself.
fn parts(statement: &Statement) -> Vec<&Statement> {
    let Statement::Query(query) = statement else {
        return vec![statement];
    };
    let ctes = query.with.iter().flat_map(|with| &with.cte_tables);
    let bodies = ctes.map(|cte| &cte.query.body).chain([&query.body]);
    bodies.filter_map(|body| writing(body)).collect()
}

fn writing(body: &SetExpr) -> Option<&Statement> {
    match body {
        SetExpr::Insert(statement) | SetExpr::Update(statement) | SetExpr::Delete(statement) => {
            Some(statement)
        }
        _ => None,
    }
}

/// multi_router_planner.c: "subqueries are not supported within INSERT queries", and ErrorIfOnConflictNotSupported.
fn inserted(insert: &Insert, volatility: &Volatility, faults: &mut Vec<String>) {
    let values = insert
        .source
        .as_ref()
        .filter(|source| matches!(*source.body, SetExpr::Values(_)));
    // VALUES is a query itself.
    let nested = values.map_or(0, |values| queries(values.as_ref()).saturating_sub(1))
        + insert.on.as_ref().map_or(0, queries)
        + insert.returning.as_ref().map_or(0, queries);
    if nested > 0 {
        faults.push("a subquery in an INSERT".to_owned());
    }
    if let Some(OnInsert::OnConflict(conflict)) = &insert.on
        && let OnConflictAction::DoUpdate(update) = &conflict.action
    {
        let calls = functions(update, volatility, &['s', 'v']);
        faults.extend(calls.map(|call| format!("{call}() is not immutable, in ON CONFLICT DO UPDATE")));
    }
}

/// Nodes run the parts of such a statement one after the other, where PostgreSQL shows each what was there before.
fn siblings(query: &Query, faults: &mut Vec<String>) {
    let ctes = query.with.iter().flat_map(|with| &with.cte_tables);
    let names: BTreeSet<String> = ctes.clone().map(|cte| cte.alias.name.value.clone()).collect();
    let bodies: Vec<(&str, &SetExpr)> = ctes
        .map(|cte| (cte.alias.name.value.as_str(), cte.query.body.as_ref()))
        .chain([("", query.body.as_ref())])
        .collect();
    let apart = |one: &str, other: &str| {
        let mut pairs = APART.iter();
        pairs.any(|(first, second, _)| [one, other] == [*first, *second] || [other, one] == [*first, *second])
    };
    for (name, body) in &bodies {
        let Some(written) = writing(body).and_then(target) else {
            continue;
        };
        let others = bodies
            .iter()
            .filter(|(other, _)| other != name && !apart(name, other));
        for (_, other) in others {
            let touched = tables(*other);
            if touched.contains(&written) && !names.contains(&written) {
                faults.push(format!("one part writes {written} and another touches it"));
            }
        }
    }
}

/// multi_logical_planner.c: "could not run distributed query with FOR UPDATE/SHARE commands", unless one shard has it all.
fn locks(sql: &str, query: &Query, faults: &mut Vec<String>) {
    if !query.locks.is_empty() && !sql.contains("brand_id = $1") {
        faults.push("locks rows of several brands".to_owned());
    }
}

fn target(statement: &Statement) -> Option<String> {
    match statement {
        Statement::Insert(insert) => match &insert.table {
            TableObject::TableName(name) => Some(last(name)),
            _ => None,
        },
        Statement::Update(update) => tables(&update.table.relation).into_iter().next(),
        Statement::Delete(delete) => tables(&delete.from).into_iter().next(),
        _ => None,
    }
}

fn last(name: &ObjectName) -> String {
    let part = name.0.last().map(ToString::to_string).unwrap_or_default();
    part.trim_matches('"').to_owned()
}

fn tables(of: &impl Visit) -> BTreeSet<String> {
    struct Tables(BTreeSet<String>);
    impl Visitor for Tables {
        type Break = ();
        fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<()> {
            self.0.insert(last(name));
            ControlFlow::Continue(())
        }
    }
    let mut tables = Tables(BTreeSet::new());
    let _ = of.visit(&mut tables);
    tables.0
}

fn queries(of: &impl Visit) -> usize {
    struct Count(usize);
    impl Visitor for Count {
        type Break = ();
        fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.0 += 1;
            ControlFlow::Continue(())
        }
    }
    let mut count = Count(0);
    let _ = of.visit(&mut count);
    count.0
}

/// The functions called in there that are of one of these kinds. One that is not known is of every kind.
fn functions(of: &impl Visit, volatility: &Volatility, kinds: &[char]) -> impl Iterator<Item = String> {
    struct Calls(Vec<String>);
    impl Visitor for Calls {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            if let Expr::Function(function) = expr {
                self.0.push(last(&function.name).to_lowercase());
            }
            ControlFlow::Continue(())
        }
    }
    let mut calls = Calls(Vec::new());
    let _ = of.visit(&mut calls);
    let forbidden = |call: &String| volatility.get(call).is_none_or(|kind| kinds.contains(kind));
    calls
        .0
        .into_iter()
        .filter(forbidden)
        .collect::<Vec<_>>()
        .into_iter()
}

fn prepared() -> Vec<String> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.sqlx"));
    let files = fs::read_dir(folder).unwrap();
    let statements = files.map(|file| {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let file: Value = serde_json::from_str(&text).unwrap();
        file["query"].as_str().unwrap().to_owned()
    });
    statements.collect()
}

#[tokio::test]
async fn no_statement_is_one_that_citus_would_refuse() {
    let (volatility, prepared) = (volatility().await, prepared());
    assert!(prepared.len() > 30);
    for sql in prepared {
        assert_eq!(faults(&sql, &volatility), [""; 0], "{sql}");
    }
}

#[tokio::test]
async fn each_rule_of_the_statements_finds_its_violation() {
    let volatility = volatility().await;
    for (sql, fault) in [
        (
            "INSERT INTO player (brand_id, seen) VALUES ($1, $2) ON CONFLICT (brand_id) DO UPDATE SET seen = now()",
            "now() is not immutable, in ON CONFLICT DO UPDATE",
        ),
        (
            "INSERT INTO player (brand_id, seen) VALUES ($1, $2) ON CONFLICT (brand_id) DO UPDATE SET seen = CURRENT_TIMESTAMP",
            "current_timestamp() is not immutable, in ON CONFLICT DO UPDATE",
        ),
        (
            "INSERT INTO player (brand_id, seen) VALUES ($1, $2) ON CONFLICT (brand_id) DO UPDATE SET seen = $2 WHERE player.seen < clock_timestamp()",
            "clock_timestamp() is not immutable, in ON CONFLICT DO UPDATE",
        ),
        (
            "WITH x AS (INSERT INTO player (brand_id) VALUES ($1) ON CONFLICT (brand_id) DO UPDATE SET id = gen_random_uuid()) SELECT 1",
            "gen_random_uuid() is not immutable, in ON CONFLICT DO UPDATE",
        ),
        (
            "UPDATE player SET token = gen_random_uuid() WHERE brand_id = $1",
            "gen_random_uuid() is volatile, in an UPDATE or DELETE",
        ),
        (
            "DELETE FROM player WHERE brand_id = $1 AND seen < clock_timestamp()",
            "clock_timestamp() is volatile, in an UPDATE or DELETE",
        ),
        (
            "UPDATE player SET a = unheard_of() WHERE brand_id = $1",
            "unheard_of() is volatile, in an UPDATE or DELETE",
        ),
        (
            "INSERT INTO player (brand_id) VALUES ($1) RETURNING brand_id, now() AS at",
            "now() is not immutable, in RETURNING",
        ),
        (
            "UPDATE player SET a = 1 WHERE brand_id = $1 RETURNING now() AS r",
            "now() is not immutable, in RETURNING",
        ),
        (
            "INSERT INTO player (brand_id, n) VALUES ($1, (SELECT max(n) FROM player WHERE brand_id = $1))",
            "a subquery in an INSERT",
        ),
        (
            "INSERT INTO player (brand_id) VALUES ($1) ON CONFLICT (brand_id) DO UPDATE SET n = (SELECT max(n) FROM game)",
            "a subquery in an INSERT",
        ),
        (
            "WITH entry AS (INSERT INTO ledger (brand_id) VALUES ($1)) UPDATE account SET n = 1 FROM ledger WHERE account.brand_id = $1 AND ledger.brand_id = $1",
            "one part writes ledger and another touches it",
        ),
        (
            "WITH gone AS (DELETE FROM account WHERE brand_id = $1 RETURNING n) SELECT n FROM account WHERE brand_id = $1",
            "one part writes account and another touches it",
        ),
        (
            "WITH one AS (UPDATE account SET n = 1 WHERE brand_id = $1), two AS (INSERT INTO log (brand_id, n) SELECT brand_id, n FROM account WHERE brand_id = $1) SELECT 1",
            "one part writes account and another touches it",
        ),
        (
            "SELECT a.n FROM unnest($1::int[]) AS item (brand_id) JOIN account a ON a.brand_id = item.brand_id FOR UPDATE OF a",
            "locks rows of several brands",
        ),
    ] {
        assert_eq!(faults(sql, &volatility), [fault], "{sql}");
    }
    // What is like these and is taken.
    for sql in [
        "INSERT INTO player (brand_id, n, at) VALUES ($1, $2, now()) ON CONFLICT (brand_id) DO UPDATE SET n = greatest(excluded.n, coalesce(player.n, 0))",
        "INSERT INTO player (brand_id, n) SELECT $1, max(n) FROM game",
        "UPDATE player SET at = now() WHERE brand_id = $1 AND n = (SELECT max(n) FROM game)",
        "WITH entry AS (INSERT INTO ledger (brand_id) VALUES ($1) RETURNING n), log AS (INSERT INTO log (brand_id) VALUES ($1)) UPDATE account SET n = entry.n FROM entry WHERE account.brand_id = $1",
        "WITH ledger AS (SELECT 1 AS n) UPDATE account SET n = ledger.n FROM ledger WHERE account.brand_id = $1",
        "SELECT n FROM account WHERE brand_id = $1 FOR UPDATE",
    ] {
        assert_eq!(faults(sql, &volatility), [""; 0], "{sql}");
    }
}
