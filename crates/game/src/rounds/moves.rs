//! What adapters hand over: what a provider says happened, in nobody's words.

use croupier_brand::{Currency, eligibility::Act};
use croupier_wallet::{Action, Amount, GameId, Policy, Promotion, RoundId, TransactionId};

use super::Refusal;

/// How much, and of what.
#[derive(Clone, Debug)]
pub enum Sum {
    /// Minor units of the currency that the call names, or of the launch's where it names none.
    Minor(Option<Currency>, Amount),
    /// A decimal of the launch's currency, in a call that does not say which that is: how many digits it
    /// may have is known with the launch.
    Decimal(Decimal),
}

/// A decimal as a call writes it: digits, and a point with digits after it where there is a fraction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal(String);

impl Decimal {
    /// Reads one. No sign, no exponent, nothing around it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        (digits(whole) && digits(fraction)).then(|| Self(text.to_owned()))
    }

    /// Whether it is nothing at all, in any currency.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.bytes().all(|byte| matches!(byte, b'0' | b'.'))
    }

    /// As it is written shortest: the same for all ways of writing one number.
    #[must_use]
    pub fn shortest(&self) -> String {
        let (whole, fraction) = self.0.split_once('.').unwrap_or((&self.0, ""));
        format!(
            "{}.{}",
            whole.trim_start_matches('0'),
            fraction.trim_end_matches('0')
        )
    }

    /// As an amount of a currency, if it is one: no finer than the currency, and no more than a command may move.
    #[must_use]
    pub fn in_currency(&self, currency: Currency) -> Option<Amount> {
        Amount::new(currency.parse_amount(&self.0).ok()?).ok()
    }
}

impl From<(Currency, Amount)> for Sum {
    fn from((currency, amount): (Currency, Amount)) -> Self {
        Self::Minor(Some(currency), amount)
    }
}

impl From<(Option<Currency>, Amount)> for Sum {
    fn from((currency, amount): (Option<Currency>, Amount)) -> Self {
        Self::Minor(currency, amount)
    }
}

impl From<Decimal> for Sum {
    fn from(decimal: Decimal) -> Self {
        Self::Decimal(decimal)
    }
}

impl Sum {
    /// What is known of it now: the rest waits for the launch.
    fn parts(self) -> (Option<Currency>, Amount, Option<Decimal>) {
        match self {
            Self::Minor(currency, amount) => (currency, amount, None),
            Self::Decimal(decimal) => (None, Amount::ZERO, Some(decimal)),
        }
    }
}

/// One thing that happened in a round.
#[derive(Clone, Debug)]
pub struct Move {
    /// The provider's id of it.
    pub transaction: TransactionId,
    /// The currency it names, if it names one.
    pub currency: Option<Currency>,
    /// How the provider's contract differs from others.
    pub policy: Policy,
    /// What a repeat must say again although the wallet makes nothing of it.
    pub agreed: Vec<(String, String)>,
    pub(super) action: Action,
    /// What the player must be allowed to do.
    pub(super) act: Act,
    /// The action's amount, where it waits for the launch.
    written: Option<Decimal>,
}

/// Things that happened, told in one call.
#[derive(Clone, Debug)]
pub struct Play {
    /// They, in the call's order. At least one.
    pub moves: Vec<Move>,
    /// Whether they stand or fall together.
    pub together: Together,
    /// The round that they end without any of them being its result: it is settled with nothing, so that nobody
    /// waits for its win.
    pub ends: Option<(RoundId, GameId)>,
}

/// Whether the moves of a call stand or fall together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Together {
    /// All of them take effect, or none; no win among them pays for a bet among them.
    Atomic,
    /// Each for itself, in order.
    OneByOne,
}

impl Move {
    fn of(
        transaction: TransactionId,
        action: Action,
        (currency, written): (Option<Currency>, Option<Decimal>),
        policy: Policy,
    ) -> Self {
        Self {
            transaction,
            currency,
            policy,
            agreed: Vec::new(),
            act: if action.is_debit() { Act::Bet } else { Act::Settle },
            action,
            written,
        }
    }

    /// A stake; zero for a free round.
    #[must_use]
    pub fn bet(
        transaction: TransactionId,
        sum: impl Into<Sum>,
        round: RoundId,
        game: GameId,
        policy: Policy,
    ) -> Self {
        let (currency, amount, written) = sum.into().parts();
        let action = Action::Bet { amount, round, game };
        Self::of(transaction, action, (currency, written), policy)
    }

    /// What a round is corrected by, to the player's loss: booked as a stake of it, and asked no more than a win
    /// is, since it is no bet that the player makes.
    #[must_use]
    pub fn taken_back(
        transaction: TransactionId,
        sum: impl Into<Sum>,
        round: RoundId,
        game: GameId,
        policy: Policy,
    ) -> Self {
        Self {
            act: Act::Settle,
            ..Self::bet(transaction, sum, round, game, policy)
        }
    }

    /// A win, or a loss (zero), of the bet that the provider names or of the round.
    #[must_use]
    pub fn win(
        transaction: TransactionId,
        sum: impl Into<Sum>,
        round: RoundId,
        game: GameId,
        bet: Option<TransactionId>,
        policy: Policy,
    ) -> Self {
        let (currency, amount, written) = sum.into().parts();
        let action = Action::Settle {
            amount,
            round,
            game,
            bet,
        };
        Self::of(transaction, action, (currency, written), policy)
    }

    /// A jackpot.
    #[must_use]
    pub fn jackpot(
        transaction: TransactionId,
        sum: impl Into<Sum>,
        round: RoundId,
        game: GameId,
        bet: Option<TransactionId>,
        policy: Policy,
    ) -> Self {
        let (currency, amount, written) = sum.into().parts();
        let action = Action::JackpotWin {
            amount,
            round,
            game,
            bet,
        };
        Self::of(transaction, action, (currency, written), policy)
    }

    /// What was won in a promotion, outside of rounds. A call that names no currency means the launch's.
    #[must_use]
    pub fn promo(
        transaction: TransactionId,
        sum: impl Into<Sum>,
        promotion: Promotion,
        policy: Policy,
    ) -> Self {
        let (currency, amount, written) = sum.into().parts();
        let action = Action::PromoWin { amount, promotion };
        Self::of(transaction, action, (currency, written), policy)
    }

    /// Money given to a dealer.
    #[must_use]
    pub fn tip(
        transaction: TransactionId,
        sum: impl Into<Sum>,
        round: Option<RoundId>,
        game: Option<GameId>,
        policy: Policy,
    ) -> Self {
        let (currency, amount, written) = sum.into().parts();
        let action = Action::Tip { amount, round, game };
        Self::of(transaction, action, (currency, written), policy)
    }

    /// A bet or win undone; of a bet only a part, where an amount is given.
    #[must_use]
    pub fn rollback(
        transaction: TransactionId,
        of: TransactionId,
        round: Option<RoundId>,
        game: Option<GameId>,
        amount: Option<Amount>,
        policy: Policy,
    ) -> Self {
        let action = Action::Rollback {
            of,
            round,
            game,
            amount,
        };
        Self::of(transaction, action, (None, None), policy)
    }

    /// The same, saying also what a repeat must say again.
    #[must_use]
    pub fn agreeing_on(mut self, name: &str, value: impl Into<String>) -> Self {
        self.agreed.push((name.to_owned(), value.into()));
        self
    }

    /// The same, as the record of a promotion: where it stakes nothing it is a free round, which asks whether the player
    /// may play and not whether the launch is over.
    #[must_use]
    pub fn promotional(mut self) -> Self {
        let nothing = match &self.written {
            Some(decimal) => decimal.is_zero(),
            None => matches!(&self.action, Action::Bet { amount, .. } if *amount == Amount::ZERO),
        };
        if nothing && self.act == Act::Bet {
            self.act = Act::FreeRound;
        }
        self
    }

    /// The same with its amount, now that the launch's currency is known.
    pub(super) fn of_launch(mut self, launchs: Currency) -> Result<Self, Refusal> {
        if let Some(decimal) = self.written.take() {
            let told = decimal.in_currency(launchs).ok_or(Refusal::OddAmount)?;
            match &mut self.action {
                Action::Bet { amount, .. }
                | Action::Settle { amount, .. }
                | Action::JackpotWin { amount, .. }
                | Action::PromoWin { amount, .. }
                | Action::Tip { amount, .. } => *amount = told,
                // Nothing else is made of a sum.
                _ => return Err(Refusal::OddAmount),
            }
        }
        Ok(self)
    }

    /// What is to be done. An amount that waits for the launch is nothing until then.
    #[must_use]
    pub fn action(&self) -> &Action {
        &self.action
    }
}

impl Play {
    /// One thing.
    #[must_use]
    pub fn one(only: Move) -> Self {
        Self {
            moves: vec![only],
            together: Together::OneByOne,
            ends: None,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn bet(text: &str) -> Move {
        Move::bet(
            TransactionId::new("b1").unwrap(),
            Decimal::parse(text).unwrap(),
            RoundId::new("r1").unwrap(),
            GameId::new("g").unwrap(),
            Policy::default(),
        )
    }

    fn minor(text: &str, currency: &str) -> Result<i64, Refusal> {
        let told = bet(text).of_launch(Currency::parse(currency).unwrap())?;
        Ok(told.action().amount().unwrap().minor())
    }

    #[test]
    fn money_06_a_decimal_is_read_with_the_launchs_digits() {
        for (text, currency, is) in [
            ("12.50", "EUR", Ok(1_250)),
            ("12.5", "EUR", Ok(1_250)),
            ("12.00", "JPY", Ok(12)),
            ("0.001", "KWD", Ok(1)),
            ("0.00", "EUR", Ok(0)),
            ("12.505", "EUR", Err(Refusal::OddAmount)),
            ("12.50", "JPY", Err(Refusal::OddAmount)),
            ("92233720368547758.08", "EUR", Err(Refusal::OddAmount)),
            ("10000000000000.01", "EUR", Err(Refusal::OddAmount)),
        ] {
            assert_eq!(minor(text, currency), is, "{text} {currency}");
        }
        for bad in [
            "", ".", "1.", ".5", "-1", "+1", "1e2", " 1", "1,5", "1.2.3", "NaN", "１",
        ] {
            assert_eq!(Decimal::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn one_number_is_one_text() {
        let shortest = |text: &str| Decimal::parse(text).unwrap().shortest();
        for text in ["1.5", "1.50", "01.500"] {
            assert_eq!(shortest(text), "1.5", "{text}");
        }
        let others = ["15", "150", "0.15", "10.5", "1.05", "0", "1.51"];
        let others: std::collections::BTreeSet<_> = others.map(shortest).into();
        assert_eq!((others.len(), others.contains("1.5")), (7, false), "{others:?}");
    }

    #[test]
    fn a_decimal_that_stakes_something_is_a_bet_also_in_a_promotion() {
        assert_eq!(bet("0.01").promotional().act, Act::Bet);
        assert_eq!(bet("0.00").promotional().act, Act::FreeRound);
    }
}
