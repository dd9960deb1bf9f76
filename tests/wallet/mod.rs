//! The wallet over real PostgreSQL, as the application's role: what only a database can get wrong.

mod batches;
mod faults;
mod groups;
mod interposed;
mod memory;
mod noticed;
mod races;
mod rules;
mod rules_of_play;
mod young;

use std::sync::Arc;

use croupier_brand::{BrandScope, Clock, global, token::PlayerId};
use croupier_wallet::{
    Action, Amount, Balance, Command, GameId, LocalWallet, Outcome, Payment, RoundId, Source, TransactionId,
    Verdict, Wallet, WalletLimits,
};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use tokio::task::JoinSet;
use uuid::Uuid;

pub use self::interposed::Interposed;
use crate::harness::House;

/// A house with its wallet in our hands, and one player with 100.00.
pub(super) struct Till {
    pub(super) house: House,
    pub(super) wallet: LocalWallet,
    pub(super) scope: BrandScope,
    pub(super) player: PlayerId,
}

impl Till {
    pub(super) async fn open() -> Self {
        Self::with(WalletLimits::default()).await
    }

    pub(super) async fn with(limits: WalletLimits) -> Self {
        let till = Self::on(House::open().await, limits).await;
        till.applied(till.deposit("float", 10_000)).await;
        till
    }

    /// The same over a house that is there, with nothing in the wallet.
    pub(super) async fn on(house: House, limits: WalletLimits) -> Self {
        let guest = house.guest(&house.aurora, "anna").await;
        Self::of(house, player(&guest.id), limits).await
    }

    /// The same for a player who is there.
    pub(super) async fn again(house: House, player: PlayerId) -> Self {
        Self::of(house, player, WalletLimits::default()).await
    }

    async fn of(house: House, player: PlayerId, limits: WalletLimits) -> Self {
        let pool = house.brand_pool(32).await;
        let brand = Arc::new(global::all_brands(&house.owner).await.unwrap().remove(0));
        let scope = BrandScope::for_operator(
            &house.owners_pool(1).await,
            brand,
            "test",
            "try the wallet",
            &Clock::system(),
        )
        .await
        .unwrap();
        let wallet = LocalWallet::new(pool, Clock::system(), limits);
        Self {
            wallet,
            scope,
            player,
            house,
        }
    }

    /// The same wallet in a process that has just begun.
    pub(super) async fn another_process(&self) -> LocalWallet {
        let pool = self.house.brand_pool(4).await;
        LocalWallet::new(pool, Clock::system(), WalletLimits::default())
    }

    /// A connection of the application's that sees the brand's rows.
    pub(super) async fn app(&self) -> PgConnection {
        let mut app = PgConnection::connect(&self.house.local.app_url).await.unwrap();
        let see = format!("SET croupier.brand_ids = ',{},'", self.scope.id());
        app.execute(AssertSqlSafe(see)).await.unwrap();
        app
    }

    pub(super) async fn other(&self, account: &str) -> PlayerId {
        player(&self.house.guest(&self.house.aurora, account).await.id)
    }

    pub(super) fn command(&self, transaction: &str, action: Action) -> Command {
        let source = Source::provider("test").unwrap();
        Command::new(
            self.player,
            self.scope.currency(),
            source,
            TransactionId::new(transaction).unwrap(),
            action,
        )
    }

    pub(super) fn deposit(&self, transaction: &str, minor: i64) -> Command {
        self.command(
            transaction,
            Action::Deposit {
                amount: Amount::new(minor).unwrap(),
                payment: Payment::Approved,
            },
        )
    }

    pub(super) fn bet(&self, transaction: &str, minor: i64) -> Command {
        let (round, game) = (RoundId::new("round").unwrap(), GameId::new("game").unwrap());
        self.command(
            transaction,
            Action::Bet {
                amount: Amount::new(minor).unwrap(),
                round,
                game,
            },
        )
    }

    pub(super) fn win(&self, transaction: &str, minor: i64, bet: &str) -> Command {
        let (round, game) = (RoundId::new("round").unwrap(), GameId::new("game").unwrap());
        let bet = Some(TransactionId::new(bet).unwrap());
        self.command(
            transaction,
            Action::Settle {
                amount: Amount::new(minor).unwrap(),
                round,
                game,
                bet,
            },
        )
    }

    pub(super) fn rollback(&self, transaction: &str, of: &str) -> Command {
        self.command(
            transaction,
            Action::Rollback {
                of: TransactionId::new(of).unwrap(),
                round: None,
                game: None,
                amount: None,
            },
        )
    }

    pub(super) fn hold(&self, transaction: &str, minor: i64) -> Command {
        self.command(
            transaction,
            Action::WithdrawHold {
                amount: Amount::new(minor).unwrap(),
            },
        )
    }

    pub(super) async fn submit(&self, command: Command) -> Outcome {
        self.wallet.submit(&self.scope, command).await.unwrap()
    }

    pub(super) async fn applied(&self, command: Command) -> Uuid {
        match self.submit(command).await {
            Outcome::Decided(Verdict::Applied(receipt)) => receipt.entry.0,
            other => panic!("{other:?}"),
        }
    }

    /// All of them at once, each on a task of its own.
    pub(super) async fn together(&self, commands: impl IntoIterator<Item = Command>) -> Vec<Outcome> {
        let mut tasks = JoinSet::new();
        for command in commands {
            let (wallet, scope) = (self.wallet.clone(), self.scope.clone());
            tasks.spawn(async move { wallet.submit(&scope, command).await.unwrap() });
        }
        tasks.join_all().await
    }

    pub(super) async fn balance(&self) -> Balance {
        self.wallet
            .balance(&self.scope, self.player, self.scope.currency())
            .await
            .unwrap()
            .balance()
    }

    pub(super) async fn count(&self, from: &str) -> i64 {
        let mut owner = self.house.owner.acquire().await.unwrap();
        owner
            .execute(AssertSqlSafe(format!(
                "SELECT set_config('croupier.brand_ids', ',{},', false)",
                self.scope.id()
            )))
            .await
            .unwrap();
        sqlx::query(AssertSqlSafe(format!("SELECT count(*) AS n FROM {from}")))
            .fetch_one(&mut *owner)
            .await
            .unwrap()
            .get("n")
    }
}

pub(super) fn player(id: &str) -> PlayerId {
    PlayerId(id.parse().unwrap())
}

pub(super) fn available(minor: i64) -> Balance {
    Balance {
        available: minor,
        held: 0,
        stakeable: minor,
    }
}
