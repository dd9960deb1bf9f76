//! HTTP as a provider speaks it: a call and its whole answer, or a call whose answer is never read.

use std::time::Duration;

use croupier_brand::Clock;
use reqwest::{Client, Url, redirect::Policy};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};

use super::{Message, Stop};

/// The most of an answer that is read. Protocols' answers have a few hundred bytes.
const LONGEST_ANSWER: usize = 256 * 1024;

/// What came back.
#[derive(Clone, Debug)]
pub(super) struct Came {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    pub(super) took: Duration,
}

/// When a provider hangs up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HangUp {
    /// This long after the call is sent: nobody knows how far the operator came.
    After(Duration),
    /// When an answer begins to come: the operator did what it did.
    Unread,
}

/// A connection to one operator.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    http: Client,
    base: Url,
    patience: Duration,
    clock: Clock,
}

impl Wire {
    pub(super) fn new(base: Url, patience: Duration) -> Result<Self, Stop> {
        // Calls go where they are told, whatever proxy the environment or redirect the operator names.
        let http = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(patience)
            .build()
            .map_err(|fault| Stop::Failed(chain(&fault)))?;
        Ok(Self {
            http,
            base,
            patience,
            clock: Clock::system(),
        })
    }

    /// The path of the operator's base URL.
    pub(super) fn prefix(&self) -> &str {
        self.base.path()
    }

    fn address(&self, message: &Message) -> String {
        format!("{}{}", self.base.as_str().trim_end_matches('/'), message.path)
    }

    fn request(&self, message: Message) -> reqwest::RequestBuilder {
        let request = self.http.post(self.address(&message)).body(message.body);
        message
            .headers
            .into_iter()
            .fold(request, |request, (name, value)| request.header(name, value))
    }

    /// Sends it and reads what comes.
    pub(super) async fn post(&self, message: Message) -> Result<Came, Stop> {
        let failed = |fault: reqwest::Error| Stop::Failed(format!("no answer came: {}", chain(&fault)));
        let began = self.clock.uptime();
        let mut answer = self.request(message).send().await.map_err(failed)?;
        let (status, mut body) = (answer.status().as_u16(), Vec::new());
        while let Some(part) = answer.chunk().await.map_err(failed)? {
            if body.len() + part.len() > LONGEST_ANSWER {
                return Err(Stop::Failed(format!(
                    "the answer has more than {LONGEST_ANSWER} bytes"
                )));
            }
            body.extend_from_slice(&part);
        }
        Ok(Came {
            status,
            body,
            took: self.clock.uptime().saturating_sub(began),
        })
    }

    /// Sends it over a connection of its own and hangs up.
    ///
    /// Over TLS the head of the answer is waited for in either case: what was handed to TLS is not known to be sent.
    pub(super) async fn cut(&self, message: Message, when: HangUp) -> Result<(), Stop> {
        let sent = async {
            if self.base.scheme() == "http" {
                self.cut_plain(&message, when).await
            } else {
                let alone = Self::new(self.base.clone(), self.patience)?;
                let answer = alone.request(message).send().await;
                answer.map(drop).map_err(|fault| Stop::Failed(chain(&fault)))
            }
        };
        match timeout(self.patience, sent).await {
            Ok(sent) => sent,
            Err(_) => Err(Stop::Failed("the call could not be sent in time".to_owned())),
        }
    }

    async fn cut_plain(&self, message: &Message, when: HangUp) -> Result<(), Stop> {
        let failed = |fault: std::io::Error| Stop::Failed(format!("the call could not be sent: {fault}"));
        let address = Url::parse(&self.address(message)).map_err(|fault| Stop::Failed(fault.to_string()))?;
        let (Some(host), Some(port)) = (address.host_str(), address.port_or_known_default()) else {
            return Err(Stop::Failed("the target has no address".to_owned()));
        };
        // An IPv6 address has brackets in a URL and none where it is looked up.
        let mut stream = TcpStream::connect((host.trim_matches(['[', ']']), port))
            .await
            .map_err(failed)?;
        stream
            .write_all(&raw(&address, host, port, message))
            .await
            .map_err(failed)?;
        stream.flush().await.map_err(failed)?;
        match when {
            HangUp::Unread => stream.peek(&mut [0; 1]).await.map(drop).map_err(failed)?,
            HangUp::After(pause) => tokio::time::sleep(pause).await,
        }
        Ok(())
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

/// An error with what it is because of; addresses may have secrets in them and are not told.
fn chain(fault: &dyn std::error::Error) -> String {
    let mut told = Vec::new();
    let mut next = fault.source();
    while let Some(cause) = next {
        told.push(cause.to_string());
        next = cause.source();
    }
    told.pop().unwrap_or_else(|| "the call failed".to_owned())
}
