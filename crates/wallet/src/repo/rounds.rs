//! Rounds, as the commands and entries that are there anyway say them.
//!
//! There is no table of rounds and no index for them: either would cost every bet a part of what a bet costs. A round
//! is a stretch of its wallet's history, found by the history's key. Bets without a result are looked for where the
//! journal has the days in question: in the parts of those months, from the first transaction that a seal of that time
//! says.

use croupier_brand::{BrandRead, brand_read, brand_read_as};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::RepoError;
use crate::{
    engine::{account::Posting, books::PlayState, command::Kind, ids::Source},
    rounds::{Line, RoundKey},
};

/// A bet that neither a win nor a rollback has ended.
#[derive(Debug)]
pub(crate) struct OpenBetRow {
    pub(crate) brand_id: i32,
    pub(crate) source: String,
    pub(crate) player_id: Uuid,
    pub(crate) currency: String,
    pub(crate) round_id: Option<String>,
    pub(crate) amount: Option<i64>,
    pub(crate) given_back: i64,
    pub(crate) at: OffsetDateTime,
    /// A win of its round that names another bet or none came after it and stands.
    pub(crate) paid: bool,
}

/// Entries made after `time` were written by this transaction or a later one; none where no seal says.
async fn sealed_before(reads: &mut BrandRead, time: OffsetDateTime) -> Result<Option<String>, RepoError> {
    // What a seal holds was written before the seal was, and what was written later is above it.
    let query = brand_read!(
        reads,
        r#"SELECT seal.brand_id, seal.below::text AS "below!" FROM journal_seal AS seal
            WHERE seal.brand_id = $1 AND seal.at <= $2 ORDER BY seal.number DESC LIMIT 1"#,
        time,
    );
    let seal = query.fetch_optional(reads.conn()).await?;
    Ok(seal.map(|seal| seal.below))
}

/// The oldest bets made from `from` to `until` that are open, `limit` at the most; of one source, or of all.
pub(crate) async fn open_bets(
    reads: &mut BrandRead,
    source: Option<&Source>,
    from: OffsetDateTime,
    until: OffsetDateTime,
    limit: u16,
) -> Result<Vec<OpenBetRow>, RepoError> {
    // Clocks of two machines differ by less than this.
    let sealed = sealed_before(reads, from.saturating_sub(Duration::minutes(10))).await?;
    let query = brand_read_as!(
        OpenBetRow,
        reads,
        r#"SELECT bet.brand_id, bet.source, bet.player_id, bet.currency, bet.round_id, bet.amount, bet.at,
                  coalesce(bet.reversed[1], 0) + coalesce(bet.reversed[2], 0) + coalesce(bet.reversed[3], 0)
                + coalesce(bet.reversed[4], 0) + coalesce(bet.reversed[5], 0) + coalesce(bet.reversed[6], 0)
                + coalesce(bet.reversed[7], 0) + coalesce(bet.reversed[8], 0) AS "given_back!",
                  EXISTS (SELECT 1 FROM wallet_ledger AS entry
                            JOIN wallet_command AS win ON win.brand_id = entry.brand_id AND win.source = entry.source
                             AND win.transaction_id = entry.transaction_id
                           WHERE entry.brand_id = $1 AND entry.player_id = bet.player_id AND entry.currency = bet.currency
                             AND entry.source = bet.source AND entry.round_id = bet.round_id AND entry.kind = 'settle'
                             AND entry.at >= bet.at AND win.state <> 'rolled_back') AS "paid!"
             FROM wallet_ledger AS made
             JOIN wallet_command AS bet ON bet.brand_id = made.brand_id AND bet.source = made.source
              AND bet.transaction_id = made.transaction_id
            WHERE made.brand_id = $1 AND made.kind = 'bet' AND made.at >= $2 AND made.at <= $3
              AND made.xid >= $6::text::xid8 AND bet.state = 'open' AND ($4::text IS NULL OR bet.source = $4)
            ORDER BY made.at LIMIT $5"#,
        from,
        until,
        source.map(Source::as_str),
        i64::from(limit),
        sealed.as_deref().unwrap_or("0"),
    );
    let mut bets = query.fetch_all(reads.conn()).await?;
    bets.sort_by_key(|bet| bet.at);
    Ok(bets)
}

/// The entries of a round, in their order.
pub(crate) async fn lines(reads: &mut BrandRead, round: &RoundKey) -> Result<Vec<Line>, RepoError> {
    let query = brand_read!(
        reads,
        "SELECT entry.brand_id, entry.version, entry.at, entry.kind, entry.transaction_id, entry.reference_id, entry.game_id,
                entry.amount, entry.accounts, entry.amounts, entry.balance, command.brand_id AS command_brand_id, command.state
           FROM wallet_ledger AS entry
           JOIN wallet_command AS command ON command.brand_id = entry.brand_id AND command.source = entry.source
            AND command.transaction_id = entry.transaction_id
          WHERE entry.brand_id = $1 AND entry.player_id = $2 AND entry.currency = $3 AND entry.source = $4 AND entry.round_id = $5",
        round.player.0,
        round.currency.code(),
        round.source.as_str(),
        round.round.as_str(),
    );
    let rows = query.fetch_all(reads.conn()).await?;
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let state = row
            .state
            .map(|state| PlayState::parse(&state).ok_or(RepoError::Inconsistent("wallet_command.state")));
        lines.push(Line {
            version: row.version,
            at: row.at,
            kind: Kind::parse(&row.kind).ok_or(RepoError::Inconsistent("wallet_ledger.kind"))?,
            transaction: row.transaction_id,
            reference: row.reference_id,
            game: row.game_id,
            amount: row.amount,
            postings: (row.accounts.into_iter().zip(row.amounts))
                .map(|(account, amount)| Posting { account, amount })
                .collect(),
            balance: row.balance,
            state: state.transpose()?,
        });
    }
    lines.sort_by_key(|line| line.version);
    Ok(lines)
}
