//! Load against the wallet (`make bench-wallet`), a provider's load against the whole server (`make bench-callbacks`), and
//! what the brand's walls cost a read (`make bench-walls`).
//!
//! Peers and Croupier run in one go on one PostgreSQL with default durability (`fsync`, `full_page_writes` and
//! `synchronous_commit` on). Each prints a table, for people, and writes `target/bench/{name}.json`.
//!
//! # What the wallet's bench measures
//! * **Peers**: pgbench's TPC-B, prepared, the best of 8 and 32 clients; and a bet in one call of a stored function with
//!   a Croupier bet's effects (`one_call.sql`), prepared, at 1, 8 and 32 clients. Beside them, that function's rows written in sets of 256 by SQL
//!   alone: it decides nothing and answers nobody, so it is no peer but says how near the bound a figure is.
//! * **Cells**: so many bets in flight × so many brands × players all alike or every second bet one player's. 20 000
//!   wallets, shared out to the brands. A cell begins on a fresh copy of the database, runs a quarter of its time to get
//!   warm, and is then counted. Few in flight are compared with the stored function at as many clients, many with its best.
//! * **Half**: bets at half of the highest rate of 20 brands, begun when they are due whether or not others are answered.
//! * **A long past** (`BENCH_LARGE`): a million wallets with twenty entries each, and the 512-in-flight cell again.
//! * **A soak** (`BENCH_SOAK`): full load; memory every ten seconds; then one player's flood beyond what queues hold.
//!
//! The CPU that is "here" is this process's: the wallet, and the players who bet. Round trips and batches are read from
//! the counters `wallet_store_round_trips_total` and `wallet_batches_total`; a dash where nothing counts them.
//!
//! # What to run
//! | variable | default | what |
//! |---|---|---|
//! | `BENCH_SECONDS` | 20 | seconds a cell is counted |
//! | `BENCH_IN_FLIGHT` | 1,8,64,256,512 | bets in flight; `none` for no cells |
//! | `BENCH_BRANDS` | 1,20,1000 | brands |
//! | `BENCH_LOAD` | uniform,hot | all players alike; every second bet one player's; `rounds`: all alike, each bet followed by its win |
//! | `BENCH_PEERS` | 1 | 0: no peers, and no ratios |
//! | `BENCH_HALF` | 1 | 0: no cell at half of the maximum |
//! | `BENCH_LARGE` | 0 | 1: the long past; `BENCH_LARGE_WALLETS` (1000000) wallets have it |
//! | `BENCH_SOAK` | 0 | seconds of the soak; `BENCH_FLOOD` (20000) bets flood it at its end |
//! | `BENCH_SHARDS` | as the settings' default | writers of the wallet |
//! | `BENCH_LOG_GB` | 4 | gigabytes of log written before anything is measured, so that the log's files are there as in a server that has run for a day |
//! | `BENCH_LOG` | error | which lines of the wallet's log are shown (warn: what is put off, and why) |
//! | `BENCH_POSTGRES` | shared_buffers=1GB,min_wal_size=4GB,max_wal_size=4GB | the server's settings, peers' and Croupier's alike |
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a bench prints, reads the clock, fills tables from outside the boundary, and gives up loudly"
)]

mod callbacks;
mod cells;
mod choices;
mod databases;
mod floor;
mod half;
mod large;
mod latency;
mod load;
mod meters;
mod one_call;
mod pgbench;
mod report;
mod soak;
mod wallet;
mod walls;

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    match std::env::args().nth(1).as_deref() {
        Some("wallet") => runtime.block_on(wallet::run()),
        Some("callbacks") => runtime.block_on(callbacks::run()),
        Some("walls") => runtime.block_on(walls::run()),
        _ => panic!("which bench? there are: wallet, callbacks, walls"),
    }
}
