//! Latency where a house should run: at half of what it can do, however fast the bets come back.

use std::time::Duration;

use serde::Serialize;

use crate::{
    cells::{Floors, HOUSE_BRANDS, bets},
    choices::Load,
    databases::Databases,
    load::{Cell, pace},
    report::millis,
};

/// What was measured at half of the maximum.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Half {
    /// The maximum, bets a second.
    of_tps: u64,
    /// What was asked for a second.
    asked_tps: u64,
    /// What was done.
    #[serde(flatten)]
    pub(crate) cell: Cell,
}

/// Bets at half of `maximum` a second.
pub(crate) async fn run(databases: &Databases<'_>, floors: &Floors, maximum: u64, time: Duration) -> Half {
    let hall = databases.fresh_hall().await;
    let work = bets(&floors[&HOUSE_BRANDS], &hall.wallet, Load::Uniform);
    let asked_tps = (maximum / 2).max(1);
    let cell = pace(asked_tps, time, work).await;
    hall.tear_down(databases).await;
    println!(
        "\n  at half of {maximum} bets/s, {HOUSE_BRANDS} brands: {} bets/s, p50 {} ms, p99 {} ms, p999 {} ms, {} refused",
        cell.tps,
        millis(cell.waits.p50_us),
        millis(cell.waits.p99_us),
        millis(cell.waits.p999_us),
        cell.refused
    );
    Half {
        of_tps: maximum,
        asked_tps,
        cell,
    }
}
