//! What an answer tells beside its word, looked at field by field.

use serde_json::Value;

/// The fields of an answer, and what is wrong with them. The words are ours alone: what the operator wrote is not quoted.
pub(crate) struct Telling<'a> {
    answer: &'a Value,
    /// Whether a field may not be left out.
    all: bool,
    amiss: Vec<String>,
}

impl<'a> Telling<'a> {
    /// Of an answer that must tell it all, or need not.
    pub(crate) fn of(answer: &'a Value, all: bool) -> Self {
        Self {
            answer,
            all,
            amiss: Vec::new(),
        }
    }

    /// A field that says again what was asked; what was not asked is not looked at.
    pub(crate) fn again(&mut self, field: &str, asked: &Value) {
        match self.answer.get(field) {
            _ if asked.is_null() => {}
            Some(told) if told == asked => {}
            None | Some(Value::Null) => self.missing(field),
            Some(_) => self.wrong(format!("the answer's {field} is not {asked}")),
        }
    }

    /// A field that must be there.
    pub(crate) fn tells(&mut self, field: &str, fits: impl Fn(&Value) -> bool) {
        match self.answer.get(field) {
            Some(told) if fits(told) => {}
            None | Some(Value::Null) => self.missing(field),
            Some(_) => self.wrong(format!("the answer's {field} is of another kind")),
        }
    }

    /// A field that even a refusal must have.
    pub(crate) fn needs(&mut self, field: &str, fits: impl Fn(&Value) -> bool) {
        let all = std::mem::replace(&mut self.all, true);
        self.tells(field, fits);
        self.all = all;
    }

    /// A text of the operator's own.
    pub(crate) fn names(&mut self, field: &str) {
        self.tells(field, |told| told.as_str().is_some_and(|text| !text.is_empty()));
    }

    fn missing(&mut self, field: &str) {
        if self.all {
            self.wrong(format!("the answer has no {field}"));
        }
    }

    /// Something else.
    pub(crate) fn wrong(&mut self, what: String) {
        self.amiss.push(what);
    }

    /// What was found.
    pub(crate) fn amiss(self) -> Vec<String> {
        self.amiss
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_missing_or_not_what_was_asked_is_named() {
        let answer = json!({ "user": "alice", "round": "r2", "balance": "1", "tx": "", "bonus": null });
        let look = |all| {
            let mut telling = Telling::of(&answer, all);
            telling.again("user", &json!("alice"));
            telling.again("round", &json!("r1"));
            telling.again("uuid", &json!("u"));
            telling.again("nobody", &Value::Null);
            telling.tells("balance", Value::is_i64);
            telling.tells("bonus", Value::is_number);
            telling.names("tx");
            telling.amiss()
        };
        let wrong = [
            "the answer's round is not \"r1\"",
            "the answer's balance is of another kind",
            "the answer's tx is of another kind",
        ];
        assert_eq!(look(false), wrong);
        assert_eq!(
            look(true),
            [
                wrong[0],
                "the answer has no uuid",
                wrong[1],
                "the answer has no bonus",
                wrong[2],
            ]
        );
    }
}
