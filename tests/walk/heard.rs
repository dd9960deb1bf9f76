//! A call, and what was said to it, to the byte.

use croupier::demo::client::Casino;
use croupier_brand::Clock;
use croupier_game::{
    conformance::{Class, Message, Seat},
    hub88::simulator::SimulatorKey,
    provider::Protocol,
};
use http::{HeaderMap, Method};
use serde_json::Value;

use crate::{harness::House, providers::key};

/// A call that is not sent yet.
#[derive(Clone, Debug)]
pub struct Call {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Value>,
    of: Option<(&'static Protocol, Message)>,
}

impl Call {
    /// A call of this address.
    pub fn new(method: Method, path: &str) -> Self {
        Self {
            method,
            path: path.to_owned(),
            headers: Vec::new(),
            body: None,
            of: None,
        }
    }

    /// `GET`.
    pub fn get(path: &str) -> Self {
        Self::new(Method::GET, path)
    }

    /// `POST` of a document.
    pub fn post(path: &str, body: Value) -> Self {
        Self {
            body: Some(body),
            ..Self::new(Method::POST, path)
        }
    }

    pub fn put(path: &str, body: Value) -> Self {
        Self {
            method: Method::PUT,
            ..Self::post(path, body)
        }
    }

    /// With a header more.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a bearer token.
    pub fn by(self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    /// With a parameter more in its query.
    pub fn asking(mut self, name: &str, value: &str) -> Self {
        let sign = if self.path.contains('?') { '&' } else { '?' };
        self.path.push_str(&format!("{sign}{name}={value}"));
        self
    }

    /// With a field more in its document, if it has one.
    pub fn saying(mut self, name: &str, value: Value) -> Option<Self> {
        self.body.as_mut()?[name] = value;
        Some(self)
    }

    /// What a provider says, with what proves it.
    pub fn of_provider(house: &House, protocol: &'static Protocol, message: Message) -> Self {
        let prefix = format!("/callbacks/{}", protocol.spec.name);
        let message = protocol
            .driver()
            .sign(&key(house, protocol), &prefix, message, Clock::system().now());
        Self {
            headers: message.headers.clone(),
            of: Some((protocol, message.clone())),
            ..Self::new(Method::POST, &format!("{prefix}{}", message.path))
        }
    }

    /// Signed by the game provider.
    pub fn signed(self, house: &House) -> Self {
        let (keys, kid) = house.local.provider_key();
        let key = SimulatorKey::from_pem(&std::fs::read(keys.private_path(&kid)).unwrap()).unwrap();
        let body = self.body.as_ref().map(Value::to_string).unwrap_or_default();
        let signature = key.sign(body.as_bytes()).unwrap();
        self.with("x-hub88-signature", &signature)
    }

    /// Sends it to a casino's door.
    pub async fn to(&self, casino: &Casino) -> Heard {
        let mut request = casino.request(self.method.clone(), &self.path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(body) = &self.body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        if let Some((_, message)) = &self.of {
            request = request.body(message.body.clone());
        }
        let answer = request.send().await.unwrap();
        Heard {
            protocol: self.of.as_ref().map(|(protocol, _)| *protocol),
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer.text().await.unwrap(),
        }
    }
}

/// What was said to a call.
#[derive(Clone, Debug)]
pub struct Heard {
    protocol: Option<&'static Protocol>,
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Heard {
    /// The status, and what a program goes by: a problem's code, or the status that the provider's protocol has in its
    /// answers.
    pub fn said(&self) -> (u16, String) {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        let word = |field: &str| body[field].as_str().unwrap_or_default();
        let protocol = Some(word("status")).filter(|status| status.starts_with("RS_"));
        let code = if self.status >= 400 { word("code") } else { "" };
        (self.status, protocol.unwrap_or(code).to_owned())
    }

    /// What a provider understands.
    pub fn class(&self) -> Option<Class> {
        let seat = Seat {
            user: String::new(),
            token: String::new(),
            game: String::new(),
            currency: "EUR".to_owned(),
        };
        let heard = |protocol: &Protocol| protocol.driver().hear(self.status, self.body.as_bytes(), &seat);
        self.protocol.map(|protocol| heard(protocol).class)
    }

    /// Whether it was turned down.
    pub fn is_refusal(&self) -> bool {
        if let Some(class) = self.class() {
            // That there is no such bet may be told, and the rollback of it kept in mind.
            return !matches!(class, Class::Done | Class::Repeated | Class::NoReference);
        }
        let (status, word) = self.said();
        status >= 400 || word.starts_with("RS_ERROR")
    }

    /// All of it but the time of day and the request's own id, with what `names` say in place of the texts they stand
    /// for, so that two answers which differ in those texts alone are equal. What was `generated` for the answer, by
    /// the name of its field, is left out as well.
    pub fn but_for<'a>(
        &self,
        names: impl IntoIterator<Item = (&'a str, &'a str)>,
        generated: &[&str],
    ) -> String {
        let mut body = self.body.clone();
        let document: Value = serde_json::from_str(&body).unwrap_or_default();
        let mut made = Vec::new();
        collect(&document, generated, &mut made);
        for text in made {
            body = body.replace(&format!("\"{text}\""), "\"<made for this answer>\"");
        }
        if let Some(id) = self.headers.get("x-request-id") {
            body = body.replace(id.to_str().unwrap(), "<request>");
        }
        let mut names: Vec<_> = names.into_iter().collect();
        // One may be part of another.
        names.sort_by_key(|(_, text)| std::cmp::Reverse(text.len()));
        for (name, text) in names {
            body = body.replace(text, &format!("<{name}>"));
        }
        let mut headers: Vec<_> = self
            .headers
            .iter()
            .filter(|(name, _)| !["date", "x-request-id", "content-length"].contains(&name.as_str()))
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        headers.sort();
        format!("{}\n{}\n\n{body}", self.status, headers.join("\n"))
    }
}

/// The texts of some fields, wherever they stand in a document.
fn collect(document: &Value, fields: &[&str], found: &mut Vec<String>) {
    match document {
        Value::Object(object) => {
            for (name, value) in object {
                match value {
                    Value::String(text) if fields.contains(&name.as_str()) => found.push(text.clone()),
                    other => collect(other, fields, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, fields, found)),
        _ => {}
    }
}
