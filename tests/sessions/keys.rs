//! The key set, and how keys rotate.

use super::*;

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
    keys.generate(&new, Clock::system().now()).unwrap();
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
