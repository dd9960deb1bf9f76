//! Load against the wallet: `make bench-wallet`.
//!
//! Peers and Croupier run in one go on one PostgreSQL with default durability (`fsync` and
//! `synchronous_commit` on). It prints ratios, for people, and writes `target/bench/wallet.json`.
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
mod wallet;

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("wallet") => {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(wallet::run());
        }
        _ => panic!("which bench? there is: wallet"),
    }
}
