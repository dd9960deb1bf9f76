//! What the fuzz targets do with an input. The tests play the seeds through it too.

pub mod callback;
pub mod host;
pub mod provider_account;
pub mod signed_header;
pub mod token_header;
