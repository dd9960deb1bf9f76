//! Coverage that cannot rot: whatever is added, a route or a statement, is tried with another brand's
//! ids, or the tests fail until somebody says what is to be expected of it.

mod callbacks;
pub mod estate;
mod expectations;
mod expected;
mod heard;
pub mod kept;
pub mod routes;
pub mod statements;
mod table;
pub mod watched;
