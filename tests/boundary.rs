//! Nothing of one brand may show in another: the whole system, over HTTP.

use croupier::local::BRANDS;
use croupier_brand::enforcement::Mode;
use croupier_game::hub88::simulator::{Bet, Launch, Rollback, Win};
use http::Method;
use serde_json::json;

use crate::{
    harness::{EUR, House},
    kills::house::{LONG, until},
};

#[tokio::test]
async fn one_account_string_is_two_players_with_two_wallets() {
    let house = House::open().await;
    let (a, b) = (
        house.guest(&house.aurora, "alice").await,
        house.guest(&house.bonanza, "alice").await,
    );
    assert_ne!(a.id, b.id);
    a.casino
        .move_money("deposits", &a.token, "k", "70.00")
        .await
        .unwrap();
    assert_eq!(
        (a.total().await, b.total().await),
        ("70.00".to_owned(), "0.00".to_owned())
    );
    house.audit().await;
}

#[tokio::test]
async fn iso_17_a_token_of_one_brand_is_refused_on_anothers_domain() {
    let house = House::open().await;
    let a = house.guest(&house.aurora, "alice").await;
    house.guest(&house.bonanza, "alice").await;
    for path in ["/api/v1/me", "/api/v1/wallet", "/api/v1/wallet/entries"] {
        let answer = house.bonanza.get(path, Some(&a.token)).await.unwrap();
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (403, "brand_mismatch"),
            "{path}"
        );
    }
    for what in ["deposits", "withdrawals"] {
        let answer = house
            .bonanza
            .move_money(what, &a.token, "k", "1.00")
            .await
            .unwrap();
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (403, "brand_mismatch"),
            "{what}"
        );
    }
    let answer = house
        .bonanza
        .post(
            "/api/v1/games/northern-lights/sessions",
            Some(&a.token),
            &json!({}),
        )
        .await
        .unwrap();
    assert_eq!((answer.status.as_u16(), answer.code()), (403, "brand_mismatch"));
}

#[tokio::test]
async fn iso_33_where_a_mismatch_is_let_pass_the_domains_brand_still_has_no_such_player() {
    for mode in [Mode::Off, Mode::Observe] {
        let house = House::in_mode(mode).await;
        let a = house.guest(&house.aurora, "alice").await;
        a.casino
            .move_money("deposits", &a.token, "k", "70.00")
            .await
            .unwrap();
        let me = house.bonanza.get("/api/v1/me", Some(&a.token)).await.unwrap();
        assert_ne!(me.status, 200, "{mode}: {me:?}");
        let wallet = house.bonanza.get("/api/v1/wallet", Some(&a.token)).await.unwrap();
        assert!(!wallet.body.to_string().contains("70.00"), "{mode}: {wallet:?}");
        let deposit = house
            .bonanza
            .move_money("deposits", &a.token, "k2", "5.00")
            .await
            .unwrap();
        assert_ne!(
            deposit.status, 201,
            "{mode}: money moved for a player the brand has not: {deposit:?}"
        );
        assert!(deposit.status.as_u16() < 500, "{mode}: {deposit:?}");
        assert_eq!(a.total().await, "70.00");
        house.audit().await;
    }
}

#[tokio::test]
async fn iso_23_iso_41_refresh_tokens_cursors_and_keys_do_not_travel() {
    let house = House::open().await;
    let (a, b) = (
        house.guest(&house.aurora, "alice").await,
        house.guest(&house.bonanza, "alice").await,
    );
    let refreshed = house.bonanza.refresh(&a.refresh).await.unwrap();
    assert_eq!(refreshed.status, 401, "{refreshed:?}");
    let again = house.aurora.refresh(&a.refresh).await.unwrap();
    assert_eq!(
        again.status, 201,
        "trying it elsewhere must not have spent it: {again:?}"
    );

    // The same key in two brands names two mutations.
    for guest in [&a, &b] {
        let made = guest
            .casino
            .move_money("deposits", &guest.token, "same-key", "10.00")
            .await
            .unwrap();
        assert_eq!((made.status.as_u16(), made.text("balance")), (201, "10.00"));
        guest
            .casino
            .move_money("deposits", &guest.token, "another", "1.00")
            .await
            .unwrap();
    }
    let page = a
        .casino
        .get("/api/v1/wallet/entries?limit=1", Some(&a.token))
        .await
        .unwrap();
    let cursor = page.text("next_cursor").to_owned();
    assert!(!cursor.is_empty(), "{page:?}");
    let stolen = b
        .casino
        .get(&format!("/api/v1/wallet/entries?cursor={cursor}"), Some(&b.token))
        .await
        .unwrap();
    assert_eq!(
        (stolen.status.as_u16(), stolen.faulty_fields()),
        (422, vec!["cursor"]),
        "{stolen:?}"
    );
}

#[tokio::test]
async fn iso_42_a_callback_moves_money_in_its_accounts_brand_only() {
    let house = House::open().await;
    let (a, launch_a) = house.player(&house.aurora, "alice", "100.00").await;
    let (b, launch_b) = house.player(&house.bonanza, "alice", "100.00").await;
    let bet = Bet::new("round", 10 * EUR);
    // The same transaction and round in both brands: two bets.
    for launch in [&launch_a, &launch_b] {
        assert!(house.provider.bet(launch, &bet).await.unwrap().is_ok());
    }
    assert!(
        house
            .provider
            .win(&launch_a, &Win::of(&bet, 30 * EUR))
            .await
            .unwrap()
            .is_ok()
    );
    assert_eq!(
        (a.total().await, b.total().await),
        ("120.00".to_owned(), "90.00".to_owned())
    );
    assert!(
        house
            .provider
            .rollback(&launch_b, &Rollback::of(&bet.transaction, "round"))
            .await
            .unwrap()
            .is_ok()
    );
    assert_eq!(
        (a.total().await, b.total().await),
        ("120.00".to_owned(), "100.00".to_owned())
    );
    house.audit().await;
}

#[tokio::test]
async fn a_game_token_of_one_brand_is_worth_nothing_with_anothers_account() {
    let house = House::open().await;
    let (a, launch_a) = house.player(&house.aurora, "alice", "100.00").await;
    let (b, launch_b) = house.player(&house.bonanza, "alice", "100.00").await;
    let mixed = Launch {
        user: launch_b.user.clone(),
        ..launch_a.clone()
    };
    let reply = house.provider.bet(&mixed, &Bet::new("round", EUR)).await.unwrap();
    assert!(!reply.is_ok(), "{reply:?}");
    let bet = Bet::new("round", EUR);
    assert!(house.provider.bet(&launch_a, &bet).await.unwrap().is_ok());
    // A's bet does not exist for B.
    let win = house
        .provider
        .win(&launch_b, &Win::of(&bet, 50 * EUR))
        .await
        .unwrap();
    assert!(!win.is_ok(), "{win:?}");
    assert_eq!(
        (a.total().await, b.total().await),
        ("99.00".to_owned(), "100.00".to_owned())
    );
    house.audit().await;
}

#[tokio::test]
async fn iso_40_a_body_cannot_name_a_brand() {
    let house = House::open().await;
    let a = house.guest(&house.aurora, "alice").await;
    let body = json!({ "account": "mallory", "password": "correct horse battery", "brand_id": 2 });
    let answer = house.aurora.post("/api/v1/players", None, &body).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.faulty_fields()),
        (422, vec!["brand_id"])
    );
    let request = a
        .casino
        .request(Method::POST, "/api/v1/wallet/deposits?brand_id=2")
        .bearer_auth(&a.token)
        .header("idempotency-key", "k")
        .json(&json!({ "amount": "1.00", "currency": "EUR", "brand_id": 2 }));
    let answer = a.casino.send(request).await.unwrap();
    assert_eq!(answer.status, 422, "{answer:?}");
    assert_eq!(a.total().await, "0.00");
}

#[tokio::test]
async fn iso_24_a_brand_that_is_closed_refuses_tokens_issued_before() {
    let house = House::open().await;
    let (a, launch) = house.player(&house.aurora, "alice", "100.00").await;
    let b = house.guest(&house.bonanza, "bob").await;
    for (status, http, code) in [
        ("suspended", 403, "brand_suspended"),
        ("maintenance", 503, "brand_maintenance"),
    ] {
        sqlx::query("UPDATE brand SET status = $1 WHERE code = 'aurora'")
            .bind(status)
            .execute(&house.owner)
            .await
            .unwrap();
        let started = std::time::Instant::now();
        loop {
            let me = a.casino.get("/api/v1/me", Some(&a.token)).await.unwrap();
            if me.status.as_u16() == http {
                assert_eq!(me.code(), code);
                break;
            }
            assert!(started.elapsed().as_secs() < 5, "still {me:?}");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert_eq!(
            b.casino.get("/api/v1/me", Some(&b.token)).await.unwrap().status,
            200,
            "the other brand is open"
        );
        // The edge and the games may stand in different processes, and each sees the change for itself.
        until("no bets are taken in a closed brand", async || {
            let bet = Bet::new("round", EUR);
            !house.provider.bet(&launch, &bet).await.unwrap().is_ok()
        })
        .await;
    }
    let [aurora, _] = BRANDS;
    assert!(
        croupier::demo::story::books_of(&house.owner, aurora.id)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn iso_14_a_domain_that_moves_is_its_new_brands_within_a_second() {
    let house = House::open().await;
    let other = House::over(house.local.clone(), crate::harness::Composition::Together, |_| {}).await;
    for gateway in [&house, &other] {
        assert_eq!(
            gateway
                .aurora
                .get("/api/v1/brand", None)
                .await
                .unwrap()
                .text("code"),
            "aurora"
        );
    }
    // Written past the map, so that no message announces it and no projection is mended: the worst case but for Redis.
    sqlx::query(
        "UPDATE brand_domain SET brand_id = 2, version = version + 1 WHERE domain = 'aurora.localhost'",
    )
    .execute(&house.owner)
    .await
    .unwrap();
    let mut connection = redis::Client::open(house.local.redis_url.as_str())
        .unwrap()
        .get_multiplexed_async_connection()
        .await
        .unwrap();
    redis::cmd("DEL")
        .arg("domain:agent:aurora.localhost")
        .arg("domain:level:aurora.localhost")
        .query_async::<()>(&mut connection)
        .await
        .unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1_000)).await;
    for gateway in [&house, &other] {
        assert_eq!(
            gateway
                .aurora
                .get("/api/v1/brand", None)
                .await
                .unwrap()
                .text("code"),
            "bonanza"
        );
    }
}

/// What Redis holds of Aurora's domain, if both keys can be read: whose each says it is.
async fn projected(connection: &mut redis::aio::MultiplexedConnection) -> Option<[serde_json::Value; 2]> {
    let read: Vec<Option<String>> = redis::cmd("MGET")
        .arg("domain:agent:aurora.localhost")
        .arg("domain:level:aurora.localhost")
        .query_async(connection)
        .await
        .unwrap();
    let brand = |key: &Option<String>| {
        let object: serde_json::Value = serde_json::from_str(key.as_deref()?).ok()?;
        Some(object["brand_id"].clone())
    };
    Some([brand(&read[0])?, brand(&read[1])?])
}

/// Asks until the projection is Aurora's again. Before every answer and after it the domain is Aurora's: the map
/// may say that it cannot tell now (PostgreSQL answers late on a machine that is busy), and never anything else.
async fn auroras_until_mended(house: &House, connection: &mut redis::aio::MultiplexedConnection, what: &str) {
    let (mut served, began) = (0, std::time::Instant::now());
    loop {
        let mended = projected(connection).await == Some([json!(1), json!(1)]);
        let answer = house.aurora.get("/api/v1/brand", None).await.unwrap();
        match (answer.status.as_u16(), answer.code()) {
            (200, "aurora") => served += 1,
            (503, "unavailable") => {}
            _ => panic!("{what}: {answer:?}"),
        }
        if mended && served > 0 {
            return;
        }
        assert!(
            began.elapsed() < LONG,
            "{what}: served {served} times, last {answer:?}; the projection is mended: {mended}"
        );
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn iso_15_a_corrupt_projection_is_not_believed_and_is_mended() {
    let house = House::open().await;
    let mut connection = redis::Client::open(house.local.redis_url.as_str())
        .unwrap()
        .get_multiplexed_async_connection()
        .await
        .unwrap();
    for (agent, level) in [
        ("not json", r#"{"brand_id":1,"version":1,"level":null}"#),
        (
            r#"{"brand_id":2,"version":9,"agent_id":null}"#,
            r#"{"brand_id":1,"version":9,"level":null}"#,
        ),
        (
            r#"{"brand_id":"2","version":9,"agent_id":null}"#,
            r#"{"brand_id":"2","version":9,"level":null}"#,
        ),
        (
            r#"{"brand_id":[1,2],"version":9}"#,
            r#"{"brand_id":[1,2],"version":9}"#,
        ),
        (
            r#"{"brand_id":-1,"version":9,"agent_id":null}"#,
            r#"{"brand_id":-1,"version":9,"level":null}"#,
        ),
    ] {
        redis::cmd("MSET")
            .arg("domain:agent:aurora.localhost")
            .arg(agent)
            .arg("domain:level:aurora.localhost")
            .arg(level)
            .query_async::<()>(&mut connection)
            .await
            .unwrap();
        auroras_until_mended(&house, &mut connection, agent).await;
    }
    redis::pipe()
        .del("domain:agent:aurora.localhost")
        .rpush("domain:agent:aurora.localhost", "a list")
        .query_async::<()>(&mut connection)
        .await
        .unwrap();
    auroras_until_mended(&house, &mut connection, "a value of the wrong type").await;
}
