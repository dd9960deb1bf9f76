//! A service that is away, and answers that are lost on their way.

use super::*;

#[tokio::test]
async fn a_service_that_is_away_is_503_and_what_is_repeated_afterwards_is_done_once() {
    let mut house = apart(Mode::Enforce, None).await;
    let a = house.guest(&house.aurora, "alice").await;
    let before = a
        .casino
        .move_money("deposits", &a.token, "before", "10.00")
        .await
        .unwrap();
    let at = house.service(Role::Wallet);
    house.stop(Role::Wallet).await;
    for _ in 0..2 {
        let deposit = a
            .casino
            .move_money("deposits", &a.token, "after", "5.00")
            .await
            .unwrap();
        assert_eq!(refused(&deposit), (503, "unavailable"), "{deposit:?}");
        assert_eq!(deposit.headers["retry-after"], "1");
        assert_eq!(
            deposit.headers["x-request-id"].to_str().unwrap(),
            deposit.text("request_id")
        );
        assert!(
            !deposit.body.to_string().contains(&at.port().to_string()),
            "where our services are is nobody's business"
        );
    }
    assert_eq!(
        a.casino.get("/api/v1/me", Some(&a.token)).await.unwrap().status,
        200,
        "the others go on"
    );
    house
        .start(Role::Wallet, |config| config.internal.listen = at)
        .await;
    for (key, amount, total) in [
        ("after", "5.00", "15.00"),
        ("after", "5.00", "15.00"),
        ("before", "10.00", "15.00"),
    ] {
        let deposit = a
            .casino
            .move_money("deposits", &a.token, key, amount)
            .await
            .unwrap();
        assert_eq!(deposit.status, 201, "{deposit:?}");
        assert!(
            key != "before" || deposit.text("deposit_id") == before.text("deposit_id"),
            "{deposit:?}"
        );
        assert_eq!(a.total().await, total);
    }
    house.audit().await;
}

#[tokio::test]
async fn money_36_an_answer_lost_between_services_is_503_and_its_repeat_is_done_once() {
    let mut house = apart(Mode::Enforce, None).await;
    let wires = [
        (Role::Wallet, Wire::to(house.service(Role::Wallet)).await),
        (Role::Game, Wire::to(house.service(Role::Game)).await),
    ];
    let edge = house
        .start(Role::Gateway, |config| {
            for (role, wire) in &wires {
                *place(config, *role) = Some(HostPort::try_from(wire.address.to_string()).unwrap());
            }
        })
        .await;
    let casino = Casino::new(&format!("http://{edge}"), "aurora.localhost");
    let (a, launch) = house.player(&casino, "alice", "100.00").await;
    let lose = |lose: bool| wires.iter().for_each(|(_, wire)| wire.lose_answers(lose));

    lose(true);
    let lost = a
        .casino
        .move_money("deposits", &a.token, "lost", "10.00")
        .await
        .unwrap();
    assert_eq!(refused(&lost), (503, "unavailable"), "{lost:?}");
    let taken = a
        .casino
        .move_money("withdrawals", &a.token, "taken", "20.00")
        .await
        .unwrap();
    assert_eq!(refused(&taken), (503, "unavailable"), "{taken:?}");
    let (keys, kid) = house.local.provider_key();
    let key = SimulatorKey::from_pem(&std::fs::read(keys.private_path(&kid)).unwrap()).unwrap();
    let provider = Simulator::new(&format!("http://{edge}/callbacks/hub88"), key).unwrap();
    let bet = Bet::new("round", 30 * EUR);
    let body = serde_json::to_vec(&bet_body(&launch, &bet)).unwrap();
    let reply = provider
        .send_raw("/transaction/bet", body.clone(), &Signing::Proper)
        .await
        .unwrap();
    assert!(reply.http_status == 503 && !reply.is_ok(), "{reply:?}");
    lose(false);

    assert_eq!(a.total().await, "80.00", "all three were done");
    for _ in 0..2 {
        let found = a
            .casino
            .move_money("deposits", &a.token, "lost", "10.00")
            .await
            .unwrap();
        assert_eq!(
            (found.status.as_u16(), found.text("status")),
            (201, "completed"),
            "{found:?}"
        );
        let found = a
            .casino
            .move_money("withdrawals", &a.token, "taken", "20.00")
            .await
            .unwrap();
        assert_eq!(
            (found.status.as_u16(), found.text("status")),
            (201, "held"),
            "{found:?}"
        );
        let reply = provider
            .send_raw("/transaction/bet", body.clone(), &Signing::Proper)
            .await
            .unwrap();
        assert!(reply.is_ok(), "{reply:?}");
        assert_eq!(a.total().await, "80.00");
    }
    // The provider gave up on the bet: what it takes back is what was done.
    assert!(
        provider
            .rollback(&launch, &Rollback::of(&bet.transaction, "round"))
            .await
            .unwrap()
            .is_ok()
    );
    assert_eq!(a.total().await, "110.00");
    house.audit().await;
}
