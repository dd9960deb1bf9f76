//! A player's standing at their brand, changed by the brand's decision: blocked for a while, or closed for good.
//!
//! Who is not active has no session: the sessions end with the change, in the same transaction, and their access
//! tokens with them, in every process. A sign-in or a refresh that is under way comes either before the change,
//! and is ended by it, or after it, and is refused.

use std::fmt;

use croupier_brand::{BrandPool, Clock, scope::BrandScope, token::Revocations};

use crate::{
    account::AccountName, error::PlayerError, limits::SessionLimits, players::PlayerStatus, repo::PlayerRepo,
};

/// Changes players' standing. Cloning it shares the connections.
#[derive(Clone, Debug)]
pub struct PlayerStanding {
    pool: BrandPool,
    revocations: Revocations,
    clock: Clock,
}

/// A standing that was changed, or was what it was to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed {
    /// What it was before.
    pub from: PlayerStatus,
    /// How many sessions ended by it.
    pub sessions: usize,
    /// Whether every process knows of their end at once. If not, Redis is away, and a process that has it may
    /// believe their access tokens for a minute at the most.
    pub known_everywhere: bool,
}

/// A standing that cannot be changed so. A value, not a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StandingRefusal {
    /// The brand has no such player.
    #[error("the brand has no such player")]
    NoSuchPlayer,
    /// A closed account stays closed.
    #[error("the player's account was closed, which is for good")]
    ClosedForGood,
}

impl PlayerStatus {
    /// Whether a player of this status may be given another.
    ///
    /// # Errors
    /// [`StandingRefusal::ClosedForGood`].
    pub fn may_become(self, next: Self) -> Result<(), StandingRefusal> {
        match (self, next) {
            (Self::Closed, Self::Active | Self::Blocked) => Err(StandingRefusal::ClosedForGood),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for PlayerStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PlayerStanding {
    /// Changes it through these.
    #[must_use]
    pub fn new(pool: BrandPool, revocations: Revocations, clock: Clock) -> Self {
        Self {
            pool,
            revocations,
            clock,
        }
    }

    /// Gives the player of `account` a standing. Doing it twice is doing it once.
    ///
    /// # Errors
    /// [`PlayerError`]; the change was made or was not, look.
    pub async fn change(
        &self,
        scope: &BrandScope,
        account: &AccountName,
        to: PlayerStatus,
    ) -> Result<Result<Changed, StandingRefusal>, PlayerError> {
        let now = self.clock.now();
        let mut repo = PlayerRepo::open(&self.pool, scope).await?;
        let Some(player) = repo.lock_player_of_account(account).await? else {
            repo.rollback().await?;
            return Ok(Err(StandingRefusal::NoSuchPlayer));
        };
        if let Err(refusal) = player.status.may_become(to) {
            repo.rollback().await?;
            return Ok(Err(refusal));
        }
        repo.set_status(player.id, to).await?;
        let ended = match to {
            PlayerStatus::Active => Vec::new(),
            // Also of who is so already: a row may have been changed by other means.
            PlayerStatus::Blocked | PlayerStatus::Closed => repo.revoke_sessions_of(player.id, now).await?,
        };
        let revoked: Vec<_> = ended
            .into_iter()
            .map(|(session, end)| (session, SessionLimits::revoked_until(now, end)))
            .collect();
        let sessions = revoked.len();
        Revocations::record(repo.tx(), &revoked).await?;
        repo.commit().await?;
        let known_everywhere = revoked.is_empty() || self.revocations.publish(scope, revoked).await;
        metrics::counter!("player_standing_changes_total", "brand" => scope.code().to_string(), "outcome" => to.as_str())
            .increment(1);
        Ok(Ok(Changed {
            from: player.status,
            sessions,
            known_everywhere,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_closed_stays_closed() {
        let all = [PlayerStatus::Active, PlayerStatus::Blocked, PlayerStatus::Closed];
        for (from, to) in all.iter().flat_map(|from| all.map(|to| (*from, to))) {
            let may = from != PlayerStatus::Closed || to == PlayerStatus::Closed;
            assert_eq!(from.may_become(to).is_ok(), may, "{from} to {to}");
        }
    }
}
