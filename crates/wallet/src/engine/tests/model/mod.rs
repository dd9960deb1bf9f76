//! The wallet told a second time: slow, plain, and sharing nothing with the engine but the types of
//! commands and outcomes.
//!
//! It keeps nothing but what happened. Every question (what is in a bucket, does a settle stand on
//! this bet, was that rolled back) is answered by reading all of it again.

mod bonus;
mod document;

use croupier_brand::{Currency, token::PlayerId};
use time::OffsetDateTime;

pub(crate) use self::document::Buckets;
use crate::{
    Action, Balance, Command, EntryId, Neutral, Outcome, Payment, Reason, Receipt, RollbackOfSettledBet,
    RollbackOfSpentWin, RollbackOfWin, TransactionId, UnknownRollback, Verdict, WinWithoutBet,
    engine::books::Order,
};

const MOST: i128 = (1 << 53) - 1;

type Lines = Vec<(&'static str, i128)>;

#[derive(Clone, Debug)]
struct Event {
    command: Command,
    entry: EntryId,
    verdict: Verdict,
    /// What it did to each bucket's available money, and to its held money.
    available: Lines,
    held: Lines,
    /// Which of the brand's documents held.
    version: usize,
    /// Of a bet: the grant it counts for, and for how much.
    counts: Option<(EntryId, i128)>,
}

#[derive(Clone)]
pub(crate) struct Model {
    /// The brand's documents, the newest last.
    documents: Vec<Buckets>,
    events: Vec<Event>,
}

impl Model {
    pub(crate) fn new(buckets: Buckets) -> Self {
        Self {
            documents: vec![buckets],
            events: Vec::new(),
        }
    }

    /// From here on, all but what began before goes by this document.
    pub(super) fn adopt(&mut self, buckets: Buckets) {
        self.documents.push(buckets);
    }

    fn now(&self) -> &Buckets {
        self.documents.last().unwrap()
    }

    /// All or nothing: tried on a copy, which is thrown away when one of them is refused.
    pub(crate) fn submit_group(&mut self, orders: &[Order]) -> Vec<Outcome> {
        let wallet = |order: &Order| (order.command.player, order.command.currency);
        let known = |model: &Self, order: &Order| {
            let taken = |event: &Event| {
                event.command.source == order.command.source
                    && event.command.transaction_id == order.command.transaction_id
            };
            model.events.iter().any(taken)
        };
        let refused = |model: &Self, order: &Order, reason| {
            let balance = model.balance(order.command.player, order.command.currency);
            Outcome::Decided(Verdict::Rejected { reason, balance })
        };
        if orders.len() > 32 || orders.iter().any(|order| wallet(order) != wallet(&orders[0])) {
            let each = orders
                .iter()
                .map(|order| refused(self, order, Reason::InvalidGroup));
            return each.collect();
        }
        let takes = |order: &Order| {
            let action = &order.command.action;
            matches!(
                action,
                Action::Bet { .. } | Action::Tip { .. } | Action::WithdrawHold { .. }
            )
        };
        let mut turns: Vec<usize> = (0..orders.len()).collect();
        turns.sort_by_key(|at| !takes(&orders[*at]));
        let (mut tried, mut outcomes) = (self.clone(), vec![Outcome::Retryable; orders.len()]);
        for at in turns {
            outcomes[at] = tried.submit(&orders[at]);
            let accepted = outcomes[at]
                .verdict()
                .is_some_and(|verdict| verdict.receipt().is_some());
            if accepted {
                continue;
            }
            let balance = self.balance(orders[at].command.player, orders[at].command.currency);
            let told = match outcomes[at] {
                Outcome::Decided(verdict) => {
                    let event = tried
                        .events
                        .last()
                        .filter(|event| event.entry == orders[at].entry);
                    let verdict = verdict.with_balance(balance);
                    // Kept, if it was kept.
                    self.events
                        .extend(event.cloned().map(|event| Event { verdict, ..event }));
                    Outcome::Decided(verdict)
                }
                _ if known(self, &orders[at]) => self.submit(&orders[at]),
                Outcome::Conflict { .. } => Outcome::Conflict { balance },
                other => other,
            };
            let mut others = self.clone();
            return (0..orders.len())
                .map(|other| match &orders[other] {
                    _ if other == at => told,
                    order if known(self, order) => others.submit(order),
                    order => refused(self, order, Reason::GroupRefused),
                })
                .collect();
        }
        *self = tried;
        outcomes
    }

    pub(crate) fn submit(&mut self, order: &Order) -> Outcome {
        let (entry, command) = (order.entry, &order.command);
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
            version: self.documents.len() - 1,
            counts: self.counts(command),
        };
        event.verdict = match self.judge(command, order.at) {
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
            (_, Verdict::Rejected { reason, .. }) => matches!(
                reason,
                Reason::BalanceLimit | Reason::WagerOpen | Reason::NotYetExpired
            ),
            (
                Action::Rollback { .. },
                Verdict::InsufficientFunds { .. } | Verdict::MissingReference { .. },
            ) => true,
            (Action::Settle { .. } | Action::JackpotWin { .. }, Verdict::MissingReference { .. }) => true,
            _ => false,
        };
        if !matches!(verdict, Verdict::Applied(_)) {
            event.available.clear();
            event.held.clear();
            event.counts = None;
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
        let mut after = self.clone();
        after.events.push(Event {
            verdict: Verdict::MissingReference { balance: before },
            ..event
        });
        let sums: Vec<i128> = self
            .now()
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

    pub(crate) fn available(&self, player: PlayerId, currency: Currency, code: &str) -> i128 {
        self.sum(player, currency, code, |event| &event.available)
    }

    pub(crate) fn held(&self, player: PlayerId, currency: Currency, code: &str) -> i128 {
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
            let total: i128 = self.now().codes.iter().map(|code| sum(code)).sum();
            i64::try_from(total).unwrap()
        };
        Balance {
            available: all(&|code| self.available(player, currency, code)),
            held: all(&|code| self.held(player, currency, code)),
            stakeable: all(&|code| {
                let staked = self.now().bet_order.contains(&code);
                if staked {
                    self.available(player, currency, code).max(0)
                } else {
                    0
                }
            }),
        }
    }

    fn judge(&self, command: &Command, at: OffsetDateTime) -> Judgement {
        let wallet = |code: &str| self.available(command.player, command.currency, code);
        let is_play = matches!(
            command.action,
            Action::Bet { .. }
                | Action::Settle { .. }
                | Action::Tip { .. }
                | Action::JackpotWin { .. }
                | Action::PromoWin { .. }
        );
        if is_play && self.awaited(command, &command.transaction_id) {
            return Judgement::Nothing(Neutral::RolledBackBefore);
        }
        match &command.action {
            Action::Deposit {
                payment: Payment::Declined,
                ..
            } => Judgement::No(Reason::PaymentDeclined),
            Action::Deposit { amount, .. } | Action::WithdrawHold { amount } if amount.minor() == 0 => {
                Judgement::No(Reason::ZeroAmount)
            }
            Action::Deposit { amount, .. } => {
                Judgement::Move(vec![(self.now().deposit_to, amount.minor().into())], vec![])
            }
            Action::WithdrawHold { amount } => {
                match share(&self.now().withdrawable, wallet, amount.minor().into()) {
                    Ok(parts) => Judgement::Move(minus(&parts), parts),
                    Err(usable) => Judgement::Short(usable),
                }
            }
            Action::WithdrawSettle { hold } => self.end_hold(command, *hold, true),
            Action::WithdrawRelease { hold } => self.end_hold(command, *hold, false),
            Action::Bet { amount, .. } => {
                let stake = i128::from(amount.minor());
                match self.too_large(command, stake) {
                    Some(reason) => Judgement::No(reason),
                    None => self.take(command, stake),
                }
            }
            Action::Tip { amount, .. } if amount.minor() == 0 => Judgement::No(Reason::ZeroAmount),
            Action::Tip { amount, .. } => self.take(command, amount.minor().into()),
            Action::Settle { amount, bet, .. } => match self.win(command, bet.as_ref()) {
                Some(no) => no,
                None => self.pay(command, amount.minor().into(), bet.as_ref()),
            },
            Action::JackpotWin { amount, bet, .. } => {
                match bet.as_ref().and_then(|bet| self.win(command, Some(bet))) {
                    Some(no) => no,
                    None => self.pay(command, amount.minor().into(), bet.as_ref()),
                }
            }
            Action::PromoWin { amount, .. } => self.pay(command, amount.minor().into(), None),
            Action::Rollback {
                amount: Some(amount), ..
            } if amount.minor() == 0 => Judgement::No(Reason::ZeroAmount),
            Action::Rollback { of, amount, .. } => {
                self.undo(command, of, amount.map(|amount| amount.minor().into()))
            }
            Action::Transfer { amount, from, to } => {
                let bucket = |code: &str| self.now().codes.iter().find(|known| **known == code).copied();
                match (
                    bucket(from.as_str()),
                    bucket(to.as_str()),
                    i128::from(amount.minor()),
                ) {
                    (_, _, 0) => Judgement::No(Reason::ZeroAmount),
                    (None, _, _) | (_, None, _) => Judgement::No(Reason::UnknownBucket),
                    (Some(from), Some(to), _) if from == to => Judgement::No(Reason::SameBucket),
                    (Some(from), _, amount) if wallet(from).max(0) < amount => {
                        Judgement::Short(wallet(from).max(0))
                    }
                    (Some(from), Some(to), amount) => {
                        Judgement::Move(vec![(from, -amount), (to, amount)], vec![])
                    }
                }
            }
            Action::Adjust { amount, bucket, .. } => {
                let bucket = self.now().codes.iter().find(|known| **known == bucket.as_str());
                match (bucket, i128::from(amount.minor())) {
                    (_, 0) => Judgement::No(Reason::ZeroAmount),
                    (None, _) => Judgement::No(Reason::UnknownBucket),
                    (Some(code), amount) => {
                        let short = amount < 0 && wallet(code).max(0) < -amount;
                        if short && !self.now().owing {
                            Judgement::Short(wallet(code).max(0))
                        } else {
                            Judgement::Move(vec![(code, amount)], vec![])
                        }
                    }
                }
            }
            Action::Grant { .. } => self.give(command),
            Action::Convert { grant } | Action::Forfeit { grant } | Action::Expire { grant } => {
                self.end_grant(command, *grant, at)
            }
        }
    }

    /// A stake from the wallet.
    fn take(&self, command: &Command, stake: i128) -> Judgement {
        let wallet = |code: &str| self.available(command.player, command.currency, code);
        match self.now().stake(wallet, stake) {
            Ok(parts) => Judgement::Move(minus(&parts), vec![]),
            Err(usable) => Judgement::Short(usable),
        }
    }

    /// A win, by the document of its bet if it has one.
    fn pay(&self, command: &Command, win: i128, bet: Option<&TransactionId>) -> Judgement {
        let bet = bet
            .and_then(|bet| self.own(command, bet))
            .map(|(_, event)| event)
            .filter(|event| is_bet(event) && matches!(event.verdict, Verdict::Applied(_)));
        let document = bet.map_or(self.now(), |bet| &self.documents[bet.version]);
        let staked = bet.map(|bet| minus(&bet.available)).unwrap_or_default();
        Judgement::Move(document.win(win, &staked), vec![])
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

    /// Whether something was undone, and nothing of it is left.
    fn undone(&self, command: &Command, id: &TransactionId) -> bool {
        let Some((_, event)) = self.own(command, id) else {
            return false;
        };
        let applied = |event: &Event| matches!(event.verdict, Verdict::Applied(_));
        self.rollbacks(command, id).any(applied)
            && self.left(command, id, event).iter().all(|(_, left)| *left == 0)
    }

    /// What a play did to each bucket, less what was undone of it.
    fn left(&self, command: &Command, id: &TransactionId, play: &Event) -> Lines {
        let of = |code: &str, event: &Event| -> i128 {
            let lines = event.available.iter().filter(|(other, _)| *other == code);
            lines.map(|(_, amount)| *amount).sum()
        };
        let codes = self.now().codes.iter();
        codes
            .map(|code| {
                let undone: i128 = self.rollbacks(command, id).map(|event| of(code, event)).sum();
                (*code, of(code, play) + undone)
            })
            .collect()
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

    fn undo(&self, command: &Command, of: &TransactionId, amount: Option<i128>) -> Judgement {
        let Some((at, event)) = self.own(command, of) else {
            return match command.policy.unknown_rollback {
                UnknownRollback::Tombstone if amount.is_none() => Judgement::Nothing(Neutral::NotYetSeen),
                _ => Judgement::Missing,
            };
        };
        if !is_stake(event) && !is_win(event) {
            return Judgement::No(Reason::NotReversible);
        }
        match event.verdict {
            Verdict::Applied(_) if self.undone(command, of) => Judgement::Nothing(Neutral::AlreadyReversed),
            Verdict::Applied(_)
                if is_win(event) && command.policy.rollback_of_win == RollbackOfWin::Leave =>
            {
                Judgement::Nothing(Neutral::WinStands)
            }
            Verdict::Applied(_) if is_win(event) && amount.is_some() => Judgement::No(Reason::NotDivisible),
            Verdict::Applied(_) => self.undo_applied(command, at, event, amount),
            Verdict::Neutralised { .. } => Judgement::Nothing(Neutral::AlreadyReversed),
            _ => Judgement::Nothing(Neutral::NeverApplied),
        }
    }

    fn undo_applied(&self, command: &Command, at: usize, event: &Event, amount: Option<i128>) -> Judgement {
        let refuse = command.policy.rollback_of_settled_bet == RollbackOfSettledBet::Refuse;
        if is_bet(event) && refuse && self.a_settle_stands_on(at, event) {
            return Judgement::Ended;
        }
        let left = self.left(command, &event.command.transaction_id, event);
        if let Some(asked) = amount {
            if left.iter().all(|(_, left)| *left == 0) {
                return Judgement::Nothing(Neutral::AlreadyReversed);
            }
            let order = &self.documents[event.version].bet_order;
            let mut missing = asked;
            let mut back = Vec::new();
            for code in order.iter().rev() {
                let there: i128 = left
                    .iter()
                    .filter(|(other, _)| other == code)
                    .map(|(_, left)| -left)
                    .sum();
                back.push((*code, there.min(missing)));
                missing -= there.min(missing);
            }
            return Judgement::Move(back, vec![]);
        }
        let wallet = |code: &str| self.available(command.player, command.currency, code);
        let short = left
            .iter()
            .any(|(code, amount)| *amount > 0 && wallet(code) < *amount);
        let may_owe =
            self.now().owing || command.policy.rollback_of_spent_win == RollbackOfSpentWin::DriveNegative;
        if short && !may_owe {
            let credited = left.iter().filter(|(_, amount)| *amount > 0);
            return Judgement::Short(credited.map(|(code, _)| wallet(code).max(0)).sum());
        }
        Judgement::Move(minus(&left), vec![])
    }

    /// A settle that came after the bet, names it, was applied and was not undone.
    fn a_settle_stands_on(&self, at: usize, bet: &Event) -> bool {
        self.events[at..].iter().any(|event| {
            same_wallet(&event.command, &bet.command)
                && event.command.source == bet.command.source
                && matches!(&event.command.action, Action::Settle { bet: Some(id), .. } | Action::JackpotWin { bet: Some(id), .. }
                    if *id == bet.command.transaction_id)
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

fn is_stake(event: &Event) -> bool {
    matches!(event.command.action, Action::Bet { .. } | Action::Tip { .. })
}

fn is_win(event: &Event) -> bool {
    matches!(
        event.command.action,
        Action::Settle { .. } | Action::JackpotWin { .. } | Action::PromoWin { .. }
    )
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
