//! The link to Redis: one multiplexed connection that reconnects by itself, with short deadlines.
//!
//! Redis holds projections of what PostgreSQL knows. Nothing waits for it long: a command that is
//! late or fails is a miss, and the caller asks PostgreSQL.

use std::{fmt, time::Duration};

use redis::{
    Client, FromRedisValue, RedisError,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

/// How long a command may take before it counts as failed.
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(250);
/// How long connecting may take before it counts as failed.
const CONNECTION_TIMEOUT: Duration = Duration::from_millis(500);

/// A shared link to one Redis server. Cloning it shares the connection.
#[derive(Clone)]
pub struct RedisLink {
    client: Client,
    manager: ConnectionManager,
}

impl RedisLink {
    /// Makes a link; the connection is made at its first use, so a server may start while Redis is away.
    ///
    /// # Errors
    /// [`RedisError`] when the URL is not a Redis URL.
    pub fn new(url: &str) -> Result<Self, RedisError> {
        let client = Client::open(url)?;
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_connection_timeout(Some(CONNECTION_TIMEOUT))
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_millis(100));
        let manager = ConnectionManager::new_lazy_with_config(client.clone(), config)?;
        Ok(Self { client, manager })
    }

    /// Runs one command.
    ///
    /// # Errors
    /// [`RedisError`], a late answer included.
    pub async fn run<T: FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, RedisError> {
        let mut manager = self.manager.clone();
        let answer = tokio::time::timeout(
            CONNECTION_TIMEOUT + RESPONSE_TIMEOUT,
            command.query_async(&mut manager),
        )
        .await;
        answer.unwrap_or_else(|_| {
            Err(RedisError::from((
                redis::ErrorKind::Io,
                "Redis did not answer in time",
            )))
        })
    }

    /// Runs a script.
    ///
    /// # Errors
    /// [`RedisError`], a late answer included.
    pub async fn script<T: FromRedisValue>(
        &self,
        script: &redis::ScriptInvocation<'_>,
    ) -> Result<T, RedisError> {
        let mut manager = self.manager.clone();
        let answer = tokio::time::timeout(
            CONNECTION_TIMEOUT + RESPONSE_TIMEOUT,
            script.invoke_async(&mut manager),
        )
        .await;
        answer.unwrap_or_else(|_| {
            Err(RedisError::from((
                redis::ErrorKind::Io,
                "Redis did not answer in time",
            )))
        })
    }

    /// A connection that listens to channels.
    ///
    /// # Errors
    /// [`RedisError`] when Redis is away.
    pub async fn listen(&self) -> Result<redis::aio::PubSub, RedisError> {
        self.client.get_async_pubsub().await
    }

    /// Whether Redis answers now.
    pub async fn is_up(&self) -> bool {
        self.run::<String>(&redis::cmd("PING")).await.is_ok()
    }
}

/// What Redis does when its memory is full (`maxmemory-policy`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Eviction {
    /// It refuses writes, which whoever writes notices.
    Refuses,
    /// By this policy it takes out what it was told to keep, and nobody is told: that a call was carried out already, how
    /// often a sign-in failed, that a session was ended.
    TakesOut(String),
    /// It answers, and does not say: who runs it for others often forbids the question.
    Unsaid,
}

impl Eviction {
    /// What to do about a policy that takes out.
    pub const NEXT: &'static str = "give this Redis to nobody else, and set maxmemory-policy to noeviction (CONFIG SET, and in its configuration)";

    fn of(policy: &str) -> Self {
        match policy.trim() {
            "" => Self::Unsaid,
            "noeviction" => Self::Refuses,
            other => Self::TakesOut(other.to_owned()),
        }
    }
}

impl RedisLink {
    /// What Redis does when its memory is full. Asked for in two ways, of which a service may forbid either.
    ///
    /// # Errors
    /// [`RedisError`] when it does not answer at all.
    pub async fn eviction(&self) -> Result<Eviction, RedisError> {
        let mut config = redis::cmd("CONFIG");
        config.arg("GET").arg("maxmemory-policy");
        let told = match self.run::<Vec<String>>(&config).await {
            Ok(told) => told.into_iter().nth(1).unwrap_or_default(),
            // What it said, it said: that this may not be asked.
            Err(fault) if fault.code().is_some() => {
                let memory = self.run::<String>(redis::cmd("INFO").arg("memory")).await;
                match memory {
                    Ok(memory) => policy_in(&memory).to_owned(),
                    Err(fault) if fault.code().is_some() => String::new(),
                    Err(fault) => return Err(fault),
                }
            }
            Err(fault) => return Err(fault),
        };
        Ok(Eviction::of(&told))
    }
}

/// The policy in the text of `INFO memory`.
fn policy_in(memory: &str) -> &str {
    let lines = &mut memory.lines();
    lines
        .find_map(|line| line.strip_prefix("maxmemory_policy:"))
        .unwrap_or_default()
}

impl fmt::Debug for RedisLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL carries a password.
        f.write_str("RedisLink")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_policy_takes_nothing_out() {
        let of = |memory: &str| Eviction::of(policy_in(memory));
        assert_eq!(
            of("# Memory\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\n"),
            Eviction::Refuses
        );
        for policy in [
            "allkeys-lru",
            "volatile-ttl",
            "allkeys-random",
            "of a later version",
        ] {
            let memory = format!("# Memory\r\nmaxmemory_policy:{policy}\r\nother:1\r\n");
            assert_eq!(of(&memory), Eviction::TakesOut(policy.to_owned()));
        }
        assert_eq!(of("# Memory\r\n"), Eviction::Unsaid);
    }
}
