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

mod alone;
mod check;
mod input;
mod schema;

use proc_macro::TokenStream;

use crate::input::{Kind, Shape};

/// A statement on one brand's rows: `brand_query!(tx, "… brand_id = $1 …", args…)`.
///
/// `$1` is the brand of `tx`, a `croupier_brand::BrandTx`; the arguments are `$2` and on. The result is what
/// `sqlx::query!` gives; run it on `tx.conn()`. A statement that gives rows gives their `brand_id` too (any
/// column so called, or ending in `_brand_id`), which is compared with the scope row by row.
#[proc_macro]
pub fn brand_query(tokens: TokenStream) -> TokenStream {
    input::expand(tokens.into(), Kind::Query, Shape::Anonymous).into()
}

/// As [`brand_query!`], decoding into a struct as `sqlx::query_as!` does:
/// `brand_query_as!(Row, tx, "… brand_id = $1 …", args…)`.
#[proc_macro]
pub fn brand_query_as(tokens: TokenStream) -> TokenStream {
    input::expand(tokens.into(), Kind::Query, Shape::Struct).into()
}

/// One SELECT of one brand's rows in one round trip, without a transaction around it:
/// `brand_read!(read, "SELECT … brand_id = $1 …", args…)`, `read` being a `croupier_brand::BrandRead`.
///
/// It locks nothing and promises no order of rows; ORDER BY with LIMIT chooses them.
#[proc_macro]
pub fn brand_read(tokens: TokenStream) -> TokenStream {
    input::expand(tokens.into(), Kind::Read, Shape::Anonymous).into()
}

/// As [`brand_read!`], decoding into a struct: `brand_read_as!(Row, read, "SELECT … brand_id = $1 …", args…)`.
#[proc_macro]
pub fn brand_read_as(tokens: TokenStream) -> TokenStream {
    input::expand(tokens.into(), Kind::Read, Shape::Struct).into()
}

/// One statement on the rows of many items, each of its own brand:
/// `brand_set_query!(tx, brands, "… FROM unnest($1::int[], $2::uuid[]) AS item (brand_id, player_id) JOIN t ON
/// t.brand_id = item.brand_id AND …", args…)`.
///
/// `tx` is a `croupier_brand::BatchTx`, `brands` the brands of the items' scopes (`tx.brands(…)`), bound as `$1`; a
/// list, `[accounts, entries]`, is `$1`, `$2` and so on, for sets of different lengths. They may stand as the first
/// argument of an `unnest` whose first column is called `brand_id`, and nowhere else; every scoped table is joined
/// with one on `brand_id`, and what is inserted takes its `brand_id` from one.
#[proc_macro]
pub fn brand_set_query(tokens: TokenStream) -> TokenStream {
    input::expand(tokens.into(), Kind::Set, Shape::Anonymous).into()
}

/// As [`brand_set_query!`], decoding into a struct: `brand_set_query_as!(Row, tx, brands, "…", args…)`.
#[proc_macro]
pub fn brand_set_query_as(tokens: TokenStream) -> TokenStream {
    input::expand(tokens.into(), Kind::Set, Shape::Struct).into()
}

/// One SELECT on the rows of many items, in one round trip, without a transaction around it; its shape is
/// [`brand_set_query!`]'s: `brand_set_read!(line, brands, "SELECT … FROM unnest($1::int[], …) …", args…)`, `line` being a
/// `croupier_brand::BatchLine`.
///
/// It promises no order of rows.
#[proc_macro]
pub fn brand_set_read(tokens: TokenStream) -> TokenStream {
    input::expand(tokens.into(), Kind::SetRead, Shape::Anonymous).into()
}

/// As [`brand_set_read!`], decoding into a struct: `brand_set_read_as!(Row, line, brands, "…", args…)`.
#[proc_macro]
pub fn brand_set_read_as(tokens: TokenStream) -> TokenStream {
    input::expand(tokens.into(), Kind::SetRead, Shape::Struct).into()
}

/// One write of many items, which is whole even where it is a transaction of its own:
/// `brand_set_write!(tx, expected, brands, "WITH … UPDATE … FROM unnest($1::int[], …) …", args…)`.
///
/// `tx` is a `croupier_brand::BatchLine` or a `BatchTx`; `expected` (`i64`) is how many rows its last part changes. Where there
/// are UPDATEs or DELETEs before that it is `[last, first, …]`, how many rows each changes.
///
/// The last part is run first. When it changes more or fewer rows, somebody else was faster: the statement fails with SQLSTATE
/// 40001, and no row of the others was waited for. When another does, though the last part's rows are as they were read, no
/// repeat will do better: it fails with 21000. Either way nothing of it happened.
#[proc_macro]
pub fn brand_set_write(tokens: TokenStream) -> TokenStream {
    input::expand(tokens.into(), Kind::SetWrite, Shape::Anonymous).into()
}
