//! The statement that every batch has.

use croupier_brand::{Batch, brand_set_write};

use super::{
    Scopes,
    given::{changed_plays, commands, entries, wallets},
};
use crate::{
    engine::books::{AccountKey, Writes},
    repo::{
        RepoError,
        items::{AccountItem, CommandItem, LedgerItem, PlayItem},
        load::Loaded,
    },
};

/// Entries, decisions, earlier plays that changed, and wallets, of which each must be of the revision that it was loaded
/// at, and its brand's newest document the one that was loaded. The parts of the statement read nothing of one another:
/// a play that changes is of another id than any decision that is new. Whatever one of them refuses, none of them has done.
/// Wallets come first: where one is not of its revision, no play is touched. Where all are, nobody has changed a play since,
/// and one that is not there to be changed is [`RepoError::Refused`].
/// Where no play changes, none is looked for, whichever way the planner would go.
pub(super) async fn post<T: Batch>(
    tx: &mut T,
    scopes: &Scopes<'_>,
    loaded: &Loaded,
    writes: &Writes,
    touched: &[AccountKey],
) -> Result<(), RepoError> {
    let wallets = wallets(scopes, loaded, writes, touched)?;
    let entries = entries(scopes, &writes.entries)?;
    let commands = commands(scopes, writes)?;
    let plays = changed_plays(scopes, writes)?;
    let brands = [
        tx.brands(wallets.scopes)?,
        tx.brands(entries.scopes)?,
        tx.brands(commands.scopes)?,
        tx.brands(plays.scopes)?,
    ];
    let [of_wallets, of_entries, of_commands, of_plays] = brands;
    let count = |rows: usize| i64::try_from(rows).map_err(|_| RepoError::Inconsistent("a batch without end"));
    let (all_wallets, all_plays) = (count(wallets.rows.len())?, count(plays.rows.len())?);
    let query = brand_set_write!(
        *tx,
        [all_wallets, all_plays],
        [of_wallets, of_entries, of_commands, of_plays],
        r#"WITH entry AS (
               INSERT INTO wallet_ledger (brand_id, player_id, currency, version, at, entry_id, n, kind, source, transaction_id, reference_id,
                                          round_id, game_id, amount, accounts, amounts, balance, hash)
               SELECT item.brand_id, item.player_id, item.currency, item.version, item.at, item.entry_id, item.n, item.kind, item.source,
                      item.transaction_id, item.reference_id, item.round_id, item.game_id, item.amount, item.accounts, item.amounts,
                      item.balance, item.hash
                 FROM unnest($2::int[], $6::wallet_ledger_item[])
                      AS item (brand_id, player_id, currency, version, at, entry_id, n, kind, source, transaction_id, reference_id,
                               round_id, game_id, amount, accounts, amounts, balance, hash)
           ), command AS (
               INSERT INTO wallet_command (brand_id, source, transaction_id, player_id, currency, kind, fingerprint, verdict, detail, entry_id,
                                           available, held, stakeable, usable, at, state, amount, round_id, game_id, parts, reversed, rules,
                                           grant_id, progress, bet_id, settles)
               SELECT item.brand_id, item.source, item.transaction_id, item.player_id, item.currency, item.kind, item.fingerprint,
                      item.verdict, item.detail, item.entry_id, item.available, item.held, item.stakeable, item.usable, item.at, item.state,
                      item.amount, item.round_id, item.game_id, item.parts, item.reversed, item.rules, item.grant_id, item.progress,
                      item.bet_id, item.settles
                 FROM unnest($3::int[], $7::wallet_command_item[])
                      AS item (brand_id, source, transaction_id, player_id, currency, kind, fingerprint, verdict, detail, entry_id,
                               available, held, stakeable, usable, at, state, amount, round_id, game_id, parts, reversed, rules, grant_id,
                               progress, bet_id, settles)
           ), play AS (
               UPDATE wallet_command AS command
                  SET state = item.state, settles = item.settles, reversed = item.reversed, progress = item.progress
                 FROM unnest($4::int[], $8::wallet_play_item[])
                      AS item (brand_id, source, transaction_id, player_id, state, settles, reversed, progress)
                WHERE command.brand_id = item.brand_id AND command.source = item.source
                  AND command.transaction_id = item.transaction_id AND command.player_id = item.player_id AND command.state IS NOT NULL
                  AND cardinality($8) > 0
           )
           UPDATE wallet_account AS account
              SET version = item.version, revision = item.revision + 1, available = item.available,
                  held = item.held, chain = item.chain, grants = item.grants, limits = item.limits
             FROM unnest($1::int[], $5::wallet_account_item[])
                  AS item (brand_id, player_id, currency, revision, version, available, held, chain, grants, limits, rules)
            WHERE account.brand_id = item.brand_id AND account.player_id = item.player_id AND account.currency = item.currency
              AND account.revision = item.revision
              AND (item.rules IS NULL
                   OR item.rules = (SELECT coalesce(max(newest.version), 0) FROM wallet_topology AS newest WHERE newest.brand_id = item.brand_id))"#,
        &wallets.rows as &[AccountItem<'_>],
        &entries.rows as &[LedgerItem<'_>],
        &commands.rows as &[CommandItem<'_>],
        &plays.rows as &[PlayItem<'_>],
    );
    query.fetch_one(tx.conn()).await?;
    Ok(())
}
