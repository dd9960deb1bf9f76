//! A report for people: one file that loads nothing and runs nothing.
//!
//! What the operator said is text here and never markup; the page forbids scripts and everything from elsewhere besides
//! (Content Security Policy), so that a browser would not run what an escape had missed.

use std::fmt::Write;

use super::{Ended, Report, Verdict, group_title, seconds};
use crate::conformance::{Class, Exchange, cases::GROUPS};

const STYLE: &str = "
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #c62828; --quiet: #777; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.sum { font-size: 1.1rem; margin: 1rem 0; } .good { color: var(--good); } .bad { color: var(--bad); } .quiet { color: var(--quiet); }
details { border: 1px solid var(--line); border-radius: 6px; margin: .35rem 0; padding: .35rem .75rem; }
details details { border: 0; border-top: 1px solid var(--line); border-radius: 0; padding: .35rem 0; }
summary { cursor: pointer; } .mark { display: inline-block; width: 6.5rem; font-weight: 600; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #8881; border-radius: 4px; padding: .5rem; margin: .35rem 0; font-size: 13px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .5rem 0; } dt { color: var(--quiet); } dd { margin: 0; }
";

/// The page.
#[must_use]
pub fn write(report: &Report) -> String {
    let counts = report.counts();
    let title = format!("{} conformance", report.protocol.spec.title);
    let mut page = String::new();
    // Writing into a string does not fail.
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>{}</h1>\n<p class=\"quiet\">{} · {} · {} s · croupier {}</p>\n",
        escaped(&title),
        escaped(&title),
        escaped(&report.target),
        report.started(),
        seconds(report.took),
        env!("CARGO_PKG_VERSION"),
    );
    let _ = writeln!(
        page,
        "<p class=\"sum\"><b class=\"{}\">{}</b> — {} held, {} failed, {} not run, {} not part of the protocol</p>",
        if report.held() { "good" } else { "bad" },
        if report.held() {
            "Everything that was run held"
        } else {
            "Not conformant"
        },
        counts.held,
        counts.failed,
        counts.not_run,
        counts.not_said,
    );
    failures(&mut page, report);
    for (number, _) in GROUPS {
        let _ = writeln!(page, "<h2>{number}. {}</h2>", escaped(group_title(number)));
        for (at, ended) in report.cases.iter().enumerate() {
            if ended.case.group == number {
                case(&mut page, at, ended);
            }
        }
    }
    page.push_str("</body>\n</html>\n");
    page
}

/// What to read first.
fn failures(page: &mut String, report: &Report) {
    let mut failed = report.cases.iter().enumerate().filter_map(|(at, ended)| {
        let Verdict::Failed(why) = &ended.verdict else {
            return None;
        };
        Some((at, ended, why))
    });
    let Some(first) = failed.next() else {
        return;
    };
    page.push_str("<h2>What failed</h2>\n<ul>\n");
    for (at, ended, why) in std::iter::once(first).chain(failed) {
        let _ = writeln!(
            page,
            "<li><a href=\"#case-{at}\">{}</a>: {}</li>",
            escaped(ended.case.name),
            escaped(why)
        );
    }
    page.push_str("</ul>\n");
}

fn case(page: &mut String, at: usize, ended: &Ended) {
    let (mark, class) = match ended.verdict {
        Verdict::Held => ("held", "good"),
        Verdict::Failed(_) => ("failed", "bad"),
        Verdict::NotRun(_) => ("not run", "quiet"),
        Verdict::NotSaid(_) => ("—", "quiet"),
    };
    let open = if matches!(ended.verdict, Verdict::Failed(_)) {
        " open"
    } else {
        ""
    };
    let _ = writeln!(
        page,
        "<details id=\"case-{at}\"{open}><summary><span class=\"mark {class}\">{mark}</span>{}</summary>\n<dl>",
        escaped(ended.case.name)
    );
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(page, "<dt>{name}</dt><dd>{}</dd>", escaped(value));
    };
    if let Some(why) = ended.verdict.why() {
        line(if class == "bad" { "why" } else { "because" }, why);
    }
    line("the protocol wants", ended.basis.says);
    let sources: Vec<_> = ended.basis.sources.iter().map(|source| source.title()).collect();
    line("source", &sources.join(", "));
    if let Some(wanted) = &ended.expectation {
        line(
            "answer wanted",
            &format!("{}; balance {:+}", Class::names(&wanted.answer), wanted.moved),
        );
    }
    if let Some(found) = &ended.finding {
        line(
            "answer found",
            &format!("{}; balance {:+}", found.wire, found.moved),
        );
    }
    for note in &ended.notes {
        line("note", note);
    }
    page.push_str("</dl>\n");
    for exchange in &ended.exchanges {
        said(page, exchange);
    }
    page.push_str("</details>\n");
}

fn said(page: &mut String, exchange: &Exchange) {
    let wrong = exchange
        .heard
        .as_ref()
        .is_some_and(|heard| !exchange.wanted.is_empty() && !exchange.wanted.contains(&heard.class));
    let heard = exchange
        .heard
        .as_ref()
        .map_or_else(|| "no answer was read".to_owned(), |heard| heard.code.clone());
    let _ = writeln!(
        page,
        "<details{}><summary>{} → <b class=\"{}\">{}</b></summary>",
        if wrong { " open" } else { "" },
        escaped(&exchange.said),
        if wrong { "bad" } else { "" },
        escaped(&heard)
    );
    let mut sent = format!("POST {}\n", exchange.path);
    for (name, value) in &exchange.headers {
        let _ = writeln!(sent, "{name}: {value}");
    }
    let _ = writeln!(page, "<pre>{}\n{}</pre>", escaped(&sent), escaped(&exchange.sent));
    let _ = writeln!(page, "<pre>{}</pre>", escaped(&exchange.came));
    if wrong {
        let _ = writeln!(page, "<p>wanted: {}</p>", Class::names(&exchange.wanted));
    }
    page.push_str("</details>\n");
}

/// A stranger's text as text.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(letter),
            // Control characters, and marks that turn the direction of what follows.
            control if control.is_control() => safe.push('\u{fffd}'),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}
