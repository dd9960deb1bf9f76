//! The way to a service that stands alone: connections that are kept, and every call signed.

use std::time::Duration;

use bytes::Bytes;
use http::{
    Request, Response, Uri,
    uri::{Authority, Scheme},
};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use uuid::Uuid;

use crate::{
    scope::BrandScope,
    signature::{BrandSigner, SignedRequest},
};

/// How long a connection to a service is kept without use. A service gives one up after its own
/// `header_timeout_ms` (10 s unless set otherwise); a call sent in that very moment would be lost.
const IDLE: Duration = Duration::from_secs(4);

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(2);

/// A service in another process, as one caller calls it. Cloning it shares the connections.
#[derive(Clone, Debug)]
pub struct ServiceCaller {
    authority: Authority,
    client: Client<HttpConnector, Full<Bytes>>,
    signer: BrandSigner,
}

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallFault {
    /// The target is none that a service could have.
    #[error("the target is no path: {0}")]
    Target(#[from] http::uri::InvalidUriParts),
    /// Nobody answered. What was asked for may have been done.
    #[error("the service does not answer: {0}")]
    Unanswered(#[from] hyper_util::client::legacy::Error),
}

impl ServiceCaller {
    /// The service at `authority` (`host:port`), called as the signer's caller.
    #[must_use]
    pub fn new(authority: Authority, signer: BrandSigner) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(connector);
        Self {
            authority,
            client,
            signer,
        }
    }

    /// Where the service is.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Makes a call, signed for the scope's brand or, without one, introduced. A mutation is taken once under its
    /// `id`. It is sent once: again only what never left, because the connection it was given was gone.
    ///
    /// # Errors
    /// [`CallFault`].
    pub async fn call(
        &self,
        scope: Option<&BrandScope>,
        id: Uuid,
        call: Request<Bytes>,
    ) -> Result<Response<Incoming>, CallFault> {
        let (mut parts, body) = call.into_parts();
        let target = SignedRequest {
            method: &parts.method,
            uri: &parts.uri,
            body: &body,
        };
        match scope {
            Some(scope) => self.signer.sign(&mut parts.headers, scope.id(), id, target),
            None => self.signer.introduce(&mut parts.headers, id),
        }
        let mut uri = parts.uri.into_parts();
        uri.scheme = Some(Scheme::HTTP);
        uri.authority = Some(self.authority.clone());
        parts.uri = Uri::from_parts(uri)?;
        let call = Request::from_parts(parts, Full::new(body));
        Ok(self.client.request(call).await?)
    }
}
