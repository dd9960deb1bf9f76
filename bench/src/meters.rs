//! What a stretch of load costs: processor time, write-ahead log, round trips, memory.

use std::{
    collections::{HashMap, HashSet},
    fs,
    time::Instant,
};

use serde::Serialize;
use sqlx::{Connection, PgConnection};

/// Microseconds in a tick of `/proc`'s processor times (USER_HZ, 100 on every Linux).
const TICK_US: u128 = 10_000;

/// Reads what there is to read.
#[derive(Debug)]
pub(crate) struct Meters {
    postmaster: Option<u32>,
    monitor: PgConnection,
    cores: u128,
}

/// What the meters said at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    at: Instant,
    postgres_ticks: u64,
    own_ticks: u64,
    wal_bytes: i64,
    wal_syncs: i64,
    full_pages: i64,
    round_trips: Option<u64>,
    batches: Option<u64>,
    commands: Option<u64>,
}

/// What a stretch of load cost. What could not be read is none.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Cost {
    /// Per cent of all cores that PostgreSQL's processes had.
    pub(crate) postgres_cpu_percent: u64,
    /// Per cent of all cores that this process had: the wallet, and those who bet.
    pub(crate) own_cpu_percent: u64,
    /// Microseconds of a core that PostgreSQL's processes spent on a bet: hardly changed by what else the machine does.
    pub(crate) postgres_us_a_bet: u64,
    /// Microseconds of a core that this process spent on a bet.
    pub(crate) own_us_a_bet: u64,
    /// Bytes of write-ahead log a bet.
    pub(crate) wal_bytes_a_bet: u64,
    /// Pages that were logged whole because they had not changed since the checkpoint, for 1 000 bets.
    pub(crate) full_pages_for_1000_bets: u64,
    /// Times a second that the log was brought to disk.
    pub(crate) wal_syncs_a_second: u64,
    /// Round trips to the database for 1 000 bets.
    pub(crate) trips_for_1000_bets: Option<u64>,
    /// Bets in a batch, hundredths.
    pub(crate) bets_in_100_batches: Option<u64>,
    /// Resident memory of this process, kilobytes.
    pub(crate) rss_kb: u64,
}

impl Meters {
    /// Meters for a server. The process's metrics are kept as the product keeps them from here on.
    pub(crate) async fn new(postmaster: Option<u32>, superuser_url: &str) -> Self {
        let _ = croupier::telemetry::metrics();
        Self {
            postmaster,
            monitor: PgConnection::connect(superuser_url).await.unwrap(),
            cores: std::thread::available_parallelism().map_or(1, |cores| cores.get() as u128),
        }
    }

    /// How many cores there are.
    pub(crate) fn cores(&self) -> u128 {
        self.cores
    }

    /// A setting of the server's.
    pub(crate) async fn setting(&mut self, name: &str) -> String {
        sqlx::query_scalar("SELECT current_setting($1)")
            .bind(name)
            .fetch_one(&mut self.monitor)
            .await
            .unwrap()
    }

    /// What they say now.
    pub(crate) async fn read(&mut self) -> Reading {
        // PostgreSQL 18 counts syncs elsewhere; then there are none here.
        let (wal_bytes, wal_syncs, full_pages) = sqlx::query_as(
            "SELECT (pg_current_wal_lsn() - '0/0')::bigint, coalesce((to_jsonb(w) ->> 'wal_sync')::bigint, 0), w.wal_fpi
               FROM pg_stat_wal AS w",
        )
        .fetch_one(&mut self.monitor)
        .await
        .unwrap();
        let counters = croupier::telemetry::metrics();
        counters.run_upkeep();
        let text = counters.render();
        Reading {
            at: Instant::now(),
            postgres_ticks: self.postmaster.map_or(0, ticks_of),
            own_ticks: own_ticks(),
            wal_bytes,
            wal_syncs,
            full_pages,
            round_trips: counter(&text, "wallet_store_round_trips_total"),
            batches: counter(&text, "wallet_batches_total"),
            commands: counter(&text, "wallet_commands_total"),
        }
    }

    /// What `bets` cost since `before`.
    pub(crate) async fn since(&mut self, before: Reading, bets: u64) -> Cost {
        let now = self.read().await;
        let elapsed = now.at.duration_since(before.at).as_micros().max(1);
        let percent = |ticks: u64| {
            let busy = u128::from(ticks) * TICK_US * 100;
            u64::try_from((busy + elapsed * self.cores / 2) / (elapsed * self.cores)).unwrap()
        };
        let of_bet = |ticks: u64, commands: u64| {
            u64::try_from(u128::from(ticks) * TICK_US / u128::from(commands)).unwrap()
        };
        let counted = |name: fn(&Reading) -> Option<u64>| {
            name(&now).map(|value| value.saturating_sub(name(&before).unwrap_or(0)))
        };
        // Counters tell each other's scale; the bets counted outside ended a few milliseconds before.
        let (trips, batches) = (
            counted(|reading| reading.round_trips),
            counted(|reading| reading.batches),
        );
        let commands = counted(|reading| reading.commands).unwrap_or(bets).max(1);
        let grown = |now: i64, before: i64| u64::try_from(now - before).unwrap_or(0);
        let syncs = u128::from(grown(now.wal_syncs, before.wal_syncs)) * 1_000_000 / elapsed;
        let postgres = now.postgres_ticks.saturating_sub(before.postgres_ticks);
        let own = now.own_ticks.saturating_sub(before.own_ticks);
        Cost {
            postgres_cpu_percent: percent(postgres),
            own_cpu_percent: percent(own),
            postgres_us_a_bet: of_bet(postgres, commands),
            own_us_a_bet: of_bet(own, commands),
            wal_bytes_a_bet: grown(now.wal_bytes, before.wal_bytes) / commands,
            full_pages_for_1000_bets: grown(now.full_pages, before.full_pages) * 1000 / commands,
            wal_syncs_a_second: u64::try_from(syncs).unwrap(),
            trips_for_1000_bets: trips.map(|trips| trips * 1000 / commands),
            bets_in_100_batches: batches.map(|batches| commands * 100 / batches.max(1)),
            rss_kb: memory_kb("VmRSS"),
        }
    }
}

/// The sum of a counter over its labels; none where nothing counts under that name.
fn counter(text: &str, name: &str) -> Option<u64> {
    let values = text
        .lines()
        .filter(|line| {
            line.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(['{', ' ']))
        })
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok());
    values.fold(None, |sum, value| Some(sum.unwrap_or(0) + value))
}

/// A line of this process's `/proc/self/status`, kilobytes.
pub(crate) fn memory_kb(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}

struct Stat {
    parent: u32,
    /// Of itself, user and system.
    own: u64,
    /// Of its children that ended and were waited for.
    children: u64,
}

fn stat(process: &str) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name may hold anything, spaces and brackets too, so what follows its last bracket counts: the state,
    // the parent, and from the 12th on user, system, and the same of ended children.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        own: number(11)? + number(12)?,
        children: number(13)? + number(14)?,
    })
}

/// The processor time of this process alone, in ticks of 10 ms.
pub(crate) fn own_ticks() -> u64 {
    stat("self").map_or(0, |stat| stat.own)
}

/// The processor time of a process and of all that ever ran below it, in ticks of 10 ms.
pub(crate) fn ticks_of(root: u32) -> u64 {
    let all: HashMap<u32, Stat> = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            Some((name.parse().ok()?, stat(&name)?))
        })
        .collect();
    let mut below = HashSet::from([root]);
    loop {
        let more: Vec<u32> = all
            .iter()
            .filter(|(pid, stat)| below.contains(&stat.parent) && !below.contains(pid))
            .map(|(pid, _)| *pid)
            .collect();
        if more.is_empty() {
            break;
        }
        below.extend(more);
    }
    let times = below.iter().filter_map(|pid| all.get(pid));
    times.map(|stat| stat.own + stat.children).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_summed_over_its_labels() {
        let text = "# TYPE wallet_batches_total counter\nwallet_batches_total{brand=\"a b\"} 3\nwallet_batches_total{brand=\"c\"} 4\nwallet_batches_total_more 9\nwallet_one 5\n";
        assert_eq!(counter(text, "wallet_batches_total"), Some(7));
        assert_eq!(counter(text, "wallet_one"), Some(5));
        assert_eq!(counter(text, "wallet_none"), None);
    }

    #[test]
    fn this_process_has_a_parent_and_memory() {
        assert!(stat("self").is_some_and(|stat| stat.parent > 0));
        assert!(memory_kb("VmRSS") > 0 && memory_kb("VmHWM") >= memory_kb("VmRSS"));
    }
}
