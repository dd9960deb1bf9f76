//! What each provider's contract says, for the [reference model](super::model): read from the adapters' documentation,
//! not from their code, so that whichever is changed alone is noticed.

use croupier_game::conformance::{Say, Undoes};

use super::model::{Due, Saw, Seat};

/// Which balance a repeat of what was accepted is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeats {
    Then,
    Now,
}

/// One provider's.
#[derive(Debug)]
pub struct Words {
    pub name: &'static str,
    pub wins_name_bets: bool,
    /// A bet that was won is not undone.
    pub won_bets_stand: bool,
    /// What undoes bets undoes no wins.
    pub refunds_leave_wins: bool,
    pub repeats: Repeats,
    /// The id that a saying is known by.
    pub key: fn(Seat, &Say) -> String,
    /// The id that the bet of this name is known by.
    pub bet: fn(&str) -> String,
    /// The id that what is undone is known by.
    pub undone: fn(&str, Undoes) -> String,
    /// What a repeat must say again.
    pub content: fn(&Say) -> String,
    /// The provider's word.
    code: fn(&Say, &Due) -> &'static str,
    /// The word for "nothing is known, say it again".
    pub retry: &'static [&'static str],
    /// Whether an accepted call is told a balance.
    pub tells: fn(&Say) -> bool,
}

impl PartialEq for Words {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Words {}

impl Words {
    pub fn of(name: &str) -> &'static Self {
        ALL.iter().find(|words| words.name == name).unwrap()
    }

    pub fn code(&self, say: &Say, due: &Due) -> &'static str {
        match say {
            Say::Open | Say::Balance | Say::EndRound { .. } => self.done(),
            _ => (self.code)(say, due),
        }
    }

    fn done(&self) -> &'static str {
        match self.name {
            "hub88" => "RS_OK",
            "softswiss" | "spribe" => "200",
            "pragmatic" => "0",
            _ => "OK",
        }
    }
}

fn named(_: Seat, say: &Say) -> String {
    own(say)
}

fn own(say: &Say) -> String {
    say.ids().concat()
}

fn as_named(name: &str) -> String {
    name.to_owned()
}

fn undone_as_named(of: &str, _: Undoes) -> String {
    of.to_owned()
}

/// A bet's round and amount, a win's with its bet where `named`, and of a rollback what `undoes` says.
fn content(say: &Say, named: bool, undoes: impl Fn(&str, &str, i64, Undoes) -> String) -> String {
    match say {
        Say::Bet { round, amount, .. } => format!("bets {amount} in {round}"),
        Say::FreeBet { round, amount, .. } => format!("bets nothing worth {amount} in {round}"),
        Say::Win {
            round, amount, bet, ..
        } => {
            let bet = if named { bet.as_str() } else { "" };
            format!("won {amount} in {round} by {bet}")
        }
        Say::PromoWin { amount, .. } => format!("was given {amount}"),
        Say::Rollback {
            of,
            round,
            amount,
            undoes: kind,
            ..
        } => format!("undoes {}", undoes(of, round, *amount, *kind)),
        other => panic!("nobody says {other:?} here"),
    }
}

const HUB88: Words = Words {
    name: "hub88",
    wins_name_bets: true,
    won_bets_stand: false,
    refunds_leave_wins: false,
    repeats: Repeats::Then,
    key: named,
    bet: as_named,
    undone: undone_as_named,
    content: |say| match say {
        // A promotion's win is a win that names no bet.
        Say::PromoWin { round, amount, .. } => format!("won {amount} in {round} by nothing"),
        _ => content(say, true, |of, round, _, _| format!("{of} in {round}")),
    },
    code: |_, due| match due.saw {
        Saw::Done | Saw::LateWin | Saw::UndoneBefore | Saw::NeverSeen | Saw::NeverTaken => "RS_OK",
        Saw::LateBet | Saw::NoReference | Saw::Settled | Saw::Irreversible => {
            "RS_ERROR_TRANSACTION_DOES_NOT_EXIST"
        }
        Saw::NoFunds => "RS_ERROR_NOT_ENOUGH_MONEY",
        Saw::Conflict => "RS_ERROR_DUPLICATE_TRANSACTION",
        Saw::Dragged | Saw::WinStands => "never",
    },
    retry: &["RS_ERROR_UNKNOWN"],
    tells: |_| true,
};

const SOFTSWISS: Words = Words {
    name: "softswiss",
    wins_name_bets: false,
    won_bets_stand: false,
    refunds_leave_wins: false,
    repeats: Repeats::Now,
    // An issue of free spins is named by whose it is.
    key: |seat, say| match say {
        Say::PromoWin { id, .. } => format!("issue {id} of {seat:?}"),
        _ => own(say),
    },
    bet: as_named,
    undone: undone_as_named,
    content: |say| content(say, false, |of, round, _, _| format!("{of} in {round}")),
    code: |_, due| match due.saw {
        saw if saw.accepted() => "200",
        Saw::NoFunds => "412 · 100",
        Saw::Conflict => "412 · 155",
        Saw::Irreversible => "412 · 404",
        _ => "never",
    },
    retry: &["500 · 500"],
    tells: |_| true,
};

const SPRIBE: Words = Words {
    name: "spribe",
    wins_name_bets: true,
    won_bets_stand: false,
    refunds_leave_wins: false,
    repeats: Repeats::Then,
    key: named,
    bet: as_named,
    undone: undone_as_named,
    content: |say| match say {
        Say::PromoWin { round, amount, .. } => format!("was given {amount} in {round}"),
        _ => content(say, true, |of, _, amount, _| format!("{of} of {amount}")),
    },
    code: |_, due| match due.saw {
        Saw::Done | Saw::LateWin | Saw::UndoneBefore => {
            if due.again {
                "409"
            } else {
                "200"
            }
        }
        Saw::NeverSeen | Saw::NeverTaken | Saw::NoReference | Saw::Settled | Saw::Irreversible => "408",
        Saw::LateBet | Saw::Conflict => "405",
        Saw::NoFunds => "402",
        Saw::Dragged | Saw::WinStands => "never",
    },
    retry: &["500"],
    tells: |_| true,
};

const PRAGMATIC: Words = Words {
    name: "pragmatic",
    wins_name_bets: false,
    won_bets_stand: false,
    refunds_leave_wins: true,
    repeats: Repeats::Now,
    // A refund has no id but its bet's.
    key: |_, say| match say {
        Say::Rollback { of, .. } => format!("refund of {of}"),
        _ => own(say),
    },
    bet: as_named,
    undone: undone_as_named,
    // A refund is of its bet, whatever else it says.
    content: |say| content(say, false, |_, _, _, _| String::new()),
    code: |_, due| match due.saw {
        Saw::Done | Saw::LateWin | Saw::UndoneBefore | Saw::NeverSeen | Saw::NeverTaken | Saw::WinStands => {
            "0"
        }
        Saw::NoFunds => "1",
        Saw::LateBet | Saw::Conflict => "120",
        _ => "never",
    },
    retry: &["100", "130"],
    tells: |say| !matches!(say, Say::Rollback { .. }),
};

const SLOTEGRATOR: Words = Words {
    name: "slotegrator",
    wins_name_bets: false,
    won_bets_stand: false,
    refunds_leave_wins: true,
    repeats: Repeats::Now,
    key: named,
    bet: as_named,
    undone: undone_as_named,
    content: |say| match say {
        // Whatever is won is a win of its round.
        Say::PromoWin { round, amount, .. } => format!("won {amount} in {round} by "),
        // What takes back a win is a rollback, which lists it; a refund names a bet.
        _ => content(say, false, |of, _, _, kind| format!("{of} as {kind:?}")),
    },
    code: |say, due| match due.saw {
        Saw::LateBet => "OK",
        saw if saw.accepted() => "OK",
        Saw::NoFunds => "INSUFFICIENT_FUNDS: Not enough money to continue playing",
        Saw::Conflict => "INTERNAL_ERROR: The transaction id was used for something else",
        Saw::Irreversible if matches!(say, Say::Rollback { .. }) => {
            "INTERNAL_ERROR: The transaction cannot be rolled back"
        }
        _ => "never",
    },
    retry: &["INTERNAL_ERROR: Internal error, try again"],
    tells: |_| true,
};

const EVOLUTION: Words = Words {
    name: "evolution",
    wins_name_bets: true,
    won_bets_stand: true,
    refunds_leave_wins: false,
    repeats: Repeats::Now,
    // Everything of a bet is known by the bet.
    key: |_, say| match say {
        Say::Bet { id, .. } => format!("debit {id}"),
        Say::Win { bet, .. } => format!("credit {bet}"),
        Say::Rollback { of, .. } => format!("cancel {of}"),
        _ => format!("promotion {}", own(say)),
    },
    bet: |bet| format!("debit {bet}"),
    undone: |of, _| format!("debit {of}"),
    // A cancel is of its bet, whatever else it says.
    content: |say| content(say, false, |_, _, _, _| String::new()),
    code: |say, due| match (say, due.saw) {
        (Say::Bet { .. }, Saw::Done) if due.again => "BET_ALREADY_EXIST",
        (Say::Win { .. } | Say::Rollback { .. }, Saw::Done | Saw::UndoneBefore) if due.again => {
            "BET_ALREADY_SETTLED"
        }
        (_, Saw::Done) => "OK",
        (Say::Win { .. } | Say::Rollback { .. }, Saw::Conflict)
        | (_, Saw::Settled | Saw::UndoneBefore | Saw::LateWin) => "BET_ALREADY_SETTLED",
        (_, Saw::LateBet | Saw::Conflict) => "FINAL_ERROR_ACTION_FAILED",
        (_, Saw::NeverSeen | Saw::NeverTaken | Saw::NoReference) => "BET_DOES_NOT_EXIST",
        (_, Saw::NoFunds) => "INSUFFICIENT_FUNDS",
        (_, Saw::Irreversible | Saw::Dragged | Saw::WinStands) => "never",
    },
    retry: &["TEMPORARY_ERROR"],
    tells: |_| true,
};

pub static ALL: [Words; 6] = [HUB88, SOFTSWISS, SPRIBE, PRAGMATIC, SLOTEGRATOR, EVOLUTION];
