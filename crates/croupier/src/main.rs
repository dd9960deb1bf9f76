//! The `croupier` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    croupier::cli::run()
}
