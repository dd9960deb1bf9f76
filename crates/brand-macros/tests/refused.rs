//! What a developer is told, compiled for real: each file in `refused/` must fail with the message beside it.
//!
//! The statements themselves are judged by the dozen in `src/check/tests.rs`; here is one of each kind, to see that the
//! refusal is a compile error and reads well. `TRYBUILD=overwrite cargo test -p croupier-brand-macros` writes the messages anew.

#[test]
fn iso_37_what_is_not_tied_to_the_brand_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/refused/*.rs");
}
