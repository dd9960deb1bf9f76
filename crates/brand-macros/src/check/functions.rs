//! The functions that a statement may call: those that work on their arguments alone.
//!
//! A list of what is allowed, not of what is forbidden. PostgreSQL has functions that run SQL
//! (`query_to_xml`, `ts_rewrite`), change row security's setting (`set_config`), read what belongs to no
//! brand (large objects, other sessions' statements, how large a table has become) and end other sessions,
//! and every release has more of them.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Function, ObjectNamePart, Query, Select, Spanned, Statement, Visit, Visitor};

use super::{
    Refusal,
    facts::{Side, folded, side},
};

/// Functions of one row.
const ORDINARY: [&str; 36] = [
    "abs",
    "array",
    "array_append",
    "array_cat",
    "array_length",
    "array_position",
    "btrim",
    "cardinality",
    "char_length",
    "coalesce",
    "concat",
    "date_trunc",
    "generate_series",
    "greatest",
    "int8send",
    "jsonb_array_elements",
    "jsonb_array_elements_text",
    "jsonb_array_length",
    "jsonb_build_array",
    "jsonb_build_object",
    "jsonb_each",
    "jsonb_typeof",
    "least",
    "length",
    "lower",
    "mod",
    "now",
    "nullif",
    "octet_length",
    "row",
    "sha256",
    "starts_with",
    "strpos",
    "to_jsonb",
    "unnest",
    "upper",
];

/// Functions of many rows.
const AGGREGATES: [&str; 15] = [
    "array_agg",
    "avg",
    "bool_and",
    "bool_or",
    "count",
    "first_value",
    "jsonb_agg",
    "lag",
    "last_value",
    "lead",
    "max",
    "min",
    "row_number",
    "string_agg",
    "sum",
];

/// A function's name where it is one of PostgreSQL's own that was written without a schema.
fn called(function: &Function) -> Option<String> {
    match function.name.0.as_slice() {
        [ObjectNamePart::Identifier(name)] => Some(folded(name)),
        _ => None,
    }
}

/// Refuses a call of any other function, wherever it stands.
pub(super) fn known(statement: &Statement) -> Result<(), Refusal> {
    struct Find;
    impl Visitor for Find {
        type Break = Refusal;
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Refusal> {
            match expr {
                Expr::Function(function)
                    if !called(function).is_some_and(|name| {
                        ORDINARY.contains(&name.as_str()) || AGGREGATES.contains(&name.as_str())
                    }) =>
                {
                    let name = function
                        .name
                        .0
                        .last()
                        .map(|part| part.to_string().trim_matches('"').to_lowercase())
                        .unwrap_or_default();
                    ControlFlow::Break(
                        Refusal::new(format!(
                            "{name}() reaches past the brand's walls, or may: it is not among the functions that work on their arguments alone (brand-macros, check/functions.rs)"
                        ))
                        .at(expr.span()),
                    )
                }
                _ => ControlFlow::Continue(()),
            }
        }
    }
    match statement.visit(&mut Find) {
        ControlFlow::Break(refusal) => Err(refusal),
        ControlFlow::Continue(()) => Ok(()),
    }
}

/// Refuses rows of a set that are added up over its brands: each group must be one brand's.
pub(super) fn within_a_brand(select: &Select) -> Result<(), Refusal> {
    struct Find {
        depth: usize,
        grouped: bool,
    }
    impl Visitor for Find {
        type Break = Refusal;
        fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<Refusal> {
            self.depth += 1;
            ControlFlow::Continue(())
        }
        fn post_visit_query(&mut self, _: &Query) -> ControlFlow<Refusal> {
            self.depth -= 1;
            ControlFlow::Continue(())
        }
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Refusal> {
            let Expr::Function(function) = expr else {
                return ControlFlow::Continue(());
            };
            let refuse = |what: &str| {
                ControlFlow::Break(
                    Refusal::new(format!("rows of a set are of several brands: {what}")).at(expr.span()),
                )
            };
            let aggregate = called(function).is_some_and(|name| AGGREGATES.contains(&name.as_str()));
            match function {
                _ if self.depth > 0 => ControlFlow::Continue(()),
                function if function.over.is_some() => refuse("OVER would look across them"),
                _ if aggregate && !self.grouped => {
                    refuse("GROUP BY brand_id, so that each is added up by itself")
                }
                _ => ControlFlow::Continue(()),
            }
        }
    }
    let grouped = match &select.group_by {
        sqlparser::ast::GroupByExpr::Expressions(by, modifiers) => {
            modifiers.is_empty()
                && by
                    .iter()
                    .any(|expr| matches!(side(expr), Some(Side::Of(_) | Side::Bare)))
        }
        sqlparser::ast::GroupByExpr::All(_) => false,
    };
    match select.visit(&mut Find { depth: 0, grouped }) {
        ControlFlow::Break(refusal) => Err(refusal),
        ControlFlow::Continue(()) => Ok(()),
    }
}
