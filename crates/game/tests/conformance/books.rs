//! A small operator's wallet in memory: right, but for the fault that is planted in it.

use std::collections::{HashMap, HashSet};

use crate::fault::Fault;

/// One transaction as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    Bet {
        id: String,
        round: String,
        game: String,
        amount: i64,
        free: bool,
    },
    Win {
        id: String,
        of: Option<String>,
        round: String,
        amount: i64,
        promo: bool,
    },
    Undo {
        id: String,
        of: String,
    },
    /// All of these, or none.
    UndoAll {
        id: String,
        of: Vec<String>,
    },
}

impl Ask {
    pub fn id(&self) -> &str {
        match self {
            Self::Bet { id, .. }
            | Self::Win { id, .. }
            | Self::Undo { id, .. }
            | Self::UndoAll { id, .. } => id,
        }
    }

    fn lower(&self) -> Self {
        let mut lower = self.clone();
        let (Self::Bet { id, .. } | Self::Win { id, .. } | Self::Undo { id, .. } | Self::UndoAll { id, .. }) =
            &mut lower;
        *id = id.to_lowercase();
        lower
    }
}

/// What it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Done under this id of the operator's: now, or before where the protocol has no word for that.
    Done(String),
    /// Done before, where it has.
    Again(String),
    Conflict,
    NoFunds,
    NoReference,
    /// What it refers to was won or rolled back, and is not any more.
    Settled,
    Expired,
    Disabled,
    Nothing,
}

/// What the protocol leaves open.
#[derive(Clone, Copy, Debug)]
pub struct Contract {
    /// Whether a win needs its bet.
    pub wins_need_bets: bool,
    /// What a bet is told whose rollback came first.
    pub late_bets_are_done: bool,
    /// Whether a repeat is told the balance of the first answer.
    pub repeats_tell_first: bool,
    /// Whether a repeat is told that it is one.
    pub repeats_have_a_word: bool,
    /// Whether a bet is won or rolled back, once and never both.
    pub bets_settle_once: bool,
    /// Whether a rollback of what was never seen is told that it is done.
    pub unknown_rollbacks_are_done: bool,
}

#[derive(Clone, Debug)]
struct Booked {
    user: String,
    token: Option<String>,
    ask: Ask,
    told: Told,
    /// What the player had before and after it.
    balances: (i64, i64),
    won: bool,
    undone: bool,
}

/// The wallet.
#[derive(Clone, Debug)]
pub struct Books {
    pub fault: Option<Fault>,
    contract: Contract,
    pub balances: HashMap<String, i64>,
    /// Whose each launch is.
    pub launches: HashMap<String, String>,
    pub expired: HashSet<String>,
    pub blocked: HashSet<String>,
    pub signed_out: HashSet<String>,
    booked: HashMap<(String, String), Booked>,
    tombstones: HashSet<(String, String)>,
    written: u64,
}

/// What comes of it before it is written down.
pub struct Later {
    key: (String, String),
    booked: Booked,
}

impl Books {
    pub fn new(fault: Option<Fault>, contract: Contract) -> Self {
        Self {
            fault,
            contract,
            balances: HashMap::new(),
            launches: HashMap::new(),
            expired: HashSet::new(),
            blocked: HashSet::new(),
            signed_out: HashSet::new(),
            booked: HashMap::new(),
            tombstones: HashSet::new(),
            written: 0,
        }
    }

    pub fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    pub fn balance(&self, user: &str) -> i64 {
        self.balances.get(user).copied().unwrap_or_default()
    }

    /// The balance that is told of this, once it was decided.
    pub fn balance_told(&self, user: &str, ask: &Ask) -> i64 {
        self.balances_told(user, ask).1
    }

    /// The same, with the balance before it.
    pub fn balances_told(&self, user: &str, ask: &Ask) -> (i64, i64) {
        let booked = self.booked.get(&self.key_of(user, ask));
        let first = booked.filter(|booked| booked.user == user && booked.ask == *ask);
        let first = first.filter(|first| matches!(first.told, Told::Done(_)));
        match first {
            Some(first) if self.has(Fault::TellsBalanceBefore) => (first.balances.0, first.balances.0),
            Some(first) if self.contract.repeats_tell_first && !self.has(Fault::RepeatsTellNow) => {
                first.balances
            }
            Some(first) => (first.balances.0, self.balance(user)),
            None => (self.balance(user), self.balance(user)),
        }
    }

    fn key(&self, user: &str, id: &str) -> (String, String) {
        // The brand is the part of the account before the point.
        let brand = user.split('.').next().unwrap();
        let brand = if self.has(Fault::BrandsMeet) { "" } else { brand };
        let id = if self.has(Fault::IgnoresCase) {
            id.to_lowercase()
        } else {
            id.to_owned()
        };
        (brand.to_owned(), id)
    }

    fn key_of(&self, user: &str, ask: &Ask) -> (String, String) {
        match ask {
            Ask::Bet { round, .. } if self.has(Fault::KeyedByRound) => {
                self.key(user, &format!("round:{round}"))
            }
            _ => self.key(user, ask.id()),
        }
    }

    /// The same where a refund is of bets alone: a win that it names is none.
    pub fn of_bets(&self, user: &str, ask: Ask) -> Ask {
        match ask {
            Ask::Undo { id, of } if self.is_win(user, &of) && !self.has(Fault::RefundsWins) => Ask::Undo {
                id,
                of: format!("no bet:{of}"),
            },
            other => other,
        }
    }

    fn is_win(&self, user: &str, id: &str) -> bool {
        let booked = self.booked.get(&self.key(user, id));
        booked.is_some_and(|booked| matches!(booked.ask, Ask::Win { .. }))
    }

    pub fn knows(&self, user: &str, ask: &Ask) -> bool {
        self.booked.contains_key(&self.key_of(user, ask))
    }

    /// Does it, whole.
    pub fn decide(&mut self, user: &str, token: Option<&str>, ask: &Ask, look: bool) -> Told {
        let is_bet = matches!(ask, Ask::Bet { .. });
        if is_bet && self.blocked.contains(user) && self.has(Fault::RefusesRepeatsOfBlocked) {
            return Told::Disabled;
        }
        if look && let Some(told) = self.repeat(user, ask) {
            return told;
        }
        let (told, later) = self.apply(user, token, ask);
        if let Some(later) = later {
            self.write_down(later);
        }
        told
    }

    /// What was told before.
    fn repeat(&mut self, user: &str, ask: &Ask) -> Option<Told> {
        let booked = self.booked.get(&self.key_of(user, ask))?.clone();
        let compared = |ask: &Ask| {
            let mut ask = if self.has(Fault::IgnoresCase) {
                ask.lower()
            } else {
                ask.clone()
            };
            if let (Ask::Bet { game, .. }, true) = (&mut ask, self.has(Fault::GamesAreNoMatter)) {
                game.clear();
            }
            ask
        };
        let same = booked.user == user && compared(&booked.ask) == compared(ask);
        let settles = !matches!(ask, Ask::Bet { .. });
        let careless = self.has(Fault::ConflictsAreReplays)
            || self.has(Fault::KeyedByRound)
            || settles && self.has(Fault::SettlingsAreReplays)
            || matches!(ask, Ask::UndoAll { .. }) && self.has(Fault::CallsAreRepeats);
        if !same && matches!(ask, Ask::UndoAll { .. }) && self.has(Fault::ListsAreNoMatter) {
            return None;
        }
        if !same && !careless {
            return Some(Told::Conflict);
        }
        match booked.told {
            Told::Done(_) if self.has(Fault::DoublesDuplicates) => None,
            Told::Done(op) => {
                let op = if self.has(Fault::NewIdsForRepeats) {
                    self.new_id()
                } else {
                    op
                };
                let again = self.contract.repeats_have_a_word && !self.has(Fault::RepeatsAreDone);
                Some(if again { Told::Again(op) } else { Told::Done(op) })
            }
            Told::NoFunds if self.has(Fault::ForgetsRefusals) => None,
            told => Some(told),
        }
    }

    fn new_id(&mut self) -> String {
        self.written += 1;
        format!("op-{}", self.written)
    }

    pub fn write_down(&mut self, later: Later) {
        self.booked.insert(later.key, later.booked);
    }

    /// Moves the money.
    pub fn apply(&mut self, user: &str, token: Option<&str>, ask: &Ask) -> (Told, Option<Later>) {
        let before = self.balance(user);
        let told = match ask {
            Ask::Bet { game, .. } if game != "game" && self.has(Fault::OneGameALaunch) => Told::Nothing,
            Ask::Win { amount: 0, .. } if self.has(Fault::RefusesLosses) => Told::Nothing,
            Ask::Win { round, .. } if self.is_won(user, round) && self.has(Fault::OneWinARound) => {
                Told::Conflict
            }
            Ask::Bet { id, amount, free, .. } => self.bet(user, token, id, *amount, *free),
            Ask::Win {
                of, amount, promo, ..
            } => self.win(user, token, of.as_deref(), *amount, *promo),
            Ask::Undo { of, .. } => self.undo(user, token, of),
            Ask::UndoAll { of, .. } => self.undo_all(user, token, of),
        };
        let undoes = matches!(ask, Ask::Undo { .. } | Ask::UndoAll { .. });
        let stored = matches!(told, Told::Done(_)) || told == Told::NoFunds && !undoes;
        // A bet whose rollback came first is known as one, whatever it is told.
        let stored = stored || matches!((ask, &told), (Ask::Bet { .. }, Told::NoReference));
        let later = stored.then(|| Later {
            key: self.key_of(user, ask),
            booked: Booked {
                user: user.to_owned(),
                token: token.map(str::to_owned),
                ask: ask.clone(),
                told: told.clone(),
                balances: (before, self.balance(user)),
                won: false,
                undone: false,
            },
        });
        (told, later)
    }

    fn is_won(&self, user: &str, round: &str) -> bool {
        let of_round = |ask: &Ask| matches!(ask, Ask::Win { round: of, .. } if of == round);
        let mut booked = self.booked.values();
        booked.any(|booked| booked.user == user && of_round(&booked.ask))
    }

    fn is_over(&self, token: Option<&str>) -> bool {
        token.is_some_and(|token| self.expired.contains(token))
    }

    fn bet(&mut self, user: &str, token: Option<&str>, id: &str, amount: i64, free: bool) -> Told {
        if self.tombstones.contains(&(user.to_owned(), id.to_owned())) {
            return if self.contract.late_bets_are_done || self.has(Fault::LateBetsAreDone) {
                Told::Done(self.new_id())
            } else {
                Told::NoReference
            };
        }
        if self.is_over(token) && !self.has(Fault::TakesLateBets) {
            return Told::Expired;
        }
        if self.blocked.contains(user) && !self.has(Fault::TakesBetsOfBlocked) {
            return Told::Disabled;
        }
        let takes = if free && !self.has(Fault::ChargesFreeBets) {
            0
        } else {
            amount
        };
        if takes == 0 && !free && self.has(Fault::RefusesNothing) {
            return Told::Nothing;
        }
        let has = self.balance(user);
        if has < takes && !self.has(Fault::LetsOwe) {
            return Told::NoFunds;
        }
        self.balances.insert(user.to_owned(), has - takes);
        Told::Done(self.new_id())
    }

    fn win(&mut self, user: &str, token: Option<&str>, of: Option<&str>, amount: i64, promo: bool) -> Told {
        if self.is_over(token) && self.has(Fault::RefusesLateWins) {
            return Told::Expired;
        }
        if self.blocked.contains(user) && self.has(Fault::RefusesWinsOfBlocked) {
            return Told::Disabled;
        }
        if self.signed_out.contains(user) && self.has(Fault::RefusesWinsOfSignedOut) {
            return Told::Disabled;
        }
        let promo = promo && !self.has(Fault::NoPromotions);
        let key = of.map(|of| self.key(user, of));
        let bet = key.as_ref().and_then(|key| self.booked.get(key));
        let bet = bet.filter(|bet| bet.user == user && matches!(bet.told, Told::Done(_)));
        if bet.is_some_and(|bet| bet.token.as_deref() != token) && self.has(Fault::OneLaunchARound) {
            return Told::NoReference;
        }
        let there = bet.is_some() || self.has(Fault::PaysWinsWithoutBets) || self.has(Fault::KeyedByRound);
        let undone = bet.is_some_and(|bet| bet.undone) && !self.has(Fault::PaysWinsOfUndone);
        if self.contract.wins_need_bets && !promo && !there {
            return Told::NoReference;
        }
        if self.contract.wins_need_bets && !promo && undone {
            return self.settled();
        }
        // Whoever does a repeat again does not see that this is one.
        let every = [
            Fault::PaysEveryWin,
            Fault::DoublesDuplicates,
            Fault::RacesDuplicates,
        ];
        let every = every.into_iter().any(|fault| self.has(fault));
        if self.contract.bets_settle_once && !every && bet.is_some_and(|bet| bet.won) {
            return self.settled();
        }
        let own = key.filter(|_| bet.is_some());
        if let Some(bet) = own.and_then(|key| self.booked.get_mut(&key)) {
            bet.won = true;
        }
        *self.balances.entry(user.to_owned()).or_default() += amount;
        Told::Done(self.new_id())
    }

    /// Of a bet that is over.
    fn settled(&self) -> Told {
        if self.contract.bets_settle_once && !self.has(Fault::SettledIsUnknown) {
            Told::Settled
        } else {
            Told::NoReference
        }
    }

    fn undo(&mut self, user: &str, token: Option<&str>, of: &str) -> Told {
        if self.is_over(token) && self.has(Fault::RefusesLateWins) {
            return Told::Expired;
        }
        let twice = self.has(Fault::GivesBackTwice);
        let anybodys = self.has(Fault::TakesForeignReferences);
        let half = self.has(Fault::GivesBackHalf);
        let key = self.key(user, of);
        let found = self.booked.get(&key);
        let found =
            found.filter(|found| (found.user == user || anybodys) && matches!(found.told, Told::Done(_)));
        let Some(original) = found else {
            if self.has(Fault::RefusesUnknownRollbacks) {
                return Told::NoReference;
            }
            if !self.has(Fault::NoTombstones) {
                self.tombstones.insert((user.to_owned(), of.to_owned()));
            }
            return if self.contract.unknown_rollbacks_are_done || self.has(Fault::UnknownRollbacksAreDone) {
                Told::Done(self.new_id())
            } else {
                Told::NoReference
            };
        };
        let gives = match &original.ask {
            Ask::Bet { free: true, .. } => 0,
            Ask::Bet { amount, .. } if half => amount / 2,
            Ask::Bet { amount, .. } => *amount,
            Ask::Win { amount, .. } => -amount,
            Ask::Undo { .. } | Ask::UndoAll { .. } => 0,
        };
        let undone = original.undone && !twice;
        let won = original.won && !self.has(Fault::GivesBackWhatWasWon);
        if self.contract.bets_settle_once && (undone || won) {
            return self.settled();
        }
        if undone {
            return Told::Done(self.new_id());
        }
        let has = self.balance(user);
        if has + gives < 0 {
            if !self.has(Fault::ClampsAtNothing) {
                return Told::NoFunds;
            }
            self.balances.insert(user.to_owned(), 0);
        } else {
            self.balances.insert(user.to_owned(), has + gives);
        }
        if let Some(original) = self.booked.get_mut(&key) {
            original.undone = true;
        }
        Told::Done(self.new_id())
    }

    /// What is given back may pay for what is taken back.
    fn undo_all(&mut self, user: &str, token: Option<&str>, of: &[String]) -> Told {
        let before = self.clone();
        let (wins, others): (Vec<_>, Vec<_>) = of.iter().partition(|id| self.is_win(user, id));
        for id in others.into_iter().chain(wins) {
            let told = self.undo(user, token, id);
            if !matches!(told, Told::Done(_)) {
                if !self.has(Fault::HalfOfACall) {
                    *self = before;
                }
                return told;
            }
        }
        Told::Done(self.new_id())
    }
}
