//! A wallet before which something happens.

use croupier_brand::{BrandScope, Currency, token::PlayerId};
use croupier_wallet::{
    Command, Holdings, LocalWallet, Outcome, Wallet,
    page::{Cursor, Page, PageLimit},
    service::WalletFuture,
};

type Before =
    dyn for<'a> Fn(&'a LocalWallet, &'a BrandScope) -> WalletFuture<'a, Option<Outcome>> + Send + Sync;

/// A wallet that has something done before each single command; where that gives an outcome it is the answer.
pub struct Interposed {
    wallet: LocalWallet,
    before: Box<Before>,
}

impl Interposed {
    pub fn new(
        wallet: LocalWallet,
        before: impl for<'a> Fn(&'a LocalWallet, &'a BrandScope) -> WalletFuture<'a, Option<Outcome>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self {
            wallet,
            before: Box::new(before),
        }
    }
}

impl Wallet for Interposed {
    fn submit<'a>(&'a self, scope: &'a BrandScope, command: Command) -> WalletFuture<'a, Outcome> {
        Box::pin(async move {
            match (self.before)(&self.wallet, scope).await? {
                Some(outcome) => Ok(outcome),
                None => self.wallet.submit(scope, command).await,
            }
        })
    }

    fn submit_group<'a>(
        &'a self,
        scope: &'a BrandScope,
        commands: Vec<Command>,
    ) -> WalletFuture<'a, Vec<Outcome>> {
        self.wallet.submit_group(scope, commands)
    }

    fn largest_group(&self) -> usize {
        self.wallet.largest_group()
    }

    fn recall<'a>(
        &'a self,
        scope: &'a BrandScope,
        command: &'a Command,
    ) -> WalletFuture<'a, Option<Outcome>> {
        self.wallet.recall(scope, command)
    }

    fn balance<'a>(
        &'a self,
        scope: &'a BrandScope,
        player: PlayerId,
        currency: Currency,
    ) -> WalletFuture<'a, Holdings> {
        self.wallet.balance(scope, player, currency)
    }

    fn entries<'a>(
        &'a self,
        scope: &'a BrandScope,
        player: PlayerId,
        currency: Currency,
        after: Option<Cursor>,
        limit: PageLimit,
    ) -> WalletFuture<'a, Page> {
        self.wallet.entries(scope, player, currency, after, limit)
    }
}
