//! Composition: which role this process runs, and what it is made of; [`start()`] has what it listens on.
//!
//! Every role in one process, or each alone with signed calls between them: the same routes with
//! the same handlers. In front of them stands the edge or, where a role runs alone, the service
//! boundary; a handler finds the same [`BrandScope`](croupier_brand::BrandScope) behind either.

mod role;
mod start;

use std::{path::PathBuf, sync::Arc, time::Duration};

use axum::{Router, extract::DefaultBodyLimit, middleware::from_fn_with_state};
use croupier_brand::{
    Clock,
    directory::BrandDirectory,
    domain::DomainMap,
    enforcement::Enforcement,
    global,
    http::{
        authenticate::TokenGate,
        boundary::{self, ServiceGate},
        call::ServiceCaller,
        routes::{Access, Route, Routes},
    },
    redis_link::RedisLink,
    scope::{Edge, ServiceBoundary},
    signature::{BrandVerifier, replay::ReplayGuard},
    token::{Halves, KeyDir, KeyRing, Revocations, TokenVerifier},
};
use croupier_gateway::{
    Gateway,
    forward::Upstream,
    layers::{callers::Callers, limits::Limits, resolve::Resolver},
    stack,
};
use croupier_wallet::{LocalWallet, Wallet, journal::NumberingError};
use http::uri::Authority;

pub use role::Role;
pub use start::{Running, start};

use crate::{
    admin_api,
    config::Config,
    database::Connections,
    house_api::{self, House},
    ready::{
        self, NotReady,
        links::{Called, Calls, Links, Service},
    },
    services, telemetry,
};

/// Why a process does not start. Each says the next step.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// PostgreSQL is away or refuses.
    #[error("PostgreSQL cannot be used: {0}\n  next: check DATABASE_URL, or run: croupier doctor")]
    Database(#[source] sqlx::Error),
    /// The application role could step over row security.
    #[error(
        "the database role is, or may become, a superuser, one that owns tables or has BYPASSRLS, CREATEROLE or REPLICATION: it could see every brand's rows\n  next: connect as croupier_app, which the migrations set up; keep the owner for: croupier migrate"
    )]
    OverPrivileged,
    /// Connections would begin inside a brand.
    #[error(
        "connections of the database role begin with croupier.brand_ids set: what opened no scope would see that brand's rows\n  next: ALTER ROLE croupier_app RESET croupier.brand_ids (or ALTER DATABASE; or take it out of DATABASE_URL)"
    )]
    InsideABrand,
    /// The schema is older or newer than this version's.
    #[error("the database's schema is not this version's: {0}\n  next: run: croupier migrate")]
    Schema(String),
    /// What is written now would come before what the journal has.
    #[error("{0}\n  next: as the owner, with every process stopped: croupier journal adopt")]
    Numbers(#[source] NumberingError),
    /// The journal's numbers cannot be read.
    #[error(transparent)]
    Journal(NumberingError),
    /// A brand cannot be read.
    #[error(transparent)]
    Brands(#[from] global::GlobalError),
    /// Redis's URL is none.
    #[error("REDIS_URL is not a Redis URL\n  next: write it as redis://:password@host:6379")]
    Redis,
    /// A key is missing or no key.
    #[error(transparent)]
    Keys(#[from] croupier_brand::token::KeyError),
    /// No public key to verify tokens with.
    #[error(
        "{0} holds no public key, so no token could be verified\n  next: run: croupier keys generate <id> --dir {0}"
    )]
    NoKeys(PathBuf),
    /// Something a role needs is not set, or something is there that must not be.
    #[error(transparent)]
    NotReady(#[from] NotReady),
    /// A part of the services cannot be made.
    #[error("{0}")]
    Service(String),
    /// An address cannot be listened on.
    #[error("{address} cannot be listened on: {source}\n  next: free it, or set {setting} to another")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// The setting.
        setting: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
}

impl StartError {
    /// A restored database has a next step, one that fails has none.
    pub(crate) fn numbers(fault: NumberingError) -> Self {
        match fault {
            NumberingError::Restarted { .. } => Self::Numbers(fault),
            NumberingError::End | NumberingError::Database(_) => Self::Journal(fault),
        }
    }
}

/// What every role is made of.
#[derive(Clone)]
pub struct Parts {
    pub(crate) config: Config,
    role: Role,
    links: Links,
    pub(crate) clock: Clock,
    pub(crate) connections: Connections,
    pub(crate) redis: RedisLink,
    pub(crate) directory: BrandDirectory,
    pub(crate) enforcement: Enforcement,
    pub(crate) keys: KeyRing,
    pub(crate) revocations: Revocations,
    pub(crate) verifier: TokenVerifier,
    pub(crate) wallet: Arc<dyn Wallet>,
    /// The wallet of this process, which has to end in order.
    local: Option<LocalWallet>,
}

impl Parts {
    /// Connects, and refuses to go on where the database or the keys are not as they must be.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn connect(config: Config, role: Role, clock: Clock) -> Result<Self, StartError> {
        let links = ready::check(&config, role, &clock)?;
        let connections = Connections::open(&config.database, config.wallet.shards).await?;
        let redis = RedisLink::new(&config.redis.url.0).map_err(|_| StartError::Redis)?;
        // Only who issues tokens opens a private half.
        let halves = match role {
            Role::All | Role::Player => Halves::Both,
            Role::Gateway | Role::Wallet | Role::Game => Halves::Public,
        };
        let keys = KeyRing::open(KeyDir::new(&config.tokens.keys_dir), halves, clock.clone())?;
        if keys.public().is_empty() {
            return Err(StartError::NoKeys(config.tokens.keys_dir.clone()));
        }
        let directory = BrandDirectory::start(connections.brandless.clone()).await?;
        if role.has_wallet() {
            connections.check_numbers(&directory).await?;
        }
        let (wallet, local) = services::wallet_of(&links, &connections, &clock, config.wallet);
        Ok(Self {
            directory,
            enforcement: Enforcement::new(config.enforcement, role.as_str()),
            revocations: Revocations::new(connections.brands.clone(), redis.clone(), clock.clone()),
            verifier: TokenVerifier::new(keys.clone(), &config.tokens.issuer, clock.clone()),
            wallet,
            local,
            config,
            role,
            links,
            clock,
            connections,
            redis,
            keys,
        })
    }

    fn gate(&self) -> TokenGate {
        TokenGate::new(self.verifier.clone(), self.revocations.clone(), self.enforcement)
    }

    fn house(&self) -> Routes {
        house_api::table().with_state(House {
            role: self.role,
            mode: self.config.enforcement,
            pool: self.connections.to_look(),
            redis: self.redis.clone(),
            metrics: telemetry::metrics(),
            edge: self.config.edge.clone(),
        })
    }

    fn limits(&self) -> Limits {
        Limits::new(
            self.config.edge.max_concurrency,
            Duration::from_millis(self.config.edge.timeout_ms),
        )
    }

    fn edge(&self, routes: Routes) -> Router {
        let map = DomainMap::start(
            self.connections.brandless.clone(),
            self.redis.clone(),
            self.directory.clone(),
            self.clock.clone(),
            self.config.domains,
        );
        let edge = Edge::new(
            self.enforcement,
            self.directory.clone(),
            self.config.brands.default.clone(),
        );
        let resolver = Resolver {
            map,
            edge,
            config: self.config.edge.clone(),
        };
        let callers = Callers::new(self.config.providers.peers(), self.config.edge.clone());
        Gateway {
            resolver,
            gate: self.gate(),
            callers,
            clock: self.clock.clone(),
        }
        .in_front_of(routes)
    }

    /// A role alone: what comes in must be from a service that may call, with the brand signed.
    fn alone(&self, called: &Called, routes: Routes) -> Router {
        tracing::info!(callers = ?called.callers.keys().collect::<Vec<_>>(), "answers these callers");
        let verifier = BrandVerifier::new(
            called.keys.clone(),
            called.callers.clone(),
            self.config.internal.signature_min_version,
            self.clock.clone(),
        );
        let default_brand = self.config.brands.default.clone();
        let boundary = ServiceBoundary::new(
            verifier,
            ReplayGuard::new(self.redis.clone()),
            self.enforcement,
            self.directory.clone(),
            default_brand,
        );
        let gate = ServiceGate::new(boundary.clone(), self.money_callers(called));
        let service = from_fn_with_state(gate, boundary::service_layer);
        let money_max_body = DefaultBodyLimit::max(self.config.internal.money_max_body);
        let scope = from_fn_with_state(boundary.clone(), boundary::layer);
        let caller = from_fn_with_state(boundary, boundary::caller_layer);
        let token = from_fn_with_state(self.gate(), TokenGate::layer);
        let routed = routes
            .in_front_of(Access::Player, |router| {
                router.route_layer(token).route_layer(scope.clone())
            })
            .in_front_of(Access::Brand, |router| router.route_layer(scope))
            .in_front_of(Access::Service, |router| {
                router.route_layer(service).route_layer(money_max_body)
            })
            .in_front_of(Access::Provider, |router| router.route_layer(caller.clone()))
            .in_front_of(Access::Public, |router| router.route_layer(caller))
            // What an operator's probes ask is not for callers only.
            .merge(self.house())
            .into_router();
        stack::outermost(
            routed,
            self.clock.clone(),
            self.config.edge.max_body,
            self.limits(),
        )
    }

    /// Who may give the wallet commands, if this role has it.
    fn money_callers(&self, called: &Called) -> Vec<String> {
        let named = self.config.internal.money_callers.iter();
        let named: Vec<String> = named.map(ToString::to_string).collect();
        let answered = named.iter().any(|caller| called.callers.contains_key(caller));
        if matches!(called.role, Service::Wallet) && !answered {
            tracing::warn!(
                callers = ?named,
                "none of internal.money_callers is in internal.wallet_callers with a token that is set here (INTERNAL_SERVICE_TOKEN_<CALLER>): no game can be played for money"
            );
        }
        named
    }

    /// The routes of the roles behind the edge, each forwarded to its own.
    fn behind(&self, calls: &Calls) -> Routes {
        let at = |place: &Authority, list: &[Route]| {
            let service = ServiceCaller::new(place.clone(), calls.signer.clone());
            Upstream::new(service, self.clock.clone()).routes(list)
        };
        at(&calls.player, croupier_player::table().list())
            .merge(at(&calls.wallet, croupier_wallet::http::table().list()))
            .merge(at(&calls.game, &services::game_list()))
    }

    /// What the process serves.
    ///
    /// # Errors
    /// [`StartError`] when a part of the services cannot be made.
    pub fn router(&self) -> Result<Router, StartError> {
        let of_the_edge = || croupier_gateway::brand_api::routes().merge(self.house());
        match &self.links {
            Links::None => {
                let routes = services::player(self)?
                    .merge(services::wallet(self))
                    .merge(services::game(self)?);
                Ok(self.edge(of_the_edge().merge(routes)))
            }
            Links::Calls(calls) => Ok(self.edge(of_the_edge().merge(self.behind(calls)))),
            Links::Called(called) => {
                let routes = match called.role {
                    Service::Player => services::player(self)?,
                    Service::Wallet => services::wallet(self).merge(services::money(self)),
                    Service::Game => services::game(self)?,
                };
                Ok(self.alone(called, routes))
            }
        }
    }
}

/// Every route that a process which runs everything serves at the edge.
#[must_use]
pub fn route_list() -> Vec<Route> {
    let lists = [
        croupier_gateway::brand_api::routes().list().to_vec(),
        croupier_player::table().list().to_vec(),
        croupier_wallet::http::table().list().to_vec(),
        services::game_list(),
        house_api::table().list().to_vec(),
    ];
    lists.concat()
}

/// Every route that a role which stands alone serves to the others, and no edge to anybody: the role, and its routes.
#[must_use]
pub fn service_list() -> Vec<(Role, Vec<Route>)> {
    vec![(Role::Wallet, croupier_wallet::remote::table().list().to_vec())]
}

/// Every route of the back office's own listener.
#[must_use]
pub fn back_office_list() -> Vec<Route> {
    admin_api::list()
}
