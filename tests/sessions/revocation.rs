//! Signing out: at once, everywhere, in one brand; with Redis away, emptied or cut off.

use super::*;

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
    until("the session has ended", async || {
        me(&house.aurora, &guest.token).await == 401
    })
    .await;
}

#[tokio::test]
async fn without_redis_a_sign_out_counts_all_the_same() {
    // Nothing listens on port 1. Where the roles stand apart a sign-out waits for Redis (tests/split/replay.rs).
    let house = House::composed(Composition::Together, |config| {
        config.redis.url = croupier::config::SecretUrl("redis://127.0.0.1:1".to_owned())
    })
    .await;
    let guest = house.guest(&house.aurora, "alice").await;
    let stays = again(&guest, "alice").await;
    assert_eq!(me(&house.aurora, &guest.token).await, 200);
    assert_eq!(sign_out(&house.aurora, &guest.token).await, 204);
    assert_eq!(me(&house.aurora, &guest.token).await, 401);
    assert_eq!(me(&house.aurora, &stays.token).await, 200);
    // Another process asks the database, which is all it can ask.
    let away = |config: &mut croupier::config::Config| {
        config.redis.url = croupier::config::SecretUrl("redis://127.0.0.1:1".to_owned());
    };
    let other = House::over(house.local.clone(), Composition::Together, away).await;
    assert_eq!(me(&other.aurora, &guest.token).await, 401);
    assert_eq!(me(&other.aurora, &stays.token).await, 200);
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
