//! The domain map: which brand a host belongs to.
//!
//! PostgreSQL is the truth (`brand_domain`). Redis is its projection, under
//! `domain:agent:{host}` and `domain:level:{host}`, each a JSON object that binds one `brand_id`.
//! moka is in front of Redis, bounded, for hosts that belong to a brand and for hosts that do not.
//!
//! An entry in memory serves for half a second and is then asked for again, so a change is seen within
//! that time even when the message that announces it is lost; the message makes it sooner. When
//! neither Redis nor PostgreSQL answers, a known host is served from memory until [`MapLimits::hard_expiry`].
//! A projection is believed only if both keys name one brand and one version; else PostgreSQL is
//! asked and the projection mended. A higher version is never overwritten by a lower one.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use moka::future::Cache;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::{
    brand::{Brand, BrandId},
    clock::Clock,
    directory::BrandDirectory,
    global::{self, GlobalError},
    host::CanonicalHost,
    redis_link::RedisLink,
};

/// How long an entry in memory serves without being asked for again.
const FRESH: time::Duration = time::Duration::milliseconds(500);
/// How long a projection stays in Redis.
const PROJECTION_SECONDS: u32 = 300;
/// The channel on which changed hosts are named.
const CHANNEL: &str = "croupier:domain";

/// Bounds of the map in memory.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MapLimits {
    /// The most hosts kept, known and unknown ones each.
    pub entries: u64,
    /// Seconds a known host is served while neither Redis nor PostgreSQL answers.
    pub hard_expiry: u32,
}

impl Default for MapLimits {
    fn default() -> Self {
        Self {
            entries: 10_000,
            hard_expiry: 600,
        }
    }
}

/// What is known of a domain. `brand_id` is none where it was taken off a brand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    pub(crate) brand_id: Option<i32>,
    pub(crate) agent_id: Option<i64>,
    pub(crate) level: Option<String>,
    pub(crate) version: i64,
}

/// Where players who come through a domain are led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainTarget {
    /// The brand.
    pub brand: BrandId,
    /// The agent whose players they are, if the domain has one.
    pub agent_id: Option<i64>,
    /// The level they start at, if the domain has one.
    pub level: Option<String>,
}

/// A host that the map found to be a brand's. Only the map makes one.
#[derive(Clone, Debug)]
pub struct ResolvedDomain {
    pub(crate) brand: Arc<Brand>,
    /// The agent whose players come through this domain.
    pub agent_id: Option<i64>,
    /// The level players of this domain start at.
    pub level: Option<String>,
}

/// Neither Redis nor PostgreSQL answered and the host is not in memory, or its brand is not known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the domain map cannot be read now")]
pub struct MapUnavailable;

#[derive(Clone)]
struct Entry {
    /// None: the host is no brand's.
    binding: Option<Arc<Binding>>,
    asked_at: OffsetDateTime,
}

/// The map. Cloning it shares the memory.
#[derive(Clone)]
pub struct DomainMap {
    pool: PgPool,
    redis: RedisLink,
    directory: BrandDirectory,
    known: Cache<String, Entry>,
    unknown: Cache<String, Entry>,
    clock: Clock,
}

impl std::fmt::Debug for DomainMap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DomainMap")
            .field("known", &self.known.entry_count())
            .finish_non_exhaustive()
    }
}

impl DomainMap {
    /// A map that listens for changes for as long as a clone of it is alive.
    #[must_use]
    pub fn start(
        pool: PgPool,
        redis: RedisLink,
        directory: BrandDirectory,
        clock: Clock,
        limits: MapLimits,
    ) -> Self {
        let hard = Duration::from_secs(limits.hard_expiry.into());
        let cache = |life| {
            Cache::builder()
                .max_capacity(limits.entries)
                .time_to_live(life)
                .build()
        };
        let map = Self {
            pool,
            redis,
            directory,
            known: cache(hard),
            unknown: cache(hard.min(Duration::from_secs(5))),
            clock,
        };
        tokio::spawn(listen(map.redis.clone(), map.known.clone(), map.unknown.clone()));
        map
    }

    /// The brand a host belongs to; none when it belongs to none.
    ///
    /// # Errors
    /// [`MapUnavailable`].
    pub async fn resolve(&self, host: &CanonicalHost) -> Result<Option<ResolvedDomain>, MapUnavailable> {
        let kept = match self.known.get(host.as_str()).await {
            Some(entry) => Some(entry),
            None => self.unknown.get(host.as_str()).await,
        };
        let now = self.clock.now();
        let binding = match kept {
            // A clock that was set back must not keep an entry fresh: age is absolute.
            Some(entry) if (now - entry.asked_at).abs() < FRESH => entry.binding,
            kept => match self.ask(host).await {
                Ok(binding) => {
                    self.keep(host, binding.clone(), now).await;
                    binding
                }
                Err(fault) => {
                    tracing::error!(%fault, "neither Redis nor PostgreSQL answers for the domain map");
                    kept.and_then(|entry| entry.binding)
                        .map(Some)
                        .ok_or(MapUnavailable)?
                }
            },
        };
        match binding.and_then(|binding| Some((binding.brand_id?, binding))) {
            // A brand that this process has not read yet, or cannot read: the domain is not nobody's,
            // so it must not run under what unknown domains run under.
            Some((brand_id, binding)) => self.target(brand_id, &binding).map(Some).ok_or(MapUnavailable),
            None => Ok(None),
        }
    }

    /// Binds a domain to a brand and announces it. `take_over` allows it to be another brand's before.
    ///
    /// # Errors
    /// [`GlobalError::DomainTaken`]; other faults leave the binding as it was.
    pub async fn bind(
        &self,
        host: &CanonicalHost,
        target: DomainTarget,
        take_over: bool,
    ) -> Result<(), GlobalError> {
        let binding = Binding {
            brand_id: Some(target.brand.get()),
            agent_id: target.agent_id,
            level: target.level,
            version: 0,
        };
        let bound = global::bind_domain(&self.pool, host, &binding, take_over, self.clock.now()).await?;
        self.announce(host, &bound).await;
        Ok(())
    }

    /// Takes a domain off its brand and announces it.
    ///
    /// # Errors
    /// [`GlobalError::NoDomain`].
    pub async fn unbind(&self, host: &CanonicalHost) -> Result<(), GlobalError> {
        let unbound = global::unbind_domain(&self.pool, host, self.clock.now()).await?;
        self.announce(host, &unbound).await;
        Ok(())
    }

    async fn keep(&self, host: &CanonicalHost, binding: Option<Arc<Binding>>, asked_at: OffsetDateTime) {
        let name = host.as_str().to_owned();
        match binding.as_ref().and_then(|binding| binding.brand_id) {
            Some(_) => {
                self.unknown.invalidate(host.as_str()).await;
                self.known.insert(name, Entry { binding, asked_at }).await;
            }
            None => {
                self.known.invalidate(host.as_str()).await;
                self.unknown
                    .insert(
                        name,
                        Entry {
                            binding: None,
                            asked_at,
                        },
                    )
                    .await;
            }
        }
    }

    fn target(&self, brand_id: i32, binding: &Binding) -> Option<ResolvedDomain> {
        let Some(brand) = BrandId::new(brand_id.into())
            .ok()
            .and_then(|id| self.directory.by_id(id))
        else {
            tracing::error!(brand_id, "a domain leads to a brand that is not known here");
            return None;
        };
        Some(ResolvedDomain {
            brand,
            agent_id: binding.agent_id,
            level: binding.level.clone(),
        })
    }

    async fn ask(&self, host: &CanonicalHost) -> Result<Option<Arc<Binding>>, sqlx::Error> {
        match projection::read(&self.redis, host).await {
            Ok(Some(binding)) => return Ok(Some(Arc::new(binding))),
            Ok(None) => {}
            Err(fault) => {
                tracing::warn!(%fault, host = host.as_str(), "the domain map's projection cannot be read; PostgreSQL is asked")
            }
        }
        let Some(binding) = global::domain(&self.pool, host).await? else {
            return Ok(None);
        };
        if let Err(fault) = projection::write(&self.redis, host, &binding).await {
            tracing::warn!(%fault, host = host.as_str(), "the domain map's projection cannot be written");
        }
        Ok(Some(Arc::new(binding)))
    }

    /// Best effort: without Redis the change is seen when the entries in memory are asked for anew.
    async fn announce(&self, host: &CanonicalHost, binding: &Binding) {
        self.known.invalidate(host.as_str()).await;
        self.unknown.invalidate(host.as_str()).await;
        match projection::write(&self.redis, host, binding).await {
            Ok(true) => {}
            Ok(false) => self.mend(host).await,
            Err(fault) => {
                tracing::warn!(%fault, host = host.as_str(), "the change of a domain could not be projected")
            }
        }
        let _ = self
            .redis
            .run::<i64>(redis::cmd("PUBLISH").arg(CHANNEL).arg(host.as_str()))
            .await;
    }

    /// A version that PostgreSQL never gave (another house's, or one from after the backup that was put
    /// back) would be believed for ever, because no lower one replaces it. It is removed.
    async fn mend(&self, host: &CanonicalHost) {
        let kept = match projection::read(&self.redis, host).await {
            Ok(Some(kept)) => kept.version,
            // What contradicts itself is not believed, and stands in the way all the same.
            Ok(None) => i64::MAX,
            Err(_) => return,
        };
        // Asked after the projection: what it held cannot be newer than the truth is now.
        if let Ok(Some(truth)) = global::domain(&self.pool, host).await
            && truth.version < kept
        {
            tracing::error!(
                host = host.as_str(),
                kept,
                truth = truth.version,
                "the domain map's projection held a version that was never given; it is removed"
            );
            let _ = projection::remove(&self.redis, host).await;
        }
    }
}

/// Forgets hosts as they are named on the channel, reconnecting while the caches are in use.
async fn listen(redis: RedisLink, known: Cache<String, Entry>, unknown: Cache<String, Entry>) {
    loop {
        if let Ok(mut channel) = redis.listen().await
            && channel.subscribe(CHANNEL).await.is_ok()
        {
            let mut messages = channel.on_message();
            while let Some(message) = messages.next().await {
                if let Ok(host) = message.get_payload::<String>() {
                    known.invalidate(&host).await;
                    unknown.invalidate(&host).await;
                }
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// The two keys in Redis.
mod projection {
    use super::{Binding, CanonicalHost, Deserialize, PROJECTION_SECONDS, RedisLink, Serialize};

    #[derive(Serialize, Deserialize, PartialEq)]
    struct Agent {
        brand_id: Option<i32>,
        version: i64,
        agent_id: Option<i64>,
    }

    #[derive(Serialize, Deserialize, PartialEq)]
    struct Level {
        brand_id: Option<i32>,
        version: i64,
        level: Option<String>,
    }

    fn keys(host: &CanonicalHost) -> [String; 2] {
        [format!("domain:agent:{host}"), format!("domain:level:{host}")]
    }

    /// None when a key is missing or is not what it must be, or when the two disagree.
    pub(super) async fn read(
        redis: &RedisLink,
        host: &CanonicalHost,
    ) -> Result<Option<Binding>, redis::RedisError> {
        let (agent, level): (Option<String>, Option<String>) =
            redis.run(redis::cmd("MGET").arg(&keys(host))).await?;
        let (Some(agent), Some(level)) = (agent, level) else {
            return Ok(None);
        };
        let (Ok(agent), Ok(level)) = (
            serde_json::from_str::<Agent>(&agent),
            serde_json::from_str::<Level>(&level),
        ) else {
            tracing::error!(
                host = host.as_str(),
                "the domain map's projection is corrupt; PostgreSQL is asked"
            );
            return Ok(None);
        };
        if (agent.brand_id, agent.version) != (level.brand_id, level.version)
            || agent.brand_id.is_some_and(|id| id < 1)
        {
            tracing::error!(
                host = host.as_str(),
                "the domain map's projection contradicts itself; PostgreSQL is asked"
            );
            return Ok(None);
        }
        Ok(Some(Binding {
            brand_id: agent.brand_id,
            agent_id: agent.agent_id,
            level: level.level,
            version: agent.version,
        }))
    }

    /// Removes both keys.
    pub(super) async fn remove(redis: &RedisLink, host: &CanonicalHost) -> Result<(), redis::RedisError> {
        redis.run::<()>(redis::cmd("DEL").arg(&keys(host))).await
    }

    /// Writes both keys at once; false where a higher version is there, which stays.
    pub(super) async fn write(
        redis: &RedisLink,
        host: &CanonicalHost,
        binding: &Binding,
    ) -> Result<bool, redis::RedisError> {
        let Binding {
            brand_id,
            agent_id,
            level,
            version,
        } = binding.clone();
        let agent = serde_json::json!(Agent {
            brand_id,
            version,
            agent_id
        });
        let level = serde_json::json!(Level {
            brand_id,
            version,
            level
        });
        let script = redis::Script::new(
            "for _, key in ipairs(KEYS) do
                 local kept = redis.pcall('GET', key)
                 if type(kept) == 'string' then
                     local read, object = pcall(cjson.decode, kept)
                     if read and type(object) == 'table' and type(object.version) == 'number' and object.version > tonumber(ARGV[1]) then
                         return 0
                     end
                 end
             end
             redis.call('SET', KEYS[1], ARGV[3], 'EX', ARGV[2])
             redis.call('SET', KEYS[2], ARGV[4], 'EX', ARGV[2])
             return 1",
        );
        let mut call = script.prepare_invoke();
        for key in keys(host) {
            call.key(key);
        }
        call.arg(version)
            .arg(PROJECTION_SECONDS)
            .arg(agent.to_string())
            .arg(level.to_string());
        redis.script::<i64>(&call).await.map(|written| written == 1)
    }
}
