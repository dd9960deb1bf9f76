//! Redis is not believed: whatever is written there, a host is whose PostgreSQL says it is.

use std::time::Duration;

use croupier::local::BRANDS;
use croupier_brand::enforcement::Mode;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::traffic::Traffic;
use crate::{
    harness::{Cluster, House},
    kills::house::{Outside, until},
};

async fn redis<T: redis::FromRedisValue>(url: &str, command: &redis::Cmd) -> T {
    let client = redis::Client::open(url).unwrap();
    command
        .query_async(&mut client.get_multiplexed_async_connection().await.unwrap())
        .await
        .unwrap()
}

/// What Redis holds of a domain, as an outsider reads it.
async fn projected(url: &str, domain: &str) -> [Option<Value>; 2] {
    let mut read = redis::cmd("MGET");
    for name in ["agent", "level"] {
        read.arg(format!("domain:{name}:{domain}"));
    }
    let [agent, level]: [Option<String>; 2] = redis(url, &read).await;
    [agent, level].map(|text| text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Writes a projection without a flaw that says what it likes.
async fn poison(url: &str, domain: &str, brand: i32, version: i64) {
    let mut write = redis::cmd("MSET");
    for (name, field) in [("agent", "agent_id"), ("level", "level")] {
        write
            .arg(format!("domain:{name}:{domain}"))
            .arg(json!({ "brand_id": brand, "version": version, field: null }).to_string());
    }
    redis(url, &write).await
}

#[tokio::test]
async fn iso_15_the_projection_binds_each_host_to_one_brand() {
    let house = House::open().await;
    for brand in BRANDS {
        let casino = house.at(brand.domain);
        assert_eq!(casino.get("/api/v1/brand", None).await.unwrap().status, 200);
        until("the projection is there", async || {
            projected(&house.local.redis_url, brand.domain)
                .await
                .iter()
                .all(|key| key.as_ref().is_some_and(|key| key["brand_id"] == brand.id))
        })
        .await;
    }
}

#[tokio::test]
async fn iso_15_whatever_is_in_redis_a_host_is_its_own_brands_and_the_projection_is_mended() {
    let local = Cluster::get().await.house().await;
    let house = Outside::of(local.clone());
    let server = house.serve().await;
    let (url, domain) = (&local.redis_url, BRANDS[0].domain);
    let traffic = Traffic::at(&[house.serving.edge()], domain);
    traffic.settled("aurora").await;
    let keys = ["agent", "level"].map(|name| format!("domain:{name}:{domain}"));
    let write = |command: &str, values: [&str; 2]| {
        let mut pipe = redis::pipe();
        pipe.del(&keys[0]).del(&keys[1]);
        for (key, value) in keys.iter().zip(values) {
            pipe.cmd(command).arg(key).arg(value);
        }
        pipe
    };
    let bonanza = r#"{"brand_id":2,"version":9,"agent_id":null}"#;
    let writings = [
        (
            "another brand's, of a version to come",
            write("SET", [bonanza, r#"{"brand_id":2,"version":9,"level":null}"#]),
        ),
        (
            "another brand's, of this version",
            write(
                "SET",
                [
                    r#"{"brand_id":2,"version":2,"agent_id":null}"#,
                    r#"{"brand_id":2,"version":2,"level":null}"#,
                ],
            ),
        ),
        (
            "another brand's, of the last version there is",
            write(
                "SET",
                [
                    r#"{"brand_id":2,"version":9223372036854775807,"agent_id":null}"#,
                    r#"{"brand_id":2,"version":9223372036854775807,"level":null}"#,
                ],
            ),
        ),
        (
            "a version that is no number of ours",
            write(
                "SET",
                [
                    r#"{"brand_id":2,"version":1e300}"#,
                    r#"{"brand_id":2,"version":1e300}"#,
                ],
            ),
        ),
        (
            "two brands'",
            write("SET", [bonanza, r#"{"brand_id":1,"version":9,"level":null}"#]),
        ),
        ("no JSON", write("SET", ["not json", "{"])),
        ("lists", write("RPUSH", [bonanza, "x"])),
        ("sets", write("SADD", [bonanza, "x"])),
    ];
    for (what, writing) in writings {
        let client = redis::Client::open(url.as_str()).unwrap();
        writing
            .query_async::<()>(&mut client.get_multiplexed_async_connection().await.unwrap())
            .await
            .unwrap();
        until(what, async || {
            projected(url, domain).await.iter().all(|key| {
                key.as_ref()
                    .is_some_and(|key| key["brand_id"] == 1 && key["version"] == 2)
            })
        })
        .await;
    }
    for _ in 0..20 {
        redis::<()>(url, &redis::cmd("FLUSHDB")).await;
        sleep(Duration::from_millis(50)).await;
    }
    until("the projection is there again", async || {
        projected(url, domain).await.iter().all(Option::is_some)
    })
    .await;
    let said = traffic.take();
    let wrong = said
        .iter()
        .find(|said| (said.status, said.what.as_str()) != (200, "aurora"));
    assert!(wrong.is_none(), "{wrong:?}");
    drop(traffic);
    server.stop().await;
}

#[tokio::test]
async fn iso_15_a_host_that_only_redis_knows_is_nobodys() {
    let house = House::with(|config| {
        config.enforcement = Mode::Observe;
        config.brands.default = None;
    })
    .await;
    poison(&house.local.redis_url, "nowhere.localhost", 2, 1).await;
    let answer = house
        .at("nowhere.localhost")
        .get("/api/v1/brand", None)
        .await
        .unwrap();
    assert_eq!((answer.status.as_u16(), answer.code()), (404, "unknown_domain"));
}

#[tokio::test]
async fn a_domain_whose_brand_is_not_known_here_does_not_run_under_the_default_brand() {
    let house = House::with(|config| {
        config.enforcement = Mode::Observe;
        config.brands.default = Some("aurora".to_owned());
    })
    .await;
    assert_eq!(
        house
            .at("nobodys.localhost")
            .get("/api/v1/brand", None)
            .await
            .unwrap()
            .text("code"),
        "aurora"
    );
    // As a newer version would, with a currency that this one does not know.
    for statement in [
        "INSERT INTO brand (id, code, name, currency) VALUES (77, 'zeta', 'Zeta', 'QQQ')",
        "INSERT INTO brand_domain (domain, brand_id) VALUES ('new.localhost', 77)",
    ] {
        sqlx::query(statement).execute(&house.owner).await.unwrap();
    }
    let answer = house
        .at("new.localhost")
        .get("/api/v1/brand", None)
        .await
        .unwrap();
    assert_eq!((answer.status.as_u16(), answer.code()), (503, "unavailable"));
}
