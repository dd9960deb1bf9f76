//! Statements that are transactions of their own: what is put around what was written, so that each sets row
//! security's brands for itself before it looks at a row. How it works, and why another order of things could only lose rows
//! and never show them: `croupier_brand::tx::BrandRead` and `BatchLine`.

use proc_macro2::Span;
use sqlparser::ast::{SetExpr, Statement};
use syn::{Error, Result};

/// One brand's SELECT; `$1` is the brand.
pub(crate) fn read(select: &str) -> String {
    lateral("croupier_scope($1)", select)
}

/// A SELECT on a set; `$last` is every brand of the batch.
pub(crate) fn set_read(select: &str, last: usize) -> String {
    lateral(&format!("croupier_scopes(${last}, ${last})"), select)
}

fn lateral(scope: &str, select: &str) -> String {
    format!(
        "SELECT r.* FROM (SELECT {scope} AS ids OFFSET 0) AS scope \
         CROSS JOIN LATERAL (SELECT q.* FROM ({select}) AS q WHERE scope.ids IS NOT NULL OFFSET 0) AS r"
    )
}

/// A write of a set, whose `columns` first parameters are its items' brands, `$last` every brand of the batch and the
/// parameter before it how many rows the last of its parts changes: so many, or the statement fails and nothing of it
/// happened.
///
/// The items come out of the function that opens row security for their brands, so there is no item before it is open.
pub(crate) fn set_write(statement: &Statement, columns: usize, last: usize) -> Result<String> {
    let (with, body) = match statement {
        Statement::Query(query) => match (&query.with, query.body.as_ref()) {
            (Some(with), body @ (SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_))) => {
                (format!("{with}, "), body.to_string())
            }
            _ => return Err(no_write()),
        },
        Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_) => {
            ("WITH ".to_owned(), statement.to_string())
        }
        _ => return Err(no_write()),
    };
    let expected = last - 1;
    let written = format!(
        "{with}last AS ({body} RETURNING 1) SELECT croupier_changed((SELECT count(*) FROM last), ${expected}) AS changed"
    );
    Ok((1..=columns).fold(written, |sql, column| {
        // It stands in its unnest and nowhere else.
        let (brands, opened) = (
            format!("unnest(${column}::"),
            format!("unnest(croupier_scopes(${last}, ${column})::"),
        );
        sql.replace(&brands.to_uppercase(), &opened).replace(&brands, &opened)
    }))
}

fn no_write() -> Error {
    Error::new(
        Span::call_site(),
        "brand_set_write! is for an INSERT, UPDATE or DELETE, or several of them in a WITH",
    )
}
