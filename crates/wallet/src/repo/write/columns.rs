//! Arrays for the statement that every batch has: an item of each is a row.

use std::collections::HashSet;

use croupier_brand::BrandScope;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Scopes, scope};
use crate::{
    engine::{
        books::{AccountKey, JournalEntry, OpenGrant, Play, Writes},
        outcome::Verdict,
        play_limit::PlayLimit,
    },
    repo::{RepoError, load::Loaded},
};

/// `{1,2,3}`: an array of numbers as PostgreSQL reads it, since arrays of arrays do not unnest by item.
pub(super) fn array<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(24);
    for item in items {
        text.push(if text.is_empty() { '{' } else { ',' });
        // Writing to a String does not fail.
        let _ = write!(text, "{item}");
    }
    if text.is_empty() {
        text.push('{');
    }
    text.push('}');
    text
}

#[derive(Default)]
pub(super) struct Wallets<'a> {
    pub(super) scopes: Vec<&'a BrandScope>,
    pub(super) players: Vec<Uuid>,
    pub(super) currencies: Vec<&'static str>,
    pub(super) revisions: Vec<i64>,
    pub(super) versions: Vec<i64>,
    pub(super) available: Vec<String>,
    pub(super) held: Vec<String>,
    pub(super) chains: Vec<Vec<u8>>,
    pub(super) grants: Vec<Option<Json<&'a [OpenGrant]>>>,
    pub(super) limits: Vec<Option<Json<&'a [PlayLimit]>>>,
    /// The version of the brand's document that was decided by, at the first wallet of each brand.
    pub(super) rules: Vec<Option<i32>>,
}

impl<'a> Wallets<'a> {
    pub(super) fn of(
        scopes: &Scopes<'a>,
        loaded: &'a Loaded,
        writes: &'a Writes,
        touched: &[AccountKey],
    ) -> Result<Self, RepoError> {
        let mut all = Self::default();
        let mut brands = HashSet::new();
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
            all.scopes.push(scope(scopes, key.brand)?);
            all.players.push(key.player.0);
            all.currencies.push(key.currency.code());
            all.revisions
                .push(loaded.revisions.get(key).copied().unwrap_or(0));
            all.versions.push(account.version);
            all.available.push(array(&account.available));
            all.held.push(array(&account.held));
            all.chains.push(account.chain.to_vec());
            let grants = account.grants.as_slice();
            all.grants.push((!grants.is_empty()).then_some(Json(grants)));
            let limits = account.limits.as_slice();
            all.limits.push((!limits.is_empty()).then_some(Json(limits)));
            let rules = loaded.books.topologies.get(&key.brand);
            all.rules.push(
                brands
                    .insert(key.brand)
                    .then(|| rules.map_or(0, |rules| rules.version)),
            );
        }
        Ok(all)
    }
}

#[derive(Default)]
pub(super) struct Entries<'a> {
    pub(super) scopes: Vec<&'a BrandScope>,
    pub(super) players: Vec<Uuid>,
    pub(super) currencies: Vec<&'a str>,
    pub(super) versions: Vec<i64>,
    pub(super) ats: Vec<OffsetDateTime>,
    pub(super) ids: Vec<Uuid>,
    pub(super) ns: Vec<i32>,
    pub(super) kinds: Vec<&'a str>,
    pub(super) sources: Vec<&'a str>,
    pub(super) transactions: Vec<&'a str>,
    pub(super) references: Vec<Option<&'a str>>,
    pub(super) rounds: Vec<Option<&'a str>>,
    pub(super) games: Vec<Option<&'a str>>,
    pub(super) amounts: Vec<i64>,
    pub(super) posted_to: Vec<String>,
    pub(super) posted: Vec<String>,
    pub(super) balances: Vec<i64>,
    pub(super) hashes: Vec<Vec<u8>>,
}

impl<'a> Entries<'a> {
    pub(super) fn of(scopes: &Scopes<'a>, entries: &'a [JournalEntry]) -> Result<Self, RepoError> {
        let mut all = Self::default();
        // Written in the order of the index they go into; `n` says in which they were decided.
        let mut sorted: Vec<_> = entries.iter().enumerate().collect();
        sorted.sort_unstable_by_key(|(_, entry)| (entry.account, entry.version));
        for (n, entry) in sorted {
            all.scopes.push(scope(scopes, entry.account.brand)?);
            all.players.push(entry.account.player.0);
            all.currencies.push(entry.account.currency.code());
            all.versions.push(entry.version);
            all.ats.push(entry.at);
            all.ids.push(entry.entry.0);
            all.ns
                .push(i32::try_from(n).map_err(|_| RepoError::Inconsistent("a batch without end"))?);
            all.kinds.push(entry.kind.as_str());
            all.sources.push(entry.key.source.as_str());
            all.transactions.push(entry.key.transaction_id.as_str());
            all.references.push(entry.reference.as_deref());
            all.rounds.push(entry.round.as_ref().map(|round| round.as_str()));
            all.games.push(entry.game.as_ref().map(|game| game.as_str()));
            all.amounts.push(entry.amount);
            // Names of accounts are letters, colons and underscores: nothing that an array would quote.
            all.posted_to
                .push(array(entry.postings.iter().map(|posting| &posting.account)));
            all.posted
                .push(array(entry.postings.iter().map(|posting| posting.amount)));
            all.balances.push(entry.balance);
            all.hashes.push(entry.hash.to_vec());
        }
        Ok(all)
    }
}

#[derive(Default)]
pub(super) struct Commands<'a> {
    pub(super) scopes: Vec<&'a BrandScope>,
    pub(super) sources: Vec<&'a str>,
    pub(super) transactions: Vec<&'a str>,
    pub(super) players: Vec<Uuid>,
    pub(super) currencies: Vec<&'a str>,
    pub(super) kinds: Vec<&'a str>,
    pub(super) fingerprints: Vec<Vec<u8>>,
    pub(super) verdicts: Vec<&'a str>,
    pub(super) details: Vec<Option<&'a str>>,
    pub(super) entries: Vec<Option<Uuid>>,
    pub(super) available: Vec<i64>,
    pub(super) held: Vec<i64>,
    pub(super) stakeable: Vec<i64>,
    pub(super) usable: Vec<Option<i64>>,
    pub(super) ats: Vec<OffsetDateTime>,
    pub(super) states: Vec<Option<&'a str>>,
    pub(super) amounts: Vec<Option<i64>>,
    pub(super) rounds: Vec<Option<&'a str>>,
    pub(super) games: Vec<Option<&'a str>>,
    pub(super) parts: Vec<Option<String>>,
    pub(super) rules: Vec<Option<i32>>,
    pub(super) grants: Vec<Option<Uuid>>,
    pub(super) progress: Vec<Option<i64>>,
    pub(super) bets: Vec<Option<&'a str>>,
    pub(super) settles: Vec<Option<i32>>,
    pub(super) reversed: Vec<Option<String>>,
}

impl<'a> Commands<'a> {
    pub(super) fn of(scopes: &Scopes<'a>, writes: &'a Writes) -> Result<Self, RepoError> {
        let mut all = Self::default();
        for (key, (at, recorded)) in &writes.recorded {
            let verdict = &recorded.decision.verdict;
            all.scopes.push(scope(scopes, key.brand)?);
            all.sources.push(key.source.as_str());
            all.transactions.push(key.transaction_id.as_str());
            all.players.push(recorded.player.0);
            all.currencies.push(recorded.decision.currency.code());
            all.kinds.push(recorded.decision.kind.as_str());
            all.fingerprints.push(recorded.fingerprint.as_bytes().to_vec());
            all.verdicts.push(verdict.as_str());
            all.details.push(match verdict {
                Verdict::Neutralised { why, .. } => Some(why.as_str()),
                Verdict::Rejected { reason, .. } => Some(reason.as_str()),
                _ => None,
            });
            all.entries.push(verdict.receipt().map(|receipt| receipt.entry.0));
            all.available.push(verdict.balance().available);
            all.held.push(verdict.balance().held);
            all.stakeable.push(verdict.balance().stakeable);
            all.usable.push(match verdict {
                Verdict::InsufficientFunds { usable, .. } => Some(*usable),
                _ => None,
            });
            all.ats.push(*at);
            all.play(writes.plays.get(key));
        }
        Ok(all)
    }

    fn play(&mut self, play: Option<&'a Play>) {
        self.states.push(play.map(|play| play.state.as_str()));
        self.amounts.push(play.map(|play| play.amount));
        let round = play.and_then(|play| play.round.as_ref());
        let game = play.and_then(|play| play.game.as_ref());
        let progress = play.and_then(|play| play.progress);
        self.rounds.push(round.map(|round| round.as_str()));
        self.games.push(game.map(|game| game.as_str()));
        self.rules.push(play.map(|play| play.rules));
        self.grants.push(progress.map(|(grant, _)| grant.0));
        self.progress.push(progress.map(|(_, progress)| progress));
        self.reversed.push(play.and_then(reversed));
        self.parts.push(play.map(|play| array(&play.parts)));
        self.bets
            .push(play.and_then(|play| play.bet.as_ref()).map(|bet| bet.as_str()));
        self.settles.push(play.map(|play| play.settles));
    }
}

/// What was reversed of a play; none where nothing was.
pub(super) fn reversed(play: &Play) -> Option<String> {
    play.reversed
        .iter()
        .any(|part| *part != 0)
        .then(|| array(&play.reversed))
}
