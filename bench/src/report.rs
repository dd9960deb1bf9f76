//! What the benches share: how long a cell takes, figures in whole-number arithmetic, where results go.

use std::path::Path;

use crate::choices;

/// Seconds a cell is measured: `BENCH_SECONDS`, or 20.
pub(crate) fn seconds() -> u32 {
    choices::number("BENCH_SECONDS", 20)
}

/// `a / b` with two digits.
pub(crate) fn ratio(a: u64, b: u64) -> String {
    let hundredths = a * 100 / b.max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// `a / b` with three digits, as JSON has it.
pub(crate) fn fine_ratio(a: u64, b: u64) -> serde_json::Number {
    let thousandths = a * 1000 / b.max(1);
    let text = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
    text.parse().unwrap()
}

/// Microseconds as milliseconds with two digits.
pub(crate) fn millis(micros: u64) -> String {
    ratio(micros, 1000)
}

/// What was measured, or a dash.
pub(crate) fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}

/// Writes `target/bench/{name}.json` and says so.
pub(crate) fn write(name: &str, report: &serde_json::Value) {
    std::fs::create_dir_all("target/bench").unwrap();
    let path = Path::new("target/bench").join(name).with_extension("json");
    std::fs::write(&path, report.to_string()).unwrap();
    println!("\n  written to {}", path.display());
}
