//! `croupier serve`.

use clap::Args;
use tokio::sync::watch;

use super::{Outcome, Settings, Signals};
use crate::{
    runtime::{self, Role},
    telemetry,
};

/// Serve, in the foreground.
#[derive(Args)]
pub(crate) struct Serve {
    /// all, gateway, player, wallet or game.
    #[arg(long, default_value_t = Role::All)]
    role: Role,
    #[command(flatten)]
    settings: Settings,
}

impl Serve {
    pub(crate) async fn run(self) -> Outcome {
        let config = self.settings.load()?;
        telemetry::start_log(&config.log)?;
        let _ = telemetry::metrics();
        let mut signals = Signals::listen()?;
        let (stop, shutdown) = watch::channel(false);
        let running = tokio::select! {
            started = runtime::start(config, self.role, shutdown) => started?,
            () = signals.asked_to_end() => return Ok(()),
        };
        signals.asked_to_end().await;
        tracing::info!("asked to end: draining");
        stop.send_replace(true);
        running.finished().await;
        Ok(())
    }
}
