//! The signature's versions, and how its keys rotate.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::*;

/// ADR-009's own signature, made from its text alone: HMAC-SHA256(key, `caller|brand|request|timestamp`).
fn signed_v1(call: Call, house: &House, secret: &Secret, brand: i64, id: Uuid) -> Call {
    let now = Clock::system().unix_seconds();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).unwrap();
    mac.update(format!("gateway|{brand}|{id}|{now}").as_bytes());
    let signature = hex::encode(mac.finalize().into_bytes());
    call.introduced(&gateway(house))
        .with("x-brand-id", &brand.to_string())
        .with("x-request-id", &id.to_string())
        .with("x-brand-timestamp", &now.to_string())
        .with("x-brand-signature", &format!("v1={signature}"))
}

async fn believing_from(version: u8) -> House {
    House::composed(Composition::Apart, move |config| {
        config.internal.signature_min_version = version;
    })
    .await
}

#[tokio::test]
async fn iso_29_version_one_is_believed_only_where_it_is_asked_for() {
    for version in [1, 2] {
        let counted = Counted::here();
        let house = believing_from(version).await;
        let a = house.guest(&house.aurora, "alice").await;
        let wallet = house.service(Role::Wallet);
        let secret = &house.config.signing_keys[0].secret.clone();
        let v1 = |call: Call, brand| signed_v1(call.by(&a.token), &house, secret, brand, Uuid::new_v4());
        let expected = |good: u16| {
            if version == 1 {
                (good, "")
            } else {
                (403, "bad_signature")
            }
        };
        let read = v1(Call::get("/api/v1/wallet"), 1).to(wallet).await;
        assert_eq!(refused(&read), expected(200), "{version}");
        let deposit = v1(Call::deposit("k", "5.00"), 1);
        assert_eq!(refused(&deposit.to(wallet).await), expected(201), "{version}");
        // Version two is believed wherever one is.
        let deposit = Call::deposit("k2", "5.00")
            .by(&a.token)
            .signed(&gateway(&house), 1)
            .to(wallet)
            .await;
        assert_eq!(deposit.status, 201, "{version}: {deposit:?}");

        // What version one binds, it binds.
        let other = Secret::new("x".repeat(64)).unwrap();
        let forged = signed_v1(
            Call::get("/api/v1/wallet").by(&a.token),
            &house,
            &other,
            1,
            Uuid::new_v4(),
        );
        let good = v1(Call::get("/api/v1/wallet"), 1);
        for (what, call) in [
            ("another key", forged),
            ("another brand", good.clone().with("x-brand-id", "2")),
            (
                "another request",
                good.clone().with("x-request-id", &Uuid::new_v4().to_string()),
            ),
            (
                "another time",
                good.clone().with(
                    "x-brand-timestamp",
                    &(Clock::system().unix_seconds() + 2).to_string(),
                ),
            ),
            (
                "a version that there is not",
                good.clone().with(
                    "x-brand-signature",
                    &good.headers["x-brand-signature"]
                        .to_str()
                        .unwrap()
                        .replace("v1", "v0"),
                ),
            ),
        ] {
            assert_eq!(
                refused(&call.to(wallet).await),
                (403, "bad_signature"),
                "{version} {what}"
            );
        }
        assert_eq!(
            counted.failed("bad_signature", "wallet"),
            if version == 1 { 5 } else { 7 }
        );
        assert_eq!(a.total().await, if version == 1 { "10.00" } else { "5.00" });
        house.audit().await;
    }
}

#[tokio::test]
async fn iso_29_iso_31_what_version_one_does_not_bind_is_good_for_one_mutation_at_the_most() {
    let house = believing_from(1).await;
    let a = house.guest(&house.aurora, "alice").await;
    let wallet = house.service(Role::Wallet);
    let secret = &house.config.signing_keys[0].secret.clone();
    let sign = |call: Call| signed_v1(call.by(&a.token), &house, secret, 1, Uuid::new_v4());
    // Its headers put on another call: that is its weakness, and why two is the default.
    let moved = |from: &Call, onto: Call| Call {
        headers: {
            let mut headers = onto.headers.clone();
            headers.extend(from.headers.clone());
            headers
        },
        ..onto
    };
    let unsent = sign(Call::deposit("unsent", "1.00"));
    let taken = moved(&unsent, Call::deposit("taken", "2.00")).to(wallet).await;
    assert_eq!(taken.status, 201, "{taken:?}");
    assert_eq!(
        refused(&unsent.to(wallet).await),
        (403, "replayed_signature"),
        "once all the same"
    );
    // Once it was carried out, nothing else can be made of it; of a read neither.
    let (done, read) = (
        sign(Call::deposit("done", "4.00")),
        sign(Call::get("/api/v1/wallet")),
    );
    assert_eq!(done.to(wallet).await.status, 201);
    for _ in 0..2 {
        assert_eq!(read.to(wallet).await.status, 200);
    }
    for heard in [&done, &read] {
        let answer = moved(heard, Call::deposit("more", "8.00")).to(wallet).await;
        assert_eq!(refused(&answer), (403, "replayed_signature"), "{answer:?}");
    }
    assert_eq!(a.total().await, "6.00");
    house.audit().await;
}

#[tokio::test]
async fn iso_34_keys_between_services_rotate_with_overlap() {
    let key = |id: &str, letter: &str| BrandKey {
        id: id.to_owned(),
        secret: Secret::new(letter.repeat(64)).unwrap(),
    };
    let (old, new) = (key("2026-10", "o"), key("2026-11", "n"));
    let mut house = House::composed(Composition::Apart, {
        let old = old.clone();
        move |config| config.signing_keys = vec![old.clone()]
    })
    .await;
    let a = house.guest(&house.aurora, "alice").await;
    let believes = async |house: &House, service: SocketAddr, key: &BrandKey| {
        let signer = signer_of(house, "gateway", Some(key.clone()), None, Clock::system());
        let mut answers = Vec::new();
        for call in [
            Call::get("/api/v1/wallet"),
            Call::deposit(&Uuid::new_v4().to_string(), "1.00"),
        ] {
            let answer = call.by(&a.token).signed(&signer, 1).to(service).await;
            assert!(
                answer.status.is_success() || refused(&answer) == (403, "bad_signature"),
                "{answer:?}"
            );
            answers.push(answer.status.is_success());
        }
        assert_eq!(answers[0], answers[1]);
        answers[0]
    };
    let only_old = house.service(Role::Wallet);
    let mut with = async |keys: &[&BrandKey]| {
        let keys = keys.iter().map(|key| (*key).clone()).collect();
        house
            .start(Role::Wallet, |config| config.signing_keys = keys)
            .await
    };
    // First every service is told of the new key, then the callers sign with it, then the old one goes.
    let (both, new_first, only_new) = (
        with(&[&old, &new]).await,
        with(&[&new, &old]).await,
        with(&[&new]).await,
    );
    let (unknown, renamed, mixed) = (
        key("2026-12", "n"),
        key("2026-10", "n"),
        BrandKey {
            id: "2026-11".to_owned(),
            secret: old.secret.clone(),
        },
    );
    for (service, key, believed) in [
        (only_old, &old, true),
        (only_old, &new, false),
        (both, &old, true),
        (both, &new, true),
        (new_first, &old, true),
        (new_first, &new, true),
        (only_new, &new, true),
        (only_new, &old, false),
        (both, &unknown, false),
        (both, &renamed, false),
        (both, &mixed, false),
    ] {
        assert_eq!(
            believes(&house, service, key).await,
            believed,
            "{} at {service}",
            key.id
        );
    }
    // The edge signs with the first of its keys.
    for (keys, at, status) in [
        (vec![new.clone(), old.clone()], both, 200),
        (vec![old.clone(), new.clone()], both, 200),
        (vec![new.clone(), old.clone()], only_old, 403),
        (vec![old.clone(), new.clone()], only_new, 403),
    ] {
        let edge = house
            .start(Role::Gateway, |config| {
                config.signing_keys = keys;
                *place(config, Role::Wallet) = Some(HostPort::try_from(at.to_string()).unwrap());
            })
            .await;
        let casino = Casino::new(&format!("http://{edge}"), "aurora.localhost");
        let wallet = casino.get("/api/v1/wallet", Some(&a.token)).await.unwrap();
        assert_eq!(wallet.status, status, "{wallet:?}");
    }
    house.audit().await;
}
