//! Every statement that a repository runs, with another brand's values in all of its parameters.
//!
//! The statements are those of `.sqlx`, which `script/sqlx-prepare --check` proves complete, so none can be
//! left out. What its parameters stand for is read from the statement; the values come from the rows of a
//! brand that has rows of every kind. Run for the other brand, a statement must do exactly what it does
//! in a database in which those rows are not: its answer, what it changes and why it is refused are the
//! same. And run for the brand itself it must not, else nothing was tried.

pub mod parameters;
pub mod rights;
pub mod stage;
pub mod statement;

use std::collections::BTreeMap;

use self::{
    parameters::{Catalogue, Kind},
    stage::{Act, Outcome, Rows, Stage},
    statement::{EARLIER, NAMED, Statement, named, prepared, without_predicates},
};
use super::{
    estate::{Estate, opened},
    kept::Kept,
};

/// An estate, what its statements are, and a brand whose rows are tried on the other.
pub struct Trial {
    /// The estate.
    pub estate: Estate,
    /// Its database.
    pub stage: Stage,
    /// Its tables.
    pub catalogue: Catalogue,
    /// The statements on rows of brands.
    pub statements: Vec<Statement>,
}

impl Trial {
    /// Opens an estate; fails where a table with brands has no row to be tried.
    pub async fn begin() -> Self {
        let estate = Estate::open().await;
        for side in &estate.sides {
            opened(&estate.house, side.brand.id).await;
            let kept = Kept::rows(&estate.house, &side.brand).await;
            assert_eq!(kept.empty(), [""; 0], "tables without a row to be tried");
        }
        let mut stage = Stage::of(&estate.house).await;
        let catalogue = stage.catalogue().await;
        let mut statements = prepared(&catalogue);
        statements.retain(|statement| statement.is_scoped(&stage.scoped));
        Self {
            estate,
            stage,
            catalogue,
            statements,
        }
    }

    /// The rows of a brand in every table that the statements name.
    pub async fn rows(&mut self, brand: i64) -> BTreeMap<String, Rows> {
        let mut rows = BTreeMap::new();
        for table in self.catalogue.keys().cloned().collect::<Vec<_>>() {
            let of_brand = self.stage.rows_of(&table, &self.catalogue, brand).await;
            rows.insert(table, of_brand);
        }
        rows
    }

    /// Runs a statement for `brand` with the values of `of`: whether it notices that the rows of `of` are there, and
    /// whether it changes them.
    async fn notices(
        &mut self,
        statement: &Statement,
        brand: i64,
        of: i64,
        rows: &BTreeMap<String, Rows>,
    ) -> Noticed {
        let mut noticed = Noticed::default();
        for act in statement.acts(brand, rows) {
            let (with, changed) = self.stage.play(&act, None, of).await;
            let (without, _) = self.stage.play(&act, Some(of), of).await;
            noticed.acts += 1;
            noticed.refused += usize::from(matches!(&with, Outcome::Refused(state, _) if state == "23503"));
            if with != without {
                noticed.told.push((act.clone(), with, without));
            }
            if changed {
                noticed.changed.push(act);
            }
        }
        noticed
    }
}

/// In which acts a statement noticed rows.
#[derive(Debug, Default)]
struct Noticed {
    acts: usize,
    /// How many ended at a foreign key.
    refused: usize,
    /// With the rows there, and without.
    told: Vec<(Act, Outcome, Outcome)>,
    /// They were changed.
    changed: Vec<Act>,
}

impl Noticed {
    fn anything(&self) -> bool {
        !self.told.is_empty() || !self.changed.is_empty()
    }
}

#[tokio::test]
async fn every_parameter_of_every_statement_is_known() {
    let trial = Trial::begin().await;
    let all = prepared(&trial.catalogue);
    assert!(all.len() > 30 && trial.statements.len() > 25);
    for statement in &all {
        if !statement.is_scoped(&trial.stage.scoped) {
            // What belongs to no brand reads global tables and the system's own, and there are few of it.
            let global = |table: &String| {
                [
                    "brand",
                    "brand_domain",
                    "game",
                    "journal_consumer",
                    "journal_numbering",
                ]
                .contains(&table.as_str())
                    || table.starts_with("pg_")
            };
            assert!(statement.parameters.tables.iter().all(global), "{statement:#?}");
            continue;
        }
        let unknown: Vec<_> = statement
            .parameters
            .unknown()
            .into_iter()
            .filter(|parameter| named(&statement.sql, *parameter).is_none())
            .collect();
        assert_eq!(
            unknown, [0; 0],
            "parameters that are compared with no column and written to none; say in NAMED what they are: {}",
            statement.sql
        );
        assert!(!statement.brands().is_empty(), "{}", statement.sql);
    }
    for (part, number, _, _) in NAMED {
        let found = trial.statements.iter().any(|statement| {
            named(&statement.sql, number).is_some_and(|(named, ..)| *named == part)
                && statement.parameters.unknown().contains(&number)
        });
        assert!(found, "no statement has {part:?} with ${number} any more");
    }
    for earlier in &EARLIER {
        let found = trial.statements.iter().any(|statement| statement.has(earlier));
        assert!(found, "no statement has {earlier:?} any more");
    }
}

#[tokio::test]
async fn iso_35_iso_36_iso_50_no_statement_notices_another_brands_rows() {
    let mut trial = Trial::begin().await;
    let brands = [0, 1].map(|side| trial.estate.sides[side].brand.id);
    let rows = [trial.rows(brands[0]).await, trial.rows(brands[1]).await];
    let statements = std::mem::take(&mut trial.statements);
    for walls in ["row security and predicates", "predicates alone"] {
        if walls == "predicates alone" {
            trial.stage.drop_policies().await;
        }
        for statement in &statements {
            for (of, brand) in [(0, 1), (1, 0)] {
                let noticed = trial
                    .notices(statement, brands[brand], brands[of], &rows[of])
                    .await;
                assert!(noticed.acts > 0);
                assert!(!noticed.anything(), "{walls}: {noticed:#?}");
            }
            let own = trial.notices(statement, brands[0], brands[0], &rows[0]).await;
            assert!(
                own.anything(),
                "{walls}: run for the brand whose rows they are it does not notice them either, so nothing was tried: {}",
                statement.sql
            );
        }
    }
}

#[tokio::test]
async fn a_statement_without_its_predicate_is_held_by_row_security_and_noticed_without() {
    let mut trial = Trial::begin().await;
    let brands = [0, 1].map(|side| trial.estate.sides[side].brand.id);
    let rows = trial.rows(brands[0]).await;
    let leaks: Vec<_> = trial
        .statements
        .iter()
        .filter(|statement| without_predicates(&statement.sql) != statement.sql)
        .map(|statement| Statement {
            sql: without_predicates(&statement.sql),
            ..Statement::read(&statement.sql, statement.types.clone(), &trial.catalogue)
        })
        .collect();
    assert!(leaks.len() > 20, "most statements have a predicate");
    for leak in &leaks {
        let noticed = trial.notices(leak, brands[1], brands[0], &rows).await;
        assert!(!noticed.anything(), "through row security: {noticed:#?}");
    }
    trial.stage.drop_policies().await;
    let mut held = 0;
    for leak in &leaks {
        let noticed = trial.notices(leak, brands[1], brands[0], &rows).await;
        held += usize::from(!noticed.anything());
        // What also inserts a row for another brand's player ends at the foreign key.
        assert!(
            noticed.anything() || noticed.refused == noticed.acts,
            "the walk sees no leak where there is one: {}",
            leak.sql
        );
    }
    assert!(
        held < 3,
        "{held} of {} leaks are held by foreign keys alone",
        leaks.len()
    );
}

#[tokio::test]
async fn iso_39_the_walk_knows_sets_of_items_too() {
    let mut trial = Trial::begin().await;
    let brands = [0, 1].map(|side| trial.estate.sides[side].brand.id);
    let rows = trial.rows(brands[0]).await;
    let item = "unnest($1::int[], $2::uuid[], $3::text[]) AS item (brand_id, player_id, currency)";
    let tied = "w.brand_id = item.brand_id AND w.player_id = item.player_id AND w.currency = item.currency";
    let statements = [
        format!("SELECT w.brand_id, w.version FROM {item} JOIN wallet_account w ON {tied}"),
        format!("UPDATE wallet_account w SET version = w.version + 1, revision = w.revision + 1 FROM {item} WHERE {tied}"),
        "DELETE FROM token_revocation r USING unnest($1::int[], $2::uuid[]) AS item (brand_id, session_id) WHERE r.brand_id = item.brand_id AND r.session_id = item.session_id".to_owned(),
        "INSERT INTO player_session (brand_id, session_id, player_id, created_at, expires_at)
         SELECT item.brand_id, item.session_id, item.player_id, $4, $4 FROM unnest($1::int[], $2::uuid[], $3::uuid[]) AS item (brand_id, session_id, player_id)".to_owned(),
    ];
    for sql in &statements {
        let third = if sql.contains("$3::uuid") {
            "uuid[]"
        } else {
            "text[]"
        };
        let types = ["int4[]", "uuid[]", third, "timestamptz"];
        let count = 1
            + (2..=4)
                .filter(|number| sql.contains(&format!("${number}")))
                .count();
        let read = |sql: &str| {
            Statement::read(
                sql,
                types[..count]
                    .iter()
                    .map(|&kind| Kind::Plain(kind.to_owned()))
                    .collect(),
                &trial.catalogue,
            )
        };
        let (statement, leak) = (
            read(sql),
            read(&sql.replace("w.brand_id = item.brand_id AND", "")),
        );
        assert_eq!(statement.parameters.unknown(), [0; 0], "{statement:#?}");
        assert_eq!(statement.brands(), [1].into());
        let noticed = trial.notices(&statement, brands[1], brands[0], &rows).await;
        assert!(!noticed.anything(), "{noticed:#?}");
        let own = trial.notices(&statement, brands[0], brands[0], &rows).await;
        assert!(own.anything(), "{sql}");
        let noticed = trial.notices(&leak, brands[1], brands[0], &rows).await;
        assert!(!noticed.anything(), "through row security: {noticed:#?}");
    }
}
