//! What a hostile operator says stays text, what is secret is not told, and documents are well formed.

use croupier_game::conformance::{
    Verdict,
    cases::Case,
    report::{Format, Report},
};
use serde_json::Value;

use crate::{fault::Fault, operator::Operator, softswiss::SECRET};

/// What a hostile operator says beside every answer.
const HOSTILE: &str = "</pre><script>alert(1)</script><img src=x onerror='alert(2)'>\" onload=\"x ]]> <!-- &amp; \u{0}\u{8}\u{1b}[2J\u{202e}\u{fffe}";

fn some(case: &Case) -> bool {
    case.group <= 2 || case.group == 17
}

async fn hostile() -> Report {
    let operator = Operator::open_as(
        "softswiss",
        Some(Fault::ConflictsAreReplays),
        false,
        Some(format!("{HOSTILE} {SECRET}")),
    )
    .await;
    operator.play(&some).await
}

#[tokio::test]
async fn what_a_hostile_operator_says_is_text_in_every_report_and_the_secret_is_in_none() {
    let report = hostile().await;
    assert!(!report.held());
    let html = Format::Html.write(&report);
    // The operator's words are there, and nothing of them is markup.
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    for markup in [
        "<script",
        "<img",
        "onerror='",
        "onload=\"",
        "<!--",
        "http-equiv=\"refresh",
    ] {
        assert!(!html.contains(markup), "{markup}");
    }
    // Nothing is loaded, and nothing would be run.
    assert!(html.contains("default-src 'none'"));
    for loads in ["src=\"", "<link", "@import", "url(", "href=\"http"] {
        assert!(!html.contains(loads), "{loads}");
    }
    for text in [html, Format::Json.write(&report), Format::Junit.write(&report)] {
        assert!(!text.contains(SECRET));
        assert!(
            text.contains("[secret]"),
            "what was blotted out shows that it was"
        );
        let control = |letter: &char| letter.is_control() && *letter != '\n';
        assert_eq!(text.chars().find(control), None);
    }
}

#[tokio::test]
async fn the_json_report_is_as_its_documentation_says() {
    let report = hostile().await;
    let document: Value = serde_json::from_str(&Format::Json.write(&report)).unwrap();
    assert_eq!(document["schema"], "croupier-conformance/1");
    assert_eq!(
        (&document["protocol"], &document["held"]),
        (&"softswiss".into(), &false.into())
    );
    let counts = &document["counts"];
    let sum: u64 = ["held", "failed", "not_run", "not_applicable"]
        .iter()
        .map(|name| counts[*name].as_u64().unwrap())
        .sum();
    let cases = document["cases"].as_array().unwrap();
    assert_eq!(sum, u64::try_from(cases.len()).unwrap());
    let failed = cases.iter().filter(|case| case["verdict"] == "failed");
    let names: Vec<_> = failed
        .clone()
        .map(|case| case["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "a bet's id with another amount",
            "a bet's id in another round",
            "a bet's id of another player",
            "a bet's id in another game",
            "a win's id with another amount",
            "a rollback's id for another bet",
        ]
    );
    for case in failed {
        assert!(case["why"].as_str().unwrap().contains("should be"), "{case}");
        assert_eq!(case["wants"]["answer"], serde_json::json!(["conflict"]));
        assert_eq!(case["wants"]["sources"], serde_json::json!(["unverified"]));
        assert_eq!(case["found"]["answer"], "200");
        let wrong = case["exchanges"]
            .as_array()
            .unwrap()
            .iter()
            .find(|exchange| exchange["wanted"] == serde_json::json!(["conflict"]));
        let wrong = wrong.unwrap();
        assert_eq!(wrong["sent"]["method"], "POST");
        let name = case["name"].as_str().unwrap();
        let (path, action) = match name.split("'s id").next().unwrap() {
            "a bet" => ("/play", "bet"),
            "a win" => ("/play", "win"),
            _ => ("/rollback", "rollback"),
        };
        assert_eq!(wrong["sent"]["path"], path);
        assert_eq!(wrong["sent"]["headers"][1][0], "x-request-sign");
        assert!(
            wrong["sent"]["body"]
                .as_str()
                .unwrap()
                .contains(&format!("\"action\":\"{action}\""))
        );
        assert!(wrong["came"].as_str().unwrap().starts_with("200 {"));
        assert_eq!(wrong["heard"]["class"], "done");
    }
}

#[tokio::test]
async fn the_junit_report_is_well_formed_and_counts_as_the_run_did() {
    let report = hostile().await;
    let xml = Format::Junit.write(&report);
    let seen = elements(&xml);
    let count = |name: &str| seen.iter().filter(|(element, _)| element == name).count();
    assert_eq!(count("testcase"), report.cases.len());
    assert_eq!(count("failure"), report.counts().failed);
    let skipped = report.counts().not_run + report.counts().not_said;
    assert_eq!(count("skipped"), skipped);
    let (_, suite) = seen.iter().find(|(element, _)| element == "testsuite").unwrap();
    assert!(
        suite.contains(&format!("failures=\"{}\"", report.counts().failed)),
        "{suite}"
    );
    let failed = report
        .cases
        .iter()
        .filter(|ended| matches!(ended.verdict, Verdict::Failed(_)));
    for ended in failed {
        let name = ended.case.name;
        assert!(xml.contains(&format!("name=\"{name}\"")), "{name}");
    }
}

/// Every element of a document and its attributes. Strict: what XML 1.0 does not allow fails.
fn elements(xml: &str) -> Vec<(String, String)> {
    let mut rest = xml
        .strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
        .unwrap();
    let (mut open, mut seen) = (Vec::new(), Vec::new());
    while let Some((text, tail)) = rest.split_once('<') {
        is_text(text);
        let (tag, after) = tail.split_once('>').unwrap();
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
            "{name}"
        );
        // name="value" name="value"
        let parts: Vec<_> = attributes.split('"').collect();
        assert!(parts.len() % 2 == 1 && parts.last() == Some(&""), "{attributes}");
        for pair in parts.chunks_exact(2) {
            assert!(
                pair[0]
                    .trim()
                    .strip_suffix('=')
                    .is_some_and(|name| name.bytes().all(|b| b.is_ascii_lowercase()))
            );
            is_text(pair[1]);
        }
        seen.push((name.to_owned(), attributes.to_owned()));
        if !empty {
            open.push(name.to_owned());
        }
    }
    is_text(rest);
    assert!(open.is_empty(), "{open:?}");
    seen
}

/// What may stand between tags and quotes.
fn is_text(text: &str) {
    assert!(!text.contains(['<', '>']), "{text}");
    for part in text.split('&').skip(1) {
        let name = part.split_once(';').unwrap().0;
        assert!(
            ["amp", "lt", "gt", "quot", "#10", "#13", "#9"].contains(&name),
            "{name}"
        );
    }
    let allowed = |letter: char| matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(text.chars().all(allowed), "{text:?}");
}
