//! The judge: is every brand-scoped table of a statement tied to `$1`?

mod facts;
mod from;
mod read;
mod refusal;
mod write;

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use sqlparser::{
    ast::{Expr, Function, ObjectName, Spanned, Statement, Visit, Visitor},
    dialect::PostgreSqlDialect,
    parser::Parser,
};

pub(crate) use self::refusal::Refusal;
use crate::schema::Schema;

/// Functions that would reach past the walls: they change the row-security setting, or run SQL or
/// read rows that this check cannot see.
const BANNED_FUNCTIONS: [&str; 22] = [
    "set_config",
    "dblink",
    "dblink_exec",
    "query_to_xml",
    "query_to_xmlschema",
    "query_to_xml_and_xmlschema",
    "cursor_to_xml",
    "cursor_to_xmlschema",
    "table_to_xml",
    "table_to_xmlschema",
    "table_to_xml_and_xmlschema",
    "schema_to_xml",
    "schema_to_xmlschema",
    "schema_to_xml_and_xmlschema",
    "database_to_xml",
    "database_to_xmlschema",
    "database_to_xml_and_xmlschema",
    "ts_stat",
    "lo_get",
    "lo_import",
    "lo_export",
    "pg_read_file",
];

/// What the walk through a statement shares.
pub(crate) struct Judge<'a> {
    schema: &'a Schema,
    /// How many tables were judged; compared at the end with how many there are.
    judged: usize,
    /// How many of them are scoped.
    scoped: usize,
}

/// Judges a statement.
///
/// # Errors
/// [`Refusal`] for the first thing that is not tied to the brand or not understood.
pub(crate) fn check(sql: &str, schema: &Schema) -> Result<(), Refusal> {
    let statements = Parser::parse_sql(&PostgreSqlDialect {}, sql)
        .map_err(|fault| Refusal::new(format!("the statement cannot be parsed: {fault}")))?;
    let [statement] = statements.as_slice() else {
        return Err(Refusal::new(
            "write one statement: each is judged, and run, by itself",
        ));
    };
    let mut judge = Judge {
        schema,
        judged: 0,
        scoped: 0,
    };
    judge.statement(statement, &Scope::default())?;
    functions(statement)?;
    let there = relations(statement);
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
    /// Tables further out that are tied, by the name the query calls them.
    tied: Vec<String>,
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

/// `set_config('lock_timeout', …, true)`: a time limit, for this transaction, is no way past a wall.
fn sets_a_timeout(function: &Function) -> bool {
    let text = function.to_string().to_lowercase();
    let limit = ["set_config('lock_timeout', ", "set_config('statement_timeout', "]
        .iter()
        .any(|call| text.starts_with(call));
    limit && text.ends_with(", true)")
}

fn functions(statement: &Statement) -> Result<(), Refusal> {
    struct Find;
    impl Visitor for Find {
        type Break = Refusal;
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Refusal> {
            if let Expr::Function(function) = expr
                && let Some(name) = function
                    .name
                    .0
                    .last()
                    .map(|part| part.to_string().trim_matches('"').to_lowercase())
                && BANNED_FUNCTIONS.contains(&name.as_str())
                && !sets_a_timeout(function)
            {
                return ControlFlow::Break(
                    Refusal::new(format!("{name}() reaches past the brand's walls")).at(expr.span()),
                );
            }
            ControlFlow::Continue(())
        }
    }
    match statement.visit(&mut Find) {
        ControlFlow::Break(refusal) => Err(refusal),
        ControlFlow::Continue(()) => Ok(()),
    }
}
