//! A gateway that is cut off from PostgreSQL shows what it remembers and lets nothing be changed: the
//! domain may be another brand's by now.

use croupier::{demo::client::Casino, local::BRANDS, runtime::Role};
use http::Method;
use serde_json::json;

use super::{host, mover, to};
use crate::{
    harness::{Composition, House, Wire},
    kills::house::until,
};

const AURORA: &str = BRANDS[0].domain;

/// A house with its roles apart, whose gateway alone can be cut off from the stores.
async fn cut_off_house(hard_expiry: u32) -> (House, String, [Wire; 2]) {
    let mut house = House::composed(Composition::Apart, |_| {}).await;
    let (database, app_url) = Wire::on(&house.local.app_url).await;
    let (redis, redis_url) = Wire::on(&house.local.redis_url).await;
    let second = house
        .start(Role::Gateway, |config| {
            config.database.url.0 = app_url;
            config.redis.url.0 = redis_url;
            config.domains.hard_expiry = hard_expiry;
        })
        .await;
    (house, format!("http://{second}"), [database, redis])
}

async fn brand_at(casino: &Casino) -> (u16, String) {
    let answer = casino.get("/api/v1/brand", None).await.unwrap();
    (answer.status.as_u16(), answer.code().to_owned())
}

#[tokio::test]
async fn iso_14_a_gateway_that_cannot_ask_shows_and_changes_nothing() {
    let (house, edge, wires) = cut_off_house(600).await;
    let cut_off = Casino::new(&edge, AURORA);
    let guest = house.guest(&house.aurora, "alice").await;
    assert_eq!(brand_at(&cut_off).await, (200, "aurora".to_owned()));
    wires.iter().for_each(|wire| wire.cut(true));

    mover(&house.local)
        .await
        .bind(&host(AURORA), to(2), true)
        .await
        .unwrap();
    until(
        "the domain is its new brand's where that can be asked",
        async || brand_at(&house.aurora).await == (200, "bonanza".to_owned()),
    )
    .await;
    assert_eq!(
        brand_at(&cut_off).await,
        (200, "aurora".to_owned()),
        "what it remembers is shown"
    );
    // The services behind it can be reached and would do it: a sign-in, a sign-up, money.
    for (method, path, body) in [
        (
            Method::POST,
            "/api/v1/sessions",
            json!({ "account": "alice", "password": guest.password }),
        ),
        (
            Method::POST,
            "/api/v1/players",
            json!({ "account": "carol", "password": guest.password }),
        ),
        (
            Method::POST,
            "/api/v1/wallet/deposits",
            json!({ "amount": "1.00", "currency": "EUR" }),
        ),
        (Method::DELETE, "/api/v1/sessions/current", json!({})),
    ] {
        let request = cut_off
            .request(method, path)
            .bearer_auth(&guest.token)
            .header("idempotency-key", "key")
            .json(&body);
        let answer = cut_off.send(request).await.unwrap();
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (503, "unavailable"),
            "{path}"
        );
        assert_eq!(answer.headers["retry-after"], "1");
    }
    let unknown = Casino::new(&edge, "nowhere.localhost");
    assert_eq!(
        brand_at(&unknown).await,
        (503, "unavailable".to_owned()),
        "of what it does not remember it says nothing"
    );

    wires.iter().for_each(|wire| wire.cut(false));
    until("the domain is its new brand's", async || {
        brand_at(&cut_off).await == (200, "bonanza".to_owned())
    })
    .await;
    let tried = sqlx::query("SELECT FROM player WHERE brand_id = 1 AND account = 'carol'")
        .fetch_all(&mut *house.rows_of(1).await)
        .await
        .unwrap();
    assert!(tried.is_empty(), "nothing came of it");
}

#[tokio::test]
async fn what_is_remembered_is_shown_until_it_expires_and_not_at_all_where_that_is_set() {
    for expiry in [0, 1] {
        let (_house, edge, wires) = cut_off_house(expiry).await;
        let cut_off = Casino::new(&edge, AURORA);
        assert_eq!(brand_at(&cut_off).await, (200, "aurora".to_owned()));
        wires.iter().for_each(|wire| wire.cut(true));
        until("it shows no more", async || {
            brand_at(&cut_off).await == (503, "unavailable".to_owned())
        })
        .await;
        wires.iter().for_each(|wire| wire.cut(false));
        until("it is back", async || {
            brand_at(&cut_off).await == (200, "aurora".to_owned())
        })
        .await;
    }
}
