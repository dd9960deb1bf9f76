//! What adapters hand over.

use croupier_brand::Currency;
use croupier_wallet::{Amount, GameId, Policy, RoundId, TransactionId};

/// What a provider reports or asks, in nobody's wire format.
#[derive(Clone, Debug)]
pub struct RoundRequest {
    /// The integration's short name.
    pub provider: &'static str,
    /// The brand's own account of the player.
    pub account: String,
    /// The launch's token, as it was sent.
    pub token: String,
    /// The provider's id of this transaction.
    pub transaction: TransactionId,
    /// What happened.
    pub movement: Movement,
    /// How the provider's contract differs from others.
    pub policy: Policy,
    /// What a repeat must say again although the wallet makes nothing of it.
    pub agreed: Vec<(String, String)>,
}

/// What happened in a round.
#[derive(Clone, Debug)]
pub enum Movement {
    /// A stake.
    Bet {
        /// How much; zero for a free round.
        amount: Amount,
        /// The amount's currency.
        currency: Currency,
        /// The round.
        round: RoundId,
        /// The provider's name of the game.
        game: GameId,
        /// The record of a promotion's payout, not a wager.
        promotional: bool,
    },
    /// A win, or a loss (zero).
    Win {
        /// How much.
        amount: Amount,
        /// The amount's currency.
        currency: Currency,
        /// The round.
        round: RoundId,
        /// The provider's name of the game.
        game: GameId,
        /// The bet it answers.
        bet: Option<TransactionId>,
    },
    /// A bet or win undone.
    Rollback {
        /// Which.
        of: TransactionId,
        /// The round.
        round: Option<RoundId>,
        /// The provider's name of the game.
        game: Option<GameId>,
    },
}

impl Movement {
    /// The currency it names, if it names one.
    pub(super) fn currency(&self) -> Option<Currency> {
        match self {
            Self::Bet { currency, .. } | Self::Win { currency, .. } => Some(*currency),
            Self::Rollback { .. } => None,
        }
    }

    pub(super) fn game(&self) -> Option<&GameId> {
        match self {
            Self::Bet { game, .. } | Self::Win { game, .. } => Some(game),
            Self::Rollback { game, .. } => game.as_ref(),
        }
    }
}
