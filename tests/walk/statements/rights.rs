//! The rights on tables that a statement takes.

use std::{collections::BTreeSet, ops::ControlFlow};

use sqlparser::ast::{
    Assignment, AssignmentTarget, FromTable, ObjectName, OnConflictAction, OnInsert, Query, SetExpr,
    Statement, TableFactor, TableObject, Visit, Visitor,
};

use crate::harness::statement;

/// What operators' commands do, over the owner's connection, and no server: a right or, where none is said, all that
/// write; a table, and a column or all of them.
const BY_OPERATORS: [(&str, &str, &str); 12] = [
    ("", "brand", ""),
    ("", "brand_domain", ""),
    ("", "brand_game", ""),
    ("", "game", ""),
    ("UPDATE", "game_session", "ended_at"),
    ("DELETE", "game_session", ""),
    ("LOCK", "game_session", ""),
    ("", "operator_audit", ""),
    ("UPDATE", "player", "status"),
    ("DELETE", "player_refresh_token", ""),
    ("DELETE", "player_session", ""),
    ("", "wallet_topology", ""),
];

/// A right on a table: SELECT, INSERT and DELETE are of all its columns, UPDATE of one. LOCK takes the right to change
/// any column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// What it allows.
    pub kind: &'static str,
    /// The table.
    pub table: String,
    /// The column, of UPDATE.
    pub column: String,
}

impl Right {
    fn on(kind: &'static str, table: impl Into<String>) -> Self {
        Self {
            kind,
            table: table.into(),
            column: String::new(),
        }
    }

    /// Whether operators alone need it.
    pub fn is_operators(&self) -> bool {
        BY_OPERATORS.iter().any(|listed| self.is(listed))
    }

    fn is(&self, (kind, table, column): &(&str, &str, &str)) -> bool {
        let or_all = |listed: &str, own: &str| listed == own || listed.is_empty();
        self.kind != "SELECT"
            && self.table == *table
            && or_all(kind, self.kind)
            && or_all(column, &self.column)
    }
}

/// What operators alone did and nobody does any more.
pub fn forgotten(needed: &BTreeSet<Right>) -> Vec<&'static str> {
    let all = BY_OPERATORS.iter();
    let gone = all.filter(|listed| !needed.iter().any(|right| right.is(listed)));
    gone.map(|(_, table, _)| *table).collect()
}

/// The rights that a statement takes beside SELECT.
pub fn written(sql: &str) -> BTreeSet<Right> {
    let mut needed = needed(sql);
    needed.retain(|right| right.kind != "SELECT");
    needed
}

/// All rights that a statement takes.
pub fn needed(sql: &str) -> BTreeSet<Right> {
    let mut find = Find {
        needed: BTreeSet::new(),
        into: None,
    };
    let _ = statement(sql).visit(&mut find);
    find.needed
}

struct Find {
    needed: BTreeSet<Right>,
    /// The table of an INSERT, which is not read for it.
    into: Option<String>,
}

impl Visitor for Find {
    type Break = ();

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        match statement {
            Statement::Insert(insert) => {
                let TableObject::TableName(name) = &insert.table else {
                    panic!("{insert}");
                };
                self.needed.insert(Right::on("INSERT", last(name)));
                self.into = Some(last(name));
                if let Some(OnInsert::OnConflict(conflict)) = &insert.on
                    && let OnConflictAction::DoUpdate(update) = &conflict.action
                {
                    self.assigned(&last(name), &update.assignments);
                }
            }
            Statement::Update(update) => self.assigned(&table(&update.table.relation), &update.assignments),
            Statement::Delete(delete) => {
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
                for part in from {
                    self.needed.insert(Right::on("DELETE", table(&part.relation)));
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if let SetExpr::Select(select) = query.body.as_ref()
            && !query.locks.is_empty()
        {
            let joined = select
                .from
                .iter()
                .flat_map(|part| part.joins.iter().map(|join| &join.relation));
            let all = select.from.iter().map(|part| &part.relation).chain(joined);
            for factor in all {
                if let TableFactor::Table { name, alias, .. } = factor {
                    let called = alias
                        .as_ref()
                        .map_or_else(|| last(name), |alias| alias.name.value.clone());
                    let of = |lock: &sqlparser::ast::LockClause| {
                        lock.of.as_ref().is_none_or(|of| last(of) == called)
                    };
                    if query.locks.iter().any(of) {
                        self.needed.insert(Right::on("LOCK", last(name)));
                    }
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        if self.into.take_if(|into| *into == last(relation)).is_none() {
            self.needed.insert(Right::on("SELECT", last(relation)));
        }
        ControlFlow::Continue(())
    }
}

impl Find {
    fn assigned(&mut self, table: &str, assignments: &[Assignment]) {
        for assignment in assignments {
            let AssignmentTarget::ColumnName(column) = &assignment.target else {
                panic!("{assignment}");
            };
            self.needed.insert(Right {
                kind: "UPDATE",
                table: table.to_owned(),
                column: last(column),
            });
        }
    }
}

fn table(factor: &TableFactor) -> String {
    let TableFactor::Table { name, .. } = factor else {
        panic!("{factor}");
    };
    last(name)
}

fn last(name: &ObjectName) -> String {
    name.0
        .last()
        .and_then(|part| part.as_ident())
        .unwrap()
        .value
        .to_lowercase()
}
