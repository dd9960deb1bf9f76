//! What every HTTP surface of the house shares: routes with their access, problems, request ids,
//! bodies read field by field, the layers that a token or a service's call passes, the way to a service.

pub mod authenticate;
pub mod boundary;
pub mod call;
pub mod fields;
pub mod idempotency;
pub mod problem;
pub mod request_id;
pub mod routes;
