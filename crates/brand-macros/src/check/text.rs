//! The text of a statement: plain enough that the parser and PostgreSQL cannot read it differently.
//!
//! The two disagree in corners. `!~--` is an operator to the one and begins a comment for the other; a space
//! that is not ASCII ends a name here and is part of it there; PostgreSQL cuts names off where the parser
//! keeps them whole. None of it is of use in a statement that stands in a program, so none of it is read.

use sqlparser::{
    ast::Statement,
    dialect::PostgreSqlDialect,
    keywords::Keyword,
    parser::{Parser, ParserError},
    tokenizer::{Token, TokenWithSpan, Tokenizer},
};

use super::Refusal;

/// Bytes of a name that PostgreSQL looks at (`NAMEDATALEN - 1`).
const LONGEST_NAME: usize = 63;

/// PostgreSQL's weaker locks of rows, and how many words of each, after the first, make it the weaker one.
const WEAKER_LOCKS: [(&[Keyword], usize); 2] = [
    (&[Keyword::FOR, Keyword::NO, Keyword::KEY, Keyword::UPDATE], 2),
    (&[Keyword::FOR, Keyword::KEY, Keyword::SHARE], 1),
];

/// The statements of a text.
///
/// The parser knows two of PostgreSQL's four locks of rows. The weaker two are read as the stronger ones, of which all is
/// asked that is asked of them; what runs is what was written.
pub(super) fn parsed(sql: &str) -> Result<Vec<Statement>, ParserError> {
    let dialect = PostgreSqlDialect {};
    let mut tokens = Tokenizer::new(&dialect, sql).tokenize_with_location()?;
    let told: Vec<_> = tokens
        .iter()
        .enumerate()
        .filter(|(_, token)| !matches!(token.token, Token::Whitespace(_)))
        .map(|(at, token)| (at, keyword(token)))
        .collect();
    let mut weaker: Vec<usize> = Vec::new();
    for (lock, words) in WEAKER_LOCKS {
        for window in told.windows(lock.len()) {
            if window
                .iter()
                .map(|(_, word)| *word)
                .eq(lock.iter().copied().map(Some))
            {
                weaker.extend(window[1..=words].iter().map(|(at, _)| *at));
            }
        }
    }
    let mut at = 0..;
    tokens.retain(|_| at.next().is_some_and(|at| !weaker.contains(&at)));
    Parser::new(&dialect)
        .with_tokens_with_locations(tokens)
        .parse_statements()
}

/// A word that is no name in quotes.
fn keyword(token: &TokenWithSpan) -> Option<Keyword> {
    match &token.token {
        Token::Word(word) if word.quote_style.is_none() => Some(word.keyword),
        _ => None,
    }
}

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
