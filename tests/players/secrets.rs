//! Passwords: hashed, in a bounded queue, and logged nowhere.

use super::*;
use crate::harness::Log;

#[tokio::test]
async fn a_password_is_kept_as_a_hash_that_follows_the_settings() {
    let house = House::open().await;
    house.guest(&house.aurora, "alice").await;
    let stored = async || {
        let mut rows = house.rows_of(1).await;
        sqlx::query_scalar::<_, String>("SELECT password_hash FROM player WHERE brand_id = 1")
            .fetch_one(&mut *rows)
            .await
            .unwrap()
    };
    let before = stored().await;
    assert!(
        before.starts_with("$argon2id$v=19$m=1024,t=1,p=1$") && !before.contains("correct"),
        "{before}"
    );
    let dearer = House::over(house.local.clone(), Composition::Together, |config| {
        config.password.passes = 2;
        // Eight at once may take long on a busy machine.
        config.edge.timeout_ms = 60_000;
    })
    .await;
    let tries = join_all((0..8).map(|_| dearer.aurora.sign_in("alice", PASSWORD))).await;
    assert!(
        tries.iter().all(|answer| answer.as_ref().unwrap().status == 201),
        "{tries:?}"
    );
    let after = stored().await;
    assert!(after.starts_with("$argon2id$v=19$m=1024,t=2,p=1$"), "{after}");
    for old_and_new in [&house, &dearer] {
        assert_eq!(
            old_and_new
                .aurora
                .sign_in("alice", PASSWORD)
                .await
                .unwrap()
                .status,
            201
        );
        assert_eq!(
            old_and_new.aurora.sign_in("alice", "wrong").await.unwrap().status,
            401
        );
    }
}

#[tokio::test]
async fn too_many_hashes_at_once_are_turned_away_and_not_queued() {
    let house = House::with(|config| {
        config.password = PasswordCost {
            memory_kib: 64 * 1024,
            passes: 3,
            at_once: std::num::NonZeroU32::new(1),
            waiting: 1,
            ..PasswordCost::default()
        };
    })
    .await;
    let answers = join_all((0..16).map(|_| house.aurora.sign_in("nobody", PASSWORD))).await;
    let (mut hashed, mut turned_away) = (0, 0);
    for answer in answers {
        let answer = answer.unwrap();
        match (answer.status.as_u16(), answer.code()) {
            (401, "invalid_credentials") => hashed += 1,
            (503, "busy") => {
                assert_eq!(answer.headers["retry-after"], "1");
                turned_away += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(
        hashed >= 2 && turned_away > 0,
        "{hashed} hashed, {turned_away} turned away"
    );
    assert_eq!(
        house.aurora.sign_in("nobody", PASSWORD).await.unwrap().status,
        401,
        "there is room again"
    );
}

#[tokio::test]
async fn no_secret_is_logged_however_much_is() {
    let log = Log::listen();
    let house = House::open().await;
    let guest = house.guest(&house.aurora, "alice").await;
    house
        .aurora
        .sign_in("alice", "a wrong password 123")
        .await
        .unwrap();
    send_text(
        &house.aurora,
        "/api/v1/players",
        "application/json",
        r#"{"account":"x","password":"a rejected password","email":"private@example.com"}"#,
    )
    .await;
    house.aurora.get("/api/v1/me", Some(&guest.token)).await.unwrap();
    house.bonanza.get("/api/v1/me", Some(&guest.token)).await.unwrap();
    let renewed = house.aurora.refresh(&guest.refresh).await.unwrap();
    house.aurora.refresh(&guest.refresh).await.unwrap();
    house.aurora.get("/api/v1/me", Some(&guest.token)).await.unwrap();
    let mut rows = house.rows_of(1).await;
    let hash: String = sqlx::query_scalar("SELECT password_hash FROM player WHERE brand_id = 1")
        .fetch_one(&mut *rows)
        .await
        .unwrap();

    let log = log.text();
    for there in [
        "INSERT INTO player",
        "served",
        "a spent refresh token came back",
        "TRACE",
    ] {
        assert!(
            log.contains(there),
            "the test listens where something is said: {there}"
        );
    }
    let signature = guest.token.rsplit('.').next().unwrap();
    let digest = hash.rsplit('$').next().unwrap();
    let secrets = [
        PASSWORD,
        "a wrong password",
        "a rejected",
        "private@example.com",
        &guest.refresh,
        signature,
        digest,
        renewed.text("refresh_token"),
        &"s".repeat(64),
    ];
    for secret in secrets {
        assert!(
            secret.len() > 8 && !log.contains(secret),
            "{secret} is in the log"
        );
    }
}
