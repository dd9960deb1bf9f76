//! Launches as operators look at them, and how they are ended.
//!
//! A launch that was ended takes no bet any more; wins, rollbacks and rounds of a promotion go on, as with one whose time is
//! over (see [`crate::rounds`]). Nothing keeps launches in memory: every callback reads its own, so the next one that
//! begins after [`end`] meets what it wrote. A bet that was admitted before is decided, and settled like any other.
//!
//! The player may open another one: who is to keep out is blocked, and a game that nobody is to play is taken off.

use std::fmt;

use croupier_brand::{BrandPool, BrandScope, Currency, token::PlayerId};
use time::OffsetDateTime;

use crate::{
    catalogue::GameId,
    error::GameError,
    repo::{GameReads, GameRepo},
    session::SessionToken,
};

/// How a launch is named among a player's: the first eight letters of its token. The token itself is the provider's to
/// show, and in nobody's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchId(String);

impl LaunchId {
    const LETTERS: usize = 8;

    /// Reads one.
    ///
    /// # Errors
    /// What is accepted.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == Self::LETTERS && text.bytes().all(hex) {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be eight of 0-9 a-f, as croupier launch list shows it")
        }
    }

    pub(crate) fn of(token: SessionToken) -> Self {
        Self(token.0.simple().to_string().chars().take(Self::LETTERS).collect())
    }
}

impl fmt::Display for LaunchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whose launches, and of which game: who is not named is anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whose {
    /// The player.
    pub player: Option<PlayerId>,
    /// The game that was opened.
    pub game: Option<GameId>,
}

/// A launch, without its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Its name among the player's.
    pub id: LaunchId,
    pub(crate) token: SessionToken,
    /// The provider.
    pub provider: String,
    /// The game that was opened.
    pub game: GameId,
    /// What the provider calls the player.
    pub account: String,
    /// The wallet's currency.
    pub currency: Currency,
    /// When it was opened.
    pub created_at: OffsetDateTime,
    /// When its bets end, if nobody ends it before.
    pub expires_at: OffsetDateTime,
}

/// What became of the wish to end launches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// So many took bets and take none any more.
    These(u64),
    /// The player has none of this name.
    NoSuchLaunch,
    /// The player has several of this name: end all of the game's.
    SeveralOfThatName,
}

/// The launches that take bets, the newest first, `limit` at the most.
///
/// # Errors
/// [`GameError`].
pub async fn live(
    pool: &BrandPool,
    scope: &BrandScope,
    whose: &Whose,
    now: OffsetDateTime,
    limit: u16,
) -> Result<Vec<Launch>, GameError> {
    let mut reads = GameReads::open(pool, scope).await?;
    reads.live_launches(whose, now, limit.into()).await
}

/// Ends launches that take bets, all in one transaction. Those that are over stay as they are, so doing it again ends none.
///
/// # Errors
/// [`GameError`]; nothing was ended then.
pub async fn end(
    pool: &BrandPool,
    scope: &BrandScope,
    whose: &Whose,
    now: OffsetDateTime,
) -> Result<u64, GameError> {
    ended(pool, scope, whose, None, now).await
}

/// Ends one launch of a player.
///
/// # Errors
/// [`GameError`]; nothing was ended then.
pub async fn end_one(
    pool: &BrandPool,
    scope: &BrandScope,
    (player, launch): (PlayerId, &LaunchId),
    now: OffsetDateTime,
) -> Result<Ended, GameError> {
    let launches = GameReads::open(pool, scope).await?.launches_of(player).await?;
    let mut named = launches.into_iter().filter(|known| known.id == *launch);
    let (Some(found), second) = (named.next(), named.next()) else {
        return Ok(Ended::NoSuchLaunch);
    };
    if second.is_some() {
        return Ok(Ended::SeveralOfThatName);
    }
    let whose = Whose {
        player: Some(player),
        game: None,
    };
    let count = ended(pool, scope, &whose, Some(found.token), now).await?;
    Ok(Ended::These(count))
}

async fn ended(
    pool: &BrandPool,
    scope: &BrandScope,
    whose: &Whose,
    only: Option<SessionToken>,
    now: OffsetDateTime,
) -> Result<u64, GameError> {
    let mut repo = GameRepo::open(pool, scope).await?;
    let count = repo.end_launches(whose, only, now).await?;
    repo.commit().await?;
    Ok(count)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_launch_is_named_by_the_beginning_of_its_token() {
        let token = SessionToken::parse("55b7518e-b89e-41e7-81be-58404eea6d16").unwrap();
        assert_eq!(LaunchId::of(token), LaunchId::parse("55b7518e").unwrap());
        assert_eq!(LaunchId::of(token).to_string(), "55b7518e");
        for bad in [
            "",
            "55b7518",
            "55b7518e-",
            "55B7518E",
            "55b7518g",
            "55b7518e-b89e-41e7-81be-58404eea6d16",
        ] {
            assert!(LaunchId::parse(bad).is_err(), "{bad:?}");
        }
    }
}
