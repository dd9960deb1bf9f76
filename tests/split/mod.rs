//! The roles apart: one story across them, and what a service believes of a call.
//!
//! The attacker here stands inside: it reaches each service's own listener, past the edge.

mod away;
mod callers;
mod flag;
mod overheard;
mod replay;
mod signature;
mod versions;

use std::net::SocketAddr;

use croupier::{
    config::{Caller, HostPort},
    demo::{
        client::{Answer, Casino},
        story::Story,
    },
    runtime::{Role, route_list, service_list},
};
use croupier_brand::{
    BrandId, Clock,
    enforcement::Mode,
    http::routes::{Access, Route},
    signature::{BrandKey, BrandSigner, Secret, SignedRequest},
};
use croupier_game::hub88::simulator::{Bet, Rollback, Signing, Simulator, SimulatorKey, bet_body};
use http::{HeaderMap, HeaderValue, Method, Uri};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    harness::{Composition, Counted, EUR, House, Wire, failed, place},
    kills::house::until,
};

const SERVICES: [Role; 3] = [Role::Player, Role::Wallet, Role::Game];

async fn apart(mode: Mode, default_brand: Option<&'static str>) -> House {
    House::composed(Composition::Apart, move |config| {
        config.enforcement = mode;
        config.brands.default = default_brand.map(str::to_owned);
    })
    .await
}

/// A call straight to a service.
#[derive(Clone)]
pub struct Call {
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Call {
    pub fn get(path: &str) -> Self {
        Self {
            method: Method::GET,
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body: Vec::new(),
        }
    }

    pub fn deposit(key: &str, amount: &str) -> Self {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        Self {
            method: Method::POST,
            path: "/api/v1/wallet/deposits".to_owned(),
            headers: headers
                .into_iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect(),
            body: json!({ "amount": amount, "currency": "EUR" })
                .to_string()
                .into_bytes(),
        }
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().unwrap());
        self
    }

    /// By a player.
    pub fn by(self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    /// Signed for a brand.
    pub fn signed(self, signer: &BrandSigner, brand: i64) -> Self {
        self.signed_with(signer, brand, Uuid::new_v4())
    }

    /// Signed for a brand, under an id.
    pub fn signed_with(mut self, signer: &BrandSigner, brand: i64, id: Uuid) -> Self {
        let uri: Uri = self.path.parse().unwrap();
        let request = SignedRequest {
            method: &self.method,
            uri: &uri,
            body: &self.body,
        };
        signer.sign(&mut self.headers, BrandId::new(brand).unwrap(), id, request);
        self
    }

    /// Introduced as a caller's, for no brand.
    pub fn introduced(mut self, signer: &BrandSigner) -> Self {
        signer.introduce(&mut self.headers, Uuid::new_v4());
        self
    }

    pub async fn to(&self, service: SocketAddr) -> Answer {
        let casino = Casino::new(&format!("http://{service}"), "service.internal");
        let request = casino
            .request(self.method.clone(), &self.path)
            .headers(self.headers.clone())
            .body(self.body.clone());
        casino.send(request).await.unwrap()
    }
}

pub fn signer_of(
    house: &House,
    caller: &str,
    key: Option<BrandKey>,
    token: Option<&str>,
    clock: Clock,
) -> BrandSigner {
    let key = key.unwrap_or_else(|| house.config.signing_keys[0].clone());
    let token = token.map_or_else(
        || house.config.service_tokens[&Caller::Gateway].clone(),
        |token| Secret::new(token.to_owned()).unwrap(),
    );
    BrandSigner::new(caller, key, &token, clock).unwrap()
}

/// Signs as the edge does.
pub fn gateway(house: &House) -> BrandSigner {
    signer_of(house, "gateway", None, None, Clock::system())
}

/// The edge's clock, so many seconds off.
pub fn off_by(seconds: i64) -> Clock {
    Clock::manual(
        OffsetDateTime::from_unix_timestamp(Clock::system().unix_seconds()).unwrap()
            + Duration::seconds(seconds),
    )
}

fn refused(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.code())
}

/// Which service has a route.
fn service_of(route: &Route) -> Option<Role> {
    match route.path {
        path if path.starts_with("/api/v1/wallet") => Some(Role::Wallet),
        path if path.starts_with("/api/v1/games") || path.starts_with("/callbacks/") => Some(Role::Game),
        "/api/v1/brand" | "/health" | "/health/live" | "/metrics" | "/openapi.json" => None,
        path if path.starts_with("/api/v1/") || path.starts_with("/.well-known/") => Some(Role::Player),
        _ => None,
    }
}

#[tokio::test]
async fn the_whole_story_is_told_across_four_processes() {
    let house = apart(Mode::Enforce, None).await;
    let (keys, kid) = house.local.provider_key();
    let key = SimulatorKey::from_pem(&std::fs::read(keys.private_path(&kid)).unwrap()).unwrap();
    let told = std::sync::Mutex::new(0);
    let story = Story {
        account: "alice",
        aurora: house.aurora.clone(),
        bonanza: house.bonanza.clone(),
        nowhere: house.at("nowhere.localhost"),
        provider: Simulator::new(&format!("{}/callbacks/hub88", house.edge), key).unwrap(),
        auditor: house.owner.clone(),
        tell: &|_, _| *told.lock().unwrap() += 1,
    };
    story.play().await.unwrap();
    assert!(*told.lock().unwrap() > 25);
    for role in SERVICES {
        let health = Call::get("/health").to(house.service(role)).await;
        assert_eq!(
            (
                health.text("role"),
                health.text("status"),
                health.text("enforcement")
            ),
            (role.as_str(), "ok", "enforce")
        );
    }
    house.audit().await;
}

#[tokio::test]
async fn a_refusal_of_a_service_carries_the_edges_request_id() {
    let house = apart(Mode::Enforce, None).await;
    let a = house.guest(&house.aurora, "alice").await;
    let casino = &house.aurora;
    let answers = [
        casino.sign_up("alice", &a.password).await.unwrap(),
        casino.sign_up("x", "y").await.unwrap(),
        casino.sign_in("alice", "wrong").await.unwrap(),
        casino
            .move_money("deposits", &a.token, "k", "1.001")
            .await
            .unwrap(),
        casino
            .move_money("withdrawals", &a.token, "k", "1.00")
            .await
            .unwrap(),
        casino
            .post("/api/v1/games/no-such-game/sessions", Some(&a.token), &json!({}))
            .await
            .unwrap(),
        casino
            .send(
                casino
                    .request(Method::POST, "/api/v1/players")
                    .header("x-request-id", Uuid::nil().to_string())
                    .body("text"),
            )
            .await
            .unwrap(),
    ];
    for answer in answers {
        assert!(answer.status.is_client_error(), "{answer:?}");
        assert_eq!(
            answer.headers["content-type"],
            HeaderValue::from_static("application/problem+json"),
            "{answer:?}"
        );
        assert_eq!(
            (
                answer.headers["x-request-id"].to_str().unwrap(),
                answer.headers.get_all("x-request-id").iter().count()
            ),
            (answer.text("request_id"), 1),
            "{answer:?}"
        );
    }
}
