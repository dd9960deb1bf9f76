//! Which games a brand offers, as operators look at it and change it.
//!
//! A game that was taken off, at one brand or (`croupier_brand::global::games`) for the whole house, is in no lobby, is not
//! opened and takes no bet, in launches that are open too. What was bet is settled, and rounds of a promotion in it go on
//! (see [`croupier_brand::eligibility`]). Nothing keeps games in memory: lobby, launch and callback read these rows each time.

use croupier_brand::{BrandPool, BrandScope};

use crate::{
    catalogue::GameId,
    error::GameError,
    repo::{GameReads, GameRepo},
};

/// A game that a brand has in its list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its name in URLs.
    pub game: GameId,
    /// Who makes it.
    pub provider: String,
    /// The provider's own name for it.
    pub game_code: String,
    /// Its name as players read it.
    pub name: String,
    /// The brand offers it.
    pub enabled: bool,
    /// The house has it. Players see what both have on.
    pub active: bool,
}

/// What became of the wish to put a game on or to take it off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turned {
    /// It is otherwise than before.
    Changed,
    /// It was so already.
    AsItWas,
    /// There is no such game; or, to be taken off, the brand never had it.
    NoSuchGame,
}

/// The brand's games, in the order of its lobby, those that are off included.
///
/// # Errors
/// [`GameError`].
pub async fn of_brand(pool: &BrandPool, scope: &BrandScope) -> Result<Vec<Offer>, GameError> {
    GameReads::open(pool, scope).await?.offers().await
}

/// Puts a game on at a brand, or takes it off there. A game that the brand never had is put on at the catalogue's position.
///
/// # Errors
/// [`GameError`]; nothing was changed then.
pub async fn turn(
    pool: &BrandPool,
    scope: &BrandScope,
    game: &GameId,
    on: bool,
) -> Result<Turned, GameError> {
    let mut repo = GameRepo::open(pool, scope).await?;
    let before = repo.is_enabled(game).await?;
    if before.is_none() && on {
        repo.offer(game).await?;
    }
    let turned = match repo.is_enabled(game).await? {
        None => Turned::NoSuchGame,
        Some(now) if now == on && before == Some(on) => Turned::AsItWas,
        Some(now) => {
            if now != on {
                repo.set_enabled(game, on).await?;
            }
            Turned::Changed
        }
    };
    repo.commit().await?;
    Ok(turned)
}
