//! What a condition says about brands: which `brand_id`s are equal to one another and to `$1`.

use sqlparser::ast::{BinaryOperator, Expr, Ident, Value};

use crate::schema::BRAND_ID;

/// One side of an equality that matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// `$1`.
    Brand,
    /// `name.brand_id`.
    Of(String),
    /// `brand_id`, of whichever table it is.
    Bare,
}

/// Two sides that a condition says are equal.
pub(crate) type Equality = (Side, Side);

/// A name as PostgreSQL reads it: folded unless it is quoted.
pub(crate) fn folded(ident: &Ident) -> String {
    if ident.quote_style.is_some() {
        ident.value.clone()
    } else {
        ident.value.to_lowercase()
    }
}

/// The equalities that hold for every row the condition lets through: those that are ANDed at its
/// top. What stands under OR or NOT need not hold, so it says nothing.
pub(crate) fn equalities(condition: &Expr) -> Vec<Equality> {
    match condition {
        Expr::Nested(inner) => equalities(inner),
        Expr::BinaryOp {
            left,
            op: BinaryOperator::And,
            right,
        } => [equalities(left), equalities(right)].concat(),
        Expr::BinaryOp {
            left,
            op: BinaryOperator::Eq,
            right,
        } => match (left.as_ref(), right.as_ref()) {
            (Expr::Tuple(left), Expr::Tuple(right)) if left.len() == right.len() => left
                .iter()
                .zip(right)
                .filter_map(|(left, right)| Some((side(left)?, side(right)?)))
                .collect(),
            (left, right) => side(left).zip(side(right)).into_iter().collect(),
        },
        _ => Vec::new(),
    }
}

/// What an expression is, if it is `$1` or a `brand_id`.
pub(crate) fn side(expr: &Expr) -> Option<Side> {
    match expr {
        Expr::Nested(inner) => side(inner),
        Expr::Value(value) => {
            matches!(&value.value, Value::Placeholder(name) if name == "$1").then_some(Side::Brand)
        }
        Expr::Identifier(column) if folded(column) == BRAND_ID => Some(Side::Bare),
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [table, column] if folded(column) == BRAND_ID => Some(Side::Of(folded(table))),
            _ => None,
        },
        _ => None,
    }
}
