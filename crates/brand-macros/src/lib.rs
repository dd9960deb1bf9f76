//! The compile-time wall: `brand_query!` and `brand_query_as!` refuse, when a crate is compiled, a
//! statement that is not tied to one brand.
//!
//! The statement is parsed as PostgreSQL would parse it. Every brand-scoped table in it, in joins,
//! subqueries, arms of a UNION and CTEs, must be tied to `brand_id = $1`, directly or by a join on
//! `brand_id`; what is written must be written to `$1`'s brand. `$1` is bound from the transaction's
//! own scope by the macro itself, so a caller cannot pass another brand. What is then expanded are
//! sqlx's checked macros.
//!
//! A table is brand-scoped when the migrations give it a `brand_id` column (module `schema`). What this
//! crate does not understand it refuses: an exotic clause is a compile error, never a hole.

mod check;
mod input;
mod schema;

use proc_macro::TokenStream;

/// A statement on brand-scoped tables: `brand_query!(tx, "… brand_id = $1 …", args…)`.
///
/// `$1` is the brand of `tx`, a `croupier_brand::BrandTx`; the arguments are `$2` and on. The result is what
/// `sqlx::query!` gives; run it on `tx.conn()`.
#[proc_macro]
pub fn brand_query(tokens: TokenStream) -> TokenStream {
    input::expand(tokens.into(), input::Shape::Anonymous).into()
}

/// As [`brand_query!`], decoding into a struct as `sqlx::query_as!` does:
/// `brand_query_as!(Row, tx, "… brand_id = $1 …", args…)`.
#[proc_macro]
pub fn brand_query_as(tokens: TokenStream) -> TokenStream {
    input::expand(tokens.into(), input::Shape::Struct).into()
}
