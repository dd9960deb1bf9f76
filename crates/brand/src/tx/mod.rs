//! The only ways to brand-scoped tables. Each takes a scope, and none can be had without one.
//!
//! | type | opened by | for | trips |
//! |---|---|---|---|
//! | [`BrandTx`] | a scope | [`brand_query!`](crate::brand_query): reads and writes of one brand | `BEGIN` with the setting, the statements, `COMMIT` |
//! | [`BrandRead`] | a scope | [`brand_read!`](crate::brand_read): one SELECT of one brand | one |
//! | [`BatchTx`] | a set of scopes | [`brand_set_query!`](crate::brand_set_query): one statement on many brands' rows | as `BrandTx` |
//! | [`BatchLine`] | a set of scopes | [`brand_set_read!`](crate::brand_set_read), [`brand_set_write!`](crate::brand_set_write): such statements, each its own transaction | the statements |
//! | [`Gather`] | scopes, one by one | such reads of many requests, in one statement | one for all that waited |
//!
//! In each of them three walls stand, and any two hold what the third lets through: the statement was
//! judged when it was compiled, row security admits the scope's brands only, and every row that comes
//! back says whose it is and is compared with the scope ([`RowWall`]).
//!
//! `BEGIN` and the row-security setting travel in one message, so a transaction never exists
//! without its brand, and `SET LOCAL` ends with the transaction, so a pooled connection keeps no
//! brand behind. Behind a pooler in transaction mode a connection keeps no statement either, and single
//! reads have a transaction around them ([`Pooler`]).

mod batch;
mod conn;
mod gather;
mod guard;
mod limits;
mod line;
mod one;
mod pool;
mod read;
mod wall;

pub use batch::{Batch, BatchTx, BrandColumn, NotInBatch};
pub use conn::{BrandConn, Brandless, Pooler};
pub use gather::{Gather, SetRead};
pub use limits::StatementLimits;
pub use line::{BatchConnection, BatchLine};
pub use one::BrandTx;
pub use pool::BrandPool;
pub use read::BrandRead;
pub use wall::{ForeignRow, RowBrand, RowWall};
