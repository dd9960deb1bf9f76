//! The provider's side: composes, signs and sends Hub88's calls over HTTP, with its own key.
//!
//! The demo, the tests and a conformance run speak through it, so what they prove is what the
//! provider would see. [`Simulator::send_raw`] sends whatever it is given, signed as it is told:
//! malformed, unsigned or tampered with.

mod calls;
mod key;

use std::time::Duration;

pub use calls::{Bet, Launch, Rollback, Win, bet_body, rollback_body, win_body};
pub use key::SimulatorKey;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{signature, wire::Status};

/// How long the provider waits for an answer before it would roll back.
const PATIENCE: Duration = Duration::from_secs(10);

/// What can go wrong on the provider's side of a call.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// Not a PEM file with an RSA private key in PKCS#8.
    #[error("is not a PEM file with an RSA PRIVATE KEY in PKCS#8")]
    NotAPrivateKey,
    /// A key could not be made or used.
    #[error("the key could not be used")]
    Crypto,
    /// No answer came.
    #[error("no answer came: {0}")]
    Http(#[from] reqwest::Error),
}

/// How a raw body is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signing {
    /// As the provider signs.
    Proper,
    /// Not at all: no header.
    Missing,
    /// With this text in the header.
    Text(String),
    /// The signature of other bytes.
    OfOther(Vec<u8>),
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP's status; the protocol's is in the body.
    pub http_status: u16,
    /// The protocol's status; none when the body is not an answer of the protocol.
    pub status: Option<Status>,
    /// The user.
    pub user: Option<String>,
    /// The request's id.
    pub request_uuid: Option<String>,
    /// The currency.
    pub currency: Option<String>,
    /// × 100 000.
    pub balance: Option<i64>,
    /// The body as it came.
    pub raw: String,
}

#[derive(Deserialize)]
struct ReplyBody {
    status: Status,
    user: Option<String>,
    request_uuid: Option<String>,
    currency: Option<String>,
    balance: Option<i64>,
}

impl Reply {
    /// Whether the request was accepted.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.status == Some(Status::Ok)
    }

    fn read(http_status: u16, raw: String) -> Self {
        match serde_json::from_str::<ReplyBody>(&raw) {
            Ok(body) => Self {
                http_status,
                status: Some(body.status),
                user: body.user,
                request_uuid: body.request_uuid,
                currency: body.currency,
                balance: body.balance,
                raw,
            },
            Err(_) => Self {
                http_status,
                status: None,
                user: None,
                request_uuid: None,
                currency: None,
                balance: None,
                raw,
            },
        }
    }
}

/// Speaks as the provider.
#[derive(Debug)]
pub struct Simulator {
    base: String,
    key: SimulatorKey,
    http: reqwest::Client,
}

impl Simulator {
    /// Calls the operator at `base_url` (`http://127.0.0.1:8080/callbacks/hub88`).
    ///
    /// # Errors
    /// [`SimulatorError::Http`] when no HTTP client can be made.
    pub fn new(base_url: &str, key: SimulatorKey) -> Result<Self, SimulatorError> {
        // The callbacks go where they are told, whatever proxy the environment names.
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
        Ok(Self {
            base: base_url.trim_end_matches('/').to_owned(),
            key,
            http,
        })
    }

    /// `/user/info`.
    ///
    /// # Errors
    /// [`SimulatorError`]; a refusal is a reply.
    pub async fn info(&self, user: &str) -> Result<Reply, SimulatorError> {
        self.send(
            "/user/info",
            &json!({ "user": user, "request_uuid": Uuid::new_v4() }),
        )
        .await
    }

    /// `/user/balance`.
    ///
    /// # Errors
    /// [`SimulatorError`]; a refusal is a reply.
    pub async fn balance(&self, launch: &Launch) -> Result<Reply, SimulatorError> {
        let body = json!({ "user": launch.user, "token": launch.token, "game_code": launch.game_code, "request_uuid": Uuid::new_v4() });
        self.send("/user/balance", &body).await
    }

    /// `/transaction/bet`.
    ///
    /// # Errors
    /// [`SimulatorError`]; a refusal is a reply.
    pub async fn bet(&self, launch: &Launch, bet: &Bet) -> Result<Reply, SimulatorError> {
        self.send("/transaction/bet", &bet_body(launch, bet)).await
    }

    /// `/transaction/win`.
    ///
    /// # Errors
    /// [`SimulatorError`]; a refusal is a reply.
    pub async fn win(&self, launch: &Launch, win: &Win) -> Result<Reply, SimulatorError> {
        self.send("/transaction/win", &win_body(launch, win)).await
    }

    /// `/transaction/rollback`.
    ///
    /// # Errors
    /// [`SimulatorError`]; a refusal is a reply.
    pub async fn rollback(&self, launch: &Launch, rollback: &Rollback) -> Result<Reply, SimulatorError> {
        self.send("/transaction/rollback", &rollback_body(launch, rollback))
            .await
    }

    /// Signs and sends any document.
    ///
    /// # Errors
    /// [`SimulatorError`]; a refusal is a reply.
    pub async fn send(&self, path: &str, body: &impl Serialize) -> Result<Reply, SimulatorError> {
        let body = serde_json::to_vec(body).map_err(|_| SimulatorError::Crypto)?;
        self.send_raw(path, body, &Signing::Proper).await
    }

    /// Sends these very bytes, signed as told.
    ///
    /// # Errors
    /// [`SimulatorError`]; a refusal is a reply.
    pub async fn send_raw(
        &self,
        path: &str,
        body: Vec<u8>,
        signing: &Signing,
    ) -> Result<Reply, SimulatorError> {
        let signature = match signing {
            Signing::Proper => Some(self.key.sign(&body)?),
            Signing::Missing => None,
            Signing::Text(text) => Some(text.clone()),
            Signing::OfOther(bytes) => Some(self.key.sign(bytes)?),
        };
        let mut request = self
            .http
            .post(format!("{}{path}", self.base))
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(body);
        if let Some(signature) = signature {
            request = request.header(signature::HEADER, signature);
        }
        let response = request.send().await?;
        let http_status = response.status().as_u16();
        Ok(Reply::read(http_status, response.text().await?))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::hub88::wire::{BetRequest, Request, RollbackRequest, WinRequest};

    fn launch() -> Launch {
        Launch {
            user: "auroraalice".into(),
            token: "t".into(),
            game_code: "clt_northernlights".into(),
            currency: "EUR".into(),
        }
    }

    #[test]
    fn a_key_survives_its_file() {
        let key = SimulatorKey::generate().unwrap();
        let again = SimulatorKey::from_pem(key.private_pem().unwrap().as_bytes()).unwrap();
        assert_eq!(key.public_pem(), again.public_pem());
        assert_eq!(key.sign(b"test").unwrap(), again.sign(b"test").unwrap());
        assert!(SimulatorKey::from_pem(key.public_pem().as_bytes()).is_err());
        assert!(SimulatorKey::from_pem(b"").is_err());
    }

    #[test]
    fn what_it_sends_is_what_the_adapter_reads() {
        let bet = Bet::new("r1", 100_000);
        let read = BetRequest::parse(bet_body(&launch(), &bet).to_string().as_bytes()).unwrap();
        assert_eq!(
            (read.movement.transaction_uuid, read.movement.amount),
            (bet.transaction.clone(), 100_000)
        );
        let read = WinRequest::parse(win_body(&launch(), &Win::of(&bet, 0)).to_string().as_bytes()).unwrap();
        assert_eq!(read.reference_transaction_uuid, Some(bet.transaction.clone()));
        let read = RollbackRequest::parse(
            rollback_body(&launch(), &Rollback::of(&bet.transaction, "r1"))
                .to_string()
                .as_bytes(),
        )
        .unwrap();
        assert_eq!(read.reference_transaction_uuid, bet.transaction);
    }

    #[test]
    fn what_is_no_answer_has_no_status() {
        assert_eq!(Reply::read(502, "<html>".to_owned()).status, None);
        let reply = Reply::read(
            200,
            r#"{"status":"RS_ERROR_NOT_ENOUGH_MONEY","balance":0}"#.to_owned(),
        );
        assert_eq!(
            (reply.status, reply.balance, reply.is_ok()),
            (Some(Status::NotEnoughMoney), Some(0), false)
        );
    }
}
