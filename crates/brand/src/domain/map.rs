//! A request's question: whose is this host?

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use tokio::task::JoinSet;

use super::{
    MapLimits, MapUnavailable, Resolution, ResolvedDomain,
    asker::Asker,
    memory::{Entry, Memory},
    projection::{CHANNEL, Projector},
};
use crate::{
    brand::BrandId, clock::Clock, directory::BrandDirectory, host::CanonicalHost, redis_link::RedisLink,
    tx::Brandless,
};

/// The map. Cloning it shares the memory.
#[derive(Clone, Debug)]
pub struct DomainMap {
    memory: Memory,
    asker: Asker,
    directory: BrandDirectory,
    clock: Clock,
    /// They end with the last clone.
    _tasks: Arc<JoinSet<()>>,
}

impl DomainMap {
    /// A map that follows changes for as long as a clone of it is alive. `pool` is to be one that no
    /// brand's transactions use: every request waits for it when its host is not in memory.
    #[must_use]
    pub fn start(
        pool: Brandless,
        redis: RedisLink,
        directory: BrandDirectory,
        clock: Clock,
        limits: MapLimits,
    ) -> Self {
        let memory = Memory::new(limits);
        let mut tasks = JoinSet::new();
        let (projector, projecting) = Projector::new(pool.clone(), redis.clone());
        tasks.spawn(projecting);
        let (asker, asking) = Asker::new(pool, memory.clone(), projector, clock.clone());
        tasks.spawn(asking);
        tasks.spawn(listen(redis, memory.clone(), asker.clone()));
        Self {
            memory,
            asker,
            directory,
            clock,
            _tasks: Arc::new(tasks),
        }
    }

    /// Whose a host is.
    ///
    /// No round trip for a host that is in use; one statement of PostgreSQL for another.
    ///
    /// # Errors
    /// [`MapUnavailable`].
    pub async fn resolve(&self, host: &CanonicalHost) -> Result<Resolution, MapUnavailable> {
        let now = self.clock.uptime();
        if let Some(entry) = self.memory.get(host.as_str()) {
            if entry.is_first_use() {
                self.asker.note_use(host);
            }
            if entry.is_fresh(now) {
                return self.read(&entry, now, true);
            }
        }
        // While PostgreSQL is away nobody waits to hear it again.
        if self.asker.is_away()
            && let Some(entry) = self.memory.last_known(host.as_str(), now)
        {
            return self.read(&entry, now, false);
        }
        // The answer is to a question asked after this request came, so for this request it is true however
        // late it is: whoever is served for another brand by then came later.
        match self.asker.ask(host).await {
            Ok(entry) => self.read(&entry, self.clock.uptime(), true),
            Err(unavailable) => {
                let now = self.clock.uptime();
                match self.memory.last_known(host.as_str(), now) {
                    Some(entry) => self.read(&entry, now, false),
                    None => Err(unavailable),
                }
            }
        }
    }

    fn read(&self, entry: &Entry, now: Duration, confirmed: bool) -> Result<Resolution, MapUnavailable> {
        if entry.is_held(now) {
            return Ok(Resolution::Moving);
        }
        let Some((binding, id)) = entry
            .binding
            .as_ref()
            .and_then(|binding| Some((binding, binding.brand_id?)))
        else {
            return if confirmed {
                Ok(Resolution::Nobody)
            } else {
                Err(MapUnavailable)
            };
        };
        // A brand that this process has not read yet, or cannot read: the domain is not nobody's,
        // so it must not run under what unknown domains run under.
        let brand = BrandId::new(id.into())
            .ok()
            .and_then(|id| self.directory.by_id(id))
            .ok_or_else(|| {
                tracing::error!(brand_id = id, "a domain leads to a brand that is not known here");
                MapUnavailable
            })?;
        Ok(Resolution::Brand(ResolvedDomain {
            brand,
            agent_id: binding.agent_id,
            level: binding.level.clone(),
            confirmed,
        }))
    }
}

/// Asks about hosts as they are named on the channel, reconnecting for as long as the map lives. A host that
/// this process has not been asked for is none of its business.
async fn listen(redis: RedisLink, memory: Memory, asker: Asker) {
    loop {
        if let Ok(mut channel) = redis.listen().await
            && channel.subscribe(CHANNEL).await.is_ok()
        {
            let mut messages = channel.on_message();
            while let Some(message) = messages.next().await {
                if let Ok(host) = message.get_payload::<String>()
                    && memory.get(&host).is_some()
                    && let Ok(host) = CanonicalHost::parse(&host)
                {
                    asker.ask_aside(host);
                }
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
