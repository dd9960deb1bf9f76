//! Tokens that are not ours: other algorithms, other keys, other issuers, past their end.

use super::*;

#[tokio::test]
async fn iso_19_only_rs256_by_a_listed_key_is_a_signature() {
    for mode in [Mode::Off, Mode::Enforce] {
        let house = House::in_mode(mode).await;
        let a = house.guest(&house.aurora, "alice").await;
        let payload = claims(&a).to_string();
        for alg in [
            "none", "None", "NONE", "nOnE", "rs256", "RS384", "RS512", "PS256", "ES256", "HS256", "EdDSA", "",
        ] {
            let header = json!({ "alg": alg, "typ": "at+jwt", "kid": "local-1" });
            worth_nothing(&house.aurora, &forge(&house, &header, &payload), alg).await;
            let unsigned = format!("{}.{}.", B64.encode(header.to_string()), B64.encode(&payload));
            worth_nothing(&house.aurora, &unsigned, alg).await;
            worth_nothing(&house.aurora, unsigned.trim_end_matches('.'), alg).await;
        }
        // The classic confusion: the public key, which everybody has, as the secret of an HMAC.
        let keys = house.local.keys();
        let pem = std::fs::read(keys.public_path(&Kid::parse("local-1").unwrap())).unwrap();
        let der = pem::parse(&pem).unwrap().into_contents();
        let trimmed = String::from_utf8(pem.clone())
            .unwrap()
            .trim_end()
            .as_bytes()
            .to_vec();
        for secret in [pem, trimmed, der, Vec::new()] {
            let header = json!({ "alg": "HS256", "typ": "at+jwt", "kid": "local-1" });
            worth_nothing(
                &house.aurora,
                &sign(
                    &header,
                    &payload,
                    &EncodingKey::from_secret(&secret),
                    Algorithm::HS256,
                ),
                "HS256",
            )
            .await;
        }
        // Two algorithms in one header, and a header that asks for something we do not do.
        let twice = r#"{"alg":"none","alg":"RS256","typ":"at+jwt","kid":"local-1"}"#;
        let [_, body, signature] = a.token.split('.').collect::<Vec<_>>().try_into().unwrap();
        worth_nothing(
            &house.aurora,
            &format!("{}.{body}.{signature}", B64.encode(twice)),
            twice,
        )
        .await;
        let critical =
            json!({ "alg": "RS256", "typ": "at+jwt", "kid": "local-1", "crit": ["b64"], "b64": false });
        worth_nothing(&house.aurora, &forge(&house, &critical, &payload), "crit").await;
    }
}

#[tokio::test]
async fn iso_20_keys_come_from_the_list_and_are_fetched_from_nowhere() {
    let house = House::open().await;
    let a = house.guest(&house.aurora, "alice").await;
    let payload = claims(&a).to_string();
    let private = house
        .local
        .keys()
        .public_path(&Kid::parse("local-1").unwrap())
        .display()
        .to_string();
    for kid in [
        "local-2",
        "",
        "LOCAL-1",
        "local-1 ",
        "local-1\0",
        "../keys/local-1",
        "./local-1",
        private.as_str(),
        "/dev/null",
        "https://evil.example/local-1",
        "' OR '1'='1",
    ] {
        let header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": kid });
        worth_nothing(&house.aurora, &forge(&house, &header, &payload), kid).await;
    }
    for kid in [
        json!(null),
        json!(1),
        json!(["local-1"]),
        json!({ "kid": "local-1" }),
    ] {
        let header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": kid });
        worth_nothing(
            &house.aurora,
            &forge(&house, &header, &payload),
            &header.to_string(),
        )
        .await;
    }
    worth_nothing(
        &house.aurora,
        &forge(&house, &json!({ "alg": "RS256", "typ": "at+jwt" }), &payload),
        "no kid",
    )
    .await;

    // A key of the forger's own, offered in every way a header can.
    let trap = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks.json", trap.local_addr().unwrap());
    let dir = std::env::temp_dir().join(format!("croupier-forger-{}", Uuid::new_v4()));
    let (keys, kid) = (
        croupier_brand::token::KeyDir::new(&dir),
        Kid::parse("local-1").unwrap(),
    );
    keys.generate(&kid, Clock::system().now()).unwrap();
    let key = EncodingKey::from_rsa_pem(&std::fs::read(keys.private_path(&kid)).unwrap()).unwrap();
    let jwk = keys.public_keys().unwrap().jwks().unwrap()["keys"][0].clone();
    let certificate = B64.encode("not a certificate");
    for offered in [
        json!({}),
        json!({ "jwk": jwk }),
        json!({ "jku": url }),
        json!({ "x5u": url }),
        json!({ "x5c": [certificate] }),
        json!({ "jwk": jwk, "jku": url, "kid": url }),
    ] {
        let mut header = header();
        header
            .as_object_mut()
            .unwrap()
            .extend(offered.as_object().unwrap().clone());
        worth_nothing(
            &house.aurora,
            &sign(&header, &payload, &key, Algorithm::RS256),
            &offered.to_string(),
        )
        .await;
        // Beside a good signature they are not followed either, and do no harm or are refused.
        let _ = ask(&house.aurora, "/api/v1/me", &forge(&house, &header, &payload)).await;
    }
    std::fs::remove_dir_all(dir).unwrap();
    assert!(
        trap.accept().now_or_never().is_none(),
        "somebody went to the address that a token named"
    );
}

#[tokio::test]
async fn iso_21_issuer_audience_type_and_end_must_be_ours() {
    for mode in [Mode::Off, Mode::Enforce] {
        let house = House::in_mode(mode).await;
        let a = house.guest(&house.aurora, "alice").await;
        let good = claims(&a);
        for field in ["iss", "aud", "exp", "sub", "sid", "jti", "iat"] {
            worth_nothing(
                &house.aurora,
                &forge(&house, &header(), &without(&good, field)),
                field,
            )
            .await;
            worth_nothing(
                &house.aurora,
                &forge(&house, &header(), &with(&good, field, json!(null))),
                field,
            )
            .await;
        }
        let now = Clock::system().unix_seconds();
        let wrong = [
            ("iss", json!("https://evil.example")),
            ("iss", json!("croupier ")),
            ("iss", json!(["croupier"])),
            ("aud", json!("croupier:operator")),
            ("aud", json!("croupier")),
            ("aud", json!(["croupier:player", "croupier:operator"])),
            ("sub", json!("alice")),
            ("sub", json!(7)),
            ("sid", json!("x")),
            ("exp", json!(now - 1)),
            ("exp", json!(now)),
            ("exp", json!(0)),
            ("exp", json!(-1)),
            ("exp", json!((now + 900).to_string())),
            ("exp", json!(1e300)),
            ("exp", json!(u64::MAX)),
        ];
        for (field, value) in wrong {
            worth_nothing(
                &house.aurora,
                &forge(&house, &header(), &with(&good, field, value.clone())),
                &format!("{field}: {value}"),
            )
            .await;
        }
        for typ in [
            json!("JWT"),
            json!("operator+jwt"),
            json!(""),
            json!(null),
            json!(["at+jwt"]),
        ] {
            let header = json!({ "alg": "RS256", "typ": typ, "kid": "local-1" });
            worth_nothing(
                &house.aurora,
                &forge(&house, &header, &good.to_string()),
                &typ.to_string(),
            )
            .await;
        }
        for payload in ["", "null", "[]", "{}", "{", "\u{0}", &format!("{good}{good}")] {
            worth_nothing(&house.aurora, &forge(&house, &header(), payload), payload).await;
        }
        let far = forge(&house, &header(), &with(&good, "exp", json!(now + 60)));
        assert_eq!(ask(&house.aurora, "/api/v1/me", &far).await.0, 200);
    }
}
