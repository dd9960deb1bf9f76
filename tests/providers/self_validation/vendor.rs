//! A stand-in for Slotegrator's API: it opens sessions, and upon a signed `self-validate` plays its checks against an
//! operator's callbacks, in the order, the words and with the amounts of a run whose log an operator published.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use croupier_brand::{
    Clock,
    scope::{Mac, ProviderSecret},
};
use croupier_game::{
    conformance::{Message, ProviderKey},
    provider::Protocol,
};
use reqwest::Url;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

pub const MERCHANT: &str = "b06bced7abc649cc077f2a6aef29d67c";

/// Its API, until the test ends.
pub struct Vendor {
    /// What an operator is told.
    pub api: String,
    seen: Arc<Seen>,
}

struct Seen {
    callback: String,
    key: String,
    session: Mutex<Option<Session>>,
    calls: Mutex<usize>,
}

#[derive(Clone)]
struct Session {
    player: String,
    id: String,
    game: String,
    currency: String,
}

impl Vendor {
    /// One that calls back there, and shares this key with the operator.
    pub async fn calling(callback: &str, key: &str) -> Self {
        let seen = Arc::new(Seen {
            callback: callback.to_owned(),
            key: key.to_owned(),
            session: Mutex::default(),
            calls: Mutex::default(),
        });
        let router = Router::new()
            .route("/api/index.php/v1/games/init", post(init))
            .route("/api/index.php/v1/self-validate", post(validate))
            .with_state(Arc::clone(&seen));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = format!("http://{}/api/index.php/v1", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { api, seen }
    }

    /// How many calls it made.
    pub fn calls(&self) -> usize {
        *self.seen.calls.lock().unwrap()
    }
}

fn refused(status: StatusCode, message: &str) -> Response {
    let body = json!({"name": "Refused", "message": message, "code": 0, "status": status.as_u16()});
    (status, axum::Json(body)).into_response()
}

/// The parameters of a call that the merchant signed: its body's and headers', sorted and written as a query.
fn signed(seen: &Seen, headers: &HeaderMap, body: &[u8]) -> Option<Vec<(String, String)>> {
    let mut read = Url::parse("http://x/").unwrap();
    read.set_query(Some(std::str::from_utf8(body).ok()?));
    let parameters: Vec<(String, String)> = read.query_pairs().into_owned().collect();
    let mut all = parameters.clone();
    for name in ["X-Merchant-Id", "X-Timestamp", "X-Nonce"] {
        all.push((name.to_owned(), headers.get(name)?.to_str().ok()?.to_owned()));
    }
    all.sort();
    let mut write = Url::parse("http://x/").unwrap();
    write.query_pairs_mut().extend_pairs(&all);
    let sign = ProviderSecret::parse(&seen.key).unwrap();
    let sign = sign.prove(Mac::HmacSha1, write.query().unwrap().as_bytes());
    let good = headers.get("X-Merchant-Id")? == MERCHANT && headers.get("X-Sign")? == sign.as_str();
    good.then_some(parameters)
}

async fn init(State(seen): State<Arc<Seen>>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(said) = signed(&seen, &headers, &body) else {
        return refused(StatusCode::FORBIDDEN, "Invalid X-Sign");
    };
    let said = |name: &str| {
        let found = said.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.clone())
            .filter(|value| !value.is_empty())
    };
    let session = || {
        said("player_name")?;
        Some(Session {
            player: said("player_id")?,
            id: said("session_id")?,
            game: said("game_uuid")?,
            currency: said("currency")?,
        })
    };
    let Some(session) = session() else {
        return refused(StatusCode::UNPROCESSABLE_ENTITY, "A parameter is missing");
    };
    *seen.session.lock().unwrap() = Some(session);
    axum::Json(json!({"url": "https://play.example/a-game"})).into_response()
}

async fn validate(State(seen): State<Arc<Seen>>, headers: HeaderMap, body: Bytes) -> Response {
    if signed(&seen, &headers, &body).is_none() {
        return refused(StatusCode::FORBIDDEN, "Invalid X-Sign");
    }
    let session = seen.session.lock().unwrap().clone();
    let Some(session) = session else {
        return refused(StatusCode::NOT_FOUND, "Open a game session first");
    };
    let mut checks = Checks {
        seen,
        session,
        http: reqwest::Client::new(),
        log: Vec::new(),
        passed: true,
        balance: 0,
    };
    checks.play().await;
    axum::Json(json!({"success": checks.passed, "log": checks.log})).into_response()
}

/// Ten-thousandths: what its amounts are rounded to.
const WHOLE: i64 = 10_000;

fn read(number: &Value) -> i64 {
    let text = number.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction: String = fraction.chars().chain("0000".chars()).take(4).collect();
    whole.parse::<i64>().unwrap() * WHOLE + fraction.parse::<i64>().unwrap()
}

/// As PHP writes a number.
fn written(amount: i64) -> String {
    let text = format!("{}.{:04}", amount / WHOLE, amount % WHOLE);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn id() -> String {
    Uuid::new_v4().simple().to_string()
}

/// What an answer must be.
#[derive(Clone, Copy)]
enum Must {
    /// Done, and this is more or less than before.
    Move(i64),
    /// Refused, in whatever words.
    BeRefused,
    /// Refused for want of money.
    LackFunds,
}

type Said = Vec<(String, String)>;

struct Checks {
    seen: Arc<Seen>,
    session: Session,
    http: reqwest::Client,
    log: Vec<String>,
    passed: bool,
    /// What the operator told last.
    balance: i64,
}

impl Checks {
    fn of_player(&self, action: &str) -> Said {
        [
            ("action", action),
            ("player_id", &self.session.player),
            ("currency", &self.session.currency),
            ("session_id", &self.session.id),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    fn of_round(&self, action: &str, id: &str, round: &str, amount: i64) -> Said {
        let mut said = self.of_player(action);
        let game = self.session.game.clone();
        let more = [
            ("game_uuid", game.as_str()),
            ("transaction_id", id),
            ("type", action),
            ("round_id", round),
        ];
        said.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
        said.push(("amount".to_owned(), written(amount)));
        said
    }

    fn refund(&self, of: &str, round: Option<&str>, amount: i64) -> Said {
        let mut said = self.of_round("refund", &id(), round.unwrap_or_default(), amount);
        said.retain(|(name, value)| name != "type" && !value.is_empty());
        said.push(("bet_transaction_id".to_owned(), of.to_owned()));
        said
    }

    /// A part of what the player has.
    fn percent(&self, percent: i64) -> i64 {
        (self.balance * percent + 50) / 100
    }

    /// Says it; gives the answer if it is one.
    async fn say(&mut self, said: &Said, forged: bool) -> Option<Value> {
        *self.seen.calls.lock().unwrap() += 1;
        let mut form = Url::parse("http://x/").unwrap();
        form.query_pairs_mut().extend_pairs(said);
        let message = Message {
            path: String::new(),
            headers: Vec::new(),
            body: form.query().unwrap().as_bytes().to_vec(),
        };
        let key = if forged {
            "not-what-both-sides-have"
        } else {
            &self.seen.key
        };
        let key = ProviderKey::Secret(ProviderSecret::parse(key).unwrap());
        let driver = Protocol::named("slotegrator").unwrap().driver_of(MERCHANT);
        let message = driver.sign(&key, "", message, Clock::system().now());
        let mut request = self
            .http
            .post(&self.seen.callback)
            .header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in &message.headers {
            request = request.header(name, value);
        }
        let answer = request.body(message.body).send().await.unwrap();
        let (status, body) = (answer.status(), answer.bytes().await.unwrap());
        let read: Option<Value> = serde_json::from_slice(&body)
            .ok()
            .filter(|_| status == StatusCode::OK);
        let quoted =
            json!({"url": self.seen.callback, "query": said, "response": read, "http_code": status.as_u16()});
        self.log.push(serde_json::to_string_pretty(&quoted).unwrap());
        read
    }

    fn tell(&mut self, good: bool, well: &str, badly: &str) {
        self.passed &= good;
        self.log.push(if good { well } else { badly }.to_owned());
    }

    /// Says it, and judges the answer.
    async fn check(&mut self, what: &str, said: Said, must: Must) -> Option<Value> {
        self.log.push(format!("Sending {what} request with {said:?}"));
        let before = self.balance;
        let answer = self.say(&said, false).await;
        let code = answer.as_ref().and_then(|answer| answer["error_code"].as_str());
        let told = answer
            .as_ref()
            .map(|answer| &answer["balance"])
            .filter(|told| told.is_number());
        let told = told.map(read);
        let moved = match (code, told) {
            (None, Some(told)) => Some(told - before),
            _ => None,
        };
        let (good, word) = match must {
            Must::Move(by) => (moved == Some(by), "passed"),
            Must::BeRefused => (moved.is_none(), "rejected"),
            Must::LackFunds => (code == Some("INSUFFICIENT_FUNDS"), "rejected"),
        };
        self.balance = told.filter(|_| code.is_none()).unwrap_or(before);
        let badly = format!(
            "{what} request failed. Balance before = {}, returned balance = {}",
            written(before),
            told.map_or_else(|| "none".to_owned(), written)
        );
        self.tell(good, &format!("{what} request successfully {word}"), &badly);
        answer
    }

    async fn bet(&mut self, what: &str, id: &str, round: &str, amount: i64) -> Option<Value> {
        let said = self.of_round("bet", id, round, amount);
        self.check(what, said, Must::Move(-amount)).await
    }

    async fn win(&mut self, what: &str, id: &str, round: &str, amount: i64) -> Option<Value> {
        let said = self.of_round("win", id, round, amount);
        self.check(what, said, Must::Move(amount)).await
    }

    async fn play(&mut self) {
        self.log
            .push(format!("Use session with ID = {}", self.session.id));
        let first = self.say(&self.of_player("balance"), false).await;
        let balance = first.map(|answer| answer["balance"].clone());
        let balance = balance.filter(Value::is_number);
        self.tell(
            balance.is_some(),
            "\"balance\" request successfully passed",
            "\"balance\" request failed",
        );
        self.balance = balance.as_ref().map_or(0, read);
        let mut nobody = self.of_player("balance");
        nobody.retain(|(name, _)| name != "session_id");
        nobody[1].1 = id();
        self.check("Incorrect \"balance\"", nobody, Must::BeRefused).await;
        self.wins().await;
        self.refunds().await;
        self.round_of_many().await;
        self.other_game().await;
        self.beyond().await;
        self.forged().await;
        self.ids().await;
        self.rollback().await;
        for round in [
            &["bet", "win"][..],
            &["bet", "bet", "win"],
            &["bet", "win", "win"],
            &["bet", "bet", "win", "win"],
        ] {
            self.finished(round).await;
        }
    }

    async fn wins(&mut self) {
        let (round, won) = ("385597187", id());
        self.bet("Zero \"bet\"", &id(), round, 0).await;
        let amount = self.percent(10);
        self.win("\"win\"", &won, round, amount).await;
        let again = self.of_round("win", &won, round, amount);
        self.check("Duplicate \"win\"", again, Must::Move(0)).await;
        let refund = self.refund(&won, Some("949841987"), amount);
        self.check("Incorrect \"refund\" for WIN", refund, Must::Move(0))
            .await;
    }

    async fn refunds(&mut self) {
        let (round, nothing) = (id(), id());
        self.win("Zero \"win\"", &id(), &round, 0).await;
        self.bet("Zero \"bet\"", &nothing, &round, 0).await;
        let refund = self.refund(&nothing, Some(&round), 0);
        self.check("Zero \"refund\"", refund, Must::Move(0)).await;

        let (bet, amount) = (id(), self.percent(16));
        self.bet("\"bet\"", &bet, "486480423", amount).await;
        let again = self.of_round("bet", &bet, "486480423", amount);
        self.check("Duplicate \"bet\"", again, Must::Move(0)).await;
        let other = id();
        let refund = self.refund(&bet, Some(&other), amount);
        self.check("\"refund\"", refund, Must::Move(amount)).await;
        let refund = self.refund(&bet, Some(&other), amount);
        self.check("Duplicate \"refund\"", refund, Must::Move(0)).await;

        let (bet, amount) = (id(), self.percent(14));
        self.bet("\"bet\"", &bet, "986032154", amount).await;
        let refund = self.refund(&bet, None, amount);
        self.check("\"refund\" without round id", refund, Must::Move(amount))
            .await;
    }

    async fn round_of_many(&mut self) {
        let round = "186612343";
        let amount = self.percent(28);
        self.bet("\"bet\"", &id(), round, amount).await;
        let amount = self.percent(30);
        self.win("\"win\"", &id(), round, amount).await;
        self.win("Zero \"win\"", &id(), round, 0).await;
        let (won, amount) = (id(), self.percent(5));
        self.win("\"win\"", &won, round, amount).await;
        let again = self.of_round("win", &won, round, amount);
        self.check("Duplicate \"win\"", again, Must::Move(0)).await;
        let amount = self.percent(22);
        self.win("\"win\"", &id(), round, amount).await;
    }

    /// A code that no game has.
    async fn other_game(&mut self) {
        let (round, game) = (id(), std::mem::replace(&mut self.session.game, id()));
        self.bet("\"Bet with changed game uuid\"", &id(), &round, 0).await;
        self.win("\"Win with changed game uuid\"", &id(), &round, 0).await;
        self.session.game = game;
    }

    async fn beyond(&mut self) {
        let (bet, round) = (id(), id());
        let refund = self.refund(&bet, Some(&round), 0);
        self.check("\"refund\" without \"bet\"", refund, Must::Move(0))
            .await;
        self.bet("\"bet\" after \"refund\"", &bet, &round, 0).await;

        let (bet, amount) = (id(), self.balance + WHOLE);
        let said = self.of_round("bet", &bet, "307272205", amount);
        self.check("Exceeded \"bet\"", said, Must::LackFunds).await;
        let refund = self.refund(&bet, Some("307272205"), amount);
        self.check("\"refund\"", refund, Must::Move(0)).await;
    }

    async fn forged(&mut self) {
        self.log.push("Check signature validation".to_owned());
        let round = id();
        let said = self.of_round("win", &id(), &round, self.percent(20));
        let answer = self.say(&said, true).await;
        let refused = answer.is_none_or(|answer| answer["error_code"].is_string());
        self.tell(
            refused,
            "Signature validation successfully passed",
            "Integrator should reject request with invalid signature",
        );
        let all = self.balance;
        self.bet("\"bet\" with full balance", &id(), &round, all).await;
        self.win("\"win\"", &id(), &round, 35 * WHOLE).await;
    }

    async fn ids(&mut self) {
        self.log.push("Check transaction_id in response".to_owned());
        let (bet, round, amount) = (id(), id(), self.percent(26));
        let ours = |answer: Option<Value>| {
            answer.and_then(|answer| answer["transaction_id"].as_str().map(str::to_owned))
        };
        let first = ours(self.bet("\"bet\"", &bet, &round, amount).await);
        let again = self.of_round("bet", &bet, &round, amount);
        let again = ours(self.check("Duplicate \"bet\"", again, Must::Move(0)).await);
        self.tell(
            first.is_some_and(|first| !first.is_empty()) && again.is_some(),
            "Transaction id validation successfully passed",
            "Transaction id validation failed during the \"bet\" request",
        );
    }

    async fn rollback(&mut self) {
        self.log
            .push("Sending \"rollback\" request after round of \"bet\" \"win\"".to_owned());
        let (bet, win, round) = (id(), id(), "33344611");
        let (staked, won) = (self.percent(3), self.percent(25));
        self.bet("\"bet\"", &bet, round, staked).await;
        self.win("\"win\"", &win, round, won).await;
        let mut said = self.of_round("rollback", &id(), "", 0);
        said.retain(|(name, _)| name != "round_id" && name != "amount");
        for (at, (action, id, amount)) in [("bet", &bet, staked), ("win", &win, won)]
            .into_iter()
            .enumerate()
        {
            for (part, value) in [
                ("action", action),
                ("amount", &written(amount)),
                ("transaction_id", id),
                ("type", action),
            ] {
                said.push((format!("rollback_transactions[{at}][{part}]"), value.to_owned()));
            }
        }
        let answer = self.check("\"rollback\"", said, Must::Move(staked - won)).await;
        let listed = answer.map(|answer| answer["rollback_transactions"].clone());
        self.tell(
            listed == Some(json!([bet, win])),
            "The rollback's transactions were successfully listed",
            "The rollback's transactions should be listed",
        );
    }

    /// A round whose last call says that it is over.
    async fn finished(&mut self, calls: &[&str]) {
        let round = id();
        for (at, action) in calls.iter().enumerate() {
            let amount = self.percent(7);
            let mut said = self.of_round(action, &id(), &round, amount);
            let last = at + 1 == calls.len();
            said.push(("finished".to_owned(), if last { "1" } else { "0" }.to_owned()));
            let moved = if *action == "bet" { -amount } else { amount };
            self.check(&format!("\"{action}\""), said, Must::Move(moved))
                .await;
        }
    }
}
