//! Rounds: what they came to, and those that hang.

mod by_hand;
mod hanging;
mod races;
mod record;

use croupier_brand::{BrandPool, BrandScope, Clock};
use croupier_wallet::{
    Action, Amount, Command, GameId, LocalWallet, Outcome, RoundId, Source, TransactionId, Wallet,
    WalletLimits,
    rounds::{self, Patience, Resolution, Resolved, RoundKey, RoundRecord, Unresolved},
};
use time::{Duration, OffsetDateTime};

use crate::{harness::House, wallet::Till};

/// A till whose provider is `test`, with 100.00 in its player's wallet.
struct Floor {
    till: Till,
    pool: BrandPool,
}

impl Floor {
    async fn open() -> Self {
        Self::of(Till::open().await).await
    }

    async fn of(till: Till) -> Self {
        let pool = till.house.brand_pool(8).await;
        Self { till, pool }
    }

    fn house(&self) -> &House {
        &self.till.house
    }

    fn scope(&self) -> &BrandScope {
        &self.till.scope
    }

    fn key(&self, round: &str) -> RoundKey {
        RoundKey {
            source: Source::provider("test").unwrap(),
            player: self.till.player,
            currency: self.scope().currency(),
            round: RoundId::new(round).unwrap(),
        }
    }

    async fn record(&self, round: &str) -> RoundRecord {
        let key = self.key(round);
        rounds::record(&self.pool, self.scope(), &key, patience())
            .await
            .unwrap()
            .unwrap()
    }

    /// Gives every open bet of a round a result, however young it is.
    async fn resolve(
        &self,
        wallet: &dyn Wallet,
        round: &str,
        how: Resolution,
    ) -> Result<Resolved, Unresolved> {
        let (key, at_once) = (self.key(round), impatience());
        rounds::resolve::resolve(wallet, &self.pool, self.scope(), &key, how, at_once, false).await
    }

    /// A wallet that believes it is `ago`.
    async fn in_the_past(&self, ago: Duration) -> LocalWallet {
        let then = OffsetDateTime::now_utc() - ago;
        LocalWallet::new(
            self.house().brand_pool(4).await,
            Clock::manual(then),
            WalletLimits::default(),
        )
    }
}

/// As long as a house waits that says nothing of it.
fn patience() -> Patience {
    Patience {
        now: OffsetDateTime::now_utc(),
        lasts: Duration::minutes(15),
    }
}

/// None at all: whatever was just made has waited long enough.
fn impatience() -> Patience {
    Patience {
        now: soon(),
        lasts: Duration::ZERO,
    }
}

fn soon() -> OffsetDateTime {
    OffsetDateTime::now_utc() + Duration::hours(1)
}

fn amount(minor: i64) -> Amount {
    Amount::new(minor).unwrap()
}

fn bet(till: &Till, round: &str, transaction: &str, minor: i64) -> Command {
    let (round, game) = (RoundId::new(round).unwrap(), GameId::new("game").unwrap());
    let amount = amount(minor);
    till.command(transaction, Action::Bet { amount, round, game })
}

fn win(till: &Till, round: &str, transaction: &str, bet: Option<&str>, minor: i64) -> Command {
    till.command(
        transaction,
        Action::Settle {
            amount: amount(minor),
            round: RoundId::new(round).unwrap(),
            game: GameId::new("game").unwrap(),
            bet: bet.map(|bet| TransactionId::new(bet).unwrap()),
        },
    )
}

fn verdict(outcome: &Outcome) -> &'static str {
    outcome.verdict().map_or("none", |verdict| verdict.as_str())
}
