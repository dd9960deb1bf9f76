//! `croupier dev`: from nothing to a running two-brand casino.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use croupier_brand::Clock;
use croupier_game::provider::PROTOCOLS;
use serde_json::json;
use tokio::sync::watch;

use super::{Outcome, Signals, keys::operator_token, say};
use crate::{
    config::{Config, Environment, LogFormat},
    local::{BRANDS, LocalHouse},
    runtime::{self, Role, Running},
    servers::{self, Data, Port, Servers, ServersConfig, ports},
    telemetry,
};

/// Who the operator of a local house is.
const OPERATOR: &str = "dev-operator";
/// Hours the operator's token of a local house is good for.
const OPERATOR_HOURS: u16 = 720;

/// Run a two-brand casino on this machine.
#[derive(Args)]
pub(crate) struct Dev {
    /// Where players and providers are served.
    #[arg(long, env = "CROUPIER_PORT", default_value_t = 8080)]
    port: u16,
    /// Where operators are served.
    #[arg(long, env = "CROUPIER_ADMIN_PORT", default_value_t = 8090)]
    admin_port: u16,
    /// Where everything is kept.
    #[arg(
        long,
        env = "CROUPIER_DATA_DIR",
        default_value = ".croupier",
        value_name = "FOLDER"
    )]
    data_dir: PathBuf,
}

impl Dev {
    pub(crate) async fn run(self) -> Outcome {
        // What can be refused at once is refused before anything is started.
        Config::load(None, &Environment::process())?;
        std::fs::create_dir_all(&self.data_dir).map_err(|fault| {
            format!(
                "{}: {fault}\n  next: choose a folder that can be written: CROUPIER_DATA_DIR",
                self.data_dir.display()
            )
        })?;
        let dir = self.data_dir.canonicalize()?;
        servers::nobody_holds(&dir)?;
        for (port, set_by) in [
            (self.port, "CROUPIER_PORT"),
            (self.admin_port, "CROUPIER_ADMIN_PORT"),
        ] {
            ports::choose(Port::Fixed { port, set_by })?;
        }
        let ready = dir.join("dev.json");
        // Whoever waits for the file waits for this start, not for one that was killed.
        let _ = std::fs::remove_file(&ready);

        let config = ServersConfig {
            progress: Arc::new(|line| say(format_args!("  · {line}"))),
            ..ServersConfig::from_env(Data::Kept(dir.clone()))
        };
        let mut signals = Signals::listen()?;
        let servers = tokio::select! {
            started = Servers::start(config) => started?,
            () = signals.asked_to_end() => return Ok(()),
        };
        let served = self.serve(&servers, dir, &mut signals).await;
        let _ = std::fs::remove_file(&ready);
        say("  · stopping PostgreSQL and Redis");
        servers.stop().await;
        served
    }

    async fn serve(&self, servers: &Servers, dir: PathBuf, signals: &mut Signals) -> Outcome {
        let house = LocalHouse {
            owner_url: servers.owner_url(),
            app_url: servers.app_url(),
            redis_url: servers.redis_url(),
            dir,
        };
        say("  · bringing the schema, the keys and the two brands up to date");
        tokio::select! {
            set_up = house.set_up() => set_up?,
            () = signals.asked_to_end() => return Ok(()),
        }

        let mut config = house.config(&Environment::process())?;
        config.edge.listen.set_port(self.port);
        config.admin.listen.set_port(self.admin_port);
        config.game.launch_base = format!("http://127.0.0.1:{}/sandbox/launch", self.port);
        config.log.format = LogFormat::Pretty;
        if std::env::var_os("CROUPIER_LOG__FILTER").is_none() {
            config.log.filter = "warn".to_owned();
        }
        telemetry::start_log(&config.log)?;
        let _ = telemetry::metrics();
        let issuer = config.tokens.issuer.clone();
        let (stop, shutdown) = watch::channel(false);
        let running = runtime::start(config, Role::All, shutdown).await?;

        let token = operator_token(
            &house.operator_keys(),
            &issuer,
            OPERATOR,
            OPERATOR_HOURS,
            &Clock::system(),
        )?;
        let written = house.write_private(
            "dev.json",
            ready_file(&house, &running, &token).to_string().as_bytes(),
        )?;
        welcome(&house, &running, &written);
        signals.asked_to_end().await;
        say("\n  · answering what was admitted (Ctrl-C again: without waiting)");
        stop.send_replace(true);
        tokio::select! {
            () = running.finished() => {}
            () = signals.asked_to_end() => {}
        }
        Ok(())
    }
}

fn ready_file(house: &LocalHouse, running: &Running, operator_token: &str) -> serde_json::Value {
    let edge = format!("http://{}", running.address);
    let (provider, kid) = house.provider_key();
    json!({
        "edge": edge,
        "admin": running.admin.map(|admin| format!("http://{admin}")),
        "database_url": house.app_url,
        "owner_database_url": house.owner_url,
        "redis_url": house.redis_url,
        "brands": BRANDS,
        "provider": { "name": "hub88", "callback": format!("{edge}/callbacks/hub88"), "private_key": provider.private_path(&kid) },
        "operator_token": operator_token,
        "operator_id": OPERATOR,
    })
}

fn welcome(house: &LocalHouse, running: &Running, ready: &Path) {
    let port = running.address.port();
    let [aurora, bonanza] = BRANDS.map(|brand| format!("http://{}:{port}", brand.domain));
    say(format_args!(
        r#"
  Croupier is running: one house, two brands.

    Aurora Casino   {aurora}/api/v1/brand
    Bonanza Club    {bonanza}/api/v1/brand
    API document    http://127.0.0.1:{port}/openapi.json
    Health          http://127.0.0.1:{port}/health
    Back office     http://{admin}/admin/v1/brands   (operator_token in dev.json)

  Paste these, one by one (README.md has the whole tour):

    curl -s {aurora}/api/v1/players  -H 'content-type: application/json' -d '{{"account":"alice","password":"correct horse 1"}}'
    curl -s {bonanza}/api/v1/players -H 'content-type: application/json' -d '{{"account":"alice","password":"correct horse 2"}}'
    TOKEN=$(curl -s {aurora}/api/v1/sessions -H 'content-type: application/json' -d '{{"account":"alice","password":"correct horse 1"}}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
    curl -s {aurora}/api/v1/wallet/deposits -H "authorization: Bearer $TOKEN" -H 'idempotency-key: first' -H 'content-type: application/json' -d '{{"amount":"100.00","currency":"EUR"}}'
    curl -s {aurora}/api/v1/wallet  -H "authorization: Bearer $TOKEN"
    curl -s {bonanza}/api/v1/wallet -H "authorization: Bearer $TOKEN"     # another brand's token: 403 brand_mismatch

  Be a game provider, and try every edge case of its protocol ({protocols}):

    croupier conformance --protocol hub88 --dev{folder} --report hub88.html

  Everything is kept in {dir}; addresses and secrets are in {ready}.
  Ctrl-C stops everything."#,
        admin = running.admin.map_or_else(String::new, |admin| admin.to_string()),
        protocols = PROTOCOLS.map(|protocol| protocol.spec.name).join(", "),
        folder = folder(house),
        dir = house.dir.display(),
        ready = ready.display(),
    ));
}

/// The house's folder as an argument; nothing where it is the one that is looked for.
fn folder(house: &LocalHouse) -> String {
    let usual = Path::new(".croupier").canonicalize();
    if usual.is_ok_and(|usual| usual == house.dir) {
        String::new()
    } else {
        format!(" {}", house.dir.display())
    }
}
