//! What a provider can say, in nobody's protocol. Amounts are minor units of the seat's currency.

/// Where a player sits: what a launch gave the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// The provider account.
    pub user: String,
    /// The launch's token.
    pub token: String,
    /// The provider's name of the game.
    pub game: String,
    /// The currency's code.
    pub currency: String,
}

/// What a provider can say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// What is said first when a player sits down: whose launch is this?
    Open,
    /// How much does the player have?
    Balance,
    /// A stake.
    Bet {
        /// The provider's id of it.
        id: String,
        /// The round.
        round: String,
        /// How much.
        amount: i64,
    },
    /// A round that costs nothing, of a game that would cost this much.
    FreeBet {
        /// The provider's id of it.
        id: String,
        /// The round.
        round: String,
        /// What the round is worth.
        amount: i64,
    },
    /// A bet whose amount no wallet can take.
    OddBet {
        /// The provider's id of it.
        id: String,
        /// The round.
        round: String,
        /// What is wrong with the amount.
        odd: Odd,
    },
    /// A win, or a loss (zero).
    Win {
        /// The provider's id of it.
        id: String,
        /// The bet it answers; protocols that link by round do not say it.
        bet: String,
        /// The round.
        round: String,
        /// How much.
        amount: i64,
    },
    /// A win whose amount no wallet can take.
    OddWin {
        /// The provider's id of it.
        id: String,
        /// The bet it answers; protocols that link by round do not say it.
        bet: String,
        /// The round.
        round: String,
        /// What is wrong with the amount.
        odd: Odd,
    },
    /// What the provider gives away, with no bet of its own.
    PromoWin {
        /// The provider's id of it.
        id: String,
        /// The round.
        round: String,
        /// How much.
        amount: i64,
    },
    /// A jackpot that fell in a round, where that is not a win like any other.
    Jackpot {
        /// The provider's id of it.
        id: String,
        /// The round.
        round: String,
        /// How much.
        amount: i64,
    },
    /// What was said before is undone.
    Rollback {
        /// The provider's id of it.
        id: String,
        /// The id of what is undone.
        of: String,
        /// The round.
        round: String,
        /// What it is that is undone.
        undoes: Undoes,
        /// How much that was.
        amount: i64,
    },
    /// All of these in one call, of which all or nothing is to be done.
    Together(Vec<Say>),
    /// The round is over.
    EndRound {
        /// The round.
        round: String,
    },
}

/// What a rollback undoes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undoes {
    /// A bet.
    Bet,
    /// A win.
    Win,
}

/// What is wrong with an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Odd {
    /// Less than nothing.
    Negative,
    /// Finer than the currency.
    TooPrecise,
    /// More than 64 bits hold.
    TooLarge,
    /// Not a number.
    Word,
}

impl Say {
    /// The ids of the transactions it is about, as the provider gives them.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        match self {
            Self::Open | Self::Balance | Self::EndRound { .. } => Vec::new(),
            Self::Bet { id, .. }
            | Self::FreeBet { id, .. }
            | Self::OddBet { id, .. }
            | Self::Win { id, .. }
            | Self::OddWin { id, .. }
            | Self::PromoWin { id, .. }
            | Self::Jackpot { id, .. }
            | Self::Rollback { id, .. } => vec![id.clone()],
            Self::Together(all) => all.iter().flat_map(Self::ids).collect(),
        }
    }
}

impl std::fmt::Display for Say {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open => f.write_str("the player sits down"),
            Self::Balance => f.write_str("how much does the player have?"),
            Self::Bet { id, round, amount } => write!(f, "bet {id} of {amount}, round {round}"),
            Self::FreeBet { id, round, amount } => {
                write!(f, "free bet {id}, worth {amount}, round {round}")
            }
            Self::OddBet { id, round, odd } => write!(f, "bet {id} of {odd}, round {round}"),
            Self::Win {
                id,
                bet,
                round,
                amount,
            } => {
                write!(f, "win {id} of {amount} for bet {bet}, round {round}")
            }
            Self::OddWin { id, bet, round, odd } => {
                write!(f, "win {id} of {odd} for bet {bet}, round {round}")
            }
            Self::PromoWin { id, amount, .. } => write!(f, "promotion's win {id} of {amount}"),
            Self::Jackpot { id, round, amount } => write!(f, "jackpot {id} of {amount}, round {round}"),
            Self::Rollback { id, of, round, .. } => write!(f, "rollback {id} of {of}, round {round}"),
            Self::Together(all) => {
                for (at, each) in all.iter().enumerate() {
                    write!(f, "{}{each}", if at == 0 { "in one call: " } else { "; " })?;
                }
                Ok(())
            }
            Self::EndRound { round } => write!(f, "round {round} is over"),
        }
    }
}

impl std::fmt::Display for Odd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Negative => "less than nothing",
            Self::TooPrecise => "an amount finer than the currency",
            Self::TooLarge => "more than 64 bits hold",
            Self::Word => "a word",
        })
    }
}
