//! Host canonicalisation: whatever is sent is refused, or becomes a name that stays what it is and that DNS could have.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| croupier_fuzz::host::run(bytes));
