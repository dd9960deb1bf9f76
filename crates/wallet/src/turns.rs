//! Whose turn it is at a wallet.
//!
//! A wallet's commands wait here, in memory, not at its row's lock with a connection in hand. Otherwise one
//! player's many commands would hold every connection there is, and others would wait for that player.
//! Only commands of the same wallet wait for one another: no two wallets, let alone two brands', share a turn.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::OwnedMutexGuard;

use crate::engine::books::AccountKey;

/// A wallet's turn, and how many want it.
type Turn = Arc<tokio::sync::Mutex<()>>;

/// The turns at the wallets that somebody is at. There are no more of them than commands under way.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<HashMap<AccountKey, Turn>>);

/// A wallet to oneself, until dropped.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    turns: &'a Turns,
    account: AccountKey,
    /// Taken out by `drop` alone.
    turn: Option<Turn>,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits until no other command is at the wallet. Who came first goes first.
    pub(crate) async fn take(&self, account: AccountKey) -> Held<'_> {
        let turn = Arc::clone(
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(account)
                .or_default(),
        );
        // Before the wait: who gives up waiting leaves nothing behind either.
        let mut held = Held {
            turns: self,
            account,
            turn: Some(Arc::clone(&turn)),
            guard: None,
        };
        held.guard = Some(turn.lock_owned().await);
        held
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.guard = None;
        let mut turns = self.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        self.turn = None;
        // The map's own is the last one. Nobody gets another while the map is locked.
        if turns
            .get(&self.account)
            .is_some_and(|turn| Arc::strong_count(turn) == 1)
        {
            turns.remove(&self.account);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use croupier_brand::{BrandId, Currency, token::PlayerId};
    use futures_util::FutureExt;
    use uuid::Uuid;

    use super::*;

    fn wallet(brand: i64, player: u128) -> AccountKey {
        AccountKey {
            brand: BrandId::new(brand).unwrap(),
            player: PlayerId(Uuid::from_u128(player)),
            currency: Currency::parse("EUR").unwrap(),
        }
    }

    #[test]
    fn iso_59_only_one_wallets_commands_wait_for_one_another() {
        let turns = Turns::default();
        let first = turns.take(wallet(1, 7)).now_or_never().unwrap();
        let mut second = Box::pin(turns.take(wallet(1, 7)));
        assert!((&mut second).now_or_never().is_none());
        // The same player's number at another brand, and ever so many others: as many as any table of locks.
        let others: Vec<_> = std::iter::once(wallet(2, 7))
            .chain((0..5_000).map(|player| wallet(1 + (player % 3) as i64, 1_000 + player)))
            .map(|wallet| turns.take(wallet).now_or_never().unwrap())
            .collect();
        drop(others);
        drop(first);
        let second = second.now_or_never().unwrap();
        assert_eq!(turns.0.lock().unwrap().len(), 1);
        drop(second);
        assert!(turns.0.lock().unwrap().is_empty(), "nothing is kept");
    }

    #[test]
    fn who_gives_up_leaves_nothing_behind() {
        let turns = Turns::default();
        let held = turns.take(wallet(1, 7)).now_or_never().unwrap();
        let mut gives_up = Box::pin(turns.take(wallet(1, 7)));
        assert!((&mut gives_up).now_or_never().is_none());
        drop(gives_up);
        drop(held);
        assert!(turns.0.lock().unwrap().is_empty());
    }
}
