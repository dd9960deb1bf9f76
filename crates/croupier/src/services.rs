//! The services behind the edge, each made of the parts it needs, and what one asks of another.

use std::sync::Arc;

use croupier_brand::{
    BrandScope, Clock,
    http::routes::{Route, Routes},
    throttle::Throttle,
    token::{KeyError, PlayerId},
};
use croupier_game::{
    GameState,
    launch::LaunchConfig,
    players::{Lookup, PlayerSummary, Players, PlayersUnavailable},
    provider::{CallbackState, PROTOCOLS},
    rounds::Rounds,
};
use croupier_player::{PasswordHasher, PlayerError, PlayerLookup, PlayerService, PlayerServiceParts};
use croupier_wallet::{
    LocalWallet, RemoteWallet, Wallet, WalletLimits,
    cashier::Cashier,
    http::WalletApi,
    payments::{Closed, PaymentGateway, Sandbox},
};
use time::Duration;

use crate::{
    database::Connections,
    ready::links::Links,
    runtime::{Parts, StartError},
};

/// Players and their tokens.
///
/// # Errors
/// [`StartError`] when a key or a setting is not as it must be.
pub(crate) fn player(parts: &Parts) -> Result<Routes, StartError> {
    let fault = |fault: PlayerError| StartError::Service(fault.to_string());
    if parts.keys.signs().is_none() {
        let folder = parts.config.tokens.keys_dir.clone();
        return Err(KeyError::NoSigningKey(folder).into());
    }
    let service = PlayerService::new(PlayerServiceParts {
        pool: parts.connections.brands.clone(),
        clock: parts.clock.clone(),
        passwords: PasswordHasher::start(parts.config.password).map_err(fault)?,
        keys: parts.keys.clone(),
        jwks_max_age: parts.config.tokens.jwks_max_age(),
        sign_ins: Throttle::new(
            "sign_in",
            parts.config.sign_in.throttle(),
            parts.redis.clone(),
            parts.clock.clone(),
        ),
        revocations: parts.revocations.clone(),
        issuer: parts.config.tokens.issuer.clone(),
        limits: parts.config.sessions,
        exclusions: parts.config.exclusion,
    });
    Ok(croupier_player::routes(service.map_err(fault)?))
}

/// The wallet that this process moves money with, one for all its services: its own or, where the wallet role
/// stands apart, that role's. Its own is given too, because it has to end in order.
pub(crate) fn wallet_of(
    links: &Links,
    connections: &Connections,
    clock: &Clock,
    limits: WalletLimits,
) -> (Arc<dyn Wallet>, Option<LocalWallet>) {
    let elsewhere = match links {
        Links::Called(called) => called.wallet.as_ref(),
        Links::Calls(_) | Links::None => None,
    };
    match elsewhere {
        Some(wallet) => (
            Arc::new(RemoteWallet::new(wallet.clone(), limits, clock.clone())),
            None,
        ),
        None => {
            let (brands, writers) = (connections.brands.clone(), connections.writers.clone());
            let local = LocalWallet::with_writers(brands, writers, clock.clone(), limits);
            (Arc::new(local.clone()), Some(local))
        }
    }
}

/// What other roles ask of the wallet role.
pub(crate) fn money(parts: &Parts) -> Routes {
    croupier_wallet::remote::routes(Arc::clone(&parts.wallet))
}

/// Between players, the payment gateway and the wallet.
pub(crate) fn cashier(parts: &Parts) -> Cashier {
    let payments: Arc<dyn PaymentGateway> = if parts.config.payments.sandbox {
        tracing::warn!("payments.sandbox is on: deposits are approved without any money being taken");
        Arc::new(Sandbox)
    } else {
        Arc::new(Closed)
    };
    Cashier::new(
        Arc::clone(&parts.wallet),
        payments,
        parts.connections.brands.clone(),
        parts.clock.clone(),
    )
    .with_limits(parts.config.limits)
    .over_wallet_of(parts.config.wallet)
}

/// Money.
pub(crate) fn wallet(parts: &Parts) -> Routes {
    croupier_wallet::http::routes(WalletApi::new(cashier(parts)))
}

/// Games and providers' callbacks.
///
/// # Errors
/// [`StartError`] when a setting is not as it must be.
pub(crate) fn game(parts: &Parts) -> Result<Routes, StartError> {
    let players: Arc<dyn Players> = Arc::new(KnownPlayers {
        lookup: PlayerLookup::gathered(parts.connections.brands.clone()),
        clock: parts.clock.clone(),
    });
    let config = &parts.config.game;
    let mut launch = LaunchConfig::new(Duration::hours(config.session_hours.into()))
        .map_err(|fault| StartError::Service(format!("[game] {fault}")))?;
    let rounds = Rounds::new(
        parts.connections.brands.clone(),
        Arc::clone(&parts.wallet),
        Arc::clone(&players),
        parts.clock.clone(),
    );
    let mut routes = Routes::new();
    for protocol in &PROTOCOLS {
        let name = protocol.spec.name;
        let agreed = parts.config.providers.of(name);
        let base = agreed.launch_base.as_ref().unwrap_or(&config.launch_base);
        launch = launch
            .with_provider(name, base)
            .map_err(|fault| StartError::Service(format!("[game] {fault}")))?;
        let credential = agreed
            .credential(name, protocol.spec.keys)
            .map_err(StartError::Service)?;
        if credential.is_empty() {
            tracing::info!("providers.{name} has no keys: every callback of {name} is refused");
        }
        routes = routes.merge(protocol.routes(CallbackState {
            directory: parts.directory.clone(),
            enforcement: parts.enforcement,
            rounds: rounds.clone(),
            credential: Arc::new(credential),
            contract: protocol.spec.contract.with(agreed.agreed()),
        }));
    }
    let state = GameState {
        pool: parts.connections.brands.clone(),
        players,
        launch: Arc::new(launch),
        clock: parts.clock.clone(),
    };
    Ok(croupier_game::routes(state).merge(routes))
}

/// The routes of [`game`], for a gateway that forwards.
pub(crate) fn game_list() -> Vec<Route> {
    let callbacks = PROTOCOLS
        .iter()
        .flat_map(|protocol| protocol.table().list().to_vec());
    croupier_game::table()
        .list()
        .iter()
        .cloned()
        .chain(callbacks)
        .collect()
}

/// What games ask of players.
struct KnownPlayers {
    lookup: PlayerLookup,
    clock: Clock,
}

impl Players for KnownPlayers {
    fn find<'a>(&'a self, scope: &'a BrandScope, player: PlayerId) -> Lookup<'a> {
        Box::pin(async move { self.summary(self.lookup.find(scope, player).await) })
    }

    fn find_by_account<'a>(&'a self, scope: &'a BrandScope, account: &'a str) -> Lookup<'a> {
        Box::pin(async move { self.summary(self.lookup.find_by_account(scope, account).await) })
    }
}

impl KnownPlayers {
    fn summary(
        &self,
        found: Result<Option<croupier_player::PlayerSummary>, PlayerError>,
    ) -> Result<Option<PlayerSummary>, PlayersUnavailable> {
        let found = found.map_err(|fault| PlayersUnavailable(Box::new(fault)))?;
        Ok(found.map(|player| PlayerSummary {
            id: player.id,
            account: player.account.as_str().to_owned(),
            standing: player.standing(self.clock.now()),
        }))
    }
}
