//! Rows as they come, and what they mean to the engine. Nothing is trusted that can be checked.

use croupier_brand::{BrandId, Currency, token::PlayerId};
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::RepoError;
use crate::engine::{
    books::{
        AccountKey, CommandKey, Decision, Grant, GrantState, Hold, HoldState, OpenGrant, Play, PlayKind,
        PlayState, Recorded,
    },
    command::Kind,
    fingerprint::Fingerprint,
    ids::{EntryId, GameId, RoundId, Source, TransactionId},
    outcome::{Balance, Neutral, Reason, Receipt, Verdict},
};

/// A row of `wallet_command`.
#[derive(Debug)]
pub(super) struct CommandRow {
    pub(super) brand_id: i32,
    pub(super) source: String,
    pub(super) transaction_id: String,
    pub(super) player_id: Uuid,
    pub(super) currency: String,
    pub(super) kind: String,
    pub(super) fingerprint: Vec<u8>,
    pub(super) verdict: String,
    pub(super) detail: Option<String>,
    pub(super) entry_id: Option<Uuid>,
    pub(super) available: i64,
    pub(super) held: i64,
    pub(super) stakeable: i64,
    pub(super) usable: Option<i64>,
    pub(super) at: OffsetDateTime,
    pub(super) state: Option<String>,
    pub(super) amount: Option<i64>,
    pub(super) round_id: Option<String>,
    pub(super) game_id: Option<String>,
    pub(super) parts: Option<Vec<i64>>,
    pub(super) reversed: Option<Vec<i64>>,
    pub(super) rules: Option<i32>,
    pub(super) grant_id: Option<Uuid>,
    pub(super) progress: Option<i64>,
    pub(super) bet_id: Option<String>,
    pub(super) settles: Option<i32>,
}

impl CommandRow {
    /// The decision, and the play where it is one.
    pub(super) fn read(self, brand: BrandId) -> Result<(CommandKey, Recorded, Option<Play>), RepoError> {
        let kind = Kind::parse(&self.kind).ok_or(RepoError::Inconsistent("wallet_command.kind"))?;
        let currency = currency(&self.currency, "wallet_command.currency")?;
        let key = CommandKey {
            brand,
            source: known(Source::new(&self.source), "wallet_command.source")?,
            transaction_id: known(
                TransactionId::kept(&self.transaction_id),
                "wallet_command.transaction_id",
            )?,
        };
        let recorded = Recorded {
            player: PlayerId(self.player_id),
            fingerprint: Fingerprint::from_bytes(&self.fingerprint)
                .ok_or(RepoError::Inconsistent("wallet_command.fingerprint"))?,
            decision: Decision {
                kind,
                currency,
                verdict: self.verdict()?,
            },
        };
        let account = AccountKey {
            brand,
            player: PlayerId(self.player_id),
            currency,
        };
        let play = self.play(account, kind)?;
        Ok((key, recorded, play))
    }

    fn verdict(&self) -> Result<Verdict, RepoError> {
        let balance = Balance {
            available: self.available,
            held: self.held,
            stakeable: self.stakeable,
        };
        let receipt = || {
            self.entry_id
                .map(|entry| Receipt {
                    entry: EntryId(entry),
                    balance,
                })
                .ok_or(RepoError::Inconsistent("wallet_command.entry_id"))
        };
        let detail = self.detail.as_deref().unwrap_or("");
        Ok(match self.verdict.as_str() {
            "applied" => Verdict::Applied(receipt()?),
            "neutralised" => Verdict::Neutralised {
                receipt: receipt()?,
                why: Neutral::parse(detail).ok_or(RepoError::Inconsistent("wallet_command.detail"))?,
            },
            "missing_reference" => Verdict::MissingReference { balance },
            "already_settled" => Verdict::AlreadySettled { balance },
            "insufficient_funds" => Verdict::InsufficientFunds {
                balance,
                usable: self
                    .usable
                    .ok_or(RepoError::Inconsistent("wallet_command.usable"))?,
            },
            "rejected" => Verdict::Rejected {
                reason: Reason::parse(detail).ok_or(RepoError::Inconsistent("wallet_command.detail"))?,
                balance,
            },
            _ => return Err(RepoError::Inconsistent("wallet_command.verdict")),
        })
    }

    fn play(self, account: AccountKey, kind: Kind) -> Result<Option<Play>, RepoError> {
        let Some(state) = self.state else {
            return Ok(None);
        };
        let torn = RepoError::Inconsistent("wallet_command: a play that is not whole");
        let (Some(amount), Some(parts), Some(settles), Some(rules)) =
            (self.amount, self.parts, self.settles, self.rules)
        else {
            return Err(torn);
        };
        Ok(Some(Play {
            account,
            kind: PlayKind::of(kind).ok_or(torn)?,
            round: self
                .round_id
                .map(|round| known(RoundId::new(&round), "wallet_command.round_id"))
                .transpose()?,
            game: self
                .game_id
                .map(|game| known(GameId::new(&game), "wallet_command.game_id"))
                .transpose()?,
            amount,
            reversed: self.reversed.unwrap_or_default(),
            parts,
            rules,
            progress: self.grant_id.map(EntryId).zip(self.progress),
            state: PlayState::parse(&state).ok_or(RepoError::Inconsistent("wallet_command.state"))?,
            bet: self
                .bet_id
                .map(|bet| known(TransactionId::kept(&bet), "wallet_command.bet_id"))
                .transpose()?,
            settles,
            at: self.at,
        }))
    }
}

/// A row of `wallet_hold`.
#[derive(Debug)]
pub(super) struct HoldRow {
    pub(super) brand_id: i32,
    pub(super) hold_id: Uuid,
    pub(super) player_id: Uuid,
    pub(super) currency: String,
    pub(super) amount: i64,
    pub(super) parts: Vec<i64>,
    pub(super) state: String,
    pub(super) at: OffsetDateTime,
}

impl HoldRow {
    pub(super) fn read(self, brand: BrandId) -> Result<(EntryId, Hold), RepoError> {
        let account = AccountKey {
            brand,
            player: PlayerId(self.player_id),
            currency: currency(&self.currency, "wallet_hold.currency")?,
        };
        let hold = Hold {
            account,
            amount: self.amount,
            parts: self.parts,
            state: HoldState::parse(&self.state).ok_or(RepoError::Inconsistent("wallet_hold.state"))?,
            at: self.at,
        };
        Ok((EntryId(self.hold_id), hold))
    }
}

fn currency(code: &str, column: &'static str) -> Result<Currency, RepoError> {
    known(Currency::parse(code), column)
}

fn known<T, E>(read: Result<T, E>, column: &'static str) -> Result<T, RepoError> {
    read.map_err(|_| RepoError::Inconsistent(column))
}

/// A row of `wallet_grant`.
#[derive(Debug)]
pub(super) struct GrantRow {
    pub(super) brand_id: i32,
    pub(super) grant_id: Uuid,
    pub(super) player_id: Uuid,
    pub(super) currency: String,
    pub(super) state: String,
    pub(super) given: Json<OpenGrant>,
    pub(super) ended_at: Option<OffsetDateTime>,
}

impl GrantRow {
    pub(super) fn read(self, brand: BrandId) -> Result<(EntryId, Grant), RepoError> {
        let account = AccountKey {
            brand,
            player: PlayerId(self.player_id),
            currency: currency(&self.currency, "wallet_grant.currency")?,
        };
        let grant = Grant {
            account,
            given: self.given.0,
            state: GrantState::parse(&self.state).ok_or(RepoError::Inconsistent("wallet_grant.state"))?,
            ended_at: self.ended_at,
        };
        Ok((EntryId(self.grant_id), grant))
    }
}
