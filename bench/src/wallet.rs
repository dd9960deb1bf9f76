//! The wallet's bench: pgbench first, then Croupier over a range of bets in flight.

use std::{sync::Arc, time::Duration};

use croupier::{
    provision,
    servers::{Data, Servers, ServersConfig},
};
use croupier_brand::{BrandCode, BrandPool, BrandScope, Clock, Currency, global::NewBrand, token::PlayerId};
use croupier_wallet::{
    Action, Amount, Command, LocalWallet, Payment, Source, TransactionId, Wallet, WalletLimits,
};
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool, postgres::PgPoolOptions};
use uuid::Uuid;

use crate::{
    load::Floor,
    pgbench,
    report::{self, millis, ratio, seconds},
};

const BRANDS: usize = 20;
const PLAYERS: usize = 200;
const IN_FLIGHT: [usize; 5] = [1, 8, 64, 256, 512];

/// Runs it and writes the result.
pub(crate) async fn run() {
    let config = ServersConfig {
        progress: Arc::new(|line| println!("  · {line}")),
        ..ServersConfig::private(Data::Ephemeral)
    };
    let servers = Servers::start(config)
        .await
        .unwrap_or_else(|fault| panic!("{fault}"));
    println!("  · pgbench, TPC-B, prepared, 8 and 32 clients");
    let pgbench_tps = pgbench::run(&servers, seconds()).await;
    println!("  · {BRANDS} brands with {PLAYERS} players each");
    let floor = Arc::new(open(&servers).await);

    println!("\n  in flight      bets/s   ÷ pgbench   p50 ms   p99 ms   p999 ms");
    let mut cells = Vec::new();
    for in_flight in IN_FLIGHT {
        let cell = floor.bet(in_flight, Duration::from_secs(seconds().into())).await;
        println!(
            "  {:>9}  {:>10}  {:>10}  {:>7}  {:>7}  {:>8}",
            cell.in_flight,
            cell.tps,
            ratio(cell.tps, pgbench_tps),
            millis(cell.p50_us),
            millis(cell.p99_us),
            millis(cell.p999_us)
        );
        cells.push(cell);
    }
    println!("  {:>9}  {pgbench_tps:>10}  (transactions)", "pgbench");
    let croupier_tps = cells.last().map_or(0, |cell| cell.tps);
    let report = json!({
        "pgbench_tps": pgbench_tps,
        "croupier_tps": croupier_tps,
        "ratio_vs_pgbench": ratio(croupier_tps, pgbench_tps).parse::<serde_json::Number>().unwrap(),
        "brands": BRANDS,
        "seconds_a_cell": seconds(),
        "cells": cells,
    });
    report::write("wallet", &report);
    servers.stop().await;
}

async fn open(servers: &Servers) -> Floor {
    let owner = PgPoolOptions::new()
        .max_connections(4)
        .connect(&servers.owner_url())
        .await
        .unwrap();
    croupier::migrate::run(&owner).await.unwrap();
    let pool = PgPoolOptions::new()
        .max_connections(32)
        .acquire_timeout(Duration::from_secs(30))
        .connect(&servers.app_url())
        .await
        .unwrap();
    let limits = WalletLimits {
        deadline_ms: 30_000,
        ..WalletLimits::default()
    };
    let wallet = LocalWallet::new(BrandPool::with_share(pool, 32), Clock::system(), limits);
    let mut brands = Vec::new();
    for number in 0..BRANDS {
        brands.push(brand(&owner, Some(&wallet), number).await);
    }
    sqlx::query("VACUUM ANALYZE").execute(&owner).await.unwrap();
    Floor { brands, wallet }
}

pub(crate) async fn brand(
    owner: &PgPool,
    wallet: Option<&LocalWallet>,
    number: usize,
) -> (BrandScope, Vec<PlayerId>) {
    let clock = Clock::system();
    let brand = NewBrand {
        id: None,
        code: BrandCode::parse(&format!("b{number:04}")).unwrap(),
        name: format!("Brand {number}"),
        currency: Currency::parse("EUR").unwrap(),
        theme: json!({}),
    };
    let brand = provision::create(owner, brand, "bench", &clock).await.unwrap();
    let scope = BrandScope::for_operator(
        &BrandPool::new(owner.clone()),
        Arc::new(brand),
        "bench",
        "load",
        &clock,
    )
    .await
    .unwrap();
    let players: Vec<PlayerId> = (0..PLAYERS).map(|_| PlayerId(Uuid::new_v4())).collect();
    let ids: Vec<Uuid> = players.iter().map(|player| player.0).collect();
    let begin = AssertSqlSafe(format!(
        "BEGIN; SET LOCAL croupier.brand_ids = ',{},'",
        scope.id()
    ));
    let mut tx = owner.begin_with(begin).await.unwrap();
    sqlx::query("INSERT INTO player (brand_id, player_id, account, password_hash, created_at) SELECT $1, id, 'player' || n, '-', now() FROM unnest($2::uuid[]) WITH ORDINALITY AS u (id, n)")
        .bind(scope.id().get())
        .bind(ids)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    for player in wallet.iter().flat_map(|_| &players) {
        let deposit = Action::Deposit {
            amount: Amount::new(1_000_000_000).unwrap(),
            payment: Payment::Approved,
        };
        let command = Command::new(
            *player,
            scope.currency(),
            Source::player(*player),
            TransactionId::new("float").unwrap(),
            deposit,
        );
        if let Some(wallet) = wallet {
            wallet.submit(&scope, command).await.unwrap();
        }
    }
    (scope, players)
}
