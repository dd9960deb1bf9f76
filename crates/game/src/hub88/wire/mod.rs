//! What comes over the wire, read strictly, and what goes back.
//!
//! The readers take a body that was already verified. They tolerate fields they do not know,
//! because protocols grow, and refuse what is ambiguous: a key that comes twice. A number is
//! read from its own text, so `1e400`, `1.0` and what `int64` does not hold are wrong types of one
//! field, not a broken document. What was read of `request_uuid` is echoed even when the rest is at fault.

mod answer;
mod object;
mod request;

pub use answer::{Answer, Status};
use object::Object;
pub(super) use request::{
    BalanceRequest, BetRequest, Envelope, Movement, Request, RollbackRequest, WinRequest,
};

/// A request that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) status: Status,
    pub(super) request_uuid: Option<String>,
}
