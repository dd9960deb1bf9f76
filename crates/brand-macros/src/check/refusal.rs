//! Why a statement is refused, with the place it is about.

use std::fmt::Write;

use sqlparser::tokenizer::Span;

/// A statement that could see or touch another brand's rows, or that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    message: String,
    at: Option<(usize, usize)>,
}

impl Refusal {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            at: None,
        }
    }

    /// Says where it is.
    pub(crate) fn at(mut self, span: Span) -> Self {
        let start = span.start;
        if let (Ok(line), Ok(column)) = (usize::try_from(start.line), usize::try_from(start.column)) {
            self.at = (line > 0).then_some((line, column));
        }
        self
    }

    /// The message with the line it is about and a mark below the place. (A macro can point the
    /// compiler at a whole literal only, so the place within it is shown in the message.)
    pub(crate) fn in_sql(&self, sql: &str) -> String {
        let mut text = self.message.clone();
        if let Some((line, column)) = self.at
            && let Some(source) = sql.lines().nth(line - 1)
        {
            let lead = source.len() - source.trim_start().len();
            let _ = write!(
                text,
                "\n  | {}\n  | {}^ here",
                source.trim(),
                " ".repeat(column.saturating_sub(1 + lead))
            );
        }
        text
    }

    #[cfg(test)]
    pub(crate) fn message(&self) -> &str {
        &self.message
    }
}
