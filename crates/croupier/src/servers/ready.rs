//! Waiting until a server really answers, and what to show when it does not.

use std::{fs, path::Path, process::ExitStatus, time::Duration};

use tokio::time::{Instant, sleep, timeout};

use super::error::ServersError;

const TAIL_LINES: usize = 15;

/// Tries until the server answers. Fails as soon as its process has ended, or after `within`.
pub(crate) async fn wait<F>(
    server: &'static str,
    log: &Path,
    within: Duration,
    mut ended: impl FnMut() -> Option<ExitStatus>,
    answers: impl Fn() -> F,
) -> Result<(), ServersError>
where
    F: Future<Output = Result<(), String>>,
{
    let not_ready = |why| ServersError::NotReady {
        server,
        why,
        log: log.to_path_buf(),
        tail: tail(log),
    };
    let deadline = Instant::now() + within;
    let mut pause = Duration::from_millis(10);
    loop {
        let refusal = match timeout(Duration::from_secs(5), answers()).await {
            // Answered, but by us? A server that ended left the port to somebody else.
            Ok(Ok(())) => match ended() {
                None => return Ok(()),
                Some(status) => return Err(not_ready(format!("it ended ({status})"))),
            },
            Ok(Err(refusal)) => refusal,
            Err(_) => "no answer within 5 s".to_owned(),
        };
        if let Some(status) = ended() {
            return Err(not_ready(format!("it ended ({status})")));
        }
        if Instant::now() >= deadline {
            return Err(not_ready(format!(
                "no answer within {} s: {refusal}",
                within.as_secs()
            )));
        }
        sleep(pause).await;
        pause = (pause * 3 / 2).min(Duration::from_millis(200));
    }
}

/// The last lines of a log.
pub(crate) fn tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    if lines.is_empty() {
        return "  (it is empty)".to_owned();
    }
    let last = &lines[lines.len().saturating_sub(TAIL_LINES)..];
    last.iter()
        .map(|line| format!("  {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}
