//! Signed Hub88 bets over HTTP through the whole server: `make bench-callbacks`.
//!
//! The server is the program, in a process of its own; PostgreSQL and those who bet share its cores. Every bet is another
//! transaction of one of 20 000 players of 20 brands, signed before it is timed. pgbench's TPC-B runs first, on the
//! same server with the same settings.

mod table;
mod wire;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use croupier::{
    demo::server::Serving,
    local::LocalHouse,
    servers::{Data, Servers, ServersConfig, roles::DATABASE},
};
use croupier_game::hub88::simulator::Launch;
use serde_json::json;

use self::{table::Signed, wire::Wires};
use crate::{
    cells::{HOUSE_BRANDS, players},
    choices::{Choices, number},
    databases::Databases,
    floor::Floor,
    load::{Cell, drive, pace},
    meters::{own_ticks, ticks_of},
    pgbench,
    report::{self, fine_ratio, millis, ratio, seconds},
};

/// Bets of the first, short cell, which says how many to sign for the others.
const FIRST: usize = 60_000;
const FIRST_SECONDS: u64 = 2;

/// The house, and those who play there.
struct Table {
    host: String,
    launches: Arc<Vec<Launch>>,
    key: Vec<u8>,
    postmaster: Option<u32>,
    server: u32,
}

/// Runs it and writes the result.
pub(crate) async fn run() {
    let choices = Choices::from_env();
    let config = ServersConfig {
        progress: Arc::new(|line| println!("  · {line}")),
        postgres_settings: choices.postgres.clone(),
        ..ServersConfig::private(Data::Ephemeral)
    };
    let servers = Servers::start(config)
        .await
        .unwrap_or_else(|fault| panic!("{fault}"));
    let databases = Databases::of(&servers);
    databases.wear_in_the_log(number("BENCH_LOG_GB", 4)).await;
    let peer = if choices.peers {
        println!("  · pgbench, TPC-B, prepared, 8 and 32 clients");
        Some(pgbench::tpc_b(&databases, seconds()).await)
    } else {
        None
    };
    let house = LocalHouse {
        owner_url: servers.owner_url(),
        app_url: servers.app_url(),
        redis_url: servers.redis_url(),
        dir: servers.home().unwrap().join("house"),
    };
    std::fs::create_dir(&house.dir).unwrap();
    house.set_up().await.unwrap_or_else(|fault| panic!("{fault}"));
    println!(
        "  · {HOUSE_BRANDS} brands with {} players each, and their launches",
        players(HOUSE_BRANDS)
    );
    let launches = people(&databases).await;
    let serving = Serving::new(program(), house.clone()).unwrap();
    let server = serving.start().await.unwrap_or_else(|fault| panic!("{fault}"));
    let (provider, kid) = house.provider_key();
    let host = format!("127.0.0.1:{}", serving.port);
    let table = Table {
        host,
        launches: Arc::new(launches),
        key: std::fs::read(provider.private_path(&kid)).unwrap(),
        postmaster: servers.postgres.pid().await,
        server: server.pid(),
    };
    let found = table.measure(&choices.in_flight, peer).await;
    server.stop().await;
    report::write("callbacks", &found);
    servers.stop().await;
}

/// The program beside this one.
fn program() -> PathBuf {
    let program = std::env::current_exe().unwrap().with_file_name("croupier");
    assert!(
        program.exists(),
        "{} is not there: build it with the bench (make bench-callbacks does)",
        program.display()
    );
    program
}

async fn people(databases: &Databases<'_>) -> Vec<Launch> {
    let owner = databases.owner(DATABASE).await;
    let floor = Arc::new(Floor::open(&owner, 't', HOUSE_BRANDS, players(HOUSE_BRANDS)).await);
    let hall = databases.hall(DATABASE).await;
    floor.fund(&hall.wallet).await;
    hall.leave().await;
    let launches = table::open(&owner, &floor).await;
    sqlx::query("VACUUM ANALYZE").execute(&owner).await.unwrap();
    owner.close().await;
    databases.checkpoint().await;
    launches
}

impl Table {
    async fn measure(&self, in_flight: &[usize], peer: Option<u64>) -> serde_json::Value {
        let time = Duration::from_secs(seconds().into());
        let most = in_flight.iter().copied().max().unwrap_or(512);
        let first = Duration::from_secs(FIRST_SECONDS);
        let mut fastest = drive(most, first, self.bets(FIRST)).await.tps;
        println!(
            "\n  {:>9} {:>8} {:>9} {:>7} {:>7} {:>8} {:>28} {:>7}",
            "in flight",
            "bets/s",
            "÷ pgbench",
            "p50 ms",
            "p99 ms",
            "p999 ms",
            "µs a bet, PG + server + load",
            "refused"
        );
        let mut cells = Vec::new();
        for many in in_flight {
            let bets = self.bets(needed(fastest, time));
            let (cell, spent) = self.spent(time, drive(*many, time, bets)).await;
            println!(
                "  {:>9} {:>8} {:>9} {:>7} {:>7} {:>8} {:>28} {:>7}",
                many,
                cell.tps,
                report::or_dash(peer.map(|peer| ratio(cell.tps, peer))),
                millis(cell.waits.p50_us),
                millis(cell.waits.p99_us),
                millis(cell.waits.p999_us),
                spent.map(|us| us.to_string()).join(" + "),
                cell.refused
            );
            fastest = fastest.max(cell.tps);
            cells.push(json!({
                "cell": cell, "ratio": peer.map(|peer| fine_ratio(cell.tps, peer)),
                "us_a_bet": { "postgres": spent[0], "server": spent[1], "load": spent[2] },
            }));
        }
        let best = cells
            .iter()
            .filter_map(|cell| cell["cell"]["tps"].as_u64())
            .max()
            .unwrap_or(1);
        let half = pace(best / 2, time, self.bets(needed(best / 2, time))).await;
        println!(
            "\n  at half of {best} bets/s: {} bets/s, p50 {} ms, p99 {} ms, p999 {} ms, {} refused",
            half.tps,
            millis(half.waits.p50_us),
            millis(half.waits.p99_us),
            millis(half.waits.p999_us),
            half.refused
        );
        json!({ "pgbench_tps": peer, "seconds": seconds(), "cells": cells, "half": half })
    }

    /// A stretch's cell, and what a bet of it cost in microseconds of a core: PostgreSQL, the server, this process.
    async fn spent(&self, time: Duration, cell: impl Future<Output = Cell>) -> (Cell, [u64; 3]) {
        let processes = || {
            [
                self.postmaster.map_or(0, ticks_of),
                ticks_of(self.server),
                own_ticks(),
            ]
        };
        let (before, began) = (processes(), Instant::now());
        let cell = cell.await;
        let (after, took) = (processes(), began.elapsed());
        // The warm-up is in it, at the same rate.
        let bets = u128::from(cell.waits.count) * took.as_micros() / time.as_micros().max(1);
        let mut spent = [0; 3];
        for (at, us) in spent.iter_mut().enumerate() {
            let ticks = u128::from(after[at].saturating_sub(before[at]));
            *us = u64::try_from(ticks * 10_000 / bets.max(1)).unwrap();
        }
        (cell, spent)
    }

    /// Work for [`drive`] and [`pace`]: so many bets, each answered `RS_OK` or refused for want of a place.
    fn bets(&self, count: usize) -> impl Fn(usize, usize) -> Bet + Clone + Send + Sync + 'static {
        let signed = Arc::new(Signed::bets(&self.launches, &self.key, &self.host, count));
        // Connections that nobody used while these were signed are closed by now.
        let wires = Arc::new(Wires::to(self.host.parse().unwrap()));
        move |_, _| {
            let (signed, wires) = (Arc::clone(&signed), Arc::clone(&wires));
            Box::pin(async move {
                let answer = wires.ask(signed.next()).await.unwrap();
                let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap_or_default();
                match answer["status"].as_str() {
                    Some("RS_OK") => true,
                    Some("RS_ERROR_UNKNOWN") => false,
                    _ => panic!("a bet was answered {answer}"),
                }
            })
        }
    }
}

type Bet = std::pin::Pin<Box<dyn Future<Output = bool> + Send>>;

/// How many bets to sign: what the cell and its warm-up may take, and half as many again.
fn needed(a_second: u64, time: Duration) -> usize {
    let seconds = time.as_secs() + time.as_secs() / 4 + 1;
    usize::try_from((a_second * seconds * 3 / 2).max(10_000)).unwrap()
}
