//! `croupier demo`: the story on throw-away data, with the server in a process of its own.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use clap::Args;
use croupier_game::hub88::simulator::{Simulator, SimulatorKey};
use sqlx::postgres::PgPoolOptions;

use super::{Outcome, Signals, say};
use crate::{
    demo::{client::Casino, server::Serving, story::Story},
    local::{BRANDS, LocalHouse},
    servers::{Data, Servers, ServersConfig},
};

/// Play the whole story once.
#[derive(Args)]
pub(crate) struct Demo {}

/// Why the story was not told to its end. Only a story whose every check held ends with success.
const INTERRUPTED: &str = "interrupted before the story was told";

impl Demo {
    pub(crate) async fn run(self) -> Outcome {
        let mut signals = Signals::listen()?;
        say("Croupier: one house, two brands. Throw-away data; every line is a check.\n");
        let config = ServersConfig {
            progress: Arc::new(|line| say(format_args!("  · {line}"))),
            ..ServersConfig::private(Data::Ephemeral)
        };
        let servers = tokio::select! {
            started = Servers::start(config) => started?,
            () = signals.asked_to_end() => return Err(INTERRUPTED.into()),
        };
        let played = tokio::select! {
            played = play(&servers) => played,
            () = signals.asked_to_end() => Err(INTERRUPTED.into()),
        };
        servers.stop().await;
        played
    }
}

async fn play(servers: &Servers) -> Outcome {
    // In the servers' own folder, so that it goes with them in whatever way we end.
    let dir = servers
        .home()
        .ok_or("the demo's servers are not private ones")?
        .join("house");
    std::fs::create_dir(&dir)?;
    let house = LocalHouse {
        owner_url: servers.owner_url(),
        app_url: servers.app_url(),
        redis_url: servers.redis_url(),
        dir: dir.clone(),
    };
    house.set_up().await?;
    say("  · starting the server");
    let serving = Serving {
        remove: Some(dir),
        ..Serving::new(std::env::current_exe()?, house.clone())?
    };
    let (edge, server) = (serving.edge(), serving.start().await?);

    let (provider, kid) = house.provider_key();
    let key = SimulatorKey::from_pem(&std::fs::read(provider.private_path(&kid))?)?;
    let held = AtomicU32::new(0);
    let tell = |step: &str, got: &str| {
        held.fetch_add(1, Ordering::Relaxed);
        say(format_args!("  ✓ {step}: {got}"));
    };
    let story = Story {
        account: "alice",
        aurora: Casino::new(&edge, BRANDS[0].domain),
        bonanza: Casino::new(&edge, BRANDS[1].domain),
        nowhere: Casino::new(&edge, "nowhere.localhost"),
        provider: Simulator::new(&format!("{edge}/callbacks/hub88"), key)?,
        auditor: PgPoolOptions::new()
            .max_connections(1)
            .connect(&house.owner_url)
            .await?,
        tell: &tell,
    };
    let played = story.play().await;
    story.auditor.close().await;
    server.stop().await;
    match played {
        Ok(()) => {
            say(format_args!("\n{} checks held.", held.into_inner()));
            Ok(())
        }
        Err(fault) => Err(format!("✗ {fault}").into()),
    }
}
