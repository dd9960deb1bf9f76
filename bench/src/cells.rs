//! The wallet's cells: so many bets in flight, of so many brands' players.

use std::{collections::HashMap, future::Future, sync::Arc, time::Duration};

use croupier::servers::roles::DATABASE;
use croupier_wallet::LocalWallet;
use serde::Serialize;

use crate::{
    choices::{Choices, Load},
    databases::Databases,
    floor::Floor,
    load::{Cell, Running},
    meters::{Cost, Meters},
    one_call::OneCall,
    report::{millis, or_dash, ratio},
};

/// How many wallets every floor has, however many brands they are shared out to: 1, 20 and 1 000 brands differ in
/// nothing else.
pub(crate) const WALLETS: usize = 20_000;
/// The floor of the headline, of the paced cell and of the soak.
pub(crate) const HOUSE_BRANDS: usize = 20;
/// The most in flight: what "full load" is.
pub(crate) const FULL: usize = 512;

/// What the peers did, where they ran.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Peers {
    /// pgbench's TPC-B.
    pub(crate) pgbench: Option<u64>,
    /// One stored function's call a bet.
    pub(crate) one_call: Option<OneCall>,
}

/// One cell's result.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Measured {
    /// Brands whose players bet.
    pub(crate) brands: usize,
    /// How they were chosen.
    pub(crate) load: &'static str,
    /// What was done.
    #[serde(flatten)]
    pub(crate) cell: Cell,
    /// What it cost.
    #[serde(flatten)]
    pub(crate) cost: Cost,
}

/// Floors by their number of brands.
pub(crate) type Floors = HashMap<usize, Arc<Floor>>;

/// Makes the floors that the choices need, in the database that every cell's is a copy of.
pub(crate) async fn open(databases: &Databases<'_>, brands: &[usize]) -> Floors {
    let owner = databases.owner(DATABASE).await;
    croupier::migrate::run(&owner, croupier_brand::Clock::system().now())
        .await
        .unwrap();
    let mut floors = Floors::new();
    for (letter, count) in ('a'..='z').zip(brands) {
        if floors.contains_key(count) {
            continue;
        }
        println!("  · {count} brands with {} players each", players(*count));
        let floor = Arc::new(Floor::open(&owner, letter, *count, players(*count)).await);
        floors.insert(*count, floor);
    }
    let hall = databases.hall(DATABASE).await;
    for floor in floors.values() {
        floor.fund(&hall.wallet).await;
    }
    hall.leave().await;
    sqlx::query("VACUUM ANALYZE").execute(&owner).await.unwrap();
    owner.close().await;
    floors
}

/// How many players each of so many brands has.
pub(crate) fn players(brands: usize) -> usize {
    WALLETS.div_ceil(brands)
}

/// Bets of a floor's players, for [`Running::start`].
pub(crate) fn bets(
    floor: &Arc<Floor>,
    wallet: &LocalWallet,
    load: Load,
) -> impl Fn(usize, usize) -> BoxedBet + Clone + Send + Sync + 'static {
    let (floor, wallet) = (Arc::clone(floor), wallet.clone());
    move |seat, turn| {
        let (floor, wallet) = (Arc::clone(&floor), wallet.clone());
        Box::pin(async move { floor.play(&wallet, load, seat, turn).await })
    }
}

/// A bet that is under way; whether it was taken.
pub(crate) type BoxedBet = std::pin::Pin<Box<dyn Future<Output = bool> + Send>>;

/// Runs every cell of the choices, each on a fresh copy of the database. Cells that are compared with each other
/// (one brand, a thousand) follow one another.
pub(crate) async fn run(
    databases: &Databases<'_>,
    meters: &mut Meters,
    floors: &Floors,
    choices: &Choices,
    peers: Peers,
    time: Duration,
) -> Vec<Measured> {
    let mut found = Vec::new();
    if choices.cells() > 0 {
        head();
    }
    for in_flight in &choices.in_flight {
        for load in &choices.loads {
            for brands in &choices.brands {
                let hall = databases.fresh_hall().await;
                let measured = one(meters, &floors[brands], &hall.wallet, *load, *in_flight, time).await;
                hall.tear_down(databases).await;
                row(&measured, peers);
                found.push(measured);
            }
        }
    }
    found
}

/// One cell, after a warm-up of a quarter of its time.
pub(crate) async fn one(
    meters: &mut Meters,
    floor: &Arc<Floor>,
    wallet: &LocalWallet,
    load: Load,
    in_flight: usize,
    time: Duration,
) -> Measured {
    let running = Running::start(in_flight, bets(floor, wallet, load));
    tokio::time::sleep(time / 4).await;
    let before = meters.read().await;
    let cell = running.measure(time).await;
    let cost = meters.since(before, cell.waits.count).await;
    running.stop().await;
    Measured {
        brands: floor.houses.len(),
        load: load.as_str(),
        cell,
        cost,
    }
}

/// The table's head.
pub(crate) fn head() {
    println!(
        "\n  {:>9} {:>6} {:<7} {:>8} {:>8} {:>8} {:>7} {:>7} {:>7} {:>9} {:>9} {:>6} {:>10} {:>7} {:>6} {:>7}",
        "", "", "", "", "÷", "÷", "", "", "", "CPU, %", "µs a bet", "WAL,", "trips for", "bets a", "RSS", ""
    );
    println!(
        "  {:>9} {:>6} {:<7} {:>8} {:>8} {:>8} {:>7} {:>7} {:>7} {:>9} {:>9} {:>6} {:>10} {:>7} {:>6} {:>7}",
        "in flight",
        "brands",
        "load",
        "bets/s",
        "pgbench",
        "one call",
        "p50 ms",
        "p99 ms",
        "p999 ms",
        "PG + here",
        "PG + here",
        "B/bet",
        "1000 bets",
        "batch",
        "MB",
        "refused"
    );
}

/// A line of the table.
pub(crate) fn row(measured: &Measured, peers: Peers) {
    let Measured {
        brands,
        load,
        cell,
        cost,
    } = measured;
    let one_call = peers.one_call.map(|peer| peer.against(cell.in_flight));
    println!(
        "  {:>9} {:>6} {:<7} {:>8} {:>8} {:>8} {:>7} {:>7} {:>7} {:>9} {:>9} {:>6} {:>10} {:>7} {:>6} {:>7}",
        cell.in_flight,
        brands,
        load,
        cell.tps,
        or_dash(peers.pgbench.map(|peer| ratio(cell.tps, peer))),
        or_dash(one_call.map(|peer| ratio(cell.tps, peer))),
        millis(cell.waits.p50_us),
        millis(cell.waits.p99_us),
        millis(cell.waits.p999_us),
        format!("{} + {}", cost.postgres_cpu_percent, cost.own_cpu_percent),
        format!("{} + {}", cost.postgres_us_a_bet, cost.own_us_a_bet),
        cost.wal_bytes_a_bet,
        or_dash(cost.trips_for_1000_bets.map(|trips| trips.to_string())),
        or_dash(cost.bets_in_100_batches.map(|bets| ratio(bets, 100))),
        cost.rss_kb / 1024,
        cell.refused,
    );
}
