//! The signed brand header: a call is believed as it was signed and in no other way.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| croupier_fuzz::signed_header::run(bytes));
