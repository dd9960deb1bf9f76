//! Sessions: refreshing, signing out, and revocation when Redis is away, emptied or lied to.

mod ends;
mod keys;
mod revocation;
mod rotation;
mod sweep;

use croupier::demo::client::Casino;
use croupier_brand::{
    Clock,
    enforcement::{Enforcement, Mode},
    http::authenticate::TokenGate,
    token::{Halves, KeyDir, KeyRing, Kid, PlayerClaims, SessionId, TokenVerifier},
};
use croupier_player::{AccountName, PresentedPassword, RefreshToken, Refusal, TokenPair};
use futures_util::future::join_all;
use http::Method;
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use crate::{
    harness::{Composition, Guest, House, Wire, until},
    players::{Direct, PASSWORD},
};

async fn refresh(casino: &Casino, token: &str) -> croupier::demo::client::Answer {
    casino.refresh(token).await.unwrap()
}

async fn sign_out(casino: &Casino, token: &str) -> u16 {
    casino
        .send(
            casino
                .request(Method::DELETE, "/api/v1/sessions/current")
                .bearer_auth(token),
        )
        .await
        .unwrap()
        .status
        .as_u16()
}

async fn me(casino: &Casino, token: &str) -> u16 {
    casino
        .get("/api/v1/me", Some(token))
        .await
        .unwrap()
        .status
        .as_u16()
}

/// Another sign-in of the same player.
async fn again(guest: &Guest, account: &str) -> Guest {
    let session = guest.casino.sign_in(account, PASSWORD).await.unwrap();
    Guest {
        token: session.text("access_token").to_owned(),
        refresh: session.text("refresh_token").to_owned(),
        ..guest.clone()
    }
}

fn session_of(token: &str) -> String {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    let claims = BASE64_URL_SAFE_NO_PAD
        .decode(token.split('.').nth(1).unwrap())
        .unwrap();
    serde_json::from_slice::<Value>(&claims).unwrap()["sid"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn redis_of(house: &House) -> redis::aio::MultiplexedConnection {
    redis::Client::open(house.local.redis_url.as_str())
        .unwrap()
        .get_multiplexed_async_connection()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_its_return_ends_the_session() {
    let house = House::open().await;
    let first = house.guest(&house.aurora, "alice").await;
    let elsewhere = again(&first, "alice").await;
    let second = refresh(&house.aurora, &first.refresh).await;
    assert_eq!(
        (second.status.as_u16(), &second.headers["cache-control"]),
        (201, &"no-store".parse().unwrap())
    );
    let third = refresh(&house.aurora, second.text("refresh_token")).await;
    assert_eq!(third.status, 201);
    assert_eq!(
        session_of(third.text("access_token")),
        session_of(&first.token),
        "a refresh goes on with the session"
    );
    for token in [
        &first.token,
        second.text("access_token"),
        third.text("access_token"),
    ] {
        assert_eq!(me(&house.aurora, token).await, 200);
    }
    // The first, spent long ago, comes back: somebody else has it.
    let reused = refresh(&house.aurora, &first.refresh).await;
    assert_eq!(
        (reused.status.as_u16(), reused.code()),
        (401, "invalid_refresh_token")
    );
    for token in [
        &first.token,
        second.text("access_token"),
        third.text("access_token"),
    ] {
        assert_eq!(me(&house.aurora, token).await, 401);
    }
    assert_eq!(
        refresh(&house.aurora, third.text("refresh_token")).await.status,
        401,
        "the newest token went with the session"
    );
    assert_eq!(
        me(&house.aurora, &elsewhere.token).await,
        200,
        "the player's other session did not"
    );
    for made_up in [
        "",
        "x",
        &"A".repeat(43),
        &format!("{}=", elsewhere.refresh),
        &elsewhere.token,
    ] {
        let answer = refresh(&house.aurora, made_up).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (401, "invalid_refresh_token"),
            "{made_up:?}"
        );
    }
    assert_eq!(refresh(&house.aurora, &elsewhere.refresh).await.status, 201);
}

#[tokio::test]
async fn of_two_refreshes_at_once_one_wins_and_then_nobody_has_a_session() {
    let house = House::open().await;
    let guest = house.guest(&house.aurora, "alice").await;
    for round in 0..8 {
        let session = again(&guest, "alice").await;
        let answers = join_all((0..2 + round % 3).map(|_| refresh(&house.aurora, &session.refresh))).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
        assert_eq!(won.len(), 1, "round {round}");
        assert!(
            lost.iter().all(|answer| answer.code() == "invalid_refresh_token"),
            "{lost:?}"
        );
        assert_eq!(
            me(&house.aurora, won[0].text("access_token")).await,
            401,
            "round {round}"
        );
        assert_eq!(
            refresh(&house.aurora, won[0].text("refresh_token")).await.status,
            401,
            "round {round}"
        );
    }
    // A refresh that races a sign-out leaves nothing good either, whoever came first.
    for round in 0..8 {
        let session = again(&guest, "alice").await;
        let (renewed, out) = tokio::join!(
            refresh(&house.aurora, &session.refresh),
            sign_out(&house.aurora, &session.token)
        );
        assert_eq!(out, 204);
        if renewed.status == 201 {
            assert_eq!(
                me(&house.aurora, renewed.text("access_token")).await,
                401,
                "round {round}"
            );
            assert_eq!(
                refresh(&house.aurora, renewed.text("refresh_token")).await.status,
                401,
                "round {round}"
            );
        } else {
            assert_eq!(renewed.code(), "invalid_refresh_token");
        }
    }
    assert_eq!(me(&house.aurora, &guest.token).await, 200);
}
