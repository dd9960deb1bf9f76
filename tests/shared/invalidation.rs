//! What is forgotten of one brand is remembered of the other.

use std::collections::BTreeMap;

use croupier::{demo::client::Casino, local::BRANDS, runtime::Role};
use croupier_brand::{BrandCode, BrandStatus, Clock, global};
use tokio::time::{Duration, sleep};

use crate::{
    domains::{host, mover, to},
    harness::{Guest, House, Wire},
    kills::house::until,
};

async fn redis(house: &House) -> redis::aio::MultiplexedConnection {
    redis::Client::open(house.local.redis_url.as_str())
        .unwrap()
        .get_multiplexed_async_connection()
        .await
        .unwrap()
}

/// Every key of a pattern, with its value.
async fn kept(house: &House, pattern: &str) -> BTreeMap<String, Option<String>> {
    let mut redis = redis(house).await;
    let mut kept = BTreeMap::new();
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg(pattern)
        .query_async(&mut redis)
        .await
        .unwrap();
    for key in keys {
        let value = redis::cmd("GET").arg(&key).query_async(&mut redis).await.unwrap();
        kept.insert(key, value);
    }
    kept
}

async fn sign_out(guest: &Guest) -> u16 {
    let answer = guest.casino.sign_out(&guest.token).await.unwrap();
    answer.status.as_u16()
}

async fn me(guest: &Guest) -> u16 {
    let answer = guest.casino.get("/api/v1/me", Some(&guest.token)).await.unwrap();
    answer.status.as_u16()
}

#[tokio::test]
async fn iso_58_revocations_of_one_brand_flush_none_of_the_others() {
    let house = House::open().await;
    let (out, stays) = (
        house.guest(&house.bonanza, "out").await,
        house.guest(&house.bonanza, "stays").await,
    );
    let (a, b) = (
        house.guest(&house.aurora, "alice").await,
        house.guest(&house.aurora, "bella").await,
    );
    assert_eq!(sign_out(&out).await, 204);
    assert_eq!((me(&stays).await, me(&a).await), (200, 200));
    let marker = |brand| format!("brand:{brand}:revoked");
    until("both brands' revocations are in Redis", async || {
        kept(&house, "brand:*:revoked").await.len() == 2
    })
    .await;
    let before = kept(&house, "brand:2:revoked*").await;
    assert!(before.contains_key(&marker(2)) && before.len() == 2, "{before:?}");

    // A sign-out, a refresh token that comes back, and Redis forgetting all of the brand.
    assert_eq!(sign_out(&a).await, 204);
    for _ in 0..2 {
        house.aurora.refresh(&b.refresh).await.unwrap();
    }
    let aurora: Vec<String> = kept(&house, "brand:1:*").await.into_keys().collect();
    assert!(aurora.len() >= 3, "{aurora:?}");
    redis::cmd("DEL")
        .arg(&aurora)
        .query_async::<()>(&mut redis(&house).await)
        .await
        .unwrap();
    assert_eq!((me(&a).await, me(&b).await), (401, 401));
    assert_eq!(kept(&house, "brand:2:revoked*").await, before);
    assert_eq!((me(&out).await, me(&stays).await), (401, 200));
}

#[tokio::test]
async fn iso_58_a_domain_that_changes_flushes_no_other() {
    let mut house = House::open().await;
    let (database, app_url) = Wire::on(&house.local.app_url).await;
    let role = if house.admin.is_some() {
        Role::All
    } else {
        Role::Gateway
    };
    let second = house.start(role, |config| config.database.url.0 = app_url).await;
    let at_second = BRANDS.map(|brand| Casino::new(&format!("http://{second}"), brand.domain));
    let shown = async |casino: &Casino| {
        let answer = casino.get("/api/v1/brand", None).await.unwrap();
        (answer.status.as_u16(), answer.code().to_owned())
    };
    for (casino, brand) in at_second.iter().zip(BRANDS) {
        assert_eq!(shown(casino).await, (200, brand.code.to_owned()));
    }
    let projected = async || {
        let mut kept = kept(&house, "domain:*:bonanza.localhost").await;
        kept.retain(|_, value| value.is_some());
        kept
    };
    until("bonanza's domain is projected", async || {
        projected().await.len() == 2
    })
    .await;
    let before = projected().await;

    // What a message makes it forget, it could not ask about again.
    database.cut(true);
    let mut redis = redis(&house).await;
    for message in [
        "aurora.localhost",
        "",
        "*",
        "localhost",
        "bonanza.localhost",
        "\u{0}",
    ] {
        redis::cmd("PUBLISH")
            .arg("croupier:domain")
            .arg(message)
            .query_async::<()>(&mut redis)
            .await
            .unwrap();
    }
    sleep(Duration::from_millis(200)).await;
    for (casino, brand) in at_second.iter().zip(BRANDS) {
        assert_eq!(
            shown(casino).await,
            (200, brand.code.to_owned()),
            "still remembered"
        );
    }
    database.cut(false);
    let mover = mover(&house.local).await;
    mover.bind(&host("aurora.localhost"), to(2), true).await.unwrap();
    mover.unbind(&host("aurora.localhost")).await.unwrap();
    assert_eq!(shown(&at_second[1]).await, (200, "bonanza".to_owned()));
    assert_eq!(projected().await, before);
}

#[tokio::test]
async fn iso_58_a_brand_that_closes_and_opens_ends_nothing_at_another() {
    let house = House::open().await;
    let (a, b) = (
        house.guest(&house.aurora, "alice").await,
        house.guest(&house.bonanza, "bob").await,
    );
    let aurora = BrandCode::parse("aurora").unwrap();
    for status in [
        BrandStatus::Suspended,
        BrandStatus::Active,
        BrandStatus::Maintenance,
        BrandStatus::Active,
    ] {
        let now = Clock::system().now();
        assert!(
            global::set_status(&house.owner, &aurora, status, now)
                .await
                .unwrap()
        );
        let expected = match status {
            BrandStatus::Active => 200,
            BrandStatus::Suspended => 403,
            BrandStatus::Maintenance => 503,
        };
        until("the brand is open or closed", async || {
            assert_eq!(me(&b).await, 200, "{status:?}");
            me(&a).await == expected
        })
        .await;
    }
}
