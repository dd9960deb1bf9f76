//! A small operator's wallet in memory: right, but for the fault that is planted in it.

use std::collections::{HashMap, HashSet};

/// What is wrong with an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// A repeat is done again.
    DoublesDuplicates,
    /// It looks whether an id is known, and writes it down later.
    RacesDuplicates,
    /// It reads the balance, reckons, and writes it back later.
    LosesUpdates,
    /// It believes everybody.
    IgnoresSignatures,
    /// It looks whether a call is signed, and not by whom.
    TakesAnySignature,
    /// It refuses what it does not know.
    RefusesUnknownFields,
    /// It reads a body before it verifies it.
    ReadsBeforeVerifying,
    /// It knows a bet by its round.
    KeyedByRound,
    /// A balance that would be less than nothing is nothing.
    ClampsAtNothing,
    /// It takes amounts of less than nothing for what they are.
    TakesNegatives,
    /// It cuts off what is finer than the currency.
    CutsOffPrecision,
    /// It pays wins of bets it never saw.
    PaysWinsWithoutBets,
    /// It pays wins of bets that were rolled back.
    PaysWinsOfUndone,
    /// It knows a rollback by its own id, and gives back for each.
    GivesBackTwice,
    /// It forgets a rollback that came before its bet.
    NoTombstones,
    /// It tells whoever uses an id again what the first was told.
    ConflictsAreReplays,
    /// The same of wins and rollbacks alone.
    SettlingsAreReplays,
    /// A bet's id in another game is the bet again.
    GamesAreNoMatter,
    /// It looks at the amounts and currencies of bets alone.
    TakesAnyWin,
    /// It reckons in binary fractions.
    Floats,
    /// It gives back bets of other players to whoever asks.
    TakesForeignReferences,
    /// It tells nothing for the balance where there is not enough.
    WrongBalanceWithoutFunds,
    /// It fails on bodies that it cannot read.
    FailsOnMalformed,
    /// What it took is written down only if the provider waits.
    ForgetsWithTheConnection,
    /// It tries again what it refused for funds.
    ForgetsRefusals,
    /// Ids that differ in case are one to it.
    IgnoresCase,
    /// It makes a new id of its own for a repeat.
    NewIdsForRepeats,
    /// It does not look whose token it is.
    TakesAnyToken,
    /// It does not look which currency it is.
    TakesAnyCurrency,
    /// It refuses wins and rollbacks after the launch.
    RefusesLateWins,
    /// It refuses wins of players who were blocked.
    RefusesWinsOfBlocked,
    /// It takes bets of players who are blocked.
    TakesBetsOfBlocked,
    /// Its brands share ids.
    BrandsMeet,
    /// It does a call's actions in their order.
    WinsFundBets,
    /// It does what can be done of a call.
    HalfOfACall,
    /// A call that has something known in it is a repeat as a whole.
    CallsAreRepeats,
    /// Rounds are numbers of 64 bits to it.
    RoundsAreNumbers,
    /// It refuses amounts of nothing.
    RefusesNothing,
    /// It takes the stake of a free bet.
    ChargesFreeBets,
    /// A rollback gives back half.
    GivesBackHalf,
    /// It tells what the player had before.
    TellsBalanceBefore,
    /// It tells a repeat the balance of now where the first answer's is wanted.
    RepeatsTellNow,
    /// It tells no balance where there is not enough.
    NoBalanceWithoutFunds,
    /// It tells no id of its own for a rollback.
    NoIdsForRollbacks,
    /// The answer to a win says another request's id, another round or another currency.
    AnswersAnother,
    /// The answer to a rollback does not say whose it is.
    AnswersNobody,
    /// It proves what it knows of a call, and nothing else.
    ProvesKnownFields,
    /// It writes what it proves with other escapes than the provider.
    EscapesOtherwise,
    /// It proves a call without its headers.
    SignsNoHeaders,
    /// It proves what came in the order in which it came.
    SortsNothing,
    /// It refuses with HTTP's status, where the protocol has words for that alone.
    RefusesWithStatus,
    /// It refuses rollbacks of bets that it never saw.
    RefusesUnknownRollbacks,
    /// The answer to a rollback does not list what was undone.
    ListsNothing,
    /// A rollback's id with another list undoes what is new in it.
    ListsAreNoMatter,
    /// The balance after a win is finer than the currency.
    TellsFinerBalances,
    /// What there is after a win is told as money and as bonus.
    TellsMoneyTwice,
    /// It passes over the prize that a win brings along.
    DropsPrizes,
    /// It knows a win that is said again, and not the prize that it brings along.
    PaysPrizesAgain,
    /// It says yes to jackpots, and pays none.
    PaysNoJackpots,
    /// Who sits down is told a name that is not the player's.
    SeatsAnother,
    /// It takes back a win that a refund names.
    RefundsWins,
}

impl Fault {
    /// Every fault there is.
    pub const ALL: [Self; 61] = [
        Self::DoublesDuplicates,
        Self::RacesDuplicates,
        Self::LosesUpdates,
        Self::IgnoresSignatures,
        Self::TakesAnySignature,
        Self::RefusesUnknownFields,
        Self::ReadsBeforeVerifying,
        Self::KeyedByRound,
        Self::ClampsAtNothing,
        Self::TakesNegatives,
        Self::CutsOffPrecision,
        Self::PaysWinsWithoutBets,
        Self::PaysWinsOfUndone,
        Self::GivesBackTwice,
        Self::NoTombstones,
        Self::ConflictsAreReplays,
        Self::SettlingsAreReplays,
        Self::GamesAreNoMatter,
        Self::TakesAnyWin,
        Self::Floats,
        Self::TakesForeignReferences,
        Self::WrongBalanceWithoutFunds,
        Self::FailsOnMalformed,
        Self::ForgetsWithTheConnection,
        Self::ForgetsRefusals,
        Self::IgnoresCase,
        Self::NewIdsForRepeats,
        Self::TakesAnyToken,
        Self::TakesAnyCurrency,
        Self::RefusesLateWins,
        Self::RefusesWinsOfBlocked,
        Self::TakesBetsOfBlocked,
        Self::BrandsMeet,
        Self::WinsFundBets,
        Self::HalfOfACall,
        Self::CallsAreRepeats,
        Self::RoundsAreNumbers,
        Self::RefusesNothing,
        Self::ChargesFreeBets,
        Self::GivesBackHalf,
        Self::TellsBalanceBefore,
        Self::RepeatsTellNow,
        Self::NoBalanceWithoutFunds,
        Self::NoIdsForRollbacks,
        Self::AnswersAnother,
        Self::AnswersNobody,
        Self::ProvesKnownFields,
        Self::EscapesOtherwise,
        Self::SignsNoHeaders,
        Self::SortsNothing,
        Self::RefusesWithStatus,
        Self::RefusesUnknownRollbacks,
        Self::ListsNothing,
        Self::ListsAreNoMatter,
        Self::TellsFinerBalances,
        Self::TellsMoneyTwice,
        Self::DropsPrizes,
        Self::PaysPrizesAgain,
        Self::PaysNoJackpots,
        Self::SeatsAnother,
        Self::RefundsWins,
    ];
}

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
    /// Done, now or before, under this id of the operator's.
    Done(String),
    Conflict,
    NoFunds,
    NoReference,
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
}

#[derive(Clone, Debug)]
struct Booked {
    user: String,
    ask: Ask,
    told: Told,
    /// What the player had before and after it.
    balances: (i64, i64),
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
        let booked = self.booked.get(&self.key_of(user, ask));
        let first = booked.filter(|booked| booked.user == user && booked.ask == *ask);
        let first = first.filter(|first| matches!(first.told, Told::Done(_)));
        match first {
            Some(first) if self.has(Fault::TellsBalanceBefore) => first.balances.0,
            Some(first) if self.contract.repeats_tell_first && !self.has(Fault::RepeatsTellNow) => {
                first.balances.1
            }
            _ => self.balance(user),
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
            Told::Done(_) if self.has(Fault::NewIdsForRepeats) => Some(Told::Done(self.new_id())),
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
                ask: ask.clone(),
                told: told.clone(),
                balances: (before, self.balance(user)),
                undone: false,
            },
        });
        (told, later)
    }

    fn is_over(&self, token: Option<&str>) -> bool {
        token.is_some_and(|token| self.expired.contains(token))
    }

    fn bet(&mut self, user: &str, token: Option<&str>, id: &str, amount: i64, free: bool) -> Told {
        if self.tombstones.contains(&(user.to_owned(), id.to_owned())) {
            return if self.contract.late_bets_are_done {
                Told::Done(self.new_id())
            } else {
                Told::NoReference
            };
        }
        if self.is_over(token) {
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
        if has < takes {
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
        let bet = of.and_then(|of| self.booked.get(&self.key(user, of)));
        let bet = bet.filter(|bet| bet.user == user && matches!(bet.told, Told::Done(_)));
        let there = bet.is_some() || self.has(Fault::PaysWinsWithoutBets) || self.has(Fault::KeyedByRound);
        let undone = bet.is_some_and(|bet| bet.undone) && !self.has(Fault::PaysWinsOfUndone);
        if self.contract.wins_need_bets && !promo && (!there || undone) {
            return Told::NoReference;
        }
        *self.balances.entry(user.to_owned()).or_default() += amount;
        Told::Done(self.new_id())
    }

    fn undo(&mut self, user: &str, token: Option<&str>, of: &str) -> Told {
        if self.is_over(token) && self.has(Fault::RefusesLateWins) {
            return Told::Expired;
        }
        let twice = self.has(Fault::GivesBackTwice);
        let anybodys = self.has(Fault::TakesForeignReferences);
        let half = self.has(Fault::GivesBackHalf);
        let key = self.key(user, of);
        let found = self.booked.get_mut(&key);
        let found =
            found.filter(|found| (found.user == user || anybodys) && matches!(found.told, Told::Done(_)));
        let Some(original) = found else {
            if self.has(Fault::RefusesUnknownRollbacks) {
                return Told::NoReference;
            }
            if !self.has(Fault::NoTombstones) {
                self.tombstones.insert((user.to_owned(), of.to_owned()));
            }
            return Told::Done(self.new_id());
        };
        let gives = match &original.ask {
            Ask::Bet { free: true, .. } => 0,
            Ask::Bet { amount, .. } if half => amount / 2,
            Ask::Bet { amount, .. } => *amount,
            Ask::Win { amount, .. } => -amount,
            Ask::Undo { .. } | Ask::UndoAll { .. } => 0,
        };
        if original.undone && !twice {
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
