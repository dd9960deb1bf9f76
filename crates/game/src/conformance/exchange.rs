//! What a case remembers: what was said, what came back, and what was found.

use std::time::Duration;

use super::{Class, Heard};

/// What was said, and what came back. Secrets that both sides have are blotted out.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What was said, in neutral words; amounts are minor units.
    pub said: String,
    /// The path after the operator's base URL, with its query. Every call is a POST.
    pub path: String,
    /// The headers that the protocol asks for.
    pub headers: Vec<(String, String)>,
    /// The call's body.
    pub sent: String,
    /// HTTP's status and the answer's body; what happened instead where there is none.
    pub came: String,
    /// What it says. None where no answer was read.
    pub heard: Option<Heard>,
    /// What it had to say, one of these; empty where anything would do.
    pub wanted: Vec<Class>,
    /// How long the answer took.
    pub took: Duration,
}

/// The answer that a case is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What the operator made of it, where its books can be read: `applied`, `replayed` …
    pub outcome: Option<String>,
    /// How the balance changed, minor units.
    pub moved: i64,
    /// The protocol's word.
    pub wire: String,
}

/// What the answer that a case is about had to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// One of these.
    pub answer: Vec<Class>,
    /// How the balance had to change, minor units.
    pub moved: i64,
}

/// What became of the transactions, by what the books said before and say now.
pub(super) fn outcome(
    before: Option<Vec<String>>,
    now: Option<Vec<String>>,
    heard: &Heard,
) -> Option<String> {
    let (before, now) = (before?, now?);
    if !before.is_empty() && before == now {
        let accepted = now.iter().any(|verdict| verdict == "Applied");
        let told = match heard.class {
            Class::Conflict => "Conflict",
            Class::Done | Class::Repeated => "Replayed",
            // Settled by this very call, that is.
            Class::Settled if accepted => "Replayed",
            // What was accepted is refused only for saying something else under its id.
            _ if accepted => "Conflict",
            _ => "Replayed refusal",
        };
        return Some(told.to_owned());
    }
    if now.is_empty() {
        return Some("nothing stored".to_owned());
    }
    let mut told: Vec<String> = now;
    told.dedup();
    Some(told.join(", "))
}
