//! What the repositories ask, as a parser reads it.

use sqlparser::{ast::Statement, dialect::PostgreSqlDialect, parser::Parser};

/// The one statement of a text. The parser knows the two stronger of PostgreSQL's locks of rows: a weaker one is read as
/// the stronger, which says as much about tables and parameters.
pub fn statement(sql: &str) -> Statement {
    let told = sql.replace("FOR NO KEY UPDATE", "FOR UPDATE");
    let mut statements = Parser::parse_sql(&PostgreSqlDialect {}, &told).unwrap();
    match (statements.pop(), statements.is_empty()) {
        (Some(statement), true) => statement,
        _ => panic!("one statement: {sql}"),
    }
}
