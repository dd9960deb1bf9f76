//! A scope, and what one is earned by, cannot be made by hand: each file in `forged/` is an attempt that must not
//! compile, with the compiler's message beside it. `TRYBUILD=overwrite cargo test -p croupier-brand --test forged`
//! writes the messages anew.

#[test]
fn iso_35_what_a_scope_is_earned_by_cannot_be_forged() {
    trybuild::TestCases::new().compile_fail("tests/forged/*.rs");
}
