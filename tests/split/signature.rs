//! What a service believes: a call as it was signed, by a caller that may call, and nobody about the player.

use super::*;

#[tokio::test]
async fn iso_27_no_route_of_a_service_answers_a_call_that_is_not_signed() {
    let house = apart(Mode::Enforce, None).await;
    let a = house.guest(&house.aurora, "alice").await;
    let mut tried = 0;
    let of_the_edge = route_list()
        .into_iter()
        .filter_map(|route| Some((service_of(&route)?, route)));
    let of_services = service_list()
        .into_iter()
        .flat_map(|(role, routes)| routes.into_iter().map(move |route| (role, route)));
    for (role, route) in of_the_edge.chain(of_services) {
        tried += 1;
        let call = Call {
            method: route.method.clone(),
            ..Call::get(&route.path.replace("{game}", "northern-lights"))
        }
        .by(&a.token);
        for (what, call) in [
            ("as it came", call.clone()),
            (
                "from a brand's own domain",
                call.clone().with("x-forwarded-host", "aurora.localhost"),
            ),
            ("with a brand's number", call.clone().with("x-brand-id", "1")),
            (
                "with a name and no token",
                call.clone()
                    .with("x-brand-id", "1")
                    .with("x-caller-service", "gateway"),
            ),
        ] {
            let answer = call.to(house.service(role)).await;
            assert_eq!(
                refused(&answer),
                (403, "missing_brand_header"),
                "{route:?} {what}: {answer:?}"
            );
        }
        let forged = call
            .clone()
            .with("x-caller-service", "gateway")
            .with("x-service-token", &"x".repeat(64));
        let answer = match route.access {
            Access::Public | Access::Provider => forged,
            Access::Brand | Access::Player | Access::Service => forged
                .with("x-brand-id", "1")
                .with("x-request-id", &Uuid::new_v4().to_string())
                .with("x-brand-timestamp", &Clock::system().unix_seconds().to_string())
                .with("x-brand-signature", &format!("v2={}", "0".repeat(64))),
        };
        let answer = answer.to(house.service(role)).await;
        assert_eq!(
            refused(&answer),
            (403, "caller_not_allowed"),
            "{route:?}: {answer:?}"
        );
        // Introduced is enough for no brand's route.
        if matches!(route.access, Access::Brand | Access::Player | Access::Service) {
            let answer = call.introduced(&gateway(&house)).to(house.service(role)).await;
            assert_eq!(
                refused(&answer),
                (403, "missing_brand_header"),
                "{route:?}: {answer:?}"
            );
        }
    }
    assert!(tried > 19, "{tried}");
}

#[tokio::test]
async fn iso_28_to_34_a_call_is_believed_as_it_was_signed_and_in_no_other_way() {
    let house = apart(Mode::Enforce, None).await;
    let a = house.guest(&house.aurora, "alice").await;
    let (wallet, signer) = (house.service(Role::Wallet), gateway(&house));
    let good = Call::get("/api/v1/wallet/entries?limit=5").by(&a.token);
    assert_eq!(
        good.clone().signed(&signer, 1).to(wallet).await.status,
        200,
        "the attacker's tools are good"
    );

    let signed = good.clone().signed(&signer, 1);
    for (what, changed) in [
        ("another brand", signed.clone().with("x-brand-id", "2")),
        (
            "another spelling of the brand",
            signed.clone().with("x-brand-id", "01"),
        ),
        (
            "another request",
            signed.clone().with("x-request-id", &Uuid::new_v4().to_string()),
        ),
        (
            "another time",
            signed.clone().with(
                "x-brand-timestamp",
                &(Clock::system().unix_seconds() + 1).to_string(),
            ),
        ),
        (
            "another query",
            Call {
                path: "/api/v1/wallet/entries?limit=50".to_owned(),
                ..signed.clone()
            },
        ),
        (
            "no query",
            Call {
                path: "/api/v1/wallet/entries".to_owned(),
                ..signed.clone()
            },
        ),
        (
            "another path",
            Call {
                path: "/api/v1/wallet?limit=5".to_owned(),
                ..signed.clone()
            },
        ),
        (
            "another method",
            Call {
                method: Method::HEAD,
                ..signed.clone()
            },
        ),
        (
            "a body",
            Call {
                body: b"{}".to_vec(),
                ..signed.clone()
            },
        ),
        (
            "an older version's name",
            signed.clone().with(
                "x-brand-signature",
                &signed.headers["x-brand-signature"]
                    .to_str()
                    .unwrap()
                    .replace("v2=", "v1="),
            ),
        ),
        (
            "no version",
            signed.clone().with(
                "x-brand-signature",
                &signed.headers["x-brand-signature"].to_str().unwrap()[3..],
            ),
        ),
        ("no signature", signed.clone().with("x-brand-signature", "v2=")),
        (
            "half a signature",
            signed.clone().with(
                "x-brand-signature",
                &signed.headers["x-brand-signature"].to_str().unwrap()[..35],
            ),
        ),
        ("no key that we know", signed.clone().with("x-brand-key-id", "k2")),
    ] {
        let answer = changed.to(wallet).await;
        assert_eq!(answer.status, 403, "{what}: {answer:?}");
        assert!(
            answer.code() == "bad_signature" || changed.method == Method::HEAD,
            "{what}: {answer:?}"
        );
    }
    for name in [
        "x-brand-id",
        "x-caller-service",
        "x-request-id",
        "x-brand-timestamp",
        "x-brand-key-id",
        "x-brand-signature",
        "x-service-token",
    ] {
        let mut twice = signed.clone();
        twice.headers.append(name, signed.headers[name].clone());
        assert_eq!(
            refused(&twice.to(wallet).await),
            (403, "bad_signature"),
            "{name} twice"
        );
    }
    for (seconds, expected) in [(-25, 200), (25, 200), (-40, 403), (40, 403), (-86_400, 403)] {
        let answer = good
            .clone()
            .signed(&signer_of(&house, "gateway", None, None, off_by(seconds)), 1)
            .to(wallet)
            .await;
        assert_eq!(answer.status, expected, "{seconds}: {answer:?}");
        assert!(
            expected == 200 || answer.code() == "stale_signature",
            "{seconds}: {answer:?}"
        );
    }
    let key = |id: &str, letter: &str| BrandKey {
        id: id.to_owned(),
        secret: Secret::new(letter.repeat(64)).unwrap(),
    };
    for (what, signer, code) in [
        (
            "an unknown key id",
            signer_of(&house, "gateway", Some(key("k9", "s")), None, Clock::system()),
            "bad_signature",
        ),
        (
            "another key under our id",
            signer_of(&house, "gateway", Some(key("k1", "x")), None, Clock::system()),
            "bad_signature",
        ),
        (
            "a wrong service token",
            signer_of(&house, "gateway", None, Some(&"x".repeat(64)), Clock::system()),
            "caller_not_allowed",
        ),
        (
            "the signing key as the token",
            signer_of(&house, "gateway", None, Some(&"s".repeat(64)), Clock::system()),
            "caller_not_allowed",
        ),
        (
            "a caller with no token here",
            signer_of(&house, "game", None, None, Clock::system()),
            "caller_not_allowed",
        ),
        (
            "a caller that is none",
            signer_of(&house, "gateway|1", None, None, Clock::system()),
            "caller_not_allowed",
        ),
    ] {
        assert_eq!(
            refused(&good.clone().signed(&signer, 1).to(wallet).await),
            (403, code),
            "{what}"
        );
    }
}

#[tokio::test]
async fn iso_33_a_service_believes_no_caller_about_the_player() {
    let counted = Counted::here();
    let house = apart(Mode::Enforce, None).await;
    let (a, b) = (
        house.guest(&house.aurora, "alice").await,
        house.guest(&house.bonanza, "alice").await,
    );
    a.casino
        .move_money("deposits", &a.token, "k", "70.00")
        .await
        .unwrap();
    let (wallet, signer) = (house.service(Role::Wallet), gateway(&house));
    // Signed well, for Bonanza, with Aurora's player.
    for call in [Call::get("/api/v1/wallet"), Call::deposit("k2", "5.00")] {
        assert_eq!(
            refused(&call.clone().by(&a.token).signed(&signer, 2).to(wallet).await),
            (403, "brand_mismatch")
        );
        assert_eq!(
            refused(&call.clone().signed(&signer, 2).to(wallet).await),
            (401, "unauthenticated")
        );
        assert_eq!(
            refused(&call.by(&a.token).signed(&signer, 99).to(wallet).await),
            (403, "cross_brand_target")
        );
    }
    let opened = Call {
        method: Method::POST,
        ..Call::get("/api/v1/games/northern-lights/sessions")
    };
    assert_eq!(
        refused(
            &opened
                .by(&a.token)
                .signed(&signer, 2)
                .to(house.service(Role::Game))
                .await
        ),
        (403, "brand_mismatch")
    );
    assert_eq!(
        refused(
            &Call::get("/api/v1/me")
                .by(&a.token)
                .signed(&signer, 2)
                .to(house.service(Role::Player))
                .await
        ),
        (403, "brand_mismatch")
    );
    assert_eq!(
        (
            counted.failed("jwt_brand_mismatch", "wallet"),
            counted.failed("jwt_brand_mismatch", "game"),
            counted.failed("jwt_brand_mismatch", "player")
        ),
        (2, 1, 1)
    );
    // And a session that ended at one service has ended at all of them.
    let out = a
        .casino
        .send(
            a.casino
                .request(Method::DELETE, "/api/v1/sessions/current")
                .bearer_auth(&a.token),
        )
        .await
        .unwrap();
    assert_eq!(out.status, 204);
    assert_eq!(
        refused(
            &Call::deposit("k3", "5.00")
                .by(&a.token)
                .signed(&signer, 1)
                .to(wallet)
                .await
        ),
        (401, "unauthenticated")
    );
    assert_eq!(b.total().await, "0.00");
    house.audit().await;
}
