//! A provider's account: it leads to one brand or to none, and what it leads to composes back to it.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| croupier_fuzz::provider_account::run(bytes));
