//! What comes over the wire, read strictly ([`crate::provider::json`]), and what goes back.
//!
//! What was read of `request_uuid` is echoed even when the rest is at fault.

mod answer;
mod request;

use crate::provider::json;
pub use answer::{Answer, Status};
pub(super) use request::{
    BalanceRequest, BetRequest, Envelope, Movement, Request, RollbackRequest, WinRequest,
};

/// A request that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) status: Status,
    pub(super) request_uuid: Option<String>,
}

impl From<json::Fault> for Status {
    fn from(fault: json::Fault) -> Self {
        match fault {
            json::Fault::Type(_) => Self::WrongTypes,
            json::Fault::Syntax | json::Fault::Missing(_) | json::Fault::Value(_) => Self::WrongSyntax,
        }
    }
}
