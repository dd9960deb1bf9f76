//! A started process: what it listens on, and what runs beside.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use croupier_brand::{
    Clock,
    redis_link::{Eviction, RedisLink},
    scope::Worker,
    token::{Halves, KeyDir, KeyRing},
};
use croupier_gateway::{
    server::{self, Shutdown},
    stack,
};
use croupier_wallet::{LocalWallet, journal::Sealer};
use tokio::{net::TcpListener, task::JoinSet};

use super::{Parts, Role, StartError};
use crate::{admin_api, config::Config, database::Connections, keys, services, telemetry};

/// A started process: its listeners are bound and serve until told to stop.
pub struct Running {
    /// Where the role is served.
    pub address: SocketAddr,
    /// Where the back office is served, in a process that runs everything.
    pub admin: Option<SocketAddr>,
    served: JoinSet<()>,
    wallet: Option<LocalWallet>,
    connections: Connections,
}

impl Running {
    /// Returns when every listener has stopped and drained, and every command that the wallet took is decided.
    pub async fn finished(mut self) {
        while self.served.join_next().await.is_some() {}
        if let Some(wallet) = &self.wallet {
            wallet.drain().await;
        }
        self.connections.close().await;
    }
}

/// Starts a role: connects, binds, serves.
///
/// # Errors
/// [`StartError`].
pub async fn start(config: Config, role: Role, shutdown: Shutdown) -> Result<Running, StartError> {
    let parts = Parts::connect(config, role, Clock::system()).await?;
    let router = parts.router()?;
    let config = Arc::new(parts.config.edge.clone());
    let (listener, address) = match role {
        Role::All | Role::Gateway => {
            bind(config.listen, "edge.listen (CROUPIER_PORT for croupier dev)").await?
        }
        Role::Player | Role::Wallet | Role::Game => {
            bind(parts.config.internal.listen, "internal.listen").await?
        }
    };
    let mut served = JoinSet::new();
    let mut admin = None;
    if role == Role::All {
        let (listener, address) = bind(
            parts.config.admin.listen,
            "admin.listen (CROUPIER_ADMIN_PORT for croupier dev)",
        )
        .await?;
        admin = Some(address);
        let operator_keys = operator_keys(&parts)?;
        keys::follow(
            &mut served,
            operator_keys.clone(),
            &parts.config.tokens,
            &shutdown,
        );
        let routed = admin_api::router(&parts, operator_keys).merge(parts.house().into_router());
        let router = stack::outermost(routed, parts.clock.clone(), config.max_body, parts.limits());
        let (config, shutdown) = (Arc::clone(&config), shutdown.clone());
        served.spawn(async move { server::serve(listener, router, &config, shutdown).await });
    }
    keys::follow(&mut served, parts.keys.clone(), &parts.config.tokens, &shutdown);
    until_stopped(&mut served, &shutdown, keep_metrics_small());
    // Beside it: a Redis that hangs keeps nobody waiting.
    until_stopped(&mut served, &shutdown, tell_of_eviction(parts.redis.clone()));
    if role.has_wallet() && parts.config.wallet.seal_interval_ms > 0 {
        let sealer = Sealer::new(
            parts.connections.brands.clone(),
            parts.directory.clone(),
            parts.clock.clone(),
        );
        let every = Duration::from_millis(parts.config.wallet.seal_interval_ms.into());
        until_stopped(&mut served, &shutdown, sealer.run(every));
    }
    if role.has_wallet() && parts.config.payments.finish_interval_ms > 0 {
        let every = Duration::from_millis(parts.config.payments.finish_interval_ms.into());
        let cashier = services::cashier(&parts);
        let (directory, enforcement) = (parts.directory.clone(), parts.enforcement);
        let worker = Worker::new(enforcement, directory.clone(), None);
        until_stopped(&mut served, &shutdown, cashier.run(directory, worker, every));
    }
    served.spawn(async move { server::serve(listener, router, &config, shutdown).await });
    tracing::info!(role = role.as_str(), %address, enforcement = %parts.config.enforcement, "serving");
    Ok(Running {
        address,
        admin,
        served,
        wallet: parts.local,
        connections: parts.connections,
    })
}

/// Says so where Redis takes out what it was told to keep.
async fn tell_of_eviction(redis: RedisLink) {
    match redis.eviction().await {
        Ok(Eviction::Refuses) => {}
        Ok(Eviction::TakesOut(policy)) => tracing::error!(
            policy,
            "Redis takes out what it holds when its memory is full, and nobody is told: a signed call that was carried out could be carried out again. {}",
            Eviction::NEXT
        ),
        Ok(Eviction::Unsaid) => tracing::warn!(
            "Redis does not say what it does when its memory is full (CONFIG GET and INFO are refused): make sure that its maxmemory-policy is noeviction"
        ),
        // It may come back; who needs it says so.
        Err(fault) => tracing::warn!(%fault, "Redis was not asked what it does when its memory is full"),
    }
}

/// Beside what is served, until shutdown was asked for.
fn until_stopped(
    served: &mut JoinSet<()>,
    shutdown: &Shutdown,
    work: impl Future<Output = ()> + Send + 'static,
) {
    let mut stop = shutdown.clone();
    served.spawn(async move {
        tokio::select! {
            () = work => {}
            () = server::stopped(&mut stop) => {}
        }
    });
}

/// The keys of operators' tokens. Where there are none the back office refuses everybody.
fn operator_keys(parts: &Parts) -> Result<KeyRing, StartError> {
    let dir = KeyDir::new(&parts.config.tokens.operator_keys_dir);
    let path = dir.path().display().to_string();
    let keys = KeyRing::open(dir, Halves::Public, parts.clock.clone())?;
    if keys.public().is_empty() {
        tracing::warn!(
            "{path} (tokens.operator_keys_dir) holds no key: the back office refuses everybody; make one with: croupier keys generate --operator"
        );
    }
    Ok(keys)
}

/// Histograms keep every sample until somebody reads them or this is done; where nothing scrapes
/// `/metrics` they would fill the memory.
async fn keep_metrics_small() {
    let metrics = telemetry::metrics();
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        metrics.run_upkeep();
    }
}

async fn bind(address: SocketAddr, setting: &'static str) -> Result<(TcpListener, SocketAddr), StartError> {
    let fault = |source| StartError::Listen {
        address,
        setting,
        source,
    };
    let listener = TcpListener::bind(address).await.map_err(fault)?;
    let bound = listener.local_addr().map_err(fault)?;
    Ok((listener, bound))
}
