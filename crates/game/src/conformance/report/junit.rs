//! A report for build servers: JUnit's XML, a test suite a protocol, a test case a case.
//!
//! A case that was not run, or that the protocol has not, is `skipped` and says why.

use std::fmt::Write;

use super::{Ended, Report, Verdict, group_title, seconds};
use crate::conformance::Class;

/// The document.
#[must_use]
pub fn write(report: &Report) -> String {
    let counts = report.counts();
    let (total, skipped) = (report.cases.len(), counts.not_run + counts.not_said);
    let name = format!("croupier conformance {}", report.protocol.spec.name);
    let took = seconds(report.took);
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let sums = format!(
        "name=\"{}\" tests=\"{total}\" failures=\"{}\" errors=\"0\" skipped=\"{skipped}\" time=\"{took}\"",
        escaped(&name),
        counts.failed
    );
    // Writing into a string does not fail.
    let _ = writeln!(xml, "<testsuites {sums}>");
    let _ = writeln!(xml, "  <testsuite {sums} timestamp=\"{}\">", report.started());
    let _ = writeln!(
        xml,
        "    <properties><property name=\"target\" value=\"{}\"/></properties>",
        escaped(&report.target)
    );
    for ended in &report.cases {
        case(&mut xml, report, ended);
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

fn case(xml: &mut String, report: &Report, ended: &Ended) {
    let class = format!(
        "{}.{:02} {}",
        report.protocol.spec.name,
        ended.case.group,
        group_title(ended.case.group)
    );
    let _ = write!(
        xml,
        "    <testcase classname=\"{}\" name=\"{}\" time=\"{}\">",
        escaped(&class),
        escaped(ended.case.name),
        seconds(ended.took)
    );
    match &ended.verdict {
        Verdict::Held => {}
        Verdict::Failed(why) => {
            let _ = write!(
                xml,
                "<failure message=\"{}\">{}</failure>",
                escaped(why),
                escaped(&story(ended, why))
            );
        }
        Verdict::NotRun(why) => {
            let _ = write!(
                xml,
                "<skipped message=\"{}\"/>",
                escaped(&format!("not run: {why}"))
            );
        }
        Verdict::NotSaid(why) => {
            let _ = write!(
                xml,
                "<skipped message=\"{}\"/>",
                escaped(&format!("the protocol has no such message: {why}"))
            );
        }
    }
    if !ended.notes.is_empty() {
        let _ = write!(
            xml,
            "<system-out>{}</system-out>",
            escaped(&ended.notes.join("\n"))
        );
    }
    xml.push_str("</testcase>\n");
}

/// What happened, as text.
pub(super) fn story(ended: &Ended, why: &str) -> String {
    let sources: Vec<_> = ended.basis.sources.iter().map(|source| source.title()).collect();
    let mut text = format!(
        "{why}\nthe protocol wants: {} ({})\n",
        ended.basis.says,
        sources.join(", ")
    );
    for exchange in &ended.exchanges {
        let _ = write!(text, "\n> {}\n  POST {}\n", exchange.said, exchange.path);
        for (name, value) in &exchange.headers {
            let _ = writeln!(text, "  {name}: {value}");
        }
        let _ = writeln!(text, "  {}\n< {}", exchange.sent, exchange.came);
        if !exchange.wanted.is_empty() {
            let _ = writeln!(text, "  wanted: {}", Class::names(&exchange.wanted));
        }
    }
    text
}

/// A text as XML 1.0 may have it: marks named, and characters that no document may have replaced.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' => safe.push_str("&#10;"),
            '\r' => safe.push_str("&#13;"),
            '\t' => safe.push_str("&#9;"),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}
