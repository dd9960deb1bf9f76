//! What a call asks for, beside its moves.

use super::UnknownGame;
use crate::session::TokenForm;

/// Who a call is about.
#[derive(Clone, Copy, Debug)]
pub enum Who<'a> {
    /// The brand's own account.
    Account(&'a str),
    /// Whoever has the launch of this token.
    Holder(&'a str),
}

/// Which launch a call is of.
#[derive(Clone, Copy, Debug)]
pub enum Shown<'a> {
    /// That of this token.
    Token(&'a str),
    /// The player's newest of this provider.
    Newest,
}

/// One provider, as this hop knows it.
#[derive(Clone, Copy, Debug)]
pub struct Integration {
    /// The short name: in the catalogue, in the wallet's sources, in metrics.
    pub provider: &'static str,
    /// How its tokens are written.
    pub tokens: TokenForm,
    /// What a game is that nobody here knows.
    pub unknown_game: UnknownGame,
    /// Whether it is told with a refusal what the player has.
    pub refusals_tell_balance: bool,
}
