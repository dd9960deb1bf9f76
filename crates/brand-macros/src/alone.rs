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
    lateral(&format!("croupier_scopes(${last})"), select)
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
/// There is no item before row security is open for its brand: its set asks first whether it is.
pub(crate) fn set_write(statement: &Statement, columns: usize, last: usize) -> Result<String> {
    let (parts, last_part) = match statement {
        Statement::Query(query) => match (&query.with, query.body.as_ref()) {
            (Some(with), body @ (SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_))) => {
                (with.cte_tables.as_slice(), body.to_string())
            }
            _ => return Err(no_write()),
        },
        Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_) => {
            ([].as_slice(), statement.to_string())
        }
        _ => return Err(no_write()),
    };
    let parts: String = parts.iter().map(|part| format!("{part}, ")).collect();
    let written = format!("{parts}last AS ({last_part} RETURNING 1)");
    let opened = (1..=columns).try_fold(written, |sql, column| {
        // It stands in its unnest and nowhere else; the parser writes words in capitals.
        let opened = sql.replace(
            &format!("UNNEST(${column}::INT[]"),
            &format!("UNNEST((SELECT CASE WHEN scope.ids IS NOT NULL THEN ${column}::int[] END FROM scope)"),
        );
        if opened == sql {
            return Err(Error::new(
                Span::call_site(),
                format!("write unnest(${column}::int[], …): the type is part of it"),
            ));
        }
        Ok(opened)
    })?;
    let expected = last - 1;
    Ok(format!(
        "WITH scope AS MATERIALIZED (SELECT croupier_scopes(${last}) AS ids), {opened} \
         SELECT croupier_changed((SELECT count(*) FROM last), ${expected}) AS changed"
    ))
}

fn no_write() -> Error {
    Error::new(
        Span::call_site(),
        "brand_set_write! is for an INSERT, UPDATE or DELETE, or several of them in a WITH",
    )
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use sqlparser::{dialect::PostgreSqlDialect, parser::Parser};

    use super::*;

    fn written(sql: &str, columns: usize, last: usize) -> Result<String> {
        let statement = Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap().remove(0);
        set_write(&statement, columns, last)
    }

    #[test]
    fn every_set_of_a_write_opens_row_security_and_its_last_part_is_counted() {
        let sql = "WITH a AS (INSERT INTO t (brand_id, x) SELECT item.brand_id, item.x FROM unnest($2::int[], $3::text[]) AS item (brand_id, x)) \
                   UPDATE u SET x = item.x FROM unnest($1::int[], $4::text[]) AS item (brand_id, x) WHERE u.brand_id = item.brand_id";
        assert_eq!(
            written(sql, 2, 6).unwrap(),
            "WITH scope AS MATERIALIZED (SELECT croupier_scopes($6) AS ids), \
             a AS (INSERT INTO t (brand_id, x) SELECT item.brand_id, item.x FROM UNNEST((SELECT CASE WHEN scope.ids IS NOT NULL THEN $2::int[] END FROM scope), $3::TEXT[]) AS item (brand_id, x)), \
             last AS (UPDATE u SET x = item.x FROM UNNEST((SELECT CASE WHEN scope.ids IS NOT NULL THEN $1::int[] END FROM scope), $4::TEXT[]) AS item (brand_id, x) WHERE u.brand_id = item.brand_id RETURNING 1) \
             SELECT croupier_changed((SELECT count(*) FROM last), $5) AS changed"
        );
        let alone =
            "DELETE FROM t USING unnest($1::int[]) AS item (brand_id) WHERE t.brand_id = item.brand_id";
        let alone = written(alone, 1, 3).unwrap();
        assert!(
            alone.contains("last AS (DELETE FROM t USING UNNEST((SELECT CASE WHEN"),
            "{alone}"
        );
    }

    #[test]
    fn a_set_that_would_not_open_row_security_is_refused() {
        for sql in [
            "DELETE FROM t USING unnest($1) AS item (brand_id) WHERE t.brand_id = item.brand_id",
            "SELECT 1 FROM unnest($1::int[]) AS item (brand_id)",
            "WITH a AS (DELETE FROM t USING unnest($1::int[]) AS item (brand_id)) SELECT 1",
        ] {
            assert!(written(sql, 1, 3).is_err(), "{sql}");
        }
    }
}
