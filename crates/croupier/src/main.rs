//! The `croupier` program.

use std::process::ExitCode;

/// A request allocates on one thread what another frees; the system's allocator spends a seventh of the machine on that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    croupier::cli::run()
}
