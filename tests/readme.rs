//! The README's tour, pasted line by line into a shell beside a running `croupier dev`.

use std::{fmt::Write, process::Stdio};

use tokio::{io::AsyncWriteExt, process::Command};

use crate::cli::{
    casino::{Dev, environment},
    process::TempDir,
};

const README: &str = include_str!("../README.md");
const MARK: &str = "@@@";

/// A line to paste, and what the README says to look for in what it prints.
struct Step {
    line: String,
    expected: Vec<String>,
}

fn tour() -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for block in README.split("```sh tour\n").skip(1) {
        let (block, _) = block.split_once("\n```").expect("the block ends");
        for line in block.lines().filter(|line| !line.is_empty()) {
            match (line.strip_prefix("# → "), steps.last_mut()) {
                (Some(expected), Some(step)) => step.expected.push(expected.to_owned()),
                (Some(_), None) => panic!("{line:?} is of no line"),
                (None, _) => steps.push(Step {
                    line: line.to_owned(),
                    expected: Vec::new(),
                }),
            }
        }
    }
    steps
}

#[tokio::test]
async fn the_tour_of_the_readme_does_what_it_says() {
    let dir = TempDir::new();
    let env = environment(&dir.0);
    let dev = Dev::start(&env).await;
    let steps = tour();
    assert!(
        steps.iter().filter(|step| !step.expected.is_empty()).count() >= 10,
        "the README has a tour"
    );
    let mut script = String::new();
    for (at, step) in steps.iter().enumerate() {
        let line = step
            .line
            .replace(":8080", &format!(":{}", env.get("CROUPIER_PORT")))
            .replace(":8090", &format!(":{}", env.get("CROUPIER_ADMIN_PORT")))
            .replace(".croupier/", &format!("{}/", dir.0.display()));
        writeln!(script, "{line}\necho; echo '{MARK}{at}' $?").unwrap();
    }
    let mut bash = Command::new("bash");
    bash.stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut bash = bash.env_remove("http_proxy").spawn().unwrap();
    bash.stdin
        .take()
        .unwrap()
        .write_all(script.as_bytes())
        .await
        .unwrap();
    let printed = bash.wait_with_output().await.unwrap();
    assert_eq!(String::from_utf8_lossy(&printed.stderr), "");
    let printed = String::from_utf8(printed.stdout).unwrap();
    let mut rest = printed.as_str();
    for (at, step) in steps.iter().enumerate() {
        let (output, after) = rest
            .split_once(&format!("{MARK}{at} "))
            .unwrap_or_else(|| panic!("{} did not end: {rest}", step.line));
        let (status, after) = after.split_once('\n').unwrap();
        assert_eq!(status, "0", "{}\n{output}", step.line);
        for expected in &step.expected {
            assert!(
                output.contains(expected.as_str()),
                "{}\nshould print {expected}\nand prints {output}",
                step.line
            );
        }
        rest = after;
    }
    dev.interrupt().await;
}
