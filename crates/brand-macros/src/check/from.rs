//! The tables a statement reads from, how they are joined, and which of them are tied.

use sqlparser::{
    ast::{
        Expr, Ident, Join, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, Spanned, TableAlias,
        TableFactor, TableWithJoins, Value,
    },
    tokenizer::Span,
};

use super::{
    Form, Judge, Refusal, Scope,
    facts::{Equality, Side, equalities, folded},
};
use crate::schema::BRAND_ID;

/// Functions that make rows of their arguments alone.
const ROW_FUNCTIONS: [&str; 8] = [
    "unnest",
    "generate_series",
    "jsonb_array_elements",
    "jsonb_array_elements_text",
    "jsonb_each",
    "jsonb_to_recordset",
    "jsonb_to_record",
    "string_to_table",
];

/// A scoped table in a FROM.
struct Table {
    /// The name the statement calls it by.
    called: String,
    /// Its own name.
    table: String,
    at: Span,
    /// The equalities of its own ON, where it is on the right of a LEFT JOIN: nothing else can tie it.
    only_on: Option<Vec<Equality>>,
}

/// A set of items in a FROM.
struct Set {
    called: String,
    at: Span,
    /// As a table's.
    only_on: Option<Vec<Equality>>,
}

/// What a FROM (or an UPDATE's or DELETE's tables) holds.
#[derive(Default)]
pub(crate) struct Sources {
    tables: Vec<Table>,
    /// The names of everything else in it: they hide tables of the same name further out.
    others: Vec<String>,
    /// Sets of items, whose `brand_id` is the items' scopes'.
    sets: Vec<Set>,
    /// CTEs, by the names they are called here.
    ctes: Vec<String>,
    /// How many derived tables there are.
    derived: usize,
    /// How the statement is told its brands.
    form: Form,
    /// What holds for every row: inner joins' conditions, and the WHERE.
    equal: Vec<Equality>,
}

impl Sources {
    pub(crate) fn of(form: Form) -> Self {
        Self {
            form,
            ..Self::default()
        }
    }

    /// Adds what the WHERE says.
    pub(crate) fn constrain(&mut self, condition: Option<&Expr>) {
        self.equal.extend(condition.into_iter().flat_map(equalities));
    }

    /// What a query nested in this one sees: the tables that are tied here, and those further out
    /// that nothing here hides. Refused where a table here is not tied.
    pub(crate) fn around(&self, scope: &Scope) -> Result<Scope, Refusal> {
        let mut around = scope.clone();
        around.tied.retain(|name| !self.calls(name));
        around.tied.extend(self.tied(scope)?);
        let tables = self.tables.iter().map(|table| &table.called);
        around.names.extend(tables.chain(&self.others).cloned());
        Ok(around)
    }

    /// The names of the tables that are tied; refused where one is not.
    pub(crate) fn tied(&self, scope: &Scope) -> Result<Vec<String>, Refusal> {
        // The rows of a query are each of one brand: that of the items around it, or of its first set.
        let root = self.sets.first().filter(|_| scope.tied.is_empty());
        let mut tied: Vec<String> = root.map(|set| set.called.clone()).into_iter().collect();
        let sets = self.sets.iter().map(|set| (&set.called, &set.only_on));
        let tables = self.tables.iter().map(|table| (&table.called, &table.only_on));
        let parts: Vec<_> = sets.chain(tables).collect();
        loop {
            let more: Vec<String> = parts
                .iter()
                .filter(|(called, _)| !tied.contains(called))
                .filter(|(called, only_on)| {
                    let facts = only_on.as_ref().unwrap_or(&self.equal);
                    self.connected(called, facts, &tied, scope)
                })
                .map(|(called, _)| (*called).clone())
                .collect();
            if more.is_empty() {
                break;
            }
            tied.extend(more);
        }
        if let Some(set) = self.sets.iter().find(|set| !tied.contains(&set.called)) {
            return Err(mixes(&set.called).at(set.at));
        }
        if let Some(table) = self.tables.iter().find(|table| !tied.contains(&table.called)) {
            return Err(self.untied(table));
        }
        if self.form.sets().is_some() {
            self.of_one_brand(&tied, scope)?;
        }
        Ok(tied)
    }

    /// What a set's rows are joined with must be of the same brand. Tables and sets are, when they are
    /// tied; so is what is derived beside them, because it is judged with them around it. A CTE was judged by
    /// itself, and derived tables with nothing beside them each have a set of their own.
    fn of_one_brand(&self, tied: &[String], scope: &Scope) -> Result<(), Refusal> {
        let alone = tied.is_empty() && scope.tied.is_empty();
        if alone && self.ctes.len() + self.derived <= 1 {
            return Ok(());
        }
        let apart = |called: &&String| !self.connected(called, &self.equal, tied, scope);
        match self.ctes.iter().find(apart) {
            Some(cte) => Err(mixes(cte)),
            None if alone => Err(mixes("a derived table")),
            None => Ok(()),
        }
    }

    /// Whether `facts` lead from a table's `brand_id` to `$1` or to that of a table that is tied.
    fn connected(&self, called: &str, facts: &[Equality], tied: &[String], scope: &Scope) -> bool {
        let mut reached = vec![Side::Of(called.to_owned())];
        let mut at = 0;
        while at < reached.len() {
            for (left, right) in facts {
                for (from, to) in [(left, right), (right, left)] {
                    let (from, to) = (self.named(from), self.named(to));
                    if from.as_ref() == Some(&reached[at]) {
                        reached.extend(to.filter(|to| !reached.contains(to)));
                    }
                }
            }
            at += 1;
        }
        reached.iter().any(|side| match side {
            Side::Brand => self.form.sets().is_none(),
            // What is nearer hides what has the same name further out.
            Side::Of(name) => tied.contains(name) || (scope.tied.contains(name) && !self.calls(name)),
            Side::Bare => false,
        })
    }

    /// A bare `brand_id` is that of the only scoped table; where there are more, nobody's.
    fn named(&self, side: &Side) -> Option<Side> {
        match (side, self.tables.as_slice()) {
            (Side::Bare, [only]) => Some(Side::Of(only.called.clone())),
            (Side::Bare, _) => None,
            (side, _) => Some(side.clone()),
        }
    }

    fn calls(&self, name: &str) -> bool {
        self.tables.iter().any(|table| table.called == name) || self.others.iter().any(|other| other == name)
    }

    fn untied(&self, table: &Table) -> Refusal {
        let (called, name) = (&table.called, &table.table);
        let shown = if called == name {
            name.clone()
        } else {
            format!("{name} (called {called})")
        };
        let column = if self.tables.len() == 1 && table.only_on.is_none() {
            BRAND_ID.to_owned()
        } else {
            format!("{called}.{BRAND_ID}")
        };
        let add = match (self.form.sets(), &table.only_on) {
            (Some(_), _) => {
                format!(
                    "join it on {BRAND_ID} with a set: `{called}.{BRAND_ID} = item.{BRAND_ID}`, item being unnest($1::int[], …) AS item ({BRAND_ID}, …)"
                )
            }
            (_, Some(_)) => {
                format!("add `{column} = $1` to the ON of its LEFT JOIN: in the WHERE it comes too late")
            }
            (_, None) => format!(
                "add `AND {column} = $1` (not under OR or NOT), or join it on {BRAND_ID} with a table that has it"
            ),
        };
        Refusal::new(format!(
            "{shown} is brand-scoped and not tied to the brand: {add}"
        ))
        .at(table.at)
    }
}

fn mixes(called: &str) -> Refusal {
    Refusal::new(format!(
        "{called} need not be of the same brand as what it is joined with: join it, in this query, on {called}.{BRAND_ID}"
    ))
}

impl Judge<'_> {
    /// Reads the tables of a FROM.
    pub(crate) fn sources(
        &mut self,
        from: &[TableWithJoins],
        scope: &Scope,
        sources: &mut Sources,
    ) -> Result<(), Refusal> {
        for part in from {
            self.factor(&part.relation, None, scope, sources)?;
            for join in &part.joins {
                self.join(join, scope, sources)?;
            }
        }
        Ok(())
    }

    fn join(&mut self, join: &Join, scope: &Scope, sources: &mut Sources) -> Result<(), Refusal> {
        let (constraint, left) = match &join.join_operator {
            JoinOperator::Join(constraint)
            | JoinOperator::Inner(constraint)
            | JoinOperator::CrossJoin(constraint) => (constraint, false),
            JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => (constraint, true),
            _ => {
                return Err(Refusal::new(
                    "this kind of join is not understood: write it as JOIN or LEFT JOIN",
                )
                .at(join.relation.span()));
            }
        };
        let on = match constraint {
            JoinConstraint::On(condition) => equalities(condition),
            JoinConstraint::None => Vec::new(),
            JoinConstraint::Using(_) | JoinConstraint::Natural => {
                return Err(Refusal::new(format!(
                    "write the join's condition out: ON a.{BRAND_ID} = b.{BRAND_ID} AND …"
                ))
                .at(join.relation.span()));
            }
        };
        if left {
            self.factor(&join.relation, Some(on), scope, sources)
        } else {
            sources.equal.extend(on);
            self.factor(&join.relation, None, scope, sources)
        }
    }

    fn factor(
        &mut self,
        factor: &TableFactor,
        only_on: Option<Vec<Equality>>,
        scope: &Scope,
        sources: &mut Sources,
    ) -> Result<(), Refusal> {
        match factor {
            TableFactor::Derived { alias, .. } => {
                sources.derived += 1;
                sources
                    .others
                    .extend(alias.as_ref().map(|alias| folded(&alias.name)));
            }
            // Without an alias it is called by the function's name.
            TableFactor::UNNEST { alias, .. } => sources.others.push(
                alias
                    .as_ref()
                    .map_or_else(|| "unnest".to_owned(), |alias| folded(&alias.name)),
            ),
            TableFactor::Function { name, alias, .. }
            | TableFactor::Table {
                name,
                alias,
                args: Some(_),
                ..
            } => sources.others.push(match (alias, name.0.last()) {
                (Some(alias), _) => folded(&alias.name),
                (None, Some(ObjectNamePart::Identifier(name))) => folded(name),
                (None, _) => String::new(),
            }),
            _ => {}
        }
        self.set(factor, only_on.as_ref(), scope, sources)?;
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                ..
            } => self.table(name, alias.as_ref(), only_on, scope, sources),
            TableFactor::Table {
                name, args: Some(_), ..
            } => {
                // The parser counts the name of a function in FROM as a table's.
                self.judged += 1;
                row_function(name)
            }
            TableFactor::Function { name, .. } => row_function(name),
            // Judged with every other nested query, when the whole SELECT is walked.
            TableFactor::Derived { .. } | TableFactor::UNNEST { .. } => Ok(()),
            TableFactor::NestedJoin { alias: Some(_), .. } => Err(Refusal::new(
                "joined tables that are called something hide their own names: leave the alias off",
            )
            .at(factor.span())),
            TableFactor::NestedJoin { table_with_joins, .. } if only_on.is_none() => {
                self.sources(std::slice::from_ref(table_with_joins), scope, sources)
            }
            other => Err(Refusal::new("this kind of source in FROM is not understood").at(other.span())),
        }
    }

    /// `unnest($1::int[], …) AS item (brand_id, …)`: a set of items, each with the brand of its scope.
    fn set(
        &mut self,
        factor: &TableFactor,
        only_on: Option<&Vec<Equality>>,
        scope: &Scope,
        sources: &mut Sources,
    ) -> Result<(), Refusal> {
        let TableFactor::UNNEST {
            alias, array_exprs, ..
        } = factor
        else {
            return Ok(());
        };
        let of_brands = self.form.sets().is_some()
            && array_exprs
                .first()
                .and_then(placeholder)
                .is_some_and(|name| self.form.binds(name));
        if !of_brands {
            return Ok(());
        }
        match alias {
            Some(alias)
                if alias
                    .columns
                    .first()
                    .is_some_and(|column| folded(&column.name) == BRAND_ID) =>
            {
                let called = folded(&alias.name);
                if !array_exprs.first().is_some_and(is_brands) {
                    return Err(Refusal::new(
                        "a set's brands are given as they are bound: unnest($1::int[], …)",
                    )
                    .at(factor.span()));
                }
                if scope.names.contains(&called) {
                    return Err(called_twice(&called).at(factor.span()));
                }
                sources.sets.push(Set {
                    called,
                    at: factor.span(),
                    only_on: only_on.cloned(),
                });
                self.sets += 1;
                Ok(())
            }
            _ => Err(Refusal::new(format!(
                "name the columns of the set, its brands first: unnest($1::int[], …) AS item ({BRAND_ID}, …)"
            ))
            .at(factor.span())),
        }
    }

    fn table(
        &mut self,
        name: &ObjectName,
        alias: Option<&TableAlias>,
        only_on: Option<Vec<Equality>>,
        scope: &Scope,
        sources: &mut Sources,
    ) -> Result<(), Refusal> {
        self.judged += 1;
        let (table, qualified) = table_name(name)?;
        let called = alias.map_or_else(|| table.clone(), |alias| folded(&alias.name));
        if !qualified && scope.ctes.contains(&table) {
            sources.ctes.push(called.clone());
            sources.others.push(called);
            return Ok(());
        }
        match self.schema.is_scoped(&table) {
            None => Err(Refusal::new(format!(
                "{table} is in no migration: brand_query! knows only tables that the migrations make"
            ))
            .at(name.span())),
            Some(false) => {
                sources.others.push(called);
                Ok(())
            }
            Some(true) => {
                if alias.is_some_and(|alias| !alias.columns.is_empty()) {
                    return Err(Refusal::new(format!(
                        "{table}: columns of a brand-scoped table cannot be renamed in FROM"
                    ))
                    .at(name.span()));
                }
                self.scoped += 1;
                // A condition of a join, and a derived table, do not see all of their own FROM: what they
                // do not find there they look for further out.
                if sources.calls(&called) || scope.names.contains(&called) {
                    return Err(called_twice(&called).at(name.span()));
                }
                sources.tables.push(Table {
                    called,
                    table,
                    at: name.span(),
                    only_on,
                });
                Ok(())
            }
        }
    }
}

/// A table's own name, and whether its schema was written. Only `public` is ours.
pub(crate) fn table_name(name: &ObjectName) -> Result<(String, bool), Refusal> {
    let part = |part: &ObjectNamePart| match part {
        ObjectNamePart::Identifier(ident) => Some(folded(ident)),
        ObjectNamePart::Function(_) => None,
    };
    let parts: Option<Vec<String>> = name.0.iter().map(part).collect();
    match parts.as_deref() {
        Some([table]) => Ok((table.clone(), false)),
        Some([schema, table]) if schema == "public" => Ok((table.clone(), true)),
        _ => Err(Refusal::new(format!("{name} is not a table of ours")).at(name.span())),
    }
}

fn called_twice(called: &str) -> Refusal {
    Refusal::new(format!(
        "two tables are called {called}: give each a name of its own"
    ))
}

/// Whether it is a parameter and nothing was made of it: a cast to `bool[]` and back would make 1 of every brand.
fn is_brands(expr: &Expr) -> bool {
    match expr {
        Expr::Value(_) => true,
        Expr::Cast { expr, data_type, .. } => {
            matches!(expr.as_ref(), Expr::Value(_))
                && ["int[]", "integer[]", "int4[]"].contains(&data_type.to_string().to_lowercase().as_str())
        }
        _ => false,
    }
}

/// A parameter's name, whatever it is cast to.
fn placeholder(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => placeholder(inner),
        Expr::Value(value) => match &value.value {
            Value::Placeholder(name) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

fn row_function(name: &ObjectName) -> Result<(), Refusal> {
    let called = name
        .0
        .last()
        .and_then(ObjectNamePart::as_ident)
        .map(|ident: &Ident| folded(ident))
        .unwrap_or_default();
    if name.0.len() == 1 && ROW_FUNCTIONS.contains(&called.as_str()) {
        return Ok(());
    }
    Err(Refusal::new(format!(
        "{called}() in FROM may read tables that cannot be judged; allowed are {}",
        ROW_FUNCTIONS.join(", ")
    ))
    .at(name.span()))
}
