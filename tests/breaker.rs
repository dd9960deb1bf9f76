//! What a brand breaker tries: one casino's guests, or nobody's, make themselves felt at another; the
//! walls are talked round rather than climbed.

use std::time::{Duration, Instant};

use croupier::{
    config::SecretUrl,
    runtime::{Parts, Role, StartError},
};
use croupier_brand::{BrandCode, BrandStatus, Clock, global};
use http::Method;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::harness::{Cluster, House};

async fn connect(house: &House) -> TcpStream {
    TcpStream::connect(house.edge.trim_start_matches("http://"))
        .await
        .unwrap()
}

/// Whether nothing has been answered yet.
fn waits(stream: &TcpStream) -> bool {
    stream
        .try_read(&mut [0; 1])
        .is_err_and(|fault| fault.kind() == std::io::ErrorKind::WouldBlock)
}

async fn redis(house: &House, command: &redis::Cmd) -> redis::Value {
    let client = redis::Client::open(house.local.redis_url.as_str()).unwrap();
    command
        .query_async(&mut client.get_multiplexed_async_connection().await.unwrap())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_made_up_method_makes_no_series_of_counters() {
    let house = House::open().await;
    let mut stream = connect(&house).await;
    let request = format!(
        "BREAKER{} /api/v1/brand HTTP/1.1\r\nHost: aurora.localhost\r\nConnection: close\r\n\r\n",
        "X".repeat(4_000)
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    let metrics = house.aurora.get("/metrics", None).await.unwrap();
    let metrics = metrics.body.as_str().unwrap();
    assert!(!metrics.contains("BREAKER"));
    assert!(metrics.contains("method=\"other\""));
}

#[tokio::test]
async fn who_connects_and_stays_silent_is_let_go() {
    let house = House::with(|config| config.edge.header_timeout_ms = 300).await;
    for said in ["", "P", "PRI * HTTP/2.0\r\n\r\nSM", "GET"] {
        let mut stream = connect(&house).await;
        stream.write_all(said.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let end = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
        assert!(end.is_ok(), "still connected after {said:?}");
    }
    // Who is slower than that between two requests is not cut off in the middle of one.
    assert_eq!(house.aurora.get("/api/v1/brand", None).await.unwrap().status, 200);
}

#[tokio::test]
async fn metrics_are_not_for_who_comes_through_a_proxy_that_no_setting_names() {
    let house = House::open().await;
    for header in ["x-forwarded-for", "forwarded", "via", "x-real-ip"] {
        let request = house
            .aurora
            .request(Method::GET, "/metrics")
            .header(header, "203.0.113.9");
        assert_eq!(house.aurora.send(request).await.unwrap().status, 404, "{header}");
    }
}

#[tokio::test]
async fn iso_59_bodies_that_never_come_close_no_other_casino() {
    let house = House::with(|config| {
        config.edge.max_concurrency = 9;
        config.edge.timeout_ms = 60_000;
    })
    .await;
    let guest = house.guest(&house.bonanza, "bob").await;
    let mut slow = Vec::new();
    for (path, host) in [
        ("/api/v1/sessions", "aurora.localhost"),
        ("/callbacks/hub88/transaction/bet", "127.0.0.1"),
    ] {
        for _ in 0..9 {
            let mut stream = connect(&house).await;
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            slow.push(stream);
        }
    }
    // Those over a share are answered; a connection that was not answered holds a place.
    let full = Instant::now();
    while house.aurora.get("/api/v1/brand", None).await.unwrap().status != 503 || slow.len() > 6 {
        slow.retain(waits);
        assert!(
            full.elapsed() < Duration::from_secs(20),
            "one casino took more than its share"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for _ in 0..20 {
        assert_eq!(guest.total().await, "0.00");
    }
    let refused = house.aurora.get("/api/v1/brand", None).await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.code()), (503, "overloaded"));
    assert_eq!(house.aurora.get("/health", None).await.unwrap().status, 200);
}

#[tokio::test]
async fn no_cache_may_keep_what_a_casino_says() {
    let house = House::open().await;
    let guest = house.guest(&house.aurora, "alice").await;
    for path in [
        "/api/v1/brand",
        "/api/v1/games",
        "/api/v1/wallet",
        "/api/v1/wallet/entries",
        "/api/v1/me",
    ] {
        let answer = house.aurora.get(path, Some(&guest.token)).await.unwrap();
        assert_eq!(
            (
                answer.status.as_u16(),
                answer.headers["cache-control"].to_str().unwrap()
            ),
            (200, "no-store"),
            "{path}"
        );
    }
    let launched = house
        .aurora
        .post(
            "/api/v1/games/northern-lights/sessions",
            Some(&guest.token),
            &json!({}),
        )
        .await
        .unwrap();
    assert_eq!(launched.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn a_body_of_nothing_but_faults_is_not_answered_with_ten_times_its_size() {
    let house = House::open().await;
    let repeated = format!("{{{}}}", vec![r#""":1"#; 13_000].join(","));
    let strange = format!(
        "{{{}}}",
        (0..6_000)
            .map(|at| format!(r#""{at:04}":1"#))
            .collect::<Vec<_>>()
            .join(",")
    );
    for body in [repeated, strange] {
        let sent = body.len();
        let request = house
            .aurora
            .request(Method::POST, "/api/v1/sessions")
            .header("content-type", "application/json")
            .body(body);
        let answer = house.aurora.send(request).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.code()), (422, "invalid_fields"));
        assert!(
            answer.body.to_string().len() < sent,
            "{} bytes for {sent}",
            answer.body.to_string().len()
        );
        assert!(
            answer.faulty_fields().contains(&"account"),
            "what is missing is named all the same"
        );
    }
}

#[tokio::test]
async fn iso_44_a_role_that_may_become_more_does_not_start() {
    let house = House::open().await;
    let mut root = PgConnection::connect(&Cluster::get().await.servers().superuser_url())
        .await
        .unwrap();
    let number = std::process::id();
    let (plain, above) = (format!("breaker_{number}"), format!("breaker_above_{number}"));
    let (rest, password) = (house.local.app_url.split_once('@').unwrap().1, "x".repeat(32));
    for statement in [
        format!("CREATE ROLE {above} BYPASSRLS NOLOGIN"),
        format!("CREATE ROLE {plain} LOGIN NOINHERIT PASSWORD '{password}' IN ROLE croupier_app"),
    ] {
        root.execute(AssertSqlSafe(statement)).await.unwrap();
    }
    let started = async |query: &str| {
        let mut config = house
            .local
            .config(&croupier::config::Environment::default())
            .unwrap();
        config.database.url = SecretUrl(format!("postgres://{plain}:{password}@{rest}{query}"));
        Parts::connect(config, Role::All, Clock::system())
            .await
            .map(|_| ())
    };
    // The tables are granted to croupier_app, so a bare member of it is no more than it.
    root.execute(AssertSqlSafe(format!("ALTER ROLE {plain} INHERIT")))
        .await
        .unwrap();
    started("").await.unwrap();
    for (more, less) in [
        (
            format!("GRANT {above} TO {plain}"),
            format!("REVOKE {above} FROM {plain}"),
        ),
        (
            format!("GRANT croupier_owner TO {plain}"),
            format!("REVOKE croupier_owner FROM {plain}"),
        ),
        (
            format!("GRANT croupier_operations TO {plain}"),
            format!("REVOKE croupier_operations FROM {plain}"),
        ),
        (
            format!("GRANT pg_read_server_files TO {plain}"),
            format!("REVOKE pg_read_server_files FROM {plain}"),
        ),
        (
            format!("ALTER ROLE {plain} CREATEROLE"),
            format!("ALTER ROLE {plain} NOCREATEROLE"),
        ),
        (
            format!("ALTER ROLE {plain} REPLICATION"),
            format!("ALTER ROLE {plain} NOREPLICATION"),
        ),
    ] {
        root.execute(AssertSqlSafe(more.clone())).await.unwrap();
        for query in ["", "?options=-c%20role%3Dcroupier_app"] {
            let refused = started(query).await.err();
            assert!(
                matches!(refused, Some(StartError::OverPrivileged)),
                "{more} {query}: {refused:?}"
            );
        }
        root.execute(AssertSqlSafe(less)).await.unwrap();
    }
    for role in [plain, above] {
        root.execute(AssertSqlSafe(format!("DROP ROLE {role}")))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn iso_25_very_many_sign_outs_hold_up_nobody() {
    let house = House::open().await;
    let (alice, gone) = (
        house.guest(&house.aurora, "alice").await,
        house.guest(&house.aurora, "gone").await,
    );
    let signed_out = house
        .aurora
        .request(Method::DELETE, "/api/v1/sessions/current")
        .bearer_auth(&gone.token);
    assert_eq!(house.aurora.send(signed_out).await.unwrap().status, 204);
    let mut rows = house.rows_of(1).await;
    rows.execute("INSERT INTO token_revocation SELECT 1, gen_random_uuid(), now() + interval '1 hour' FROM generate_series(1, 20000)").await.unwrap();
    rows.commit().await.unwrap();
    redis(&house, &redis::cmd("FLUSHDB")).await;
    let (began, me) = (Instant::now(), || {
        house.aurora.get("/api/v1/me", Some(&alice.token))
    });
    let answers = futures_util::future::join_all((0..30).map(|_| me())).await;
    assert!(answers.into_iter().all(|answer| answer.unwrap().status == 200));
    // Before the projection is whole, and after.
    while redis(&house, redis::cmd("EXISTS").arg("brand:1:revoked")).await == redis::Value::Int(0) {
        assert_eq!(
            house
                .aurora
                .get("/api/v1/me", Some(&gone.token))
                .await
                .unwrap()
                .status,
            401
        );
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "the revocations never came to Redis"
        );
    }
    assert_eq!(
        house
            .aurora
            .get("/api/v1/me", Some(&gone.token))
            .await
            .unwrap()
            .status,
        401
    );
    assert_eq!(me().await.unwrap().status, 200);
    // The marker and 20 001 revocations; the domain under its two names comes when it is used again.
    while redis(&house, &redis::cmd("DBSIZE")).await != redis::Value::Int(20_004) {
        assert_eq!(me().await.unwrap().status, 200);
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "{:?} keys",
            redis(&house, &redis::cmd("DBSIZE")).await
        );
    }
}

#[tokio::test]
async fn one_brand_in_the_database_that_cannot_be_read_here_keeps_no_other_from_being_closed() {
    let house = House::open().await;
    // As a newer version would, with a currency that this one does not know.
    sqlx::query("INSERT INTO brand (id, code, name, currency) VALUES (50, 'zeta', 'Zeta', 'QQQ')")
        .execute(&house.owner)
        .await
        .unwrap();
    assert!(
        global::set_status(
            &house.owner,
            &BrandCode::parse("bonanza").unwrap(),
            BrandStatus::Suspended,
            Clock::system().now()
        )
        .await
        .unwrap()
    );
    let closed = Instant::now();
    while house.bonanza.get("/api/v1/brand", None).await.unwrap().status != 403 {
        assert!(
            closed.elapsed() < Duration::from_secs(3),
            "the casino is still open"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
