//! The access token: whatever its header says, only what the house arbitrary::{Arbitrary, Unstructured};
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| croupier_fuzz::token_header::run(bytes));
