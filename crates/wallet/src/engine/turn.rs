//! One command's turn at the books: what every action needs.

use std::sync::Arc;

use super::{
    account::{Account, Movement},
    books::{
        Books, Decision, Hold, JournalEntry, Order, Play, PlayKind, PlayState, Recorded, Rules, Tombstone,
        Writes,
    },
    chain::{Link, link},
    command::Amount,
    fingerprint::Fingerprint,
    grants::{Grant, OpenGrant},
    ids::{EntryId, TransactionId},
    outcome::{Balance, Neutral, Reason, Receipt, Verdict},
    play_limit::{self, Counted},
    undo::Undo,
};
use crate::topology::Topology;

/// The books, open for one command.
pub(super) struct Turn<'a> {
    books: &'a mut Books,
    writes: &'a mut Writes,
    pub(super) order: &'a Order,
    /// The brand's newest document.
    pub(super) rules: Rules,
    /// Of a group: what its commands changed.
    changes: Option<&'a mut Vec<Undo>>,
}

impl<'a> Turn<'a> {
    pub(super) fn new(books: &'a mut Books, writes: &'a mut Writes, order: &'a Order) -> Self {
        let rules = books.topologies.get(&order.brand).cloned().unwrap_or_default();
        let width = rules.topology.buckets().len();
        let account = books.accounts.entry(order.account()).or_default();
        *account = std::mem::take(account).widened(width);
        Self {
            books,
            writes,
            order,
            rules,
            changes: None,
        }
    }

    /// The turn of a command of a group, which keeps what it changes in `changes`.
    pub(super) fn of_group(
        books: &'a mut Books,
        writes: &'a mut Writes,
        order: &'a Order,
        changes: &'a mut Vec<Undo>,
    ) -> Self {
        Self {
            changes: Some(changes),
            ..Self::new(books, writes, order)
        }
    }

    /// The brand's document of this version; none where the books do not have it.
    pub(super) fn version(&self, version: i32) -> Option<Arc<Topology>> {
        if version == self.rules.version {
            return Some(Arc::clone(&self.rules.topology));
        }
        match self.books.former.get(&(self.order.brand, version)) {
            Some(topology) => Some(Arc::clone(topology)),
            None => (version == 0).then(Topology::standard),
        }
    }

    pub(super) fn account(&self) -> &Account {
        &self.books.accounts[&self.order.account()]
    }

    pub(super) fn balance(&self) -> Balance {
        self.account().balance(&self.rules.topology)
    }

    /// A decision of this source, whoever it was for.
    pub(super) fn recorded(&self, id: &TransactionId) -> Option<&Recorded> {
        self.books.recorded.get(&self.order.key_of(id))
    }

    /// A decision of this source for this wallet. Another wallet's does not exist here.
    pub(super) fn own_decision(&self, id: &TransactionId) -> Option<Decision> {
        let recorded = self.recorded(id)?;
        let command = &self.order.command;
        let own = recorded.player == command.player && recorded.decision.currency == command.currency;
        own.then_some(recorded.decision)
    }

    /// A bet, tip or win of this source in this wallet. Another wallet's does not exist here.
    pub(super) fn own_play(&self, id: &TransactionId) -> Option<&Play> {
        self.books
            .plays
            .get(&self.order.key_of(id))
            .filter(|play| play.account == self.order.account())
    }

    /// A hold of this wallet. Another wallet's does not exist here.
    pub(super) fn own_hold(&self, id: EntryId) -> Option<&Hold> {
        self.books
            .holds
            .get(&(self.order.brand, id))
            .filter(|hold| hold.account == self.order.account())
    }

    /// Whether it was a grant of this wallet that has ended. Another wallet's does not exist here.
    pub(super) fn has_ended(&self, grant: EntryId) -> bool {
        self.books
            .grants
            .get(&(self.order.brand, grant))
            .is_some_and(|grant| grant.account == self.order.account())
    }

    /// Whether a rollback of this wallet waits for `id`.
    pub(super) fn is_tombstoned(&self, id: &TransactionId) -> bool {
        self.books.tombstones.contains(&self.tombstone(id))
    }

    fn tombstone(&self, of: &TransactionId) -> Tombstone {
        Tombstone {
            account: self.order.account(),
            of: self.order.key_of(of),
        }
    }

    // Decisions

    pub(super) fn neutralised(&self, why: Neutral) -> Verdict {
        Verdict::Neutralised {
            receipt: Receipt {
                entry: self.order.entry,
                balance: self.balance(),
            },
            why,
        }
    }

    pub(super) fn missing_reference(&self) -> Verdict {
        Verdict::MissingReference {
            balance: self.balance(),
        }
    }

    pub(super) fn already_settled(&self) -> Verdict {
        Verdict::AlreadySettled {
            balance: self.balance(),
        }
    }

    pub(super) fn insufficient_funds(&self, usable: i64) -> Verdict {
        Verdict::InsufficientFunds {
            balance: self.balance(),
            usable,
        }
    }

    pub(super) fn rejected(&self, reason: Reason) -> Verdict {
        Verdict::Rejected {
            reason,
            balance: self.balance(),
        }
    }

    // Changes

    fn keep(&mut self, change: impl FnOnce() -> Undo) {
        if let Some(changes) = &mut self.changes {
            changes.push(change());
        }
    }

    /// Moves the money and writes the entry, or does neither.
    pub(super) fn post(&mut self, movement: &Movement, draft: Draft<'_>) -> Verdict {
        let (key, before) = (self.order.account(), self.account());
        let Ok(mut after) = before.moved(movement) else {
            return self.rejected(Reason::BalanceLimit);
        };
        if let Some(grants) = draft.grants {
            after.grants = grants;
        }
        if let Some(counted) = draft.counted {
            play_limit::count(&mut after.limits, counted, self.order.at);
        }
        let (loaded_at, balance) = (before.version, after.balance(&self.rules.topology));
        let command = &self.order.command;
        let undone = draft.play;
        let mut entry = JournalEntry {
            entry: self.order.entry,
            account: key,
            version: after.version,
            kind: command.action.kind(),
            key: self.order.key(),
            reference: draft.reference,
            round: undone
                .and_then(|play| play.round.as_ref())
                .or(command.action.round())
                .cloned(),
            game: undone
                .and_then(|play| play.game.as_ref())
                .or(command.action.game())
                .cloned(),
            amount: draft.amount,
            postings: movement.postings(&self.rules.topology),
            balance: balance.total(),
            at: self.order.at,
            hash: Link::default(),
        };
        entry.hash = link(&after.chain, &entry);
        after.chain = entry.hash;
        self.writes.entries.push(entry);
        let earlier = self.writes.accounts.get(&key);
        let loaded_at = earlier.map_or(loaded_at, |(loaded_at, _)| *loaded_at);
        let written = self.writes.accounts.insert(key, (loaded_at, after.clone()));
        let known = self.books.accounts.insert(key, after).unwrap_or_default();
        self.keep(|| Undo::Entry(key, known, written));
        Verdict::Applied(Receipt {
            entry: self.order.entry,
            balance,
        })
    }

    /// A play of this command, under the newest document; what only some have is none.
    pub(super) fn new_play(&self, kind: PlayKind, amount: Amount, parts: Vec<i64>) -> Play {
        Play {
            account: self.order.account(),
            kind,
            round: None,
            game: None,
            amount: amount.minor(),
            parts,
            reversed: Vec::new(),
            rules: self.rules.version,
            progress: None,
            state: PlayState::Open,
            bet: None,
            settles: 0,
            at: self.order.at,
        }
    }

    /// Moves a play's money and keeps the play, or does neither.
    pub(super) fn play(&mut self, movement: &Movement, draft: Draft<'_>, play: Play) -> Verdict {
        let amount = play.amount;
        let verdict = self.post(movement, Draft { amount, ..draft });
        if let Verdict::Applied(_) = verdict {
            self.put_play(&self.order.command.transaction_id, play);
        }
        verdict
    }

    pub(super) fn put_play(&mut self, id: &TransactionId, play: Play) {
        let key = self.order.key_of(id);
        let written = self.writes.plays.insert(key.clone(), play.clone());
        let known = self.books.plays.insert(key, play);
        let order = self.order;
        self.keep(|| Undo::Play(order.key_of(id), known, written));
    }

    pub(super) fn put_hold(&mut self, id: EntryId, hold: Hold) {
        let key = (self.order.brand, id);
        let written = self.writes.holds.insert(key, hold.clone());
        let known = self.books.holds.insert(key, hold);
        self.keep(|| Undo::Hold(key, known, written));
    }

    /// A grant that begins or ends. The open ones are the wallet's, so the books have the ended ones alone.
    pub(super) fn put_grant(&mut self, grant: Grant) {
        let key = (self.order.brand, grant.given.id);
        let written = self.writes.grants.insert(key, grant.clone());
        let known = match grant.ended_at {
            Some(_) => self.books.grants.insert(key, grant),
            None => self.books.grants.get(&key).cloned(),
        };
        self.keep(|| Undo::Grant(key, known, written));
    }

    pub(super) fn put_tombstone(&mut self, of: &TransactionId) {
        let tombstone = self.tombstone(of);
        if self.books.tombstones.insert(tombstone.clone()) {
            self.writes.tombstones.push((self.order.at, tombstone.clone()));
            self.keep(|| Undo::Tombstone(tombstone));
        }
    }

    pub(super) fn record(&mut self, fingerprint: Fingerprint, verdict: Verdict) {
        let command = &self.order.command;
        let decision = Decision {
            kind: command.action.kind(),
            currency: command.currency,
            verdict,
        };
        let recorded = Recorded {
            player: command.player,
            fingerprint,
            decision,
        };
        self.writes
            .recorded
            .insert(self.order.key(), (self.order.at, recorded.clone()));
        self.books.recorded.insert(self.order.key(), recorded);
        let order = self.order;
        self.keep(|| Undo::Recorded(order.key()));
    }
}

/// What an entry says besides what its command says.
#[derive(Default)]
pub(super) struct Draft<'p> {
    /// Minor units, never negative.
    pub(super) amount: i64,
    /// The transaction, hold or grant it refers to, the promotion, or a correction's note.
    pub(super) reference: Option<String>,
    /// The play it undoes: the entry is of that play's round.
    pub(super) play: Option<&'p Play>,
    /// The wallet's open grants from then on, where they change.
    pub(super) grants: Option<Vec<OpenGrant>>,
    /// What it means to the player's own limits on play.
    pub(super) counted: Option<Counted>,
}
