//! What is told to players and providers counts nobody else's doings: one and the same story told in a quiet
//! house and in a busy one differs in nothing but what is random, or the time.

use croupier_brand::Clock;
use std::{cell::RefCell, collections::BTreeSet};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as B64};
use croupier::demo::client::Answer;
use croupier_game::{
    conformance::{Message, Seat},
    hub88::simulator::{Bet, Launch, Reply, Rollback, Win, bet_body, win_body},
    provider::{PROTOCOLS, Protocol},
};
use http::Method;
use serde_json::{Map, Value, json};
use sqlx::Row;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use crate::{
    harness::{EUR, House},
    players::PASSWORD,
    providers::{every_call, key},
};

/// The bytes of a text that is encoded in it.
const CURSOR_BYTES: usize = 24;
/// The bytes of a refresh token.
const SECRET_BYTES: usize = 32;

/// What was told, and of what came from chance, the numbers.
struct Told {
    house: House,
    /// How much goes on besides, before each step.
    noise: usize,
    steps: RefCell<usize>,
    heard: RefCell<Vec<(String, Value)>>,
    ids: RefCell<Vec<Uuid>>,
}

impl Told {
    /// Players who come and play at the other brand, and at this one.
    async fn noise(&self) {
        let step = {
            let mut steps = self.steps.borrow_mut();
            *steps += 1;
            *steps
        };
        for number in 0..self.noise {
            for casino in [&self.house.bonanza, &self.house.aurora] {
                let account = format!("noise{step}.{number}");
                let (guest, launch) = self.house.player(casino, &account, "9.00").await;
                let bet = Bet::new("noise", EUR);
                assert!(self.house.provider.bet(&launch, &bet).await.unwrap().is_ok());
                let spent = guest
                    .casino
                    .move_money("withdrawals", &guest.token, "k", "1.00")
                    .await
                    .unwrap();
                assert_eq!(spent.status, 201);
            }
        }
    }

    fn hear(&self, route: &str, status: u16, body: Value) {
        let body = self.plain(body);
        self.heard
            .borrow_mut()
            .push((route.to_owned(), json!({ "status": status, "body": body })));
    }

    /// A player's request; `path` may hold what its route has in braces.
    async fn ask(&self, route: &str, path: &str, token: Option<&str>, body: Option<Value>) -> Answer {
        self.noise().await;
        let method: Method = route.split(' ').next().unwrap().parse().unwrap();
        let mut request = self
            .house
            .aurora
            .request(method, path)
            .header("idempotency-key", path);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = self.house.aurora.send(request).await.unwrap();
        let mut headers = Map::new();
        for (name, value) in &answer.headers {
            if !["date", "content-length"].contains(&name.as_str()) {
                headers.insert(name.to_string(), value.to_str().unwrap().into());
            }
        }
        let all = json!({ "headers": headers, "body": answer.body });
        self.hear(route, answer.status.as_u16(), all);
        answer
    }

    async fn provider(&self, route: &str, reply: Reply) {
        let body = serde_json::from_str(&reply.raw).unwrap();
        self.hear(&format!("POST /callbacks/hub88{route}"), reply.http_status, body);
        self.noise().await;
    }

    /// A provider's call, as it is phrased.
    async fn call(&self, protocol: &Protocol, message: Message) {
        let (driver, path) = (protocol.driver(), format!("/callbacks/{}", protocol.spec.name));
        let route = format!("POST {path}{}", message.path);
        let signed = driver.sign(&key(&self.house, protocol), &path, message, Clock::system().now());
        let path = format!("{path}{}", signed.path);
        let mut request = self.house.aurora.request(Method::POST, &path).body(signed.body);
        for (name, value) in signed.headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.unwrap();
        let (status, body) = (answer.status().as_u16(), answer.bytes().await.unwrap());
        self.hear(&route, status, serde_json::from_slice(&body).unwrap());
        self.noise().await;
    }

    /// A value without what is random in it or the time; numbers stay as they are.
    fn plain(&self, value: Value) -> Value {
        match value {
            Value::String(text) => self.plain_text(&text),
            Value::Array(values) => values.into_iter().map(|value| self.plain(value)).collect(),
            Value::Object(fields) => {
                let plain = fields.into_iter().map(|(name, value)| {
                    let value = match name.as_str() {
                        // Of a token, seconds of the time.
                        "iat" | "exp" if value.is_i64() => "<time>".into(),
                        _ => self.plain(value),
                    };
                    (name, value)
                });
                Value::Object(plain.collect())
            }
            other => other,
        }
    }

    fn plain_text(&self, text: &str) -> Value {
        if OffsetDateTime::parse(text, &Rfc3339).is_ok() {
            return "<time>".into();
        }
        if let [_, claims, _] = text.split('.').collect::<Vec<_>>()[..]
            && let Ok(claims) = B64.decode(claims)
            && let Ok(claims) = serde_json::from_slice::<Value>(&claims)
        {
            return json!({ "token": self.plain(claims) });
        }
        if let Ok(cursor) = hex::decode(text)
            && cursor.len() == CURSOR_BYTES
        {
            // What stands in front of the digest is the wallet's own count.
            return json!({ "cursor": hex::encode(&cursor[..8]) });
        }
        if B64.decode(text).is_ok_and(|secret| secret.len() == SECRET_BYTES) {
            return "<secret>".into();
        }
        let (mut plain, mut rest) = (String::new(), text);
        while !rest.is_empty() {
            let read = |length| {
                let id = Uuid::try_parse(rest.get(..length)?).ok()?;
                let ends = !rest[length..].starts_with(|next: char| next.is_ascii_hexdigit());
                // Without hyphens it may be a digest: then it is told as it is.
                let sure = length == 36 || matches!(id.get_version_num(), 4 | 7);
                (ends && sure).then_some((id, length))
            };
            // With hyphens, and for providers that take none, without.
            let taken = if let Some((id, length)) = read(36).or_else(|| read(32)) {
                self.ids.borrow_mut().push(id);
                plain.push_str(&format!("<v{}>", id.get_version_num()));
                length
            } else {
                let next = rest.chars().next().unwrap();
                plain.push(next);
                next.len_utf8()
            };
            rest = &rest[taken..];
        }
        plain.into()
    }
}

/// One player's whole story, by every route there is.
async fn story(noise: usize) -> Told {
    let told = Told {
        house: House::open().await,
        noise,
        steps: RefCell::default(),
        heard: RefCell::default(),
        ids: RefCell::default(),
    };
    for path in [
        "/health",
        "/health/live",
        "/.well-known/jwks.json",
        "/openapi.json",
    ] {
        told.ask(&format!("GET {path}"), path, None, None).await;
    }
    told.ask("GET /api/v1/brand", "/api/v1/brand", None, None).await;
    let who = json!({ "account": "alice", "password": PASSWORD });
    for _ in 0..2 {
        // The second is refused.
        told.ask("POST /api/v1/players", "/api/v1/players", None, Some(who.clone()))
            .await;
    }
    let session = told
        .ask("POST /api/v1/sessions", "/api/v1/sessions", None, Some(who))
        .await;
    let refresh = json!({ "refresh_token": session.text("refresh_token") });
    let session = told
        .ask(
            "POST /api/v1/sessions/refresh",
            "/api/v1/sessions/refresh",
            None,
            Some(refresh),
        )
        .await;
    let token = Some(session.text("access_token"));
    told.ask("GET /api/v1/me", "/api/v1/me", token, None).await;
    for what in ["deposits", "deposits", "withdrawals"] {
        let path = format!("/api/v1/wallet/{what}");
        let sum = json!({ "amount": "7.00", "currency": "EUR" });
        told.ask(&format!("POST {path}"), &path, token, Some(sum)).await;
    }
    told.ask("GET /api/v1/games", "/api/v1/games", None, None).await;
    let deposit = json!({ "amount": "50.00", "currency": "EUR" });
    let path = "/api/v1/wallet/deposits?once-more";
    told.ask("POST /api/v1/wallet/deposits", path, token, Some(deposit))
        .await;
    let launched = told
        .ask(
            "POST /api/v1/games/{game}/sessions",
            "/api/v1/games/northern-lights/sessions",
            token,
            Some(json!({})),
        )
        .await;
    let launch = Launch {
        user: launched.text("provider_account").to_owned(),
        token: launched.text("token").to_owned(),
        game_code: "clt_northernlights".to_owned(),
        currency: "EUR".to_owned(),
    };
    let url = launched.text("launch_url");
    let path = &url[url.find("/sandbox").unwrap()..];
    told.ask("GET /sandbox/launch", path, None, None).await;
    play(&told, &launch).await;
    for protocol in PROTOCOLS.iter().filter(|protocol| protocol.spec.name != "hub88") {
        let spec = protocol.spec;
        let path = format!("/api/v1/games/{}/sessions", spec.game.id);
        let route = "POST /api/v1/games/{game}/sessions";
        let launched = told.ask(route, &path, token, Some(json!({}))).await;
        let seat = Seat {
            user: launched.text("provider_account").to_owned(),
            token: launched.text("token").to_owned(),
            game: spec.game.code.to_owned(),
            currency: "EUR".to_owned(),
        };
        let driver = protocol.driver();
        let round = every_call::round("t-");
        let says = round.iter().filter_map(|say| {
            driver
                .phrase(&seat, &every_call::issued(&*driver, &seat, say))
                .ok()
        });
        for message in says.chain(every_call::besides(protocol, &seat)) {
            told.call(protocol, message).await;
        }
    }
    told.ask("GET /api/v1/wallet", "/api/v1/wallet", token, None)
        .await;
    let mut path = "/api/v1/wallet/entries?limit=2".to_owned();
    loop {
        let page = told.ask("GET /api/v1/wallet/entries", &path, token, None).await;
        match page.text("next_cursor") {
            "" => break,
            cursor => path = format!("/api/v1/wallet/entries?limit=2&cursor={cursor}"),
        }
    }
    let path = "/api/v1/wallet/limits";
    let limit = json!({ "kind": "deposit", "period": "day", "amount": "500.00", "currency": "EUR" });
    told.ask(&format!("PUT {path}"), path, token, Some(limit)).await;
    told.ask(&format!("GET {path}"), path, token, None).await;
    let path = "/api/v1/me/exclusions";
    let time_out = json!({ "kind": "time_out", "length": "1d" });
    told.ask(&format!("POST {path}"), path, token, Some(time_out))
        .await;
    let path = "/api/v1/sessions/current";
    told.ask(&format!("DELETE {path}"), path, token, None).await;
    told.ask("GET /api/v1/me", "/api/v1/me", token, None).await;
    // It names brands, to operators; a story for players has no part in it.
    let metrics = told.house.aurora.get("/metrics", None).await.unwrap();
    assert_eq!(metrics.status, 200);
    told.hear("GET /metrics", 200, Value::Null);
    told
}

async fn play(told: &Told, launch: &Launch) {
    let provider = &told.house.provider;
    let send = async |route: &str, body: Value| {
        let reply = provider.send(route, &body).await.unwrap();
        told.provider(route, reply).await;
    };
    let user = json!({ "user": launch.user, "request_uuid": Uuid::new_v4() });
    send("/user/info", user).await;
    told.provider("/user/balance", provider.balance(launch).await.unwrap())
        .await;
    let bets = [("r1", 4 * EUR), ("r2", 2 * EUR)].map(|(round, amount)| Bet::new(round, amount));
    for bet in &bets {
        send("/transaction/bet", bet_body(launch, bet)).await;
        // And once more, which tells what was told.
        send("/transaction/bet", bet_body(launch, bet)).await;
    }
    send("/transaction/win", win_body(launch, &Win::of(&bets[0], EUR))).await;
    let rollback = Rollback::of(&bets[1].transaction, "r2");
    let reply = provider.rollback(launch, &rollback).await.unwrap();
    told.provider("/transaction/rollback", reply).await;
}

#[tokio::test]
async fn iso_70_nothing_that_is_told_counts_what_others_do() {
    let (quiet, busy) = (story(0).await, story(3).await);
    let listed: BTreeSet<String> = croupier::runtime::route_list()
        .iter()
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    let visited: BTreeSet<String> = quiet
        .heard
        .borrow()
        .iter()
        .map(|(route, _)| route.clone())
        .collect();
    assert_eq!(visited, listed, "every route has its part in the story");

    let (quiet_heard, busy_heard) = (quiet.heard.borrow(), busy.heard.borrow());
    assert_eq!(quiet_heard.len(), busy_heard.len());
    for (quiet, busy) in quiet_heard.iter().zip(busy_heard.iter()) {
        assert_eq!(quiet, busy, "what others do shows");
    }
    let all = serde_json::to_string(&*quiet_heard).unwrap();
    assert!(
        all.contains("<v7>") && all.contains("<secret>") && all.contains("\"cursor\""),
        "{all}"
    );
    for version in [1, 2, 3, 5, 6, 8] {
        assert!(
            !all.contains(&format!("<v{version}>")),
            "a UUID that tells more than the time"
        );
    }

    for told in [&quiet, &busy] {
        let mut ids = told.ids.borrow().clone();
        ids.sort_unstable();
        ids.dedup();
        assert!(ids.len() > 30, "{}", ids.len());
        // Neither does what follows the time count: no two that follow one another are near.
        let random = |id: &Uuid| id.as_u64_pair().1 & ((1 << 62) - 1);
        for pair in ids.windows(2) {
            let apart = random(&pair[0]).abs_diff(random(&pair[1]));
            assert!(apart > 1 << 36, "{pair:?}");
        }
    }
}

#[tokio::test]
async fn iso_70_no_brands_number_is_told_to_players() {
    let told = story(0).await;
    for (route, answer) in told.heard.borrow().iter() {
        let mut answer = answer.clone();
        // The document speaks of fields; a token says whose it is, to whoever verifies it.
        if route == "GET /openapi.json" {
            continue;
        }
        for token in ["access_token"] {
            if let Some(body) = answer["body"]["body"].as_object_mut() {
                body.remove(token);
            }
        }
        let text = answer.to_string();
        assert!(
            !text.contains("brand_id") && !text.contains("brandId"),
            "{route}: {text}"
        );
    }
}

/// Whole numbers that the document has, and what they count.
const NUMBERS: [(&str, &str); 6] = [
    ("status", "of a problem: HTTP's"),
    ("expires_in", "seconds of a token"),
    ("amount", "money at a provider"),
    ("balance", "money at a provider"),
    ("limit", "of a page"),
    ("position", "of a game in its lobby"),
];

#[tokio::test]
async fn iso_70_the_document_has_no_number_that_names_something() {
    let house = House::open().await;
    let document = house.aurora.get("/openapi.json", None).await.unwrap().body;
    let mut ids = BTreeSet::new();
    look(&document, "", &mut |name, schema| {
        let kind = &schema["type"];
        let is = |wanted: &str| {
            kind == wanted
                || kind
                    .as_array()
                    .is_some_and(|kinds| kinds.contains(&wanted.into()))
        };
        if is("integer") || is("number") {
            assert!(
                NUMBERS.iter().any(|(known, _)| *known == name),
                "{name} is a number that nobody has thought about: {schema}"
            );
        }
        if name == "id" || name.ends_with("_id") {
            assert!(is("string"), "{name}: {schema}");
            if schema["format"] == "uuid" {
                ids.insert(name.to_owned());
            }
        }
    });
    for id in ["player_id", "deposit_id", "withdrawal_id", "entry_id"] {
        assert!(ids.contains(id), "{id} is documented as a UUID; found {ids:?}");
    }
}

/// Every named property and parameter of a document, with its schema.
fn look(value: &Value, name: &str, found: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(fields) => {
            if !name.is_empty() && fields.contains_key("type") {
                found(name, value);
            }
            if let (Some(name), Some(schema)) =
                (fields.get("name").and_then(Value::as_str), fields.get("schema"))
            {
                found(name, schema);
            }
            if let Some(properties) = fields.get("properties").and_then(Value::as_object) {
                for (name, schema) in properties {
                    look(schema, name, found);
                }
            }
            for (key, value) in fields.iter().filter(|(key, _)| *key != "properties") {
                let name = if key == "items" { name } else { "" };
                look(value, name, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| look(value, "", found)),
        _ => {}
    }
}

#[tokio::test]
async fn iso_70_the_database_numbers_no_brands_rows() {
    let house = House::open().await;
    let numbered = sqlx::query(
        "SELECT c.relname || '.' || a.attname AS column FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
           LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
          WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND c.relkind IN ('r', 'p')
            AND (a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) ~ 'nextval') ORDER BY 1",
    )
    .fetch_all(&house.owner)
    .await
    .unwrap();
    let numbered: Vec<String> = numbered.iter().map(|row| row.get("column")).collect();
    assert_eq!(numbered, ["brand.id"], "brands themselves, by the owner");
}
