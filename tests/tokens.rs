//! Tokens over HTTP: forged with the house's own key, foreign, misplaced. What a token fails by is
//! told to nobody; what it claims about a brand is judged by the flag.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as B64};
use croupier::demo::client::{Answer, Casino};
use croupier_brand::{
    Clock,
    enforcement::Mode,
    token::{Audience, Kid, OperatorClaims},
};
use futures_util::FutureExt;
use http::Method;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::harness::{Composition, Counted, Guest, House};

const ROUTES: [&str; 2] = ["/api/v1/me", "/api/v1/wallet"];

/// Signs anything as RS256, as the house itself would.
fn forge(house: &House, header: &Value, payload: &str) -> String {
    let pem = std::fs::read(house.local.keys().private_path(&Kid::parse("local-1").unwrap())).unwrap();
    sign(
        header,
        payload,
        &EncodingKey::from_rsa_pem(&pem).unwrap(),
        Algorithm::RS256,
    )
}

fn sign(header: &Value, payload: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", B64.encode(header.to_string()), B64.encode(payload));
    format!(
        "{message}.{}",
        jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap()
    )
}

fn header() -> Value {
    json!({ "alg": "RS256", "typ": "at+jwt", "kid": "local-1" })
}

/// What a guest's token says.
fn claims(guest: &Guest) -> Value {
    serde_json::from_slice(&B64.decode(guest.token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

fn with(claims: &Value, field: &str, value: Value) -> String {
    let mut changed = claims.clone();
    changed[field] = value;
    changed.to_string()
}

fn without(claims: &Value, field: &str) -> String {
    let mut changed = claims.clone();
    changed.as_object_mut().unwrap().remove(field).unwrap();
    changed.to_string()
}

async fn ask(casino: &Casino, path: &str, token: &str) -> (u16, String) {
    let answer = casino.get(path, Some(token)).await.unwrap();
    (answer.status.as_u16(), answer.code().to_owned())
}

/// Refused on every route as no token at all would be.
async fn worth_nothing(casino: &Casino, token: &str, what: &str) {
    for path in ROUTES {
        assert_eq!(
            ask(casino, path, token).await,
            (401, "unauthenticated".to_owned()),
            "{path}: {what}"
        );
    }
}

/// The name under which the edge counts.
fn edge(house: &House) -> &'static str {
    if house.admin.is_some() { "all" } else { "gateway" }
}

#[tokio::test]
async fn iso_18_a_token_without_a_brand_is_judged_by_the_flag_and_runs_under_the_domains_brand() {
    for mode in [Mode::Off, Mode::Observe, Mode::Enforce] {
        let counted = Counted::here();
        let house = House::in_mode(mode).await;
        let (a, b) = (
            house.guest(&house.aurora, "alice").await,
            house.guest(&house.bonanza, "bob").await,
        );
        a.casino
            .move_money("deposits", &a.token, "k", "70.00")
            .await
            .unwrap();
        b.casino
            .move_money("deposits", &b.token, "k", "30.00")
            .await
            .unwrap();
        assert_eq!(
            counted.failed("jwt_missing_brand", edge(&house)),
            0,
            "{mode}: before"
        );
        let token = forge(&house, &header(), &without(&claims(&a), "brand_id"));
        let wallet = |casino: Casino, token: String| async move {
            casino.get("/api/v1/wallet", Some(&token)).await.unwrap()
        };
        if mode == Mode::Enforce {
            for path in ROUTES {
                assert_eq!(
                    ask(&house.aurora, path, &token).await,
                    (403, "brand_mismatch".to_owned()),
                    "{path}"
                );
            }
            let deposit = house
                .aurora
                .move_money("deposits", &token, "k2", "5.00")
                .await
                .unwrap();
            assert_eq!((deposit.status.as_u16(), deposit.code()), (403, "brand_mismatch"));
        } else {
            let me = house.aurora.get("/api/v1/me", Some(&token)).await.unwrap();
            assert_eq!(
                (me.status.as_u16(), me.text("player_id")),
                (200, a.id.as_str()),
                "{mode}"
            );
            assert_eq!(
                wallet(house.aurora.clone(), token.clone()).await.text("total"),
                "70.00",
                "{mode}"
            );
            // At Bonanza nobody has this player's id, whoever signed that it is good.
            assert_eq!(ask(&house.bonanza, "/api/v1/me", &token).await.0, 401, "{mode}");
            assert_ne!(
                wallet(house.bonanza.clone(), token.clone()).await.text("total"),
                "70.00",
                "{mode}"
            );
        }
        let expected = if mode == Mode::Off {
            0
        } else if mode == Mode::Observe {
            4
        } else {
            3
        };
        assert_eq!(
            counted.failed("jwt_missing_brand", edge(&house)),
            expected,
            "{mode}"
        );
        assert_eq!(
            (a.total().await, b.total().await),
            ("70.00".to_owned(), "30.00".to_owned()),
            "{mode}"
        );
        house.audit().await;
    }
}

#[tokio::test]
async fn iso_18_a_brand_claim_of_another_type_or_twice_is_no_claim_in_any_mode() {
    for mode in [Mode::Off, Mode::Enforce] {
        let house = House::in_mode(mode).await;
        let a = house.guest(&house.aurora, "alice").await;
        let good = claims(&a);
        assert_eq!(
            ask(
                &house.aurora,
                "/api/v1/me",
                &forge(&house, &header(), &good.to_string())
            )
            .await
            .0,
            200,
            "the forger's tools are good"
        );
        // The last would be 1 again if it were cut to 32 bits.
        for wrong in [
            json!(null),
            json!(""),
            json!("1"),
            json!([1]),
            json!(1.5),
            json!(0),
            json!(-1),
            json!({}),
            json!(true),
            json!(4_294_967_297_i64),
        ] {
            worth_nothing(
                &house.aurora,
                &forge(&house, &header(), &with(&good, "brand_id", wrong.clone())),
                &wrong.to_string(),
            )
            .await;
        }
        for twice in [
            "\"brand_id\":1,\"brand_id\":1",
            "\"brand_id\":2,\"brand_id\":1",
            "\"brand_id\":1,\"brand_\\u0069d\":2",
        ] {
            let payload = good.to_string().replacen("\"brand_id\":1", twice, 1);
            assert!(payload.contains(twice));
            for casino in [&house.aurora, &house.bonanza] {
                worth_nothing(casino, &forge(&house, &header(), &payload), twice).await;
            }
        }
    }
}

#[tokio::test]
async fn iso_17_a_token_that_names_another_brand_or_another_brands_player_opens_nothing() {
    for mode in [Mode::Off, Mode::Observe, Mode::Enforce] {
        let counted = Counted::here();
        let house = House::in_mode(mode).await;
        let (a, b) = (
            house.guest(&house.aurora, "alice").await,
            house.guest(&house.bonanza, "alice").await,
        );
        b.casino
            .move_money("deposits", &b.token, "k", "30.00")
            .await
            .unwrap();
        // Well signed, for Aurora, with Bonanza's player: Aurora has no such player.
        let token = forge(&house, &header(), &with(&claims(&a), "sub", json!(b.id)));
        assert_eq!(ask(&house.aurora, "/api/v1/me", &token).await.0, 401, "{mode}");
        let wallet = house.aurora.get("/api/v1/wallet", Some(&token)).await.unwrap();
        assert!(!wallet.body.to_string().contains("30.00"), "{mode}: {wallet:?}");
        // A brand that does not exist, and the other one, at Aurora.
        for brand in [2, 99] {
            let token = forge(&house, &header(), &with(&claims(&a), "brand_id", json!(brand)));
            let expected = if mode == Mode::Enforce {
                (403, "brand_mismatch".to_owned())
            } else {
                (200, String::new())
            };
            assert_eq!(
                ask(&house.aurora, "/api/v1/me", &token).await,
                expected,
                "{mode} {brand}"
            );
        }
        assert_eq!(
            counted.failed("jwt_brand_mismatch", edge(&house)),
            if mode == Mode::Off { 0 } else { 2 },
            "{mode}"
        );
        assert_eq!(b.total().await, "30.00");
        house.audit().await;
    }
}

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
    keys.generate(&kid).unwrap();
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

#[tokio::test]
async fn a_token_is_good_as_it_was_issued_and_in_no_other_spelling() {
    let house = House::open().await;
    let (a, b) = (
        house.guest(&house.aurora, "alice").await,
        house.guest(&house.bonanza, "bob").await,
    );
    let launch = a.launch("northern-lights").await;
    let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (mine, theirs) = (parts(&a.token), parts(&b.token));
    let spoiled = [
        format!("{}.{}.{}", mine[0], theirs[1], mine[2]),
        format!("{}.{}.{}", mine[0], mine[1], theirs[2]),
        format!("{}.{}.", mine[0], mine[1]),
        format!("{}.", a.token),
        format!("{}.{}", a.token, mine[2]),
        format!("{}=", a.token),
        format!("{}%2E{}%2E{}", mine[0], mine[1], mine[2]),
        a.token.to_lowercase(),
        a.refresh.clone(),
        launch.token.clone(),
        "..".to_owned(),
        "x".repeat(20_000),
    ];
    for token in spoiled {
        worth_nothing(&house.aurora, &token, &format!("{token:.60}")).await;
    }
    // And an access token opens no round.
    let with_access = croupier_game::hub88::simulator::Launch {
        token: a.token.clone(),
        ..launch
    };
    assert!(!house.provider.balance(&with_access).await.unwrap().is_ok());
    assert_eq!(ask(&house.aurora, "/api/v1/me", &a.token).await.0, 200);
}

#[tokio::test]
async fn iso_26_a_token_counts_in_its_one_place_and_there_once() {
    let house = House::open().await;
    let a = house.guest(&house.aurora, "alice").await;
    let get = |path: &str| house.aurora.request(Method::GET, path);
    let token = &a.token;
    for good in [
        format!("Bearer {token}"),
        format!("bearer {token}"),
        format!("BEARER  {token}"),
        format!("Bearer {token} "),
    ] {
        assert_eq!(
            house
                .aurora
                .send(get("/api/v1/me").header("authorization", &good))
                .await
                .unwrap()
                .status,
            200,
            "{good:.10}"
        );
    }
    let not_tokens = [
        token.clone(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Bearer{token}"),
        format!("Bearer\t{token}"),
        format!("Token {token}"),
        format!("Basic {token}"),
        format!("Bearer \"{token}\""),
        format!("Bearer token={token}"),
        format!("Bearer {token}, Bearer {token}"),
        format!("Bearer {token} {token}"),
    ];
    for value in not_tokens {
        assert_eq!(
            house
                .aurora
                .send(get("/api/v1/me").header("authorization", &value))
                .await
                .unwrap()
                .status,
            401,
            "{value:.20}"
        );
    }
    let unreadable = get("/api/v1/me").header(
        "authorization",
        http::HeaderValue::from_bytes(b"Bearer \xff").unwrap(),
    );
    assert_eq!(house.aurora.send(unreadable).await.unwrap().status, 401);
    for second in [
        format!("Bearer {token}"),
        "Bearer x".to_owned(),
        "Basic eDp5".to_owned(),
    ] {
        for pair in [
            [format!("Bearer {token}"), second.clone()],
            [second, format!("Bearer {token}")],
        ] {
            let request = get("/api/v1/me")
                .header("authorization", &pair[0])
                .header("authorization", &pair[1]);
            assert_eq!(
                house.aurora.send(request).await.unwrap().status,
                401,
                "two tokens: which was meant is not for us to guess"
            );
        }
    }
    for cookie in [
        "access_token",
        "token",
        "Authorization",
        "session",
        "jwt",
        "__Host-token",
    ] {
        let request = get("/api/v1/me").header("cookie", format!("{cookie}={token}"));
        assert_eq!(
            house.aurora.send(request).await.unwrap().status,
            401,
            "{cookie}: a sub-domain can set a cookie on its parent"
        );
    }
    for query in ["access_token", "token", "authorization", "jwt", "bearer"] {
        assert_eq!(
            house
                .aurora
                .send(get(&format!("/api/v1/me?{query}={token}")))
                .await
                .unwrap()
                .status,
            401,
            "{query}"
        );
    }
    for header in [
        "x-access-token",
        "x-authorization",
        "proxy-authorization",
        "x-forwarded-authorization",
    ] {
        assert_eq!(
            house
                .aurora
                .send(get("/api/v1/me").header(header, format!("Bearer {token}")))
                .await
                .unwrap()
                .status,
            401,
            "{header}"
        );
    }
    let refused = house.aurora.get("/api/v1/me", None).await.unwrap();
    assert_eq!(
        (
            refused.status.as_u16(),
            refused.headers["www-authenticate"].to_str().unwrap()
        ),
        (401, "Bearer")
    );
}

fn operators(admin_id: &str, exp: i64) -> OperatorClaims {
    OperatorClaims {
        iss: "croupier".to_owned(),
        aud: OperatorClaims::AUDIENCE.to_owned(),
        admin_id: admin_id.to_owned(),
        jti: Uuid::new_v4(),
        iat: exp - 900,
        exp,
    }
}

#[tokio::test]
async fn iso_22_players_and_operators_tokens_do_not_pass_for_each_other() {
    // The back office stands beside a process that runs everything.
    let house = House::composed(Composition::Together, |_| {}).await;
    let office = Casino::new(&format!("http://{}", house.admin.unwrap()), "office.localhost");
    let a = house.guest(&house.aurora, "alice").await;
    let key = house.local.keys().signing_key(None).unwrap();
    let now = Clock::system().unix_seconds();
    let operator = key.sign(&operators("ops-1", now + 900)).unwrap();

    let brands = async |tokens: &[&str], ids: &[&str]| -> Answer {
        let mut request = office.request(Method::GET, "/admin/v1/brands");
        for token in tokens {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for id in ids {
            request = request.header("x-operator-id", *id);
        }
        office.send(request).await.unwrap()
    };
    let listed = brands(&[&operator], &[]).await;
    assert_eq!(
        (
            listed.status.as_u16(),
            listed.body["brands"].as_array().unwrap().len()
        ),
        (200, 2)
    );
    assert_eq!(brands(&[&operator], &["ops-1"]).await.status, 200);
    for ids in [
        &["ops-2"][..],
        &[""],
        &["OPS-1"],
        &["ops-1", "ops-2"],
        &["ops-2", "ops-1"],
        &["ops-1,ops-2"],
    ] {
        let answer = brands(&[&operator], ids).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (403, "operator_mismatch"),
            "{ids:?}"
        );
    }
    let expired = key.sign(&operators("ops-1", now - 1)).unwrap();
    let player_type = forge(
        &house,
        &header(),
        &serde_json::to_string(&operators("ops-1", now + 900)).unwrap(),
    );
    let operator_type = json!({ "alg": "RS256", "typ": "operator+jwt", "kid": "local-1" });
    let player_claims = forge(&house, &operator_type, &claims(&a).to_string());
    let both = forge(
        &house,
        &operator_type,
        &with(&claims(&a), "admin_id", json!("ops-1")),
    );
    let no_operators: [&[&str]; 9] = [
        &[],
        &[&a.token],
        &[&expired],
        &[&player_type],
        &[&player_claims],
        &[&both],
        &[&operator, &operator],
        &[&operator, "x"],
        &["x", &operator],
    ];
    for tokens in no_operators {
        for ids in [&[][..], &["ops-1"]] {
            let answer = brands(tokens, ids).await;
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (401, "unauthenticated"),
                "{} tokens: {:?}",
                tokens.len(),
                tokens.first()
            );
        }
    }
    // The reverse, and neither door leads to the other's rooms.
    for token in [&operator, &player_type, &both] {
        for casino in [&house.aurora, &house.bonanza] {
            worth_nothing(casino, token, "an operator's token").await;
        }
    }
    for (casino, path) in [
        (&house.aurora, "/admin/v1/brands"),
        (&office, "/api/v1/me"),
        (&office, "/api/v1/wallet"),
    ] {
        for token in [&operator, &a.token] {
            assert_eq!(ask(casino, path, token).await.0, 404, "{path}");
        }
    }
}
