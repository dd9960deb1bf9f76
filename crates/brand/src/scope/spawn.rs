//! Work that outlives its request, under the scope its request earned.

use tokio::task::JoinHandle;
use tracing::Instrument;

use super::BrandScope;
use crate::http::request_id::RequestId;

impl BrandScope {
    /// Runs `work` on a task of its own, with a scope for the same brand, the request's id and its span. A
    /// client that hangs up drops the request and not the task.
    ///
    /// What is spawned in any other way has no scope, unless one is moved into it by name.
    pub fn spawn<W, F>(&self, work: W) -> JoinHandle<F::Output>
    where
        W: FnOnce(Self) -> F,
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let work = work(self.clone()).in_current_span();
        match RequestId::current() {
            Some(id) => tokio::spawn(id.scope(work)),
            None => tokio::spawn(work),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::{sync::Arc, time::Duration};

    use super::*;
    use crate::{Brand, BrandCode, BrandId, BrandStatus, Currency};

    fn scope(id: i64, code: &str) -> BrandScope {
        BrandScope::earned(Arc::new(Brand {
            id: BrandId::new(id).unwrap(),
            code: BrandCode::parse(code).unwrap(),
            name: code.to_owned(),
            currency: Currency::parse("EUR").unwrap(),
            status: BrandStatus::Active,
            theme: serde_json::json!({}),
        }))
    }

    #[tokio::test]
    async fn each_task_has_the_scope_and_the_request_it_was_spawned_from() {
        let ids = [uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2)];
        let scopes = [scope(1, "aurora"), scope(2, "bonanza")];
        let work = |at: usize| {
            let scope = scopes[at].clone();
            RequestId(ids[at]).scope(async move {
                scope
                    .spawn(async |scope| {
                        tokio::task::yield_now().await;
                        (scope.id().get(), RequestId::current())
                    })
                    .await
                    .unwrap()
            })
        };
        let (a, b) = tokio::join!(work(0), work(1));
        assert_eq!(
            (a, b),
            ((1, Some(RequestId(ids[0]))), (2, Some(RequestId(ids[1]))))
        );
        let bare = scopes[0].spawn(async |scope| (scope.id().get(), RequestId::current()));
        assert_eq!(bare.await.unwrap(), (1, None));
    }

    #[tokio::test]
    async fn what_must_end_ends_though_nobody_waits() {
        let (done, seen) = tokio::sync::oneshot::channel();
        let (go, gone) = tokio::sync::oneshot::channel::<()>();
        let work = scope(1, "aurora").spawn(async move |_| {
            let _ = gone.await;
            let _ = done.send(());
        });
        assert!(
            tokio::time::timeout(Duration::from_millis(5), work)
                .await
                .is_err()
        );
        let _ = go.send(());
        assert!(seen.await.is_ok());
    }
}
