//! Players of a brand: signing up, and being found.

use croupier_brand::{
    BrandPool, eligibility::Standing, exclusion::Exclusion, scope::BrandScope, token::PlayerId, tx::Gather,
};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::{
    account::{AccountName, Registration},
    error::{PlayerError, Refusal},
    exclusion::Given,
    repo::{ByAccount, NewPlayer, PlayerReads, PlayerRepo},
    service::PlayerService,
};

/// Whether a player may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlayerStatus {
    /// May.
    Active,
    /// May not, by the brand's decision; it can be lifted.
    Blocked,
    /// May not, for good.
    Closed,
}

impl PlayerStatus {
    /// The name the database and the API use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Blocked => "blocked",
            Self::Closed => "closed",
        }
    }

    /// Reads the database's name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Blocked, Self::Closed]
            .into_iter()
            .find(|status| status.as_str() == text)
    }

    /// Whether a player of this status may have a session.
    ///
    /// # Errors
    /// The refusal, for who has proved to be the player.
    pub fn may_sign_in(self) -> Result<(), Refusal> {
        match self {
            Self::Active => Ok(()),
            Self::Blocked => Err(Refusal::Blocked),
            Self::Closed => Err(Refusal::Closed),
        }
    }
}

/// What others may know of a player.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayerSummary {
    /// The player.
    pub id: PlayerId,
    /// Their name at the brand.
    pub account: AccountName,
    /// Whether they may sign in.
    pub status: PlayerStatus,
    /// Whether they keep out, or did: it may be over.
    pub exclusion: Option<Exclusion>,
}

impl PlayerSummary {
    /// How the player stands at `now`, for [`croupier_brand::eligibility`].
    #[must_use]
    pub fn standing(&self, now: OffsetDateTime) -> Standing {
        let standing = match self.status {
            PlayerStatus::Active => Standing::Active,
            PlayerStatus::Blocked => Standing::Blocked,
            PlayerStatus::Closed => Standing::Closed,
        };
        standing.keeping_out(self.exclusion, now)
    }

    /// What keeps the player out at `now`.
    #[must_use]
    pub fn keeps_out(&self, now: OffsetDateTime) -> Option<Exclusion> {
        self.exclusion.filter(|exclusion| exclusion.holds(now))
    }
}

impl PlayerService {
    /// Signs a player up. An account that is taken costs as much time as one that is free.
    ///
    /// Refused with [`Refusal::AccountTaken`], also when another sign-up wins by a moment.
    ///
    /// # Errors
    /// [`PlayerError`].
    pub async fn register(
        &self,
        scope: &BrandScope,
        registration: Registration,
    ) -> Result<Result<PlayerSummary, Refusal>, PlayerError> {
        let outcome = self.sign_up(scope, registration).await?;
        Self::count(
            "player_registrations_total",
            scope,
            outcome
                .as_ref()
                .map_or_else(|refusal| refusal.code(), |_| "registered"),
        );
        Ok(outcome)
    }

    async fn sign_up(
        &self,
        scope: &BrandScope,
        registration: Registration,
    ) -> Result<Result<PlayerSummary, Refusal>, PlayerError> {
        let Registration {
            account,
            password,
            email,
        } = registration;
        // No connection is held while the hash is made.
        let password_hash = self
            .passwords()
            .hash(scope.id(), password)
            .await
            .inspect_err(|fault| Self::count_busy(scope, fault))?;
        let clock = &self.parts().clock;
        let player = NewPlayer {
            id: PlayerId(clock.new_id()),
            account: &account,
            email: email.as_ref(),
            password_hash: &password_hash,
        };
        let mut repo = PlayerRepo::open(&self.parts().pool, scope).await?;
        if !repo.insert_player(&player, clock.now()).await? {
            repo.rollback().await?;
            return Ok(Err(Refusal::AccountTaken));
        }
        let id = player.id;
        repo.commit().await?;
        Ok(Ok(PlayerSummary {
            id,
            account,
            status: PlayerStatus::Active,
            exclusion: None,
        }))
    }
}

/// Finds players of a brand; all that another service needs to know of them, and no secret.
#[derive(Clone, Debug)]
pub struct PlayerLookup {
    pool: BrandPool,
    /// Where many ask at once.
    by_account: Option<Gather<ByAccount>>,
}

impl PlayerLookup {
    /// Looks through the application role's connections.
    #[must_use]
    pub fn new(pool: BrandPool) -> Self {
        Self {
            pool,
            by_account: None,
        }
    }

    /// The same for many who look at once, as providers' callbacks do: accounts are looked up together, on this
    /// runtime ([`Gather`]).
    #[must_use]
    pub fn gathered(pool: BrandPool) -> Self {
        Self {
            by_account: Some(Gather::start(&pool)),
            pool,
        }
    }

    /// The player of this id, if the brand has one.
    ///
    /// # Errors
    /// [`PlayerError`].
    pub async fn find(
        &self,
        scope: &BrandScope,
        player: PlayerId,
    ) -> Result<Option<PlayerSummary>, PlayerError> {
        PlayerReads::open(&self.pool, scope).await?.player(player).await
    }

    /// The player of this account, if the brand has one.
    ///
    /// Every exclusion that a player was given, the first first: for operators and auditors. What changed nothing is not
    /// among them.
    ///
    /// # Errors
    /// [`PlayerError`].
    pub async fn exclusions(&self, scope: &BrandScope, player: PlayerId) -> Result<Vec<Given>, PlayerError> {
        let mut repo = PlayerRepo::open(&self.pool, scope).await?;
        let exclusions = repo.exclusions(player).await?;
        repo.rollback().await?;
        Ok(exclusions)
    }

    /// The account must be spelled as it is kept, in lower case: it comes back from providers that
    /// were given that spelling, and another one is not theirs to use.
    ///
    /// # Errors
    /// [`PlayerError`].
    pub async fn find_by_account(
        &self,
        scope: &BrandScope,
        account: &str,
    ) -> Result<Option<PlayerSummary>, PlayerError> {
        let Some(account) = AccountName::parse(account)
            .ok()
            .filter(|parsed| parsed.as_str() == account)
        else {
            return Ok(None);
        };
        match &self.by_account {
            Some(many) => many.ask(scope, account).await,
            None => {
                PlayerReads::open(&self.pool, scope)
                    .await?
                    .player_of_account(&account)
                    .await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_reads_back_and_only_active_players_sign_in() {
        for status in [PlayerStatus::Active, PlayerStatus::Blocked, PlayerStatus::Closed] {
            assert_eq!(PlayerStatus::parse(status.as_str()), Some(status));
            assert_eq!(status.may_sign_in().is_ok(), status == PlayerStatus::Active);
        }
        for text in ["", "Active", "banned"] {
            assert_eq!(PlayerStatus::parse(text), None);
        }
    }
}
