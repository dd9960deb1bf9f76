//! Saying which brand a domain belongs to, through the owner's connection.

use super::{Binding, DomainTarget, HOLD, projection};
use crate::{
    clock::Clock,
    global::{self, GlobalError},
    host::CanonicalHost,
    redis_link::RedisLink,
    tx::Brandless,
};

/// Binds, moves and unbinds domains. Cloning it shares the connections.
#[derive(Clone, Debug)]
pub struct DomainMover {
    owner: Brandless,
    redis: RedisLink,
    clock: Clock,
}

impl DomainMover {
    /// Writes as the database's owner.
    #[must_use]
    pub fn new(owner: impl Into<Brandless>, redis: RedisLink, clock: Clock) -> Self {
        Self {
            owner: owner.into(),
            redis,
            clock,
        }
    }

    /// Binds a domain to a brand; `take_over` allows it to be another brand's before. Where its brand
    /// changes it is nobody's for half a second; the new brand is served when this returns.
    ///
    /// Stopped half way, the domain goes over all the same, each process waiting for itself; calling this
    /// again spares processes that start later that wait.
    ///
    /// # Errors
    /// [`GlobalError::DomainTaken`] and other faults leave the binding as it was, [`GlobalError::ChangedMeanwhile`]
    /// as another made it.
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
            moving: true,
            version: 0,
        };
        let bound = global::bind_domain(&self.owner, host, &binding, take_over, self.clock.now()).await?;
        self.hand_over(host, bound).await
    }

    /// Takes a domain off its brand. It is nobody's when this returns.
    ///
    /// # Errors
    /// [`GlobalError::NoDomain`], [`GlobalError::ChangedMeanwhile`].
    pub async fn unbind(&self, host: &CanonicalHost) -> Result<(), GlobalError> {
        let unbound = global::unbind_domain(&self.owner, host, self.clock.now()).await?;
        self.hand_over(host, unbound).await
    }

    /// Waits out the hold that was committed, and takes it off.
    async fn hand_over(&self, host: &CanonicalHost, binding: Binding) -> Result<(), GlobalError> {
        if !binding.moving {
            projection::announce(&self.owner, &self.redis, host, &binding).await;
            return Ok(());
        }
        let held = {
            let (mover, host, binding) = (self.clone(), host.clone(), binding.clone());
            // Redis may be slow; the hold is not to last longer for it.
            tokio::spawn(
                async move { projection::announce(&mover.owner, &mover.redis, &host, &binding).await },
            )
        };
        tokio::time::sleep(HOLD).await;
        let settled = global::settle_domain(&self.owner, host, binding.version, self.clock.now()).await?;
        projection::announce(&self.owner, &self.redis, host, &settled).await;
        let _ = held.await;
        Ok(())
    }
}
