//! The judge: is every brand-scoped table of a statement tied to `$1`?

mod facts;
mod from;
mod functions;
mod output;
mod read;
mod refusal;
mod text;
mod write;

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, ObjectName, Query, SetExpr, Spanned, Statement, Value, Visit, Visitor};

pub(crate) use self::refusal::Refusal;
use crate::schema::{BRAND_ID, Schema};

/// How a statement is told its brands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Form {
    /// One brand: `$1` is it.
    #[default]
    One,
    /// One brand, and a single SELECT that sets row security for itself: `$1` is it.
    Read,
    /// A set of items, each with its brand: `$1` to `$n` are the brands of the items of n sets, and
    /// stand as the first argument of an `unnest` whose first column is called `brand_id`.
    Set(usize),
    /// A set, and a single SELECT that sets row security for itself.
    SetRead(usize),
    /// A set, and a single write that sets row security for itself and gives no rows.
    SetWrite(usize),
}

impl Form {
    /// How many sets of items the statement is given; none where it is one brand's.
    pub(crate) fn sets(self) -> Option<usize> {
        match self {
            Self::One | Self::Read => None,
            Self::Set(columns) | Self::SetRead(columns) | Self::SetWrite(columns) => Some(columns),
        }
    }

    /// Whether a parameter is one that the macro binds.
    fn binds(self, placeholder: &str) -> bool {
        let number = placeholder
            .strip_prefix('$')
            .and_then(|digits| digits.parse().ok());
        let bound = self.sets().unwrap_or(1);
        number.is_some_and(|number: usize| (1..=bound).contains(&number))
    }
}

/// What a statement that passed gives back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Judgement {
    /// The output columns by which each row is compared with the scope; none where there are no rows.
    pub(crate) brand_columns: Option<Vec<String>>,
    /// The statement itself.
    pub(crate) statement: Statement,
}

/// What the walk through a statement shares.
pub(crate) struct Judge<'a> {
    schema: &'a Schema,
    form: Form,
    /// How often a set's brands were found where they belong.
    sets: usize,
    /// How many tables were judged; compared at the end with how many there are.
    judged: usize,
    /// How many of them are scoped.
    scoped: usize,
}

/// Judges a statement.
///
/// # Errors
/// [`Refusal`] for the first thing that is not tied to the brand or not understood.
pub(crate) fn check(sql: &str, schema: &Schema, form: Form) -> Result<Judgement, Refusal> {
    let statement = tied(sql, schema, form)?;
    output::none_made_up(&statement, form)?;
    let brand_columns = output::brand_columns(&statement)?;
    if matches!(form, Form::SetWrite(_)) && brand_columns.is_some() {
        return Err(Refusal::new(
            "brand_set_write! gives no rows, but whether it changed as many as it was to: leave RETURNING out",
        ));
    }
    Ok(Judgement {
        brand_columns,
        statement,
    })
}

/// The statement, when every scoped table in it is tied.
fn tied(sql: &str, schema: &Schema, form: Form) -> Result<Statement, Refusal> {
    text::plain(sql)?;
    let mut statements = text::parsed(sql)
        .map_err(|fault| Refusal::new(format!("the statement cannot be parsed: {fault}")))?;
    let (Some(statement), true) = (statements.pop(), statements.is_empty()) else {
        return Err(Refusal::new(
            "write one statement: each is judged, and run, by itself",
        ));
    };

    if matches!(form, Form::Read | Form::SetRead(_)) {
        single_read(&statement)?;
    }
    let mut judge = Judge {
        schema,
        form,
        sets: 0,
        judged: 0,
        scoped: 0,
    };
    judge.statement(&statement, &Scope::default())?;
    functions::known(&statement)?;
    if let Some(columns) = form.sets() {
        sets(&statement, columns, judge.sets)?;
    }
    let there = relations(&statement);
    if judge.judged != there {
        return Err(Refusal::new(format!(
            "the statement names {there} tables, of which {} could be judged: one stands in a place that brand_query! does not look at",
            judge.judged
        )));
    }
    if judge.scoped == 0 {
        return Err(Refusal::new(
            "the statement touches no brand-scoped table; global tables have their own module, croupier_brand::global",
        ));
    }
    Ok(statement)
}

/// What stands in a statement that is its own transaction: a SELECT that locks nothing.
fn single_read(statement: &Statement) -> Result<(), Refusal> {
    let refuse = || {
        Refusal::new("brand_read! is for a SELECT: what writes needs brand_query! and its transaction")
            .at(statement.span())
    };
    let Statement::Query(query) = statement else {
        return Err(refuse());
    };
    let ctes = query.with.iter().flat_map(|with| &with.cte_tables);
    let mut bodies = ctes
        .map(|cte| cte.query.body.as_ref())
        .chain([query.body.as_ref()]);
    if bodies.any(|body| matches!(body, SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_))) {
        return Err(refuse());
    }
    let Query {
        locks,
        order_by,
        limit_clause,
        ..
    } = query.as_ref();
    if !locks.is_empty() {
        return Err(Refusal::new(
            "brand_read! ends with its statement, and so would the locks: use brand_query! in a transaction",
        ));
    }
    if order_by.is_some() && limit_clause.is_none() {
        return Err(Refusal::new(
            "brand_read! does not keep an order: sort what was read (ORDER BY with LIMIT chooses the rows)",
        ));
    }
    Ok(())
}

/// A set's brands may stand in their `unnest` and nowhere else, and each set must be there.
fn sets(statement: &Statement, columns: usize, found: usize) -> Result<(), Refusal> {
    struct Count {
        columns: usize,
        seen: usize,
        used: Vec<bool>,
    }
    impl Visitor for Count {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            if let Expr::Value(value) = expr
                && let Value::Placeholder(name) = &value.value
                && Form::Set(self.columns).binds(name)
            {
                self.seen += 1;
                let number: usize = name.trim_start_matches('$').parse().unwrap_or(1);
                if let Some(used) = self.used.get_mut(number - 1) {
                    *used = true;
                }
            }
            ControlFlow::Continue(())
        }
    }
    let mut count = Count {
        columns,
        seen: 0,
        used: vec![false; columns],
    };
    let _ = statement.visit(&mut count);
    if count.seen != found || count.used.contains(&false) {
        return Err(Refusal::new(format!(
            "{} the brands of a set's items: write FROM unnest($1::int[], …) AS item ({BRAND_ID}, …) and join on item.{BRAND_ID}; they stand nowhere else",
            if columns == 1 {
                "$1 is".to_owned()
            } else {
                format!("$1 to ${columns} are")
            }
        )));
    }
    Ok(())
}

impl Judge<'_> {
    /// A statement, at the top or as the body of a CTE.
    fn statement(&mut self, statement: &Statement, scope: &Scope) -> Result<(), Refusal> {
        match statement {
            Statement::Query(query) => self.query(query, scope),
            Statement::Insert(insert) => self.insert(insert, scope),
            Statement::Update(update) => self.update(update, scope),
            Statement::Delete(delete) => self.delete(delete, scope),
            other => {
                let verb = other
                    .to_string()
                    .split_whitespace()
                    .next()
                    .unwrap_or("this")
                    .to_uppercase();
                Err(Refusal::new(format!("{verb} is not for brand-scoped tables: only SELECT, INSERT, UPDATE and DELETE can be tied to a brand")).at(other.span()))
            }
        }
    }
}

/// What a nested query sees of what is around it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    /// Names of CTEs: they hide tables of the same name, and were judged where they are written.
    ctes: Vec<String>,
    /// Tables further out that are tied, and sets of items, by the name the query calls them.
    tied: Vec<String>,
    /// Every name further out, tied or not.
    names: Vec<String>,
}

fn relations(statement: &Statement) -> usize {
    struct Count(usize);
    impl Visitor for Count {
        type Break = ();
        fn pre_visit_relation(&mut self, _: &ObjectName) -> ControlFlow<()> {
            self.0 += 1;
            ControlFlow::Continue(())
        }
    }
    let mut count = Count(0);
    let _ = statement.visit(&mut count);
    count.0
}
