//! Rows as they come, and what they mean to the engine. Nothing is trusted that can be checked.

use croupier_brand::{BrandScope, Currency, token::PlayerId};
use serde::Deserialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{RepoError, fault::same_brand};
use crate::engine::{
    books::{AccountKey, CommandKey, Decision, Hold, HoldState, Play, PlayKind, PlayState, Recorded},
    fingerprint::Fingerprint,
    ids::{EntryId, GameId, RoundId, Source, TransactionId},
};

/// A row of `wallet_idempotency`, as `to_jsonb` writes it.
#[derive(Debug, Deserialize)]
pub(super) struct DecisionRow {
    brand_id: i32,
    source: Source,
    transaction_id: TransactionId,
    player_id: Uuid,
    /// `\x` and hexadecimal digits.
    fingerprint: String,
    outcome: Decision,
}

impl DecisionRow {
    pub(super) fn read(self, scope: &BrandScope) -> Result<(CommandKey, Recorded), RepoError> {
        same_brand(scope, self.brand_id)?;
        let bytes = self
            .fingerprint
            .strip_prefix("\\x")
            .and_then(|digits| hex::decode(digits).ok());
        let fingerprint = bytes
            .and_then(|bytes| Fingerprint::from_bytes(&bytes))
            .ok_or(RepoError::Inconsistent("wallet_idempotency.fingerprint"))?;
        let key = CommandKey {
            brand: scope.id(),
            source: self.source,
            transaction_id: self.transaction_id,
        };
        Ok((
            key,
            Recorded {
                player: PlayerId(self.player_id),
                fingerprint,
                decision: self.outcome,
            },
        ))
    }
}

/// A row of `wallet_bet_authorization`, as `to_jsonb` writes it.
#[derive(Debug, Deserialize)]
pub(super) struct PlayRow {
    brand_id: i32,
    source: Source,
    transaction_id: TransactionId,
    player_id: Uuid,
    currency: Currency,
    kind: PlayKind,
    round_id: RoundId,
    game_id: GameId,
    amount: i64,
    parts: Vec<i64>,
    state: PlayState,
    bet_id: Option<TransactionId>,
    settles: i32,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

impl PlayRow {
    /// `rules` is the brand's newest version.
    pub(super) fn read(self, scope: &BrandScope, rules: i32) -> Result<(CommandKey, Play), RepoError> {
        same_brand(scope, self.brand_id)?;
        let key = CommandKey {
            brand: scope.id(),
            source: self.source,
            transaction_id: self.transaction_id,
        };
        let account = AccountKey {
            brand: scope.id(),
            player: PlayerId(self.player_id),
            currency: self.currency,
        };
        let play = Play {
            account,
            kind: self.kind,
            round: Some(self.round_id),
            game: Some(self.game_id),
            amount: self.amount,
            parts: self.parts,
            reversed: Vec::new(),
            rules,
            progress: None,
            state: self.state,
            bet: self.bet_id,
            settles: self.settles,
            at: self.at,
        };
        Ok((key, play))
    }
}

/// A row of `wallet_hold`, as `to_jsonb` writes it.
#[derive(Debug, Deserialize)]
pub(super) struct HoldRow {
    brand_id: i32,
    hold_id: Uuid,
    player_id: Uuid,
    currency: Currency,
    amount: i64,
    parts: Vec<i64>,
    state: HoldState,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

impl HoldRow {
    pub(super) fn read(self, scope: &BrandScope) -> Result<(EntryId, Hold), RepoError> {
        same_brand(scope, self.brand_id)?;
        let account = AccountKey {
            brand: scope.id(),
            player: PlayerId(self.player_id),
            currency: self.currency,
        };
        let hold = Hold {
            account,
            amount: self.amount,
            parts: self.parts,
            state: self.state,
            at: self.at,
        };
        Ok((EntryId(self.hold_id), hold))
    }
}
