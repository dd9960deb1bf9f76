//! What the engine decided, written: one statement for a batch of bets, and one more for each kind of
//! thing that a batch has besides.

use std::collections::{BTreeMap, HashMap, HashSet};

use croupier_brand::{Batch, BatchLine, BatchTx, BrandId, BrandScope, brand_set_query, brand_set_write};
use sqlx::{
    postgres::{PgDatabaseError, PgSeverity},
    types::Json,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    RepoError,
    load::{Loaded, Scoped, scopes_of},
};
use crate::engine::{
    books::{AccountKey, CommandKey, JournalEntry, OpenGrant, Play, Writes},
    chain::Link,
    outcome::Verdict,
};

/// What became of a write that failed.
#[derive(Debug)]
pub(crate) enum Failed {
    /// Nothing took effect.
    Undone(RepoError),
    /// Nobody knows: its end was not seen.
    Unknown(sqlx::Error),
}

impl From<RepoError> for Failed {
    fn from(fault: RepoError) -> Self {
        Self::Undone(fault)
    }
}

/// Writes all of it and makes it durable, where every wallet is still of the revision it was loaded at. Gives the trips
/// that the batch took.
///
/// Bets of wallets that are there are one statement, which is its own transaction. What needs more has one around it.
///
/// # Errors
/// [`Failed`]; [`RepoError::Overtaken`] when a wallet is not, or when somebody else decided one of the ids.
pub(crate) async fn write(
    line: BatchLine,
    orders: &Scoped<'_>,
    loaded: &Loaded,
    writes: &Writes,
) -> Result<u32, Failed> {
    let scopes = scopes_of(orders);
    // In one order, so that two writers that meet wait for each other rather than in a circle.
    let touched: Vec<_> = writes.touched().into_iter().collect();
    let changes_more = writes.plays.keys().any(|key| !writes.recorded.contains_key(key))
        || !(writes.holds.is_empty() && writes.grants.is_empty() && writes.tombstones.is_empty());
    if changes_more
        || touched
            .iter()
            .any(|account| !loaded.revisions.contains_key(account))
    {
        return write_together(line, orders, &scopes, loaded, writes, &touched).await;
    }
    let mut line = line;
    let posted = post(&mut line, &scopes, loaded, writes, &touched).await;
    let trips = line.trips();
    match posted {
        Ok(()) => line.finish().await.map_err(Failed::Unknown)?,
        // The connection was lost, or the server process ended: after the commit, for all we know.
        Err(RepoError::Passing(fault)) if !was_answered(&fault) => return Err(Failed::Unknown(fault)),
        Err(fault) => {
            // The statement is undone; that the connection could not be kept changes nothing.
            if let Err(fault) = line.abandon().await {
                tracing::debug!(%fault, "a batch's connection was closed");
            }
            return Err(Failed::Undone(fault));
        }
    }
    Ok(trips)
}

/// Whether a statement was refused by a server process that goes on. One that ends (FATAL) may have committed before.
fn was_answered(fault: &sqlx::Error) -> bool {
    fault
        .as_database_error()
        .and_then(|fault| fault.try_downcast_ref::<PgDatabaseError>())
        .is_some_and(|fault| fault.severity() == PgSeverity::Error)
}

async fn write_together(
    line: BatchLine,
    orders: &Scoped<'_>,
    scopes: &Scopes<'_>,
    loaded: &Loaded,
    writes: &Writes,
    touched: &[AccountKey],
) -> Result<u32, Failed> {
    let mut tx = line.begin().await.map_err(RepoError::from)?;
    let written = write_in(&mut tx, orders, scopes, loaded, writes, touched).await;
    if let Err(fault) = written {
        // A refused statement leaves a connection that is good for another transaction.
        if !matches!(fault, RepoError::Passing(_))
            && let Err(fault) = tx.rollback().await
        {
            tracing::debug!(%fault, "a transaction without effect was ended by closing its connection");
        }
        return Err(Failed::Undone(fault));
    }
    let trips = tx.trips();
    tx.commit().await.map_err(Failed::Unknown)?;
    // The commit is one more.
    Ok(trips.saturating_add(1))
}

async fn write_in(
    tx: &mut BatchTx,
    orders: &Scoped<'_>,
    scopes: &Scopes<'_>,
    loaded: &Loaded,
    writes: &Writes,
    touched: &[AccountKey],
) -> Result<(), RepoError> {
    let fresh: Vec<_> = touched
        .iter()
        .filter(|account| !loaded.revisions.contains_key(account))
        .collect();
    if !fresh.is_empty() {
        // Every order has the time of its arrival; a wallet is made at the first one's.
        let at = orders.first().map(|(_, order)| order.at);
        create(tx, scopes, &fresh, at.ok_or(NOTHING)?).await?;
    }
    post(tx, scopes, loaded, writes, touched).await?;
    let changed: BTreeMap<_, _> = writes
        .plays
        .iter()
        .filter(|(key, _)| !writes.recorded.contains_key(key))
        .collect();
    if !changed.is_empty() {
        change_plays(tx, scopes, &changed).await?;
    }
    if !writes.holds.is_empty() {
        put_holds(tx, scopes, writes).await?;
    }
    if !writes.grants.is_empty() {
        put_grants(tx, scopes, writes).await?;
    }
    if !writes.tombstones.is_empty() {
        put_tombstones(tx, scopes, writes).await?;
    }
    Ok(())
}

const NOTHING: RepoError = RepoError::Inconsistent("a write of nothing");

type Scopes<'a> = HashMap<BrandId, &'a BrandScope>;

fn scope<'a>(scopes: &Scopes<'a>, brand: BrandId) -> Result<&'a BrandScope, RepoError> {
    scopes
        .get(&brand)
        .copied()
        .ok_or(RepoError::Inconsistent("a write for a brand of no order"))
}

/// Rows for wallets that never had one. One bucket is enough: the engine widens it.
async fn create(
    tx: &mut BatchTx,
    scopes: &Scopes<'_>,
    fresh: &[&AccountKey],
    at: OffsetDateTime,
) -> Result<(), RepoError> {
    let mut items = Vec::with_capacity(fresh.len());
    let mut players = Vec::with_capacity(fresh.len());
    let mut currencies = Vec::with_capacity(fresh.len());
    for account in fresh {
        items.push(scope(scopes, account.brand)?);
        players.push(account.player.0);
        currencies.push(account.currency.code());
    }
    let (brands, none) = (tx.brands(items)?, Link::default());
    let query = brand_set_query!(
        tx,
        brands,
        "INSERT INTO wallet_account (brand_id, player_id, currency, version, revision, available, held, chain, created_at)
         SELECT item.brand_id, item.player_id, item.currency, 0, 0, '{0}', '{0}', $5, $4
           FROM unnest($1::int[], $2::uuid[], $3::text[]) AS item (brand_id, player_id, currency)
         ON CONFLICT (brand_id, player_id, currency) DO NOTHING",
        &players,
        &currencies as &[&str],
        at,
        none.as_slice(),
    );
    query.execute(tx.conn()).await?;
    Ok(())
}

/// Entries, decisions and wallets, of which each must be of the revision that it was loaded at, and its brand's newest
/// document the one that was loaded. The three parts of the
/// statement touch three tables and read nothing of one another. Whatever one of them refuses, none of them has done.
async fn post<T: Batch>(
    tx: &mut T,
    scopes: &Scopes<'_>,
    loaded: &Loaded,
    writes: &Writes,
    touched: &[AccountKey],
) -> Result<(), RepoError> {
    let wallets = Wallets::of(scopes, loaded, writes, touched)?;
    let entries = Entries::of(scopes, &writes.entries)?;
    let commands = Commands::of(scopes, writes)?;
    let brands = [
        tx.brands(wallets.scopes)?,
        tx.brands(entries.scopes)?,
        tx.brands(commands.scopes)?,
    ];
    let [of_wallets, of_entries, of_commands] = brands;
    let all = i64::try_from(touched.len()).map_err(|_| RepoError::Inconsistent("a batch without end"))?;
    let query = brand_set_write!(
        *tx,
        all,
        [of_wallets, of_entries, of_commands],
        r#"WITH entry AS (
               INSERT INTO wallet_ledger (brand_id, player_id, currency, version, at, entry_id, n, kind, source, transaction_id, reference_id,
                                          round_id, game_id, amount, accounts, amounts, balance, hash)
               SELECT item.brand_id, item.player_id, item.currency, item.version, item.at, item.entry_id, item.n, item.kind, item.source,
                      item.transaction_id, item.reference_id, item.round_id, item.game_id, item.amount, item.accounts::text[],
                      item.amounts::bigint[], item.balance, item.hash
                 FROM unnest($2::int[], $12::uuid[], $13::text[], $14::bigint[], $15::timestamptz[], $16::uuid[], $17::int[], $18::text[],
                             $19::text[], $20::text[], $21::text[], $22::text[], $23::text[], $24::bigint[], $25::text[], $26::text[],
                             $27::bigint[], $28::bytea[])
                      AS item (brand_id, player_id, currency, version, at, entry_id, n, kind, source, transaction_id, reference_id,
                               round_id, game_id, amount, accounts, amounts, balance, hash)
           ), command AS (
               INSERT INTO wallet_command (brand_id, source, transaction_id, player_id, currency, kind, fingerprint, verdict, detail, entry_id,
                                           available, held, stakeable, usable, at, state, amount, round_id, game_id, parts, rules,
                                           grant_id, progress, bet_id, settles, reversed)
               SELECT item.brand_id, item.source, item.transaction_id, item.player_id, item.currency, item.kind, item.fingerprint,
                      item.verdict, item.detail, item.entry_id, item.available, item.held, item.stakeable, item.usable, item.at, item.state,
                      item.amount, item.round_id, item.game_id, item.parts::bigint[], item.rules, item.grant_id, item.progress,
                      item.bet_id, item.settles, item.reversed::bigint[]
                 FROM unnest($3::int[], $29::text[], $30::text[], $31::uuid[], $32::text[], $33::text[], $34::bytea[], $35::text[],
                             $36::text[], $37::uuid[], $38::bigint[], $39::bigint[], $40::bigint[], $41::bigint[], $42::timestamptz[],
                             $43::text[], $44::bigint[], $45::text[], $46::text[], $47::text[], $48::int[], $49::uuid[], $50::bigint[],
                             $51::text[], $52::int[], $53::text[])
                      AS item (brand_id, source, transaction_id, player_id, currency, kind, fingerprint, verdict, detail, entry_id,
                               available, held, stakeable, usable, at, state, amount, round_id, game_id, parts, rules, grant_id,
                               progress, bet_id, settles, reversed)
           )
           UPDATE wallet_account AS account
              SET version = item.version, revision = item.revision + 1, available = item.available::bigint[],
                  held = item.held::bigint[], chain = item.chain, grants = item.grants
             FROM unnest($1::int[], $4::uuid[], $5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::text[], $10::bytea[], $11::jsonb[],
                         $54::int[])
                  AS item (brand_id, player_id, currency, revision, version, available, held, chain, grants, rules)
            WHERE account.brand_id = item.brand_id AND account.player_id = item.player_id AND account.currency = item.currency
              AND account.revision = item.revision
              AND (item.rules IS NULL
                   OR item.rules = (SELECT coalesce(max(newest.version), 0) FROM wallet_topology AS newest WHERE newest.brand_id = item.brand_id))"#,
        &wallets.players,
        &wallets.currencies as &[&str],
        &wallets.revisions,
        &wallets.versions,
        &wallets.available,
        &wallets.held,
        &wallets.chains,
        &wallets.grants as &[Option<Json<&[OpenGrant]>>],
        &entries.players,
        &entries.currencies as &[&str],
        &entries.versions,
        &entries.ats,
        &entries.ids,
        &entries.ns,
        &entries.kinds as &[&str],
        &entries.sources as &[&str],
        &entries.transactions as &[&str],
        &entries.references as &[Option<&str>],
        &entries.rounds as &[Option<&str>],
        &entries.games as &[Option<&str>],
        &entries.amounts,
        &entries.posted_to,
        &entries.posted,
        &entries.balances,
        &entries.hashes,
        &commands.sources as &[&str],
        &commands.transactions as &[&str],
        &commands.players,
        &commands.currencies as &[&str],
        &commands.kinds as &[&str],
        &commands.fingerprints,
        &commands.verdicts as &[&str],
        &commands.details as &[Option<&str>],
        &commands.entries as &[Option<Uuid>],
        &commands.available,
        &commands.held,
        &commands.stakeable,
        &commands.usable as &[Option<i64>],
        &commands.ats,
        &commands.states as &[Option<&str>],
        &commands.amounts as &[Option<i64>],
        &commands.rounds as &[Option<&str>],
        &commands.games as &[Option<&str>],
        &commands.parts as &[Option<String>],
        &commands.rules as &[Option<i32>],
        &commands.grants as &[Option<Uuid>],
        &commands.progress as &[Option<i64>],
        &commands.bets as &[Option<&str>],
        &commands.settles as &[Option<i32>],
        &commands.reversed as &[Option<String>],
        &wallets.rules as &[Option<i32>],
    );
    query.fetch_one(tx.conn()).await?;
    Ok(())
}

/// `{1,2,3}`: an array of numbers as PostgreSQL reads it, since arrays of arrays do not unnest by item.
fn array<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
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
struct Wallets<'a> {
    scopes: Vec<&'a BrandScope>,
    players: Vec<Uuid>,
    currencies: Vec<&'static str>,
    revisions: Vec<i64>,
    versions: Vec<i64>,
    available: Vec<String>,
    held: Vec<String>,
    chains: Vec<Vec<u8>>,
    grants: Vec<Option<Json<&'a [OpenGrant]>>>,
    /// The version of the brand's document that was decided by, at the first wallet of each brand.
    rules: Vec<Option<i32>>,
}

impl<'a> Wallets<'a> {
    fn of(
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
struct Entries<'a> {
    scopes: Vec<&'a BrandScope>,
    players: Vec<Uuid>,
    currencies: Vec<&'a str>,
    versions: Vec<i64>,
    ats: Vec<OffsetDateTime>,
    ids: Vec<Uuid>,
    ns: Vec<i32>,
    kinds: Vec<&'a str>,
    sources: Vec<&'a str>,
    transactions: Vec<&'a str>,
    references: Vec<Option<&'a str>>,
    rounds: Vec<Option<&'a str>>,
    games: Vec<Option<&'a str>>,
    amounts: Vec<i64>,
    posted_to: Vec<String>,
    posted: Vec<String>,
    balances: Vec<i64>,
    hashes: Vec<Vec<u8>>,
}

impl<'a> Entries<'a> {
    fn of(scopes: &Scopes<'a>, entries: &'a [JournalEntry]) -> Result<Self, RepoError> {
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
struct Commands<'a> {
    scopes: Vec<&'a BrandScope>,
    sources: Vec<&'a str>,
    transactions: Vec<&'a str>,
    players: Vec<Uuid>,
    currencies: Vec<&'a str>,
    kinds: Vec<&'a str>,
    fingerprints: Vec<Vec<u8>>,
    verdicts: Vec<&'a str>,
    details: Vec<Option<&'a str>>,
    entries: Vec<Option<Uuid>>,
    available: Vec<i64>,
    held: Vec<i64>,
    stakeable: Vec<i64>,
    usable: Vec<Option<i64>>,
    ats: Vec<OffsetDateTime>,
    states: Vec<Option<&'a str>>,
    amounts: Vec<Option<i64>>,
    rounds: Vec<Option<&'a str>>,
    games: Vec<Option<&'a str>>,
    parts: Vec<Option<String>>,
    rules: Vec<Option<i32>>,
    grants: Vec<Option<Uuid>>,
    progress: Vec<Option<i64>>,
    bets: Vec<Option<&'a str>>,
    settles: Vec<Option<i32>>,
    reversed: Vec<Option<String>>,
}

impl<'a> Commands<'a> {
    fn of(scopes: &Scopes<'a>, writes: &'a Writes) -> Result<Self, RepoError> {
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
fn reversed(play: &Play) -> Option<String> {
    play.reversed
        .iter()
        .any(|part| *part != 0)
        .then(|| array(&play.reversed))
}

/// What has become of plays that were there before.
async fn change_plays(
    tx: &mut BatchTx,
    scopes: &Scopes<'_>,
    plays: &BTreeMap<&CommandKey, &Play>,
) -> Result<(), RepoError> {
    let mut items = Vec::with_capacity(plays.len());
    let mut sources = Vec::with_capacity(plays.len());
    let mut ids = Vec::with_capacity(plays.len());
    let mut players = Vec::with_capacity(plays.len());
    let mut states = Vec::with_capacity(plays.len());
    let mut settles = Vec::with_capacity(plays.len());
    let mut reversals = Vec::with_capacity(plays.len());
    let mut progress = Vec::with_capacity(plays.len());
    for (key, play) in plays {
        items.push(scope(scopes, key.brand)?);
        sources.push(key.source.as_str());
        ids.push(key.transaction_id.as_str());
        players.push(play.account.player.0);
        states.push(play.state.as_str());
        settles.push(play.settles);
        reversals.push(reversed(play));
        progress.push(play.progress.map(|(_, progress)| progress));
    }
    let brands = tx.brands(items)?;
    let query = brand_set_query!(
        tx,
        brands,
        "UPDATE wallet_command AS command SET state = item.state, settles = item.settles, reversed = item.reversed::bigint[], progress = item.progress
           FROM unnest($1::int[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::int[], $7::text[], $8::bigint[])
                AS item (brand_id, source, transaction_id, player_id, state, settles, reversed, progress)
          WHERE command.brand_id = item.brand_id AND command.source = item.source AND command.transaction_id = item.transaction_id
            AND command.player_id = item.player_id AND command.state IS NOT NULL",
        &sources as &[&str],
        &ids as &[&str],
        &players,
        &states as &[&str],
        &settles,
        &reversals as &[Option<String>],
        &progress as &[Option<i64>],
    );
    let changed = query.execute(tx.conn()).await?.rows_affected();
    all_of(changed, plays.len(), "a bet or settle that is there as another")
}

async fn put_holds(tx: &mut BatchTx, scopes: &Scopes<'_>, writes: &Writes) -> Result<(), RepoError> {
    let mut items = Vec::with_capacity(writes.holds.len());
    let mut ids = Vec::with_capacity(writes.holds.len());
    let mut players = Vec::with_capacity(writes.holds.len());
    let mut currencies = Vec::with_capacity(writes.holds.len());
    let mut amounts = Vec::with_capacity(writes.holds.len());
    let mut parts = Vec::with_capacity(writes.holds.len());
    let mut states = Vec::with_capacity(writes.holds.len());
    let mut ats = Vec::with_capacity(writes.holds.len());
    for ((brand, id), hold) in &writes.holds {
        items.push(scope(scopes, *brand)?);
        ids.push(id.0);
        players.push(hold.account.player.0);
        currencies.push(hold.account.currency.code());
        amounts.push(hold.amount);
        parts.push(array(&hold.parts));
        states.push(hold.state.as_str());
        ats.push(hold.at);
    }
    let brands = tx.brands(items)?;
    let query = brand_set_query!(
        tx,
        brands,
        "INSERT INTO wallet_hold (brand_id, hold_id, player_id, currency, amount, parts, state, at)
         SELECT item.brand_id, item.hold_id, item.player_id, item.currency, item.amount, item.parts::bigint[], item.state, item.at
           FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::timestamptz[])
                AS item (brand_id, hold_id, player_id, currency, amount, parts, state, at)
         ON CONFLICT (brand_id, hold_id) DO UPDATE SET state = excluded.state
          WHERE wallet_hold.player_id = excluded.player_id AND wallet_hold.currency = excluded.currency
            AND wallet_hold.amount = excluded.amount",
        &ids,
        &players,
        &currencies as &[&str],
        &amounts,
        &parts,
        &states as &[&str],
        &ats,
    );
    let changed = query.execute(tx.conn()).await?.rows_affected();
    all_of(changed, writes.holds.len(), "a hold that is there as another")
}

async fn put_grants(tx: &mut BatchTx, scopes: &Scopes<'_>, writes: &Writes) -> Result<(), RepoError> {
    let mut items = Vec::with_capacity(writes.grants.len());
    let mut ids = Vec::with_capacity(writes.grants.len());
    let mut players = Vec::with_capacity(writes.grants.len());
    let mut currencies = Vec::with_capacity(writes.grants.len());
    let mut states = Vec::with_capacity(writes.grants.len());
    let mut given = Vec::with_capacity(writes.grants.len());
    let mut ends = Vec::with_capacity(writes.grants.len());
    for ((brand, id), grant) in &writes.grants {
        items.push(scope(scopes, *brand)?);
        ids.push(id.0);
        players.push(grant.account.player.0);
        currencies.push(grant.account.currency.code());
        states.push(grant.state.as_str());
        given.push(Json(&grant.given));
        ends.push(grant.ended_at);
    }
    let brands = tx.brands(items)?;
    let query = brand_set_query!(
        tx,
        brands,
        "INSERT INTO wallet_grant (brand_id, grant_id, player_id, currency, state, given, ended_at)
         SELECT item.brand_id, item.grant_id, item.player_id, item.currency, item.state, item.given, item.ended_at
           FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::jsonb[], $7::timestamptz[])
                AS item (brand_id, grant_id, player_id, currency, state, given, ended_at)
         ON CONFLICT (brand_id, grant_id) DO UPDATE SET state = excluded.state, given = excluded.given, ended_at = excluded.ended_at
          WHERE wallet_grant.player_id = excluded.player_id AND wallet_grant.currency = excluded.currency
            AND wallet_grant.state = 'open'",
        &ids,
        &players,
        &currencies as &[&str],
        &states as &[&str],
        &given as &[Json<&OpenGrant>],
        &ends as &[Option<OffsetDateTime>],
    );
    let changed = query.execute(tx.conn()).await?.rows_affected();
    all_of(changed, writes.grants.len(), "a grant that is there as another")
}

async fn put_tombstones(tx: &mut BatchTx, scopes: &Scopes<'_>, writes: &Writes) -> Result<(), RepoError> {
    let mut items = Vec::with_capacity(writes.tombstones.len());
    let mut players = Vec::with_capacity(writes.tombstones.len());
    let mut currencies = Vec::with_capacity(writes.tombstones.len());
    let mut sources = Vec::with_capacity(writes.tombstones.len());
    let mut ids = Vec::with_capacity(writes.tombstones.len());
    let mut ats = Vec::with_capacity(writes.tombstones.len());
    for (at, stone) in &writes.tombstones {
        items.push(scope(scopes, stone.account.brand)?);
        players.push(stone.account.player.0);
        currencies.push(stone.account.currency.code());
        sources.push(stone.of.source.as_str());
        ids.push(stone.of.transaction_id.as_str());
        ats.push(*at);
    }
    let brands = tx.brands(items)?;
    let query = brand_set_query!(
        tx,
        brands,
        "INSERT INTO wallet_tombstone (brand_id, player_id, currency, source, transaction_id, at)
         SELECT item.brand_id, item.player_id, item.currency, item.source, item.transaction_id, item.at
           FROM unnest($1::int[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
                AS item (brand_id, player_id, currency, source, transaction_id, at)",
        &players,
        &currencies as &[&str],
        &sources as &[&str],
        &ids as &[&str],
        &ats,
    );
    query.execute(tx.conn()).await?;
    Ok(())
}

/// What was written is every row, none of them somebody else's.
fn all_of(changed: u64, expected: usize, otherwise: &'static str) -> Result<(), RepoError> {
    if changed == expected as u64 {
        Ok(())
    } else {
        Err(RepoError::Inconsistent(otherwise))
    }
}
