//! What games need to know of players, asked of whoever keeps them.
//!
//! This crate does not know the player crate; the composition implements [`Players`] over it, in
//! the same process or over HTTP.

use std::{error::Error, future::Future, pin::Pin};

use croupier_brand::{eligibility::Standing, scope::BrandScope, token::PlayerId};

/// Looks players of one brand up.
pub trait Players: Send + Sync {
    /// The player of this id, if it is one of the scope's brand.
    fn find<'a>(&'a self, scope: &'a BrandScope, player: PlayerId) -> Lookup<'a>;

    /// The player of this account (exactly as spelled), if it is one of the scope's brand.
    fn find_by_account<'a>(&'a self, scope: &'a BrandScope, account: &'a str) -> Lookup<'a>;
}

/// A look-up on its way.
pub type Lookup<'a> =
    Pin<Box<dyn Future<Output = Result<Option<PlayerSummary>, PlayersUnavailable>> + Send + 'a>>;

/// Players cannot be looked up now; nothing is known about the one asked for.
#[derive(Debug, thiserror::Error)]
#[error("players cannot be looked up: {0}")]
pub struct PlayersUnavailable(#[source] pub Box<dyn Error + Send + Sync>);

/// What games need to know of a player.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayerSummary {
    /// The player.
    pub id: PlayerId,
    /// The account, as the player's own brand spells it.
    pub account: String,
    /// How the player stands now.
    pub standing: Standing,
}
