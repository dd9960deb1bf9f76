//! Full load for long: whether memory stays where it is, and how fast a full queue says so.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde::Serialize;
use tokio::task::JoinSet;

use crate::{
    cells::{FULL, Floors, HOUSE_BRANDS, bets},
    choices::Load,
    databases::{Databases, Hall},
    floor::Floor,
    latency::{Latencies, Waits},
    load::Running,
    meters::memory_kb,
    report::millis,
};

/// How often memory is looked at.
const EVERY: Duration = Duration::from_secs(10);
/// What a full queue has to say so.
const AT_ONCE: Duration = Duration::from_millis(5);
/// What is warm after this is what memory is compared with.
const WARM: Duration = Duration::from_secs(60);

/// What the soak found.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Soak {
    /// How long it ran.
    seconds: u64,
    /// Every ten seconds: bets a second, and resident memory in kilobytes.
    samples: Vec<(u64, u64)>,
    /// Memory at the end beside that after the first minute, hundredths of a per cent; negative where it shrank.
    rss_growth_in_10000: i64,
    /// What came of one player's bets, all at once.
    flood: Flood,
}

/// A player's bets beyond what queues hold.
#[derive(Clone, Copy, Debug, Serialize)]
struct Flood {
    /// How many were taken, and how long that took them.
    taken: Waits,
    /// How many were refused, and how long that took. A full queue refuses at once; what was queued and had to
    /// wait longer than a command may is refused when that time is over.
    refused: Waits,
    /// How many were refused within 5 ms.
    refused_at_once: u64,
}

/// Runs for `seconds`, then floods the wallet with `flood` bets of one player more, all at once.
pub(crate) async fn run(databases: &Databases<'_>, floors: &Floors, seconds: u64, flood: usize) -> Soak {
    let hall = databases.fresh_hall().await;
    let floor = &floors[&HOUSE_BRANDS];
    println!(
        "\n  soak: {FULL} in flight, {HOUSE_BRANDS} brands, {seconds} s\n  second    bets/s   p99 ms   RSS kB"
    );
    let running = Running::start(FULL, bets(floor, &hall.wallet, Load::Uniform));
    let started = Instant::now();
    let (mut samples, mut warm) = (Vec::new(), None);
    while started.elapsed().as_secs() < seconds {
        let left = Duration::from_secs(seconds).saturating_sub(started.elapsed());
        let cell = running.measure(EVERY.min(left)).await;
        let rss = memory_kb("VmRSS");
        if warm.is_none() || started.elapsed() <= WARM + EVERY / 2 {
            warm = Some(rss);
        }
        println!(
            "  {:>6}  {:>8}  {:>7}  {rss:>7}",
            started.elapsed().as_secs(),
            cell.tps,
            millis(cell.waits.p99_us)
        );
        samples.push((cell.tps, rss));
    }
    let (from, to) = (
        warm.unwrap_or(1).max(1),
        samples.last().map_or(1, |(_, rss)| *rss),
    );
    let growth = (i128::from(to) - i128::from(from)) * 10_000 / i128::from(from);
    println!(
        "  memory after a minute {from} kB, at the end {to} kB: {}{}.{:02} % growth",
        if growth < 0 { "-" } else { "" },
        growth.abs() / 100,
        growth.abs() % 100
    );
    let flood = flooded(floor, &hall, flood).await;
    running.stop().await;
    hall.tear_down(databases).await;
    Soak {
        seconds,
        samples,
        rss_growth_in_10000: i64::try_from(growth).unwrap_or(i64::MAX),
        flood,
    }
}

/// One player's bets, all at once, on top of the full load.
async fn flooded(floor: &Arc<Floor>, hall: &Hall, bets: usize) -> Flood {
    let (taken, refused) = (Arc::new(Latencies::default()), Arc::new(Latencies::default()));
    let at_once = Arc::new(AtomicU64::new(0));
    let mut flood = JoinSet::new();
    for _ in 0..bets {
        let (floor, wallet) = (Arc::clone(floor), hall.wallet.clone());
        let (taken, refused, at_once) = (Arc::clone(&taken), Arc::clone(&refused), Arc::clone(&at_once));
        flood.spawn(async move {
            let (scope, players) = &floor.houses[0];
            let asked = Instant::now();
            let done = floor.bet_of(&wallet, scope, players[0]).await;
            let took = asked.elapsed();
            if done { &taken } else { &refused }.record(took);
            if !done && took <= AT_ONCE {
                at_once.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    while let Some(bet) = flood.join_next().await {
        bet.unwrap();
    }
    let flood = Flood {
        taken: taken.take(),
        refused: refused.take(),
        refused_at_once: at_once.load(Ordering::Relaxed),
    };
    let Flood { taken, refused, .. } = flood;
    println!(
        "  flood: {bets} bets of one player at once on top: {} taken (p50 {} ms, p99 {} ms), {} refused (p50 {} ms, p99 {} ms, longest {} ms; {} within 5 ms)",
        taken.count,
        millis(taken.p50_us),
        millis(taken.p99_us),
        refused.count,
        millis(refused.p50_us),
        millis(refused.p99_us),
        millis(refused.max_us),
        flood.refused_at_once
    );
    flood
}
