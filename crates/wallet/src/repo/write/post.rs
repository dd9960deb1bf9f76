//! The statement that every batch has.

use croupier_brand::{Batch, brand_set_write};
use sqlx::types::Json;
use uuid::Uuid;

use super::{
    Scopes,
    columns::{Commands, Entries, Wallets},
};
use crate::{
    engine::{
        books::{AccountKey, OpenGrant, Writes},
        play_limit::PlayLimit,
    },
    repo::{RepoError, load::Loaded},
};

/// Entries, decisions and wallets, of which each must be of the revision that it was loaded at, and its brand's newest
/// document the one that was loaded. The three parts of the statement touch three tables and read nothing of one another.
/// Whatever one of them refuses, none of them has done.
pub(super) async fn post<T: Batch>(
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
                  held = item.held::bigint[], chain = item.chain, grants = item.grants, limits = item.limits
             FROM unnest($1::int[], $4::uuid[], $5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::text[], $10::bytea[], $11::jsonb[],
                         $54::int[], $55::jsonb[])
                  AS item (brand_id, player_id, currency, revision, version, available, held, chain, grants, rules, limits)
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
        &wallets.limits as &[Option<Json<&[PlayLimit]>>],
    );
    query.fetch_one(tx.conn()).await?;
    Ok(())
}
