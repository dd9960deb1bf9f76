//! The rules, by their numbers, and the engine against an independent model.

mod chain;
mod differential;
mod fingerprint;
mod grants;
mod group;
pub(crate) mod model;
mod money;
mod order;
mod parts;
mod play_limits;
mod properties;
mod references;
mod transfer;
mod wins;

use std::{collections::HashMap, sync::Arc};

use croupier_brand::{BrandId, Currency, token::PlayerId};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    account::MAX_BALANCE,
    books::{AccountKey, Books, JournalEntry, Order, Rules, Writes},
    command::{Action, Amount, Command, GrantKind, Payment},
    fold,
    ids::{BucketCode, EntryId, GameId, RoundId, Source, TransactionId},
    outcome::{Balance, Outcome, Reason, Verdict},
    policy::Policy,
};
use crate::topology::Topology;

pub(super) const ANNA: u128 = 1;
pub(super) const BERT: u128 = 2;

pub(super) fn brand() -> BrandId {
    BrandId::new(1).unwrap()
}

pub(super) fn eur() -> Currency {
    Currency::parse("EUR").unwrap()
}

pub(super) fn id(text: &str) -> TransactionId {
    TransactionId::new(text).unwrap()
}

pub(super) fn amount(minor: i64) -> Amount {
    Amount::new(minor).unwrap()
}

/// The sums of a wallet of which all that is available can be staked.
pub(super) fn sums(available: i64, held: i64) -> Balance {
    Balance {
        available,
        held,
        stakeable: available.max(0),
    }
}

/// A version of the brand's document.
pub(super) fn rules(version: i32, topology: Topology) -> Rules {
    Rules {
        version,
        topology: Arc::new(topology),
    }
}

/// A provider's command for Anna's wallet.
pub(super) fn play(transaction_id: &str, action: Action) -> Command {
    Command::new(
        PlayerId(Uuid::from_u128(ANNA)),
        eur(),
        Source::provider("test").unwrap(),
        id(transaction_id),
        action,
    )
}

pub(super) fn deposit(transaction_id: &str, minor: i64) -> Command {
    play(
        transaction_id,
        Action::Deposit {
            amount: amount(minor),
            payment: Payment::Approved,
        },
    )
}

pub(super) fn bet(transaction_id: &str, minor: i64) -> Command {
    let (round, game) = (RoundId::new("round").unwrap(), GameId::new("game").unwrap());
    play(
        transaction_id,
        Action::Bet {
            amount: amount(minor),
            round,
            game,
        },
    )
}

pub(super) fn win(transaction_id: &str, minor: i64, bet: Option<&str>) -> Command {
    let (round, game) = (RoundId::new("round").unwrap(), GameId::new("game").unwrap());
    play(
        transaction_id,
        Action::Settle {
            amount: amount(minor),
            round,
            game,
            bet: bet.map(id),
        },
    )
}

pub(super) fn rollback(transaction_id: &str, of: &str) -> Command {
    play(
        transaction_id,
        Action::Rollback {
            of: id(of),
            round: None,
            game: None,
            amount: None,
        },
    )
}

/// A rollback of a part.
pub(super) fn partial(transaction_id: &str, of: &str, minor: i64) -> Command {
    play(
        transaction_id,
        Action::Rollback {
            of: id(of),
            round: None,
            game: None,
            amount: Some(amount(minor)),
        },
    )
}

pub(super) fn code(text: &str) -> BucketCode {
    BucketCode::new(text).unwrap()
}

/// A bonus in the brand's own bucket for it, without cap or end.
pub(super) fn grant(transaction_id: &str, minor: i64, wager: i64) -> Command {
    play(
        transaction_id,
        Action::Grant {
            kind: GrantKind::Bonus,
            amount: amount(minor),
            bucket: None,
            wager: amount(wager),
            convert_cap: None,
            expires_at: None,
        },
    )
}

pub(super) fn convert(transaction_id: &str, grant: EntryId) -> Command {
    play(transaction_id, Action::Convert { grant })
}

pub(super) fn forfeit(transaction_id: &str, grant: EntryId) -> Command {
    play(transaction_id, Action::Forfeit { grant })
}

pub(super) fn rejected(verdict: Verdict) -> Reason {
    let Verdict::Rejected { reason, .. } = verdict else {
        panic!("rejected, not {verdict:?}")
    };
    reason
}

pub(super) fn hold(transaction_id: &str, minor: i64) -> Command {
    play(
        transaction_id,
        Action::WithdrawHold {
            amount: amount(minor),
        },
    )
}

pub(super) fn under(policy: Policy, command: Command) -> Command {
    command.with_policy(policy)
}

pub(super) fn of(player: u128, command: Command) -> Command {
    Command {
        player: PlayerId(Uuid::from_u128(player)),
        ..command
    }
}

pub(super) fn order(number: u128, command: Command) -> Order {
    let at = OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(i64::try_from(number).unwrap());
    Order {
        brand: brand(),
        entry: EntryId(Uuid::from_u128(number)),
        at,
        command,
        group: None,
    }
}

/// An engine with its books, which after every command looks whether the books still balance.
#[derive(Default)]
pub(super) struct House {
    pub(super) books: Books,
    pub(super) journal: Vec<JournalEntry>,
    pub(super) orders: u128,
}

impl House {
    /// Anna with this much cash and bonus.
    pub(super) fn with(cash: i64, bonus: i64) -> Self {
        let mut house = Self::default();
        let account = house.books.accounts.entry(key(ANNA)).or_default();
        account.available = vec![cash, bonus];
        account.held = vec![0, 0];
        house
    }

    /// The same under this document, as the brand's next version; the one before is kept as a former one.
    pub(super) fn under(mut self, document: serde_json::Value) -> Self {
        self.adopt(document);
        self
    }

    pub(super) fn adopt(&mut self, document: serde_json::Value) {
        let topology: Topology = serde_json::from_value(document).unwrap();
        let former = self.books.topologies.get(&brand()).cloned().unwrap_or_default();
        self.books
            .former
            .insert((brand(), former.version), former.topology);
        self.books
            .topologies
            .insert(brand(), rules(former.version + 1, topology));
    }

    /// Submits commands as one group, and looks whether it was all or nothing.
    pub(super) fn group(&mut self, commands: Vec<Command>) -> Vec<Outcome> {
        let mut orders = Vec::new();
        for command in commands {
            self.orders += 1;
            orders.push(order(self.orders, command));
        }
        let name = orders[0].entry;
        orders.iter_mut().for_each(|order| order.group = Some(name));
        let before = self.books.clone();
        let (outcomes, writes) = fold(&mut self.books, &orders);
        assert_eq!(outcomes.len(), orders.len());
        writes.entries.iter().for_each(check_entry);
        let all = outcomes.iter().all(|outcome| {
            outcome
                .verdict()
                .is_some_and(|verdict| verdict.receipt().is_some())
        });
        if !all {
            assert!(writes.recorded.len() <= 1, "the refusal alone is stored");
            let nothing = Writes {
                recorded: writes.recorded.clone(),
                ..Writes::default()
            };
            assert_eq!(writes, nothing, "a refused group moves nothing");
            let mut unchanged = before.clone();
            unchanged.recorded = self.books.recorded.clone();
            unchanged.accounts = self.books.accounts.clone();
            assert_eq!(unchanged, self.books);
            for (key, account) in &before.accounts {
                assert_eq!(account, &self.books.accounts[key]);
            }
        }
        self.journal.extend(writes.entries);
        outcomes
    }

    /// What is in one of Anna's buckets.
    pub(super) fn bucket(&self, at: usize) -> i64 {
        self.books.accounts[&key(ANNA)].available[at]
    }

    /// How far Anna's open grants have come, oldest first.
    pub(super) fn progress(&self) -> Vec<i64> {
        let grants = &self.books.accounts[&key(ANNA)].grants;
        grants.iter().map(|grant| grant.progress).collect()
    }

    pub(super) fn submit(&mut self, command: Command) -> Outcome {
        self.orders += 1;
        let order = order(self.orders, command);
        let before = self.books.clone();
        let (outcomes, writes) = fold(&mut self.books, std::slice::from_ref(&order));
        let [outcome] = outcomes[..] else {
            panic!("one command has one outcome")
        };
        for entry in &writes.entries {
            check_entry(entry);
            assert_eq!(
                writes.accounts[&entry.account].0 + 1,
                entry.version,
                "money_03: the version is one more"
            );
        }
        assert_eq!(
            !writes.entries.is_empty(),
            matches!(outcome, Outcome::Decided(Verdict::Applied(_))),
            "an applied command has its entry, another has none"
        );
        if writes.entries.is_empty() {
            assert!(writes.accounts.is_empty() && writes.plays.is_empty() && writes.holds.is_empty());
            assert!(writes.grants.is_empty());
            let wallet = |books: &Books| {
                books
                    .accounts
                    .get(&order.account())
                    .cloned()
                    .unwrap_or_default()
                    .widened(8)
            };
            assert_eq!(wallet(&before), wallet(&self.books), "money_08: nothing moved");
        }
        self.journal.extend(writes.entries);
        outcome
    }

    /// Submits what must be applied.
    pub(super) fn apply(&mut self, command: Command) -> EntryId {
        let outcome = self.submit(command);
        let Outcome::Decided(Verdict::Applied(receipt)) = outcome else {
            panic!("applied, not {outcome:?}")
        };
        receipt.entry
    }

    /// Submits what must be decided now.
    pub(super) fn decide(&mut self, command: Command) -> Verdict {
        let outcome = self.submit(command);
        let Outcome::Decided(verdict) = outcome else {
            panic!("decided, not {outcome:?}")
        };
        verdict
    }

    /// Anna's available cash and bonus.
    pub(super) fn available(&self) -> (i64, i64) {
        let account = &self.books.accounts[&key(ANNA)];
        (account.available[0], account.available[1])
    }

    pub(super) fn balance(&self, player: u128) -> Balance {
        self.books
            .accounts
            .get(&key(player))
            .map(|account| {
                account.balance(
                    &self
                        .books
                        .topologies
                        .get(&brand())
                        .cloned()
                        .unwrap_or_default()
                        .topology,
                )
            })
            .unwrap_or_default()
    }
}

pub(super) fn key(player: u128) -> AccountKey {
    AccountKey {
        brand: brand(),
        player: PlayerId(Uuid::from_u128(player)),
        currency: eur(),
    }
}

pub(super) fn check_entry(entry: &JournalEntry) {
    let sum: i128 = entry
        .postings
        .iter()
        .map(|posting| i128::from(posting.amount))
        .sum();
    assert_eq!(sum, 0, "money_01: an entry sums to zero: {entry:?}");
    assert!(entry.postings.len() <= 16, "{entry:?}");
    assert!(
        entry.postings.iter().all(|posting| posting.amount != 0),
        "{entry:?}"
    );
    assert!(entry.amount >= 0 && entry.balance <= MAX_BALANCE, "{entry:?}");
}

/// Each player-side account's sum over a journal.
pub(super) fn folded(journal: &[JournalEntry]) -> HashMap<(AccountKey, String), i64> {
    let mut sums = HashMap::new();
    for entry in journal {
        for posting in entry
            .postings
            .iter()
            .filter(|posting| posting.account.starts_with("player:"))
        {
            *sums.entry((entry.account, posting.account.clone())).or_default() += posting.amount;
        }
    }
    sums
}
