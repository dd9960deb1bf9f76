//! Waiting for the thing itself, not for so long.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Longer than anything takes; waiting for it means that something is wrong.
pub const LONG: Duration = Duration::from_secs(30);

/// Waits until something holds.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + LONG;
    while !holds().await {
        assert!(Instant::now() < deadline, "never came true: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}
