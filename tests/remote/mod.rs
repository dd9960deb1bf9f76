//! The wallet in another process: what crosses, what is lost on the way, and who may ask.

mod answers;
mod away;
mod callers;
mod killed;

use std::{net::SocketAddr, sync::Arc};

use croupier::{
    config::{Caller, Config},
    runtime::Role,
};
use croupier_brand::{
    BrandScope, Clock, Currency, global,
    http::call::ServiceCaller,
    signature::{BrandSigner, Secret},
    token::PlayerId,
};
use croupier_wallet::{
    Action, Amount, Balance, Command, GameId, Outcome, Payment, Receipt, RemoteWallet, RoundId, Source,
    TransactionId, Verdict, Wallet, WalletLimits,
};

use crate::{
    harness::{Composition, Guest, House},
    split::signer_of,
};

/// A house of roles apart, in which the wallet is asked as the game role asks it.
pub(super) struct Apart {
    pub(super) house: House,
    /// Aurora's, and Bonanza's.
    pub(super) scopes: [BrandScope; 2],
    /// Aurora's player, with 100.00.
    pub(super) alice: Guest,
}

impl Apart {
    pub(super) async fn open() -> Self {
        Self::with(|_| {}).await
    }

    pub(super) async fn with(change: impl Fn(&mut Config)) -> Self {
        let house = House::composed(Composition::Apart, change).await;
        let alice = house.guest(&house.aurora, "alice").await;
        let apart = Self {
            scopes: scopes_of(&house).await,
            alice,
            house,
        };
        let wallet = apart.wallet(apart.house.service(Role::Wallet));
        let float = apart.deposit("float", 10_000);
        applied(wallet.submit(apart.aurora(), float).await.unwrap());
        apart
    }

    pub(super) fn aurora(&self) -> &BrandScope {
        &self.scopes[0]
    }

    pub(super) fn player(&self) -> PlayerId {
        player(&self.alice)
    }

    /// The wallet behind an address, as the game role calls it.
    pub(super) fn wallet(&self, at: SocketAddr) -> RemoteWallet {
        self.wallet_within(at, WalletLimits::default())
    }

    pub(super) fn wallet_within(&self, at: SocketAddr, limits: WalletLimits) -> RemoteWallet {
        wallet_at(at, game(&self.house), limits)
    }

    pub(super) fn command(&self, transaction: &str, action: Action) -> Command {
        command(self.player(), transaction, action)
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
        self.command(
            transaction,
            Action::Bet {
                amount: Amount::new(minor).unwrap(),
                round: RoundId::new("round").unwrap(),
                game: GameId::new("game").unwrap(),
            },
        )
    }
}

pub(super) async fn scopes_of(house: &House) -> [BrandScope; 2] {
    let (pool, clock) = (house.owners_pool(2).await, Clock::system());
    let mut scopes = Vec::new();
    for brand in global::all_brands(&house.owner).await.unwrap() {
        let scope = BrandScope::for_operator(&pool, Arc::new(brand), "test", "ask the wallet", &clock);
        scopes.push(scope.await.unwrap());
    }
    scopes.try_into().unwrap()
}

pub(super) fn wallet_at(at: SocketAddr, signer: BrandSigner, limits: WalletLimits) -> RemoteWallet {
    let service = ServiceCaller::new(at.to_string().parse().unwrap(), signer);
    RemoteWallet::new(service, limits, Clock::system())
}

/// Signs as the game role does.
pub(super) fn game(house: &House) -> BrandSigner {
    let token: &Secret = &house.config.service_tokens[&Caller::Game];
    signer_of(house, "game", None, Some(token.expose()), Clock::system())
}

pub(super) fn player(guest: &Guest) -> PlayerId {
    PlayerId(guest.id.parse().unwrap())
}

pub(super) fn command(player: PlayerId, transaction: &str, action: Action) -> Command {
    let (currency, source) = (Currency::parse("EUR").unwrap(), Source::provider("test").unwrap());
    Command::new(
        player,
        currency,
        source,
        TransactionId::new(transaction).unwrap(),
        action,
    )
}

pub(super) fn applied(outcome: Outcome) -> Receipt {
    match outcome {
        Outcome::Decided(Verdict::Applied(receipt)) => receipt,
        other => panic!("{other:?}"),
    }
}

pub(super) async fn balance(wallet: &dyn Wallet, scope: &BrandScope, player: PlayerId) -> Balance {
    wallet
        .balance(scope, player, scope.currency())
        .await
        .unwrap()
        .balance()
}
