//! What a statement gives back: the columns in which each row says whose it is.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, Spanned, Statement, TableFactor, Visit, Visitor,
};

use super::{
    Form, Refusal,
    facts::{folded, side},
};
use crate::schema::BRAND_ID;

/// The output columns to compare with the scope; none when the statement gives no rows.
///
/// # Errors
/// [`Refusal`] where it gives rows that do not say whose they are.
pub(crate) fn brand_columns(statement: &Statement) -> Result<Option<Vec<String>>, Refusal> {
    match statement {
        Statement::Query(query) => of_query(query),
        Statement::Insert(insert) => of_returning(insert.returning.as_deref()),
        Statement::Update(update) => of_returning(update.returning.as_deref()),
        Statement::Delete(delete) => of_returning(delete.returning.as_deref()),
        _ => Ok(None),
    }
}

fn of_returning(items: Option<&[SelectItem]>) -> Result<Option<Vec<String>>, Refusal> {
    items.map(of_items).transpose()
}

fn of_query(query: &Query) -> Result<Option<Vec<String>>, Refusal> {
    of_body(&query.body)
}

fn of_body(body: &SetExpr) -> Result<Option<Vec<String>>, Refusal> {
    match body {
        SetExpr::Select(select) => of_items(&select.projection).map(Some),
        SetExpr::Query(query) => of_query(query),
        SetExpr::Insert(statement) | SetExpr::Update(statement) | SetExpr::Delete(statement) => {
            brand_columns(statement)
        }
        SetExpr::SetOperation { .. } => of_arms(body),
        _ => Err(Refusal::new("these rows do not say whose they are").at(body.span())),
    }
}

/// The first arm names the columns; where it has a brand's, the others must have one too.
fn of_arms(body: &SetExpr) -> Result<Option<Vec<String>>, Refusal> {
    match arms_agree(body)? {
        None => Ok(None),
        Some(first) => of_items(&first.projection).map(Some),
    }
}

/// The first of the SELECTs that a UNION or the like is made of; refused where another does not give
/// a row's own `brand_id` in the very places where the first does.
fn arms_agree(body: &SetExpr) -> Result<Option<&Select>, Refusal> {
    let (mut arms, mut open) = (Vec::new(), vec![body]);
    while let Some(body) = open.pop() {
        match body {
            SetExpr::SetOperation { left, right, .. } => open.extend([right.as_ref(), left.as_ref()]),
            SetExpr::Query(query) => open.push(&query.body),
            SetExpr::Select(select) => arms.push(select.as_ref()),
            _ => return Err(Refusal::new("these rows do not say whose they are").at(body.span())),
        }
    }
    let Some((first, others)) = arms.split_first() else {
        return Ok(None);
    };
    let wild =
        |item: &SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
    if let Some(arm) = arms.iter().find(|arm| arm.projection.iter().any(wild)) {
        return Err(Refusal::new(format!(
            "write the columns of each arm out: what * gives need not have {BRAND_ID} in the same places"
        ))
        .at(arm.span()));
    }
    let places = |select: &Select| -> Vec<usize> {
        let items = select.projection.iter().enumerate();
        items
            .filter(|(_, item)| expression(item).is_some_and(says_whose))
            .map(|(at, _)| at)
            .collect()
    };
    let expected = places(first);
    match others.iter().find(|arm| places(arm) != expected) {
        None => Ok(Some(first)),
        Some(arm) => Err(Refusal::new(format!(
            "this arm must give {BRAND_ID} in the same places as the first"
        ))
        .at(arm.span())),
    }
}

/// Refuses a `brand_id` that is made up anywhere in a statement: what a CTE or a derived table gives under that
/// name is taken for a row's own by the query around it.
pub(crate) fn none_made_up(statement: &Statement, form: Form) -> Result<(), Refusal> {
    struct Find(Form);
    impl Find {
        fn columns<'i>(columns: impl IntoIterator<Item = &'i Ident>) -> Result<(), Refusal> {
            match columns.into_iter().find(|column| is_brands(&folded(column))) {
                None => Ok(()),
                Some(column) => Err(made_up(&folded(column)).at(column.span)),
            }
        }

        fn select(select: &Select) -> Result<(), Refusal> {
            for item in &select.projection {
                if let Some(name) = name(item).filter(|name| is_brands(name))
                    && !expression(item).is_some_and(says_whose)
                {
                    return Err(made_up(&name).at(item.span()));
                }
                // PostgreSQL names a column after what is within these.
                if let SelectItem::UnnamedExpr(
                    expr @ (Expr::Case { .. }
                    | Expr::Cast { .. }
                    | Expr::Collate { .. }
                    | Expr::CompoundFieldAccess { .. }
                    | Expr::Nested(_)),
                ) = item
                    && expr.to_string().to_lowercase().contains(BRAND_ID)
                {
                    return Err(made_up(BRAND_ID).at(item.span()));
                }
            }
            Ok(())
        }

        fn query(query: &Query) -> Result<(), Refusal> {
            for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
                Self::columns(cte.alias.columns.iter().map(|column| &column.name))?;
            }
            match query.body.as_ref() {
                body @ SetExpr::SetOperation { .. } => arms_agree(body).map(|_| ()),
                _ => Ok(()),
            }
        }

        fn factor(&self, factor: &TableFactor) -> Result<(), Refusal> {
            let alias = match factor {
                TableFactor::Table { alias, .. }
                | TableFactor::Derived { alias, .. }
                | TableFactor::Function { alias, .. }
                | TableFactor::UNNEST { alias, .. } => alias,
                _ => &None,
            };
            // The first column of a set is its items' brands; whether it is a set was judged before.
            let in_set = self.0.sets().is_some();
            let given = usize::from(in_set && matches!(factor, TableFactor::UNNEST { .. }));
            let columns = alias.iter().flat_map(|alias| &alias.columns);
            Self::columns(columns.skip(given).map(|column| &column.name))
        }
    }
    impl Visitor for Find {
        type Break = Refusal;

        fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Refusal> {
            Self::query(query).map_or_else(ControlFlow::Break, ControlFlow::Continue)
        }

        fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Refusal> {
            Self::select(select).map_or_else(ControlFlow::Break, ControlFlow::Continue)
        }

        fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Refusal> {
            self.factor(factor)
                .map_or_else(ControlFlow::Break, ControlFlow::Continue)
        }
    }
    match statement.visit(&mut Find(form)) {
        ControlFlow::Break(refusal) => Err(refusal),
        ControlFlow::Continue(()) => Ok(()),
    }
}

fn made_up(name: &str) -> Refusal {
    Refusal::new(format!(
        "what is given as {name} must be a row's own {BRAND_ID}: it is what the row is compared with the scope by"
    ))
}

fn of_items(items: &[SelectItem]) -> Result<Vec<String>, Refusal> {
    let mut columns = Vec::new();
    for item in items {
        if let SelectItem::Wildcard(_)
        | SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(_), _) = item
        {
            columns.push(BRAND_ID.to_owned());
            continue;
        }
        let Some(name) = name(item).filter(|name| is_brands(name)) else {
            continue;
        };
        if !expression(item).is_some_and(says_whose) {
            return Err(made_up(&name).at(item.span()));
        }
        columns.push(name);
    }
    if columns.is_empty() {
        let place = items
            .first()
            .map_or_else(sqlparser::tokenizer::Span::empty, Spanned::span);
        return Err(Refusal::new(format!(
            "the rows do not say whose they are: give {BRAND_ID} among the columns (where they are counted or added up, min({BRAND_ID})), so that each is compared with the scope"
        ))
        .at(place));
    }
    columns.dedup();
    Ok(columns)
}

fn is_brands(name: &str) -> bool {
    name == BRAND_ID
        || name
            .strip_suffix(BRAND_ID)
            .is_some_and(|lead| lead.ends_with('_'))
}

/// A column's name as the program knows it: without what sqlx reads from it (`"brand_id?"`).
fn name(item: &SelectItem) -> Option<String> {
    let name = match item {
        SelectItem::ExprWithAlias { alias, .. } => folded(alias),
        SelectItem::UnnamedExpr(Expr::Identifier(column)) => folded(column),
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => folded(parts.last()?),
        _ => return None,
    };
    Some(
        name.split(['!', '?', ':'])
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned(),
    )
}

fn expression(item: &SelectItem) -> Option<&Expr> {
    match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    }
}

/// A row's `brand_id`, or the least or greatest of several rows'.
fn says_whose(expr: &Expr) -> bool {
    use super::facts::Side;
    match expr {
        Expr::Function(Function {
            name,
            args: FunctionArguments::List(list),
            ..
        }) if ["min", "max"].contains(&name.to_string().to_lowercase().as_str()) => {
            matches!(list.args.as_slice(), [FunctionArg::Unnamed(FunctionArgExpr::Expr(inner))] if says_whose(inner))
        }
        expr => matches!(side(expr), Some(Side::Of(_) | Side::Bare)),
    }
}
