//! Entries as they stand in the journal, and in an export as a line of JSON each.

use croupier_brand::{BrandId, Currency, token::PlayerId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::engine::{
    account::Posting,
    books::{AccountKey, CommandKey, JournalEntry},
    chain::Link,
    command::Kind,
    ids::{EntryId, GameId, RoundId, Source, TransactionId},
};

/// A row of the journal, with nothing taken for granted: it may be of a database that was tampered with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The brand's number.
    pub brand_id: i32,
    /// The player.
    pub player_id: Uuid,
    /// The currency's code.
    pub currency: String,
    /// The wallet's version after it.
    pub version: i64,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The entry's id.
    pub entry_id: Uuid,
    /// The transaction that wrote it.
    pub xid: u64,
    /// Its place in that transaction.
    pub n: i32,
    /// What was done.
    pub kind: String,
    /// Who asked.
    pub source: String,
    /// Under which id.
    pub transaction_id: String,
    /// What it refers to.
    pub reference_id: Option<String>,
    /// The round.
    pub round_id: Option<String>,
    /// The game.
    pub game_id: Option<String>,
    /// Minor units, never negative.
    pub amount: i64,
    /// The accounts it changed.
    pub accounts: Vec<String>,
    /// By how much; they sum to zero.
    pub amounts: Vec<i64>,
    /// The player's total after it.
    pub balance: i64,
    /// Its hash ([`chain`](crate::engine::chain)).
    #[serde(with = "hex::serde")]
    pub hash: Link,
}

/// Where a wallet's history goes on from, when what was before is not at hand: it was archived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// The player.
    pub player_id: Uuid,
    /// The currency's code.
    pub currency: String,
    /// The version of its last entry so far.
    pub version: i64,
    /// That entry's hash.
    #[serde(with = "hex::serde")]
    pub hash: Link,
    /// The player's total after it.
    pub balance: i64,
    /// The accounts that its entries changed.
    pub accounts: Vec<String>,
    /// By how much each, in all.
    pub amounts: Vec<i64>,
}

impl Row {
    /// The entry that the engine wrote.
    ///
    /// # Errors
    /// What of it the engine never writes.
    pub fn entry(&self) -> Result<JournalEntry, &'static str> {
        let brand = BrandId::new(self.brand_id.into()).map_err(|_| "brand_id is no brand's")?;
        if self.accounts.len() != self.amounts.len() {
            return Err("it has more accounts than amounts, or fewer");
        }
        let currency = Currency::parse(&self.currency).map_err(|_| "its currency is none")?;
        let postings = self
            .accounts
            .iter()
            .zip(&self.amounts)
            .map(|(account, amount)| Posting {
                account: account.clone(),
                amount: *amount,
            });
        Ok(JournalEntry {
            entry: EntryId(self.entry_id),
            account: AccountKey {
                brand,
                player: PlayerId(self.player_id),
                currency,
            },
            version: self.version,
            kind: Kind::parse(&self.kind).ok_or("its kind is none")?,
            key: CommandKey {
                brand,
                source: Source::new(&self.source).map_err(|_| "its source is none")?,
                transaction_id: TransactionId::kept(&self.transaction_id)
                    .map_err(|_| "its transaction id is none")?,
            },
            reference: self.reference_id.clone(),
            round: name(self.round_id.as_deref(), RoundId::new, "its round is none")?,
            game: name(self.game_id.as_deref(), GameId::new, "its game is none")?,
            amount: self.amount,
            postings: postings.collect(),
            balance: self.balance,
            at: self.at,
            hash: self.hash,
        })
    }
}

fn name<T, E>(
    text: Option<&str>,
    read: impl FnOnce(&str) -> Result<T, E>,
    otherwise: &'static str,
) -> Result<Option<T>, &'static str> {
    text.map(|text| read(text).map_err(|_| otherwise)).transpose()
}
