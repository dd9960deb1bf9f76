//! No money is spent twice, and no wallet holds more than it can count.

use croupier_game::hub88::{Status, simulator::Bet};
use serde_json::json;

use super::{Slip, wallet};
use crate::{
    books,
    harness::{EUR, House},
};

#[tokio::test]
async fn money_29_a_withdrawal_racing_a_bet_never_spends_twice() {
    let house = House::open().await;
    let (alice, seat) = house.player(&house.aurora, "alice", "100.00").await;
    let mut held = 0;
    for turn in 0..50 {
        // 100.00 are there each time; either wants 70.00.
        let (key, bet) = (format!("out{turn}"), Bet::new("r", 70 * EUR));
        let (withdrawal, stake) = if turn % 2 == 0 {
            tokio::join!(
                Slip::of("withdrawals", &key, "70.00").hand_in(&alice),
                house.provider.bet(&seat, &bet)
            )
        } else {
            let (stake, withdrawal) = tokio::join!(
                house.provider.bet(&seat, &bet),
                Slip::of("withdrawals", &key, "70.00").hand_in(&alice)
            );
            (withdrawal, stake)
        };
        let stake = stake.unwrap();
        match (withdrawal.status.as_u16(), stake.status) {
            (201, Some(Status::NotEnoughMoney)) => held += 70,
            (409, Some(Status::Ok)) => {}
            _ => panic!("turn {turn}: {withdrawal:?} {stake:?}"),
        }
        assert_eq!(stake.balance, Some(30 * EUR), "turn {turn}");
        let cash = &wallet(&alice).await["buckets"][0];
        assert_eq!(
            *cash,
            json!({ "bucket": "cash", "available": "30.00", "held": format!("{held}.00") }),
            "turn {turn}"
        );
        assert_eq!(
            Slip::of("deposits", &format!("in{turn}"), "70.00")
                .hand_in(&alice)
                .await
                .status,
            201
        );
    }
    books::audit(&house).await;
}
#[tokio::test]
async fn money_08_what_is_held_can_neither_be_bet_nor_withdrawn_again() {
    let house = House::open().await;
    let (alice, seat) = house.player(&house.aurora, "alice", "100.00").await;
    for (key, amount, status) in [
        ("w1", "60.00", 201),
        ("w2", "40.01", 409),
        ("w3", "40.00", 201),
        ("w4", "0.01", 409),
    ] {
        assert_eq!(
            Slip::of("withdrawals", key, amount).hand_in(&alice).await.status,
            status,
            "{key}"
        );
    }
    let bet = house.provider.bet(&seat, &Bet::new("r", 1_000)).await.unwrap();
    assert_eq!((bet.status, bet.balance), (Some(Status::NotEnoughMoney), Some(0)));
    let expected = json!({ "currency": "EUR", "total": "100.00", "buckets": [
        { "bucket": "cash", "available": "0.00", "held": "100.00" }, { "bucket": "bonus", "available": "0.00", "held": "0.00" },
    ] });
    assert_eq!(wallet(&alice).await, expected);
    let poor = house.guest(&house.aurora, "poor").await;
    let short = Slip::of("withdrawals", "w", "0.01").hand_in(&poor).await;
    assert_eq!((short.status.as_u16(), short.code()), (409, "insufficient_funds"));
    books::audit(&house).await;
}
#[tokio::test]
async fn money_06_a_wallet_is_full_at_its_limit_and_says_so() {
    let house = House::open().await;
    let alice = house.guest(&house.aurora, "alice").await;
    for at in 0..9 {
        let answer = Slip::of("deposits", &format!("d{at}"), "10000000000000.00")
            .hand_in(&alice)
            .await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }
    let full = Slip::of("deposits", "last", "71992547409.91")
        .hand_in(&alice)
        .await;
    assert_eq!(
        (full.status.as_u16(), full.text("balance")),
        (201, "90071992547409.91")
    );
    for (key, amount) in [("more", "0.01"), ("much", "10000000000000.00")] {
        for _ in 0..2 {
            let over = Slip::of("deposits", key, amount).hand_in(&alice).await;
            assert_eq!(
                (over.status.as_u16(), over.code(), over.faulty_fields()),
                (422, "invalid_fields", vec!["amount"]),
                "{over:?}"
            );
        }
    }
    // What is held counts as well; nothing wraps on the way out.
    assert_eq!(
        Slip::of("withdrawals", "out", "10000000000000.00")
            .hand_in(&alice)
            .await
            .text("balance"),
        "90071992547409.91"
    );
    assert_eq!(
        Slip::of("deposits", "again", "0.01").hand_in(&alice).await.status,
        422
    );
    let seat = alice.launch("northern-lights").await;
    let told = house.provider.balance(&seat).await.unwrap().balance;
    assert_eq!(told, Some(80_071_992_547_409 * EUR + 91_000));
    assert_eq!(alice.total().await, "90071992547409.91");
    books::audit(&house).await;
}
