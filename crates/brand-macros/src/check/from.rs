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

/// What a FROM (or an UPDATE's or DELETE's tables) holds.
#[derive(Default)]
pub(crate) struct Sources {
    tables: Vec<Table>,
    /// The names of everything else in it: they hide tables of the same name further out.
    others: Vec<String>,
    /// Sets of items, whose `brand_id` is the items' scopes'.
    sets: Vec<String>,
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
        Ok(around)
    }

    /// The names of the tables that are tied; refused where one is not.
    pub(crate) fn tied(&self, scope: &Scope) -> Result<Vec<String>, Refusal> {
        let mut tied: Vec<String> = self.sets.clone();
        loop {
            let more: Vec<String> = self
                .tables
                .iter()
                .filter(|table| !tied.contains(&table.called))
                .filter(|table| {
                    let facts = table.only_on.as_ref().unwrap_or(&self.equal);
                    self.connected(&table.called, facts, &tied, scope)
                })
                .map(|table| table.called.clone())
                .collect();
            if more.is_empty() {
                break;
            }
            tied.extend(more);
        }
        match self.tables.iter().find(|table| !tied.contains(&table.called)) {
            None => Ok(tied),
            Some(table) => Err(self.untied(table)),
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
            Side::Brand => !matches!(self.form, Form::Set(_)),
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
        let add = match (self.form, &table.only_on) {
            (Form::Set(_), _) => {
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
        if let TableFactor::Derived { alias, .. }
        | TableFactor::UNNEST { alias, .. }
        | TableFactor::Function { alias, .. }
        | TableFactor::Table {
            alias, args: Some(_), ..
        } = factor
        {
            sources
                .others
                .extend(alias.as_ref().map(|alias| folded(&alias.name)));
        }
        self.set(factor, sources)?;
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
            TableFactor::NestedJoin { table_with_joins, .. } if only_on.is_none() => {
                self.sources(std::slice::from_ref(table_with_joins), scope, sources)
            }
            other => Err(Refusal::new("this kind of source in FROM is not understood").at(other.span())),
        }
    }

    /// `unnest($1::int[], …) AS item (brand_id, …)`: a set of items, each with the brand of its scope.
    fn set(&mut self, factor: &TableFactor, sources: &mut Sources) -> Result<(), Refusal> {
        let TableFactor::UNNEST {
            alias, array_exprs, ..
        } = factor
        else {
            return Ok(());
        };
        let of_brands = matches!(self.form, Form::Set(_))
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
                sources.sets.push(folded(&alias.name));
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
                if sources.calls(&called) {
                    return Err(Refusal::new(format!(
                        "two tables are called {called}: give each a name of its own"
                    ))
                    .at(name.span()));
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
