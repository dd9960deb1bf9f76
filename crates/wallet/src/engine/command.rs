//! What a wallet can be told to do.

use croupier_brand::{Currency, token::PlayerId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::ids::{BucketCode, EntryId, GameId, Note, Promotion, RoundId, Source, TransactionId};
pub use super::policy::{
    Policy, RollbackOfSettledBet, RollbackOfSpentWin, RollbackOfWin, UnknownRollback, WinWithoutBet,
};
pub use super::{
    amount::{Amount, Correction, InvalidAmount, MAX_AMOUNT},
    kind::Kind,
};

/// What the payment gateway said about a deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payment {
    /// The money is ours.
    Approved,
    /// It is not, and for this transaction id never will be.
    Declined,
}

/// What a grant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantKind {
    /// Bonus money. While one is open, the brand's `max_bet_with_bonus` applies.
    Bonus,
    /// A coupon.
    Coupon,
}

impl GrantKind {
    /// The store's name for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bonus => "bonus",
            Self::Coupon => "coupon",
        }
    }
}

/// What to do, with what only that action needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Credit money that the payment gateway was asked for.
    Deposit {
        /// How much; zero is refused.
        amount: Amount,
        /// What the gateway said. Not part of the fingerprint: it is an answer, not a request.
        payment: Payment,
    },
    /// Set a sum aside until it is paid out. The hold is named by the entry this gives.
    WithdrawHold {
        /// How much; zero is refused.
        amount: Amount,
    },
    /// The held sum was paid out.
    WithdrawSettle {
        /// The hold.
        hold: EntryId,
    },
    /// The held sum is not paid out.
    WithdrawRelease {
        /// The hold.
        hold: EntryId,
    },
    /// Take a stake. Zero is a bet too.
    Bet {
        /// The stake.
        amount: Amount,
        /// The round it is for.
        round: RoundId,
        /// The game.
        game: GameId,
    },
    /// Credit a win. Zero says that nothing was won.
    Settle {
        /// The win.
        amount: Amount,
        /// The round it is of.
        round: RoundId,
        /// The game; it may be another than the bet's (a live lobby).
        game: GameId,
        /// The bet's transaction id, where the protocol names it.
        bet: Option<TransactionId>,
    },
    /// Undo a bet, a tip or a win of the same source, or a part of a bet or tip.
    Rollback {
        /// The transaction id of what is undone. Never this command's own: a protocol in which
        /// both are one gives this command a derived id.
        of: TransactionId,
        /// The round, where the protocol names it.
        round: Option<RoundId>,
        /// The game, where the protocol names it.
        game: Option<GameId>,
        /// How much of a bet or tip to undo; none is all that stands of it. No more than what stands
        /// is undone, whatever is asked for: the entry says how much it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Amount>,
    },
    /// Move money from one bucket to another.
    Transfer {
        /// How much; zero is refused.
        amount: Amount,
        /// The bucket that has it.
        from: BucketCode,
        /// The bucket that gets it.
        to: BucketCode,
    },
    /// Give a bonus or a coupon. The grant is named by the entry this gives.
    Grant {
        /// What it is.
        kind: GrantKind,
        /// How much; zero is refused.
        amount: Amount,
        /// Where it goes; none is where the brand's document has this kind go.
        bucket: Option<BucketCode>,
        /// How much must be staked before it can be converted; zero is nothing.
        wager: Amount,
        /// The most that a conversion makes the player's own; none is no limit.
        convert_cap: Option<Amount>,
        /// From when on it can be expired; none is never. Time alone ends no grant.
        #[serde(with = "time::serde::rfc3339::option", default)]
        expires_at: Option<OffsetDateTime>,
    },
    /// What is left of a wagered grant becomes the player's own.
    Convert {
        /// The grant.
        grant: EntryId,
    },
    /// What is left of a grant is taken back.
    Forfeit {
        /// The grant.
        grant: EntryId,
    },
    /// What is left of a grant whose time is over is taken back.
    Expire {
        /// The grant.
        grant: EntryId,
    },
    /// An operator's correction.
    Adjust {
        /// How the bucket changes; zero is refused.
        amount: Correction,
        /// The bucket.
        bucket: BucketCode,
        /// Why.
        note: Note,
    },
    /// Give money to a dealer. It counts for no round, no wager and no largest bet.
    Tip {
        /// How much; zero is refused.
        amount: Amount,
        /// The round, where the protocol names it.
        round: Option<RoundId>,
        /// The game, where the protocol names it.
        game: Option<GameId>,
    },
    /// Credit a jackpot. It needs no bet; where one is named, it stands on that as a settle does.
    JackpotWin {
        /// The win.
        amount: Amount,
        /// The round it is of.
        round: RoundId,
        /// The game.
        game: GameId,
        /// The bet's transaction id, where the protocol names it.
        bet: Option<TransactionId>,
    },
    /// Credit what was won in a promotion.
    PromoWin {
        /// The win.
        amount: Amount,
        /// The promotion.
        promotion: Promotion,
    },
}

impl Action {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Deposit { .. } => Kind::Deposit,
            Self::WithdrawHold { .. } => Kind::WithdrawHold,
            Self::WithdrawSettle { .. } => Kind::WithdrawSettle,
            Self::WithdrawRelease { .. } => Kind::WithdrawRelease,
            Self::Bet { .. } => Kind::Bet,
            Self::Settle { .. } => Kind::Settle,
            Self::Rollback { .. } => Kind::Rollback,
            Self::Transfer { .. } => Kind::Transfer,
            Self::Grant { .. } => Kind::Grant,
            Self::Convert { .. } => Kind::Convert,
            Self::Forfeit { .. } => Kind::Forfeit,
            Self::Expire { .. } => Kind::Expire,
            Self::Adjust { .. } => Kind::Adjust,
            Self::Tip { .. } => Kind::Tip,
            Self::JackpotWin { .. } => Kind::JackpotWin,
            Self::PromoWin { .. } => Kind::PromoWin,
        }
    }

    /// The amount it names, if it names one.
    #[must_use]
    pub fn amount(&self) -> Option<Amount> {
        match self {
            Self::Deposit { amount, .. }
            | Self::WithdrawHold { amount }
            | Self::Bet { amount, .. }
            | Self::Settle { amount, .. }
            | Self::Transfer { amount, .. }
            | Self::Grant { amount, .. }
            | Self::Tip { amount, .. }
            | Self::JackpotWin { amount, .. }
            | Self::PromoWin { amount, .. } => Some(*amount),
            Self::Adjust { amount, .. } => Some(amount.size()),
            Self::Rollback { amount, .. } => *amount,
            Self::WithdrawSettle { .. }
            | Self::WithdrawRelease { .. }
            | Self::Convert { .. }
            | Self::Forfeit { .. }
            | Self::Expire { .. } => None,
        }
    }

    /// The round it names, if it names one.
    #[must_use]
    pub fn round(&self) -> Option<&RoundId> {
        match self {
            Self::Bet { round, .. } | Self::Settle { round, .. } | Self::JackpotWin { round, .. } => {
                Some(round)
            }
            Self::Rollback { round, .. } | Self::Tip { round, .. } => round.as_ref(),
            _ => None,
        }
    }

    /// The game it names, if it names one.
    #[must_use]
    pub fn game(&self) -> Option<&GameId> {
        match self {
            Self::Bet { game, .. } | Self::Settle { game, .. } | Self::JackpotWin { game, .. } => Some(game),
            Self::Rollback { game, .. } | Self::Tip { game, .. } => game.as_ref(),
            _ => None,
        }
    }

    /// The transaction of the same source it refers to, if it does.
    #[must_use]
    pub fn reference(&self) -> Option<&TransactionId> {
        match self {
            Self::Settle { bet, .. } | Self::JackpotWin { bet, .. } => bet.as_ref(),
            Self::Rollback { of, .. } => Some(of),
            _ => None,
        }
    }

    /// The hold it refers to, if it does.
    #[must_use]
    pub fn hold(&self) -> Option<EntryId> {
        match self {
            Self::WithdrawSettle { hold } | Self::WithdrawRelease { hold } => Some(*hold),
            _ => None,
        }
    }

    /// The grant it refers to, if it does.
    #[must_use]
    pub fn grant(&self) -> Option<EntryId> {
        match self {
            Self::Convert { grant } | Self::Forfeit { grant } | Self::Expire { grant } => Some(*grant),
            _ => None,
        }
    }

    /// Whether it takes money out of what can be used: in a group, these are decided first.
    #[must_use]
    pub fn is_debit(&self) -> bool {
        matches!(
            self,
            Self::Bet { .. } | Self::Tip { .. } | Self::WithdrawHold { .. }
        )
    }
}

/// A command to one wallet of one player.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// Whose wallet.
    pub player: PlayerId,
    /// Which of the player's wallets.
    pub currency: Currency,
    /// Who asks.
    pub source: Source,
    /// The sender's id of this command: the same id is the same command, for months.
    pub transaction_id: TransactionId,
    /// What to do.
    pub action: Action,
    /// Where contracts differ.
    pub policy: Policy,
    /// What else the sender said that a repeat must say again, by name, although the wallet makes
    /// nothing of it: a free bet's nominal amount, a reward id.
    pub agreed: Vec<(String, String)>,
}

impl Command {
    /// A command under the default policy.
    #[must_use]
    pub fn new(
        player: PlayerId,
        currency: Currency,
        source: Source,
        transaction_id: TransactionId,
        action: Action,
    ) -> Self {
        Self {
            player,
            currency,
            source,
            transaction_id,
            action,
            policy: Policy::default(),
            agreed: Vec::new(),
        }
    }

    /// The same under this policy.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Adds something that a repeat must say again.
    #[must_use]
    pub fn agreeing_on(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.agreed.push((name.into(), value.into()));
        self
    }
}
