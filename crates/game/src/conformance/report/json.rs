//! A report for programs.
//!
//! The schema is `croupier-conformance/1`: fields are added to it, and none is renamed, retyped or taken away while the
//! number stays. Amounts are minor units of the players' currency, times milliseconds.
//!
//! | field | is |
//! |---|---|
//! | `schema` | `croupier-conformance/1` |
//! | `croupier` | this program's version |
//! | `protocol`, `title` | the protocol's short name, and its name for people |
//! | `target` | the operator's base URL |
//! | `started_at`, `took_ms` | when it began (RFC 3339), and how long it took |
//! | `held` | whether something was run and all that was run held |
//! | `counts` | `held`, `failed`, `not_run`, `not_applicable` |
//! | `cases[]` | every case, by group |
//!
//! A case: `group`, `group_title`, `name`; `verdict` (`held`, `failed`, `not_run`, `not_applicable`) and `why` (null where
//! it held); `wants`: `says` (the protocol's words), `sources` (`documentation`, `public_code`, `digest`, `unverified`,
//! `our_decision`), `answer` (one of these classes) and `moved` (how the balance had to change), both null where the case
//! did not come so far; `found`: `answer` (the protocol's word) and `moved`, or null; `notes`; `took_ms`; `exchanges`.
//!
//! An exchange: `said` (neutral words); `sent`: `method`, `path` (after the target), `headers` (pairs), `body`; `came`
//! (status and body, or what happened instead); `heard`: `class`, `code`, `balance`, or null where no answer was read;
//! `wanted` (classes; empty where anything would do); `took_ms`.

use serde_json::{Value, json};

use super::{Ended, Report, group_title};
use crate::conformance::{Class, Exchange, Source};

/// The schema's name.
pub const SCHEMA: &str = "croupier-conformance/1";

/// The document.
#[must_use]
pub fn write(report: &Report) -> String {
    let counts = report.counts();
    let document = json!({
        "schema": SCHEMA,
        "croupier": env!("CARGO_PKG_VERSION"),
        "protocol": report.protocol.spec.name,
        "title": report.protocol.spec.title,
        "target": report.target,
        "started_at": report.started(),
        "took_ms": millis(report.took),
        "held": report.held(),
        "counts": {
            "held": counts.held, "failed": counts.failed, "not_run": counts.not_run, "not_applicable": counts.not_said,
        },
        "cases": report.cases.iter().map(case).collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

fn case(ended: &Ended) -> Value {
    let sources: Vec<_> = ended.basis.sources.iter().copied().map(Source::name).collect();
    json!({
        "group": ended.case.group,
        "group_title": group_title(ended.case.group),
        "name": ended.case.name,
        "verdict": ended.verdict.name(),
        "why": ended.verdict.why(),
        "wants": {
            "says": ended.basis.says,
            "sources": sources,
            "answer": ended.expectation.as_ref().map(|wanted| classes(&wanted.answer)),
            "moved": ended.expectation.as_ref().map(|wanted| wanted.moved),
        },
        "found": ended.finding.as_ref().map(|found| json!({ "answer": found.wire, "moved": found.moved })),
        "notes": ended.notes,
        "took_ms": millis(ended.took),
        "exchanges": ended.exchanges.iter().map(exchange).collect::<Vec<_>>(),
    })
}

fn exchange(exchange: &Exchange) -> Value {
    let heard = exchange
        .heard
        .as_ref()
        .map(|heard| json!({ "class": heard.class.name(), "code": heard.code, "balance": heard.balance }));
    json!({
        "said": exchange.said,
        "sent": { "method": "POST", "path": exchange.path, "headers": exchange.headers, "body": exchange.sent },
        "came": exchange.came,
        "heard": heard,
        "wanted": classes(&exchange.wanted),
        "took_ms": millis(exchange.took),
    })
}

fn classes(classes: &[Class]) -> Vec<&'static str> {
    classes.iter().map(|class| class.name()).collect()
}

fn millis(took: std::time::Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
