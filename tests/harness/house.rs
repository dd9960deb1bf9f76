//! A running house and the guests who come to it.

use std::net::SocketAddr;

use croupier::{
    config::{Config, Environment, HostPort},
    demo::{
        client::{Answer, Casino},
        story::books_of,
    },
    local::{BRANDS, LocalHouse},
    runtime::{self, Role, Running},
    telemetry,
};
use croupier_brand::{BrandPool, BrandScope, Clock, enforcement::Mode};
use croupier_game::hub88::simulator::{Launch, Simulator, SimulatorKey};
use croupier_wallet::{AdoptError, LocalWallet, WalletLimits, topology::Topology};
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool, Postgres, Transaction, postgres::PgPoolOptions};
use tokio::sync::watch;

use super::Cluster;

/// Hub88's scale: 10.00 EUR is 1 000 000.
pub const EUR: i64 = 100_000;

/// How a house is put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Composition {
    /// Every role in one process, the scope handed on in memory.
    Together,
    /// Every role behind a listener of its own, the scope handed on in signed headers.
    Apart,
}

impl Composition {
    /// `CROUPIER_TEST_COMPOSITION=apart` runs the suite with the roles apart.
    pub fn wanted() -> Self {
        match std::env::var("CROUPIER_TEST_COMPOSITION").as_deref() {
            Ok("apart") => Self::Apart,
            _ => Self::Together,
        }
    }
}

/// A house that serves two brands until it is dropped.
pub struct House {
    /// Its servers and files.
    pub local: LocalHouse,
    /// The edge: `http://127.0.0.1:…`.
    pub edge: String,
    /// The back office, where there is one.
    pub admin: Option<SocketAddr>,
    /// The first brand.
    pub aurora: Casino,
    /// The second.
    pub bonanza: Casino,
    /// The game provider.
    pub provider: Simulator,
    /// The owner's connection: sees a brand's rows when it says which.
    pub owner: PgPool,
    /// What it was started with; where its services are, too, when they stand apart.
    pub config: Config,
    processes: Vec<Process>,
}

/// A role that runs, and the way to stop it alone.
struct Process {
    role: Role,
    stop: watch::Sender<bool>,
    running: Running,
}

impl Process {
    async fn start(config: Config, role: Role) -> Self {
        let (stop, shutdown) = watch::channel(false);
        Self {
            role,
            stop,
            running: runtime::start(config, role, shutdown).await.unwrap(),
        }
    }

    async fn close(self) {
        self.stop.send_replace(true);
        self.running.finished().await;
    }
}

impl House {
    /// The application's connections, of which any one brand may hold half.
    pub async fn brand_pool(&self, connections: u32) -> BrandPool {
        let pool = PgPoolOptions::new().max_connections(connections);
        BrandPool::new(pool.connect(&self.local.app_url).await.unwrap())
    }

    /// The owner's connections, over which operators' commands run.
    pub async fn owners_pool(&self, connections: u32) -> BrandPool {
        let pool = PgPoolOptions::new().max_connections(connections);
        BrandPool::new(pool.connect(&self.local.owner_url).await.unwrap())
    }

    /// A brand plays by a document from now on, as `croupier wallet policy set` has it.
    pub async fn adopt(&self, scope: &BrandScope, document: &Topology) -> Result<i32, AdoptError> {
        let (pool, limits) = (self.owners_pool(2).await, WalletLimits::default());
        LocalWallet::new(pool, Clock::system(), limits)
            .adopt_topology(scope, document)
            .await
    }

    /// A house that enforces.
    pub async fn open() -> Self {
        Self::with(|_| {}).await
    }

    /// A house in a mode of the flag.
    pub async fn in_mode(mode: Mode) -> Self {
        Self::with(move |config| config.enforcement = mode).await
    }

    /// A house whose settings are changed before it starts.
    pub async fn with(change: impl Fn(&mut Config)) -> Self {
        Self::composed(Composition::wanted(), change).await
    }

    /// A house put together in one way or the other.
    pub async fn composed(composition: Composition, change: impl Fn(&mut Config)) -> Self {
        let local = Cluster::get().await.house().await;
        Self::over(local, composition, change).await
    }

    /// A house over a database and files that are there.
    pub async fn over(local: LocalHouse, composition: Composition, change: impl Fn(&mut Config)) -> Self {
        let _ = telemetry::metrics();
        let secret = "s".repeat(64);
        let (key, token, games) = (format!("k1:{secret}"), "g".repeat(64), "m".repeat(64));
        let env = Environment::of([
            ("CROUPIER_EDGE__LISTEN", "127.0.0.1:0"),
            ("CROUPIER_ADMIN__LISTEN", "127.0.0.1:0"),
            ("CROUPIER_INTERNAL__LISTEN", "127.0.0.1:0"),
            ("CROUPIER_DATABASE__MAX_CONNECTIONS", "8"),
            // Tests that look for what changed seal for themselves.
            ("CROUPIER_WALLET__SEAL_INTERVAL_MS", "0"),
            ("CROUPIER_PAYMENTS__FINISH_INTERVAL_MS", "0"),
            // Hashing that is quick, not safe: what is tested is not how long a guess takes.
            ("CROUPIER_PASSWORD__MEMORY_KIB", "1024"),
            ("CROUPIER_PASSWORD__PASSES", "1"),
            ("BRAND_SIGNING_KEY", &key),
            ("INTERNAL_SERVICE_TOKEN_GATEWAY", &token),
            ("INTERNAL_SERVICE_TOKEN_GAME", &games),
        ]);
        let mut config = local.config(&env).unwrap();
        change(&mut config);
        if let Ok(filter) = std::env::var("CROUPIER_TEST_LOG") {
            config.log.filter = filter;
            telemetry::start_log(&config.log).unwrap();
        }
        let mut processes = Vec::new();
        let front = match composition {
            Composition::Together => Role::All,
            Composition::Apart => {
                for role in [Role::Player, Role::Wallet, Role::Game] {
                    let service = Process::start(config.clone(), role).await;
                    *place(&mut config, role) =
                        Some(HostPort::try_from(service.running.address.to_string()).unwrap());
                    processes.push(service);
                }
                Role::Gateway
            }
        };
        let front = Process::start(config.clone(), front).await;
        let edge = format!("http://{}", front.running.address);
        let admin = front.running.admin;
        processes.push(front);
        let (keys, kid) = local.provider_key();
        let key = SimulatorKey::from_pem(&std::fs::read(keys.private_path(&kid)).unwrap()).unwrap();
        Self {
            aurora: Casino::new(&edge, BRANDS[0].domain),
            bonanza: Casino::new(&edge, BRANDS[1].domain),
            provider: Simulator::new(&format!("{edge}/callbacks/hub88"), key).unwrap(),
            owner: PgPoolOptions::new()
                .max_connections(2)
                .connect(&local.owner_url)
                .await
                .unwrap(),
            admin,
            local,
            edge,
            config,
            processes,
        }
    }

    /// A transaction of the owner's in which one brand's rows are seen.
    pub async fn rows_of(&self, brand: i64) -> Transaction<'static, Postgres> {
        self.owner
            .begin_with(AssertSqlSafe(format!(
                "BEGIN; SET LOCAL croupier.brand_ids = ',{brand},'"
            )))
            .await
            .unwrap()
    }

    /// Where a role that stands apart listens.
    pub fn service(&self, role: Role) -> SocketAddr {
        self.processes
            .iter()
            .find(|process| process.role == role)
            .unwrap()
            .running
            .address
    }

    /// Stops one role, as SIGTERM does, and waits.
    pub async fn stop(&mut self, role: Role) {
        let at = self
            .processes
            .iter()
            .position(|process| process.role == role)
            .unwrap();
        self.processes.remove(at).close().await;
    }

    /// Starts one more process of a role, with the house's settings changed; gives its address.
    pub async fn start(&mut self, role: Role, change: impl FnOnce(&mut Config)) -> SocketAddr {
        let mut config = self.config.clone();
        change(&mut config);
        let process = Process::start(config, role).await;
        let address = process.running.address;
        self.processes.push(process);
        address
    }

    /// The casino at any domain.
    pub fn at(&self, domain: &str) -> Casino {
        Casino::new(&self.edge, domain)
    }

    /// Signs a guest up and in.
    pub async fn guest(&self, casino: &Casino, account: &str) -> Guest {
        let password = "correct horse battery";
        let signed_up = casino.sign_up(account, password).await.unwrap();
        assert_eq!(signed_up.status, 201, "{signed_up:?}");
        let session = casino.sign_in(account, password).await.unwrap();
        assert_eq!(session.status, 201, "{session:?}");
        Guest {
            casino: casino.clone(),
            id: signed_up.text("player_id").to_owned(),
            token: session.text("access_token").to_owned(),
            refresh: session.text("refresh_token").to_owned(),
            password: password.to_owned(),
        }
    }

    /// A guest with money and a game open.
    pub async fn player(&self, casino: &Casino, account: &str, amount: &str) -> (Guest, Launch) {
        let guest = self.guest(casino, account).await;
        let deposit = casino
            .move_money("deposits", &guest.token, "float", amount)
            .await
            .unwrap();
        assert_eq!(deposit.status, 201, "{deposit:?}");
        let launch = guest.launch("northern-lights").await;
        (guest, launch)
    }

    /// Fails unless every brand's books are right.
    pub async fn audit(&self) {
        for brand in BRANDS {
            let wrong = books_of(&self.owner, brand.id).await.unwrap();
            assert!(wrong.is_empty(), "brand {}: {wrong:#?}", brand.code);
        }
    }
}

/// Where the settings say that a role is.
pub fn place(config: &mut Config, role: Role) -> &mut Option<HostPort> {
    match role {
        Role::Player => &mut config.internal.player,
        Role::Wallet => &mut config.internal.wallet,
        Role::Game => &mut config.internal.game,
        Role::All | Role::Gateway => panic!("{role} is behind nothing"),
    }
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Guest {
    /// Where.
    pub casino: Casino,
    /// The player's id.
    pub id: String,
    /// The access token.
    pub token: String,
    /// The refresh token.
    pub refresh: String,
    /// The password.
    pub password: String,
}

impl Guest {
    /// The wallet's total.
    pub async fn total(&self) -> String {
        let wallet = self
            .casino
            .get("/api/v1/wallet", Some(&self.token))
            .await
            .unwrap();
        assert_eq!(wallet.status, 200, "{wallet:?}");
        wallet.text("total").to_owned()
    }

    /// Opens a game.
    pub async fn launch(&self, game: &str) -> Launch {
        let answer = self.open_game(game).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        Launch {
            user: answer.text("provider_account").to_owned(),
            token: answer.text("token").to_owned(),
            game_code: "clt_northernlights".to_owned(),
            currency: "EUR".to_owned(),
        }
    }

    /// Asks for a game.
    pub async fn open_game(&self, game: &str) -> Answer {
        self.casino
            .post(
                &format!("/api/v1/games/{game}/sessions"),
                Some(&self.token),
                &json!({}),
            )
            .await
            .unwrap()
    }
}
