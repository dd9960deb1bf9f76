//! What a wallet must make of what a provider says: the reference model.
//!
//! It is written from the contracts ([`super::words`]) and knows nothing of the engine: it has a number for each
//! player's money, and remembers what was decided under which id, what was taken or paid, and what was undone before
//! it came. It decides one call after another; calls made at once may be decided in any order, which is the caller's
//! to try.

use std::collections::{BTreeMap, BTreeSet};

use croupier_game::conformance::{Say, Undoes};

use super::words::{Repeats, Words};

/// Who says something: of the same brand, or of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seat {
    Alice,
    Bob,
    Abroad,
}

impl Seat {
    pub const ALL: [Self; 3] = [Self::Alice, Self::Bob, Self::Abroad];

    pub fn brand(self) -> i64 {
        if self == Self::Abroad { 2 } else { 1 }
    }
}

/// What a call comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Saw {
    /// Money moved, or the nothing that was asked for.
    Done,
    /// A bet that was undone before it came.
    LateBet,
    /// A win that was undone before it came.
    LateWin,
    /// What is to be undone was undone before.
    UndoneBefore,
    /// What is to be undone was never seen: remembered.
    NeverSeen,
    /// What is to be undone was refused.
    NeverTaken,
    /// What is to be undone as a bet is a win.
    WinStands,
    /// Not enough money.
    NoFunds,
    /// A win of a bet that is not known.
    NoReference,
    /// The bet was won or undone before.
    Settled,
    /// Nothing that can be undone.
    Irreversible,
    /// The id was used for something else.
    Conflict,
    /// Nobody's fault but another's of the same call.
    Dragged,
}

impl Saw {
    /// Whether the provider may take the call as served.
    pub fn accepted(self) -> bool {
        matches!(
            self,
            Self::Done
                | Self::LateBet
                | Self::LateWin
                | Self::UndoneBefore
                | Self::NeverSeen
                | Self::NeverTaken
                | Self::WinStands
        )
    }
}

/// What is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub saw: Saw,
    /// It was decided before.
    pub again: bool,
    /// The balance that goes with it.
    pub balance: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Decided {
    content: String,
    saw: Saw,
    balance: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Play {
    seat: Seat,
    is_bet: bool,
    /// What the player lost by it; of a win, less than nothing.
    taken: i64,
    undone: bool,
    /// How many wins of it stand, where wins name their bet.
    wins: u32,
    bet: Option<Key>,
}

/// Whose an id is: the brand's, whoever of it says it.
type Key = (i64, String);

/// A provider's players, as they must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    words: &'static Words,
    money: BTreeMap<Seat, i64>,
    decided: BTreeMap<Key, Decided>,
    plays: BTreeMap<Key, Play>,
    /// Undone by this player before it came.
    awaited: BTreeSet<(Seat, Key)>,
    /// How many decisions are kept for ever, and how many of them moved something, by brand.
    pub kept: BTreeMap<i64, u64>,
    pub moved: BTreeMap<i64, u64>,
}

impl Model {
    pub fn new(words: &'static Words, money: impl IntoIterator<Item = (Seat, i64)>) -> Self {
        Self {
            words,
            money: money.into_iter().collect(),
            decided: BTreeMap::new(),
            plays: BTreeMap::new(),
            awaited: BTreeSet::new(),
            kept: BTreeMap::new(),
            moved: BTreeMap::new(),
        }
    }

    pub fn has(&self, seat: Seat) -> i64 {
        self.money[&seat]
    }

    /// Ids that nobody will say again are forgotten, so that a long run stays small.
    pub fn forget(&mut self, keep: impl Fn(&str) -> bool) {
        self.decided.retain(|(_, id), _| keep(id));
        self.plays.retain(|(_, id), _| keep(id));
        self.awaited.retain(|(_, (_, id))| keep(id));
    }

    /// Decides a call.
    pub fn hear(&mut self, seat: Seat, say: &Say) -> Due {
        match say {
            Say::Open | Say::Balance | Say::EndRound { .. } => self.now(seat, Saw::Done, false),
            Say::Together(all) => self.together(seat, all),
            one => self.one(seat, one),
        }
    }

    fn one(&mut self, seat: Seat, say: &Say) -> Due {
        let key = (seat.brand(), (self.words.key)(seat, say));
        let content = format!("{seat:?} {}", (self.words.content)(say));
        if let Some(before) = self.decided.get(&key) {
            return self.before(seat, before.clone(), &content);
        }
        let (saw, kept) = self.act(seat, &key, say);
        let due = self.now(seat, saw, false);
        if kept {
            self.keep(key, content, saw, due.balance);
        }
        due
    }

    fn before(&self, seat: Seat, before: Decided, content: &str) -> Due {
        if before.content != content {
            return self.now(seat, Saw::Conflict, false);
        }
        let now = self.now(seat, before.saw, true);
        match self.words.repeats {
            Repeats::Then if before.saw.accepted() => Due {
                balance: before.balance,
                ..now
            },
            Repeats::Then | Repeats::Now => now,
        }
    }

    fn keep(&mut self, key: Key, content: String, saw: Saw, balance: i64) {
        *self.kept.entry(key.0).or_default() += 1;
        if saw == Saw::Done {
            *self.moved.entry(key.0).or_default() += 1;
        }
        let decided = Decided {
            content,
            saw,
            balance,
        };
        self.decided.insert(key, decided);
    }

    fn now(&self, seat: Seat, saw: Saw, again: bool) -> Due {
        Due {
            saw,
            again,
            balance: self.has(seat),
        }
    }

    /// Does it, and says whether that is so for ever.
    fn act(&mut self, seat: Seat, key: &Key, say: &Say) -> (Saw, bool) {
        let awaited = self.awaited.contains(&(seat, key.clone()));
        match say {
            Say::Bet { .. } | Say::FreeBet { .. } | Say::OddBet { .. } if awaited => (Saw::LateBet, true),
            Say::Win { .. } | Say::PromoWin { .. } if awaited => (Saw::LateWin, true),
            Say::Bet { amount, .. } if *amount > self.has(seat) => (Saw::NoFunds, true),
            Say::Bet { amount, .. } => self.play(seat, key, (true, *amount), None),
            Say::FreeBet { .. } => self.play(seat, key, (true, 0), None),
            Say::PromoWin { amount, .. } => self.play(seat, key, (false, -amount), None),
            Say::Win { amount, bet, .. } if self.words.wins_name_bets => {
                let bet = (seat.brand(), (self.words.bet)(bet));
                self.win(seat, key, *amount, bet)
            }
            Say::Win { amount, .. } => self.play(seat, key, (false, -amount), None),
            Say::Rollback { of, undoes, .. } => {
                let of = (seat.brand(), (self.words.undone)(of, *undoes));
                self.undo(seat, of, *undoes)
            }
            other => panic!("nobody says {other:?} here"),
        }
    }

    fn play(&mut self, seat: Seat, key: &Key, (is_bet, taken): (bool, i64), bet: Option<Key>) -> (Saw, bool) {
        *self.money.get_mut(&seat).unwrap() -= taken;
        let play = Play {
            seat,
            is_bet,
            taken,
            undone: false,
            wins: 0,
            bet,
        };
        self.plays.insert(key.clone(), play);
        (Saw::Done, true)
    }

    fn win(&mut self, seat: Seat, key: &Key, amount: i64, bet: Key) -> (Saw, bool) {
        let own = |play: &&mut Play| play.seat == seat && play.is_bet;
        match self.plays.get_mut(&bet).filter(own) {
            Some(play) if play.undone => (Saw::Settled, true),
            Some(play) => {
                play.wins += 1;
                self.play(seat, key, (false, -amount), Some(bet))
            }
            None if self.awaited.contains(&(seat, bet)) => (Saw::Settled, true),
            // It may be on its way.
            None => (Saw::NoReference, false),
        }
    }

    fn undo(&mut self, seat: Seat, of: Key, undoes: Undoes) -> (Saw, bool) {
        let has = self.has(seat);
        match self.plays.get_mut(&of).filter(|play| play.seat == seat) {
            Some(play) if play.undone => (Saw::UndoneBefore, true),
            Some(play) if self.words.refunds_leave_wins && undoes == Undoes::Bet && !play.is_bet => {
                (Saw::WinStands, true)
            }
            Some(play) if play.wins > 0 && self.words.won_bets_stand => (Saw::Settled, true),
            // A win that was spent; it may be paid back later.
            Some(play) if has + play.taken < 0 => (Saw::NoFunds, false),
            Some(play) => {
                play.undone = true;
                let (taken, bet) = (play.taken, play.bet.clone());
                *self.money.get_mut(&seat).unwrap() += taken;
                if let Some(bet) = bet.and_then(|bet| self.plays.get_mut(&bet)) {
                    bet.wins -= 1;
                }
                (Saw::Done, true)
            }
            None => {
                let own = |decided: &&Decided| decided.content.starts_with(&format!("{seat:?} "));
                let saw = match self.decided.get(&of).filter(own) {
                    Some(decided) if decided.content.contains(" undoes ") => Saw::Irreversible,
                    Some(decided) if decided.saw.accepted() => Saw::UndoneBefore,
                    Some(_) => Saw::NeverTaken,
                    None => {
                        self.awaited.insert((seat, of));
                        Saw::NeverSeen
                    }
                };
                (saw, true)
            }
        }
    }

    /// All or nothing, and no win pays for a bet. Of a call that is not done, what stopped it is kept if it is so for
    /// ever, and told is the first of its actions, in the call's order, that stands in its own way.
    fn together(&mut self, seat: Seat, all: &[Say]) -> Due {
        let takes = |say: &Say| matches!(say, Say::Bet { .. });
        let order = (0..all.len()).filter(|at| takes(&all[*at]));
        let order: Vec<_> = order
            .chain((0..all.len()).filter(|at| !takes(&all[*at])))
            .collect();
        let before = self.clone();
        let mut dues = Vec::new();
        for at in order {
            let due = self.one(seat, &all[at]);
            if due.saw.accepted() {
                dues.push(due);
                continue;
            }
            *self = before;
            let own = |model: &Self, say: &Say| (seat.brand(), (model.words.key)(seat, say));
            let key = own(self, &all[at]);
            let stays = due.saw != Saw::Conflict && due.saw != Saw::NoReference;
            if stays && !self.decided.contains_key(&key) {
                let content = format!("{seat:?} {}", (self.words.content)(&all[at]));
                self.keep(key.clone(), content, due.saw, self.has(seat));
            }
            let told = all.iter().enumerate().map(|(other, say)| {
                let known = self.decided.contains_key(&own(self, say));
                match (other == at, known) {
                    (true, _) => self.now(seat, due.saw, due.again),
                    (false, true) => self.clone().one(seat, say),
                    (false, false) => self.now(seat, Saw::Dragged, false),
                }
            });
            let mut stopped = told.filter(|due| !due.saw.accepted() && due.saw != Saw::Dragged);
            return stopped.next().unwrap();
        }
        let again = dues.iter().all(|due| due.again);
        Due {
            saw: Saw::Done,
            again,
            balance: self.has(seat),
        }
    }
}
