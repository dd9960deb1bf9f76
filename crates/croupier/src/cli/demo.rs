//! `croupier demo`: the story on throw-away data, with the server in a process of its own.

use std::{path::PathBuf, process::Stdio, sync::{Arc, atomic::{AtomicU32, Ordering}}, time::Duration};

use clap::Args;
use croupier_game::hub88::simulator::{Simulator, SimulatorKey};
use sqlx::postgres::PgPoolOptions;
use tokio::process::{Child, Command};

use super::{Outcome, asked_to_end, say};
use crate::{
    demo::{client::Casino, story::Story},
    local::{BRANDS, LocalHouse},
    servers::{Data, Port, Servers, ServersConfig, ports},
};

/// Play the whole story once.
#[derive(Args)]
pub(crate) struct Demo {}

impl Demo {
    pub(crate) async fn run(self) -> Outcome {
        say("Croupier: one house, two brands. Throw-away data; every line is a check.\n");
        let config = ServersConfig { progress: Arc::new(|line| say(format_args!("  · {line}"))), ..ServersConfig::private(Data::Ephemeral) };
        let servers = tokio::select! {
            started = Servers::start(config) => started?,
            () = asked_to_end() => return Ok(()),
        };
        let played = tokio::select! {
            played = play(&servers) => played,
            () = asked_to_end() => Err("ended before the story was".into()),
        };
        servers.stop().await;
        played
    }
}

async fn play(servers: &Servers) -> Outcome {
    let dir = tempdir()?;
    let house = LocalHouse { owner_url: servers.owner_url(), app_url: servers.app_url(), redis_url: servers.redis_url(), dir: dir.0.clone() };
    house.set_up().await?;
    let (edge, mut server) = serve(&house).await?;

    let (provider, kid) = house.provider_key();
    let key = SimulatorKey::from_pem(&std::fs::read(provider.private_path(&kid))?)?;
    let held = AtomicU32::new(0);
    let tell = |step: &str, got: &str| {
        held.fetch_add(1, Ordering::Relaxed);
        say(format_args!("  ✓ {step}  {got}"));
    };
    let story = Story {
        aurora: Casino::new(&edge, BRANDS[0].domain),
        bonanza: Casino::new(&edge, BRANDS[1].domain),
        nowhere: Casino::new(&edge, "nowhere.localhost"),
        provider: Simulator::new(&format!("{edge}/callbacks/hub88"), key)?,
        auditor: PgPoolOptions::new().max_connections(1).connect(&house.owner_url).await?,
        tell: &tell,
    };
    let played = story.play().await;
    story.auditor.close().await;
    let _ = server.kill().await;
    match played {
        Ok(()) => {
            say(format_args!("\n{} checks held.", held.into_inner()));
            Ok(())
        }
        Err(fault) => Err(format!("✗ {fault}").into()),
    }
}

/// Starts this very program as a server and waits until it answers.
async fn serve(house: &LocalHouse) -> Result<(String, Child), Box<dyn std::error::Error>> {
    let (provider, kid) = house.provider_key();
    let (port, admin) = (ports::choose(Port::Free)?, ports::choose(Port::Free)?);
    let server = Command::new(std::env::current_exe()?)
        .arg("serve")
        .env("DATABASE_URL", &house.app_url)
        .env("REDIS_URL", &house.redis_url)
        .env("MULTI_BRAND_ENFORCEMENT", std::env::var("MULTI_BRAND_ENFORCEMENT").unwrap_or_else(|_| "enforce".to_owned()))
        .env("CROUPIER_EDGE__LISTEN", format!("127.0.0.1:{port}"))
        .env("CROUPIER_ADMIN__LISTEN", format!("127.0.0.1:{admin}"))
        .env("CROUPIER_TOKENS__KEYS_DIR", house.dir.join("keys"))
        .env("CROUPIER_GAME__HUB88_PUBLIC_KEY", provider.public_path(&kid))
        .env("CROUPIER_LOG__FILTER", "error")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let edge = format!("http://127.0.0.1:{port}");
    for _ in 0..200 {
        if reqwest::get(format!("{edge}/health")).await.is_ok_and(|answer| answer.status().is_success()) {
            return Ok((edge, server));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err("the server did not come up within 10 seconds".into())
}

/// A folder that goes when this does.
struct TempDir(PathBuf);

fn tempdir() -> std::io::Result<TempDir> {
    let dir = std::env::temp_dir().join(format!("croupier-demo-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&dir)?;
    Ok(TempDir(dir))
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
