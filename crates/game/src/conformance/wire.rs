//! HTTP as a provider speaks it: a call and its whole answer, or a call whose answer is never read.

use std::{iter::successors, sync::Arc, time::Duration};

use bytes::Bytes;
use croupier_brand::Clock;
use http::Request;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use reqwest::Url;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::{Message, Stop};

/// The most of an answer that is read. Protocols' answers have a few hundred bytes.
const LONGEST_ANSWER: usize = 256 * 1024;

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Came {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) took: Duration,
}

/// When a provider hangs up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HangUp {
    /// This long after the call is sent: nobody knows how far the operator came.
    After(Duration),
    /// When an answer begins to come: the operator did what it did.
    Unread,
}

/// A connection to one operator, over TLS where its address says so. Calls go where they are told: no proxy that the
/// environment names, no redirect that the operator does.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    tls: Arc<ClientConfig>,
    base: Url,
    patience: Duration,
    longest: usize,
    clock: Clock,
}

impl Wire {
    /// `authorities` are certificates (DER) that are believed beside those that browsers believe.
    pub(crate) fn new(base: Url, patience: Duration, authorities: &[Vec<u8>]) -> Result<Self, Stop> {
        let tls = trust(authorities)?;
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls.clone())
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        Ok(Self {
            http: Client::builder(TokioExecutor::new()).build(connector),
            tls: Arc::new(tls),
            base,
            patience,
            longest: LONGEST_ANSWER,
            clock: Clock::system(),
        })
    }

    /// The same, reading answers of as many bytes.
    pub(crate) fn reading(mut self, longest: usize) -> Self {
        self.longest = longest;
        self
    }

    /// The path of the operator's base URL.
    pub(super) fn prefix(&self) -> &str {
        self.base.path()
    }

    fn address(&self, message: &Message) -> String {
        format!("{}{}", self.base.as_str().trim_end_matches('/'), message.path)
    }

    /// Sends it and reads what comes.
    pub(crate) async fn post(&self, message: Message) -> Result<Came, Stop> {
        let began = self.clock.uptime();
        let failed = |why: String| Stop::Failed(format!("no answer came: {why}"));
        let mut request = Request::post(self.address(&message));
        for (name, value) in &message.headers {
            request = request.header(name, value);
        }
        let request = request
            .body(Full::from(message.body))
            .map_err(|fault| failed(fault.to_string()))?;
        let answered = async {
            let answer = self
                .http
                .request(request)
                .await
                .map_err(|fault| failed(root_cause(&fault)))?;
            let status = answer.status().as_u16();
            let body = Limited::new(answer.into_body(), self.longest).collect().await;
            let body = body.map_err(|fault| match fault.downcast_ref::<LengthLimitError>() {
                Some(_) => Stop::Failed(format!("the answer has more than {} bytes", self.longest)),
                None => failed(fault.to_string()),
            })?;
            Ok((status, body.to_bytes().to_vec()))
        };
        let (status, body) = timeout(self.patience, answered)
            .await
            .map_err(|_| failed(format!("not within {} s", self.patience.as_secs())))??;
        Ok(Came {
            status,
            body,
            took: self.clock.uptime().saturating_sub(began),
        })
    }

    /// Sends it over a connection of its own and hangs up.
    pub(super) async fn cut(&self, message: Message, when: HangUp) -> Result<(), Stop> {
        let failed = |why: String| Stop::Failed(format!("the call could not be sent: {why}"));
        let sent = async {
            let address = Url::parse(&self.address(&message)).map_err(|fault| failed(fault.to_string()))?;
            let (Some(host), Some(port)) = (address.host_str(), address.port_or_known_default()) else {
                return Err(failed("the target has no address".to_owned()));
            };
            let call = raw(&address, host, port, &message);
            // An IPv6 address has brackets in a URL and none where it is looked up.
            let host = host.trim_matches(['[', ']']);
            let stream = TcpStream::connect((host, port)).await;
            let stream = stream.map_err(|fault| failed(fault.to_string()))?;
            let cut = if address.scheme() == "https" {
                let name =
                    ServerName::try_from(host.to_owned()).map_err(|fault| failed(fault.to_string()))?;
                match TlsConnector::from(Arc::clone(&self.tls))
                    .connect(name, stream)
                    .await
                {
                    Ok(stream) => say_and_hang_up(stream, &call, when).await,
                    Err(fault) => Err(fault),
                }
            } else {
                say_and_hang_up(stream, &call, when).await
            };
            cut.map_err(|fault| failed(fault.to_string()))
        };
        match timeout(self.patience, sent).await {
            Ok(sent) => sent,
            Err(_) => Err(failed("not in time".to_owned())),
        }
    }
}

/// Whose word is taken for who the operator is.
fn trust(authorities: &[Vec<u8>]) -> Result<ClientConfig, Stop> {
    let failed = |fault: rustls::Error| Stop::Failed(format!("TLS cannot be set up: {fault}"));
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for authority in authorities {
        roots
            .add(CertificateDer::from(authority.clone()))
            .map_err(failed)?;
    }
    Ok(
        ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .with_root_certificates(roots)
            .with_no_client_auth(),
    )
}

/// Says all of it, and is gone before the answer is.
async fn say_and_hang_up(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    call: &[u8],
    when: HangUp,
) -> std::io::Result<()> {
    stream.write_all(call).await?;
    stream.flush().await?;
    match when {
        HangUp::Unread => stream.read(&mut [0; 1]).await.map(drop),
        HangUp::After(pause) => {
            tokio::time::sleep(pause).await;
            Ok(())
        }
    }
}

/// The call's bytes.
fn raw(address: &Url, host: &str, port: u16, message: &Message) -> Vec<u8> {
    let query = address
        .query()
        .map_or_else(String::new, |query| format!("?{query}"));
    let mut head = format!(
        "POST {}{query} HTTP/1.1\r\nhost: {host}:{port}\r\ncontent-length: {}\r\nconnection: close\r\n",
        address.path(),
        message.body.len()
    );
    for (name, value) in &message.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    [head.as_bytes(), &message.body].concat()
}

/// What an error comes of in the end. Its own text is left out: it may name an address, and addresses may have secrets
/// in them.
#[must_use]
pub fn root_cause(fault: &dyn std::error::Error) -> String {
    let causes = successors(fault.source(), |cause| (*cause).source());
    causes
        .last()
        .map_or_else(|| "the call failed".to_owned(), ToString::to_string)
}
