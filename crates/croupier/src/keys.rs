//! Reading the folders of keys anew while the process runs.

use std::time::Duration;

use croupier_brand::token::{KeyError, KeyRing};
use croupier_gateway::server::{self, Shutdown};
use tokio::task::JoinSet;

use crate::config::TokenConfig;

/// Reads the ring's folder anew as often as the settings say, until shutdown.
pub(crate) fn follow(tasks: &mut JoinSet<()>, ring: KeyRing, config: &TokenConfig, shutdown: &Shutdown) {
    let every = Duration::from_millis(config.reload_ms.into());
    let mut stop = shutdown.clone();
    tasks.spawn(async move {
        let mut told = String::new();
        loop {
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                () = server::stopped(&mut stop) => return,
            }
            reload(&ring, &mut told).await;
        }
    });
}

/// A fault is logged when it comes and when it changes, and counted each time.
async fn reload(ring: &KeyRing, told: &mut String) {
    let reader = ring.clone();
    let read = tokio::task::spawn_blocking(move || reader.reload()).await;
    let faults = match read {
        Ok(Ok(reloaded)) => {
            if reloaded.changed {
                tracing::info!(keys = ?ring, "the keys of tokens are others than before");
            }
            reloaded.faults
        }
        Ok(Err(fault)) => vec![fault],
        Err(_) => return,
    };
    let faults: Vec<_> = faults.iter().map(KeyError::to_string).collect();
    let fault = faults.join("; ");
    if !fault.is_empty() {
        metrics::counter!("token_key_reloads_failed_total").increment(1);
        if fault != *told {
            tracing::error!(%fault, "keys of tokens cannot be read; what was known of them is used on");
        }
    }
    *told = fault;
}
