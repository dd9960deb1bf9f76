//! A player's side of the API: what a front end would send, over real HTTP.

use http::{Method, StatusCode};
use serde_json::{Value, json};

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: http::HeaderMap,
    /// The body: JSON, or its text as a JSON string, or null when it is empty.
    pub body: Value,
}

impl Answer {
    /// A string of the body's object; empty when it is not there.
    #[must_use]
    pub fn text(&self, field: &str) -> &str {
        self.body[field].as_str().unwrap_or("")
    }

    /// The problem's code; empty when the answer is none.
    #[must_use]
    pub fn code(&self) -> &str {
        self.text("code")
    }

    /// The names of the fields at fault, sorted.
    #[must_use]
    pub fn faulty_fields(&self) -> Vec<&str> {
        let errors = self.body["errors"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let mut fields: Vec<_> = errors
            .iter()
            .filter_map(|error| error["field"].as_str())
            .collect();
        fields.sort_unstable();
        fields
    }
}

/// A casino as its players reach it: the edge's address and the brand's domain.
#[derive(Clone, Debug)]
pub struct Casino {
    http: reqwest::Client,
    edge: String,
    domain: String,
}

impl Casino {
    /// The casino at `domain`, by way of the edge at `edge` (`http://127.0.0.1:8080`).
    #[must_use]
    pub fn new(edge: &str, domain: &str) -> Self {
        // The edge is where it is said to be, whatever proxy the environment names.
        let http = reqwest::Client::builder().no_proxy().build().unwrap_or_default();
        Self {
            http,
            edge: edge.to_owned(),
            domain: domain.to_owned(),
        }
    }

    /// A request to be completed; it carries the brand's Host.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.edge))
            .header(http::header::HOST, &self.domain)
    }

    /// Sends a request.
    ///
    /// # Errors
    /// [`reqwest::Error`] when no answer came.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Result<Answer, reqwest::Error> {
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await?;
        let body = match serde_json::from_str(&text) {
            Ok(json) => json,
            Err(_) if text.is_empty() => Value::Null,
            Err(_) => Value::String(text),
        };
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    /// `GET`, with a token or without.
    ///
    /// # Errors
    /// [`reqwest::Error`] when no answer came.
    pub async fn get(&self, path: &str, token: Option<&str>) -> Result<Answer, reqwest::Error> {
        self.send(with(self.request(Method::GET, path), token)).await
    }

    /// `POST` of a JSON body, with a token or without.
    ///
    /// # Errors
    /// [`reqwest::Error`] when no answer came.
    pub async fn post(
        &self,
        path: &str,
        token: Option<&str>,
        body: &Value,
    ) -> Result<Answer, reqwest::Error> {
        self.send(with(self.request(Method::POST, path), token).json(body))
            .await
    }

    /// Signs a player up.
    ///
    /// # Errors
    /// [`reqwest::Error`] when no answer came.
    pub async fn sign_up(&self, account: &str, password: &str) -> Result<Answer, reqwest::Error> {
        self.post(
            "/api/v1/players",
            None,
            &json!({ "account": account, "password": password }),
        )
        .await
    }

    /// Signs a player in.
    ///
    /// # Errors
    /// [`reqwest::Error`] when no answer came.
    pub async fn sign_in(&self, account: &str, password: &str) -> Result<Answer, reqwest::Error> {
        self.post(
            "/api/v1/sessions",
            None,
            &json!({ "account": account, "password": password }),
        )
        .await
    }

    /// Signs a player out.
    ///
    /// # Errors
    /// [`reqwest::Error`] when no answer came.
    pub async fn sign_out(&self, token: &str) -> Result<Answer, reqwest::Error> {
        let request = self.request(Method::DELETE, "/api/v1/sessions/current");
        self.send(with(request, Some(token))).await
    }

    /// Gives a refresh token for new tokens.
    ///
    /// # Errors
    /// [`reqwest::Error`] when no answer came.
    pub async fn refresh(&self, token: &str) -> Result<Answer, reqwest::Error> {
        self.post(
            "/api/v1/sessions/refresh",
            None,
            &json!({ "refresh_token": token }),
        )
        .await
    }

    /// Moves money: `deposits` or `withdrawals`, under the client's own key.
    ///
    /// # Errors
    /// [`reqwest::Error`] when no answer came.
    pub async fn move_money(
        &self,
        what: &str,
        token: &str,
        key: &str,
        amount: &str,
    ) -> Result<Answer, reqwest::Error> {
        let request = self
            .request(Method::POST, &format!("/api/v1/wallet/{what}"))
            .header("idempotency-key", key);
        self.send(with(request, Some(token)).json(&json!({ "amount": amount, "currency": "EUR" })))
            .await
    }
}

fn with(request: reqwest::RequestBuilder, token: Option<&str>) -> reqwest::RequestBuilder {
    match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    }
}
