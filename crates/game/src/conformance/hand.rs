//! What only the operator can do: seat players, block them, pay money in.

use std::{future::Future, pin::Pin};

use super::Seat;

/// Why a case came to no end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// The protocol has no message that the case needs; why.
    #[error("the protocol has no such message: {0}")]
    NotSaid(&'static str),
    /// The case needs the operator's hand, and there is none.
    #[error("needs the operator's hand: {0}")]
    NoHand(&'static str),
    /// The operator does otherwise than the protocol wants.
    #[error("{0}")]
    Failed(String),
    /// The run was asked to end.
    #[error("the run was ended early")]
    Ended,
}

/// A step on its way.
pub type Step<'a, T> = Pin<Box<dyn Future<Output = Result<T, Stop>> + Send + 'a>>;

/// What a case needs beside a player with money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Need {
    /// A second player of the same brand.
    SecondPlayer,
    /// A player of another brand at the same provider.
    OtherBrand,
    /// To end a launch.
    EndLaunch,
    /// To block a player.
    Block,
    /// That a player keeps out by their own decision.
    Exclude,
    /// That a player signs out.
    SignOut,
    /// A second launch of the same player's.
    AnotherLaunch,
    /// To take a game off.
    WithdrawGame,
    /// A second game of the provider.
    OtherGame,
    /// To pay money in.
    Deposit,
    /// To close a brand.
    CloseBrand,
    /// A largest bet, and what it is.
    LargestBet,
    /// To give bonus money, and to look into the wallet's buckets.
    Bonus,
    /// Free spins that the operator issued: their id is the operator's, and the provider tells what they won under it.
    IssuedSpins,
}

impl Need {
    /// Every need there is.
    pub const ALL: [Self; 14] = [
        Self::SecondPlayer,
        Self::OtherBrand,
        Self::EndLaunch,
        Self::Block,
        Self::Exclude,
        Self::SignOut,
        Self::AnotherLaunch,
        Self::WithdrawGame,
        Self::OtherGame,
        Self::Deposit,
        Self::CloseBrand,
        Self::LargestBet,
        Self::Bonus,
        Self::IssuedSpins,
    ];

    /// What it is, for people.
    #[must_use]
    pub fn what(self) -> &'static str {
        match self {
            Self::SecondPlayer => "a second player",
            Self::OtherBrand => "a player of another brand",
            Self::EndLaunch => "to end a launch",
            Self::Block => "to block a player",
            Self::Exclude => "to exclude a player who asks for it",
            Self::SignOut => "to sign a player out",
            Self::AnotherLaunch => "a second launch of the player's",
            Self::WithdrawGame => "to take a game off",
            Self::OtherGame => "a second game",
            Self::Deposit => "a deposit",
            Self::CloseBrand => "to close a brand",
            Self::LargestBet => "a largest bet",
            Self::Bonus => "bonus money",
            Self::IssuedSpins => "free spins that the operator issued",
        }
    }
}

fn nobody<'a, T>(need: Need) -> Step<'a, T> {
    Box::pin(async move { Err(Stop::NoHand(need.what())) })
}

/// What only the operator can do. The default is that nobody can.
pub trait Hand: Send + Sync {
    /// What it lacks to give this, said to whoever started the run; none where it can.
    fn lacks(&self, _: Need) -> Option<String> {
        None
    }

    /// The player of a case that needs this: with money, and with no open round of the case.
    fn player<'a>(&'a self, _: &'a [Need]) -> Step<'a, Seat> {
        Box::pin(async { Err(Stop::NoHand("a player")) })
    }

    /// Puts back what a case changed for others than its own player.
    fn tidy(&self) -> Step<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    /// Somebody who sits at the game of a seat, at the same brand, and is nobody's case.
    fn another(&self) -> Step<'_, Seat> {
        nobody(Need::SecondPlayer)
    }

    /// A player of another brand at the same provider.
    fn foreigner(&self) -> Step<'_, Seat> {
        nobody(Need::OtherBrand)
    }

    /// Ends the launches of a player.
    fn end_launch<'a>(&'a self, _: &'a Seat) -> Step<'a, ()> {
        nobody(Need::EndLaunch)
    }

    /// Blocks a player.
    fn block<'a>(&'a self, _: &'a Seat) -> Step<'a, ()> {
        nobody(Need::Block)
    }

    /// Excludes a player, who decided so.
    fn exclude<'a>(&'a self, _: &'a Seat) -> Step<'a, ()> {
        nobody(Need::Exclude)
    }

    /// Signs a player out.
    fn sign_out<'a>(&'a self, _: &'a Seat) -> Step<'a, ()> {
        nobody(Need::SignOut)
    }

    /// Launches the seat's game for its player once more; the token of that.
    fn another_launch<'a>(&'a self, _: &'a Seat) -> Step<'a, String> {
        nobody(Need::AnotherLaunch)
    }

    /// Takes the seat's game out of the lobby.
    fn withdraw_game<'a>(&'a self, _: &'a Seat) -> Step<'a, ()> {
        nobody(Need::WithdrawGame)
    }

    /// Another game of the same provider, which the brand offers.
    fn other_game<'a>(&'a self, _: &'a Seat) -> Step<'a, String> {
        nobody(Need::OtherGame)
    }

    /// Pays money into a player's wallet.
    fn deposit<'a>(&'a self, _: &'a Seat, _: i64) -> Step<'a, ()> {
        nobody(Need::Deposit)
    }

    /// Closes the seat's brand.
    fn close_brand<'a>(&'a self, _: &'a Seat) -> Step<'a, ()> {
        nobody(Need::CloseBrand)
    }

    /// The largest bet that the brand takes, which is more than the player has.
    fn largest_bet(&self) -> Step<'_, i64> {
        nobody(Need::LargestBet)
    }

    /// Gives a player bonus money, which is staked after their own.
    fn grant<'a>(&'a self, _: &'a Seat, _: i64) -> Step<'a, ()> {
        nobody(Need::Bonus)
    }

    /// What each bucket of a player's wallet has.
    fn buckets<'a>(&'a self, _: &'a Seat) -> Step<'a, Vec<i64>> {
        nobody(Need::Bonus)
    }

    /// The id of a promotion that the operator issued to a player, unused so far; `wish` where the operator takes any.
    fn promotion<'a>(&'a self, _: &'a Seat, wish: String) -> Step<'a, String> {
        Box::pin(async move { Ok(wish) })
    }

    /// What the operator's books say of transactions: none where they say nothing.
    fn recorded<'a>(&'a self, _: &'a Seat, _: &'a [String]) -> Step<'a, Option<Vec<String>>> {
        Box::pin(async { Ok(None) })
    }
}
