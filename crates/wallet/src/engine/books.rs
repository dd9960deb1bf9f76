//! What the engine knows while it decides, and what is to be written when it has.
//!
//! The store loads into [`Books`] whatever the commands at hand may touch; what is not in them does
//! not exist. The engine changes them as it goes, so a command sees what the one before it did.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use croupier_brand::{BrandId, Currency, token::PlayerId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

pub use super::grants::{Grant, GrantState, MAX_OPEN_GRANTS, OpenGrant};
use super::{
    account::{Account, HOUSE_GAMING, HOUSE_JACKPOT, HOUSE_PROMOTIONS, HOUSE_TIPS, Posting},
    chain::Link,
    command::{Command, Kind},
    fingerprint::Fingerprint,
    ids::{EntryId, GameId, RoundId, Source, TransactionId},
    outcome::{Balance, Outcome, Verdict},
};
use crate::{
    maps::{HashMap, HashSet},
    topology::Topology,
};

/// A wallet. Sorted by it, locks are taken in one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountKey {
    /// The brand.
    pub brand: BrandId,
    /// The player.
    pub player: PlayerId,
    /// The currency.
    pub currency: Currency,
}

/// A sender's command.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommandKey {
    /// The brand.
    pub brand: BrandId,
    /// The sender.
    pub source: Source,
    /// The sender's id.
    pub transaction_id: TransactionId,
}

/// A command, with what the engine may not make itself: the entry's id and the time.
#[derive(Clone, Debug)]
pub struct Order {
    /// The brand it was earned for.
    pub brand: BrandId,
    /// The entry it becomes, if it becomes one.
    pub entry: EntryId,
    /// Now.
    pub at: OffsetDateTime,
    /// What to do.
    pub command: Command,
    /// The group it is decided with, all or nothing: the entry of the group's first order. Orders of
    /// one group are for one wallet, follow one another and are never parted into two folds.
    pub group: Option<EntryId>,
}

impl Order {
    /// The wallet it is for.
    #[must_use]
    pub fn account(&self) -> AccountKey {
        AccountKey {
            brand: self.brand,
            player: self.command.player,
            currency: self.command.currency,
        }
    }

    /// The name it is remembered by.
    #[must_use]
    pub fn key(&self) -> CommandKey {
        self.key_of(&self.command.transaction_id)
    }

    /// The name that another command of the same source is remembered by.
    #[must_use]
    pub fn key_of(&self, transaction_id: &TransactionId) -> CommandKey {
        CommandKey {
            brand: self.brand,
            source: self.command.source.clone(),
            transaction_id: transaction_id.clone(),
        }
    }
}

/// A decision that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// For whom.
    pub player: PlayerId,
    /// What the command said.
    pub fingerprint: Fingerprint,
    /// What was decided.
    pub decision: Decision,
}

impl Recorded {
    /// The answer to a command that comes under the id of this decision, with the wallet as it is
    /// now: the decision again if the command is the same, a conflict if it says something else.
    #[must_use]
    pub fn answer(&self, fingerprint: Fingerprint, balance: Balance) -> Outcome {
        if self.fingerprint == fingerprint {
            Outcome::Replayed {
                verdict: self.decision.verdict,
                balance,
            }
        } else {
            Outcome::Conflict { balance }
        }
    }
}

/// The stored part of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// What kind of command it was.
    pub kind: Kind,
    /// Of which of the player's wallets.
    pub currency: Currency,
    /// What was decided.
    pub verdict: Verdict,
}

/// What a play did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlayKind {
    /// A stake taken.
    Bet,
    /// A win credited.
    Settle,
    /// Money given to a dealer.
    Tip,
    /// A jackpot credited.
    JackpotWin,
    /// A promotion's win credited.
    PromoWin,
}

impl PlayKind {
    /// What a command of this kind makes, if it makes a play.
    #[must_use]
    pub fn of(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Bet => Some(Self::Bet),
            Kind::Settle => Some(Self::Settle),
            Kind::Tip => Some(Self::Tip),
            Kind::JackpotWin => Some(Self::JackpotWin),
            Kind::PromoWin => Some(Self::PromoWin),
            _ => None,
        }
    }

    /// The store's name for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bet => "bet",
            Self::Settle => "settle",
            Self::Tip => "tip",
            Self::JackpotWin => "jackpot_win",
            Self::PromoWin => "promo_win",
        }
    }

    /// The house's side of it.
    #[must_use]
    pub fn house(self) -> &'static str {
        match self {
            Self::Bet | Self::Settle => HOUSE_GAMING,
            Self::Tip => HOUSE_TIPS,
            Self::JackpotWin => HOUSE_JACKPOT,
            Self::PromoWin => HOUSE_PROMOTIONS,
        }
    }

    /// Whether it took money: a bet or a tip. The others gave some.
    #[must_use]
    pub fn is_stake(self) -> bool {
        matches!(self, Self::Bet | Self::Tip)
    }
}

/// What has become of a play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlayState {
    /// It stands; no settle stands on it.
    Open,
    /// A bet that at least one settle stands on.
    Settled,
    /// Undone, for good.
    RolledBack,
}

impl PlayState {
    /// Reads the store's name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Open, Self::Settled, Self::RolledBack]
            .into_iter()
            .find(|state| state.as_str() == name)
    }

    /// The store's name for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Settled => "settled",
            Self::RolledBack => "rolled_back",
        }
    }
}

/// A bet, tip or win that was applied, with the very parts it moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Play {
    /// Whose.
    pub account: AccountKey,
    /// Which.
    pub kind: PlayKind,
    /// The round it was of; a tip may have none, a promotion's win has none.
    pub round: Option<RoundId>,
    /// The game it was of, likewise.
    pub game: Option<GameId>,
    /// Minor units.
    pub amount: i64,
    /// The amount by bucket position.
    pub parts: Vec<i64>,
    /// Of a stake that was undone in parts: how much of each part was given back. Empty until then, and
    /// where it was undone at once.
    pub reversed: Vec<i64>,
    /// The version of the brand's document it was made under: what refers to it is decided by that.
    pub rules: i32,
    /// Of a bet: the grant it counts for, and how much of it counts.
    pub progress: Option<(EntryId, i64)>,
    /// What has become of it.
    pub state: PlayState,
    /// Of a settle or a jackpot: the bet it stands on.
    pub bet: Option<TransactionId>,
    /// Of a bet: how many settles and jackpots stand on it.
    pub settles: i32,
    /// When it was applied.
    pub at: OffsetDateTime,
}

impl Play {
    /// What of each part was not given back yet.
    #[must_use]
    pub fn standing_parts(&self) -> Vec<i64> {
        let reversed = self.reversed.iter().copied().chain(std::iter::repeat(0));
        let parts = self.parts.iter().zip(reversed);
        parts
            .map(|(part, back)| part.saturating_sub(back).max(0))
            .collect()
    }

    /// What of each part was given back, with this more.
    #[must_use]
    pub fn reversed_with(&self, back: &[i64]) -> Vec<i64> {
        let reversed = self.reversed.iter().copied().chain(std::iter::repeat(0));
        let backs = back.iter().zip(reversed);
        backs
            .map(|(back, reversed)| reversed.saturating_add(*back))
            .collect()
    }
}

/// What has become of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldState {
    /// Set aside.
    Held,
    /// Paid out.
    Settled,
    /// Given back.
    Released,
}

impl HoldState {
    /// Reads the store's name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Held, Self::Settled, Self::Released]
            .into_iter()
            .find(|state| state.as_str() == name)
    }

    /// The store's name for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Settled => "settled",
            Self::Released => "released",
        }
    }
}

/// A sum set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Whose.
    pub account: AccountKey,
    /// Minor units.
    pub amount: i64,
    /// The amount by bucket position.
    pub parts: Vec<i64>,
    /// What has become of it.
    pub state: HoldState,
    /// When it was set aside.
    pub at: OffsetDateTime,
}

/// A rollback waits for what it names. It holds for one wallet only: another player's command of
/// that id is another's business.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tombstone {
    /// The wallet.
    pub account: AccountKey,
    /// What the rollback named.
    pub of: CommandKey,
}

/// A version of a brand's document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Its number; 0 is the standard document of a brand that never chose.
    pub version: i32,
    /// What it says.
    pub topology: Arc<Topology>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            version: 0,
            topology: Topology::standard(),
        }
    }
}

/// Everything the commands at hand may touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books {
    /// Each brand's newest document; a brand that is not here has the standard one.
    pub topologies: HashMap<BrandId, Rules>,
    /// The former versions that the plays here were made under. 0, the standard document, need not
    /// be here.
    pub former: HashMap<(BrandId, i32), Arc<Topology>>,
    /// Wallets; one that is not here is empty.
    pub accounts: HashMap<AccountKey, Account>,
    /// Decisions.
    pub recorded: HashMap<CommandKey, Recorded>,
    /// Bets, tips and wins.
    pub plays: HashMap<CommandKey, Play>,
    /// Holds.
    pub holds: HashMap<(BrandId, EntryId), Hold>,
    /// Grants that orders name and that have ended. The open ones are their wallets'.
    pub grants: HashMap<(BrandId, EntryId), Grant>,
    /// Rollbacks that wait.
    pub tombstones: HashSet<Tombstone>,
}

/// A row of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// Its id.
    pub entry: EntryId,
    /// The wallet.
    pub account: AccountKey,
    /// The wallet's version after it.
    pub version: i64,
    /// What was done.
    pub kind: Kind,
    /// Who asked, under which id.
    pub key: CommandKey,
    /// The transaction, hold or grant it refers to; of a promotion's win the promotion, of a correction its
    /// note.
    pub reference: Option<String>,
    /// The round.
    pub round: Option<RoundId>,
    /// The game.
    pub game: Option<GameId>,
    /// Minor units, never negative.
    pub amount: i64,
    /// Its lines; they sum to zero.
    pub postings: Vec<Posting>,
    /// The player's total after it.
    pub balance: i64,
    /// When.
    pub at: OffsetDateTime,
    /// Its hash ([`chain`](super::chain)).
    pub hash: Link,
}

/// What a fold leaves to be written, all of it or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writes {
    /// New rows of the journal, in the order of the commands.
    pub entries: Vec<JournalEntry>,
    /// Changed wallets as they are in the end, with the version they were loaded at.
    pub accounts: BTreeMap<AccountKey, (i64, Account)>,
    /// New decisions.
    pub recorded: BTreeMap<CommandKey, (OffsetDateTime, Recorded)>,
    /// New and changed bets, tips and wins.
    pub plays: BTreeMap<CommandKey, Play>,
    /// New and changed holds.
    pub holds: BTreeMap<(BrandId, EntryId), Hold>,
    /// Grants that began or ended. How far an open one has come is its wallet's to say.
    pub grants: BTreeMap<(BrandId, EntryId), Grant>,
    /// New tombstones, each with its time.
    pub tombstones: Vec<(OffsetDateTime, Tombstone)>,
}

impl Writes {
    /// Every wallet that something is written for.
    #[must_use]
    pub fn touched(&self) -> BTreeSet<AccountKey> {
        let recorded = self.recorded.iter().map(|(key, (_, recorded))| AccountKey {
            brand: key.brand,
            player: recorded.player,
            currency: recorded.decision.currency,
        });
        let stones = self.tombstones.iter().map(|(_, stone)| stone.account);
        recorded
            .chain(stones)
            .chain(self.accounts.keys().copied())
            .collect()
    }

    /// Whether a decision under the order's id is to be written for the order's wallet. Another wallet's may have the id.
    #[must_use]
    pub fn has_decided(&self, order: &Order) -> bool {
        let of_its_wallet = |recorded: &Recorded| {
            recorded.player == order.command.player && recorded.decision.currency == order.command.currency
        };
        let decided = self.recorded.get(&order.key());
        decided.is_some_and(|(_, recorded)| of_its_wallet(recorded))
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
