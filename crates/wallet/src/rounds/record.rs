//! What a round came to: stakes, wins, and the wallet before and after (GLI-19 v3.0, 2.8.2: the information of a game
//! cycle that a house keeps).

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::{
    Interruption, Patience, RoundState, end,
    state::{interruptions, state},
};
use crate::engine::{account::Posting, books::PlayState, command::Kind};

/// An entry of a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The wallet's version after it.
    pub version: i64,
    /// When.
    pub at: OffsetDateTime,
    /// What it was.
    pub kind: Kind,
    /// The provider's id of it, or the one that the house ended a bet under.
    pub transaction: String,
    /// What it refers to: a win's bet, a rollback's bet or win.
    pub reference: Option<String>,
    /// The game.
    pub game: Option<String>,
    /// Minor units, never negative.
    pub amount: i64,
    /// Its lines.
    pub postings: Vec<Posting>,
    /// The wallet's total after it, minor units.
    pub balance: i64,
    /// What has become of a bet or win.
    pub state: Option<PlayState>,
}

impl Line {
    /// How the player's buckets changed, by their codes.
    pub fn buckets(&self) -> impl Iterator<Item = (&str, i64)> {
        self.postings.iter().filter_map(|posting| {
            let bucket = posting.account.strip_prefix("player:")?;
            Some((bucket, posting.amount))
        })
    }

    /// How the player's total changed, minor units.
    #[must_use]
    pub fn change(&self) -> i64 {
        self.buckets()
            .fold(0_i64, |sum, (_, amount)| sum.saturating_add(amount))
    }
}

/// A bet of a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundBet {
    /// The provider's id of it.
    pub transaction: String,
    /// The game.
    pub game: Option<String>,
    /// When.
    pub at: OffsetDateTime,
    /// Neither a win stands on it nor was it given back.
    pub open: bool,
    /// A win that names another bet, or none, came after it and stands: where a provider pays by the round, that was
    /// this bet's result too.
    pub paid: bool,
}

/// What a round came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundRecord {
    /// What has become of it.
    pub state: RoundState,
    /// Its bets, in their order.
    pub bets: Vec<RoundBet>,
    /// What was staked and not given back, by bucket, minor units.
    pub stake: BTreeMap<String, i128>,
    /// What was won and not taken back, by bucket, minor units.
    pub win: BTreeMap<String, i128>,
    /// The wallet's total before its first entry, minor units.
    pub balance_before: i64,
    /// The wallet's total after its last entry, minor units. What the player did besides is between the two.
    pub balance_after: i64,
    /// When it was left alone for too long. What the house ended before its provider went on is not among them.
    pub interruptions: Vec<Interruption>,
    /// Its entries, in their order.
    pub lines: Vec<Line>,
}

impl RoundRecord {
    /// Of a round's entries, in their order; none of none, nor where its end is all that was said of it.
    #[must_use]
    pub fn of(lines: Vec<Line>, patience: Patience) -> Option<Self> {
        if lines.iter().all(|line| end::is_end(&line.transaction)) {
            return None;
        }
        let (first, last) = (lines.first()?, lines.last()?);
        let (balance_before, balance_after) = (first.balance.saturating_sub(first.change()), last.balance);
        let (mut stake, mut win) = (BTreeMap::new(), BTreeMap::new());
        for line in &lines {
            // A rollback is of the round of what it undoes, and comes after that. One of a play of no round may name
            // this round, and is nothing of it.
            let kind = match line.kind {
                Kind::Rollback => undone(&lines, line),
                kind => Some(kind),
            };
            let (sums, sign) = match kind {
                None => continue,
                Some(Kind::Bet | Kind::Tip) => (&mut stake, -1),
                Some(_) => (&mut win, 1),
            };
            for (bucket, amount) in line.buckets() {
                *sums.entry(bucket.to_owned()).or_insert(0_i128) += i128::from(amount) * sign;
            }
        }
        let bets: Vec<_> = lines
            .iter()
            .filter(|line| line.kind == Kind::Bet)
            .map(|bet| RoundBet {
                transaction: bet.transaction.clone(),
                game: bet.game.clone(),
                at: bet.at,
                open: bet.state == Some(PlayState::Open),
                paid: lines.iter().any(|win| {
                    win.kind == Kind::Settle
                        && win.state != Some(PlayState::RolledBack)
                        && win.version > bet.version
                }),
            })
            .collect();
        let interruptions = interruptions(&lines, patience);
        Some(Self {
            state: state(&lines, &interruptions),
            bets,
            stake,
            win,
            balance_before,
            balance_after,
            interruptions,
            lines,
        })
    }

    /// What was staked and not given back, minor units.
    #[must_use]
    pub fn staked(&self) -> i128 {
        self.stake.values().sum()
    }

    /// What was won and not taken back, minor units.
    #[must_use]
    pub fn won(&self) -> i128 {
        self.win.values().sum()
    }
}

/// What a rollback undoes.
fn undone(lines: &[Line], rollback: &Line) -> Option<Kind> {
    let of = rollback.reference.as_deref();
    let play = lines
        .iter()
        .find(|line| line.state.is_some() && Some(line.transaction.as_str()) == of);
    play.map(|play| play.kind)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
pub(super) mod tests {
    use super::*;

    /// A house that waits for a minute, and looks at once.
    pub(in super::super) const PATIENCE: Patience = Patience {
        now: OffsetDateTime::UNIX_EPOCH,
        lasts: time::Duration::minutes(1),
    };

    /// An entry that changes cash and bonus, and what it left in a wallet that had `before`.
    pub(in super::super) fn line(
        version: i64,
        kind: Kind,
        transaction: &str,
        reference: Option<&str>,
        (cash, bonus): (i64, i64),
        before: i64,
        state: Option<PlayState>,
    ) -> Line {
        let posting = |account: &str, amount| Posting {
            account: account.to_owned(),
            amount,
        };
        Line {
            version,
            at: OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(version),
            kind,
            transaction: transaction.to_owned(),
            reference: reference.map(str::to_owned),
            game: None,
            amount: (cash + bonus).abs(),
            postings: vec![
                posting("player:cash", cash),
                posting("player:bonus", bonus),
                posting("house:gaming", -cash - bonus),
            ],
            balance: before + cash + bonus,
            state,
        }
    }

    fn sums(pairs: [(&str, i128); 2]) -> BTreeMap<String, i128> {
        pairs
            .into_iter()
            .map(|(bucket, sum)| (bucket.to_owned(), sum))
            .collect()
    }

    #[test]
    fn money_30_a_rounds_totals_are_the_sums_of_its_entries_by_bucket_and_in_all() {
        use PlayState::{Open, RolledBack, Settled};
        let lines = vec![
            line(3, Kind::Bet, "b1", None, (-700, -300), 5_000, Some(Settled)),
            line(4, Kind::Bet, "b2", None, (-100, 0), 4_000, Some(RolledBack)),
            line(5, Kind::Settle, "w1", Some("b1"), (250, 50), 3_900, Some(Open)),
            line(7, Kind::Rollback, "r2", Some("b2"), (100, 0), 4_700, None),
            line(8, Kind::JackpotWin, "j1", None, (900, 0), 4_800, Some(RolledBack)),
            line(9, Kind::Rollback, "r3", Some("j1"), (-900, 0), 5_700, None),
        ];
        let net: i128 = lines.iter().map(|line| i128::from(line.change())).sum();
        let round = RoundRecord::of(lines, PATIENCE).unwrap();
        assert_eq!(round.stake, sums([("cash", 700), ("bonus", 300)]));
        assert_eq!(round.win, sums([("cash", 250), ("bonus", 50)]));
        assert_eq!((round.staked(), round.won()), (1_000, 300));
        assert_eq!(round.won() - round.staked(), net);
        assert_eq!((round.balance_before, round.balance_after), (5_000, 4_800));
        assert_eq!(round.state, RoundState::Settled);
        assert_eq!(RoundRecord::of(Vec::new(), PATIENCE), None);
    }
}
