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

impl fmt::Debug for RedisLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL carries a password.
        f.write_str("RedisLink")
    }
}
