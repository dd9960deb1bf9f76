//! The edge over real HTTP: hosts, headers, limits, refusals.

use std::time::Duration;

use croupier_brand::enforcement::Mode;
use http::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::harness::{House, until};

/// Sends bytes as they are and gives the status line and the body: what no HTTP client would send.
async fn raw(house: &House, request: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(house.edge.trim_start_matches("http://"))
        .await
        .unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_string(&mut answer)).await;
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or(0);
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

async fn brand_of(house: &House, host: &str) -> (u16, String) {
    let (status, body) = raw(
        house,
        &format!("GET /api/v1/brand HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
    )
    .await;
    (status, body["code"].as_str().unwrap_or("").to_owned())
}

#[tokio::test]
async fn iso_01_iso_02_iso_03_spellings_of_a_host_lead_to_its_brand() {
    let house = House::open().await;
    for host in [
        "aurora.localhost",
        "AURORA.LocalHost",
        "aurora.localhost.",
        "aurora.localhost:443",
        "Aurora.localhost.:8080",
    ] {
        assert_eq!(brand_of(&house, host).await, (200, "aurora".to_owned()), "{host}");
    }
    for host in [
        "aurora.localhost:99999",
        "aurora.localhost:",
        "aurora.localhost:80:80",
        "aurora@localhost",
        "aurora localhost",
        "aurora,localhost",
        "",
    ] {
        let (status, code) = brand_of(&house, host).await;
        assert_eq!(status, 400, "{host:?} {code}");
    }
}

#[tokio::test]
async fn iso_06_two_host_headers_are_refused() {
    let house = House::open().await;
    let request = "GET /api/v1/brand HTTP/1.1\r\nHost: aurora.localhost\r\nHost: bonanza.localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(raw(&house, request).await.0, 400);
    let same = "GET /api/v1/brand HTTP/1.1\r\nHost: aurora.localhost\r\nHost: aurora.localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(raw(&house, same).await.0, 400);
}

#[tokio::test]
async fn iso_07_an_absolute_target_must_be_the_host() {
    let house = House::open().await;
    let other = "GET http://bonanza.localhost/api/v1/brand HTTP/1.1\r\nHost: aurora.localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(raw(&house, other).await.0, 400);
    let same = "GET http://aurora.localhost/api/v1/brand HTTP/1.1\r\nHost: aurora.localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(raw(&house, same).await.1["code"], "aurora");
}

#[tokio::test]
async fn iso_09_forwarded_hosts_of_a_stranger_do_not_count() {
    let house = House::open().await;
    for header in [
        "X-Forwarded-Host: bonanza.localhost",
        "Forwarded: host=bonanza.localhost",
        "X-Original-Host: bonanza.localhost",
        "X-Host: bonanza.localhost",
    ] {
        let request = format!(
            "GET /api/v1/brand HTTP/1.1\r\nHost: aurora.localhost\r\n{header}\r\nConnection: close\r\n\r\n"
        );
        assert_eq!(raw(&house, &request).await.1["code"], "aurora", "{header}");
    }
    let trusting =
        House::with(|config| config.edge.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]).await;
    let request = "GET /api/v1/brand HTTP/1.1\r\nHost: lb.internal\r\nX-Forwarded-Host: bonanza.localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(raw(&trusting, request).await.1["code"], "bonanza");
}

#[tokio::test]
async fn iso_10_iso_16_an_ip_address_or_no_host_is_no_brands() {
    let house = House::with(|config| config.brands.default = Some("aurora".to_owned())).await;
    for host in ["127.0.0.1", "127.0.0.1:8080", "[::1]", "2130706433"] {
        assert_eq!(brand_of(&house, host).await.0, 400, "{host}");
    }
    assert_eq!(raw(&house, "GET /api/v1/brand HTTP/1.0\r\n\r\n").await.0, 400);
}

#[tokio::test]
async fn iso_11_apex_www_and_sub_domains_inherit_nothing() {
    let house = House::open().await;
    for host in [
        "localhost",
        "www.aurora.localhost",
        "a.b.aurora.localhost",
        "xaurora.localhost",
        "aurora.localhost.evil.example",
    ] {
        assert_eq!(
            brand_of(&house, host).await,
            (404, "unknown_domain".to_owned()),
            "{host}"
        );
    }
}

#[tokio::test]
async fn iso_13_an_unknown_host_learns_nothing_of_brands() {
    let house = House::open().await;
    let unknown = house.at("nowhere.localhost");
    for path in ["/api/v1/brand", "/api/v1/games", "/api/v1/me", "/api/v1/wallet"] {
        let answer = unknown.get(path, None).await.unwrap();
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (404, "unknown_domain"),
            "{path}"
        );
        let text = answer.body.to_string();
        assert!(
            !text.contains("aurora") && !text.contains("bonanza") && !text.contains("nowhere"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn iso_12_one_http2_connection_serves_each_host_its_own_brand() {
    let house = House::open().await;
    let client = reqwest::Client::builder()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    for (host, brand) in [
        ("aurora.localhost", "aurora"),
        ("bonanza.localhost", "bonanza"),
        ("aurora.localhost", "aurora"),
    ] {
        let edge: std::net::SocketAddr = house.edge.trim_start_matches("http://").parse().unwrap();
        let client = reqwest::Client::builder()
            .http2_prior_knowledge()
            .resolve(host, edge)
            .build()
            .unwrap();
        let answer: Value = client
            .get(format!("http://{host}:{}/api/v1/brand", edge.port()))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(answer["code"], brand);
    }
    // The same connection, with a Host that contradicts its :authority.
    let answer = client
        .get(format!("{}/api/v1/brand", house.edge))
        .header("host", "aurora.localhost")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 400);
}

#[tokio::test]
async fn iso_27_a_clients_own_brand_headers_are_removed() {
    let house = House::open().await;
    let request = house
        .aurora
        .request(Method::GET, "/api/v1/brand")
        .header("x-brand-id", "2")
        .header("x-caller-service", "gateway")
        .header("x-brand-timestamp", "1")
        .header("x-brand-signature", "v2=00")
        .header("x-service-token", "g".repeat(64))
        .header("x-request-id", "chosen-by-the-client");
    let answer = house.aurora.send(request).await.unwrap();
    assert_eq!(answer.text("code"), "aurora");
    assert_ne!(answer.headers["x-request-id"], "chosen-by-the-client");
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_with_a_request_id() {
    let house = House::open().await;
    let missing = house.aurora.get("/api/v1/nothing", None).await.unwrap();
    assert_eq!((missing.status.as_u16(), missing.code()), (404, "not_found"));
    assert_eq!(missing.headers["content-type"], "application/problem+json");
    assert_eq!(
        missing.headers["x-request-id"].to_str().unwrap(),
        missing.text("request_id")
    );
    let method = house
        .aurora
        .send(house.aurora.request(Method::PATCH, "/api/v1/brand"))
        .await
        .unwrap();
    assert_eq!(
        (method.status.as_u16(), method.code()),
        (405, "method_not_allowed")
    );
}

#[tokio::test]
async fn bodies_over_the_limit_and_of_other_kinds_are_refused() {
    let house = House::open().await;
    let big = json!({ "account": "alice", "password": "x".repeat(100_000) });
    let answer = house.aurora.post("/api/v1/players", None, &big).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.code()), (413, "body_too_large"));
    let form = house
        .aurora
        .request(Method::POST, "/api/v1/players")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("account=alice");
    let answer = house.aurora.send(form).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (415, "unsupported_media_type")
    );
}

#[tokio::test]
async fn health_shows_the_mode_and_metrics_are_for_those_who_may() {
    let house = House::in_mode(Mode::Observe).await;
    let health = house.aurora.get("/health", None).await.unwrap();
    assert_eq!(
        (health.text("status"), health.text("enforcement")),
        ("ok", "observe")
    );
    let metrics = house.aurora.get("/metrics", None).await.unwrap();
    assert_eq!(metrics.status, 200);
    assert!(
        metrics
            .body
            .as_str()
            .unwrap_or("")
            .contains("http_requests_total"),
        "{:?}",
        metrics.body
    );
    let closed = House::with(|config| config.edge.metrics_peers = Vec::new()).await;
    assert_eq!(closed.aurora.get("/metrics", None).await.unwrap().status, 404);
}

#[tokio::test]
async fn too_many_at_once_are_refused_at_once() {
    let house = House::with(|config| config.edge.max_concurrency = 1).await;
    // One request holds the only place: its body never comes.
    let mut slow = TcpStream::connect(house.edge.trim_start_matches("http://"))
        .await
        .unwrap();
    let head = "POST /api/v1/players HTTP/1.1\r\nHost: aurora.localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n";
    slow.write_all(head.as_bytes()).await.unwrap();
    let brand = async || house.aurora.get("/api/v1/brand", None).await.unwrap();
    until("the one place is taken", async || {
        let refused = brand().await;
        (refused.status.as_u16(), refused.code()) == (503, "overloaded")
    })
    .await;
    drop(slow);
    until("the place is given back when its client hung up", async || {
        brand().await.status == 200
    })
    .await;
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_answered() {
    let house = House::with(|config| config.edge.timeout_ms = 200).await;
    let head = "POST /api/v1/players HTTP/1.1\r\nHost: aurora.localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\nConnection: close\r\n\r\n";
    let (status, body) = raw(&house, head).await;
    assert_eq!((status, body["code"].as_str().unwrap()), (504, "timeout"));
}
