//! The two keys in Redis, for others to read, and the message that a host has changed. Best effort: the
//! map itself believes neither.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use tokio::{sync::mpsc, time::timeout};

use super::Binding;
use crate::{global, host::CanonicalHost, redis_link::RedisLink, tx::Brandless};

/// The channel on which changed hosts are named.
pub(super) const CHANNEL: &str = "croupier:domain";
/// How long a projection stays in Redis when nobody writes it anew.
const PROJECTION_SECONDS: u32 = 300;
/// Projections that may wait; beyond it they are left to the next time the host is asked about.
const WAITING: usize = 1_024;
/// How long PostgreSQL may take to say what a projection ought to be.
const MEND_TIMEOUT: Duration = Duration::from_secs(1);

#[derive(Serialize, Deserialize)]
struct Agent {
    brand_id: Option<i32>,
    version: i64,
    agent_id: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct Level {
    brand_id: Option<i32>,
    version: i64,
    level: Option<String>,
}

/// Writes projections on a task of its own, so that nobody waits for Redis.
#[derive(Clone, Debug)]
pub(super) struct Projector(mpsc::Sender<(CanonicalHost, Arc<Binding>)>);

impl Projector {
    pub(super) fn new(pool: Brandless, redis: RedisLink) -> (Self, impl Future<Output = ()>) {
        let (projector, mut waiting) = mpsc::channel::<(CanonicalHost, Arc<Binding>)>(WAITING);
        let task = async move {
            while let Some((host, binding)) = waiting.recv().await {
                project(&pool, &redis, &host, &binding).await;
            }
        };
        (Self(projector), task)
    }

    pub(super) fn project(&self, host: &CanonicalHost, binding: &Arc<Binding>) {
        let _ = self.0.try_send((host.clone(), Arc::clone(binding)));
    }
}

/// Tells the processes that a host has changed, and projects it.
pub(super) async fn announce(pool: &Brandless, redis: &RedisLink, host: &CanonicalHost, binding: &Binding) {
    let told = redis
        .run::<i64>(redis::cmd("PUBLISH").arg(CHANNEL).arg(host.as_str()))
        .await;
    if let Err(fault) = told {
        tracing::warn!(%fault, host = host.as_str(), "the change of a domain could not be announced; it is seen a little later");
    }
    project(pool, redis, host, binding).await;
}

async fn project(pool: &Brandless, redis: &RedisLink, host: &CanonicalHost, binding: &Binding) {
    match write(redis, host, binding).await {
        Ok(true) => {}
        Ok(false) => mend(pool, redis, host).await,
        Err(fault) => {
            tracing::debug!(%fault, host = host.as_str(), "the domain map's projection cannot be written");
        }
    }
}

/// A version that PostgreSQL never gave (another house's, or one from after the backup that was put
/// back) would stay until it expires, because no lower one replaces it. It is removed.
async fn mend(pool: &Brandless, redis: &RedisLink, host: &CanonicalHost) {
    let Ok(kept) = kept_version(redis, host).await else {
        return;
    };
    // Asked after the projection: what it held cannot be newer than the truth is now.
    let asked = [host.as_str().to_owned()];
    if let Ok(Ok(mut truth)) = timeout(MEND_TIMEOUT, global::domains(pool, &asked)).await
        && let Some(truth) = truth.remove(host.as_str())
        && truth.version < kept
    {
        tracing::error!(
            host = host.as_str(),
            kept,
            truth = truth.version,
            "the domain map's projection held a version that was never given; it is replaced"
        );
        if redis.run::<()>(redis::cmd("DEL").arg(&keys(host))).await.is_ok() {
            let _ = write(redis, host, &truth).await;
        }
    }
}

fn keys(host: &CanonicalHost) -> [String; 2] {
    [format!("domain:agent:{host}"), format!("domain:level:{host}")]
}

/// The highest version that Redis holds of a host; of what cannot be read, the highest there is: it stands
/// in the way all the same.
async fn kept_version(redis: &RedisLink, host: &CanonicalHost) -> Result<i64, redis::RedisError> {
    let (agent, level): (Option<String>, Option<String>) =
        redis.run(redis::cmd("MGET").arg(&keys(host))).await?;
    let version = |kept: Option<String>| match kept {
        None => 0,
        Some(kept) => serde_json::from_str::<serde_json::Value>(&kept)
            .ok()
            .and_then(|kept| kept.get("version")?.as_i64())
            .unwrap_or(i64::MAX),
    };
    Ok(version(agent).max(version(level)))
}

/// Writes both keys at once; false where a higher version is there, which stays. Who is on the move is
/// nobody's.
async fn write(
    redis: &RedisLink,
    host: &CanonicalHost,
    binding: &Binding,
) -> Result<bool, redis::RedisError> {
    let version = binding.version;
    let settled = (!binding.moving).then_some(binding);
    let brand_id = settled.and_then(|binding| binding.brand_id);
    let agent = serde_json::json!(Agent {
        brand_id,
        version,
        agent_id: settled.and_then(|binding| binding.agent_id),
    });
    let level = serde_json::json!(Level {
        brand_id,
        version,
        level: settled.and_then(|binding| binding.level.clone()),
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
