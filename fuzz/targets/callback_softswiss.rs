//! Any bytes as a call of Softswiss's.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| croupier_fuzz::callback::run::<croupier_game::softswiss::Softswiss>(bytes));
