//! What the engine decided, written.

use croupier_brand::{BrandTx, brand_query};
use sqlx::types::Json;
use time::OffsetDateTime;

use super::RepoError;
use crate::engine::{
    account::Account,
    books::{
        AccountKey, CommandKey, Decision, Hold, JournalEntry, Play, PlayKind, Recorded, Tombstone, Writes,
    },
    ids::EntryId,
};

/// Writes all of it. The wallets it changes are locked by [`super::load`].
pub(crate) async fn write(tx: &mut BrandTx, writes: &Writes) -> Result<(), RepoError> {
    can_be_kept(writes)?;
    let mut decisions = writes.recorded.clone();
    for entry in &writes.entries {
        let (Some((_, account)), Some((_, recorded))) =
            (writes.accounts.get(&entry.account), decisions.remove(&entry.key))
        else {
            return Err(RepoError::Inconsistent(
                "an entry without its wallet or its decision",
            ));
        };
        post(tx, entry, &recorded, account).await?;
    }
    for (key, (at, recorded)) in &decisions {
        record(tx, key, recorded, *at).await?;
    }
    for (key, play) in &writes.plays {
        put_play(tx, key, play).await?;
    }
    for ((_, id), hold) in &writes.holds {
        put_hold(tx, *id, hold).await?;
    }
    for (at, tombstone) in &writes.tombstones {
        put_tombstone(tx, tombstone, *at).await?;
    }
    Ok(())
}

/// The tables have no place yet for grants and for what plays remember of them.
fn can_be_kept(writes: &Writes) -> Result<(), RepoError> {
    let plain = |play: &Play| {
        matches!(play.kind, PlayKind::Bet | PlayKind::Settle)
            && play.progress.is_none()
            && play.reversed.iter().all(|part| *part == 0)
    };
    let grants = writes
        .accounts
        .values()
        .any(|(_, account)| !account.grants.is_empty());
    if grants || !writes.grants.is_empty() || !writes.plays.values().all(plain) {
        return Err(RepoError::Inconsistent("what the tables cannot keep"));
    }
    Ok(())
}

/// The entry, its decision and its wallet. The three statements of it touch three tables and read
/// nothing of one another.
async fn post(
    tx: &mut BrandTx,
    entry: &JournalEntry,
    recorded: &Recorded,
    account: &Account,
) -> Result<(), RepoError> {
    let accounts: Vec<_> = entry
        .postings
        .iter()
        .map(|posting| posting.account.clone())
        .collect();
    let amounts: Vec<_> = entry.postings.iter().map(|posting| posting.amount).collect();
    let query = brand_query!(
        tx,
        r#"WITH entry AS (
               INSERT INTO wallet_ledger (brand_id, player_id, currency, version, entry_id, kind, source, transaction_id,
                                          reference_id, round_id, game_id, amount, accounts, amounts, balance, at)
               VALUES ($1, $2, $3, $4, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
           ), decision AS (
               INSERT INTO wallet_idempotency (brand_id, source, transaction_id, player_id, fingerprint, outcome, at)
               VALUES ($1, $10, $11, $2, $20, $21, $19)
           )
           UPDATE wallet_account SET version = $4, available = $5, held = $6
            WHERE brand_id = $1 AND player_id = $2 AND currency = $3 AND version = $7"#,
        entry.account.player.0,
        entry.account.currency.code(),
        entry.version,
        &account.available,
        &account.held,
        entry.version - 1,
        entry.entry.0,
        entry.kind.as_str(),
        entry.key.source.as_str(),
        entry.key.transaction_id.as_str(),
        entry.reference.as_deref(),
        entry.round.as_ref().map(|round| round.as_str()),
        entry.game.as_ref().map(|game| game.as_str()),
        entry.amount,
        &accounts,
        &amounts,
        entry.balance,
        entry.at,
        recorded.fingerprint.as_bytes().as_slice(),
        Json(recorded.decision) as Json<Decision>,
    );
    let changed = query.execute(tx.conn()).await?.rows_affected();
    one_row(changed, "a locked wallet of another version")
}

/// What was written is one row, neither none nor somebody else's.
fn one_row(changed: u64, otherwise: &'static str) -> Result<(), RepoError> {
    if changed == 1 {
        Ok(())
    } else {
        Err(RepoError::Inconsistent(otherwise))
    }
}

async fn record(
    tx: &mut BrandTx,
    key: &CommandKey,
    recorded: &Recorded,
    at: OffsetDateTime,
) -> Result<(), RepoError> {
    let query = brand_query!(
        tx,
        "INSERT INTO wallet_idempotency (brand_id, source, transaction_id, player_id, fingerprint, outcome, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        key.source.as_str(),
        key.transaction_id.as_str(),
        recorded.player.0,
        recorded.fingerprint.as_bytes().as_slice(),
        Json(recorded.decision) as Json<Decision>,
        at,
    );
    query.execute(tx.conn()).await?;
    Ok(())
}

async fn put_play(tx: &mut BrandTx, key: &CommandKey, play: &Play) -> Result<(), RepoError> {
    let AccountKey { player, currency, .. } = play.account;
    let query = brand_query!(
        tx,
        "INSERT INTO wallet_bet_authorization (brand_id, source, transaction_id, player_id, currency, kind, round_id, game_id,
                                               amount, parts, state, bet_id, settles, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         ON CONFLICT (brand_id, source, transaction_id) DO UPDATE SET state = excluded.state, settles = excluded.settles
          WHERE wallet_bet_authorization.player_id = excluded.player_id AND wallet_bet_authorization.currency = excluded.currency
            AND wallet_bet_authorization.kind = excluded.kind AND wallet_bet_authorization.amount = excluded.amount",
        key.source.as_str(),
        key.transaction_id.as_str(),
        player.0,
        currency.code(),
        play.kind.as_str(),
        play.round.as_ref().map(|round| round.as_str()),
        play.game.as_ref().map(|game| game.as_str()),
        play.amount,
        &play.parts,
        play.state.as_str(),
        play.bet.as_ref().map(|bet| bet.as_str()),
        play.settles,
        play.at,
    );
    let changed = query.execute(tx.conn()).await?.rows_affected();
    one_row(changed, "a bet or settle that is there as another")
}

async fn put_hold(tx: &mut BrandTx, id: EntryId, hold: &Hold) -> Result<(), RepoError> {
    let AccountKey { player, currency, .. } = hold.account;
    let query = brand_query!(
        tx,
        "INSERT INTO wallet_hold (brand_id, hold_id, player_id, currency, amount, parts, state, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (brand_id, hold_id) DO UPDATE SET state = excluded.state
          WHERE wallet_hold.player_id = excluded.player_id AND wallet_hold.currency = excluded.currency
            AND wallet_hold.amount = excluded.amount",
        id.0,
        player.0,
        currency.code(),
        hold.amount,
        &hold.parts,
        hold.state.as_str(),
        hold.at,
    );
    let changed = query.execute(tx.conn()).await?.rows_affected();
    one_row(changed, "a hold that is there as another")
}

async fn put_tombstone(tx: &mut BrandTx, tombstone: &Tombstone, at: OffsetDateTime) -> Result<(), RepoError> {
    let AccountKey { player, currency, .. } = tombstone.account;
    let query = brand_query!(
        tx,
        "INSERT INTO wallet_tombstone (brand_id, player_id, currency, source, transaction_id, at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        player.0,
        currency.code(),
        tombstone.of.source.as_str(),
        tombstone.of.transaction_id.as_str(),
        at,
    );
    query.execute(tx.conn()).await?;
    Ok(())
}
