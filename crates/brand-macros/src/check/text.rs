//! The text of a statement: plain enough that the parser and PostgreSQL cannot read it differently.
//!
//! The two disagree in corners. `!~--` is an operator to the one and begins a comment for the other; a space
//! that is not ASCII ends a name here and is part of it there; PostgreSQL cuts names off where the parser
//! keeps them whole. None of it is of use in a statement that stands in a program, so none of it is read.

use sqlparser::{
    dialect::PostgreSqlDialect,
    tokenizer::{Token, Tokenizer},
};

use super::Refusal;

/// Bytes of a name that PostgreSQL looks at (`NAMEDATALEN - 1`).
const LONGEST_NAME: usize = 63;

/// Refuses a text that could be read in two ways.
pub(super) fn plain(sql: &str) -> Result<(), Refusal> {
    let two_ways = |what: &str, instead: &str| {
        Err(Refusal::new(format!(
            "{what} can be read in two ways, by this check and by PostgreSQL: {instead}"
        )))
    };
    if sql
        .chars()
        .any(|char| !(char.is_ascii_graphic() || matches!(char, ' ' | '\n' | '\t' | '\r')))
    {
        return two_ways(
            "a character that is not printable ASCII",
            "bind it as an argument",
        );
    }
    if sql.contains("--") || sql.contains("/*") {
        return two_ways("a comment", "write it in Rust, beside the statement");
    }
    if sql.contains('\\') || ["&'", "&\""].iter().any(|quote| sql.contains(quote)) {
        return two_ways("an escape in a text or a name", "bind the text as an argument");
    }
    let bytes = sql.as_bytes();
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let parameter = |at: usize| {
        bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
            && !at
                .checked_sub(1)
                .and_then(|before| bytes.get(before))
                .is_some_and(in_name)
    };
    if sql.match_indices('$').any(|(at, _)| !parameter(at)) {
        return two_ways("a $ that begins no parameter", "bind the text as an argument");
    }
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql)
        .tokenize()
        .map_err(|fault| Refusal::new(format!("the statement cannot be parsed: {fault}")))?;
    let long = tokens.iter().find_map(|token| match token {
        Token::Word(word) if word.value.len() > LONGEST_NAME => Some(&word.value),
        _ => None,
    });
    match long {
        None => Ok(()),
        Some(name) => Err(Refusal::new(format!(
            "{name} is longer than {LONGEST_NAME} bytes: PostgreSQL cuts it off, and takes it for every name that begins the same"
        ))),
    }
}
