//! Load against the wallet (`make bench-wallet`), and what the brand's walls cost a read (`make bench-walls`).
//!
//! Peers and Croupier run in one go on one PostgreSQL with default durability (`fsync` and
//! `synchronous_commit` on). Each prints ratios, for people, and writes `target/bench/{name}.json`.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a bench prints, reads the clock, fills tables from outside the boundary, and gives up loudly"
)]

mod load;
mod pgbench;
mod report;
mod wallet;
mod walls;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    match std::env::args().nth(1).as_deref() {
        Some("wallet") => runtime.block_on(wallet::run()),
        Some("walls") => runtime.block_on(walls::run()),
        _ => panic!("which bench? there are: wallet, walls"),
    }
}
