//! A round as it may come: what its provider says of it, in any order, again, at once, or not at all.

use croupier_game::conformance::{Say, Undoes};
use rand::{RngExt, rngs::StdRng, seq::SliceRandom};

use super::model::Seat;

/// What one player's provider says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub seat: Seat,
    pub say: Say,
}

/// What happens next.
#[derive(Clone, Debug)]
pub enum Step {
    /// It is said, and the answer comes.
    Said(Message),
    /// It is said and served; its answer is lost.
    AnswerLost(Message),
    /// The connection is cut somewhere on the way; it is said again.
    Cut(Message),
    /// All of them are said at once.
    AtOnce(Vec<Message>),
}

/// A round of Alice's, with what others say under the same ids.
pub struct Composer<'r> {
    pub rng: &'r mut StdRng,
    /// Begins every id.
    pub prefix: String,
    /// What Alice has.
    pub has: i64,
    /// Several actions in one call, where the protocol has that.
    pub together: bool,
}

impl Composer<'_> {
    fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    /// Ids differ in case alone now and then.
    fn id(&mut self, name: &str, at: usize) -> String {
        let name = if self.chance(8) {
            name.to_uppercase()
        } else {
            name.to_owned()
        };
        format!("{}{name}{at}", self.prefix)
    }

    fn round(&mut self) -> String {
        let other = self.chance(8);
        format!("{}{}", self.prefix, if other { "s" } else { "r" })
    }

    fn stake(&mut self) -> i64 {
        match self.rng.random_range(0..100) {
            0..8 => 0,
            8..18 => self.has + self.rng.random_range(1..500),
            _ => self.rng.random_range(1..=(self.has / 3).max(2)),
        }
    }

    /// A win that is spent before it is undone.
    fn spree(&mut self) -> Vec<Say> {
        let (round, win) = (self.round(), self.id("w", 80));
        let (lost, all) = (self.id("b", 80), self.id("b", 81));
        let bet = |id: &str, amount| Say::Bet {
            id: id.to_owned(),
            round: round.clone(),
            amount,
        };
        vec![
            bet(&lost, 0),
            Say::Win {
                id: win.clone(),
                bet: lost.clone(),
                round: round.clone(),
                amount: self.has,
            },
            bet(&all, self.has / 2 * 3),
            self.undo(80, &win, &round, Undoes::Win, self.has),
        ]
    }

    /// The round as it should be told.
    fn told(&mut self) -> Vec<Say> {
        let mut told = Vec::new();
        let (mut wins, mut undos) = (0, 0);
        for at in 0..self.rng.random_range(1..=4) {
            let (id, round, amount) = (self.id("b", at), self.round(), self.stake());
            told.push(if self.chance(8) {
                Say::FreeBet {
                    id: id.clone(),
                    round: round.clone(),
                    amount: 100,
                }
            } else {
                Say::Bet {
                    id: id.clone(),
                    round: round.clone(),
                    amount,
                }
            });
            for _ in 0..[0, 0, 1, 1, 1, 2][self.rng.random_range(0..6)] {
                let won = if self.chance(30) {
                    0
                } else {
                    self.rng.random_range(0..=amount.min(self.has).max(1) * 2)
                };
                let own = self.id("w", wins);
                wins += 1;
                told.push(Say::Win {
                    id: own.clone(),
                    bet: id.clone(),
                    round: round.clone(),
                    amount: won,
                });
                if self.chance(15) {
                    told.push(self.undo(undos, &own, &round, Undoes::Win, won));
                    undos += 1;
                }
            }
            for _ in 0..[0, 0, 0, 1, 1, 2][self.rng.random_range(0..6)] {
                told.push(self.undo(undos, &id, &round, Undoes::Bet, amount));
                undos += 1;
            }
        }
        let round = format!("{}r", self.prefix);
        for _ in 0..self.rng.random_range(0..=2) {
            told.push(Say::EndRound { round: round.clone() });
        }
        if self.chance(20) {
            told.push(Say::PromoWin {
                id: self.id("p", 0),
                round,
                amount: 250,
            });
        }
        told
    }

    fn undo(&mut self, at: usize, of: &str, round: &str, undoes: Undoes, amount: i64) -> Say {
        Say::Rollback {
            id: self.id("x", at),
            of: of.to_owned(),
            round: round.to_owned(),
            undoes,
            amount,
        }
    }

    /// What should not be told: of what never was, under an id that was used, with other data.
    fn mistaken(&mut self, told: &[Say]) -> Vec<Message> {
        let mut more = Vec::new();
        let some = |rng: &mut StdRng| told[rng.random_range(0..told.len())].clone();
        let round = format!("{}r", self.prefix);
        let says = |seat, say| Message { seat, say };
        for percent in [30, 15] {
            if self.chance(percent) {
                let other = some(self.rng);
                let other = self.altered(other);
                more.push(says(Seat::Alice, other));
            }
        }
        if self.chance(12) {
            let (id, of) = (self.id("x", 70), format!("{}never", self.prefix));
            let undoes = if self.chance(50) { Undoes::Bet } else { Undoes::Win };
            more.push(says(
                Seat::Alice,
                Say::Rollback {
                    id,
                    of,
                    round: round.clone(),
                    undoes,
                    amount: 100,
                },
            ));
        }
        if self.chance(8) {
            let (id, bet) = (self.id("w", 70), format!("{}never", self.prefix));
            more.push(says(
                Seat::Alice,
                Say::Win {
                    id,
                    bet,
                    round: round.clone(),
                    amount: 100,
                },
            ));
        }
        // A rollback of a rollback, and an id that is a bet's said of a win.
        let ids: Vec<_> = told.iter().flat_map(Say::ids).collect();
        if self.chance(10)
            && let Some(undo) = ids.iter().find(|id| id[self.prefix.len()..].starts_with('x'))
        {
            let id = self.id("x", 71);
            more.push(says(
                Seat::Alice,
                Say::Rollback {
                    id,
                    of: undo.clone(),
                    round: round.clone(),
                    undoes: Undoes::Bet,
                    amount: 100,
                },
            ));
        }
        if self.chance(8) {
            let (id, bet) = (ids[self.rng.random_range(0..ids.len())].clone(), ids[0].clone());
            more.push(says(
                Seat::Alice,
                Say::Win {
                    id,
                    bet,
                    round: round.clone(),
                    amount: 55,
                },
            ));
        }
        // Others of the brand, who have nothing of Alice's; and another brand's, where the ids are others.
        for percent in [20, 10] {
            if self.chance(percent) {
                more.push(says(Seat::Bob, some(self.rng)));
            }
        }
        if self.chance(10) {
            let id = self.id("x", 72);
            let undo = Say::Rollback {
                id,
                of: ids[0].clone(),
                round,
                undoes: Undoes::Bet,
                amount: 100,
            };
            more.push(says(Seat::Bob, undo));
        }
        for percent in [40, 20, 10] {
            if self.chance(percent) {
                more.push(says(Seat::Abroad, some(self.rng)));
            }
        }
        more
    }

    /// The same id with other data.
    fn altered(&mut self, mut say: Say) -> Say {
        let elsewhere = self.chance(35);
        match &mut say {
            Say::Bet { round, amount, .. }
            | Say::FreeBet { round, amount, .. }
            | Say::Win { round, amount, .. }
            | Say::PromoWin { round, amount, .. }
            | Say::Rollback { round, amount, .. } => {
                if elsewhere {
                    round.push('2');
                } else {
                    *amount += 5;
                }
            }
            _ => {}
        }
        say
    }

    /// Everything that is said, in the order in which it comes. `before` is what was said of the round before.
    pub fn compose(mut self, before: &[Message]) -> Vec<Step> {
        let told = self.told();
        let mistaken = self.mistaken(&told);
        let mut all: Vec<_> = told
            .into_iter()
            .map(|say| Message {
                seat: Seat::Alice,
                say,
            })
            .collect();
        for other in mistaken {
            let at = self.rng.random_range(0..=all.len());
            all.insert(at, other);
        }
        if self.together && self.chance(35) {
            self.gather(&mut all);
        }
        // Said again, and again.
        for at in 0..all.len() {
            while self.chance(25) {
                let to = self.rng.random_range(at..=all.len());
                let again = all[at].clone();
                all.insert(to, again);
            }
        }
        // Never said: it was lost, or its copies were.
        all.retain(|_| !self.rng.random_ratio(6, 100));
        match self.rng.random_range(0..3) {
            0 => {}
            1 => all.shuffle(self.rng),
            _ => all.chunks_mut(4).for_each(|near| near.shuffle(self.rng)),
        }
        for _ in 0..2 {
            if let Some(late) = before.get(self.rng.random_range(0..before.len().max(4))) {
                let at = self.rng.random_range(0..=all.len());
                all.insert(at, late.clone());
            }
        }
        if self.chance(15) {
            let spree = self.spree().into_iter();
            all.extend(spree.map(|say| Message {
                seat: Seat::Alice,
                say,
            }));
        }
        self.steps(all)
    }

    /// Some of the bets and wins of Alice's round come in one call.
    fn gather(&mut self, all: &mut Vec<Message>) {
        let round_of = |message: &Message| match &message.say {
            Say::Bet { round, .. } | Say::Win { round, .. } if message.seat == Seat::Alice => {
                Some(round.clone())
            }
            _ => None,
        };
        let Some(round) = all.iter().find_map(round_of) else {
            return;
        };
        let mut together = Vec::new();
        for at in (0..all.len()).rev() {
            if together.len() < 3 && round_of(&all[at]).as_ref() == Some(&round) && self.chance(60) {
                // Some come by themselves, too.
                let message = if self.chance(30) {
                    all[at].clone()
                } else {
                    all.remove(at)
                };
                together.push(message.say);
            }
        }
        together.shuffle(self.rng);
        if !together.is_empty() {
            all.push(Message {
                seat: Seat::Alice,
                say: Say::Together(together),
            });
        }
    }

    fn steps(&mut self, all: Vec<Message>) -> Vec<Step> {
        let undoes = |one: &Message, other: &Message| match (&one.say, &other.say) {
            (Say::Bet { id, .. }, Say::Rollback { of, .. }) => one.seat == other.seat && id == of,
            _ => false,
        };
        let mut steps = Vec::new();
        let mut rest = std::collections::VecDeque::from(all);
        while let Some(message) = rest.pop_front() {
            let cuttable = matches!(
                message.say,
                Say::Bet { .. }
                    | Say::Rollback {
                        undoes: Undoes::Bet,
                        ..
                    }
            );
            steps.push(match self.rng.random_range(0..100) {
                0..8 => Step::AtOnce(vec![message; 3]),
                8..30 => {
                    let with = rest
                        .iter()
                        .position(|other| undoes(&message, other) || undoes(other, &message));
                    match with.and_then(|at| rest.remove(at)) {
                        Some(other) => Step::AtOnce(vec![message, other]),
                        None => Step::Said(message),
                    }
                }
                30..36 => Step::AnswerLost(message),
                36..42 if cuttable => Step::Cut(message),
                _ => Step::Said(message),
            });
        }
        steps
    }
}
