//! Money in and out over HTTP, and its history, when clients are careless, impatient or hostile.

mod bad_input;
mod begun;
mod history;
mod keys;
mod spending;

use croupier::demo::client::Answer;
use http::{HeaderValue, Method, header};
use serde_json::{Value, json};

use crate::{
    books::written,
    harness::{Guest, House},
};

const WAYS: [&str; 2] = ["deposits", "withdrawals"];

/// A request to move money, as raw as wanted.
struct Slip<'a> {
    what: &'a str,
    keys: Vec<HeaderValue>,
    kind: Option<&'a str>,
    body: Vec<u8>,
}
impl<'a> Slip<'a> {
    fn new(what: &'a str, key: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            what,
            keys: vec![HeaderValue::from_str(key).unwrap()],
            kind: Some("application/json"),
            body: body.into(),
        }
    }

    fn of(what: &'a str, key: &str, amount: &str) -> Self {
        Self::new(
            what,
            key,
            json!({ "amount": amount, "currency": "EUR" }).to_string(),
        )
    }

    async fn hand_in(self, guest: &Guest) -> Answer {
        let mut request = guest
            .casino
            .request(Method::POST, &format!("/api/v1/wallet/{}", self.what))
            .bearer_auth(&guest.token);
        for key in self.keys {
            request = request.header("idempotency-key", key);
        }
        if let Some(kind) = self.kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        guest.casino.send(request.body(self.body)).await.unwrap()
    }
}
/// An answer as far as it must be the same again.
fn lasting(answer: &Answer) -> (u16, Value) {
    let mut body = answer.body.clone();
    if let Some(problem) = body.as_object_mut() {
        problem.remove("request_id");
    }
    (answer.status.as_u16(), body)
}
async fn wallet(guest: &Guest) -> Value {
    guest
        .casino
        .get("/api/v1/wallet", Some(&guest.token))
        .await
        .unwrap()
        .body
}
/// Hands each slip in twice: the same refusal both times, these fields named, and nothing written.
async fn refused<'a>(
    house: &House,
    guest: &Guest,
    slips: impl Iterator<Item = [Slip<'a>; 2]>,
    status: u16,
    code: &str,
    fields: &[&str],
) {
    let before = (written(house, 1).await, wallet(guest).await);
    for [first, again] in slips {
        let shown: String = String::from_utf8_lossy(&first.body).chars().take(200).collect();
        let (what, keys) = (first.what, first.keys.clone());
        let (first, again) = (first.hand_in(guest).await, again.hand_in(guest).await);
        assert_eq!(
            (first.status.as_u16(), first.code()),
            (status, code),
            "{what} {keys:?} {shown}: {first:?}"
        );
        assert_eq!(
            first.faulty_fields(),
            fields,
            "{what} {keys:?} {shown}: {first:?}"
        );
        assert_eq!(first.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(lasting(&first), lasting(&again), "{what} {shown}");
    }
    assert_eq!((written(house, 1).await, wallet(guest).await), before);
}
