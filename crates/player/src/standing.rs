//! A player's standing at their brand, changed by the brand's decision (blocked for a while, or closed for good) or by
//! the player's own, to keep out ([`crate::exclusion`]).
//!
//! Who is not active has no session: the sessions end with the change, in the same transaction, and their access
//! tokens with them, in every process. A sign-in or a refresh that is under way comes either before the change,
//! and is ended by it, or after it, and is refused. Who keeps out may sign in again after that.
//!
//! Who is asked later, in whichever process, reads the row: a bet, a launch, a deposit that comes after the change was
//! answered is refused. What was admitted before is carried out and settled.

use std::fmt;

use croupier_brand::{
    BrandPool, Clock,
    exclusion::{Exclusion, ExclusionKind},
    scope::BrandScope,
    token::{PlayerId, Revocations},
};
use time::OffsetDateTime;

use crate::{
    account::AccountName,
    error::PlayerError,
    exclusion::{AskedBy, Length, longer},
    limits::SessionLimits,
    players::PlayerStatus,
    repo::PlayerRepo,
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
    /// The player keeps out for longer already, and nobody shortens that.
    #[error("the player keeps out {} already, which nobody shortens", shown(*until))]
    KeepsOutLonger {
        /// Until when; none: for good.
        until: Option<OffsetDateTime>,
    },
}

fn shown(until: Option<OffsetDateTime>) -> String {
    until.map_or_else(|| "for good".to_owned(), |until| format!("until {until}"))
}

/// Who keeps out from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excluded {
    /// What holds.
    pub exclusion: Exclusion,
    /// How many sessions ended by it.
    pub sessions: usize,
    /// As [`Changed::known_everywhere`].
    pub known_everywhere: bool,
}

/// Which player.
#[derive(Clone, Copy, Debug)]
pub enum Whom<'a> {
    /// The player of this account.
    Account(&'a AccountName),
    /// The player of this id.
    Id(PlayerId),
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
        // Also of who is so already: a row may have been changed by other means.
        let ends = to != PlayerStatus::Active;
        let (sessions, known_everywhere) = self.commit(scope, repo, ends.then_some(player.id), now).await?;
        metrics::counter!("player_standing_changes_total", "brand" => scope.code().to_string(), "outcome" => to.as_str())
            .increment(1);
        Ok(Ok(Changed {
            from: player.status,
            sessions,
            known_everywhere,
        }))
    }

    /// Keeps a player out from now on, for `length`. What they asked for before is made longer by it, never shorter.
    ///
    /// # Errors
    /// [`PlayerError`]; the player may keep out or not, look.
    pub async fn exclude(
        &self,
        scope: &BrandScope,
        whom: Whom<'_>,
        (kind, length): (ExclusionKind, Length),
        asked_by: AskedBy,
    ) -> Result<Result<Excluded, StandingRefusal>, PlayerError> {
        let mut repo = PlayerRepo::open(&self.pool, scope).await?;
        let player = match whom {
            Whom::Account(account) => repo.lock_player_of_account(account).await?,
            Whom::Id(player) => repo.lock_player(player).await?,
        };
        let Some(player) = player else {
            repo.rollback().await?;
            return Ok(Err(StandingRefusal::NoSuchPlayer));
        };
        // Of two who ask for the same at once the later one's ends later, because it waited for the row.
        let now = self.clock.now();
        let exclusion = match longer(player.exclusion, length.from(kind, now), now) {
            Ok(exclusion) => exclusion,
            Err(held) => {
                repo.rollback().await?;
                return Ok(Err(StandingRefusal::KeepsOutLonger { until: held.until }));
            }
        };
        // For good once more is what there is.
        let changed = player.exclusion != Some(exclusion);
        if changed {
            repo.exclude(player.id, exclusion, (self.clock.new_id(), asked_by, now))
                .await?;
        }
        let (sessions, known_everywhere) = self.commit(scope, repo, Some(player.id), now).await?;
        if changed {
            metrics::counter!("player_exclusions_total", "brand" => scope.code().to_string(), "kind" => kind.as_str(), "asked_by" => asked_by.as_str())
                .increment(1);
        }
        Ok(Ok(Excluded {
            exclusion,
            sessions,
            known_everywhere,
        }))
    }

    /// Commits, with the end of all sessions of a player if there is one. Gives how many those were, and whether
    /// every process knows.
    async fn commit(
        &self,
        scope: &BrandScope,
        mut repo: PlayerRepo,
        signed_out: Option<PlayerId>,
        now: OffsetDateTime,
    ) -> Result<(usize, bool), PlayerError> {
        let ended = match signed_out {
            Some(player) => repo.revoke_sessions_of(player, now).await?,
            None => Vec::new(),
        };
        let revoked: Vec<_> = ended
            .into_iter()
            .map(|(session, end)| (session, SessionLimits::revoked_until(now, end)))
            .collect();
        let sessions = revoked.len();
        Revocations::record(repo.tx(), &revoked).await?;
        repo.commit().await?;
        Ok((
            sessions,
            revoked.is_empty() || self.revocations.publish(scope, revoked).await,
        ))
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
