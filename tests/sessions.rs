//! Sessions: refreshing, signing out, and revocation when Redis is away, emptied or lied to.

use croupier::demo::client::Casino;
use croupier_brand::{
    Clock,
    enforcement::{Enforcement, Mode},
    http::authenticate::TokenGate,
    token::{KeyDir, Kid, PlayerClaims, SessionId, TokenVerifier},
};
use croupier_player::{AccountName, PresentedPassword, RefreshToken, Refusal, TokenPair};
use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::{
    harness::{Composition, Guest, House, Wire},
    players::{Direct, PASSWORD},
};

async fn refresh(casino: &Casino, token: &str) -> croupier::demo::client::Answer {
    casino
        .post(
            "/api/v1/sessions/refresh",
            None,
            &json!({ "refresh_token": token }),
        )
        .await
        .unwrap()
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

#[tokio::test]
async fn signing_out_ends_one_session_at_once_in_every_process() {
    let house = House::open().await;
    let other = House::over(house.local.clone(), Composition::Together, |_| {}).await;
    let guest = house.guest(&house.aurora, "alice").await;
    let stays = again(&guest, "alice").await;
    for process in [&house, &other] {
        assert_eq!(me(&process.aurora, &guest.token).await, 200);
    }
    assert_eq!(sign_out(&house.aurora, &guest.token).await, 204);
    for process in [&other, &house] {
        for path in ["/api/v1/me", "/api/v1/wallet"] {
            assert_eq!(
                process.aurora.get(path, Some(&guest.token)).await.unwrap().code(),
                "unauthenticated",
                "{path}"
            );
        }
        assert_eq!(
            process
                .aurora
                .move_money("deposits", &guest.token, "k", "1.00")
                .await
                .unwrap()
                .status,
            401
        );
        assert_eq!(
            sign_out(&process.aurora, &guest.token).await,
            401,
            "it is over already"
        );
        assert_eq!(refresh(&process.aurora, &guest.refresh).await.status, 401);
        assert_eq!(
            me(&process.aurora, &stays.token).await,
            200,
            "the other session goes on"
        );
    }
}

#[tokio::test]
async fn a_sign_out_nobody_waits_for_still_ends_the_session() {
    let house = House::open().await;
    let guest = house.guest(&house.aurora, "alice").await;
    let direct = Direct::over(&house, Clock::system()).await;
    let session: SessionId = serde_json::from_value(session_of(&guest.token).into()).unwrap();
    // Polled once, so that it has begun; then dropped, as a request is whose client hangs up.
    assert!(
        futures_util::future::FutureExt::now_or_never(direct.service.logout(&direct.scopes[0], session))
            .is_none()
    );
    for _ in 0..200 {
        if me(&house.aurora, &guest.token).await == 401 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the session goes on");
}

#[tokio::test]
async fn without_redis_a_sign_out_counts_all_the_same() {
    // Nothing listens on port 1.
    let house = House::with(|config| {
        config.redis.url = croupier::config::SecretUrl("redis://127.0.0.1:1".to_owned())
    })
    .await;
    let guest = house.guest(&house.aurora, "alice").await;
    let stays = again(&guest, "alice").await;
    assert_eq!(me(&house.aurora, &guest.token).await, 200);
    assert_eq!(sign_out(&house.aurora, &guest.token).await, 204);
    assert_eq!(me(&house.aurora, &guest.token).await, 401);
    assert_eq!(me(&house.aurora, &stays.token).await, 200);
    // A process that has Redis, and comes to it later, knows as well.
    let with_redis = House::over(house.local.clone(), Composition::Together, |_| {}).await;
    assert_eq!(me(&with_redis.aurora, &guest.token).await, 401);
    assert_eq!(me(&with_redis.aurora, &stays.token).await, 200);
}

#[tokio::test]
async fn a_sign_out_while_redis_cannot_be_reached_holds_when_it_can_be_again() {
    let local = crate::harness::Cluster::get().await.house().await;
    let (scheme, rest) = local.redis_url.split_once("://").unwrap();
    let (server, database) = rest.split_once('/').unwrap();
    let (secret, server) = server
        .rsplit_once('@')
        .map_or(("", server), |(secret, server)| (secret, server));
    let wire = Wire::to(server.parse().unwrap()).await;
    let at = if secret.is_empty() {
        String::new()
    } else {
        format!("{secret}@")
    };
    let url = format!("{scheme}://{at}{}/{database}", wire.address);
    let house = House::over(local, Composition::Together, |config| {
        config.redis.url = croupier::config::SecretUrl(url.clone())
    })
    .await;
    let guest = house.guest(&house.aurora, "alice").await;
    for _ in 0..3 {
        let session = again(&guest, "alice").await;
        // Redis now says that it knows every revocation of the brand, and goes on saying so.
        assert_eq!(me(&house.aurora, &session.token).await, 200);
        wire.cut(true);
        assert_eq!(sign_out(&house.aurora, &session.token).await, 204);
        assert_eq!(me(&house.aurora, &session.token).await, 401);
        wire.cut(false);
        let mut in_redis = redis_of(&house).await;
        loop {
            assert_eq!(me(&house.aurora, &session.token).await, 401);
            let key = format!("brand:1:revoked:{}", session_of(&session.token));
            if redis::cmd("EXISTS")
                .arg(key)
                .query_async::<bool>(&mut in_redis)
                .await
                .unwrap()
            {
                break;
            }
        }
        assert_eq!(me(&house.aurora, &session.token).await, 401);
    }
}

#[tokio::test]
async fn an_emptied_redis_makes_no_revoked_token_good() {
    let house = House::open().await;
    let guest = house.guest(&house.aurora, "alice").await;
    let (out, stays) = (again(&guest, "alice").await, again(&guest, "alice").await);
    assert_eq!(sign_out(&house.aurora, &guest.token).await, 204);
    assert_eq!(sign_out(&house.aurora, &out.token).await, 204);
    let mut redis = redis_of(&house).await;
    for _ in 0..3 {
        redis::cmd("FLUSHDB").query_async::<()>(&mut redis).await.unwrap();
        assert_eq!(me(&house.aurora, &stays.token).await, 200);
        assert_eq!(me(&house.aurora, &guest.token).await, 401);
        assert_eq!(me(&house.aurora, &out.token).await, 401);
        assert_eq!(refresh(&house.aurora, &guest.refresh).await.status, 401);
    }
    redis::cmd("FLUSHDB").query_async::<()>(&mut redis).await.unwrap();
    let asked_at_once = join_all((0..8).map(|_| me(&house.aurora, &out.token))).await;
    assert_eq!(asked_at_once, [401; 8]);
}

#[tokio::test]
async fn iso_25_iso_55_a_revocation_is_one_brands() {
    let house = House::open().await;
    let (a, b) = (
        house.guest(&house.aurora, "alice").await,
        house.guest(&house.bonanza, "alice").await,
    );
    let mut redis = redis_of(&house).await;
    assert_eq!(me(&house.bonanza, &b.token).await, 200);
    // Bonanza's session revoked among Aurora's revocations: in Redis and in the database.
    redis::cmd("SET")
        .arg(format!("brand:1:revoked:{}", session_of(&b.token)))
        .arg("1")
        .query_async::<()>(&mut redis)
        .await
        .unwrap();
    let mut rows = house.rows_of(1).await;
    sqlx::query("INSERT INTO token_revocation (brand_id, session_id, expires_at) VALUES (1, $1::uuid, now() + interval '1 hour')")
        .bind(session_of(&b.token)).execute(&mut *rows).await.unwrap();
    rows.commit().await.unwrap();
    assert_eq!(me(&house.bonanza, &b.token).await, 200);
    redis::cmd("FLUSHDB").query_async::<()>(&mut redis).await.unwrap();
    assert_eq!(me(&house.bonanza, &b.token).await, 200);
    assert_eq!(me(&house.aurora, &a.token).await, 200);
    assert_eq!(sign_out(&house.bonanza, &b.token).await, 204);
    assert_eq!(
        me(&house.bonanza, &b.token).await,
        401,
        "the test revokes where it can be seen"
    );
    // No key but the domain map's is without its brand.
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut redis).await.unwrap();
    assert!(keys.iter().any(|key| key.starts_with("brand:2:")), "{keys:?}");
    assert!(
        keys.iter().all(|key| key.starts_with("brand:1:")
            || key.starts_with("brand:2:")
            || key.starts_with("domain:")),
        "{keys:?}"
    );
}

fn pair_of(outcome: Result<TokenPair, Refusal>) -> TokenPair {
    outcome.unwrap_or_else(|refusal| panic!("{refusal:?}"))
}

#[tokio::test]
async fn tokens_and_sessions_end_when_they_should() {
    let house = House::open().await;
    house.guest(&house.aurora, "alice").await;
    let clock = Clock::manual(OffsetDateTime::from_unix_timestamp(Clock::system().unix_seconds()).unwrap());
    let direct = Direct::over(&house, clock.clone()).await;
    let [aurora, _] = &direct.scopes;
    let gate = TokenGate::new(
        TokenVerifier::new(
            house.local.keys().public_keys().unwrap(),
            "croupier",
            clock.clone(),
        ),
        direct.revocations.clone(),
        Enforcement::new(Mode::Enforce, "test"),
    );
    let good = async |token: &str| {
        let headers = [(
            http::header::AUTHORIZATION,
            format!("Bearer {token}").parse().unwrap(),
        )]
        .into_iter()
        .collect();
        gate.admit(aurora, &headers).await.is_ok()
    };
    let login = async || {
        pair_of(
            direct
                .service
                .login(
                    aurora,
                    AccountName::parse("alice").ok(),
                    PresentedPassword::new(PASSWORD),
                )
                .await
                .unwrap(),
        )
    };
    let renew =
        async |token: &RefreshToken| direct.service.refresh(aurora, Some(token.clone())).await.unwrap();

    let pair = login().await;
    clock.advance(Duration::seconds(899));
    assert!(good(&pair.access_token).await);
    clock.advance(Duration::seconds(1));
    assert!(
        !good(&pair.access_token).await,
        "an access token is good for 15 minutes"
    );

    // A refresh token slides: each is good for a week, so a session that is used goes on, for a month.
    let mut newest = pair.refresh_token;
    for _ in 0..4 {
        clock.advance(Duration::days(7) - Duration::hours(1));
        newest = pair_of(renew(&newest).await).refresh_token;
    }
    clock.advance(Duration::days(2) - Duration::minutes(10) + Duration::hours(4) - Duration::seconds(900));
    let last = pair_of(renew(&newest).await);
    assert_eq!(last.expires_in, 600, "no token outlives its session");
    clock.advance(Duration::seconds(599));
    assert!(good(&last.access_token).await);
    clock.advance(Duration::seconds(1));
    assert!(!good(&last.access_token).await);
    assert_eq!(
        renew(&last.refresh_token).await.unwrap_err(),
        Refusal::InvalidRefreshToken
    );

    let idle = login().await;
    clock.advance(Duration::days(7));
    assert_eq!(
        renew(&idle.refresh_token).await.unwrap_err(),
        Refusal::InvalidRefreshToken,
        "who stays away a week is signed out"
    );
}

#[tokio::test]
async fn the_key_set_is_public_cached_and_rotates_with_overlap() {
    let house = House::open().await;
    let before = house.guest(&house.aurora, "alice").await;
    let set = house.aurora.get("/.well-known/jwks.json", None).await.unwrap();
    assert_eq!(
        (set.status.as_u16(), set.body["keys"].as_array().unwrap().len()),
        (200, 1)
    );
    assert_eq!(
        (
            set.headers["content-type"].to_str().unwrap(),
            set.headers["cache-control"].to_str().unwrap()
        ),
        ("application/jwk-set+json", "public, max-age=300")
    );
    let etag = set.headers["etag"].to_str().unwrap().to_owned();
    for (sent, status) in [
        (etag.clone(), 304),
        (format!("W/{etag}"), 304),
        (format!("\"x\", {etag}"), 304),
        ("*".to_owned(), 304),
        ("\"x\"".to_owned(), 200),
    ] {
        let request = house
            .aurora
            .request(Method::GET, "/.well-known/jwks.json")
            .header("if-none-match", &sent);
        let answer = house.aurora.send(request).await.unwrap();
        assert_eq!(
            (answer.status.as_u16(), answer.headers["etag"].to_str().unwrap()),
            (status, etag.as_str()),
            "{sent}"
        );
        assert_eq!(answer.body.is_null(), status == 304, "{sent}");
    }
    let elsewhere = house
        .at("nowhere.localhost")
        .get("/.well-known/jwks.json", None)
        .await
        .unwrap();
    assert_eq!(elsewhere.body, set.body, "the same for every brand, and for none");

    // A new key is added, as `croupier keys generate` does: it signs, the old one goes on verifying.
    let dir = std::env::temp_dir().join(format!("croupier-rotation-{}", uuid::Uuid::new_v4()));
    let (keys, old, new) = (
        KeyDir::new(&dir),
        Kid::parse("local-1").unwrap(),
        Kid::parse("local-2").unwrap(),
    );
    keys.generate(&new).unwrap();
    std::fs::copy(house.local.keys().public_path(&old), keys.public_path(&old)).unwrap();
    let rotated = House::over(house.local.clone(), Composition::Together, |config| {
        config.tokens.keys_dir = dir.clone()
    })
    .await;
    let set = rotated.aurora.get("/.well-known/jwks.json", None).await.unwrap();
    let kids: Vec<_> = set.body["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["kid"].as_str().unwrap())
        .collect();
    assert_eq!(kids, ["local-1", "local-2"]);
    assert_ne!(set.headers["etag"].to_str().unwrap(), etag);
    for key in set.body["keys"].as_array().unwrap() {
        let members: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        assert!(
            members
                .iter()
                .all(|member| ["kty", "use", "alg", "kid", "n", "e"].contains(member)),
            "{members:?}"
        );
        assert_eq!(
            (key["kty"].as_str(), key["alg"].as_str(), key["use"].as_str()),
            (Some("RSA"), Some("RS256"), Some("sig"))
        );
    }
    assert_eq!(me(&rotated.aurora, &before.token).await, 200);
    let after = again(&before, "alice").await;
    let after_rotation = rotated.aurora.sign_in("alice", PASSWORD).await.unwrap();
    assert_eq!(
        me(&rotated.aurora, after_rotation.text("access_token")).await,
        200
    );
    assert_eq!(
        me(&house.aurora, after_rotation.text("access_token")).await,
        401,
        "who does not know the new key does not believe it"
    );
    // The published keys are enough for a stranger to verify with.
    let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(set.body["keys"][1].clone()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    validation.set_audience(&["croupier:player"]);
    let read = jsonwebtoken::decode::<PlayerClaims>(
        after_rotation.text("access_token"),
        &jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap(),
        &validation,
    )
    .unwrap();
    assert_eq!(read.header.kid.as_deref(), Some("local-2"));
    // The old key is taken away: its tokens are worth nothing.
    std::fs::remove_file(keys.public_path(&old)).unwrap();
    let later = House::over(house.local.clone(), Composition::Together, |config| {
        config.tokens.keys_dir = dir.clone()
    })
    .await;
    assert_eq!(me(&later.aurora, &after.token).await, 401);
    assert_eq!(me(&later.aurora, after_rotation.text("access_token")).await, 200);
    std::fs::remove_dir_all(dir).unwrap();
}
