//! Statements that are transactions of their own: what is put around what was written, so that each sets row
//! security's brands for itself before it looks at a row. How it works, and why another order of things could only lose rows
//! and never show them: `croupier_brand::tx::BrandRead` and `BatchLine`.

use proc_macro2::Span;
use sqlparser::{
    ast::{BinaryOperator, Expr, Query, SetExpr, Statement},
    dialect::PostgreSqlDialect,
    parser::Parser,
};
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

/// A write of a set; `$last` is every brand of the batch and the `expected` parameters before it are how many rows the last
/// of its parts changes, and each UPDATE and DELETE before that in their order: so many, or the statement fails and nothing of
/// it happened. An INSERT before them is not counted: it puts every row, or fails by itself.
///
/// They are run in the order in which they are counted, each when it is: the last part's rows are locked first, and where
/// they are not as they were read the others' are not touched.
///
/// Each part asks first whether row security is open, in a condition that has nothing to do with its rows. PostgreSQL
/// tests such a condition once, before it looks for the first row, in whichever order it joins.
pub(crate) fn set_write(statement: &Statement, expected: usize, last: usize) -> Result<String> {
    let mut statement = statement.clone();
    let mut counted = vec!["last".to_owned()];
    let parts = match &mut statement {
        Statement::Query(query) => {
            let Query { with, body, .. } = query.as_mut();
            let ctes = with.iter_mut().flat_map(|with| &mut with.cte_tables);
            let mut parts = Vec::new();
            for cte in ctes {
                gate(&mut cte.query.body)?;
                let (name, body) = (&cte.alias, &cte.query.body);
                if matches!(body.as_ref(), SetExpr::Insert(_)) {
                    parts.push(cte.to_string());
                } else {
                    parts.push(format!("{name} AS ({body} RETURNING 1)"));
                    counted.push(name.to_string());
                }
            }
            gate(body)?;
            parts.push(format!("last AS ({body} RETURNING 1)"));
            parts
        }
        one => {
            gate_write(one)?;
            vec![format!("last AS ({one} RETURNING 1)")]
        }
    };
    if counted.len() != expected {
        return Err(Error::new(
            Span::call_site(),
            "say how many rows its last part changes, and in brackets after that each UPDATE and DELETE before it",
        ));
    }
    let counts = counted.iter().zip(last - expected..).enumerate();
    let counts = counts.map(|(at, (part, expected))| {
        let check = if at == 0 {
            "croupier_changed"
        } else {
            "croupier_followed"
        };
        format!("{check}((SELECT count(*) FROM {part}), ${expected})")
    });
    Ok(format!(
        "WITH scope AS MATERIALIZED (SELECT croupier_scopes(${last}) AS ids), {} SELECT {} AS changed",
        parts.join(", "),
        counts.collect::<Vec<_>>().join(" + ")
    ))
}

fn gate(body: &mut SetExpr) -> Result<()> {
    match body {
        SetExpr::Insert(statement) | SetExpr::Update(statement) | SetExpr::Delete(statement) => {
            gate_write(statement)
        }
        _ => Err(no_write()),
    }
}

fn gate_write(statement: &mut Statement) -> Result<()> {
    let condition = match statement {
        Statement::Insert(insert) => match insert.source.as_mut().map(|source| source.body.as_mut()) {
            Some(SetExpr::Select(select)) => &mut select.selection,
            _ => return Err(no_write()),
        },
        Statement::Update(update) => &mut update.selection,
        Statement::Delete(delete) => &mut delete.selection,
        _ => return Err(no_write()),
    };
    let open = Parser::new(&PostgreSqlDialect {})
        .try_with_sql("(SELECT scope.ids IS NOT NULL FROM scope)")
        .and_then(|mut parser| parser.parse_expr())
        .map_err(|_| no_write())?;
    *condition = Some(match condition.take() {
        None => open,
        Some(written) => Expr::BinaryOp {
            left: Box::new(Expr::Nested(Box::new(written))),
            op: BinaryOperator::And,
            right: Box::new(open),
        },
    });
    Ok(())
}

fn no_write() -> Error {
    Error::new(
        Span::call_site(),
        "brand_set_write! is for an INSERT … SELECT, UPDATE or DELETE, or several of them in a WITH",
    )
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn written(sql: &str, expected: usize, last: usize) -> Result<String> {
        let statement = Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap().remove(0);
        set_write(&statement, expected, last)
    }

    #[test]
    fn every_part_of_a_write_waits_for_row_security_and_its_last_is_counted() {
        let sql = "WITH a AS (INSERT INTO t (brand_id, x) SELECT item.brand_id, item.x FROM unnest($2::int[], $3::text[]) AS item (brand_id, x)) \
                   UPDATE u SET x = item.x FROM unnest($1::int[], $4::text[]) AS item (brand_id, x) WHERE u.brand_id = item.brand_id OR u.x = 1";
        assert_eq!(
            written(sql, 1, 6).unwrap(),
            "WITH scope AS MATERIALIZED (SELECT croupier_scopes($6) AS ids), \
             a AS (INSERT INTO t (brand_id, x) SELECT item.brand_id, item.x FROM UNNEST($2::INT[], $3::TEXT[]) AS item (brand_id, x) WHERE (SELECT scope.ids IS NOT NULL FROM scope)), \
             last AS (UPDATE u SET x = item.x FROM UNNEST($1::INT[], $4::TEXT[]) AS item (brand_id, x) WHERE (u.brand_id = item.brand_id OR u.x = 1) AND (SELECT scope.ids IS NOT NULL FROM scope) RETURNING 1) \
             SELECT croupier_changed((SELECT count(*) FROM last), $5) AS changed"
        );
        let sql = "WITH a AS (UPDATE t SET x = 1 FROM unnest($2::int[]) AS item (brand_id) WHERE t.brand_id = item.brand_id) \
                   UPDATE u SET x = 1 FROM unnest($1::int[]) AS item (brand_id) WHERE u.brand_id = item.brand_id";
        let both = written(sql, 2, 5).unwrap();
        assert!(both.contains("a AS (UPDATE t SET x = 1 FROM UNNEST($2::INT[]) AS item (brand_id) WHERE (t.brand_id = item.brand_id) AND (SELECT scope.ids IS NOT NULL FROM scope) RETURNING 1)"), "{both}");
        assert!(
            both.ends_with(
                "SELECT croupier_changed((SELECT count(*) FROM last), $3) + croupier_followed((SELECT count(*) FROM a), $4) AS changed"
            ),
            "{both}"
        );
        assert!(
            written(sql, 1, 4).is_err(),
            "what its first part changes is not said"
        );
        let alone =
            "DELETE FROM t USING unnest($1::int[]) AS item (brand_id) WHERE t.brand_id = item.brand_id";
        let alone = written(alone, 1, 3).unwrap();
        assert!(
            alone.contains(
                "(t.brand_id = item.brand_id) AND (SELECT scope.ids IS NOT NULL FROM scope) RETURNING 1)"
            ),
            "{alone}"
        );
    }

    #[test]
    fn what_could_not_wait_is_refused() {
        for sql in [
            "INSERT INTO t (brand_id) VALUES ($1)",
            "INSERT INTO t (brand_id) SELECT 1 UNION SELECT 2",
            "SELECT 1 FROM unnest($1::int[]) AS item (brand_id)",
            "WITH a AS (DELETE FROM t USING unnest($1::int[]) AS item (brand_id)) SELECT 1",
            "WITH a AS (SELECT 1) DELETE FROM t USING unnest($1::int[]) AS item (brand_id)",
        ] {
            assert!(written(sql, 1, 3).is_err(), "{sql}");
        }
    }
}
