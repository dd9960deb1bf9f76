//! Work at a fixed number in flight, counted and timed; bets above all.

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
    /// How many in flight.
    pub(crate) in_flight: usize,
    /// How many a second.
    pub(crate) tps: u64,
    /// Half of them were answered within this, in microseconds.
    pub(crate) p50_us: u64,
    /// 99 of 100.
    pub(crate) p99_us: u64,
    /// 999 of 1000.
    pub(crate) p999_us: u64,
}

/// Runs `work` in `in_flight` seats for `time`, after a warm-up of a quarter of it. `work` is given its seat and its turn,
/// and says whether what it did counts.
pub(crate) async fn drive<W, F>(in_flight: usize, time: Duration, work: W) -> Cell
where
    W: Fn(usize, usize) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = bool> + Send,
{
    let (measuring, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let seats: Vec<_> = (0..in_flight)
        .map(|seat| {
            let (work, measuring, done) = (work.clone(), Arc::clone(&measuring), Arc::clone(&done));
            tokio::spawn(async move {
                let (mut waits, mut turn) = (Vec::new(), 0_usize);
                while !done.load(Ordering::Relaxed) {
                    let asked = Instant::now();
                    let counts = work(seat, turn).await;
                    turn = turn.wrapping_add(1);
                    if counts && measuring.load(Ordering::Relaxed) && !done.load(Ordering::Relaxed) {
                        waits.push(u64::try_from(asked.elapsed().as_micros()).unwrap());
                    }
                }
                waits
            })
        })
        .collect();
    tokio::time::sleep(time / 4).await;
    measuring.store(true, Ordering::Relaxed);
    let started = Instant::now();
    tokio::time::sleep(time).await;
    done.store(true, Ordering::Relaxed);
    let took = started.elapsed();
    let mut waits = Vec::new();
    for seat in seats {
        waits.extend(seat.await.unwrap());
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

impl Floor {
    /// Bets of one cent.
    pub(crate) async fn bet(self: &Arc<Self>, in_flight: usize, time: Duration) -> Cell {
        let floor = Arc::clone(self);
        drive(in_flight, time, move |seat, turn| {
            let floor = Arc::clone(&floor);
            async move { floor.one_bet(seat, turn).await }
        })
        .await
    }

    async fn one_bet(&self, seat: usize, turn: usize) -> bool {
        // Steps that share no factor with the numbers of brands and players visit them all.
        let at = seat.wrapping_add(turn.wrapping_mul(7919));
        let (scope, players) = &self.brands[at % self.brands.len()];
        let player = players[at / self.brands.len() % players.len()];
        let round = Uuid::new_v4().to_string();
        let bet = Action::Bet {
            amount: Amount::new(1).unwrap(),
            round: RoundId::new(&round).unwrap(),
            game: GameId::new("northern-lights").unwrap(),
        };
        let command = Command::new(
            player,
            Currency::parse("EUR").unwrap(),
            Source::provider("hub88").unwrap(),
            TransactionId::new(&round).unwrap(),
            bet,
        );
        matches!(
            self.wallet.submit(scope, command).await.unwrap(),
            Outcome::Decided { .. }
        )
    }
}
