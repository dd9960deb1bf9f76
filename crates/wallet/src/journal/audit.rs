//! A brand's books, examined in the database: what `croupier journal verify` and `croupier wallet trial-balance` do.
//!
//! Over the owner's connection, one brand at a time, each in a transaction of its own that sees one moment
//! and changes nothing, so that it can be done while the house is open.

use std::collections::BTreeMap;

use croupier_brand::{BrandCode, BrandId};
use futures_util::{StreamExt, pin_mut};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use time::OffsetDateTime;

use super::verify::{Fault, Verified, Verifier};
use crate::{
    repo::{audit as repo, never::NEVER},
    topology::Topology,
};

/// Why the books could not be examined.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The database failed.
    #[error("the books cannot be read: {0}")]
    Database(#[from] sqlx::Error),
    /// The brand's document of buckets is none that this version knows.
    #[error("the brand's buckets cannot be read: {0}")]
    Topology(#[from] serde_json::Error),
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examined {
    /// What the entries and seals come to; none where one of them is wrong.
    pub verified: Option<Verified>,
    /// Everything that is wrong: of the entries and of each kind of disagreement the first.
    pub faults: Vec<Fault>,
}

/// An account of a brand in a currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountLine {
    /// The currency's code.
    pub currency: String,
    /// `player:<bucket>`, `player:<bucket>:held`, or one of the house's.
    pub account: String,
    /// What its archived entries come to.
    pub opening: i128,
    /// What the others took from it.
    pub debits: i128,
    /// What the others added to it.
    pub credits: i128,
    /// Of a player's account: what the wallets have in it.
    pub wallets: Option<i128>,
}

impl AccountLine {
    /// What all its entries come to.
    #[must_use]
    pub fn balance(&self) -> i128 {
        self.opening + self.credits - self.debits
    }
}

/// A brand's accounts, by currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrialBalance {
    /// Every account that an entry or a wallet names.
    pub lines: Vec<AccountLine>,
}

impl TrialBalance {
    /// What does not agree: accounts whose wallets hold something else than their entries come to, and currencies
    /// whose accounts do not sum to zero.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let drifting = self.lines.iter().filter_map(|line| {
            let wallets = line.wallets.filter(|wallets| *wallets != line.balance())?;
            Some(format!(
                "{} {} drifts: the wallets hold {wallets}, the journal says {}",
                line.currency,
                line.account,
                line.balance()
            ))
        });
        let mut sums = BTreeMap::<&str, i128>::new();
        for line in &self.lines {
            *sums.entry(&line.currency).or_default() += line.balance();
        }
        let uneven = sums.iter().filter(|(_, sum)| **sum != 0);
        let uneven =
            uneven.map(|(currency, sum)| format!("{currency}: all accounts sum to {sum}, not to zero"));
        drifting.chain(uneven).collect()
    }
}

/// A transaction in which an auditor sees one brand, at one moment.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn begin(owner: &PgPool, brand: BrandId) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    repo::begin(owner, brand.get()).await
}

/// In the owner's transaction: lets it see the rows of every brand that there is now. Row security binds the owner too.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn see_every_brand(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    repo::see_every_brand(db).await
}

/// Verifies all of a brand's books: entries, hashes, seals, wallets, and what was decided.
///
/// # Errors
/// [`AuditError`] when they cannot be read. What is wrong with them is in [`Examined::faults`].
pub async fn examine(
    db: &mut PgConnection,
    brand: BrandId,
    code: &BrandCode,
) -> Result<Examined, AuditError> {
    let mut examined = Examined::default();
    match journal(db, brand.get(), code.as_str()).await? {
        Ok(verified) => examined.verified = Some(verified),
        Err(fault) => examined.faults.push(fault),
    }
    let since = archived(db, brand.get()).await?;
    for (what, query) in NEVER {
        if let Some(found) = repo::found(db, brand.get(), since, query).await? {
            examined.faults.push(Fault {
                brand: code.as_str().to_owned(),
                wallet: None,
                version: None,
                what: format!("{what}: {found}"),
            });
        }
    }
    Ok(examined)
}

/// Until when the entries are archived.
async fn archived(db: &mut PgConnection, brand: i32) -> Result<OffsetDateTime, sqlx::Error> {
    let seal = repo::archived(db, brand).await?;
    Ok(seal
        .and_then(|seal| seal.archived)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH))
}

/// The entries, the seals and the wallets; the first fault of them.
async fn journal(
    db: &mut PgConnection,
    brand: i32,
    code: &str,
) -> Result<Result<Verified, Fault>, AuditError> {
    let buckets = buckets(db, brand).await?;
    let whole_from = repo::archived(db, brand).await?.map_or(0, |seal| seal.below);
    let openings = repo::openings(db, brand).await?;
    let mut verifier = match Verifier::new(code, brand, None, whole_from, openings) {
        Ok(verifier) => verifier,
        Err(fault) => return Ok(Err(fault)),
    };
    let mut read = 0;
    repo::open_entries(db, brand).await?;
    loop {
        let entries = repo::next_entries(db).await?;
        // The seals that end before the last of them; all that are left, after all of them.
        let until = entries.last().map_or(u64::MAX, |entry| entry.xid);
        loop {
            let seals = repo::seals_after(db, brand, read, until).await?;
            if seals.is_empty() {
                break;
            }
            match verifier.seals(seals) {
                Ok(newest) => read = newest,
                Err(fault) => return ended(db, fault).await,
            }
        }
        if entries.is_empty() {
            break;
        }
        for entry in &entries {
            if let Err(fault) = verifier.entry(entry) {
                return ended(db, fault).await;
            }
        }
    }
    repo::close_entries(db).await?;
    {
        let wallets = repo::wallets(db, brand);
        pin_mut!(wallets);
        while let Some(wallet) = wallets.next().await {
            if let Err(fault) = verifier.wallet(&wallet?, &buckets) {
                return Ok(Err(fault));
            }
        }
    }
    Ok(verifier.finish_with_wallets())
}

/// A fault before the last entry was read.
async fn ended(db: &mut PgConnection, fault: Fault) -> Result<Result<Verified, Fault>, AuditError> {
    repo::close_entries(db).await?;
    Ok(Err(fault))
}

/// The codes of a brand's buckets, by position.
async fn buckets(db: &mut PgConnection, brand: i32) -> Result<Vec<String>, AuditError> {
    let codes = |topology: &Topology| {
        topology
            .buckets()
            .iter()
            .map(|bucket| bucket.code.clone())
            .collect()
    };
    Ok(match repo::topology(db, brand).await? {
        Some(document) => codes(&serde_json::from_value(document)?),
        None => codes(&Topology::standard()),
    })
}

/// A brand's trial balance.
///
/// # Errors
/// [`AuditError`] when the books cannot be read. What does not agree is in [`TrialBalance::faults`].
pub async fn trial_balance(db: &mut PgConnection, brand: BrandId) -> Result<TrialBalance, AuditError> {
    let buckets = buckets(db, brand.get()).await?;
    let mut lines = BTreeMap::new();
    for (currency, account, opening, debits, credits) in repo::accounts(db, brand.get()).await? {
        let line = AccountLine {
            // What no wallet has, the wallets have nothing of.
            wallets: account.starts_with("player:").then_some(0),
            currency: currency.clone(),
            account: account.clone(),
            opening: sum(&opening)?,
            debits: sum(&debits)?,
            credits: sum(&credits)?,
        };
        lines.insert((currency, account), line);
    }
    for (currency, at, available, held) in repo::holdings(db, brand.get()).await? {
        let bucket = usize::try_from(at - 1).ok().and_then(|at| buckets.get(at));
        let bucket = bucket.cloned().unwrap_or_else(|| format!("bucket number {at}"));
        for (account, holds) in [
            (format!("player:{bucket}"), sum(&available)?),
            (format!("player:{bucket}:held"), sum(&held)?),
        ] {
            let line = lines
                .entry((currency.clone(), account.clone()))
                .or_insert_with(|| AccountLine {
                    currency: currency.clone(),
                    account,
                    opening: 0,
                    debits: 0,
                    credits: 0,
                    wallets: None,
                });
            line.wallets = Some(holds);
        }
    }
    Ok(TrialBalance {
        lines: lines.into_values().collect(),
    })
}

fn sum(text: &str) -> Result<i128, sqlx::Error> {
    text.parse().map_err(|fault| sqlx::Error::Decode(Box::new(fault)))
}
