//! Rounds that hang: bets that had no result for longer than the house waits for one.

use std::collections::BTreeMap;

use croupier_brand::{BrandPool, BrandRead, BrandScope, Currency, token::PlayerId};
use time::OffsetDateTime;

use super::RoundKey;
use crate::{
    engine::ids::{RoundId, Source},
    repo::{RepoError, rounds as repo},
    service::WalletError,
};

/// Where to look.
#[derive(Clone, Debug)]
pub struct Search {
    /// One provider's, or all.
    pub source: Option<Source>,
    /// Bets made from then on.
    pub from: OffsetDateTime,
    /// Bets made until then.
    pub until: OffsetDateTime,
    /// Also those that a later win of their round may have been the result of ([`RoundBet::paid`](super::RoundBet::paid)).
    pub paid: bool,
    /// How many open bets are looked at, the oldest first.
    pub limit: u16,
}

/// A round that hangs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HangingRound {
    /// Which.
    pub key: RoundKey,
    /// Its oldest bet without a result.
    pub since: OffsetDateTime,
    /// How many bets are without one.
    pub bets: u32,
    /// What stands of their stakes, minor units.
    pub stake: i128,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hanging {
    /// The rounds, that which waits longest first.
    pub rounds: Vec<HangingRound>,
    /// There are more open bets than were looked at.
    pub more: bool,
}

/// The rounds of a brand that hang.
///
/// # Errors
/// [`WalletError`].
pub async fn hanging(pool: &BrandPool, scope: &BrandScope, search: &Search) -> Result<Hanging, WalletError> {
    let mut reads = BrandRead::open(pool, scope).await.map_err(RepoError::from)?;
    let bets = repo::open_bets(
        &mut reads,
        search.source.as_ref(),
        search.from,
        search.until,
        search.limit,
    )
    .await?;
    let more = bets.len() == usize::from(search.limit);
    let mut rounds = BTreeMap::<RoundKey, HangingRound>::new();
    for bet in bets {
        if bet.paid && !search.paid {
            continue;
        }
        let round = bet.round_id.as_deref().unwrap_or_default();
        let key = RoundKey {
            source: Source::new(&bet.source).map_err(|_| RepoError::Inconsistent("wallet_command.source"))?,
            player: PlayerId(bet.player_id),
            currency: Currency::parse(&bet.currency)
                .map_err(|_| RepoError::Inconsistent("wallet_command.currency"))?,
            round: RoundId::new(round).map_err(|_| RepoError::Inconsistent("wallet_command.round_id"))?,
        };
        let hangs = rounds.entry(key.clone()).or_insert_with(|| HangingRound {
            key,
            // They come in the order of their times.
            since: bet.at,
            bets: 0,
            stake: 0,
        });
        hangs.bets = hangs.bets.saturating_add(1);
        hangs.stake += i128::from(bet.amount.unwrap_or_default()) - i128::from(bet.given_back);
    }
    let mut rounds: Vec<_> = rounds.into_values().collect();
    rounds.sort_by_key(|round| round.since);
    Ok(Hanging { rounds, more })
}
