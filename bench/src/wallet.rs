//! The wallet's bench: the peers first, then Croupier, all on one server.

use std::{sync::Arc, time::Duration};

use croupier::{
    config::{LogConfig, LogFormat},
    servers::{Data, Servers, ServersConfig},
};
use serde_json::{Value, json};

use crate::{
    cells::{self, FULL, Floors, HOUSE_BRANDS, Measured, Peers},
    choices::{Choices, Load},
    databases::Databases,
    half, large,
    meters::{Meters, memory_kb},
    one_call, pgbench,
    report::{self, fine_ratio, seconds},
    soak,
};

/// How often the metrics' memory is tidied.
const UPKEEP: Duration = Duration::from_secs(5);

/// Settings that a reader of the figures wants to know.
const SETTINGS: [&str; 9] = [
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_level",
    "shared_buffers",
    "min_wal_size",
    "max_wal_size",
    "max_connections",
];

/// Runs what was chosen and writes the result.
pub(crate) async fn run() {
    let choices = Choices::from_env();
    let log = LogConfig {
        format: LogFormat::Pretty,
        filter: choices.log.clone(),
    };
    croupier::telemetry::start_log(&log).unwrap_or_else(|fault| panic!("BENCH_LOG: {fault}"));
    let config = ServersConfig {
        progress: Arc::new(|line| println!("  · {line}")),
        postgres_settings: choices.postgres.clone(),
        ..ServersConfig::private(Data::Ephemeral)
    };
    let servers = Servers::start(config)
        .await
        .unwrap_or_else(|fault| panic!("{fault}"));
    // As `croupier serve` does: what histograms were told waits in memory until then.
    tokio::spawn(async {
        let mut beat = tokio::time::interval(UPKEEP);
        loop {
            beat.tick().await;
            croupier::telemetry::metrics().run_upkeep();
        }
    });
    let databases = Databases::of(&servers);
    let mut meters = Meters::new(servers.postgres.pid().await, &servers.superuser_url()).await;
    let mut report = Found {
        choices,
        settings: serde_json::Map::new(),
        peers: Peers::default(),
        cells: Vec::new(),
        others: serde_json::Map::new(),
    };
    for name in SETTINGS {
        report
            .settings
            .insert(name.to_owned(), meters.setting(name).await.into());
    }
    println!("  · {} cores; {}", meters.cores(), described(&report.settings));
    report.run(&databases, &mut meters).await;
    report.others.insert("cores".to_owned(), json!(meters.cores()));
    report::write("wallet", &report.json());
    servers.stop().await;
}

fn described(settings: &serde_json::Map<String, Value>) -> String {
    let each = settings
        .iter()
        .map(|(name, value)| format!("{name} {}", value.as_str().unwrap_or_default()));
    each.collect::<Vec<_>>().join(", ")
}

/// What was found so far.
struct Found {
    choices: Choices,
    settings: serde_json::Map<String, Value>,
    peers: Peers,
    cells: Vec<Measured>,
    others: serde_json::Map<String, Value>,
}

impl Found {
    async fn run(&mut self, databases: &Databases<'_>, meters: &mut Meters) {
        let time = Duration::from_secs(seconds().into());
        let worn_in = crate::choices::number("BENCH_LOG_GB", 4);
        if worn_in > 0 {
            println!("  · {worn_in} GB of log, so that its files are there");
            databases.wear_in_the_log(worn_in).await;
        }
        if self.choices.peers {
            println!("  · pgbench, TPC-B, prepared, 8 and 32 clients");
            let pgbench = pgbench::tpc_b(databases, seconds()).await;
            println!("  · one stored function's call a bet, 1, 8 and 32 clients");
            let one_call =
                one_call::run(databases, HOUSE_BRANDS, cells::players(HOUSE_BRANDS), seconds()).await;
            println!(
                "\n  pgbench TPC-B {pgbench} transactions/s; one call a bet {}, {} and {} bets/s at 1, 8 and 32 clients\n  the stored function's rows in sets of 256, by SQL alone: {} bets/s; no peer, but what this server can take\n",
                one_call.at_1, one_call.at_8, one_call.at_32, one_call.in_sets
            );
            self.peers = Peers {
                pgbench: Some(pgbench),
                one_call: Some(one_call),
            };
        }
        let cells = self.choices.cells();
        let mut brands = if cells == 0 {
            Vec::new()
        } else {
            self.choices.brands.clone()
        };
        let others = self.choices.half || self.choices.soak.is_some() || self.choices.large.is_some();
        if others && !brands.contains(&HOUSE_BRANDS) {
            brands.push(HOUSE_BRANDS);
        }
        let floors = cells::open(databases, &brands).await;
        println!("  · {cells} cells of {} s", seconds());
        self.cells = cells::run(databases, meters, &floors, &self.choices, self.peers, time).await;
        self.other_stages(databases, meters, &floors, time).await;
        let peak = memory_kb("VmHWM");
        println!("  this process's memory at its most: {} MB", peak / 1024);
        self.others.insert("peak_rss_kb".to_owned(), peak.into());
    }

    async fn other_stages(
        &mut self,
        databases: &Databases<'_>,
        meters: &mut Meters,
        floors: &Floors,
        time: Duration,
    ) {
        if self.choices.half {
            let maximum = match self.maximum() {
                Some(measured) => measured,
                None => {
                    let hall = databases.fresh_hall().await;
                    let floor = &floors[&HOUSE_BRANDS];
                    let cell = cells::one(meters, floor, &hall.wallet, Load::Uniform, FULL, time).await;
                    hall.tear_down(databases).await;
                    cells::head();
                    cells::row(&cell, self.peers);
                    cell.cell.tps
                }
            };
            let half = half::run(databases, floors, maximum, time).await;
            self.others.insert(
                "p99_ms_at_half".to_owned(),
                fine_ratio(half.cell.waits.p99_us, 1000).into(),
            );
            self.others.insert("half".to_owned(), json!(half));
        }
        if let Some(wallets) = self.choices.large {
            let large = large::run(databases, meters, floors, wallets, self.peers, time).await;
            self.others.insert("large".to_owned(), json!(large));
        }
        if let Some(seconds) = self.choices.soak {
            let soak = soak::run(databases, floors, seconds, self.choices.flood).await;
            self.others.insert("soak".to_owned(), json!(soak));
        }
    }

    /// The cell of so many in flight and brands, their players all alike.
    fn tps(&self, in_flight: usize, brands: usize) -> Option<u64> {
        let cell = self.cells.iter().find(|measured| {
            measured.cell.in_flight == in_flight
                && measured.brands == brands
                && measured.load == Load::Uniform.as_str()
        });
        cell.map(|measured| measured.cell.tps)
    }

    /// The most that the house's brands did.
    fn maximum(&self) -> Option<u64> {
        let cells = self
            .cells
            .iter()
            .filter(|measured| measured.brands == HOUSE_BRANDS && measured.load == Load::Uniform.as_str());
        cells.map(|measured| measured.cell.tps).max()
    }

    /// The worse of 1 and 8 in flight, each beside the stored function at as many clients.
    fn low_in_flight(&self) -> Option<serde_json::Number> {
        let one_call = self.peers.one_call?;
        let (one, eight) = (self.tps(1, HOUSE_BRANDS)?, self.tps(8, HOUSE_BRANDS)?);
        let of_one = u128::from(one) * u128::from(one_call.at_8);
        let of_eight = u128::from(eight) * u128::from(one_call.at_1);
        Some(if of_one <= of_eight {
            fine_ratio(one, one_call.at_1)
        } else {
            fine_ratio(eight, one_call.at_8)
        })
    }

    /// What was not measured is null.
    fn json(&self) -> Value {
        let croupier = self.tps(FULL, HOUSE_BRANDS);
        let pgbench = self.peers.pgbench;
        let one_call = self.peers.one_call.map(|peer| peer.best());
        let ratio = |a: Option<u64>, b: Option<u64>| Some(fine_ratio(a?, b?));
        let many = ratio(self.tps(FULL, 1_000), self.tps(FULL, 1));
        let verdicts = [
            ("÷ pgbench at 512 in flight, 20 brands", ratio(croupier, pgbench)),
            (
                "÷ one call at 512 in flight, 20 brands",
                ratio(croupier, one_call),
            ),
            (
                "÷ the same rows in sets by SQL alone",
                ratio(croupier, self.peers.one_call.map(|peer| peer.in_sets)),
            ),
            ("1 000 brands ÷ 1 brand at 512 in flight", many.clone()),
            ("÷ one call, the worse of 1 and 8 in flight", self.low_in_flight()),
        ];
        println!();
        for (what, ratio) in verdicts {
            println!(
                "  {what:<44} {}",
                report::or_dash(ratio.map(|ratio| ratio.to_string()))
            );
        }
        let mut json = json!({
            "pgbench_tps": pgbench,
            "one_call_tps": one_call,
            "croupier_tps": croupier,
            "ratio_vs_pgbench": ratio(croupier, pgbench),
            "ratio_vs_one_call": ratio(croupier, one_call),
            "many_brands_ratio": many,
            "low_inflight_ratio": self.low_in_flight(),
            "p99_ms_at_half": null,
            "sql_in_sets_tps": self.peers.one_call.map(|peer| peer.in_sets),
            "ratio_vs_sql_in_sets": ratio(croupier, self.peers.one_call.map(|peer| peer.in_sets)),
            "one_call": self.peers.one_call,
            "brands": HOUSE_BRANDS,
            "wallets": cells::WALLETS,
            "seconds_a_cell": seconds(),
            "postgres": self.settings,
            "cells": self.cells,
        });
        if let Value::Object(fields) = &mut json {
            fields.extend(self.others.clone());
        }
        json
    }
}
