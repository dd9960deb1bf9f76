//! The journal from outside: read in its order, sealed, and verified.
//!
//! The store only ever adds to it. What is here never changes an entry either.
//!
//! | | |
//! |---|---|
//! | [`row`] | an entry as it stands in the journal or in an export |
//! | [`seal`] | a piece of a brand's journal, sealed; each seal holds the one before |
//! | [`sealer`] | writes the seals, a statement for all brands that moved |
//! | [`export`] | a journal in a file, and a file verified |
//! | [`reader`] | reads the journal as the outbox that it is: nothing skipped, at least once |
//! | [`numbering`] | the numbers that its order is made of, after a restore |
//! | [`audit`] | a brand's books as the database has them: all of that, its decisions, and its trial balance |
//! | [`verify`] | whether a brand's entries, seals and wallets are what they must be; names the first that is not |
//!
//! The journal's order is (xid, n), see [`croupier_brand::global::outbox`]. A wallet's entries stand in it by their
//! versions, because a wallet is read before the transaction that writes it has a number.

pub mod audit;
pub mod export;
pub mod numbering;
pub mod reader;
pub mod row;
pub mod seal;
pub mod sealer;
pub mod verify;

pub use numbering::NumberingError;
pub use reader::{Page, Reader, ReaderError};
pub use row::{Opening, Row};
pub use seal::Seal;
pub use sealer::{Sealer, SealerError};
pub use verify::{Fault, Verified, Verifier, WalletNow};
