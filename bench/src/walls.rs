//! What the walls cost a read of one player: `make bench-walls`.
//!
//! Five ways to the same row, on one server, in turns (so that a machine that slows down slows all of them):
//!
//! | cell | what |
//! |---|---|
//! | bare | the SELECT on a plain connection; no row security, no scope, no row check |
//! | read, open | the product's read where row security is switched off |
//! | read | the product's read: predicate, row security, row check, one trip |
//! | tx, open | `BEGIN` with the setting, the SELECT, `COMMIT`, where row security is switched off |
//! | tx | the same with row security on |

use std::{sync::Arc, time::Duration};

use croupier::servers::{Data, Servers, ServersConfig};
use croupier_brand::{BrandPool, BrandScope, BrandTx, brand_query, token::PlayerId};
use croupier_player::PlayerLookup;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, PgPool, Row, postgres::PgPoolOptions};

use crate::{
    floor::house,
    load::{Cell, drive},
    report::{self, fine_ratio, millis, seconds},
};

const BRANDS: usize = 20;
const PLAYERS: usize = 200;
const IN_FLIGHT: [usize; 3] = [1, 8, 64];
const ROUNDS: u32 = 5;
const CONNECTIONS: u32 = 16;
const SELECT: &str =
    "SELECT brand_id, player_id, account, status FROM player WHERE brand_id = $1 AND player_id = $2";

/// A database of players, and one way to read one of them.
#[derive(Clone)]
struct Hall {
    pool: PgPool,
    shared: BrandPool,
    players: Arc<Vec<(BrandScope, PlayerId)>>,
}

/// Runs it and writes the result.
pub(crate) async fn run() {
    let config = ServersConfig {
        progress: Arc::new(|line| println!("  · {line}")),
        ..ServersConfig::private(Data::Ephemeral)
    };
    let servers = Servers::start(config)
        .await
        .unwrap_or_else(|fault| panic!("{fault}"));
    println!("  · two databases of {BRANDS} brands, one with row security switched off");
    let (walled, open) = (
        hall(&servers, "walled", false).await,
        hall(&servers, "open", true).await,
    );

    let mut report = serde_json::Map::new();
    println!("\n  in flight  way             reads/s   ÷ bare   p50 ms   p99 ms");
    for in_flight in IN_FLIGHT {
        let names = ["bare", "read, open", "read", "tx, open", "tx"];
        let mut rounds: [Vec<Cell>; 5] = Default::default();
        for _ in 0..ROUNDS {
            let time = Duration::from_secs(seconds().into()) / ROUNDS;
            rounds[0].push(drive(in_flight, time, open.bare()).await);
            rounds[1].push(drive(in_flight, time, open.read()).await);
            rounds[2].push(drive(in_flight, time, walled.read()).await);
            rounds[3].push(drive(in_flight, time, open.tx()).await);
            rounds[4].push(drive(in_flight, time, walled.tx()).await);
        }
        let middle = rounds.map(|mut cells| {
            cells.sort_by_key(|cell| cell.tps);
            cells[cells.len() / 2]
        });
        for (name, cell) in names.iter().zip(&middle) {
            println!(
                "  {in_flight:>9}  {name:<12}  {:>9}  {:>7}  {:>7}  {:>7}",
                cell.tps,
                fine_ratio(cell.tps, middle[0].tps).to_string(),
                millis(cell.waits.p50_us),
                millis(cell.waits.p99_us)
            );
        }
        println!(
            "             row security on ÷ off: {} in one trip, {} in a transaction; one trip ÷ transaction: {}",
            fine_ratio(middle[2].tps, middle[1].tps),
            fine_ratio(middle[4].tps, middle[3].tps),
            fine_ratio(middle[2].tps, middle[4].tps)
        );
        report.insert(
            in_flight.to_string(),
            json!({
                "cells": names.iter().zip(&middle).map(|(name, cell)| json!({ "way": name, "cell": cell })).collect::<Vec<_>>(),
                "row_security_ratio": fine_ratio(middle[2].tps, middle[1].tps),
                "row_security_ratio_tx": fine_ratio(middle[4].tps, middle[3].tps),
                "walls_ratio": fine_ratio(middle[2].tps, middle[0].tps),
                "one_trip_ratio": fine_ratio(middle[2].tps, middle[4].tps),
            }),
        );
    }
    report::write(
        "walls",
        &json!({ "in_flight": report, "rounds": ROUNDS, "seconds_a_cell": seconds() }),
    );
    servers.stop().await;
}

async fn hall(servers: &Servers, name: &str, open: bool) -> Hall {
    let mut root = PgConnection::connect(&servers.superuser_url()).await.unwrap();
    root.execute(AssertSqlSafe(format!(
        "CREATE DATABASE {name} OWNER croupier_owner"
    )))
    .await
    .unwrap();
    let of = |url: &str| format!("{}/{name}", url.rsplit_once('/').unwrap().0);
    let owner = PgPoolOptions::new()
        .max_connections(2)
        .connect(&of(&servers.owner_url()))
        .await
        .unwrap();
    croupier::migrate::run(&owner, croupier_brand::Clock::system().now())
        .await
        .unwrap();
    let mut players = Vec::new();
    for number in 0..BRANDS {
        let (scope, of_brand) = house(&owner, &format!("b{number:04}"), PLAYERS).await;
        players.extend(of_brand.into_iter().map(|player| (scope.clone(), player)));
    }
    if open {
        sqlx::query("ALTER TABLE player DISABLE ROW LEVEL SECURITY")
            .execute(&owner)
            .await
            .unwrap();
    }
    sqlx::query("VACUUM ANALYZE").execute(&owner).await.unwrap();
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .min_connections(CONNECTIONS)
        .connect(&of(&servers.app_url()))
        .await
        .unwrap();
    Hall {
        shared: BrandPool::with_share(pool.clone(), CONNECTIONS),
        pool,
        players: Arc::new(players),
    }
}

impl Hall {
    fn player(&self, seat: usize, turn: usize) -> (BrandScope, PlayerId) {
        let at = seat.wrapping_mul(977).wrapping_add(turn.wrapping_mul(7919));
        self.players[at % self.players.len()].clone()
    }

    fn bare(&self) -> impl Fn(usize, usize) -> BoxFuture + Clone + Send + Sync + 'static {
        let hall = self.clone();
        move |seat, turn| {
            let hall = hall.clone();
            Box::pin(async move {
                let (scope, player) = hall.player(seat, turn);
                let row = sqlx::query(SELECT)
                    .bind(scope.id().get())
                    .bind(player.0)
                    .fetch_optional(&hall.pool)
                    .await
                    .unwrap()
                    .unwrap();
                let (account, status): (String, String) = (row.get("account"), row.get("status"));
                account.starts_with("player") && status == "active"
            })
        }
    }

    fn read(&self) -> impl Fn(usize, usize) -> BoxFuture + Clone + Send + Sync + 'static {
        let (hall, lookup) = (self.clone(), PlayerLookup::new(self.shared.clone()));
        move |seat, turn| {
            let (hall, lookup) = (hall.clone(), lookup.clone());
            Box::pin(async move {
                let (scope, player) = hall.player(seat, turn);
                lookup.find(&scope, player).await.unwrap().is_some()
            })
        }
    }

    fn tx(&self) -> impl Fn(usize, usize) -> BoxFuture + Clone + Send + Sync + 'static {
        let hall = self.clone();
        move |seat, turn| {
            let hall = hall.clone();
            Box::pin(async move {
                let (scope, player) = hall.player(seat, turn);
                let mut tx = BrandTx::open(&hall.shared, &scope).await.unwrap();
                let query = brand_query!(
                    tx,
                    "SELECT brand_id, player_id, account, status FROM player WHERE brand_id = $1 AND player_id = $2",
                    player.0
                );
                let row = query.fetch_optional(tx.conn()).await.unwrap();
                tx.commit().await.unwrap();
                row.is_some_and(|row| {
                    row.player_id == player.0 && row.account.starts_with("player") && row.status == "active"
                })
            })
        }
    }
}

type BoxFuture = std::pin::Pin<Box<dyn Future<Output = bool> + Send>>;
