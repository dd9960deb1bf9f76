//! A signed call that changes something is carried out once, whoever sends it again.

use futures_util::future::join_all;

use super::*;
use crate::kills::house::redis_apart;

/// Calls that change something, of every service.
fn mutations(token: &str) -> Vec<(Role, Call)> {
    let post = |path: &str, body: serde_json::Value| {
        Call {
            method: Method::POST,
            body: body.to_string().into_bytes(),
            ..Call::get(path)
        }
        .with("content-type", "application/json")
    };
    let (account, password) = ("carol", "correct horse battery");
    vec![
        (
            Role::Player,
            post(
                "/api/v1/players",
                json!({ "account": account, "password": password }),
            ),
        ),
        (
            Role::Player,
            post(
                "/api/v1/sessions",
                json!({ "account": account, "password": password }),
            ),
        ),
        (Role::Wallet, Call::deposit("again", "5.00").by(token)),
        (
            Role::Game,
            post("/api/v1/games/northern-lights/sessions", json!({})).by(token),
        ),
        // Last: it ends the token.
        (
            Role::Player,
            Call {
                method: Method::DELETE,
                ..Call::get("/api/v1/sessions/current").by(token)
            },
        ),
    ]
}

async fn redis_of(house: &House) -> redis::aio::MultiplexedConnection {
    redis::Client::open(house.local.redis_url.as_str())
        .unwrap()
        .get_multiplexed_async_connection()
        .await
        .unwrap()
}

#[tokio::test]
async fn iso_31_the_same_signed_bytes_change_something_once() {
    let counted = Counted::here();
    let mut house = apart(Mode::Enforce, None).await;
    let a = house.guest(&house.aurora, "alice").await;
    let signer = gateway(&house);
    let mut refusals = 0;
    for (role, call) in mutations(&a.token) {
        let signed = call.clone().signed(&signer, 1);
        let first = signed.to(house.service(role)).await;
        assert!(first.status.is_success(), "{role} {}: {first:?}", call.path);
        let other_process = house.start(role, |_| {}).await;
        for service in [house.service(role), other_process] {
            let again = signed.to(service).await;
            assert_eq!(
                refused(&again),
                (403, "replayed_signature"),
                "{role} {}: {again:?}",
                call.path
            );
            refusals += 1;
        }
    }
    let counts = SERVICES.map(|role| counted.failed("replayed_signature", role.as_str()));
    assert_eq!(counts.iter().sum::<u64>(), refusals, "{counts:?}");
    assert_eq!(counts, [6, 2, 2]);

    // What only reads may be read again: it changes nothing.
    let b = house.guest(&house.bonanza, "bob").await;
    let read = Call::get("/api/v1/wallet").by(&b.token).signed(&signer, 2);
    for _ in 0..3 {
        assert_eq!(read.to(house.service(Role::Wallet)).await.status, 200);
    }
    house.audit().await;
}

#[tokio::test]
async fn iso_31_an_id_is_one_calls_whatever_the_call_says() {
    let house = apart(Mode::Enforce, None).await;
    let a = house.guest(&house.aurora, "alice").await;
    let (wallet, signer, id) = (house.service(Role::Wallet), gateway(&house), Uuid::now_v7());
    let deposit = |key: &str| Call::deposit(key, "5.00").by(&a.token);
    let first = deposit("first").signed_with(&signer, 1, id);
    assert_eq!(first.to(wallet).await.status, 201);
    // Signed anew, later, for something else: the id was used.
    let later = signer_of(&house, "gateway", None, None, off_by(5));
    for call in [
        deposit("first"),
        deposit("second"),
        Call {
            path: "/api/v1/wallet/withdrawals".to_owned(),
            ..deposit("third")
        },
    ] {
        let answer = call.signed_with(&later, 1, id).to(wallet).await;
        assert_eq!(refused(&answer), (403, "replayed_signature"), "{answer:?}");
    }
    // Another id, or another spelling of it, is not what was signed.
    for id in [
        Uuid::now_v7().to_string(),
        id.simple().to_string(),
        id.to_string().to_uppercase(),
        format!("{{{id}}}"),
        format!("{id}:gateway"),
    ] {
        let answer = first.clone().with("x-request-id", &id).to(wallet).await;
        assert_eq!(refused(&answer), (403, "bad_signature"), "{id}");
    }
    assert_eq!(a.total().await, "5.00");

    // A call that is refused before its id is looked at leaves it unused.
    let unused = Uuid::now_v7();
    let spoiled = deposit("fourth")
        .signed_with(&signer, 1, unused)
        .with("x-brand-id", "2");
    assert_eq!(refused(&spoiled.to(wallet).await), (403, "bad_signature"));
    let good = deposit("fourth").signed_with(&signer, 1, unused);
    assert_eq!(good.to(wallet).await.status, 201);

    // What is noted is one brand's and goes by itself, when nothing signed before is fresh any more.
    let mut redis = redis_of(&house).await;
    let key = format!("brand:1:call:{id}:gateway");
    let left: i64 = redis::cmd("TTL").arg(&key).query_async(&mut redis).await.unwrap();
    assert!((61..=90).contains(&left), "{left}");
    house.audit().await;
}

#[tokio::test]
async fn iso_31_of_copies_that_come_at_once_one_is_first() {
    let mut house = apart(Mode::Enforce, None).await;
    let a = house.guest(&house.aurora, "alice").await;
    let services = [
        house.service(Role::Wallet),
        house.start(Role::Wallet, |_| {}).await,
    ];
    let signer = gateway(&house);
    for round in 0..5 {
        let call = Call::deposit(&format!("round-{round}"), "1.00")
            .by(&a.token)
            .signed(&signer, 1);
        let answers = join_all((0..16).map(|at| call.to(services[at % 2]))).await;
        let (done, others): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
        assert_eq!(done.len(), 1, "{answers:?}");
        for answer in others {
            assert_eq!(refused(answer), (403, "replayed_signature"));
        }
    }
    assert_eq!(a.total().await, "5.00");
    house.audit().await;
}

#[tokio::test]
async fn iso_31_the_flag_decides_about_a_replay() {
    for mode in [Mode::Off, Mode::Observe, Mode::Enforce] {
        let counted = Counted::here();
        // Without a default brand: a replay that passes runs under the brand that was signed.
        let house = apart(mode, None).await;
        let b = house.guest(&house.bonanza, "bob").await;
        let deposit = Call::deposit("k", "5.00")
            .by(&b.token)
            .signed(&gateway(&house), 2);
        let wallet = house.service(Role::Wallet);
        let first = deposit.to(wallet).await;
        assert_eq!(first.status, 201, "{mode}: {first:?}");
        let again = deposit.to(wallet).await;
        if mode == Mode::Enforce {
            assert_eq!(refused(&again), (403, "replayed_signature"), "{mode}");
        } else {
            assert_eq!(
                (again.status.as_u16(), again.text("deposit_id")),
                (201, first.text("deposit_id")),
                "{mode}: the wallet's own idempotency"
            );
        }
        assert_eq!(
            counted.failed("replayed_signature", "wallet"),
            u64::from(mode != Mode::Off),
            "{mode}"
        );
        assert_eq!(b.total().await, "5.00", "{mode}");
        house.audit().await;
    }
}

#[tokio::test]
async fn iso_15_iso_31_without_redis_a_mutation_between_services_waits_and_a_read_does_not() {
    let (servers, local) = redis_apart().await;
    for mode in [Mode::Off, Mode::Observe, Mode::Enforce] {
        let counted = Counted::here();
        let house = House::over(local.clone(), Composition::Apart, |config| {
            config.enforcement = mode;
        })
        .await;
        let account = format!("alice.{mode}");
        let a = house.guest(&house.aurora, &account).await;
        let (wallet, signer) = (house.service(Role::Wallet), gateway(&house));
        let heard = Call::deposit("before", "5.00").by(&a.token).signed(&signer, 1);
        assert_eq!(heard.to(wallet).await.status, 201);

        servers.redis.kill().await.unwrap();
        assert_eq!(a.total().await, "5.00", "{mode}: reads go on");
        let forged = Call::get("/api/v1/wallet")
            .by(&a.token)
            .signed(&signer, 1)
            .with("x-brand-id", "2");
        assert_eq!(
            refused(&forged.to(wallet).await),
            (403, "bad_signature"),
            "{mode}: nor is more believed than before"
        );
        let straight = Call::deposit("straight", "1.00").by(&a.token);
        let answers = [
            straight.signed(&signer, 1).to(wallet).await,
            heard.to(wallet).await,
            a.casino
                .move_money("deposits", &a.token, "edge", "1.00")
                .await
                .unwrap(),
        ];
        if mode == Mode::Enforce {
            for answer in &answers {
                assert_eq!(refused(answer), (503, "unavailable"), "{mode}: {answer:?}");
                assert_eq!(answer.headers["retry-after"], "1");
            }
            assert_eq!(a.total().await, "5.00", "nothing was done");
        } else {
            for answer in &answers {
                assert_eq!(answer.status, 201, "{mode}: {answer:?}");
            }
            assert_eq!(a.total().await, "7.00", "{mode}");
        }
        let expected = if mode == Mode::Off { 0 } else { 3 };
        assert_eq!(
            counted.unjudged("replayed_signature", "wallet"),
            expected,
            "{mode}"
        );
        assert_eq!(
            counted.failed("replayed_signature", "wallet"),
            0,
            "{mode}: nobody knows that it was one"
        );

        servers.redis.restart().await.unwrap();
        until("mutations are taken again", async || {
            let deposit = a.casino.move_money("deposits", &a.token, "edge", "1.00").await;
            deposit.unwrap().status == 201
        })
        .await;
        house.audit().await;
    }
    servers.stop().await;
}
