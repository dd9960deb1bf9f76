//! The kinds of command.

use serde::{Deserialize, Serialize};

/// The kinds of command, as the journal names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Money from outside.
    Deposit,
    /// A withdrawal is asked for: its sum is set aside.
    WithdrawHold,
    /// It was paid out.
    WithdrawSettle,
    /// It was not: the sum is available again.
    WithdrawRelease,
    /// A stake.
    Bet,
    /// A win, or a loss (0).
    Settle,
    /// A bet, a tip or a win undone, or a part of a bet.
    Rollback,
    /// From one bucket of the wallet to another.
    Transfer,
    /// A bonus or a coupon given.
    Grant,
    /// A grant that was wagered becomes the player's own money.
    Convert,
    /// A grant taken back.
    Forfeit,
    /// A grant whose time is over.
    Expire,
    /// An operator's correction.
    Adjust,
    /// Money given to a dealer.
    Tip,
    /// A win from a jackpot.
    JackpotWin,
    /// A win from a promotion: a tournament, a mission.
    PromoWin,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 16] = [
        Self::Deposit,
        Self::WithdrawHold,
        Self::WithdrawSettle,
        Self::WithdrawRelease,
        Self::Bet,
        Self::Settle,
        Self::Rollback,
        Self::Transfer,
        Self::Grant,
        Self::Convert,
        Self::Forfeit,
        Self::Expire,
        Self::Adjust,
        Self::Tip,
        Self::JackpotWin,
        Self::PromoWin,
    ];

    /// The name in the journal, in metrics and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deposit => "deposit",
            Self::WithdrawHold => "withdraw_hold",
            Self::WithdrawSettle => "withdraw_settle",
            Self::WithdrawRelease => "withdraw_release",
            Self::Bet => "bet",
            Self::Settle => "settle",
            Self::Rollback => "rollback",
            Self::Transfer => "transfer",
            Self::Grant => "grant",
            Self::Convert => "convert",
            Self::Forfeit => "forfeit",
            Self::Expire => "expire",
            Self::Adjust => "adjust",
            Self::Tip => "tip",
            Self::JackpotWin => "jackpot_win",
            Self::PromoWin => "promo_win",
        }
    }

    /// Whether it is a bet, a tip or a win: what a rollback can undo.
    #[must_use]
    pub fn is_play(self) -> bool {
        matches!(
            self,
            Self::Bet | Self::Settle | Self::Tip | Self::JackpotWin | Self::PromoWin
        )
    }

    /// Reads the journal's name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_back_by_their_names() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
            assert_eq!(
                serde_json::to_value(kind).ok(),
                Some(serde_json::Value::from(kind.as_str()))
            );
        }
        assert_eq!(Kind::parse("BET"), None);
    }
}
