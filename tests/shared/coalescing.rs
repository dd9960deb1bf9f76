//! What is asked at the same time under the same name at two brands is answered to each brand by itself.

use croupier::demo::client::Casino;
use futures_util::future::join_all;
use serde_json::json;

use super::sign_in;
use crate::{
    harness::{Guest, House},
    players::PASSWORD,
    tokens::{claims, forge, header},
};

#[tokio::test]
async fn iso_57_passwords_asked_about_at_once_are_each_brands_own() {
    let house = House::open().await;
    let passwords = ["aurora's horse battery", "bonanza's horse battery"];
    let casinos = [&house.aurora, &house.bonanza];
    for (casino, password) in casinos.iter().zip(passwords) {
        assert_eq!(casino.sign_up("alice", password).await.unwrap().status, 201);
    }
    // Rarely enough that none is refused for its failures.
    let asked = (0..32).map(|number| {
        let (at, with) = (number % 2, usize::from(number % 16 >= 14));
        let with = if with == 1 { 1 - at } else { at };
        async move { (at == with, sign_in(casinos[at], "alice", passwords[with]).await.0) }
    });
    let answers = join_all(asked).await;
    assert!(answers.iter().any(|(own, _)| !own));
    for (own, status) in answers {
        assert_eq!(status, if own { 201 } else { 401 });
    }
}

#[tokio::test]
async fn iso_57_hosts_asked_about_at_once_are_each_brands_own() {
    let house = House::open().await;
    sqlx::query("INSERT INTO brand_domain (domain, brand_id) SELECT 'h' || n || '.localhost', 1 + n % 2 FROM generate_series(0, 199) AS n")
        .execute(&house.owner)
        .await
        .unwrap();
    // None of them in memory, so that they are asked about together.
    let asked = (0..400).map(|number| {
        let host = number / 2;
        let casino = Casino::new(&house.edge, &format!("h{host}.localhost"));
        async move {
            let brand = casino.get("/api/v1/brand", None).await.unwrap();
            (host, brand.text("code").to_owned())
        }
    });
    for (host, brand) in join_all(asked).await {
        assert_eq!(brand, ["aurora", "bonanza"][host % 2], "h{host}");
    }
}

/// Two guests who have everything in common but their brand: the player's number and the session's.
async fn twins(house: &House) -> [Guest; 2] {
    let one = house.guest(&house.aurora, "alice").await;
    let model = house.guest(&house.bonanza, "model").await;
    let mut rows = house.rows_of(2).await;
    let session = claims(&one)["sid"].as_str().unwrap().to_owned();
    for (statement, model) in [
        (
            "INSERT INTO player SELECT brand_id, $1::uuid, 'alice', email, password_hash, status, created_at FROM player WHERE brand_id = 2 AND player_id = $3::uuid",
            &model.id,
        ),
        (
            "INSERT INTO player_session SELECT brand_id, $2::uuid, $1::uuid, created_at, expires_at, NULL FROM player_session WHERE brand_id = 2 AND player_id = $3::uuid",
            &model.id,
        ),
    ] {
        // Every statement has every parameter, whether it needs it or not.
        let statement = format!("{statement} AND $2 <> ''");
        sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(&one.id)
            .bind(&session)
            .bind(model)
            .execute(&mut *rows)
            .await
            .unwrap();
    }
    rows.commit().await.unwrap();
    let mut other = claims(&one);
    other["brand_id"] = json!(2);
    let token = forge(house, &header(), &other.to_string());
    let other = Guest {
        casino: house.bonanza.clone(),
        token,
        ..one.clone()
    };
    [one, other]
}

#[tokio::test]
async fn iso_57_wallets_of_one_number_take_their_turns_apart() {
    let house = House::open().await;
    let [one, other] = twins(&house).await;
    // The same keys at the same time: each is a deposit of each brand's own, once.
    let asked = (0..40).map(|number| {
        let (guest, amount) = if number % 2 == 0 {
            (&one, "1.00")
        } else {
            (&other, "2.00")
        };
        let key = format!("key-{}", number / 2 % 5);
        async move {
            let moved = guest
                .casino
                .move_money("deposits", &guest.token, &key, amount)
                .await
                .unwrap();
            (moved.status.as_u16(), moved.text("status").to_owned())
        }
    });
    for answer in join_all(asked).await {
        assert_eq!(answer.0, 201, "{answer:?}");
    }
    assert_eq!(
        (one.total().await, other.total().await),
        ("5.00".to_owned(), "10.00".to_owned())
    );
    house.audit().await;
}

#[tokio::test]
async fn iso_57_iso_25_a_session_of_one_number_ends_at_its_own_brand() {
    let house = House::open().await;
    let [one, other] = twins(&house).await;
    let me = async |guest: &Guest| {
        let answer = guest.casino.get("/api/v1/me", Some(&guest.token)).await.unwrap();
        answer.status.as_u16()
    };
    assert_eq!((me(&one).await, me(&other).await), (200, 200));
    assert_eq!(one.casino.sign_out(&one.token).await.unwrap().status, 204);
    let asked = (0..30).map(async |number| {
        if number % 2 == 0 {
            (401, me(&one).await)
        } else {
            (200, me(&other).await)
        }
    });
    for (expected, status) in join_all(asked).await {
        assert_eq!(status, expected);
    }
    let wrong = sign_in(&house.bonanza, "alice", PASSWORD).await;
    assert_eq!(wrong.0, 201, "and the player of it signs in: {wrong:?}");
}
