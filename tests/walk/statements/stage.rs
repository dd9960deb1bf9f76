//! Where a statement is run as the application runs it, and looked at from above.
//!
//! The connection is a superuser's who takes the application's role for the statement alone: row security
//! and privileges are the application's, and what became of it can be seen in the same transaction, which
//! is then undone.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use sqlx::{
    AssertSqlSafe, Column, Connection, Either, Executor, PgConnection, Row,
    postgres::{PgQueryResult, PgRow},
};

use super::{parameters::Catalogue, rights::written};
use crate::harness::{Cluster, House};

/// A house's database, with a superuser's connection to it.
pub struct Stage {
    connection: PgConnection,
    /// Every table that has brands.
    pub scoped: Vec<String>,
}

/// A statement as it is run.
#[derive(Clone, Debug)]
pub struct Act {
    /// Its text.
    pub sql: String,
    /// The types of its parameters, as PostgreSQL names them.
    pub types: Vec<String>,
    /// Their values, each an expression.
    pub values: Vec<String>,
    /// What each parameter is given, and each field of rows: of what rows are made of, the one item.
    pub given: BTreeMap<usize, String>,
    /// The brand it is run for.
    pub brand: i64,
    /// Whether it is a read that sets row security for itself, outside a brand's transaction.
    pub reads: bool,
    /// What the transaction is told first: settings that the planner goes by.
    pub settings: String,
}

/// What became of a statement: its rows, or why it was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// How many rows it gave or changed, and what it gave, sorted.
    Done(u64, Vec<String>),
    /// The SQLSTATE, and the constraint if it was one.
    Refused(String, String),
}

/// A table's rows of one brand: each value as a literal, by its column.
pub type Rows = Vec<BTreeMap<String, String>>;

impl Stage {
    /// The house's database.
    pub async fn of(house: &House) -> Self {
        let superuser = Cluster::get().await.servers().superuser_url();
        let database = house.local.owner_url.rsplit_once('/').unwrap().1;
        let url = format!("{}/{database}", superuser.rsplit_once('/').unwrap().0);
        Self {
            connection: PgConnection::connect(&url).await.unwrap(),
            scoped: crate::walk::kept::tables(house).await,
        }
    }

    /// The columns of every table and view.
    pub async fn catalogue(&mut self) -> Catalogue {
        let mut catalogue = Catalogue::new();
        let columns = "SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = 'public'";
        for row in self.rows(columns).await {
            catalogue.entry(row.get(0)).or_default().insert(row.get(1));
        }
        catalogue
    }

    /// A table's rows of a brand; of a table that has no brands, all.
    pub async fn rows_of(&mut self, table: &str, columns: &Catalogue, brand: i64) -> Rows {
        let names: Vec<_> = columns[table].iter().collect();
        let values: Vec<_> = names
            .iter()
            .map(|name| format!("quote_nullable({name}::text)"))
            .collect();
        let whose = if columns[table].contains("brand_id") {
            format!("WHERE brand_id = {brand}")
        } else {
            String::new()
        };
        let select = format!("SELECT {} FROM {table} {whose} ORDER BY 1, 2", values.join(", "));
        let rows = self.rows(&select).await;
        rows.iter()
            .map(|row| {
                names
                    .iter()
                    .enumerate()
                    .map(|(at, name)| ((*name).clone(), row.get(at)))
                    .collect()
            })
            .collect()
    }

    /// Takes every policy off: what is left is what the statements say themselves.
    pub async fn drop_policies(&mut self) {
        for table in self.scoped.clone() {
            let policies =
                format!("SELECT polname::text FROM pg_policy WHERE polrelid = '{table}'::regclass");
            for policy in self.rows(&policies).await {
                let policy: String = policy.get(0);
                self.run(&format!("DROP POLICY {policy} ON {table}")).await;
            }
            self.run(&format!(
                "ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"
            ))
            .await;
        }
    }

    /// Runs a statement and undoes it. `gone` is a brand whose rows are not there while it runs. Gives what became of
    /// it, and whether the rows of `watched` changed.
    pub async fn play(&mut self, act: &Act, gone: Option<i64>, watched: i64) -> (Outcome, bool) {
        self.run(&format!("BEGIN; {}", act.settings)).await;
        if let Some(brand) = gone {
            let scoped = self.scoped.iter().filter(|table| *table != "brand_domain");
            let deletes: Vec<_> = scoped
                .map(|table| format!("DELETE FROM {table} WHERE brand_id = {brand}"))
                .collect();
            // Without the foreign keys' triggers, which would want an order.
            let all = format!(
                "SET LOCAL session_replication_role = replica; {}; SET LOCAL session_replication_role = origin",
                deletes.join(";")
            );
            self.run(&all).await;
        }
        // A read is a SELECT, and needs no watching.
        let before = if act.reads {
            Vec::new()
        } else {
            self.digest(watched).await
        };
        let outcome = self.perform(act).await;
        // What was refused has undone the transaction already.
        let changed = if !act.reads && matches!(outcome, Outcome::Done(..)) {
            self.run("RESET ROLE").await;
            before != self.digest(watched).await
        } else {
            false
        };
        self.run("ROLLBACK; DEALLOCATE act").await;
        (outcome, changed)
    }

    /// Runs a statement in a transaction that stays open.
    pub async fn start(&mut self, act: &Act) -> Outcome {
        self.run(&format!("BEGIN; {}", act.settings)).await;
        self.perform(act).await
    }

    /// Ends the transaction for good.
    pub async fn commit(&mut self) {
        self.run("COMMIT; DEALLOCATE act").await;
    }

    async fn perform(&mut self, act: &Act) -> Outcome {
        let Act {
            sql, types, values, ..
        } = act;
        let (kinds, given) = if types.is_empty() {
            (String::new(), String::new())
        } else {
            (
                format!("({})", types.join(", ")),
                format!("({})", values.join(", ")),
            )
        };
        let setting = if act.reads {
            String::new()
        } else {
            format!("SET LOCAL croupier.brand_ids = ',{},';", act.brand)
        };
        // What operators alone write is written over the owner's connection; row security holds there too.
        let role = if written(sql).iter().any(|right| right.is_operators()) {
            "croupier_owner"
        } else {
            "croupier_app"
        };
        self.run(&format!(
            "{setting} SET LOCAL ROLE {role}; PREPARE act {kinds} AS {sql}"
        ))
        .await;
        self.outcome(&format!("EXECUTE act {given}")).await
    }

    async fn outcome(&mut self, execute: &str) -> Outcome {
        let stream = self
            .connection
            .fetch_many(sqlx::raw_sql(AssertSqlSafe(execute.to_owned())));
        let answered: Result<Vec<Either<PgQueryResult, PgRow>>, _> = stream.try_collect().await;
        match answered {
            Ok(parts) => {
                let (mut count, mut rows) = (0, Vec::new());
                for part in &parts {
                    match part {
                        Either::Left(done) => count += done.rows_affected(),
                        Either::Right(row) => rows.push(text(row)),
                    }
                }
                rows.sort();
                Outcome::Done(count, rows)
            }
            Err(fault) => {
                let fault = fault.as_database_error().unwrap();
                Outcome::Refused(
                    fault.code().unwrap().into_owned(),
                    fault.constraint().unwrap_or_default().to_owned(),
                )
            }
        }
    }

    async fn digest(&mut self, brand: i64) -> Vec<String> {
        let digests: Vec<_> = self
            .scoped
            .iter()
            .map(|table| {
                format!("SELECT '{table}' || md5(coalesce(string_agg(t::text, ';' ORDER BY t::text), '')) FROM {table} t WHERE brand_id = {brand}")
            })
            .collect();
        let rows = self.rows(&digests.join(" UNION ALL ")).await;
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// The rows of a query, as texts.
    pub async fn rows(&mut self, query: &str) -> Vec<PgRow> {
        self.connection
            .fetch_all(sqlx::raw_sql(AssertSqlSafe(query.to_owned())))
            .await
            .unwrap()
    }

    /// Runs statements, and fails where one does.
    pub async fn run(&mut self, statements: &str) {
        self.connection
            .execute(sqlx::raw_sql(AssertSqlSafe(statements.to_owned())))
            .await
            .unwrap_or_else(|fault| panic!("{fault}: {statements}"));
    }
}

/// A row as PostgreSQL writes it: the simple protocol gives texts.
fn text(row: &PgRow) -> String {
    let value = |at: usize| {
        let value = row.try_get_raw(at).unwrap();
        let name = row.columns()[at].name();
        format!("{name}={}", value.as_str().unwrap_or("NULL"))
    };
    (0..row.len()).map(value).collect::<Vec<_>>().join(" ")
}
