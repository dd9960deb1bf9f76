//! Bets at a fixed number in flight, counted and timed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use croupier_brand::{BrandScope, Currency, token::PlayerId};
use croupier_wallet::{
    Action, Amount, Command, GameId, LocalWallet, Outcome, RoundId, Source, TransactionId, Wallet,
};
use serde::Serialize;
use uuid::Uuid;

/// Who bets: players of brands, all with money.
pub(crate) struct Floor {
    /// A scope and its players, for each brand.
    pub(crate) brands: Vec<(BrandScope, Vec<PlayerId>)>,
    /// The wallet.
    pub(crate) wallet: LocalWallet,
}

/// What a cell of the bench measured.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Cell {
    /// Bets in flight.
    pub(crate) in_flight: usize,
    /// Bets taken per second.
    pub(crate) tps: u64,
    /// Half of the bets were answered within this, in microseconds.
    pub(crate) p50_us: u64,
    /// 99 of 100.
    pub(crate) p99_us: u64,
    /// 999 of 1000.
    pub(crate) p999_us: u64,
}

impl Floor {
    /// Bets of one cent for `time`, after a warm-up of a quarter of it.
    pub(crate) async fn bet(self: &Arc<Self>, in_flight: usize, time: Duration) -> Cell {
        let (measuring, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let bettors: Vec<_> = (0..in_flight)
            .map(|seat| {
                let (floor, measuring, done) = (Arc::clone(self), Arc::clone(&measuring), Arc::clone(&done));
                tokio::spawn(async move { floor.sit(seat, &measuring, &done).await })
            })
            .collect();
        tokio::time::sleep(time / 4).await;
        measuring.store(true, Ordering::Relaxed);
        let started = Instant::now();
        tokio::time::sleep(time).await;
        done.store(true, Ordering::Relaxed);
        let took = started.elapsed();
        let mut waits = Vec::new();
        for bettor in bettors {
            waits.extend(bettor.await.unwrap());
        }
        waits.sort_unstable();
        let at = |per_mille: usize| {
            waits
                .get(waits.len().saturating_mul(per_mille) / 1000)
                .or(waits.last())
                .copied()
                .unwrap_or(0)
        };
        let tps = waits.len() as u128 * 1_000_000 / took.as_micros().max(1);
        Cell {
            in_flight,
            tps: u64::try_from(tps).unwrap(),
            p50_us: at(500),
            p99_us: at(990),
            p999_us: at(999),
        }
    }

    async fn sit(&self, seat: usize, measuring: &AtomicBool, done: &AtomicBool) -> Vec<u64> {
        let (currency, source) = (
            Currency::parse("EUR").unwrap(),
            Source::provider("hub88").unwrap(),
        );
        let game = GameId::new("northern-lights").unwrap();
        let mut waits = Vec::new();
        let mut turn = seat;
        while !done.load(Ordering::Relaxed) {
            // Steps that share no factor with the numbers of brands and players visit them all.
            turn = turn.wrapping_add(7919);
            let (scope, players) = &self.brands[turn % self.brands.len()];
            let player = players[turn / self.brands.len() % players.len()];
            let round = Uuid::new_v4().to_string();
            let bet = Action::Bet {
                amount: Amount::new(1).unwrap(),
                round: RoundId::new(&round).unwrap(),
                game: game.clone(),
            };
            let command = Command::new(
                player,
                currency,
                source.clone(),
                TransactionId::new(&round).unwrap(),
                bet,
            );
            let asked = Instant::now();
            match self.wallet.submit(scope, command).await.unwrap() {
                Outcome::Decided { .. }
                    if measuring.load(Ordering::Relaxed) && !done.load(Ordering::Relaxed) =>
                {
                    waits.push(u64::try_from(asked.elapsed().as_micros()).unwrap());
                }
                _ => {}
            }
        }
        waits
    }
}
