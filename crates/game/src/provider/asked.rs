//! What a call asks, in nobody's words, and what it is told.

use croupier_brand::Currency;
use croupier_wallet::{Balance, Outcome, Reason, Verdict};

use crate::rounds::{Play, Refusal};

/// What a call asks.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who it is about.
    pub who: Named,
    /// What it asks.
    pub what: What,
    /// Its own id, for the log.
    pub id: Option<String>,
}

/// Who a call is about. Either begins with a brand's code, which is where the brand comes from.
#[derive(Clone, Debug)]
pub enum Named {
    /// The player of this provider account.
    Account(String),
    /// Whoever has the launch of this token, written [`Branded`](crate::session::TokenForm::Branded).
    Holder(String),
}

/// Which launch a call is of.
#[derive(Clone, Debug)]
pub enum Launch {
    /// That of this token.
    Token(String),
    /// The player's newest of this provider: the protocol shows no token of ours. Of a call about a token's
    /// holder, the token's.
    Newest,
}

/// What is asked.
#[derive(Clone, Debug)]
pub enum What {
    /// Whether there is such a player.
    Known,
    /// What the player has. A currency that is named must be the launch's.
    Balance(Launch, Option<Currency>),
    /// The same for a player who sits down: only while they may play and the launch is not over.
    Open(Launch, Option<Currency>),
    /// To book what happened.
    Play(Launch, Play),
}

/// What a call is told.
#[derive(Clone, Debug)]
pub enum Told {
    /// There is such a player.
    Known,
    /// It was not admitted, and nothing was decided.
    Refused {
        /// Why.
        why: Refusal,
        /// The wallet now, where [`Adapter::REFUSALS_TELL_BALANCE`](super::Adapter::REFUSALS_TELL_BALANCE) and the
        /// player and the launch are known.
        balance: Option<Balance>,
    },
    /// What the player has.
    Balance {
        /// The provider account.
        account: String,
        /// The launch's currency.
        currency: Currency,
        /// The wallet now.
        balance: Balance,
    },
    /// It was decided.
    Played {
        /// The provider account.
        account: String,
        /// The launch's currency.
        currency: Currency,
        /// What became of each move, in their order.
        outcomes: Vec<Outcome>,
        /// The balance that goes with the answer as the contract has it; none while the wallet cannot say.
        balance: Option<Balance>,
    },
    /// Something of ours failed. What happened is not known, and a repeat is safe.
    NoAnswer,
}

/// What stopped moves that stand or fall together, if something did: the first that was not accepted and
/// was not refused only for another's sake.
#[must_use]
pub fn stopped(outcomes: &[Outcome]) -> Option<Outcome> {
    let refused = |outcome: &&Outcome| {
        let verdict = outcome.verdict();
        verdict.is_none_or(|verdict| verdict.receipt().is_none())
    };
    let cause = |outcome: &&Outcome| {
        !matches!(
            outcome.verdict(),
            Some(Verdict::Rejected {
                reason: Reason::GroupRefused,
                ..
            })
        )
    };
    let all: Vec<_> = outcomes.iter().filter(refused).collect();
    all.iter()
        .copied()
        .find(cause)
        .or_else(|| all.first().copied())
        .copied()
}
