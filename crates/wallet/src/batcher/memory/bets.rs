//! A wallet's open bets.

use time::OffsetDateTime;

use crate::engine::books::{CommandKey, Play, PlayState, Recorded};

/// The most that are remembered of a wallet: a round has one or a few. A win on one that is not remembered is read.
const MOST: usize = 4;

/// A wallet's open bets, a few of them.
#[derive(Debug, Default)]
pub(in super::super) struct Bets(Vec<Bet>);

/// Its hash and time are looked at whenever its wallet has another, the rest when it is won or undone: that is kept
/// elsewhere, since memory that was not touched for long is slow.
#[derive(Debug)]
struct Bet {
    /// Of its key, by the memory's hasher.
    hash: u64,
    /// When it was made: the oldest is forgotten first.
    at: OffsetDateTime,
    known: Box<Known>,
}

/// What is known of a bet.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) key: CommandKey,
    pub(super) recorded: Recorded,
    pub(super) play: Play,
}

impl Bets {
    pub(super) fn get(&self, hash: u64, key: &CommandKey) -> Option<&Known> {
        self.0.get(self.place(hash, key)?).map(|bet| &*bet.known)
    }

    pub(super) fn take(&mut self, hash: u64, key: &CommandKey) -> Option<Known> {
        let place = self.place(hash, key)?;
        Some(*self.0.swap_remove(place).known)
    }

    fn place(&self, hash: u64, key: &CommandKey) -> Option<usize> {
        let is = |bet: &Bet| bet.hash == hash && bet.known.key == *key;
        self.0.iter().position(is)
    }

    /// Knows the bet as it is now, where it is open; of too many the oldest is forgotten.
    pub(super) fn learn(&mut self, hash: u64, known: Known) {
        self.0.retain(|bet| bet.hash != hash);
        if known.play.state != PlayState::Open {
            return;
        }
        self.0.push(Bet {
            hash,
            at: known.play.at,
            known: Box::new(known),
        });
        if self.0.len() > MOST {
            let all = self.0.iter().enumerate();
            let oldest = all.min_by_key(|(_, bet)| (bet.at, bet.hash)).map(|(at, _)| at);
            oldest.map(|at| self.0.swap_remove(at));
        }
    }
}
