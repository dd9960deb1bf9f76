//! The request id: one UUID from the edge to the last log line and into every problem answer.

use std::future::Future;

use uuid::Uuid;

tokio::task_local! {
    static CURRENT: RequestId;
}

/// The id of the request being served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(pub Uuid);

impl RequestId {
    /// The header that carries it, in answers and between services.
    pub const HEADER: &'static str = "x-request-id";

    /// Runs `work` with this id as [`RequestId::current`].
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }

    /// The id of the request this task serves, if it serves one.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.try_with(|id| *id).ok()
    }
}
