//! What somebody who listens on the wire, or stands beside it, can do with what is sent there.

use super::*;

#[tokio::test]
async fn iso_29_what_was_overheard_on_the_wire_is_good_for_nothing_else() {
    let mut house = apart(Mode::Enforce, None).await;
    let wallet = house.service(Role::Wallet);
    let wire = Wire::to(wallet).await;
    let at = wire.address.to_string();
    let edge = house
        .start(Role::Gateway, |config| {
            *place(config, Role::Wallet) = Some(HostPort::try_from(at).unwrap())
        })
        .await;
    let a = house
        .guest(
            &Casino::new(&format!("http://{edge}"), "aurora.localhost"),
            "alice",
        )
        .await;
    let request = a
        .casino
        .request(Method::POST, "/api/v1/wallet/deposits")
        .bearer_auth(&a.token)
        .header("idempotency-key", "first")
        // What a client says of itself must neither reach the service nor take our own words away.
        .header("x-brand-id", "2")
        .header("x-service-token", "x")
        .header("x-brand-signature", "v2=00")
        .header(
            "connection",
            "keep-alive, x-brand-id, x-brand-signature, x-service-token, x-caller-service",
        )
        .json(&json!({ "amount": "10.00", "currency": "EUR" }));
    let deposit = a.casino.send(request).await.unwrap();
    assert_eq!(deposit.status, 201, "{deposit:?}");
    let heard = wire.last();
    assert_eq!(
        (
            heard.headers["x-brand-id"].to_str().unwrap(),
            heard.headers.get_all("x-brand-id").iter().count()
        ),
        ("1", 1)
    );
    assert_eq!(
        heard.headers["x-request-id"], deposit.headers["x-request-id"],
        "one id from the edge on"
    );
    let heard = Call {
        method: heard.method,
        path: heard.path,
        headers: heard.headers,
        body: heard.body,
    };

    // As it was: it was used.
    assert_eq!(refused(&heard.to(wallet).await), (403, "replayed_signature"));
    let bigger = json!({ "amount": "9999.00", "currency": "EUR" })
        .to_string()
        .into_bytes();
    for (what, replayed) in [
        (
            "another body",
            Call {
                body: bigger,
                ..heard.clone()
            },
        ),
        (
            "no body",
            Call {
                body: Vec::new(),
                ..heard.clone()
            },
        ),
        (
            "another path",
            Call {
                path: "/api/v1/wallet/withdrawals".to_owned(),
                ..heard.clone()
            },
        ),
        (
            "a query",
            Call {
                path: format!("{}?x=1", heard.path),
                ..heard.clone()
            },
        ),
        ("another brand", heard.clone().with("x-brand-id", "2")),
    ] {
        let answer = replayed.to(wallet).await;
        assert_eq!(refused(&answer), (403, "bad_signature"), "{what}: {answer:?}");
    }
    let read = Call {
        method: Method::GET,
        path: "/api/v1/wallet".to_owned(),
        body: Vec::new(),
        ..heard.clone()
    };
    assert_eq!(
        refused(&read.to(wallet).await),
        (403, "bad_signature"),
        "another method"
    );
    // The service token alone opens nothing of a brand's, at any service.
    for role in SERVICES {
        let path = match role {
            Role::Player => "/api/v1/me",
            Role::Wallet => "/api/v1/wallet",
            _ => "/api/v1/games",
        };
        let call = Call {
            method: Method::GET,
            path: path.to_owned(),
            body: Vec::new(),
            ..heard.clone()
        };
        assert_eq!(
            refused(&call.to(house.service(role)).await),
            (403, "bad_signature"),
            "{role}"
        );
    }
    assert_eq!(a.total().await, "10.00");
    house.audit().await;
}

#[tokio::test]
async fn iso_63_callbacks_and_keys_are_for_callers_only() {
    let house = apart(Mode::Enforce, None).await;
    let (a, launch) = house.player(&house.aurora, "alice", "100.00").await;
    let (game, player) = (house.service(Role::Game), house.service(Role::Player));
    let (keys, kid) = house.local.provider_key();
    let key = SimulatorKey::from_pem(&std::fs::read(keys.private_path(&kid)).unwrap()).unwrap();
    // The provider's own signature does not make it a service of ours.
    let straight = Simulator::new(&format!("http://{game}/callbacks/hub88"), key).unwrap();
    let bet = Bet::new("round", EUR);
    let reply = straight.bet(&launch, &bet).await.unwrap();
    assert_eq!((reply.http_status, reply.status), (403, None), "{reply:?}");
    assert!(reply.raw.contains("missing_brand_header"), "{reply:?}");
    // Nor does a service's token stand for the provider's signature.
    let body = serde_json::to_vec(&bet_body(&launch, &bet)).unwrap();
    let unsigned = Call {
        method: Method::POST,
        body,
        ..Call::get("/callbacks/hub88/transaction/bet")
    };
    let answer = unsigned
        .with("content-type", "application/json")
        .introduced(&gateway(&house))
        .to(game)
        .await;
    assert_eq!(answer.text("status"), "RS_ERROR_INVALID_SIGNATURE", "{answer:?}");
    assert_eq!(a.total().await, "100.00");
    assert!(
        house.provider.bet(&launch, &bet).await.unwrap().is_ok(),
        "by way of the edge it is taken"
    );
    assert_eq!(a.total().await, "99.00");

    assert_eq!(
        refused(&Call::get("/.well-known/jwks.json").to(player).await),
        (403, "missing_brand_header")
    );
    let introduced = Call::get("/.well-known/jwks.json").introduced(&gateway(&house));
    assert_eq!(introduced.to(player).await.status, 200);
    assert_eq!(
        refused(
            &introduced
                .with("x-service-token", &"x".repeat(64))
                .to(player)
                .await
        ),
        (403, "caller_not_allowed")
    );
    house.audit().await;
}

#[tokio::test]
async fn iso_27_what_a_client_says_of_itself_ends_at_the_edge() {
    let mut house = apart(Mode::Enforce, None).await;
    let wire = Wire::to(house.service(Role::Player)).await;
    let at = wire.address.to_string();
    let edge = house
        .start(Role::Gateway, |config| {
            *place(config, Role::Player) = Some(HostPort::try_from(at).unwrap())
        })
        .await;
    let casino = Casino::new(&format!("http://{edge}"), "aurora.localhost");
    let claims = [
        ("x-brand-id", "2"),
        ("x-brand-timestamp", "1"),
        ("x-brand-key-id", "k1"),
        ("x-brand-signature", "v2=00"),
        ("x-caller-service", "game"),
        ("x-service-token", "x"),
        ("x-request-id", "00000000-0000-0000-0000-000000000000"),
    ];
    // A route of no brand, for which the edge itself says little: nothing covers up what is left over.
    let mut request = casino.request(Method::GET, "/.well-known/jwks.json");
    // Twice each: removing one of two would leave the other.
    for (name, value) in claims.iter().chain(&claims) {
        request = request.header(*name, *value);
    }
    assert_eq!(casino.send(request).await.unwrap().status, 200);
    let heard = wire.last();
    for (name, value) in claims {
        assert!(
            heard.headers.get_all(name).iter().all(|sent| sent != value),
            "{name}: {heard:?}"
        );
    }
    assert_eq!(heard.headers["x-caller-service"], "gateway");
}
