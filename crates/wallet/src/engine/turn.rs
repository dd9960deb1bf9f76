//! One command's turn at the books: what every action needs.

use super::{
    account::{Account, Movement},
    books::{Books, Decision, Hold, JournalEntry, Order, Play, Recorded, Rules, Tombstone, Writes},
    fingerprint::Fingerprint,
    ids::{EntryId, TransactionId},
    outcome::{Balance, Neutral, Reason, Receipt, Verdict},
};

/// The books, open for one command.
pub(super) struct Turn<'a> {
    books: &'a mut Books,
    writes: &'a mut Writes,
    pub(super) order: &'a Order,
    /// The brand's newest document.
    pub(super) rules: Rules,
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

    /// A bet or settle of this source in this wallet. Another wallet's does not exist here.
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

    /// Moves the money and writes the entry, or does neither.
    pub(super) fn post(&mut self, movement: &Movement, draft: Draft<'_>) -> Verdict {
        let (key, before) = (self.order.account(), self.account());
        let Ok(after) = before.moved(movement) else {
            return self.rejected(Reason::BalanceLimit);
        };
        let (loaded_at, balance) = (before.version, after.balance(&self.rules.topology));
        let command = &self.order.command;
        self.writes.entries.push(JournalEntry {
            entry: self.order.entry,
            account: key,
            version: after.version,
            kind: command.action.kind(),
            key: self.order.key(),
            reference: draft.reference,
            round: draft
                .play
                .and_then(|play| play.round.as_ref())
                .or(command.action.round())
                .cloned(),
            game: draft
                .play
                .and_then(|play| play.game.as_ref())
                .or(command.action.game())
                .cloned(),
            amount: draft.amount,
            postings: movement.postings(&self.rules.topology),
            balance: balance.total(),
            at: self.order.at,
        });
        self.writes
            .accounts
            .entry(key)
            .or_insert((loaded_at, Account::default()))
            .1 = after.clone();
        self.books.accounts.insert(key, after);
        Verdict::Applied(Receipt {
            entry: self.order.entry,
            balance,
        })
    }

    pub(super) fn put_play(&mut self, id: &TransactionId, play: Play) {
        self.writes.plays.insert(self.order.key_of(id), play.clone());
        self.books.plays.insert(self.order.key_of(id), play);
    }

    pub(super) fn put_hold(&mut self, id: EntryId, hold: Hold) {
        self.writes.holds.insert((self.order.brand, id), hold.clone());
        self.books.holds.insert((self.order.brand, id), hold);
    }

    pub(super) fn put_tombstone(&mut self, of: &TransactionId) {
        let tombstone = self.tombstone(of);
        if self.books.tombstones.insert(tombstone.clone()) {
            self.writes.tombstones.push((self.order.at, tombstone));
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
    }
}

/// What an entry says besides what its command says.
#[derive(Default)]
pub(super) struct Draft<'p> {
    /// Minor units, never negative.
    pub(super) amount: i64,
    /// The transaction or hold it refers to.
    pub(super) reference: Option<String>,
    /// The play it undoes: the entry is of that play's round.
    pub(super) play: Option<&'p Play>,
}
