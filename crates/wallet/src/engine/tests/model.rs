//! The wallet told a second time: slow, plain, and sharing nothing with the engine but the types of
//! commands and outcomes.
//!
//! It keeps nothing but what happened. Every question (what is in a bucket, does a settle stand on
//! this bet, was that rolled back) is answered by reading all of it again.

use croupier_brand::{Currency, token::PlayerId};

use crate::{
    Action, Balance, Command, EntryId, Neutral, Outcome, Payment, Reason, Receipt, RollbackOfSettledBet,
    RollbackOfSpentWin, TransactionId, UnknownRollback, Verdict, WinWithoutBet,
};

const MOST: i128 = (1 << 53) - 1;

/// A brand's buckets, in the model's own words.
#[derive(Clone, Debug)]
pub(super) struct Buckets {
    pub(super) codes: Vec<&'static str>,
    pub(super) withdrawable: Vec<&'static str>,
    pub(super) bet_order: Vec<&'static str>,
    pub(super) win_to: &'static str,
    pub(super) deposit_to: &'static str,
}

type Lines = Vec<(&'static str, i128)>;

#[derive(Clone, Debug)]
struct Event {
    command: Command,
    entry: EntryId,
    verdict: Verdict,
    /// What it did to each bucket's available money, and to its held money.
    available: Lines,
    held: Lines,
}

pub(super) struct Model {
    buckets: Buckets,
    events: Vec<Event>,
}

impl Model {
    pub(super) fn new(buckets: Buckets) -> Self {
        Self {
            buckets,
            events: Vec::new(),
        }
    }

    pub(super) fn submit(&mut self, entry: EntryId, command: &Command) -> Outcome {
        let balance = self.balance(command.player, command.currency);
        let known = self.events.iter().find(|event| {
            event.command.source == command.source && event.command.transaction_id == command.transaction_id
        });
        if let Some(event) = known {
            let same = said(&event.command) == said(command);
            return if same {
                Outcome::Replayed {
                    verdict: event.verdict,
                    balance,
                }
            } else {
                Outcome::Conflict { balance }
            };
        }
        let mut event = Event {
            command: command.clone(),
            entry,
            verdict: Verdict::MissingReference { balance },
            available: Vec::new(),
            held: Vec::new(),
        };
        event.verdict = match self.judge(command) {
            Judgement::Move(available, held) => {
                event.available = available;
                event.held = held;
                self.settle_books(event.clone())
            }
            Judgement::Nothing(why) => Verdict::Neutralised {
                receipt: Receipt { entry, balance },
                why,
            },
            Judgement::Missing => Verdict::MissingReference { balance },
            Judgement::Ended => Verdict::AlreadySettled { balance },
            Judgement::Short(usable) => Verdict::InsufficientFunds {
                balance,
                usable: i64::try_from(usable).unwrap(),
            },
            Judgement::No(reason) => Verdict::Rejected { reason, balance },
        };
        let verdict = event.verdict;
        let may_be_tried_again = match (&command.action, &verdict) {
            (_, Verdict::Rejected { reason, .. }) => *reason == Reason::BalanceLimit,
            (
                Action::Rollback { .. },
                Verdict::InsufficientFunds { .. } | Verdict::MissingReference { .. },
            ) => true,
            (Action::Settle { .. }, Verdict::MissingReference { .. }) => true,
            _ => false,
        };
        if !matches!(verdict, Verdict::Applied(_)) {
            event.available.clear();
            event.held.clear();
        }
        if !may_be_tried_again {
            self.events.push(event);
        }
        Outcome::Decided(verdict)
    }

    /// The verdict of an event that moves money, if the wallet can take it.
    fn settle_books(&self, event: Event) -> Verdict {
        let (player, currency, entry) = (event.command.player, event.command.currency, event.entry);
        let before = self.balance(player, currency);
        let mut after = Self {
            buckets: self.buckets.clone(),
            events: self.events.clone(),
        };
        after.events.push(Event {
            verdict: Verdict::MissingReference { balance: before },
            ..event
        });
        let sums: Vec<i128> = self
            .buckets
            .codes
            .iter()
            .flat_map(|code| {
                [
                    after.available(player, currency, code),
                    after.held(player, currency, code),
                ]
            })
            .collect();
        let total: i128 = sums.iter().sum();
        if sums.iter().chain([&total]).any(|sum| sum.abs() > MOST) {
            return Verdict::Rejected {
                reason: Reason::BalanceLimit,
                balance: before,
            };
        }
        Verdict::Applied(Receipt {
            entry,
            balance: after.balance(player, currency),
        })
    }

    pub(super) fn available(&self, player: PlayerId, currency: Currency, code: &str) -> i128 {
        self.sum(player, currency, code, |event| &event.available)
    }

    pub(super) fn held(&self, player: PlayerId, currency: Currency, code: &str) -> i128 {
        self.sum(player, currency, code, |event| &event.held)
    }

    fn sum(
        &self,
        player: PlayerId,
        currency: Currency,
        code: &str,
        lines: impl Fn(&Event) -> &Lines,
    ) -> i128 {
        let events = self
            .events
            .iter()
            .filter(|event| event.command.player == player && event.command.currency == currency);
        events
            .flat_map(|event| lines(event).clone())
            .filter(|(bucket, _)| *bucket == code)
            .map(|(_, amount)| amount)
            .sum()
    }

    pub(super) fn balance(&self, player: PlayerId, currency: Currency) -> Balance {
        let all = |sum: &dyn Fn(&str) -> i128| {
            let total: i128 = self.buckets.codes.iter().map(|code| sum(code)).sum();
            i64::try_from(total).unwrap()
        };
        Balance {
            available: all(&|code| self.available(player, currency, code)),
            held: all(&|code| self.held(player, currency, code)),
            stakeable: all(&|code| {
                let staked = self.buckets.bet_order.contains(&code);
                if staked {
                    self.available(player, currency, code).max(0)
                } else {
                    0
                }
            }),
        }
    }

    fn judge(&self, command: &Command) -> Judgement {
        let wallet = |code: &str| self.available(command.player, command.currency, code);
        match &command.action {
            Action::Deposit {
                payment: Payment::Declined,
                ..
            } => Judgement::No(Reason::PaymentDeclined),
            Action::Deposit { amount, .. } | Action::WithdrawHold { amount } if amount.minor() == 0 => {
                Judgement::No(Reason::ZeroAmount)
            }
            Action::Deposit { amount, .. } => {
                Judgement::Move(vec![(self.buckets.deposit_to, amount.minor().into())], vec![])
            }
            Action::WithdrawHold { amount } => {
                match share(&self.buckets.withdrawable, wallet, amount.minor().into()) {
                    Ok(parts) => Judgement::Move(minus(&parts), parts),
                    Err(usable) => Judgement::Short(usable),
                }
            }
            Action::WithdrawSettle { hold } => self.end_hold(command, *hold, true),
            Action::WithdrawRelease { hold } => self.end_hold(command, *hold, false),
            Action::Bet { .. } | Action::Settle { .. } if self.awaited(command, &command.transaction_id) => {
                Judgement::Nothing(Neutral::RolledBackBefore)
            }
            Action::Bet { amount, .. } => match share(&self.buckets.bet_order, wallet, amount.minor().into())
            {
                Ok(parts) => Judgement::Move(minus(&parts), vec![]),
                Err(usable) => Judgement::Short(usable),
            },
            Action::Settle { amount, bet, .. } => match self.win(command, bet.as_ref()) {
                Some(no) => no,
                None => Judgement::Move(vec![(self.buckets.win_to, amount.minor().into())], vec![]),
            },
            Action::Rollback { of, .. } => self.undo(command, of),
            other => panic!("the model does not know {other:?}"),
        }
    }

    /// What happened in the same wallet, from the same source, under this id.
    fn own(&self, command: &Command, id: &TransactionId) -> Option<(usize, &Event)> {
        self.events.iter().enumerate().find(|(_, event)| {
            same_wallet(&event.command, command)
                && event.command.source == command.source
                && event.command.transaction_id == *id
        })
    }

    /// Whether a rollback that found nothing waits for this id.
    fn awaited(&self, command: &Command, id: &TransactionId) -> bool {
        self.rollbacks(command, id).any(|event| {
            matches!(
                event.verdict,
                Verdict::Neutralised {
                    why: Neutral::NotYetSeen,
                    ..
                }
            )
        })
    }

    fn undone(&self, command: &Command, id: &TransactionId) -> bool {
        self.rollbacks(command, id)
            .any(|event| matches!(event.verdict, Verdict::Applied(_)))
    }

    fn rollbacks<'a>(
        &'a self,
        command: &'a Command,
        id: &'a TransactionId,
    ) -> impl Iterator<Item = &'a Event> {
        self.events.iter().filter(move |event| {
            same_wallet(&event.command, command)
                && event.command.source == command.source
                && matches!(&event.command.action, Action::Rollback { of, .. } if of == id)
        })
    }

    /// Why a win is not paid, if it is not.
    fn win(&self, command: &Command, bet: Option<&TransactionId>) -> Option<Judgement> {
        let unknown = match command.policy.win_without_bet {
            WinWithoutBet::Allow => None,
            WinWithoutBet::Refuse => Some(Judgement::Missing),
        };
        let Some(bet) = bet else { return unknown };
        if self.undone(command, bet) && self.own(command, bet).is_some_and(|(_, event)| is_bet(event)) {
            return Some(Judgement::Ended);
        }
        match self.own(command, bet) {
            Some((_, event)) if is_bet(event) && matches!(event.verdict, Verdict::Applied(_)) => None,
            _ if self.awaited(command, bet) => Some(Judgement::Ended),
            Some((_, event)) if is_bet(event) && event.verdict.receipt().is_none() => {
                Some(Judgement::Missing)
            }
            _ => unknown,
        }
    }

    fn undo(&self, command: &Command, of: &TransactionId) -> Judgement {
        let Some((at, event)) = self.own(command, of) else {
            return match command.policy.unknown_rollback {
                UnknownRollback::Tombstone => Judgement::Nothing(Neutral::NotYetSeen),
                UnknownRollback::Refuse => Judgement::Missing,
            };
        };
        let is_settle = matches!(event.command.action, Action::Settle { .. });
        if !is_bet(event) && !is_settle {
            return Judgement::No(Reason::NotReversible);
        }
        match event.verdict {
            Verdict::Applied(_) if self.undone(command, of) => Judgement::Nothing(Neutral::AlreadyReversed),
            Verdict::Applied(_) => self.undo_applied(command, at, event),
            Verdict::Neutralised { .. } => Judgement::Nothing(Neutral::AlreadyReversed),
            _ => Judgement::Nothing(Neutral::NeverApplied),
        }
    }

    fn undo_applied(&self, command: &Command, at: usize, event: &Event) -> Judgement {
        let refuse = command.policy.rollback_of_settled_bet == RollbackOfSettledBet::Refuse;
        if is_bet(event) && refuse && self.a_settle_stands_on(at, event) {
            return Judgement::Ended;
        }
        let wallet = |code: &str| self.available(command.player, command.currency, code);
        let short = event
            .available
            .iter()
            .any(|(code, amount)| *amount > 0 && wallet(code) < *amount);
        if short && command.policy.rollback_of_spent_win == RollbackOfSpentWin::Refuse {
            let credited = event.available.iter().filter(|(_, amount)| *amount > 0);
            return Judgement::Short(credited.map(|(code, _)| wallet(code).max(0)).sum());
        }
        Judgement::Move(minus(&event.available), vec![])
    }

    /// A settle that came after the bet, names it, was applied and was not undone.
    fn a_settle_stands_on(&self, at: usize, bet: &Event) -> bool {
        self.events[at..].iter().any(|event| {
            same_wallet(&event.command, &bet.command)
                && event.command.source == bet.command.source
                && matches!(&event.command.action, Action::Settle { bet: Some(id), .. } if *id == bet.command.transaction_id)
                && matches!(event.verdict, Verdict::Applied(_))
                && !self.undone(&event.command, &event.command.transaction_id)
        })
    }

    fn end_hold(&self, command: &Command, hold: EntryId, paid: bool) -> Judgement {
        let held = self.events.iter().find(|event| {
            event.entry == hold
                && same_wallet(&event.command, command)
                && matches!(event.command.action, Action::WithdrawHold { .. })
                && matches!(event.verdict, Verdict::Applied(_))
        });
        let Some(held) = held else {
            return Judgement::Missing;
        };
        let ended = self.events.iter().any(|event| {
            let ends = matches!(event.command.action, Action::WithdrawSettle { hold: of } | Action::WithdrawRelease { hold: of } if of == hold);
            ends && matches!(event.verdict, Verdict::Applied(_))
        });
        match (ended, paid) {
            (true, _) => Judgement::Ended,
            (false, true) => Judgement::Move(vec![], minus(&held.held)),
            (false, false) => Judgement::Move(held.held.clone(), minus(&held.held)),
        }
    }
}

enum Judgement {
    /// Available and held money of each bucket.
    Move(Lines, Lines),
    Nothing(Neutral),
    Missing,
    Ended,
    Short(i128),
    No(Reason),
}

fn is_bet(event: &Event) -> bool {
    matches!(event.command.action, Action::Bet { .. })
}

fn same_wallet(one: &Command, other: &Command) -> bool {
    one.player == other.player && one.currency == other.currency
}

/// What the sender said: the command without our reading of the contract and the gateway's answer.
fn said(command: &Command) -> Command {
    let mut said = command.clone();
    said.policy = crate::Policy::default();
    if let Action::Deposit { payment, .. } = &mut said.action {
        *payment = Payment::Approved;
    }
    said
}

/// `amount` from these buckets, in their order; else how much they have.
fn share(order: &[&'static str], wallet: impl Fn(&str) -> i128, amount: i128) -> Result<Lines, i128> {
    let usable: i128 = order.iter().map(|code| wallet(code).max(0)).sum();
    if usable < amount {
        return Err(usable);
    }
    let mut left = amount;
    let mut parts = Vec::new();
    for code in order {
        let part = wallet(code).max(0).min(left);
        left -= part;
        parts.push((*code, part));
    }
    Ok(parts)
}

fn minus(lines: &Lines) -> Lines {
    lines.iter().map(|(code, amount)| (*code, -amount)).collect()
}
