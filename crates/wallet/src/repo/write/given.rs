//! What the statement that every batch has is given: a row for each wallet, entry, decision and play that changed.

use sqlx::types::Json;

use super::{Scopes, scope};
use crate::{
    engine::{
        books::{AccountKey, JournalEntry, Play, Writes},
        outcome::Verdict,
    },
    maps::HashSet,
    repo::{
        RepoError,
        items::{AccountItem, CommandItem, Items, LedgerItem, PlayItem},
        load::Loaded,
    },
};

pub(super) fn wallets<'a>(
    scopes: &Scopes<'a>,
    loaded: &'a Loaded,
    writes: &'a Writes,
    touched: &'a [AccountKey],
) -> Result<Items<'a, AccountItem<'a>>, RepoError> {
    let mut all = Items::with_capacity(touched.len());
    let mut brands = HashSet::default();
    for key in touched {
        // After the fold the books hold every wallet that it looked at, changed or not.
        let account = writes
            .accounts
            .get(key)
            .map(|(_, account)| account)
            .or_else(|| loaded.books.accounts.get(key))
            .ok_or(RepoError::Inconsistent(
                "a write for a wallet that was not looked at",
            ))?;
        let (grants, limits) = (account.grants.as_slice(), account.limits.as_slice());
        let rules = loaded.books.topologies.get(&key.brand);
        let item = AccountItem {
            player_id: key.player.0,
            currency: key.currency.code(),
            revision: loaded.revisions.get(key).copied().unwrap_or(0),
            version: account.version,
            available: &account.available,
            held: &account.held,
            chain: &account.chain,
            grants: (!grants.is_empty()).then_some(Json(grants)),
            limits: (!limits.is_empty()).then_some(Json(limits)),
            rules: brands
                .insert(key.brand)
                .then(|| rules.map_or(0, |rules| rules.version)),
        };
        all.push(scope(scopes, key.brand)?, item);
    }
    Ok(all)
}

pub(super) fn entries<'a>(
    scopes: &Scopes<'a>,
    entries: &'a [JournalEntry],
) -> Result<Items<'a, LedgerItem<'a>>, RepoError> {
    let mut all = Items::with_capacity(entries.len());
    // Written in the order of the index they go into; `n` says in which they were decided.
    let mut sorted: Vec<_> = entries.iter().enumerate().collect();
    sorted.sort_unstable_by_key(|(_, entry)| (entry.account, entry.version));
    for (n, entry) in sorted {
        let item = LedgerItem {
            player_id: entry.account.player.0,
            currency: entry.account.currency.code(),
            version: entry.version,
            at: entry.at,
            entry_id: entry.entry.0,
            n: i32::try_from(n).map_err(|_| RepoError::Inconsistent("a batch without end"))?,
            kind: entry.kind.as_str(),
            source: entry.key.source.as_str(),
            transaction_id: entry.key.transaction_id.as_str(),
            reference_id: entry.reference.as_deref(),
            round_id: entry.round.as_ref().map(|round| round.as_str()),
            game_id: entry.game.as_ref().map(|game| game.as_str()),
            amount: entry.amount,
            accounts: entry
                .postings
                .iter()
                .map(|posting| posting.account.as_ref())
                .collect(),
            amounts: entry.postings.iter().map(|posting| posting.amount).collect(),
            balance: entry.balance,
            hash: &entry.hash,
        };
        all.push(scope(scopes, entry.account.brand)?, item);
    }
    Ok(all)
}

pub(super) fn commands<'a>(
    scopes: &Scopes<'a>,
    writes: &'a Writes,
) -> Result<Items<'a, CommandItem<'a>>, RepoError> {
    let mut all = Items::with_capacity(writes.recorded.len());
    for (key, (at, recorded)) in &writes.recorded {
        let verdict = &recorded.decision.verdict;
        let play = writes.plays.get(key);
        let progress = play.and_then(|play| play.progress);
        let item = CommandItem {
            source: key.source.as_str(),
            transaction_id: key.transaction_id.as_str(),
            player_id: recorded.player.0,
            currency: recorded.decision.currency.code(),
            kind: recorded.decision.kind.as_str(),
            fingerprint: recorded.fingerprint.as_bytes(),
            verdict: verdict.as_str(),
            detail: match verdict {
                Verdict::Neutralised { why, .. } => Some(why.as_str()),
                Verdict::Rejected { reason, .. } => Some(reason.as_str()),
                _ => None,
            },
            entry_id: verdict.receipt().map(|receipt| receipt.entry.0),
            available: verdict.balance().available,
            held: verdict.balance().held,
            stakeable: verdict.balance().stakeable,
            usable: match verdict {
                Verdict::InsufficientFunds { usable, .. } => Some(*usable),
                _ => None,
            },
            at: *at,
            state: play.map(|play| play.state.as_str()),
            amount: play.map(|play| play.amount),
            round_id: play
                .and_then(|play| play.round.as_ref())
                .map(|round| round.as_str()),
            game_id: play.and_then(|play| play.game.as_ref()).map(|game| game.as_str()),
            parts: play.map(|play| play.parts.as_slice()),
            reversed: play.and_then(reversed),
            rules: play.map(|play| play.rules),
            grant_id: progress.map(|(grant, _)| grant.0),
            progress: progress.map(|(_, progress)| progress),
            bet_id: play.and_then(|play| play.bet.as_ref()).map(|bet| bet.as_str()),
            settles: play.map(|play| play.settles),
        };
        all.push(scope(scopes, key.brand)?, item);
    }
    Ok(all)
}

/// What has become of plays that were there before.
pub(super) fn changed_plays<'a>(
    scopes: &Scopes<'a>,
    writes: &'a Writes,
) -> Result<Items<'a, PlayItem<'a>>, RepoError> {
    let mut all = Items::with_capacity(0);
    let changed = writes
        .plays
        .iter()
        .filter(|(key, _)| !writes.recorded.contains_key(key));
    for (key, play) in changed {
        let item = PlayItem {
            source: key.source.as_str(),
            transaction_id: key.transaction_id.as_str(),
            player_id: play.account.player.0,
            state: play.state.as_str(),
            settles: play.settles,
            reversed: reversed(play),
            progress: play.progress.map(|(_, progress)| progress),
        };
        all.push(scope(scopes, key.brand)?, item);
    }
    Ok(all)
}

/// What was reversed of a play; none where nothing was.
fn reversed(play: &Play) -> Option<&[i64]> {
    play.reversed
        .iter()
        .any(|part| *part != 0)
        .then_some(play.reversed.as_slice())
}
