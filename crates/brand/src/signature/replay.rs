//! The replay guard: a signed request is good for one mutation.
//!
//! A signature is fresh for half a minute either way; until then whoever has read it on the wire can
//! send it again. So the id of each signed request that changes something is noted in Redis, which
//! every process of a service asks, for longer than any process would find it fresh. The note is made
//! with `SET … NX`: of two that come at once one is first.
//!
//! | the call | its id is |
//! |---|---|
//! | v2, a safe method (RFC 9110, 9.2.1) | not noted: it changes nothing, and can be made into nothing else |
//! | v2, any other method | noted, and refused if it was noted before |
//! | v1, a safe method | noted if Redis is there: v1 does not bind the method, so the same headers would do for a mutation |
//! | v1, any other method | noted, and refused if it was noted before |
//!
//! Redis may be flushed: what was noted is then forgotten, and what was signed in the minute before
//! could be sent again. A repeated movement of money is caught by its own idempotency in PostgreSQL.

use http::Method;
use redis::RedisError;

use super::{SignedBrand, TOLERANCE, Version};
use crate::redis_link::RedisLink;

/// How long an id is noted, in seconds. One that was signed by a clock that is half a minute ahead is
/// fresh for a minute; the rest is for services whose clocks differ.
const NOTED: i64 = 2 * TOLERANCE + 30;

/// Notes which signed requests were used.
#[derive(Clone, Debug)]
pub struct ReplayGuard {
    redis: RedisLink,
}

impl ReplayGuard {
    /// Notes them in this Redis: the same for all processes of a service.
    #[must_use]
    pub fn new(redis: RedisLink) -> Self {
        Self { redis }
    }

    /// Whether a call may be carried out as far as replays go: the first use of its id, or a read.
    ///
    /// # Errors
    /// [`RedisError`] when a mutation's id cannot be looked up: it may have been used or not.
    pub async fn admits(&self, call: &SignedBrand, method: &Method) -> Result<bool, RedisError> {
        match (method.is_safe(), call.version) {
            (false, _) => self.is_first(call).await,
            (true, Version::V1) => {
                let _ = self.is_first(call).await;
                Ok(true)
            }
            (true, Version::V2) => Ok(true),
        }
    }

    async fn is_first(&self, call: &SignedBrand) -> Result<bool, RedisError> {
        let mut note = redis::cmd("SET");
        note.arg(key(call)).arg("1").arg("NX").arg("EX").arg(NOTED);
        Ok(self.redis.run::<Option<String>>(&note).await?.is_some())
    }
}

/// The caller's name comes last: a number and a UUID have no colons, so no two calls make one key.
fn key(call: &SignedBrand) -> String {
    format!("brand:{}:call:{}:{}", call.brand, call.request_id, call.caller)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::brand::BrandId;

    #[test]
    fn iso_31_iso_32_iso_56_a_key_is_one_calls_and_names_its_brand() {
        let call = |brand: i64, request: u128, caller: &str| SignedBrand {
            brand: BrandId::new(brand).unwrap(),
            caller: caller.to_owned(),
            request_id: Uuid::from_u128(request),
            version: Version::V2,
        };
        let calls = [
            call(1, 1, "game"),
            call(11, 1, "game"),
            call(1, 11, "game"),
            call(1, 1, "game:1"),
            call(1, 1, ""),
            call(1, 1, "wallet"),
        ];
        let mut keys: Vec<_> = calls.iter().map(key).collect();
        assert!(keys[0].starts_with("brand:1:call:"));
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), calls.len());
    }
}
