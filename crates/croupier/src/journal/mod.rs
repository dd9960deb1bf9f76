//! What operators do with the journal, over the owner's connection: months made ahead, and archived when they are old.

pub mod archive;
pub mod month;
pub mod partition;

pub use month::Month;
