//! What an operator does to this machine's own house, as `croupier player`, `brand`, `launch`, `game`, `bonus` and
//! `wallet policy` do it: audited, over the owner's connection; money under the application's role.

use std::{error::Error, sync::Arc, time::Duration};

use croupier_brand::{BrandStatus, Currency, redis_link::RedisLink, token::Revocations};
use croupier_game::{
    catalogue::GameId,
    launches::{self, Whose},
    offers::{self, Turned},
};
use croupier_player::{AccountName, PlayerStanding, PlayerStatus};
use croupier_wallet::{
    Action, Amount, Command, GrantKind, LocalWallet, Source, TransactionId, Verdict, Wallet, WalletLimits,
    documents, topology::Topology,
};
use serde_json::json;

use crate::{
    config::DatabaseConfig,
    demo::client::Casino,
    desk::{self, Desk},
    provision,
    till::Till,
};

/// Who the audit trail says did it.
const OPERATOR: &str = "conformance";
/// The largest bet where the brand has none, minor units: more than any player of a run has.
const LARGEST: i64 = 500_000;
/// By when every process has seen that a brand was opened or closed (`croupier brand status`).
const SEEN_BY_ALL: Duration = Duration::from_secs(1);
/// How often, that long apart, it is looked whether a brand's doors are as they should be.
const LOOKS: (usize, Duration) = (100, Duration::from_millis(50));

type Done<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The office of one brand.
pub(super) struct Office {
    desk: Desk,
}

impl Office {
    /// Opens it and writes down what it is opened for.
    pub(super) async fn open(owner_url: &str, code: &str, action: &str) -> Done<Self> {
        let owner = desk::connect(owner_url).await;
        let owner = owner.map_err(|why| format!("the database cannot be reached as its owner: {why}"))?;
        let desk = Desk::open(owner, code, OPERATOR, action).await?;
        Ok(Self { desk })
    }

    /// Ends all launches of a player.
    pub(super) async fn end_launches(self, account: &str) -> Done<()> {
        let desk = self.desk;
        let whose = Whose {
            player: Some(desk.player(account).await?.id),
            game: None,
        };
        launches::end(&desk.pool, &desk.scope, &whose, desk.clock.now()).await?;
        desk.close().await;
        Ok(())
    }

    /// Puts a game on at the brand, or takes it off there.
    pub(super) async fn turn_game(self, game: &str, on: bool) -> Done<()> {
        let desk = self.desk;
        let game = GameId::parse(game).ok_or("the provider's game has no id")?;
        match offers::turn(&desk.pool, &desk.scope, &game, on).await? {
            Turned::Changed | Turned::AsItWas => desk.close().await,
            Turned::NoSuchGame => return Err(desk.no_game(&game).into()),
        }
        Ok(())
    }

    /// Gives a player bonus money, which has to be staked once.
    pub(super) async fn grant(self, account: &str, minor: i64, database: &DatabaseConfig) -> Done<()> {
        let desk = self.desk;
        let (player, amount) = (desk.player(account).await?.id, Amount::new(minor)?);
        let grant = Action::Grant {
            kind: GrantKind::Bonus,
            amount,
            bucket: None,
            wager: amount,
            convert_cap: None,
            expires_at: None,
        };
        let key = TransactionId::new(&desk.clock.new_id().to_string())?;
        let command = Command::new(player, desk.scope.currency(), Source::operator(), key, grant);
        let limits = WalletLimits::default();
        let till = Till::open(database, limits, &desk.directory, desk.clock.clone()).await?;
        let outcome = till.decide(&desk.scope, command).await;
        till.close().await;
        desk.close().await;
        match outcome?.verdict() {
            Some(Verdict::Applied(_)) => Ok(()),
            other => Err(format!("the wallet decided otherwise: {other:?}").into()),
        }
    }

    /// What each bucket of a player's wallet has to use, minor units.
    pub(super) async fn buckets(self, account: &str) -> Done<Vec<i64>> {
        let desk = self.desk;
        let player = desk.player(account).await?.id;
        let wallet = LocalWallet::new(desk.pool.clone(), desk.clock.clone(), WalletLimits::default());
        let holdings = wallet.balance(&desk.scope, player, desk.scope.currency()).await;
        wallet.drain().await;
        desk.close().await;
        Ok(holdings?.buckets.iter().map(|bucket| bucket.available).collect())
    }

    /// Blocks a player.
    pub(super) async fn block(self, account: &str, redis_url: &str) -> Done<()> {
        let desk = self.desk;
        let redis = RedisLink::new(redis_url).map_err(|_| "redis_url is not a Redis URL")?;
        let revocations = Revocations::new(desk.pool.clone(), redis, desk.clock.clone());
        let name = AccountName::parse(account).map_err(|fault| fault.to_string())?;
        PlayerStanding::new(desk.pool.clone(), revocations, desk.clock.clone())
            .change(&desk.scope, &name, PlayerStatus::Blocked)
            .await?
            .map_err(|refusal| refusal.to_string())?;
        desk.close().await;
        Ok(())
    }

    /// Opens or closes the brand, and waits until every process has seen it.
    pub(super) async fn set_open(self, open: bool, casino: &Casino) -> Done<()> {
        let desk = self.desk;
        let status = if open {
            BrandStatus::Active
        } else {
            BrandStatus::Maintenance
        };
        provision::set_status(&desk.owner, desk.scope.code(), status, OPERATOR, &desk.clock).await?;
        desk.close().await;
        let (times, apart) = LOOKS;
        for _ in 0..times {
            if casino.get("/api/v1/brand", None).await?.status.is_success() == open {
                tokio::time::sleep(SEEN_BY_ALL).await;
                return Ok(());
            }
            tokio::time::sleep(apart).await;
        }
        Err("its doors are not as they should be".into())
    }

    /// The document that the brand plays by.
    pub(super) async fn document(&self) -> Done<Arc<Topology>> {
        let (_, newest) = documents::newest(&self.desk.pool, &self.desk.scope).await?;
        Ok(newest)
    }

    /// The brand plays by this document from now on.
    pub(super) async fn adopt(self, topology: &Topology) -> Done<()> {
        let desk = self.desk;
        let wallet = LocalWallet::new(desk.pool.clone(), desk.clock.clone(), WalletLimits::default());
        wallet.adopt_topology(&desk.scope, topology).await?;
        desk.close().await;
        Ok(())
    }
}

/// A document's largest bet, minor units; where it has none, the document with one.
pub(super) fn largest_bet(document: &Topology, currency: Currency) -> Done<(i64, Option<Topology>)> {
    let mut changed = serde_json::to_value(document)?;
    let limits = &changed["limits"][currency.code()];
    if let Some(largest) = limits["max_bet"].as_i64() {
        return Ok((largest, None));
    }
    let largest = limits["max_bet_with_bonus"].as_i64().unwrap_or(0).max(LARGEST);
    changed["limits"][currency.code()]["max_bet"] = json!(largest);
    Ok((largest, Some(Topology::parse(&changed.to_string())?)))
}
