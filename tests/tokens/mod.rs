//! Tokens over HTTP: forged with the house's own key, foreign, misplaced. What a token fails by is
//! told to nobody; what it claims about a brand is judged by the flag.

mod brand;
mod forged;
mod operators;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as B64};
use croupier::demo::client::{Answer, Casino};
use croupier_brand::{
    Clock,
    enforcement::Mode,
    token::{Audience, KeyDir, Kid, OperatorClaims, PlayerClaims},
};
use futures_util::FutureExt;
use http::Method;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::harness::{Composition, Counted, Guest, House};

const ROUTES: [&str; 2] = ["/api/v1/me", "/api/v1/wallet"];

/// Signs anything as RS256, as the house itself would.
pub fn forge(house: &House, header: &Value, payload: &str) -> String {
    forge_with(&house.local.keys(), header, payload)
}

/// The same with the key of operators' tokens.
fn forge_as_operator(house: &House, header: &Value, payload: &str) -> String {
    forge_with(&house.local.operator_keys(), header, payload)
}

fn forge_with(keys: &KeyDir, header: &Value, payload: &str) -> String {
    let pem = std::fs::read(keys.private_path(&Kid::parse("local-1").unwrap())).unwrap();
    sign(
        header,
        payload,
        &EncodingKey::from_rsa_pem(&pem).unwrap(),
        Algorithm::RS256,
    )
}

fn sign(header: &Value, payload: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", B64.encode(header.to_string()), B64.encode(payload));
    format!(
        "{message}.{}",
        jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap()
    )
}

/// A header of the house's own.
pub fn header() -> Value {
    json!({ "alg": "RS256", "typ": "at+jwt", "kid": "local-1" })
}

/// What a guest's token says.
pub fn claims(guest: &Guest) -> Value {
    serde_json::from_slice(&B64.decode(guest.token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

pub fn with(claims: &Value, field: &str, value: Value) -> String {
    let mut changed = claims.clone();
    changed[field] = value;
    changed.to_string()
}

pub fn without(claims: &Value, field: &str) -> String {
    let mut changed = claims.clone();
    changed.as_object_mut().unwrap().remove(field).unwrap();
    changed.to_string()
}

async fn ask(casino: &Casino, path: &str, token: &str) -> (u16, String) {
    let answer = casino.get(path, Some(token)).await.unwrap();
    (answer.status.as_u16(), answer.code().to_owned())
}

/// Refused on every route as no token at all would be.
async fn worth_nothing(casino: &Casino, token: &str, what: &str) {
    for path in ROUTES {
        assert_eq!(
            ask(casino, path, token).await,
            (401, "unauthenticated".to_owned()),
            "{path}: {what}"
        );
    }
}

/// The name under which the edge counts.
fn edge(house: &House) -> &'static str {
    if house.admin.is_some() { "all" } else { "gateway" }
}

#[tokio::test]
async fn a_token_is_good_as_it_was_issued_and_in_no_other_spelling() {
    let house = House::open().await;
    let (a, b) = (
        house.guest(&house.aurora, "alice").await,
        house.guest(&house.bonanza, "bob").await,
    );
    let launch = a.launch("northern-lights").await;
    let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (mine, theirs) = (parts(&a.token), parts(&b.token));
    let spoiled = [
        format!("{}.{}.{}", mine[0], theirs[1], mine[2]),
        format!("{}.{}.{}", mine[0], mine[1], theirs[2]),
        format!("{}.{}.", mine[0], mine[1]),
        format!("{}.", a.token),
        format!("{}.{}", a.token, mine[2]),
        format!("{}=", a.token),
        format!("{}%2E{}%2E{}", mine[0], mine[1], mine[2]),
        a.token.to_lowercase(),
        a.refresh.clone(),
        launch.token.clone(),
        "..".to_owned(),
        "x".repeat(20_000),
    ];
    for token in spoiled {
        worth_nothing(&house.aurora, &token, &format!("{token:.60}")).await;
    }
    // And an access token opens no round.
    let with_access = croupier_game::hub88::simulator::Launch {
        token: a.token.clone(),
        ..launch
    };
    assert!(!house.provider.balance(&with_access).await.unwrap().is_ok());
    assert_eq!(ask(&house.aurora, "/api/v1/me", &a.token).await.0, 200);
}

#[tokio::test]
async fn iso_26_a_token_counts_in_its_one_place_and_there_once() {
    let house = House::open().await;
    let a = house.guest(&house.aurora, "alice").await;
    let get = |path: &str| house.aurora.request(Method::GET, path);
    let token = &a.token;
    for good in [
        format!("Bearer {token}"),
        format!("bearer {token}"),
        format!("BEARER  {token}"),
        format!("Bearer {token} "),
    ] {
        assert_eq!(
            house
                .aurora
                .send(get("/api/v1/me").header("authorization", &good))
                .await
                .unwrap()
                .status,
            200,
            "{good:.10}"
        );
    }
    let not_tokens = [
        token.clone(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Bearer{token}"),
        format!("Bearer\t{token}"),
        format!("Token {token}"),
        format!("Basic {token}"),
        format!("Bearer \"{token}\""),
        format!("Bearer token={token}"),
        format!("Bearer {token}, Bearer {token}"),
        format!("Bearer {token} {token}"),
    ];
    for value in not_tokens {
        assert_eq!(
            house
                .aurora
                .send(get("/api/v1/me").header("authorization", &value))
                .await
                .unwrap()
                .status,
            401,
            "{value:.20}"
        );
    }
    let unreadable = get("/api/v1/me").header(
        "authorization",
        http::HeaderValue::from_bytes(b"Bearer \xff").unwrap(),
    );
    assert_eq!(house.aurora.send(unreadable).await.unwrap().status, 401);
    for second in [
        format!("Bearer {token}"),
        "Bearer x".to_owned(),
        "Basic eDp5".to_owned(),
    ] {
        for pair in [
            [format!("Bearer {token}"), second.clone()],
            [second, format!("Bearer {token}")],
        ] {
            let request = get("/api/v1/me")
                .header("authorization", &pair[0])
                .header("authorization", &pair[1]);
            assert_eq!(
                house.aurora.send(request).await.unwrap().status,
                401,
                "two tokens: which was meant is not for us to guess"
            );
        }
    }
    for cookie in [
        "access_token",
        "token",
        "Authorization",
        "session",
        "jwt",
        "__Host-token",
    ] {
        let request = get("/api/v1/me").header("cookie", format!("{cookie}={token}"));
        assert_eq!(
            house.aurora.send(request).await.unwrap().status,
            401,
            "{cookie}: a sub-domain can set a cookie on its parent"
        );
    }
    for query in ["access_token", "token", "authorization", "jwt", "bearer"] {
        assert_eq!(
            house
                .aurora
                .send(get(&format!("/api/v1/me?{query}={token}")))
                .await
                .unwrap()
                .status,
            401,
            "{query}"
        );
    }
    for header in [
        "x-access-token",
        "x-authorization",
        "proxy-authorization",
        "x-forwarded-authorization",
    ] {
        assert_eq!(
            house
                .aurora
                .send(get("/api/v1/me").header(header, format!("Bearer {token}")))
                .await
                .unwrap()
                .status,
            401,
            "{header}"
        );
    }
    let refused = house.aurora.get("/api/v1/me", None).await.unwrap();
    assert_eq!(
        (
            refused.status.as_u16(),
            refused.headers["www-authenticate"].to_str().unwrap()
        ),
        (401, "Bearer")
    );
}
