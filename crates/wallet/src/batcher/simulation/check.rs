//! What must hold of a schedule's end.

use std::collections::{BTreeMap, HashMap, HashSet};

use croupier_brand::BrandId;

use super::{
    Brands,
    world::{State, Told},
};
use crate::engine::{
    account::Account,
    books::{AccountKey, CommandKey, JournalEntry, Order},
    chain::{Link, link},
    fingerprint::Fingerprint,
    ids::EntryId,
    outcome::{Balance, Outcome, Reason, Verdict},
    tests::model::{Buckets, Model},
};

/// Whatever is wrong with what the clients were told, with the books, or with the order of the commits.
pub(super) fn faults(state: &State, brands: &Brands) -> Vec<String> {
    let mut wrong = state.wrong.clone();
    wallets(state, brands, &mut wrong);
    entries(state, &mut wrong);
    let balances = balances(state, brands);
    let mut applied = HashMap::<CommandKey, EntryId>::new();
    for told in &state.told {
        answers(state, brands, told, &balances, &mut applied, &mut wrong);
    }
    one_by_one(state, brands, &mut wrong);
    wrong
}

/// Each wallet is its entries: sums, versions, hashes.
fn wallets(state: &State, brands: &Brands, wrong: &mut Vec<String>) {
    for (key, (account, _)) in &state.accounts {
        let (mut chain, mut version) = (Link::default(), 0);
        let mut folded = Account::default().widened(brands.codes.len());
        for entry in state.journal.iter().filter(|entry| entry.account == *key) {
            version += 1;
            if entry.version != version || entry.hash != link(&chain, entry) {
                wrong.push(format!("{key:?}: entry {version} is {entry:?}"));
            }
            chain = entry.hash;
            post(brands, &mut folded, entry);
        }
        let row = account.clone().widened(brands.codes.len());
        if (row.version, row.chain) != (version, chain) {
            wrong.push(format!("{key:?} is not at the end of its entries"));
        }
        if (&row.available, &row.held) != (&folded.available, &folded.held) {
            wrong.push(format!("{key:?} drifts: {row:?}, its entries {folded:?}"));
        }
    }
}

fn post(brands: &Brands, account: &mut Account, entry: &JournalEntry) {
    for posting in &entry.postings {
        let Some(name) = posting.account.strip_prefix("player:") else {
            continue;
        };
        let (code, of) = match name.strip_suffix(":held") {
            Some(code) => (code, &mut account.held),
            None => (name, &mut account.available),
        };
        let at = brands.codes.iter().position(|known| *known == code).unwrap();
        of[at] += posting.amount;
    }
}

/// Each entry sums to zero, is of one decision, and there is one for each decision that moved money.
fn entries(state: &State, wrong: &mut Vec<String>) {
    let mut seen = HashSet::new();
    for entry in &state.journal {
        if entry.postings.iter().map(|posting| posting.amount).sum::<i64>() != 0 {
            wrong.push(format!("{entry:?} does not sum to zero"));
        }
        if !seen.insert(&entry.key) {
            wrong.push(format!("{} moved money twice", entry.key.transaction_id));
        }
        let decided = state
            .recorded
            .get(&entry.key)
            .map(|recorded| recorded.decision.verdict);
        if !matches!(decided, Some(Verdict::Applied(receipt)) if receipt.entry == entry.entry) {
            wrong.push(format!(
                "{} has an entry and {decided:?}",
                entry.key.transaction_id
            ));
        }
    }
    for (key, recorded) in &state.recorded {
        let applied = matches!(recorded.decision.verdict, Verdict::Applied(_));
        if applied != seen.contains(key) {
            wrong.push(format!(
                "{}: {:?} without its entry",
                key.transaction_id, recorded.decision
            ));
        }
    }
}

/// Every balance that each wallet ever had.
fn balances(state: &State, brands: &Brands) -> HashMap<AccountKey, Vec<Balance>> {
    let rules = brands.rules(1);
    let mut wallets = BTreeMap::<AccountKey, Account>::new();
    let mut balances = HashMap::<AccountKey, Vec<Balance>>::new();
    for entry in &state.journal {
        let account = wallets
            .entry(entry.account)
            .or_insert_with(|| Account::default().widened(brands.codes.len()));
        post(brands, account, entry);
        let of = balances
            .entry(entry.account)
            .or_insert_with(|| vec![Balance::default()]);
        of.push(account.balance(&rules.topology));
    }
    balances
}

fn answers(
    state: &State,
    brands: &Brands,
    told: &Told,
    balances: &HashMap<AccountKey, Vec<Balance>>,
    applied: &mut HashMap<CommandKey, EntryId>,
    wrong: &mut Vec<String>,
) {
    let bad = told
        .orders
        .iter()
        .any(|order| brands.poisons(order) || brands.makes_panic(order));
    let outcomes = match &told.answer {
        Some(Ok(outcomes)) if outcomes.len() == told.orders.len() => outcomes,
        None if !told.calm => return,
        Some(Err(_)) if bad => return,
        other => {
            wrong.push(format!("{:?} was answered {other:?}", told.orders));
            return;
        }
    };
    for (order, outcome) in told.orders.iter().zip(outcomes) {
        let (key, id) = (order.key(), &order.command.transaction_id);
        let recorded = state.recorded.get(&key);
        let same = recorded.map(|recorded| recorded.fingerprint == Fingerprint::of(&order.command));
        let stored = recorded.map(|recorded| recorded.decision.verdict);
        let fits = match outcome {
            Outcome::Decided(verdict @ (Verdict::Applied(_) | Verdict::Neutralised { .. })) => {
                let once = verdict.receipt().is_some_and(|receipt| {
                    receipt.entry == order.entry && *applied.entry(key).or_insert(order.entry) == order.entry
                });
                once && same == Some(true) && stored == Some(*verdict)
            }
            Outcome::Decided(verdict) => is_not_kept(verdict) || stored == Some(*verdict),
            Outcome::Replayed { verdict, balance } => {
                same == Some(true) && stored == Some(*verdict) && had(balances, order, balance)
            }
            Outcome::Conflict { balance } => same == Some(false) && had(balances, order, balance),
            Outcome::Retryable => !told.calm,
        };
        if !fits {
            wrong.push(format!("{id}: told {outcome:?}, and there is {recorded:?}"));
        }
    }
}

/// Whether it may be that nothing is written down: what the same command is told later may be another thing.
fn is_not_kept(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::MissingReference { .. } | Verdict::InsufficientFunds { .. } => true,
        Verdict::Rejected { reason, .. } => matches!(
            reason,
            Reason::BalanceLimit
                | Reason::WagerOpen
                | Reason::NotYetExpired
                | Reason::UnknownPlayer
                | Reason::GroupRefused
        ),
        _ => false,
    }
}

fn had(balances: &HashMap<AccountKey, Vec<Balance>>, order: &Order, balance: &Balance) -> bool {
    match balances.get(&order.account()) {
        Some(had) => had.contains(balance),
        None => *balance == Balance::default(),
    }
}

/// The reference model, told the committed transactions one command after another, decides the same and
/// ends with the same money.
fn one_by_one(state: &State, brands: &Brands, wrong: &mut Vec<String>) {
    let mut models: BTreeMap<BrandId, Model> = BTreeMap::new();
    for commit in &state.commits {
        let mut unlike: BTreeMap<_, _> = commit.recorded.keys().map(|key| (key, None)).collect();
        for together in commit
            .orders
            .chunk_by(|one, next| one.group.is_some() && one.group == next.group)
        {
            // What decided nothing for good took place when it was read, and not necessarily here.
            if !together
                .iter()
                .any(|order| commit.recorded.contains_key(&order.key()))
            {
                continue;
            }
            let model = models
                .entry(together[0].brand)
                .or_insert_with(|| Model::new(Buckets::of(&brands.document)));
            let outcomes = match together {
                [order] if order.group.is_none() => vec![model.submit(order)],
                group => model.submit_group(group),
            };
            for (order, outcome) in together.iter().zip(outcomes) {
                let key = order.key();
                let decided = commit
                    .recorded
                    .get(&key)
                    .map(|recorded| recorded.decision.verdict);
                if Some(outcome) == decided.map(Outcome::Decided) {
                    unlike.remove(&key);
                } else if let Some(said) = unlike.get_mut(&key) {
                    *said = Some(outcome);
                }
            }
        }
        for (key, said) in unlike {
            wrong.push(format!(
                "{}: one by one it is {said:?}, and there is {:?}",
                key.transaction_id, commit.recorded[key].decision
            ));
        }
    }
    for (key, (account, _)) in &state.accounts {
        let model = &models[&key.brand];
        let account = account.clone().widened(brands.codes.len());
        for (at, code) in brands.codes.iter().enumerate() {
            let modelled = (
                model.available(key.player, key.currency, code),
                model.held(key.player, key.currency, code),
            );
            if modelled != (account.available[at].into(), account.held[at].into()) {
                wrong.push(format!("{key:?}: {code} is {account:?}, one by one {modelled:?}"));
            }
        }
    }
}
