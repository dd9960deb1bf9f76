//! Any bytes as a call of Spribe's.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| croupier_fuzz::callback::run::<croupier_game::spribe::Spribe>(bytes));
