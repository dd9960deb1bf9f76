//! A key names one request of one player: one effect, one answer.

use croupier_game::hub88::simulator::Bet;
use futures_util::future::join_all;

use super::{Slip, lasting, wallet};
use crate::{
    books::{self, written},
    harness::{EUR, House},
};

#[tokio::test]
async fn money_10_money_11_a_key_keeps_its_answer_and_serves_one_request() {
    let house = House::open().await;
    let (alice, seat) = house.player(&house.aurora, "alice", "100.00").await;
    let deposit = Slip::of("deposits", "in", "50.00").hand_in(&alice).await;
    let held = Slip::of("withdrawals", "out", "30.00").hand_in(&alice).await;
    let short = Slip::of("withdrawals", "short", "120.01").hand_in(&alice).await;
    let declined = Slip::of("deposits", "declined", "10.13").hand_in(&alice).await;
    assert_eq!(
        (
            deposit.status.as_u16(),
            deposit.text("status"),
            deposit.text("balance")
        ),
        (201, "completed", "150.00")
    );
    assert_eq!(
        (held.status.as_u16(), held.text("status"), held.text("balance")),
        (201, "held", "150.00")
    );
    assert_eq!(
        (short.status.as_u16(), short.code(), short.faulty_fields()),
        (409, "insufficient_funds", vec!["amount"])
    );
    assert_eq!(
        (declined.status.as_u16(), declined.code()),
        (402, "payment_declined")
    );
    // The wallet changes; the answers do not.
    Slip::of("deposits", "more", "500.00").hand_in(&alice).await;
    assert!(
        house
            .provider
            .bet(&seat, &Bet::new("r", 7 * EUR))
            .await
            .unwrap()
            .is_ok()
    );
    let before = written(&house, 1).await;
    for (what, key, amount, answer) in [
        ("deposits", "in", "50.00", &deposit),
        ("deposits", "in", "50", &deposit),
        ("deposits", "in", "050.0", &deposit),
        ("withdrawals", "out", "30.00", &held),
        ("withdrawals", "short", "120.01", &short),
        ("deposits", "declined", "10.13", &declined),
    ] {
        for _ in 0..2 {
            assert_eq!(
                lasting(&Slip::of(what, key, amount).hand_in(&alice).await),
                lasting(answer),
                "{what} {key} {amount}"
            );
        }
    }
    // Another request under a key that was used, whatever became of that.
    for (what, key, amount) in [
        ("deposits", "in", "50.01"),
        ("deposits", "in", "10.13"),
        ("withdrawals", "in", "50.00"),
        ("withdrawals", "out", "30.01"),
        ("deposits", "out", "30.00"),
        ("withdrawals", "short", "1.00"),
        ("deposits", "short", "120.01"),
        ("deposits", "declined", "10.00"),
        ("withdrawals", "declined", "10.13"),
    ] {
        let reused = Slip::of(what, key, amount).hand_in(&alice).await;
        assert_eq!(
            (reused.status.as_u16(), reused.code()),
            (422, "idempotency_key_reused"),
            "{what} {key} {amount}"
        );
        assert_eq!(reused.faulty_fields(), ["Idempotency-Key"]);
    }
    let dollars = Slip::new("deposits", "in", r#"{"amount":"50.00","currency":"USD"}"#)
        .hand_in(&alice)
        .await;
    assert_eq!(
        (dollars.status.as_u16(), dollars.faulty_fields()),
        (422, vec!["currency"])
    );
    assert_eq!(written(&house, 1).await, before);
    // A key is one player's.
    let bob = house.guest(&house.aurora, "bob").await;
    assert_eq!(
        Slip::of("deposits", "in", "3.00")
            .hand_in(&bob)
            .await
            .text("balance"),
        "3.00"
    );
    assert_eq!(alice.total().await, "643.00");
    books::audit(&house).await;
}
#[tokio::test]
async fn money_09_twenty_identical_requests_at_once_are_one() {
    let house = House::with(|config| {
        // For as long as twenty at once take on a busy machine.
        config.edge.timeout_ms = 60_000;
        config.wallet.deadline_ms = 30_000;
    })
    .await;
    let alice = house.guest(&house.aurora, "alice").await;
    for (what, key, amount, status, held) in [
        // The first also makes the wallet.
        ("deposits", "in", "25.00", 201, "0.00"),
        ("deposits", "declined", "10.13", 402, "0.00"),
        ("withdrawals", "out", "10.00", 201, "10.00"),
        ("withdrawals", "short", "15.01", 409, "10.00"),
    ] {
        let answers = join_all((0..20).map(|_| Slip::of(what, key, amount).hand_in(&alice))).await;
        for answer in &answers {
            assert_eq!(lasting(answer), lasting(&answers[0]), "{what} {key}");
        }
        assert_eq!(answers[0].status, status, "{what} {key}: {:?}", answers[0]);
        let cash = &wallet(&alice).await["buckets"][0];
        assert_eq!(cash["held"], held, "{what} {key}");
    }
    assert_eq!(alice.total().await, "25.00");
    assert_eq!(written(&house, 1).await, (4, 2));
    books::audit(&house).await;
}
#[tokio::test]
async fn money_10_of_requests_that_race_for_a_key_one_is_taken() {
    let house = House::open().await;
    let (alice, _) = house.player(&house.aurora, "alice", "1000.00").await;
    for turn in 0..15 {
        let key = format!("key{turn}");
        let slips = [
            ("deposits", "5.00"),
            ("deposits", "6.00"),
            ("withdrawals", "5.00"),
        ];
        let answers =
            join_all(slips.map(|(what, amount)| Slip::of(what, &key, amount).hand_in(&alice))).await;
        let taken = answers.iter().filter(|answer| answer.status == 201).count();
        let reused = answers
            .iter()
            .filter(|answer| answer.code() == "idempotency_key_reused")
            .count();
        assert_eq!((taken, reused), (1, 2), "{answers:?}");
    }
    assert_eq!(written(&house, 1).await, (16, 16));
    books::audit(&house).await;
}
