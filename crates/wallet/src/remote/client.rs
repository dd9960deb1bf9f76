//! The caller's end: the wallet of another process.

use std::time::Duration;

use axum::body::Bytes;
use croupier_brand::{
    BrandScope, Clock, Currency,
    http::call::{CallFault, ServiceCaller},
    token::PlayerId,
};
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header, uri::InvalidUri};
use http_body_util::{BodyExt, Limited};
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::timeout;
use uuid::Uuid;

use super::{COMMANDS, ENTRIES, EntriesQuery, GROUPS, HOLDINGS, HoldingsQuery, RECALLS};
use crate::{
    engine::{command::Command, outcome::Outcome},
    limits::WalletLimits,
    page::{Cursor, Page, PageLimit},
    service::{Holdings, Wallet, WalletError, WalletFuture},
};

/// The longest answer that is read, in bytes: a hundred entries with the longest names there are.
const MAX_ANSWER: usize = 1 << 20;

/// The wallet that the wallet role has. Cloning it shares its connections.
#[derive(Clone, Debug)]
pub struct RemoteWallet {
    service: ServiceCaller,
    limits: WalletLimits,
    clock: Clock,
}

/// Why there is nothing to tell.
#[derive(Debug)]
enum Unanswered {
    /// It passes.
    Passing(Box<dyn std::error::Error + Send + Sync>),
    /// It does not.
    Lasting(String),
}

impl From<Unanswered> for WalletError {
    fn from(fault: Unanswered) -> Self {
        match fault {
            Unanswered::Passing(cause) => Self::Unavailable(cause),
            Unanswered::Lasting(what) => Self::Broken(what),
        }
    }
}

impl RemoteWallet {
    /// The wallet behind `service`. How long an answer is waited for follows from `limits`, which should be
    /// the wallet role's own.
    #[must_use]
    pub fn new(service: ServiceCaller, limits: WalletLimits, clock: Clock) -> Self {
        Self {
            service,
            limits,
            clock,
        }
    }

    async fn tell<A: DeserializeOwned>(
        &self,
        scope: &BrandScope,
        path: &'static str,
        what: &(impl Serialize + Sync),
    ) -> Result<A, Unanswered> {
        let body = serde_json::to_vec(what).map_err(|fault| Unanswered::Lasting(fault.to_string()))?;
        let mut call = Request::new(Bytes::from(body));
        *call.method_mut() = Method::POST;
        *call.uri_mut() = Uri::from_static(path);
        call.headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.call(scope, path, call, self.limits.answer_timeout()).await
    }

    async fn ask<A: DeserializeOwned>(
        &self,
        scope: &BrandScope,
        path: &'static str,
        query: &str,
    ) -> Result<A, Unanswered> {
        let mut call = Request::new(Bytes::new());
        *call.uri_mut() = format!("{path}?{query}")
            .parse()
            .map_err(|fault: InvalidUri| Unanswered::Lasting(fault.to_string()))?;
        self.call(scope, path, call, self.limits.deadline()).await
    }

    /// One call under an id of its own.
    async fn call<A: DeserializeOwned>(
        &self,
        scope: &BrandScope,
        path: &'static str,
        call: Request<Bytes>,
        deadline: Duration,
    ) -> Result<A, Unanswered> {
        let id = self.clock.new_id();
        let answered = timeout(deadline, self.answer(scope, id, call)).await;
        let answer = answered.unwrap_or_else(|late| Err(Unanswered::Passing(late.into())));
        let how = match &answer {
            Ok(_) => "answered",
            Err(Unanswered::Passing(_)) => "unavailable",
            Err(Unanswered::Lasting(_)) => "broken",
        };
        metrics::counter!("wallet_calls_total", "path" => path, "answer" => how).increment(1);
        match &answer {
            Ok(_) => tracing::debug!(call = %id, "the wallet role answered"),
            Err(fault) => {
                tracing::warn!(?fault, call = %id, wallet = %self.service.authority(), "the wallet role did not answer");
            }
        }
        answer
    }

    async fn answer<A: DeserializeOwned>(
        &self,
        scope: &BrandScope,
        id: Uuid,
        call: Request<Bytes>,
    ) -> Result<A, Unanswered> {
        let answer = self
            .service
            .call(Some(scope), id, call)
            .await
            .map_err(|fault| match fault {
                CallFault::Unanswered(_) => Unanswered::Passing(fault.into()),
                CallFault::Target(_) => Unanswered::Lasting(fault.to_string()),
            })?;
        let (parts, body) = Response::into_parts(answer);
        let body = Limited::new(body, MAX_ANSWER);
        let body = body.collect().await.map_err(Unanswered::Passing)?.to_bytes();
        if parts.status != StatusCode::OK {
            return Err(refused(parts.status, &body));
        }
        serde_json::from_slice(&body)
            .map_err(|fault| Unanswered::Lasting(format!("the wallet role's answer cannot be read: {fault}")))
    }
}

/// What an answer means that is none.
fn refused(status: StatusCode, body: &[u8]) -> Unanswered {
    #[derive(serde::Deserialize)]
    struct Problem {
        code: String,
    }
    let code = serde_json::from_slice(body).map_or_else(|_| String::new(), |Problem { code }| code);
    let said = format!("the wallet role says {status} {code}");
    match status {
        // What a proxy between the two says counts as what the wallet says.
        StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT
        | StatusCode::TOO_MANY_REQUESTS
        | StatusCode::REQUEST_TIMEOUT => Unanswered::Passing(said.into()),
        _ => Unanswered::Lasting(said),
    }
}

impl Wallet for RemoteWallet {
    fn submit<'a>(&'a self, scope: &'a BrandScope, command: Command) -> WalletFuture<'a, Outcome> {
        Box::pin(async move {
            match self.tell(scope, COMMANDS, &command).await {
                Ok(outcome) => Ok(outcome),
                Err(Unanswered::Passing(_)) => Ok(Outcome::Retryable),
                Err(lasting) => Err(lasting.into()),
            }
        })
    }

    fn submit_group<'a>(
        &'a self,
        scope: &'a BrandScope,
        commands: Vec<Command>,
    ) -> WalletFuture<'a, Vec<Outcome>> {
        Box::pin(async move {
            match self.tell::<Vec<Outcome>>(scope, GROUPS, &commands).await {
                Ok(outcomes) if outcomes.len() == commands.len() => Ok(outcomes),
                // Which outcome would be whose?
                Ok(outcomes) => Err(WalletError::Broken(format!(
                    "the wallet role gave {} outcomes for {} commands",
                    outcomes.len(),
                    commands.len()
                ))),
                Err(Unanswered::Passing(_)) => Ok(vec![Outcome::Retryable; commands.len()]),
                Err(lasting) => Err(lasting.into()),
            }
        })
    }

    fn largest_group(&self) -> usize {
        self.limits.largest_group()
    }

    fn recall<'a>(
        &'a self,
        scope: &'a BrandScope,
        command: &'a Command,
    ) -> WalletFuture<'a, Option<Outcome>> {
        Box::pin(async move { Ok(self.tell(scope, RECALLS, command).await?) })
    }

    fn balance<'a>(
        &'a self,
        scope: &'a BrandScope,
        player: PlayerId,
        currency: Currency,
    ) -> WalletFuture<'a, Holdings> {
        Box::pin(async move {
            let query = HoldingsQuery { player, currency };
            Ok(self.ask(scope, HOLDINGS, &query.to_text()).await?)
        })
    }

    fn entries<'a>(
        &'a self,
        scope: &'a BrandScope,
        player: PlayerId,
        currency: Currency,
        after: Option<Cursor>,
        limit: PageLimit,
    ) -> WalletFuture<'a, Page> {
        Box::pin(async move {
            let query = EntriesQuery {
                player,
                currency,
                after,
                limit,
            };
            Ok(self.ask(scope, ENTRIES, &query.to_text()).await?)
        })
    }
}
